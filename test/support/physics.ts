/** Physical checks that every evaluation must pass, and structures to check them on. */
import { expect } from 'vitest';
import type { Evaluation } from '../../src-compute/potentials/potential.ts';
import { inverse } from '../../src-compute/structure/cell.ts';
import { atomCount, type Configuration } from '../../src-compute/structure/configuration.ts';

export type Evaluate = (configuration: Configuration) => Evaluation;

/** Reproducible uniform numbers in [0, 1) (mulberry32), for test structures only. */
export function testRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Random atoms in a tilted periodic box, no two closer than `closest`. */
export function randomConfiguration(
  symbols: readonly string[],
  count: number,
  box: number,
  closest: number,
  seed: number,
): Configuration {
  const random = testRandom(seed);
  const cell = Float64Array.of(box, 0, 0, 0.13 * box, 1.1 * box, 0, -0.07 * box, 0.09 * box, 0.95 * box);
  const images = [-1, 0, 1].flatMap((a) => [-1, 0, 1].flatMap((b) => [-1, 0, 1].map((c) => [a, b, c])));
  const at = (s: readonly number[]) =>
    [0, 1, 2].map((k) => s[0] * cell[k] + s[1] * cell[3 + k] + s[2] * cell[6 + k]);
  const placed: number[][] = [];
  for (let attempt = 0; placed.length < count; attempt++) {
    if (attempt > 1e5) throw new Error('too dense for this minimum distance');
    const r = at([random(), random(), random()]);
    const shifts = images.map(at);
    const free = placed.every((q) =>
      shifts.every((shift) => Math.hypot(...[0, 1, 2].map((k) => r[k] - q[k] + shift[k])) >= closest),
    );
    if (free) placed.push(r);
  }
  return {
    symbols,
    kinds: Uint16Array.from({ length: count }, (_, i) => i % symbols.length),
    positions: Float64Array.from(placed.flat()),
    cell,
    periodic: [true, true, true],
  };
}

/** Applies r → r·(1 + ε) to positions and cell; ε row-major. */
export function strained(configuration: Configuration, epsilon: ArrayLike<number>): Configuration {
  const transform = (rows: Float64Array) => {
    const out = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i += 3) {
      for (let b = 0; b < 3; b++) {
        out[i + b] = rows[i + b];
        for (let a = 0; a < 3; a++) out[i + b] += rows[i + a] * epsilon[3 * a + b];
      }
    }
    return out;
  };
  return {
    ...configuration,
    positions: transform(configuration.positions),
    cell: transform(configuration.cell),
  };
}

/** Forces against central differences of the energy on a few coordinates. */
export function expectForcesMatchEnergy(
  evaluate: Evaluate,
  configuration: Configuration,
  tolerance = 1e-6,
  h = 1e-5,
): void {
  const { forces } = evaluate(configuration);
  const scale = Math.max(1, ...forces.map(Math.abs));
  const n = 3 * atomCount(configuration);
  for (let k = 0; k < n; k += Math.max(1, Math.floor(n / 9))) {
    const moved = (step: number) => {
      const positions = configuration.positions.slice();
      positions[k] += step;
      return evaluate({ ...configuration, positions }).energy;
    };
    expect(Math.abs((moved(-h) - moved(h)) / (2 * h) - forces[k]) / scale, `coordinate ${k}`).toBeLessThan(
      tolerance,
    );
  }
}

/** Virial against central differences of the energy by symmetric strain. */
export function expectVirialMatchesEnergy(
  evaluate: Evaluate,
  configuration: Configuration,
  tolerance = 1e-6,
  h = 1e-5,
): void {
  const { virial } = evaluate(configuration);
  const scale = Math.max(1, ...virial.map(Math.abs));
  for (let a = 0; a < 3; a++) {
    for (let b = a; b < 3; b++) {
      const at = (step: number) => {
        const epsilon = new Float64Array(9);
        epsilon[3 * a + b] += step / 2;
        epsilon[3 * b + a] += step / 2;
        return evaluate(strained(configuration, epsilon)).energy;
      };
      expect(Math.abs((at(-h) - at(h)) / (2 * h) - virial[3 * a + b]) / scale, `W_${a}${b}`).toBeLessThan(
        tolerance,
      );
      expect(virial[3 * a + b]).toBeCloseTo(virial[3 * b + a], 9);
    }
  }
}

/** Translation, rotation and permutation leave the energy alone; forces turn along and sum to zero. */
export function expectSymmetries(evaluate: Evaluate, configuration: Configuration): void {
  const n = atomCount(configuration);
  const base = evaluate(configuration);
  const scale = Math.max(1, Math.abs(base.energy));
  for (let axis = 0; axis < 3; axis++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += base.forces[3 * i + axis];
    expect(Math.abs(sum)).toBeLessThan(1e-9 * Math.max(1, ...base.forces.map(Math.abs)) * n);
  }
  expect(base.atomEnergies.reduce((a, b) => a + b, 0)).toBeCloseTo(base.energy, 8);
  const positions = configuration.positions.map((x, k) => x + [0.37, -1.2, 5.1][k % 3]);
  expect(Math.abs(evaluate({ ...configuration, positions }).energy - base.energy) / scale).toBeLessThan(
    1e-11,
  );
  // rotation by Euler angles as a "strain": r → r·R
  const [c1, s1, c2, s2] = [Math.cos(0.7), Math.sin(0.7), Math.cos(1.9), Math.sin(1.9)];
  const rotation = [c1, s1, 0, -s1 * c2, c1 * c2, s2, s1 * s2, -c1 * s2, c2];
  const minusIdentity = rotation.map((x, k) => x - (k % 4 === 0 ? 1 : 0));
  const turned = evaluate(strained(configuration, minusIdentity));
  expect(Math.abs(turned.energy - base.energy) / scale).toBeLessThan(1e-11);
  const turnedForces = strained({ ...configuration, positions: base.forces }, minusIdentity).positions;
  const forceScale = Math.max(1, ...base.forces.map(Math.abs));
  turned.forces.forEach((f, k) => expect(Math.abs(f - turnedForces[k]) / forceScale).toBeLessThan(1e-10));
  const order = Array.from({ length: n }, (_, i) => n - 1 - i);
  const permuted = evaluate({
    ...configuration,
    kinds: Uint16Array.from(order, (i) => configuration.kinds[i]),
    positions: Float64Array.from(
      order.flatMap((i) => Array.from(configuration.positions.subarray(3 * i, 3 * i + 3))),
    ),
  });
  expect(Math.abs(permuted.energy - base.energy) / scale).toBeLessThan(1e-11);
  order.forEach((i, k) => expect(permuted.forces[3 * k]).toBeCloseTo(base.forces[3 * i], 8));
}

/** Fractional coordinates, for checks on wrapped structures. */
export function fractional(configuration: Configuration): Float64Array {
  const inv = inverse(configuration.cell);
  const out = new Float64Array(configuration.positions.length);
  for (let i = 0; i < out.length; i += 3) {
    for (let b = 0; b < 3; b++) {
      for (let a = 0; a < 3; a++) out[i + b] += configuration.positions[i + a] * inv[3 * a + b];
    }
  }
  return out;
}
