import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { minimumDistance } from '../../../src-compute/structure/minimum-distance.ts';

function structure(
  positions: readonly number[],
  cell: readonly number[],
  periodic: readonly [boolean, boolean, boolean],
): Configuration {
  return {
    symbols: ['Si'],
    kinds: new Uint16Array(positions.length / 3),
    positions: Float64Array.from(positions),
    cell: Float64Array.from(cell),
    periodic,
  };
}

/** Over all pairs and all images within n cells, as the definition says. */
function bruteForce({ positions, cell, periodic }: Configuration, limit: number, n = 6): number | undefined {
  let best = Infinity;
  const range = periodic.map((flag) => (flag ? n : 0));
  for (let i = 0; i < positions.length; i += 3) {
    for (let j = i; j < positions.length; j += 3) {
      for (let a = -range[0]; a <= range[0]; a++) {
        for (let b = -range[1]; b <= range[1]; b++) {
          for (let c = -range[2]; c <= range[2]; c++) {
            if (i === j && a === 0 && b === 0 && c === 0) continue;
            const [dx, dy, dz] = [0, 1, 2].map(
              (axis) =>
                positions[j + axis] -
                positions[i + axis] +
                a * cell[axis] +
                b * cell[3 + axis] +
                c * cell[6 + axis],
            );
            best = Math.min(best, Math.hypot(dx, dy, dz));
          }
        }
      }
    }
  }
  return best < limit ? best : undefined;
}

const coordinate = fc.double({ min: -12, max: 12, noNaN: true });
const element = fc.double({ min: -1.5, max: 1.5, noNaN: true });
const edge = fc.double({ min: 3, max: 9, noNaN: true });

describe('the shortest distance', () => {
  it('is that of all pairs and images, in any cell', () => {
    const any = fc
      .record({
        positions: fc.array(fc.tuple(coordinate, coordinate, coordinate), { minLength: 1, maxLength: 12 }),
        edges: fc.tuple(edge, edge, edge),
        shear: fc.tuple(element, element, element),
        periodic: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      })
      .map(({ positions, edges, shear, periodic }) => {
        // atoms lie in or near the cell, so that few images are enough for the plain sum
        const cell = [edges[0], 0, 0, shear[0], edges[1], 0, shear[1], shear[2], edges[2]];
        const scaled = positions.flatMap((p) => [p[0] * 0.4, p[1] * 0.4, p[2] * 0.4]);
        return structure(scaled, cell, periodic);
      });
    fc.assert(
      fc.property(any, (configuration) => {
        const expected = bruteForce(configuration, 4);
        const found = minimumDistance(configuration);
        if (expected === undefined) expect(found).toBeUndefined();
        else expect(found).toBeCloseTo(expected, 9);
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it('is the same for few atoms, pair by pair, and for many, by bins', () => {
    const any = fc.record({
      positions: fc.array(fc.tuple(coordinate, coordinate, coordinate), { minLength: 3, maxLength: 8 }),
      edges: fc.tuple(edge, edge, edge),
      shear: fc.tuple(element, element, element),
    });
    fc.assert(
      fc.property(any, ({ positions, edges, shear }) => {
        const cell = [edges[0], 0, 0, shear[0], edges[1], 0, shear[1], shear[2], edges[2]];
        const few = structure(positions.flat(), cell, [true, true, true]);
        const many: number[] = [];
        for (let a = 0; a < 3; a++)
          for (let b = 0; b < 2; b++)
            for (let c = 0; c < 2; c++)
              for (let k = 0; k < few.positions.length; k++)
                many.push(few.positions[k] + a * cell[k % 3] + b * cell[3 + (k % 3)] + c * cell[6 + (k % 3)]);
        const larger = cell.map((component, k) => component * (k < 3 ? 3 : 2));
        const found = minimumDistance(structure(many, larger, [true, true, true]));
        const expected = minimumDistance(few);
        if (expected === undefined) expect(found).toBeUndefined();
        else expect(found).toBeCloseTo(expected, 9);
      }),
      { numRuns: 100, seed: 4 },
    );
  });

  it('of an atom alone in a periodic cell is that to its own image', () => {
    const cell = [3, 0, 0, 1, 2.5, 0, 0.2, 0.3, 5];
    expect(minimumDistance(structure([7, -9, 1], cell, [true, true, true]))).toBeCloseTo(
      Math.hypot(1, 2.5),
      12,
    );
    expect(minimumDistance(structure([0, 0, 0], cell, [false, false, false]))).toBeUndefined();
    expect(minimumDistance(structure([], cell, [true, true, true]))).toBeUndefined();
  });

  it.each([1e-3, 0.1, 1, 10])('is found in about the same time in any unit of length: × %d', (unit) => {
    // 20³ atoms on a lattice of 2.5 Å in a wrong unit: a search with a fixed radius would never end
    const n = 20;
    const positions = Array.from({ length: n ** 3 }, (_, k) =>
      [k % n, Math.floor(k / n) % n, Math.floor(k / n / n)].map((i) => 2.5 * unit * i),
    ).flat();
    const length = 2.5 * unit * n;
    if (length < 0.05)
      return expect(() =>
        minimumDistance(structure(positions, [length, 0, 0, 0, length, 0, 0, 0, length], [true, true, true])),
      ).toThrow(/thin/);
    const found = minimumDistance(
      structure(positions, [length, 0, 0, 0, length, 0, 0, 0, length], [true, true, true]),
      30,
    );
    expect(found).toBeCloseTo(2.5 * unit, 9);
    return undefined;
  });

  it('is refused for cells without volume and positions that are no numbers', () => {
    expect(() =>
      minimumDistance(structure([0, 0, 0], [3, 0, 0, 0, 3, 0, 0, 0, 1e-3], [true, true, true])),
    ).toThrow(/thin/);
    expect(() =>
      minimumDistance(structure([0, 0, 0], [3, 0, 0, 3, 0, 0, 0, 0, 3], [true, true, true])),
    ).toThrow(/volume/);
    expect(() =>
      minimumDistance(structure([NaN, 0, 0], [3, 0, 0, 0, 3, 0, 0, 0, 3], [true, true, true])),
    ).toThrow(/not a number/);
  });
});
