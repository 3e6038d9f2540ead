import { describe, expect, it } from 'vitest';
import { errorSummary, extent, padded, paretoFront } from '../../../src-renderer/charts/statistics.ts';

describe('error summary', () => {
  it('gives the numbers one gets by hand', () => {
    const summary = errorSummary([1, 2, 3, 4], [1.5, 2, 2, 5]);
    expect(summary.count).toBe(4);
    expect(summary.mae).toBeCloseTo((0.5 + 0 + 1 + 1) / 4, 14);
    expect(summary.rmse).toBeCloseTo(Math.sqrt((0.25 + 0 + 1 + 1) / 4), 14);
    expect(summary.bias).toBeCloseTo(0.125, 14);
    expect(summary.largest).toBe(1);
    expect(summary.r2).toBeCloseTo(1 - 2.25 / 5, 14);
  });

  it('leaves out pairs that are no numbers, and never divides by nothing', () => {
    const summary = errorSummary([1, NaN, 3], [2, 2, NaN]);
    expect(summary).toMatchObject({ count: 1, mae: 1, rmse: 1 });
    expect(errorSummary([], []).mae).toBeNaN();
    expect(errorSummary([NaN], [1]).count).toBe(0);
  });

  it('keeps R² exact for total energies far from zero', () => {
    const near = errorSummary([0, 1, 2, 3], [0.1, 1, 2, 3]);
    const far = errorSummary(
      [-1e5, -1e5 + 1, -1e5 + 2, -1e5 + 3],
      [-1e5 + 0.1, -1e5 + 1, -1e5 + 2, -1e5 + 3],
    );
    expect(far.r2).toBeCloseTo(near.r2, 9);
  });

  it('says nothing about R² of a constant reference', () => {
    expect(errorSummary([2, 2], [1, 3]).r2).toBeNaN();
  });
});

describe('ranges', () => {
  it('ignores what is not finite', () => {
    expect(extent([NaN, 3, -Infinity, 1, Infinity])).toEqual([1, 3]);
    expect(extent([NaN])).toBeUndefined();
  });

  it('gives a width to a single value', () => {
    const [low, high] = padded([5, 5]);
    expect(low).toBeLessThan(5);
    expect(high).toBeGreaterThan(5);
  });
});

describe('Pareto front', () => {
  it('holds exactly the points that no other one beats in both', () => {
    const cost = [1, 2, 3, 4, 2.5, NaN];
    const error = [10, 6, 7, 1, 6, 0];
    const front = paretoFront(cost, error);
    expect(front).toEqual([0, 1, 3]);
    for (const k of front) {
      for (let other = 0; other < 5; other++) {
        expect(cost[other] < cost[k] && error[other] <= error[k]).toBe(false);
      }
    }
  });
});
