import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  logarithmic,
  nearestPoint,
  pointInPolygon,
  pointsInPolygon,
} from '../../../src-renderer/charts/lasso.ts';

const square = [
  [0, 0],
  [2, 0],
  [2, 2],
  [0, 2],
] as const;
/** A U: the notch between its arms is outside. */
const notched = [
  [0, 0],
  [3, 0],
  [3, 3],
  [2, 3],
  [2, 1],
  [1, 1],
  [1, 3],
  [0, 3],
] as const;

describe('lasso', () => {
  it('agrees with the comparison of coordinates in a box', () => {
    const coordinate = fc.double({ min: -1, max: 3, noNaN: true }).filter((v) => v !== 0 && v !== 2);
    fc.assert(
      fc.property(coordinate, coordinate, (x, y) => {
        expect(pointInPolygon(x, y, square)).toBe(x > 0 && x < 2 && y > 0 && y < 2);
      }),
    );
  });

  it('respects notches, and corners at the height of the point', () => {
    expect(pointInPolygon(1.5, 2, notched)).toBe(false);
    expect(pointInPolygon(0.5, 2, notched)).toBe(true);
    expect(pointInPolygon(2.5, 1, notched)).toBe(true);
    expect(pointInPolygon(-1, 1, notched)).toBe(false);
    expect(pointInPolygon(-1, 3, notched)).toBe(false);
  });

  it('does not depend on the direction in which it was drawn', () => {
    const backwards = [...notched].reverse();
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 4, noNaN: true }),
        fc.double({ min: -1, max: 4, noNaN: true }),
        (x, y) => {
          expect(pointInPolygon(x, y, backwards)).toBe(pointInPolygon(x, y, notched));
        },
      ),
    );
  });

  it('finds indices, never points that are no numbers, and nothing in a line', () => {
    const x = [0.5, 1.5, NaN, 2.5, 9];
    const y = [0.5, 2, 0.5, 2.5, 9];
    expect(Array.from(pointsInPolygon(x, y, notched))).toEqual([0, 3]);
    expect(
      pointsInPolygon(x, y, [
        [0, 0],
        [1, 1],
      ]),
    ).toHaveLength(0);
  });

  it('is straight on logarithmic axes, as it was drawn', () => {
    // the straight line between (1, 1) and (1000, 1000) on log axes passes (10, 10); on linear ones too, but the
    // edge from (1, 1) to (1000, 10) passes (31.6, 3.16) on log axes and (31.6, 1.28) on linear ones
    const triangle = [
      [1, 1],
      [1000, 10],
      [1, 10],
    ] as const;
    const [x, y] = [[31.6], [2]];
    expect(pointsInPolygon(x, y, triangle, logarithmic, logarithmic)).toHaveLength(0);
    expect(Array.from(pointsInPolygon(x, y, triangle))).toEqual([0]);
  });
});

describe('nearest point', () => {
  it('measures in pixels, not in units', () => {
    const [x, y] = [
      [0, 1],
      [0, 10],
    ];
    // (0.4, 4): in units the first is nearer; with 100 px per unit of x and 1 px per unit of y too, with the opposite not
    expect(nearestPoint(x, y, [0.6, 0], [100, 1], 50)).toBe(1);
    expect(nearestPoint(x, y, [0.6, 0], [1, 100], 50)).toBe(0);
  });

  it('finds nothing beyond its reach', () => {
    expect(nearestPoint([0], [0], [1, 0], [10, 10], 9)).toBe(-1);
    expect(nearestPoint([0], [0], [1, 0], [10, 10], 10)).toBe(0);
  });
});
