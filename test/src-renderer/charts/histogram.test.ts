import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binCentres, chooseBins, histogram } from '../../../src-renderer/charts/histogram.ts';

describe('histogram', () => {
  it('counts every finite value of the columns it was made for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 }),
        (values) => {
          const bins = chooseBins([values]);
          const counts = histogram([...values, NaN], bins);
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(values.length);
          expect(bins.count).toBeLessThanOrEqual(125);
        },
      ),
    );
  });

  it('puts values into the bin whose edges enclose them', () => {
    const bins = { from: 0, step: 0.5, count: 4 };
    expect(Array.from(histogram([0, 0.49, 0.5, 1.99, 2, 2.01, -0.1], bins))).toEqual([2, 1, 0, 2]);
    expect(Array.from(binCentres(bins))).toEqual([0.25, 0.75, 1.25, 1.75]);
  });

  it('takes bins of a width that can be read', () => {
    const values = Float64Array.from({ length: 1000 }, (_, k) => k / 1000);
    const { step } = chooseBins([values]);
    const mantissa = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
    expect([1, 2, 5].some((nice) => Math.abs(mantissa - nice) < 1e-9)).toBe(true);
  });

  it('is not spread out by one outlier until nothing can be seen', () => {
    const values = Float64Array.from({ length: 1000 }, (_, k) => k / 1000);
    expect(chooseBins([values, [50]]).count).toBeGreaterThan(60);
  });

  it('has one bin for a constant, and one for nothing', () => {
    expect(Array.from(histogram([3, 3, 3], chooseBins([[3, 3, 3]])))).toEqual([3]);
    expect(chooseBins([[]]).count).toBe(1);
  });
});
