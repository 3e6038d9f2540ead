import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cellGroups,
  cellMeans,
  countAt,
  countInside,
  densityGrid,
} from '../../../src-renderer/charts/density.ts';

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

  it('gives each cell to the group of which most lies there, however small the group', () => {
    // a thousand points of the first group everywhere, four of the second, two of them in the last cell
    const x = [...Array.from({ length: 1000 }, (_, k) => (4 * (k + 0.5)) / 1000), 3.2, 3.4, 0.5, 9];
    const y = x.map(() => 0.5);
    const groups = x.map((_, k) => (k < 1000 ? 0 : 1));
    const grid = densityGrid(x, y, window, 4, 2);
    expect([...cellGroups(x, y, groups, 2, grid)].slice(4)).toEqual([0, 0, 0, 1]);
    // without the group, and without points
    expect([
      ...cellGroups(
        x,
        y,
        groups.map((group) => group - 1),
        1,
        grid,
      ),
    ]).toEqual([...[255, 255, 255, 255], ...[0, 255, 255, 0]]);
  });

  it('says how many points lie in the cell at a place, none outside', () => {
    const grid = densityGrid([0.5, 0.6, 0.7, 3.5], [-0.5, -0.4, -0.6, 0.5], window, 4, 2);
    expect(countAt(grid, [0.1, -0.9])).toBe(3);
    expect(countAt(grid, [3.9, 0.1])).toBe(1);
    expect(countAt(grid, [1.5, 0.5])).toBe(0);
    expect(countAt(grid, [-0.1, -0.9])).toBe(0);
    expect(countAt(grid, [0.1, 1.2])).toBe(0);
  });

  it('bins points in one pass over the data', () => {
    const n = 20_000;
    const x = counted(Float64Array.from({ length: n }, (_, k) => ((k * 7919) % 4001) / 1000));
    const y = counted(Float64Array.from({ length: n }, (_, k) => ((k * 104729) % 2001) / 1000 - 1));
    expect(densityGrid(x.numbers, y.numbers, window, 300, 200).inside).toBe(n);
    expect([x.reads(), y.reads()]).toEqual([n, n]);
  });
});

/** Numbers that count how often one of them is read. */
function counted(values: Float64Array): { numbers: ArrayLike<number>; reads: () => number } {
  let reads = 0;
  const numbers = new Proxy(values, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads++;
      return Reflect.get(target, key) as unknown;
    },
  });
  return { numbers, reads: () => reads };
}
