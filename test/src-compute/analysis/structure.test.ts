import { describe, expect, it } from 'vitest';
import {
  autocorrelation,
  effectiveSampleSize,
  splitRHat,
} from '../../../src-compute/analysis/correlation-time.ts';
import {
  commonNeighbourAnalysis,
  type LocalStructure,
} from '../../../src-compute/analysis/common-neighbours.ts';
import {
  cellFrame,
  diffusionCoefficient,
  diffusionEstimate,
  meanSquareDisplacement,
  velocityAutocorrelation,
  vibrationalDensityOfStates,
} from '../../../src-compute/analysis/dynamics.ts';
import {
  bondAngles,
  coordinationNumbers,
  firstShell,
} from '../../../src-compute/analysis/local-structure.ts';
import { neighbourTable } from '../../../src-compute/analysis/pair-iteration.ts';
import { RadialDistribution } from '../../../src-compute/analysis/radial-distribution.ts';
import { steinhardt } from '../../../src-compute/analysis/steinhardt.ts';
import { StructureFactor } from '../../../src-compute/analysis/structure-factor.ts';
import { BlockAverage, blockAverage, LinearTrend } from '../../../src-compute/sampling/averages.ts';
import { inverse } from '../../../src-compute/structure/cell.ts';
import { Random } from '../../../src-compute/sampling/random.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { lattice, supercell, withSurface } from '../../../src-compute/structure/lattices.ts';
import { referencePairs } from '../../../src-compute/structure/reference-pairs.ts';
import { randomConfiguration } from '../../support/physics.ts';

function shaken(configuration: Configuration, width: number, seed = 1): Configuration {
  const random = new Random(seed);
  return { ...configuration, positions: configuration.positions.map((x) => x + width * random.normal()) };
}

/** Uncorrelated points in a tilted box. */
function idealGas(n: number, box: number, seed: number): Configuration {
  const random = new Random(seed);
  const cell = Float64Array.of(box, 0, 0, 0.2 * box, box, 0, 0, 0.1 * box, box);
  const positions = new Float64Array(3 * n);
  for (let i = 0; i < n; i++) {
    const s = [random.uniform(), random.uniform(), random.uniform()];
    for (let a = 0; a < 3; a++)
      positions[3 * i + a] = s[0] * cell[a] + s[1] * cell[3 + a] + s[2] * cell[6 + a];
  }
  return {
    symbols: ['A', 'B'],
    kinds: Uint16Array.from({ length: n }, (_, i) => i % 2),
    positions,
    cell,
    periodic: [true, true, true],
  };
}

describe('pairs for analyses', () => {
  it.each([3, 6, 9.5, 14])('finds the same neighbours as the reference within %d Å', (cutoff) => {
    const box = randomConfiguration(['A', 'B'], 12, 6, 1, 3);
    const cases: Configuration[] = [
      box,
      { ...box, positions: box.positions.map((x, k) => x + 17.3 * ((k % 5) - 2)) },
      { ...box, periodic: [true, false, true] },
      { ...box, periodic: [false, false, false], cell: new Float64Array(9) },
    ];
    for (const configuration of cases) {
      const mine = neighbourTable(configuration, cutoff);
      const reference = referencePairs(configuration, cutoff);
      expect(mine.start).toEqual(reference.start);
      for (let i = 0; i < 12; i++) {
        const sorted = (from: number, to: number, read: (p: number) => number) =>
          Array.from({ length: to - from }, (_, k) => read(from + k)).sort((a, b) => a - b);
        const a = sorted(mine.start[i], mine.start[i + 1], (p) => mine.distances[p]);
        const b = sorted(reference.start[i], reference.start[i + 1], (p) =>
          Math.hypot(reference.vectors[3 * p], reference.vectors[3 * p + 1], reference.vectors[3 * p + 2]),
        );
        a.forEach((d, k) => expect(d).toBeCloseTo(b[k], 9));
      }
    }
  });
});

describe('radial distribution and structure factor', () => {
  it('are 1 for an ideal gas, by species and in total, also beyond half the cell', () => {
    const g = new RadialDistribution({ cutoff: 9, bins: 9 });
    const s = new StructureFactor(4, 8);
    for (let seed = 1; seed <= 60; seed++) {
      const gas = idealGas(60, 10, seed);
      g.add(gas);
      s.add(gas);
    }
    const { pairs, distances } = g.result;
    expect(pairs.map(({ pair }) => pair.join('–'))).toEqual(['A–A', 'A–B', 'B–B', 'all–all']);
    expect(distances[3]).toBeCloseTo(3.5, 12);
    // nearer than its own images an atom has N − 1 others where the endless gas has N
    for (const [{ g: values }, other] of pairs.map(
      (pair, k) => [pair, [29 / 30, 1, 29 / 30, 59 / 60][k]] as const,
    )) {
      values.forEach((value, k) => k >= 2 && expect(Math.abs(value - other)).toBeLessThan(0.06));
    }
    const { s: factor, q } = s.result;
    factor.forEach((value, k) => q[k] > 0.8 && expect(Math.abs(value - 1)).toBeLessThan(0.1));
  });

  it('are those of the endless crystal in a primitive cell, its conventional cell and their repeats', () => {
    const rockSalt = lattice('rocksalt', ['Na', 'Cl'], 5.6);
    const curves = [rockSalt, supercell(rockSalt, [2, 1, 1]), supercell(rockSalt, [3, 3, 3])].map(
      (crystal) => {
        const g = new RadialDistribution({ cutoff: 7, bins: 14 });
        g.add(crystal);
        return g.result.pairs;
      },
    );
    for (const [k, { g: values }] of curves[0].entries()) {
      for (const other of curves) {
        values.forEach((value, bin) => expect(other[k].g[bin]).toBeCloseTo(value, 10));
      }
    }
    // six chlorine atoms at 2.8 Å around each sodium, in the shell from 2.5 to 3 Å
    const density = 4 / 5.6 ** 3;
    expect(curves[0][1].g[5]).toBeCloseTo(6 / (((4 * Math.PI) / 3) * (3 ** 3 - 2.5 ** 3) * density), 10);
  });

  it('count 12 neighbours in fcc and find its Bragg peaks', () => {
    const crystal = supercell(lattice('fcc', ['Cu'], 3.6), [4, 4, 4]);
    const g = new RadialDistribution({ cutoff: 5, bins: 50 });
    g.add(crystal);
    const [{ coordination }] = g.result.pairs;
    expect(coordination[29]).toBe(12); // up to 3.0 Å
    expect(coordination[39]).toBe(18); // up to 4.0 Å
    const s = new StructureFactor(3.3, 330);
    s.add(crystal);
    const { q, s: factor } = s.result;
    const at = (value: number) => factor[q.findIndex((x) => Math.abs(x - value) < 0.006)];
    const unit = (2 * Math.PI) / 3.6;
    expect(at(unit * Math.sqrt(3))).toBeCloseTo(256, 6); // (111): all atoms in phase
    expect(at(unit)).toBeCloseTo(0, 6); // (100) is forbidden
  });

  it('refuse free clusters', () => {
    const cluster = { ...idealGas(4, 10, 1), periodic: [false, false, false] as const };
    expect(() => new RadialDistribution({ cutoff: 3, bins: 3 }).add(cluster)).toThrow(
      'periodic in all three',
    );
  });
});

describe('local structure', () => {
  it.each([
    ['diamond', 5.43, 4],
    ['fcc', 4.05, 12],
    ['bcc', 2.87, 14],
    ['hcp', 2.95, 12],
  ] as const)('finds the first shell of %s, warm as well', (name, a, neighbours) => {
    const crystal = supercell(lattice(name, ['X'], a), [3, 3, 3]);
    expect(new Set(coordinationNumbers(crystal, firstShell(crystal)))).toEqual(new Set([neighbours]));
    const warm = shaken(crystal, 0.03 * a * 0.5, 3);
    const numbers = coordinationNumbers(warm, firstShell(warm));
    expect(numbers.reduce((sum, n) => sum + n, 0) / numbers.length).toBeCloseTo(neighbours, 0);
  });

  it('coordination and angles of diamond', () => {
    const diamond = supercell(lattice('diamond', ['Si'], 5.43), [2, 2, 2]);
    expect(new Set(coordinationNumbers(diamond, 2.7))).toEqual(new Set([4]));
    const { density, angles, count } = bondAngles(diamond, 2.7, 180);
    expect(count).toBe(64 * 6);
    expect(density[109]).toBeCloseTo(1, 12); // 109.47°
    expect(angles[109]).toBeCloseTo(109.5, 12);
  });

  it.each([
    ['fcc', { nearest: 12, within: 4 }, 0.19094, 0.57452],
    ['hcp', { nearest: 12, within: 4 }, 0.09722, 0.48476],
    ['bcc', { nearest: 14, within: 4.5 }, 0.03637, 0.51069],
  ] as const)('q4 and q6 of %s are the published ones', (name, neighbours, q4, q6) => {
    const crystal = supercell(lattice(name, ['A'], 2.9), [4, 4, 4]);
    const [four, six] = [steinhardt(crystal, 4, neighbours), steinhardt(crystal, 6, neighbours)];
    expect(four.q[5]).toBeCloseTo(q4, 4);
    expect(six.q[5]).toBeCloseTo(q6, 4);
    if (name !== 'hcp') expect(six.averaged[5]).toBeCloseTo(q6, 4); // one atom per cell: averaging changes nothing
  });

  it('q is invariant under rotation, and averaging separates crystal from noise', () => {
    const crystal = shaken(supercell(lattice('fcc', ['A'], 4), [4, 4, 4]), 0.15);
    const { q, averaged } = steinhardt(crystal, 6, { nearest: 12, within: 5 });
    const spread = (x: Float64Array) => {
      const mean = x.reduce((a, b) => a + b, 0) / x.length;
      return Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length);
    };
    expect(spread(averaged)).toBeLessThan(0.5 * spread(q));
  });

  const hexagonalDiamond = (): Configuration => {
    const cell = lattice('hcp', ['C'], 2.52);
    const extra = cell.positions.map((x, k) => x + (k % 3 === 2 ? (3 / 8) * cell.cell[8] : 0));
    return { ...cell, kinds: new Uint16Array(4), positions: Float64Array.of(...cell.positions, ...extra) };
  };

  it.each<[LocalStructure, Configuration, number]>([
    ['fcc', supercell(lattice('fcc', ['A'], 4.05), [4, 4, 4]), 0.12],
    ['hcp', supercell(lattice('hcp', ['A'], 3.2), [4, 4, 3]), 0.12],
    ['bcc', supercell(lattice('bcc', ['A'], 3.1), [4, 4, 4]), 0.1],
    ['diamond', supercell(lattice('diamond', ['A'], 5.43), [3, 3, 3]), 0.1],
    ['hexagonal diamond', supercell(hexagonalDiamond(), [5, 5, 3]), 0.05],
  ])('common neighbours recognise %s, perfect and hot', (name, crystal, width) => {
    expect(commonNeighbourAnalysis(crystal).fractions[name]).toBe(1);
    expect(commonNeighbourAnalysis(shaken(crystal, width)).fractions[name]).toBeGreaterThan(0.85);
  });

  it.each([
    ['bcc', 6.141, 'caesium'],
    ['bcc', 5.02, 'barium'],
    ['fcc', 6.3, 'a large close-packed atom'],
    ['diamond', 9.4, 'a colloidal diamond'],
    ['bcc', 1.3, 'reduced units'],
  ] as const)('common neighbours see %s at %f Å (%s), and its first shell', (...[name, a]) => {
    const crystal = supercell(lattice(name, ['A'], a), [4, 4, 4]);
    expect(commonNeighbourAnalysis(crystal).fractions[name]).toBe(1);
    expect(commonNeighbourAnalysis(shaken(crystal, 0.03 * a)).fractions[name]).toBeGreaterThan(0.85);
    const neighbours = { bcc: 14, fcc: 12, diamond: 4 }[name];
    expect(new Set(coordinationNumbers(crystal, firstShell(crystal)))).toEqual(new Set([neighbours]));
  });

  it('common neighbours keep small and large atoms of one cell apart', () => {
    const small = supercell(lattice('fcc', ['A'], 3.6), [4, 4, 4]);
    const large = supercell(lattice('bcc', ['A'], 6.1), [4, 4, 4]);
    const count = small.kinds.length + large.kinds.length;
    const both: Configuration = {
      symbols: ['A'],
      kinds: new Uint16Array(count),
      positions: Float64Array.from([...small.positions, ...large.positions.map((x) => x + 40)]),
      cell: new Float64Array(9),
      periodic: [false, false, false],
    };
    const { structures } = commonNeighbourAnalysis(both);
    const inside = (from: number, to: number, kind: number) =>
      structures.subarray(from, to).filter((s) => s === kind).length;
    expect(inside(0, small.kinds.length, 1)).toBeGreaterThan(100);
    expect(inside(small.kinds.length, count, 3)).toBeGreaterThan(5);
  });

  it('common neighbours call a gas and a surface other, and an icosahedron by its name', () => {
    const gas = randomConfiguration(['A'], 60, 12, 2, 4);
    expect(commonNeighbourAnalysis(gas).fractions.other).toBeGreaterThan(0.95);
    const slab = withSurface(supercell(lattice('fcc', ['A'], 4.05), [3, 3, 3]), 2, 12);
    const { fractions } = commonNeighbourAnalysis(slab);
    expect(fractions.fcc).toBeCloseTo(4 / 6, 6); // six layers, the outer two are surfaces
    expect(fractions.other).toBeCloseTo(2 / 6, 6);
    const golden = (1 + Math.sqrt(5)) / 2;
    const corners = [-1, 1].flatMap((s) =>
      [-golden, golden].flatMap((t) => [
        [0, s, t],
        [s, t, 0],
        [t, 0, s],
      ]),
    );
    const cluster: Configuration = {
      symbols: ['A'],
      kinds: new Uint16Array(13),
      positions: Float64Array.from([[0, 0, 0], ...corners].flat().map((x) => 1.4 * x)),
      cell: new Float64Array(9),
      periodic: [false, false, false],
    };
    expect(commonNeighbourAnalysis(cluster, 6).structures[0]).toBe(4);
  });
});

describe('motion', () => {
  it('mean-square displacement of free flight and of a random walk', () => {
    const velocity = [0.01, -0.02, 0.005];
    const flight = Array.from({ length: 50 }, (_, t) => Float64Array.from(velocity, (v) => v * t * 2 + 100));
    const { msd, time } = meanSquareDisplacement(flight, 2, 40);
    msd.forEach((x, m) => expect(x).toBeCloseTo((0.0001 + 0.0004 + 0.000025) * time[m] ** 2, 10));
    const random = new Random(3);
    const walk = [new Float64Array(3 * 200)];
    for (let t = 1; t < 400; t++) walk.push(walk[t - 1].map((x) => x + 0.1 * random.normal()));
    const diffusion = diffusionCoefficient(meanSquareDisplacement(walk, 5, 100));
    expect(diffusion).toBeCloseTo(0.01 / (2 * 5), 4); // ⟨x²⟩ = 2 D t per direction
  });

  it('follows atoms in the frame of a cell that breathes, shears, turns and drifts, and stays at the right value', () => {
    // a known walk in a fixed cell, and the same seen in a cell that a barostat moves; wrapped into it
    const random = new Random(8);
    const rest = Float64Array.of(9, 0, 0, 1.5, 8, 0, -0.7, 0.6, 10);
    const masses = Float64Array.from({ length: 40 }, (_, i) => 1 + (i % 3));
    const total = masses.reduce((a, b) => a + b, 0);
    const walk = [Float64Array.from({ length: 120 }, () => 10 * random.uniform())];
    for (let t = 1; t < 300; t++) {
      const next = walk[t - 1].map((x) => x + 0.05 * random.normal());
      for (let axis = 0; axis < 3; axis++) {
        let drift = 0;
        for (let i = 0; i < 40; i++)
          drift += (masses[i] * (next[3 * i + axis] - walk[0][3 * i + axis])) / total;
        for (let i = 0; i < 40; i++) next[3 * i + axis] -= drift;
      }
      walk.push(next);
    }
    const truth = meanSquareDisplacement(walk, 1, 100).msd;
    const inv = inverse(rest);
    const cells = walk.map((_, t) => {
      const [size, angle, shear] = [1 + 0.02 * Math.sin(t / 9), 0.01 * t, 0.01 * Math.sin(t / 5)];
      const turn = [Math.cos(angle), Math.sin(angle), 0, -Math.sin(angle), Math.cos(angle), 0, 0, 0, 1];
      const strained = rest.map((x, k) => size * x + (k % 3 === 0 ? shear * rest[k + 2] : 0));
      return strained.map((_, k) => {
        const [row, column] = [Math.floor(k / 3), k % 3];
        return [0, 1, 2].reduce((sum, a) => sum + strained[3 * row + a] * turn[3 * a + column], 0);
      });
    });
    const seen = walk.map((frame, t) =>
      frame.map((_, k) => {
        const [i, axis] = [Math.floor(k / 3), k % 3];
        const s = [0, 1, 2].map((b) =>
          [0, 1, 2].reduce((sum, a) => sum + frame[3 * i + a] * inv[3 * a + b], b === 0 ? 0.013 * t : 0),
        );
        return s.reduce((sum, x, b) => sum + (x - Math.floor(x)) * cells[t][3 * b + axis], 0);
      }),
    );
    const { msd } = meanSquareDisplacement(cellFrame(seen, cells, [true, true, true], masses), 1, 100);
    // the mean cell differs from the one at rest by the mean square of its strain, 2e-4
    msd.forEach((x, m) => m > 0 && expect(Math.abs(x / truth[m] - 1)).toBeLessThan(0.01));
  });

  it('keeps the centre of mass where fixed atoms hold the frame', () => {
    const cell = Float64Array.of(8, 0, 0, 0, 8, 0, 0, 0, 8);
    const frames = Array.from({ length: 20 }, (_, t) => Float64Array.of(1, 1, 1, 3 + 0.1 * t, 2, 2));
    const seen = cellFrame(
      frames,
      frames.map(() => cell),
      [true, true, true],
      Float64Array.of(1, 1),
    );
    expect(meanSquareDisplacement(seen, 1, 10, [0]).msd[10]).toBe(0);
    expect(meanSquareDisplacement(seen, 1, 10, [1]).msd[10]).toBeCloseTo(1, 10);
  });

  it.each([30, 4])('states an error of D that covers the known one of %i random walkers', (atoms) => {
    const z: number[] = [];
    for (let seed = 1; seed <= 60; seed++) {
      const random = new Random(seed);
      const walk = [new Float64Array(3 * atoms)];
      for (let t = 1; t < 300; t++) walk.push(walk[t - 1].map((x) => x + 0.1 * random.normal()));
      const { value, error } = diffusionEstimate(walk, 5);
      z.push((value - 0.01 / (2 * 5)) / (error ?? NaN));
    }
    const rms = Math.sqrt(z.reduce((sum, x) => sum + x * x, 0) / z.length);
    expect(rms).toBeGreaterThan(0.7);
    expect(rms).toBeLessThan(atoms > 10 ? 1.3 : 2); // Student's t of four degrees of freedom has 1.41
  });

  it('follows atoms through the boundaries of a tilted cell', () => {
    const cell = Float64Array.of(4, 0, 0, 1, 5, 0, 0.5, -0.7, 6);
    // one atom moves against another that does not
    const path = Array.from({ length: 30 }, (_, t) => Float64Array.of(0.9 * t, -0.5 * t, 0.3 * t, 1, 1, 1));
    const wrapped = path.map((r, t) =>
      r.map((x, k) => (k < 3 ? x + (t % 3) * cell[k] - (t % 2) * cell[6 + k] : x)),
    );
    const seen = cellFrame(
      wrapped,
      wrapped.map(() => cell),
      [true, true, true],
      Float64Array.of(1, 1),
    );
    const { msd } = meanSquareDisplacement(seen, 1, 20, [0]);
    msd.forEach((x, m) => expect(x).toBeCloseTo((0.9 ** 2 + 0.5 ** 2 + 0.3 ** 2) * m * m, 8));
  });

  it('finds the frequency of an oscillator in the density of states', () => {
    const frequency = 12.5; // THz
    const frames = Array.from({ length: 2000 }, (_, t) =>
      Float64Array.of(Math.sin(2e-3 * Math.PI * frequency * 4 * t + 0.3), 0, 0),
    );
    const correlation = velocityAutocorrelation(frames, 4, 800);
    expect(correlation.vacf[0]).toBeCloseTo(1, 12);
    expect(correlation.vacf[5]).toBeCloseTo(Math.cos(2e-3 * Math.PI * frequency * 20), 2);
    const { frequency: f, density } = vibrationalDensityOfStates(correlation, 1000);
    expect(f[density.indexOf(Math.max(...density))]).toBeCloseTo(frequency, 0);
    expect(density.reduce((a, b) => a + b, 0) * (f[1] - f[0])).toBeCloseTo(1, 9);
  });
});

describe('errors of correlated means', () => {
  /** x_{t+1} = a x_t + ξ: integrated correlation (1 + a)/(1 − a), variance 1/(1 − a²). */
  function autoregressive(a: number, n: number, seed: number): Float64Array {
    const random = new Random(seed);
    const out = new Float64Array(n);
    for (let t = 1; t < n; t++) out[t] = a * out[t - 1] + random.normal();
    return out;
  }

  it('blocking and effective sample size know the exact answer of an autoregressive series', () => {
    const series = autoregressive(0.9, 200_000, 5);
    const exact = Math.sqrt(1 / (1 - 0.81) / (200_000 / 19));
    expect(blockAverage(series).error / exact).toBeGreaterThan(0.8);
    expect(blockAverage(series).error / exact).toBeLessThan(1.25);
    expect(effectiveSampleSize(series) / (200_000 / 19)).toBeGreaterThan(0.85);
    expect(effectiveSampleSize(series) / (200_000 / 19)).toBeLessThan(1.15);
    expect(autocorrelation(series, 5)[3]).toBeCloseTo(0.729, 1);
  });

  it('the quoted error covers the truth as often as it should', () => {
    let inside = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const { value, error } = blockAverage(autoregressive(0.7, 4000, seed));
      if (Math.abs(value) < error) inside++;
    }
    expect(inside / 200).toBeGreaterThan(0.58);
    expect(inside / 200).toBeLessThan(0.78);
  });

  it('split R̂ and trends', () => {
    expect(splitRHat([autoregressive(0.5, 2000, 1), autoregressive(0.5, 2000, 2)])).toBeLessThan(1.01);
    const trend = new LinearTrend();
    for (let t = 0; t < 100; t++) trend.add(t, 1e6 + 3e-7 * t);
    expect(trend.slope).toBeCloseTo(3e-7, 10);
    const average = new BlockAverage();
    const copy = new BlockAverage();
    for (let k = 0; k < 100; k++) average.add(Math.sin(k));
    copy.restore(average.save());
    for (let k = 0; k < 50; k++) [average, copy].forEach((a) => a.add(Math.cos(k)));
    expect(copy.estimate).toEqual(average.estimate);
  });

  it('random numbers have the right moments and continue from a saved state', () => {
    const random = new Random(9);
    const normal = Array.from({ length: 100_000 }, () => random.normal());
    const moment = (p: number) => normal.reduce((a, x) => a + x ** p, 0) / normal.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.012);
    expect(moment(2)).toBeCloseTo(1, 1);
    expect(moment(4)).toBeCloseTo(3, 0);
    const gamma = Array.from({ length: 50_000 }, () => random.gamma(3.5));
    expect(gamma.reduce((a, b) => a + b, 0) / 50_000).toBeCloseTo(3.5, 1);
    const state = random.state;
    const next = [random.normal(), random.uniform(), random.normal()];
    const other = new Random(1);
    other.state = state;
    expect([other.normal(), other.uniform(), other.normal()]).toEqual(next);
    expect(new Random(1, 1).uniform()).not.toBe(new Random(1, 2).uniform());
  });
});
