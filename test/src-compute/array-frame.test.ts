import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArrayFrame, ArrayFrameError, encodeArrayFrame } from '../../src-compute/array-frame.ts';

const bufferOf = (block: Uint8Array<ArrayBuffer>) => block.buffer;

describe('array frame', () => {
  it('gives back every array bit for bit, and the words beside them', () => {
    fc.assert(
      fc.property(
        fc.float64Array(),
        fc.float32Array(),
        fc.uint16Array(),
        fc.uint8Array(),
        fc.array(fc.string()),
        (f64, f32, u16, u8, words) => {
          const frame = new ArrayFrame(
            bufferOf(encodeArrayFrame({ u8, f64, u16, f32 }, { words, n: 3, yes: true })),
          );
          expect([...frame.f64('f64')]).toEqual([...f64]);
          expect([...frame.f32('f32')]).toEqual([...f32]);
          expect([...frame.u16('u16')]).toEqual([...u16]);
          expect([...frame.u8('u8')]).toEqual([...u8]);
          expect(frame.texts('words')).toEqual(words);
          expect(frame.number('n')).toBe(3);
          expect(frame.flag('yes')).toBe(true);
        },
      ),
    );
  });

  it('makes views without copying, also of arrays that begin in the middle of a buffer', () => {
    const whole = Float64Array.of(1, 2, 3, 4);
    const block = encodeArrayFrame({ part: whole.subarray(1, 3) });
    const frame = new ArrayFrame(bufferOf(block));
    expect([...frame.f64('part')]).toEqual([2, 3]);
    expect(frame.f64('part').buffer).toBe(block.buffer);
  });

  it('refuses what was cut short or is something else, at any length', () => {
    const block = encodeArrayFrame({ a: Float64Array.of(1, 2, 3) }, { name: 'x' });
    for (let length = 0; length < block.length; length++) {
      expect(() => new ArrayFrame(block.slice(0, length).buffer), `${length} bytes`).toThrow();
    }
    expect(() => new ArrayFrame(new TextEncoder().encode('{"message":"no"}').buffer)).toThrow(
      ArrayFrameError,
    );
  });

  it('says which array is missing or has another type', () => {
    const frame = new ArrayFrame(bufferOf(encodeArrayFrame({ a: Float64Array.of(1) })));
    expect(() => frame.f32('a')).toThrow(/array a/);
    expect(() => frame.f64('b')).toThrow(/array b/);
  });
});
