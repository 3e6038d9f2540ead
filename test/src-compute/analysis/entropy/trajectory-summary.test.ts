/** Trajectories as histograms and moments of descriptors: exact where the distribution is known, and drift where it is. */
import { describe, expect, it } from 'vitest';
import { descriptorByName } from '../../../../src-compute/analysis/descriptors/index.ts';
import { frameEnvironments } from '../../../../src-compute/analysis/entropy/frames.ts';
import { TrajectorySummary } from '../../../../src-compute/analysis/entropy/trajectory-summary.ts';
import { Random } from '../../../../src-compute/sampling/random.ts';
import { diamond, matrix } from './structures.ts';

/** Normal deviates around a centre. */
function normals(rows: number, centre: readonly number[], deviations: readonly number[], seed: number) {
  const random = new Random(seed);
  return matrix(
    Array.from({ length: rows }, () => centre.map((x, k) => x + deviations[k] * random.normal())),
  );
}

describe('a trajectory summary', () => {
  const reference = normals(20000, [5, -1, 0], [3, 1, 0.1], 1);

  it('has mean 0, variance 1 and every atom in the histograms for the reference itself', () => {
    const summary = new TrajectorySummary(reference, { components: 3, bins: 40, range: 5 });
    expect(summary.add(0, reference)).toBe(0);
    const { moments, histograms } = summary;
    for (let c = 0; c < 3; c++) {
      expect(moments[3 * c]).toBeCloseTo(0, 10);
      expect(moments[3 * c + 1]).toBeCloseTo(1, 6);
      expect(Math.abs(moments[3 * c + 2])).toBeLessThan(0.1);
      expect(histograms.subarray(40 * c, 40 * (c + 1)).reduce((a, b) => a + b)).toBe(20000);
    }
    expect(summary.numbersPerFrame).toBe(129);
  });

  it('drifts by the shift of the mean, in deviations', () => {
    const summary = new TrajectorySummary(reference, { components: 3, bins: 200, range: 8 });
    const still = summary.add(0, normals(20000, [5, -1, 0], [3, 1, 0.1], 2));
    const moved = summary.add(10, normals(20000, [5, 1, 0], [3, 1, 0.1], 3));
    expect(still).toBeLessThan(0.1);
    expect(moved).toBeCloseTo(2, 0);
    expect(summary.frames).toEqual([0, 10]);
    expect(Array.from(summary.drift)).toEqual([still, moved]);
  });

  it('sees a crystal melt', () => {
    const quests = descriptorByName('quests');
    const frame = (noise: number, seed: number) =>
      frameEnvironments([diamond(2, noise, seed)], quests).matrix;
    const summary = new TrajectorySummary(frame(0.05, 1));
    const drift = [0.05, 0.1, 0.2, 0.4, 0.8].map((noise, k) => summary.add(k, frame(noise, k + 2)));
    for (let k = 1; k < drift.length; k++) expect(drift[k]).toBeGreaterThan(drift[k - 1]);
    expect(drift[4]).toBeGreaterThan(10 * drift[0]);
  });

  it('puts what lies outside into the outer bins, and takes constant components as they are', () => {
    const constant = matrix([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    const summary = new TrajectorySummary(constant, { components: 5, bins: 4, range: 1 });
    summary.add(
      0,
      matrix([
        [100, 2],
        [-100, 2],
      ]),
    );
    expect(summary.settings.components).toBe(2);
    expect([...summary.histograms].reduce((a, b) => a + b)).toBe(4);
    expect(() => new TrajectorySummary(matrix([]))).toThrow(/without a first frame/);
    expect(() => new TrajectorySummary(constant, { components: 1, bins: 1, range: 1 })).toThrow(/two bins/);
  });
});
