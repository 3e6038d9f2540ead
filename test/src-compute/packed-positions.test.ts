import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MESSAGE_LIMIT, packPositions, unpackPositions } from '../../src-compute/packed-positions.ts';

const every = (count: number, step: number) => Uint32Array.from({ length: count }, (_, k) => step * k);

describe('packed positions', () => {
  it('come back in the order they had', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff_ffff), { maxLength: 300 }), (list) => {
        expect([...unpackPositions(packPositions(list), 1000)]).toEqual(list);
      }),
    );
    expect([...unpackPositions(packPositions([0xffff_ffff, 0]), 2)]).toEqual([0xffff_ffff, 0]);
  });

  it('are small: millions of rows fit into one message', () => {
    expect(packPositions(every(2_000_000, 1)).length).toBeLessThan(10);
    // in base 64 four characters are three bytes
    expect((packPositions(every(2_000_000, 2)).length * 4) / 3).toBeLessThan(MESSAGE_LIMIT);
    expect((packPositions(every(2_000_000, 50)).length * 4) / 3).toBeLessThan(MESSAGE_LIMIT);
  });

  it('are refused when they are none, or stand for more than is taken', () => {
    expect(() => unpackPositions(packPositions(every(1000, 1)), 999)).toThrow(/At most 999/);
    // one run of 2³⁴ rows in a few bytes must not be unpacked
    expect(() => unpackPositions(Uint8Array.of(0, 255, 255, 255, 255, 63), 1e7)).toThrow(/At most/);
    for (const bytes of [[1], [128], [0, 1, 2], [1, 1], [255, 255, 255, 255, 255, 255, 1, 1]])
      expect(() => unpackPositions(Uint8Array.from(bytes), 1e7), String(bytes)).toThrow(/broken/);
  });
});
