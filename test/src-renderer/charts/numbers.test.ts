import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logTicks, niceRange, shortNumber, wholeNumber } from '../../../src-renderer/charts/numbers.ts';
import { chartTokens, withOpacity } from '../../../src-renderer/charts/tokens.ts';

describe('numbers on charts', () => {
  it('are short and keep their meaning', () => {
    expect(shortNumber(0)).toBe('0');
    expect(shortNumber(0.0012345)).toBe('0.00123');
    expect(shortNumber(-1234.6)).toBe('\u22121235');
    expect(shortNumber(1.5e-7)).toBe('1.5e\u22127');
    expect(shortNumber(NaN)).toBe('–');
    expect(wholeNumber(1234567)).toBe('1\u202f234\u202f567');
  });
});

describe('ticks', () => {
  it('of a range enclose it', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e4, max: 1e4, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
        (low, width) => {
          const [from, to] = niceRange(low, low + width);
          expect(from).toBeLessThanOrEqual(low + 1e-6 * width);
          expect(to).toBeGreaterThanOrEqual(low + width * (1 - 1e-6));
          expect(to - from).toBeLessThan(2.5 * width);
        },
      ),
    );
  });

  it('of a logarithmic axis give numbers within one decade and powers over many', () => {
    expect(logTicks(15, 390)).toEqual([20, 50, 100, 200]);
    expect(logTicks(1e-6, 2)).toEqual([1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1]);
    expect(logTicks(0, 1)).toEqual([]);
  });
});

describe('colours of charts', () => {
  /** Relative luminance and contrast of WCAG 2.2. */
  const luminance = (hex: string) => {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string) => {
    const [high, low] = [luminance(a), luminance(b)].sort((p, q) => q - p);
    return (high + 0.05) / (low + 0.05);
  };

  it.each(['light', 'dark'] as const)('%s: text can be read and series can be seen', (theme) => {
    const tokens = chartTokens(theme);
    expect(contrast(tokens.text, tokens.surface)).toBeGreaterThan(7);
    expect(contrast(tokens.muted, tokens.surface)).toBeGreaterThan(4.5);
    for (const color of tokens.series) expect(contrast(color, tokens.surface)).toBeGreaterThan(3);
    expect(new Set(tokens.series).size).toBe(tokens.series.length);
  });

  it('take an opacity', () => {
    expect(withOpacity('#ff8000', 0.5)).toBe('rgba(255, 128, 0, 0.5)');
  });
});
