/** Every engine against the plain reference, and the reference against exact limits. */
import { describe, expect, it } from 'vitest';
import { createMemory, instantiate } from '../../../../src-compute/backends/wasm/runtime.ts';
import { selectRows } from '../../../../src-compute/analysis/descriptors/descriptor.ts';
import { compiledPass } from '../../../../src-compute/analysis/entropy/block-pass.ts';
import { referenceEngine } from '../../../../src-compute/analysis/entropy/kernel-engine.ts';
import { descriptorEntropy, novelty } from '../../../../src-compute/analysis/entropy/measures.ts';
import { referenceLogKernelSums } from '../../../../src-compute/analysis/entropy/reference.ts';
import { wasmEngine } from '../../../../src-compute/analysis/entropy/wasm-engine.ts';
import { clusters, matrix, randomNumbers } from './structures.ts';

const engines = [
  { name: 'reference', engine: referenceEngine(), tolerance: 1e-12 },
  { name: 'wasm', engine: wasmEngine(), tolerance: 1e-9 },
  { name: 'wasm-f32', engine: wasmEngine({ precision: 'f32' }), tolerance: 1e-4 },
];

function largestDifference(a: Float64Array, b: Float64Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce(
    (worst, value, i) => Math.max(worst, Math.abs(value - b[i]) / Math.max(1, Math.abs(b[i]))),
    0,
  );
}

describe.each(engines)('$name kernel sums', ({ engine, tolerance }) => {
  it.each([
    [1, 3],
    [63, 63],
    [64, 1],
    [65, 5],
    [700, 63],
    [1000, 130],
  ])('agree with the plain double loop for %i environments of %i numbers', async (rows, dimension) => {
    const points = clusters(rows, dimension, rows);
    const others = clusters(rows + 37, dimension, rows + 1);
    for (const bandwidth of [0.003, 0.015, 0.5, 1e3]) {
      const self = await engine.selfLogSums(points, bandwidth);
      expect(largestDifference(self, referenceLogKernelSums(points, points, bandwidth))).toBeLessThan(
        tolerance,
      );
      const cross = await engine.crossLogSums(points, others, bandwidth);
      expect(largestDifference(cross, referenceLogKernelSums(points, others, bandwidth))).toBeLessThan(
        tolerance,
      );
    }
  });

  it('give H = 0 for identical and ln N for far-apart environments', async () => {
    const same = matrix(Array.from({ length: 130 }, () => [0.1, 0.7, -2, 3]));
    const identical = await descriptorEntropy(same, 0.015, engine);
    expect(identical.entropy).toBeCloseTo(0, 12);
    expect(identical.diversity).toBeCloseTo(0, 12);
    const apart = await descriptorEntropy(
      matrix(Array.from({ length: 130 }, (_, i) => [i, -i])),
      0.015,
      engine,
    );
    expect(apart.entropy).toBeCloseTo(Math.log(130), 12);
    expect(apart.maximum).toBeCloseTo(Math.log(130), 14);
    expect(apart.diversity).toBeCloseTo(Math.log(130), 12);
  });

  it('answer ln 2 for two groups and follow a huge bandwidth to zero', async () => {
    const two = matrix(Array.from({ length: 100 }, (_, i) => [i % 2, 0]));
    expect((await descriptorEntropy(two, 0.015, engine)).entropy).toBeCloseTo(Math.log(2), 6);
    expect((await descriptorEntropy(two, 1e9, engine)).entropy).toBeCloseTo(0, 6);
  });

  it('do not underflow for far outliers', async () => {
    const references = clusters(200, 20, 3);
    const queries = matrix([
      Array.from({ length: 20 }, () => 50),
      Array.from({ length: 20 }, () => 0.9),
      [...references.values.subarray(0, 20)],
    ]);
    const result = await novelty(queries, references, 0.015, engine);
    const expected = referenceLogKernelSums(queries, references, 0.015);
    expect(expected[0]).toBeLessThan(-1e7);
    expect(Math.abs(result.values[0] / -expected[0] - 1)).toBeLessThan(tolerance);
    expect(Math.abs(result.values[1] / -expected[1] - 1)).toBeLessThan(tolerance);
    expect(result.values[2]).toBeLessThanOrEqual(1e-5);
    expect(result.fractionPositive).toBeCloseTo(2 / 3, 12);
  });

  it('call everything infinitely new against an empty reference set', async () => {
    const result = await novelty(
      clusters(3, 4, 1),
      { values: new Float64Array(0), rows: 0, dimension: 4 },
      0.1,
      engine,
    );
    expect(Array.from(result.values)).toEqual([Infinity, Infinity, Infinity]);
  });

  it.each([0, -1, NaN, Infinity])('refuse the bandwidth %f', async (bandwidth) => {
    await expect(descriptorEntropy(clusters(3, 4, 1), bandwidth, engine)).rejects.toThrow(
      /bandwidth must be/,
    );
  });

  it('refuse no environments, NaN and descriptors of different length', async () => {
    const none = { values: new Float64Array(0), rows: 0, dimension: 4 };
    await expect(descriptorEntropy(none, 0.1, engine)).rejects.toThrow(/no environments/);
    await expect(descriptorEntropy(matrix([[1, NaN]]), 0.1, engine)).rejects.toThrow(/not a finite number/);
    await expect(novelty(matrix([[1, 2]]), matrix([[1]]), 0.1, engine)).rejects.toThrow(/cannot be compared/);
  });
});

describe('the neighbour-search approximation', () => {
  it('overestimates H by no more than its stated bound', async () => {
    const points = clusters(3000, 12, 5, 0.02);
    const exact = (await descriptorEntropy(points, 0.015, wasmEngine())).entropy;
    let worst = 0;
    for (const tolerance of [1e-3, 0.1, 1]) {
      const approximate = (await descriptorEntropy(points, 0.015, wasmEngine({ tolerance }))).entropy;
      expect(approximate - exact).toBeGreaterThan(-1e-12);
      expect(approximate - exact).toBeLessThan(tolerance);
      worst = Math.max(worst, approximate - exact);
    }
    expect(worst).toBeGreaterThan(1e-12); // something was indeed left out
  });

  it('keeps its bound for more than 1e5 environments, of which a sample is summed plainly', async () => {
    const rows = 110_000;
    const random = randomNumbers(3);
    const points = { values: Float64Array.from({ length: 3 * rows }, random), rows, dimension: 3 };
    const h = 0.004;
    const sample = Int32Array.from({ length: 40 }, (_, k) => 2711 * k);
    const plain = referenceLogKernelSums(selectRows(points, sample), points, h);
    for (const tolerance of [1e-16, 1e-3, 0.5]) {
      const sums = await wasmEngine({ tolerance }).selfLogSums(points, h);
      plain.forEach((exact, k) => {
        const missing = exact - sums[sample[k]];
        expect(missing).toBeGreaterThan(-1e-11);
        expect(missing).toBeLessThan(Math.log1p(tolerance) + 1e-11);
      });
    }
  });

  it('keeps novelty within the bound as well', async () => {
    const references = clusters(2000, 12, 5, 0.02);
    const queries = clusters(300, 12, 6, 0.05);
    const exact = referenceLogKernelSums(queries, references, 0.015);
    const approximate = await wasmEngine({ tolerance: 0.01 }).crossLogSums(queries, references, 0.015);
    approximate.forEach((value, i) => {
      expect(exact[i] - value).toBeGreaterThan(-1e-9 * Math.abs(exact[i]) - 1e-9);
      expect(exact[i] - value).toBeLessThan(0.01 + 1e-9 * Math.abs(exact[i]));
    });
  });
});

describe('the vector exponential', () => {
  it.each([
    { precision: 'f64' as const, low: -690, ulp: 2 ** -52, allowed: 2 },
    { precision: 'f32' as const, low: -85, ulp: 2 ** -23, allowed: 2 },
  ])('of $precision is within $allowed units in the last place', ({ precision, low, ulp, allowed }) => {
    const memory = createMemory(65536, 65536, false);
    const kernel = instantiate(compiledPass(precision, 4, false), memory);
    const lanes =
      precision === 'f64' ? new Float64Array(memory.buffer, 64, 2) : new Float32Array(memory.buffer, 64, 4);
    let worst = 0;
    for (let step = 0; step < 20000; step++) {
      const x = Math.fround((low * step) / 20000);
      lanes.fill(x);
      kernel.exponential(64);
      for (const value of lanes) worst = Math.max(worst, Math.abs(value / Math.exp(x) - 1) / ulp);
    }
    expect(worst).toBeLessThan(allowed);
    lanes.fill(-1e30);
    kernel.exponential(64);
    expect(lanes[0]).toBeLessThan(1e-37);
    expect(lanes[0]).toBeGreaterThanOrEqual(0);
    lanes.fill(0);
    kernel.exponential(64);
    expect(lanes[0]).toBe(1);
  });
});

describe('order and translation', () => {
  it('of the rows change nothing', async () => {
    const points = clusters(500, 9, 8);
    const shuffled = selectRows(
      points,
      Array.from({ length: 500 }, (_, i) => (i * 173) % 500),
    );
    const engine = wasmEngine();
    const [a, b] = [
      await descriptorEntropy(points, 0.02, engine),
      await descriptorEntropy(shuffled, 0.02, engine),
    ];
    expect(b.entropy).toBeCloseTo(a.entropy, 12);
    const moved = { ...points, values: points.values.map((x) => x + 10) };
    expect((await descriptorEntropy(moved, 0.02, engine)).entropy).toBeCloseTo(a.entropy, 9);
  });
});
