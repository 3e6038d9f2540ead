/**
 * Positions in a table (which configurations to exclude, to tag, to take) as few bytes: runs of neighbours in the
 * order given, each as two varints, the signed gap from the end of the run before (zigzag) and its length. All of a
 * million rows are five bytes, every second one two megabytes.
 *
 * Varints and zigzag as in Protocol Buffers, https://protobuf.dev/programming-guides/encoding/.
 */
import { ForcewrightError } from './errors.ts';

/** Longest message between a window and its host, characters. */
export const MESSAGE_LIMIT = 8 * 1024 * 1024;

/** The bytes are no packed positions. */
export class PackedPositionsError extends ForcewrightError {}

/** Packs positions; their order is kept. @param positions whole numbers from 0 to 2³² − 1 */
export function packPositions(positions: Iterable<number>): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(1024);
  let length = 0;
  const put = (value: number) => {
    if (length + 10 > bytes.length) {
      const larger = new Uint8Array(2 * bytes.length);
      larger.set(bytes);
      bytes = larger;
    }
    // up to 34 bits: by arithmetic, not by shifts
    for (; value >= 128; value = Math.floor(value / 128)) bytes[length++] = (value % 128) | 128;
    bytes[length++] = value;
  };
  let end = 0;
  let first = 0;
  let count = 0;
  const run = () => {
    if (count === 0) return;
    const gap = first - end;
    put(gap >= 0 ? 2 * gap : -2 * gap - 1);
    put(count);
    end = first + count;
  };
  for (const position of positions) {
    if (count > 0 && position === first + count) {
      count++;
      continue;
    }
    run();
    first = position;
    count = 1;
  }
  run();
  return bytes.slice(0, length);
}

/**
 * Unpacks what packPositions made.
 * @param most how many positions are accepted
 * @throws PackedPositionsError when the bytes are none, or stand for more
 */
export function unpackPositions(bytes: Uint8Array, most: number): Uint32Array {
  const numbers: number[] = [];
  let value = 0;
  let factor = 1;
  for (const byte of bytes) {
    value += (byte & 127) * factor;
    factor *= 128;
    if (byte >= 128) {
      if (factor > 2 ** 35) throw broken();
      continue;
    }
    numbers.push(value);
    value = 0;
    factor = 1;
  }
  if (factor !== 1 || numbers.length % 2 !== 0) throw broken();
  let total = 0;
  for (let k = 1; k < numbers.length; k += 2) total += numbers[k];
  if (total > most) {
    throw new PackedPositionsError(
      `At most ${most} configurations can be named at once, and these are ${total}.`,
      {
        remedy: 'Take them in several steps.',
      },
    );
  }
  const positions = new Uint32Array(total);
  let end = 0;
  let n = 0;
  for (let k = 0; k < numbers.length; k += 2) {
    const zigzag = numbers[k];
    const first = end + (zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2);
    end = first + numbers[k + 1];
    if (first < 0 || end > 2 ** 32) throw broken();
    for (let position = first; position < end; position++) positions[n++] = position;
  }
  return positions;
}

function broken(): PackedPositionsError {
  return new PackedPositionsError('The list of configurations is broken.', { remedy: 'Select them again.' });
}
