/** Text in pieces is the text of JSON.stringify, and no piece is much longer than asked for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inPieces, jsonPieces } from '../../../src-compute/quoting/json-pieces.ts';

const joined = (pieces: Iterable<string>) => [...pieces].join('');

describe('JSON in pieces', () => {
  it('is that of JSON.stringify, for any value, indent and length of pieces', () => {
    const given = fc.tuple(fc.anything({ withNullPrototype: false, withDate: true }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 50 }));
    fc.assert(
      fc.property(given, ([value, indent, length]) => {
        expect(joined(jsonPieces({ value }, { indent, length }))).toBe(JSON.stringify({ value }, null, indent));
      }),
      { numRuns: 500 },
    );
  }); // prettier-ignore

  it('of names that JavaScript knows, of undefined and of functions', () => {
    const value = { constructor: 1, a: undefined, b: () => 1, c: [undefined, () => 1, NaN, -0, 1e21, Infinity] };
    Object.defineProperty(value, '__proto__', { value: 'x', enumerable: true });
    for (const indent of [0, 1]) expect(joined(jsonPieces(value, { indent }))).toBe(JSON.stringify(value, null, indent));
  }); // prettier-ignore

  it('comes in pieces of the length that is asked for, however long the whole is', () => {
    const value = { numbers: Array.from({ length: 20_000 }, (_, k) => k / 7), text: 'x'.repeat(100) };
    const pieces = [...jsonPieces(value, { length: 1000 })];
    expect(pieces.length).toBeGreaterThan(100);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(1200);
    expect(joined(pieces)).toBe(JSON.stringify(value));
  });

  it('has lists of numbers on one line each where it is asked for', () => {
    const value = { a: [1, -2.5, null], b: [[1, 2], []], c: ['x', 1], d: [null, 1] };
    expect(joined(jsonPieces(value, { indent: 1, flatLists: true }))).toBe(
      '{\n "a": [1, -2.5, null],\n "b": [\n  [1, 2],\n  []\n ],\n "c": [\n  "x",\n  1\n ],\n "d": [\n  null,\n  1\n ]\n}',
    );
  });
});

it('joins lines into pieces and loses none', () => {
  const lines = Array.from({ length: 1000 }, (_, k) => `${k}\n`);
  const pieces = [...inPieces(lines, 100)];
  expect(pieces.length).toBeLessThan(60);
  expect(joined(pieces)).toBe(lines.join(''));
  expect([...inPieces([])]).toEqual([]);
});
