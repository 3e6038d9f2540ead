import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { lammpsFrame } from '../../../../src-main/engines/lammps/frame.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { referencePairs } from '../../../../src-compute/structure/reference-pairs.ts';

const real = fc.double({ min: -1, max: 1, noNaN: true });

/** Cells of any orientation and handedness, some axes free, with a few atoms. */
const structures = fc
  .record({
    shear: fc.array(real, { minLength: 9, maxLength: 9 }),
    positions: fc.array(real, { minLength: 9, maxLength: 9 }),
    periodic: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    mirrored: fc.boolean(),
  })
  .map(({ shear, positions, periodic, mirrored }): Configuration => {
    const cell = Float64Array.from(shear, (x, k) => (k % 4 === 0 ? 5 + x : 1.5 * x));
    if (mirrored) for (let k = 0; k < 3; k++) [cell[k], cell[3 + k]] = [cell[3 + k], cell[k]];
    return {
      symbols: ['Si'],
      kinds: new Uint16Array(3),
      positions: Float64Array.from(positions, (x, k) => 3 * x + 2 * Math.floor(k / 3)),
      cell,
      periodic,
      velocities: Float64Array.from(positions),
    };
  });

const CUTOFF = 4;

/** Distances of every pair, periodic images included, sorted: what no rotation may change. */
function distances(configuration: Configuration): number[] {
  const { vectors } = referencePairs(configuration, CUTOFF);
  const result: number[] = [];
  for (let k = 0; k < vectors.length; k += 3) result.push(Math.hypot(...vectors.subarray(k, k + 3)));
  return result.sort((a, b) => a - b);
}

describe('lammpsFrame', () => {
  it('gives lower-triangular right-handed boxes that hold the same distances', () => {
    fc.assert(
      fc.property(structures, (structure) => {
        const { configuration, boundary } = lammpsFrame(structure);
        const { cell, periodic } = configuration;
        expect([cell[1], cell[2], cell[5]]).toEqual([0, 0, 0]);
        for (const k of [0, 4, 8]) expect(cell[k]).toBeGreaterThan(0);
        // LAMMPS refuses tilts towards an axis that is not periodic: xy needs y, xz and yz need z
        if (!periodic[1]) expect(cell[3]).toBeCloseTo(0, 10);
        if (!periodic[2]) expect(Math.hypot(cell[6], cell[7])).toBeCloseTo(0, 10);
        expect(boundary).toBe(periodic.map((p) => (p ? 'p' : 'f')).join(' '));
        const before = distances(structure);
        const after = distances(configuration);
        // a pair at exactly the cutoff may be found on one side only
        for (let k = 0; k < Math.max(before.length, after.length); k++) {
          expect(after[k] ?? CUTOFF).toBeCloseTo(before[k] ?? CUTOFF, 9);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('keeps atoms inside the box along free axes', () => {
    fc.assert(
      fc.property(structures, (structure) => {
        const { configuration } = lammpsFrame(structure);
        configuration.positions.forEach((x, k) => {
          if (configuration.periodic[k % 3]) return;
          expect(x).toBeGreaterThan(1);
          expect(x).toBeLessThan(configuration.cell[4 * (k % 3)] - 1);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('turns positions, vectors, tensors and cells back', () => {
    fc.assert(
      fc.property(structures, (structure) => {
        const frame = lammpsFrame(structure);
        const positions = frame.configuration.positions.slice();
        frame.restorePositions(positions);
        positions.forEach((x, k) => expect(x).toBeCloseTo(structure.positions[k], 10));
        const velocities = Float64Array.from(frame.configuration.velocities ?? []);
        frame.restoreVectors(velocities);
        velocities.forEach((x, k) => expect(x).toBeCloseTo(structure.velocities?.[k] ?? NaN, 10));
        // the tensor r ⊗ v of the first atom
        const outer = (r: ArrayLike<number>, v: ArrayLike<number>) =>
          [0, 1, 2].flatMap((a) => [0, 1, 2].map((b) => r[a] * v[b]));
        const turned = outer(frame.configuration.velocities ?? [], frame.configuration.velocities ?? []);
        const expected = outer(structure.velocities ?? [], structure.velocities ?? []);
        frame.restoreTensor(turned).forEach((x, k) => expect(x).toBeCloseTo(expected[k], 10));
        frame
          .restoreCell(frame.configuration.cell)
          .forEach((x, k) => expect(x).toBeCloseTo(structure.cell[k], 10));
      }),
      { numRuns: 100 },
    );
  });

  it('refuses positions that are not finite', () => {
    const positions = Float64Array.of(0, NaN, 0);
    const structure: Configuration = {
      symbols: ['Si'],
      kinds: new Uint16Array(1),
      positions,
      cell: Float64Array.of(5, 0, 0, 0, 5, 0, 0, 0, 5),
      periodic: [true, true, true],
    };
    expect(() => lammpsFrame(structure)).toThrow(/not a finite number/);
  });
});
