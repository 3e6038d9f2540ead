/** Questions about pairs, against the plain definition of each answer. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DENSITY_FROM, PairAnalysis, buffersOf } from '../../../src-renderer/charts/pair-analysis.ts';
import { newestOnly } from '../../../src-renderer/charts/pairs.ts';

const value = fc.double({ min: -50, max: 50, noNaN: true });

describe('a set of pairs', () => {
  it('finds the same pairs by range of the residual, by polygon and by definition', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 80 }), value, value, (list, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const set = new PairAnalysis({
          reference: list.map(([x]) => x),
          predicted: list.map(([, y]) => y),
          groupCount: 0,
        });
        const expected = list.flatMap(([x, y], k) => (y - x >= low && y - x <= high ? [k] : []));
        expect([...set.inRange(1, low, high)]).toEqual(expected);
        // in the plot of residuals the same range is a band across
        const band = [
          [-60, low],
          [60, low],
          [60, high],
          [-60, high],
        ] as const;
        const inBand = new Set(set.inside(true, band));
        for (const [k, [x, y]] of list.entries()) {
          if (y - x > low && y - x < high) expect(inBand.has(k)).toBe(true);
          if (y - x < low || y - x > high) expect(inBand.has(k)).toBe(false);
        }
      }),
    );
  });

  it('counts every pair of a large set once, and draws the few of a small part by group', () => {
    const n = DENSITY_FROM + 500;
    const reference = Float64Array.from({ length: n }, (_, k) => (k % 1000) / 100);
    const predicted = reference.map((x, k) => x + (k % 7) / 70);
    const groups = Uint16Array.from({ length: n }, (_, k) => k % 2);
    const set = new PairAnalysis({ reference, predicted, groups, groupCount: 2 });
    const { whole, summary } = set.overview(false);
    expect(summary.count).toBe(n);
    const picture = set.picture(false, whole, 60, 60);
    if (picture.kind !== 'density') throw new Error('a density was expected');
    expect(picture.grid.counts.reduce((a, b) => a + b)).toBe(n);
    const part = set.picture(false, { x: [0, 0.5], y: [0, 1] }, 60, 60);
    if (part.kind !== 'points') throw new Error('points were expected');
    const inside = reference.filter((x) => x <= 0.5).length;
    expect(part.groups.map(({ length }) => length / 2).reduce((a, b) => a + b)).toBe(inside);
    expect(buffersOf(part)).toHaveLength(2);
  });

  it('compares residuals with the normal distribution of their own mean and width', () => {
    const reference = new Float64Array(2000);
    const predicted = reference.map((_, k) => 0.25 + 0.1 * Math.sin(k * k));
    const { bins, counts, normal, summary } = new PairAnalysis({
      reference,
      predicted,
      groupCount: 0,
    }).distribution(1000);
    expect(counts.reduce((a, b) => a + b)).toBe(2000);
    expect(summary.bias).toBeCloseTo(0.25, 2);
    // the curve's own mean, in the unit of the bins
    let [weight, first] = [0, 0];
    normal.forEach((y, k) => {
      weight += y;
      first += y * (bins.from + (k + 0.5) * bins.step);
    });
    expect(first / weight).toBeCloseTo(1000 * summary.bias, -1);
  });

  it('becomes a table that reads back to the same doubles', async () => {
    const set = new PairAnalysis({
      reference: [0.1, 1 / 3],
      predicted: [0.2, NaN],
      groups: [1, 0],
      groupCount: 2,
    });
    const lines = (await set.csv(['r', 'p'], ['train', 'test'], ['note']).text()).trim().split('\n');
    expect(lines[0]).toBe('# note');
    expect(lines[2].split(',')).toEqual(['0.1', '0.2', 'test']);
    expect(Number(lines[3].split(',')[0])).toBe(1 / 3);
    expect(lines[3].split(',')[1]).toBe('');
  });
});

describe('work on the newest only', () => {
  it('skips what was overtaken and ends with the last', async () => {
    const done: number[] = [];
    let release = () => {};
    const work = newestOnly(async (n: number) => {
      await new Promise<void>((go) => (release = go));
      done.push(n);
    });
    for (const n of [1, 2, 3, 4]) work(n);
    release();
    await new Promise((go) => setTimeout(go, 5));
    release();
    await new Promise((go) => setTimeout(go, 5));
    expect(done).toEqual([1, 4]);
  });
});
