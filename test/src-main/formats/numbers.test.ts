/** The byte scanner gives the same doubles as the language's own parser. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatReal, NumberScanner, parseReal, shortReal } from '../../../src-main/formats/numbers.ts';

const scanner = new NumberScanner();

function scan(text: string): number {
  const bytes = new Uint8Array(Buffer.from(`  ${text} rest`, 'latin1'));
  const value = scanner.real(bytes, 2, bytes.length);
  expect(scanner.end).toBe(2 + text.length);
  return value;
}

describe('NumberScanner.real', () => {
  test('is exact for any double, in any notation', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e307, max: 1e307 }), fc.nat(20), (value, digits) => {
        expect(scan(formatReal(value))).toBe(value);
        for (const text of [value.toExponential(digits), value.toPrecision(digits + 1)])
          expect(scan(text)).toBe(Number(text));
        if (Math.abs(value) < 1e20) expect(scan(value.toFixed(digits))).toBe(Number(value.toFixed(digits)));
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  test('is exact for any string of digits', () => {
    const digits = fc
      .stringMatching(/^[+-]?\d{1,20}(\.\d{0,20})?(e[+-]?\d{1,3})?$/)
      .filter((text) => Number.isFinite(Number(text)));
    fc.assert(
      fc.property(digits, (text) => {
        expect(scan(text)).toBe(Number(text));
      }),
      { numRuns: 2000, seed: 2 },
    );
  });

  test.each([
    ['1.5D+02', 150],
    ['-.5d-1', -0.05],
    ['0.25-101', 0.25e-101],
    ['-0.0', -0],
  ])('reads %s as Fortran means it', (text, value) => expect(scan(text)).toBe(value));

  test.each([
    ['nan', 'not finite'],
    ['-Infinity', 'not finite'],
    ['1e999', 'not finite'],
    ['*****', 'overflow'],
    ['1.2.3', 'not a number'],
    ['0x10', 'not a number'],
    ['1e', 'not a number'],
    ['-', 'not a number'],
    ['1,5', 'not a number'],
  ])('%s is %s', (text, state) => {
    expect(scan(text)).toBeNaN();
    expect(scanner.state).toBe(state);
    expect(parseReal(text)).toBe(state);
  });
});

describe('shortReal', () => {
  test('is exact, or leaves the text to others', () => {
    const text = fc.oneof(
      fc.stringMatching(/^[+-]?\d{0,17}(\.\d{0,17})?([eEdD][+-]?\d{0,3})?$/),
      fc.constantFrom(
        '',
        '.',
        '-',
        '+',
        '1e',
        '1e+',
        '--1',
        '1.2.3',
        'nan',
        'inf',
        '0x10',
        '1 ',
        '-0',
        '1_000',
      ),
      fc.double({ noNaN: true }).map(String),
    );
    let taken = 0;
    fc.assert(
      fc.property(text, (word) => {
        const value = shortReal(`[${word}]`, 1, word.length + 1);
        if (Number.isNaN(value)) return;
        taken++;
        expect(value).toBe(parseReal(word));
      }),
      { numRuns: 3000, seed: 3 },
    );
    expect(taken).toBeGreaterThan(500);
    expect(shortReal('-12.5e-3', 0, 8)).toBe(-0.0125);
  });
});
