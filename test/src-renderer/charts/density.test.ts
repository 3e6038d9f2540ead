import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellMeans, countAt, countInside, densityGrid } from '../../../src-renderer/charts/density.ts';

const window = { x: [0, 4], y: [-1, 1] } as const;

describe('density grid', () => {
  it('counts every point of the window once, edges included, and no other', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.double({ min: -1, max: 5, noNaN: true }), fc.double({ min: -2, max: 2, noNaN: true })),
          { maxLength: 60 },
        ),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        (points, columns, rows) => {
          const x = points.map(([px]) => px);
          const y = points.map(([, py]) => py);
          const grid = densityGrid(x, y, window, columns, rows);
          const expected = points.filter(([px, py]) => px >= 0 && px <= 4 && py >= -1 && py <= 1).length;
          expect(grid.inside).toBe(expected);
          expect(grid.counts.reduce((sum, count) => sum + count, 0)).toBe(expected);
          expect(countInside(x, y, window)).toBe(expected);
        },
      ),
    );
  });

  it('puts points into the cell they lie in, the upper edges into the last', () => {
    const grid = densityGrid([0, 3.99, 4, 1.5, NaN], [-1, 0.99, 1, 0, 0], window, 4, 2);
    expect(Array.from(grid.counts)).toEqual([1, 0, 0, 0, 0, 1, 0, 2]);
    expect(grid.largest).toBe(2);
  });

  it('averages a number over the points of each cell, without those that have none', () => {
    const [x, y] = [
      [0.5, 0.6, 0.7, 3.5],
      [-0.5, -0.4, -0.6, 0.5],
    ];
    const means = cellMeans(x, y, [1, 5, NaN, NaN], densityGrid(x, y, window, 4, 2));
    expect(means[0]).toBe(3);
    // a point without the number, and a cell without points
    expect(means[7]).toBeNaN();
    expect(means[3]).toBeNaN();
  });

  it('says how many points lie in the cell at a place, none outside', () => {
    const grid = densityGrid([0.5, 0.6, 0.7, 3.5], [-0.5, -0.4, -0.6, 0.5], window, 4, 2);
    expect(countAt(grid, [0.1, -0.9])).toBe(3);
    expect(countAt(grid, [3.9, 0.1])).toBe(1);
    expect(countAt(grid, [1.5, 0.5])).toBe(0);
    expect(countAt(grid, [-0.1, -0.9])).toBe(0);
    expect(countAt(grid, [0.1, 1.2])).toBe(0);
  });

  it('bins a million points in no more than a few passes over the data', () => {
    const n = 1_000_000;
    const x = Float64Array.from({ length: n }, (_, k) => ((k * 7919) % 4001) / 1000);
    const y = Float64Array.from({ length: n }, (_, k) => ((k * 104729) % 2001) / 1000 - 1);
    // the baseline reads every point and compares it with the window: what any binning has to do at least
    const baseline = fastest(() => countInside(x, y, window));
    const binning = fastest(() => densityGrid(x, y, window, 300, 200));
    expect(densityGrid(x, y, window, 300, 200).inside).toBe(n);
    expect(binning / baseline).toBeLessThan(15);
  });
});

/** Shortest of several runs, ms; the others were disturbed. */
function fastest(run: () => unknown): number {
  let best = Infinity;
  for (let k = 0; k < 7; k++) {
    const begin = performance.now();
    run();
    best = Math.min(best, performance.now() - begin);
  }
  return best;
}
