/** Bandwidth rules, completeness, differential entropies, overlap, principal axes: against closed forms. */
import { describe, expect, it } from 'vitest';
import {
  meanAtomicVolume,
  medianBandwidth,
  volumeBandwidth,
} from '../../../../src-compute/analysis/entropy/bandwidth.ts';
import { completenessCurve } from '../../../../src-compute/analysis/entropy/completeness.ts';
import {
  gaussianEntropy,
  nearestNeighbourEntropy,
} from '../../../../src-compute/analysis/entropy/differential.ts';
import { descriptorEntropy, novelty, overlap } from '../../../../src-compute/analysis/entropy/measures.ts';
import { principalAxes, project } from '../../../../src-compute/analysis/entropy/principal-axes.ts';
import { wasmEngine } from '../../../../src-compute/analysis/entropy/wasm-engine.ts';
import { Random } from '../../../../src-compute/sampling/random.ts';
import { atoms, clusters, diamond, matrix } from './structures.ts';

const engine = wasmEngine();

/** Normal deviates with given standard deviations per column. */
function normals(rows: number, deviations: readonly number[], seed: number) {
  const random = new Random(seed);
  return matrix(Array.from({ length: rows }, () => deviations.map((s) => s * random.normal())));
}

describe('novelty', () => {
  it('is zero for what the references hold once, −ln m for m times, and the squared distance for far points', async () => {
    const references = matrix([
      [0, 0],
      [5, 5],
      [5, 5],
      [5, 5],
    ]);
    const { values, fractionPositive } = await novelty(
      matrix([
        [0, 0],
        [5, 5],
        [0, 0.3],
      ]),
      references,
      0.1,
      engine,
    );
    expect(values[0]).toBeCloseTo(0, 12);
    expect(values[1]).toBeCloseTo(-Math.log(3), 12);
    expect(values[2]).toBeCloseTo(0.3 ** 2 / (2 * 0.1 ** 2), 12);
    expect(fractionPositive).toBeCloseTo(1 / 3, 14);
  });
});

describe('overlap', () => {
  it('of a set with itself is complete, with a far one nothing', async () => {
    const a = clusters(80, 6, 1);
    const far = { ...a, values: a.values.map((x) => x + 100) };
    const self = await overlap(a, a, 0.015, engine);
    expect(self).toMatchObject({ coveredByA: 1, coveredByB: 1 });
    expect(self.divergence).toBeCloseTo(0, 12);
    const apart = await overlap(a, far, 0.015, engine);
    expect(apart).toMatchObject({ coveredByA: 0, coveredByB: 0 });
    expect(apart.divergence).toBeCloseTo(Math.log(2), 12);
    expect(apart.maximumDivergence).toBeCloseTo(Math.log(2), 12);
  });

  it('is the entropy of the union less the mean entropy of the parts', async () => {
    const [a, b] = [clusters(60, 4, 1), clusters(90, 4, 2)];
    const union = { values: Float64Array.of(...a.values, ...b.values), rows: 150, dimension: 4 };
    const h = async (m: typeof a) => (await descriptorEntropy(m, 0.05, engine)).entropy;
    const { divergence } = await overlap(a, b, 0.05, engine);
    expect(divergence).toBeCloseTo((await h(union)) - (60 * (await h(a)) + 90 * (await h(b))) / 150, 12);
    expect(divergence).toBeGreaterThan(0.01);
  });
});

describe('bandwidth rules', () => {
  it('take the median of pair distances', () => {
    expect(medianBandwidth(matrix([[0], [2]]))).toBeCloseTo(Math.SQRT2, 14);
    // squared distances 0 0 0 0 0 0 16 16 16 16: the median of the different ones counts
    expect(medianBandwidth(matrix([[0], [0], [0], [0], [4]]))).toBeCloseTo(Math.sqrt(8), 14);
    expect(medianBandwidth(matrix([[3], [3]]))).toBe(1);
    expect(medianBandwidth(matrix([[3]]))).toBe(1);
  });

  it('fall with the atomic volume to their limit', () => {
    expect(volumeBandwidth(0)).toBeCloseTo(0.1016558, 7);
    expect(volumeBandwidth(1000)).toBeCloseTo(0.0119417, 7);
    expect(volumeBandwidth(10.896)).toBeCloseTo(0.0119417 + 0.0897141 * Math.exp(-0.5), 7);
    expect(meanAtomicVolume([diamond(1), diamond(2)])).toBeCloseTo(5.43 ** 3 / 8, 10);
    expect(meanAtomicVolume([atoms([0, 0, 0], new Float64Array(9), false)])).toBeUndefined();
  });
});

describe('completeness', () => {
  it('is flat where the data repeats itself and rises as ln f where everything is new', async () => {
    const repeated = matrix(Array.from({ length: 900 }, (_, i) => [i % 3]));
    const flat = await completenessCurve(repeated, 0.01, engine);
    expect(flat).toHaveLength(10);
    for (const point of flat) expect(point.entropy).toBeCloseTo(Math.log(3), 1);
    expect(flat[0].deviation).toBeGreaterThan(0);
    const fresh = await completenessCurve(matrix(Array.from({ length: 900 }, (_, i) => [i])), 0.01, engine);
    for (const point of fresh) expect(point.entropy).toBeCloseTo(Math.log(900 * point.fraction), 10);
  });

  it('repeats itself with the same seed and refuses impossible fractions', async () => {
    const points = clusters(200, 5, 9);
    const run = () => completenessCurve(points, 0.02, engine, { seed: 5, fractions: [0.3], resamples: 4 });
    expect(await run()).toEqual(await run());
    await expect(completenessCurve(points, 0.02, engine, { fractions: [0] })).rejects.toThrow(/Fractions/);
  });
});

describe('differential entropies', () => {
  it('of normal deviates are the closed form', () => {
    const deviations = [0.1, 2, 1];
    const exact = deviations.reduce((sum, s) => sum + Math.log(s) + 0.5 * Math.log(2 * Math.PI * Math.E), 0);
    const sample = normals(20000, deviations, 4);
    expect(gaussianEntropy(sample).entropy).toBeCloseTo(exact, 1);
    const components = nearestNeighbourEntropy(sample);
    deviations.forEach((s, k) =>
      expect(components[k]).toBeCloseTo(Math.log(s) + 0.5 * Math.log(2 * Math.PI * Math.E), 1),
    );
  });

  it('of a distribution that fills fewer dimensions are −∞, with the entropy in its subspace beside it', () => {
    const line = normals(5000, [1], 2);
    const plane = matrix(Array.from(line.values, (x) => [x, 2 * x, 7]));
    const result = gaussianEntropy(plane);
    expect(result.entropy).toBe(-Infinity);
    expect(result.rank).toBe(1);
    expect(result.subspaceEntropy).toBeCloseTo(gaussianEntropy(line).entropy + 0.5 * Math.log(5), 8);
    expect(nearestNeighbourEntropy(plane)[2]).toBe(-Infinity);
    expect(Number.isFinite(nearestNeighbourEntropy(plane, 1e-3)[2])).toBe(true);
  });
});

describe('principal axes', () => {
  it('find the directions of a stretched distribution and keep distances', () => {
    const sample = normals(4000, [3, 0.5, 1], 7);
    const axes = principalAxes(sample);
    expect(Math.sqrt(axes.variances[0])).toBeCloseTo(3, 0);
    expect(Math.abs(axes.axes[0])).toBeGreaterThan(0.99);
    const turned = project(sample, axes, 3);
    const distance = (v: Float64Array, i: number, j: number) =>
      Math.hypot(...[0, 1, 2].map((k) => v[3 * i + k] - v[3 * j + k]));
    for (let i = 1; i < 50; i++) {
      expect(distance(turned, 0, i)).toBeCloseTo(distance(sample.values, 0, i), 12);
    }
  });
});
