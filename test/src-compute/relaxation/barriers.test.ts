/** Bands and dimers on a surface whose saddles are published, and on atoms. */
import { describe, expect, it } from 'vitest';
import { cpuEngine } from '../../../src-main/services/simulations/engines.ts';
import { stillingerWeberSilicon } from '../../../src-compute/potentials/stillinger-weber/index.ts';
import { lennardJonesModel } from '../../../src-compute/potentials/pair/index.ts';
import {
  AtomicSurface,
  bendPath,
  climbByDimer,
  pathEnds,
  pathProfile,
  relaxBand,
  type Surface,
} from '../../../src-compute/relaxation/barriers/index.ts';
import { deform, lattice, supercell } from '../../../src-compute/structure/lattices.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';

/**
 * Müller and Brown, Theor. Chim. Acta 53 (1979) 75: minima at (−0.558, 1.442) E = −146.700 and (0.623, 0.028) −108.167,
 * between them (−0.050, 0.467) −80.768; saddles (−0.822, 0.624) −40.665 and (0.212, 0.293) −72.249.
 */
class MuellerBrown implements Surface {
  readonly size = 2;
  energy = 0;
  readonly force = new Float64Array(2);
  count = 0;
  evaluate([x, y]: Float64Array): void {
    const [A, a, b, c] = [
      [-200, -100, -170, 15],
      [-1, -1, -6.5, 0.7],
      [0, 0, 11, 0.6],
      [-10, -10, -6.5, 0.7],
    ];
    const [x0, y0] = [
      [1, 0, -0.5, -1],
      [0, 0.5, 1.5, 1],
    ];
    this.count++;
    this.energy = 0;
    this.force.fill(0);
    for (let k = 0; k < 4; k++) {
      const [dx, dy] = [x - x0[k], y - y0[k]];
      const e = A[k] * Math.exp(a[k] * dx * dx + b[k] * dx * dy + c[k] * dy * dy);
      this.energy += e;
      this.force[0] -= e * (2 * a[k] * dx + b[k] * dy);
      this.force[1] -= e * (b[k] * dx + 2 * c[k] * dy);
    }
  }
}
const line = (from: readonly number[], to: readonly number[], count: number) =>
  Array.from({ length: count }, (_, i) =>
    Float64Array.from(from, (x, k) => x + ((to[k] - x) * i) / (count - 1)),
  );

describe('a band on the surface of Müller and Brown', () => {
  it.each([
    [[-0.558224, 1.441726], [-0.050011, 0.466694], [-0.822002, 0.624313], -40.6648],
    [[-0.050011, 0.466694], [0.623499, 0.028038], [0.212487, 0.292988], -72.2489],
  ])('finds the saddle between %j and %j', async (from, to, saddle, energy) => {
    const images = line(from, to, 9);
    const surface = new MuellerBrown();
    // lengths are of order 1 and energies of order 100
    const result = await relaxBand(
      images,
      images.map(() => surface),
      { tolerance: 0.05, steps: 2000, springs: [200, 400] },
    );
    expect(result.converged).toBe(true);
    const top = result.climber!;
    expect(result.energies[top]).toBeCloseTo(energy, 2);
    expect(result.images[top][0]).toBeCloseTo(saddle[0], 2);
    expect(result.images[top][1]).toBeCloseTo(saddle[1], 2);
    // the spline from forces has its top where an image stands
    const profile = pathProfile(result);
    expect(profile.saddle.energy).toBeGreaterThanOrEqual(result.energies[top] - 1e-9);
    expect(profile.saddle.energy).toBeCloseTo(energy, 0);
    expect(result.slopes[top]).toBeCloseTo(0, 0);
    expect(surface.count).toBe(result.evaluations);
  });

  it('says when images collapse: both ends are one minimum', async () => {
    const ends = [0, 1e-9].map((d) => Float64Array.of(-0.558224 + d, 1.441726));
    const images = [ends[0], ends[0].slice(), ends[1]];
    await expect(
      relaxBand(
        images,
        images.map(() => new MuellerBrown()),
      ),
    ).rejects.toThrow(/collapsed/);
  });

  it('is climbed by a dimer from one side', async () => {
    const surface = new MuellerBrown();
    const found = await climbByDimer(Float64Array.of(0.56, 0.06), Float64Array.of(-1, 0.7), surface, {
      tolerance: 0.01,
    });
    expect(found.converged).toBe(true);
    expect(found.energy).toBeCloseTo(-72.2489, 3);
    expect(found.curvature).toBeLessThan(0);
    expect(found.x[0]).toBeCloseTo(0.2125, 3);
    expect(found.evaluations).toBe(surface.count);
    // the mode is the eigenvector of the negative curvature, by finite differences
    const h = 1e-4;
    const bend = [0, 1].map((axis) => {
      const [plus, minus] = [h, -h].map((d) => {
        const x = found.x.slice();
        x[axis] += d;
        surface.evaluate(x);
        return surface.force.slice();
      });
      return [0, 1].map((k) => -(plus[k] - minus[k]) / (2 * h));
    });
    const turned = [0, 1].map((k) => bend[0][k] * found.mode[0] + bend[1][k] * found.mode[1]);
    const along = turned[0] * found.mode[0] + turned[1] * found.mode[1];
    // forces are compared at a distance of 0.005, over which the curvature changes
    expect(along / found.curvature).toBeCloseTo(1, 1);
    const across = turned[0] * found.mode[1] - turned[1] * found.mode[0];
    expect(Math.abs(across / along)).toBeLessThan(0.1);
  });
});

describe('the ends of a path', () => {
  const cell = supercell(lattice('diamond', ['Si'], 5.431), [2, 2, 2]);
  it('are brought to the shorter way around, without a shift of the whole', () => {
    const final: Configuration = {
      ...cell,
      positions: cell.positions.map((x, k) => x + 0.3 + (k === 0 ? 2 * 5.431 + 0.9 : 0)),
    };
    const { finalPositions, furthest } = pathEnds(cell, final, false);
    expect(furthest).toBeCloseTo(0.9, 9);
    expect(finalPositions[0]).toBeCloseTo(cell.positions[0] + 0.9, 9);
    expect(finalPositions[100]).toBeCloseTo(cell.positions[100], 9);
  });

  it('are refused in words: other atoms, other cells, no difference', () => {
    expect(() => pathEnds(cell, lattice('diamond', ['Si'], 5.4), false)).toThrow(/64 and 8 atoms/);
    expect(() => pathEnds(cell, { ...cell, symbols: ['Ge'] }, false)).toThrow(
      /Atom 1 is Si at one end .* and Ge/,
    );
    expect(() => pathEnds(cell, cell, false)).toThrow(/same structure/);
    const longer = deform(cell, [0.1, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(() => pathEnds(cell, longer, false)).toThrow(/different cells/);
    // a turn is no change
    const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
    const turned = deform(longer, [c - 1, s, 0, -s, c - 1, 0, 0, 0, 0]);
    const { deformation } = pathEnds(cell, turned, true);
    expect(deformation[0]).toBeCloseTo(1.1, 9);
    expect(deformation[1]).toBeCloseTo(0, 9);
    expect(deformation[8]).toBeCloseTo(1, 9);
  });
});

describe('paths of atoms', () => {
  it('IDPP leads an atom around another through which the straight line goes', async () => {
    const model = lennardJonesModel('Ar', 0.0104, 3.4, 8.5);
    const base = {
      symbols: ['Ar'],
      kinds: new Uint16Array(2),
      cell: Float64Array.of(30, 0, 0, 0, 30, 0, 0, 0, 30),
      periodic: [false, false, false] as const,
    };
    const [from, to] = [-4, 4].map((x) => Float64Array.of(0, 0, 0, x, 0.1, 0));
    const images = line([...from], [...to], 7).map((image) => Float64Array.from(image));
    await bendPath(images, { ...base, positions: from });
    const closest = Math.min(...images.map((r) => Math.hypot(r[3] - r[0], r[4] - r[1], r[5] - r[2])));
    expect(closest).toBeGreaterThan(2.5);
    expect(model.cutoff).toBe(8.5);
  });

  it('the same barrier with the cell free under no stress, and forces that are the slope of the energy', async () => {
    const start = lattice('diamond', ['Si'], 5.431);
    const surface = new AtomicSurface(start, cpuEngine(stillingerWeberSilicon(), start), { cell: true });
    const x = surface.pointOf(start.positions, [1.01, 0.004, 0, 0.004, 0.99, 0, 0, 0, 1.02]);
    for (let k = 0; k < 24; k++) x[k] += 0.05 * Math.sin(k);
    await surface.evaluate(x);
    const force = surface.force.slice();
    // along a direction that keeps D symmetric
    const direction = Float64Array.from(x, (_, k) => Math.cos(k));
    const n = start.kinds.length;
    for (const [a, b] of [
      [1, 3],
      [2, 6],
      [5, 7],
    ])
      direction[3 * n + b] = direction[3 * n + a];
    const h = 1e-5;
    const energies: number[] = [];
    for (const sign of [1, -1]) {
      await surface.evaluate(x.map((value, k) => value + sign * h * direction[k]));
      energies.push(surface.energy);
    }
    const slope = (energies[0] - energies[1]) / (2 * h);
    expect(-slope).toBeCloseTo(
      force.reduce((sum, f, k) => sum + f * direction[k], 0),
      5,
    );
  });
});
