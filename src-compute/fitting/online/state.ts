/**
 * How a learner's state is stored: the letters FWLEARN1, the CRC-32 of everything behind it (u32), then a checkpoint of
 * named values and arrays (sampling/checkpoint.ts). A damaged byte anywhere is noticed before anything is taken over.
 */
import type { z } from 'zod';
import { FitError } from '../../errors.ts';
import { crc32 } from '../../crc32.ts';
import { decodeCheckpoint, encodeCheckpoint, type CheckpointValue } from '../../sampling/checkpoint.ts';

const MAGIC = 'FWLEARN1';
const HEADER = MAGIC.length + 4;

/** Plain values and arrays of a state. */
export interface LearnerState<T> {
  readonly values: T;
  readonly arrays: Readonly<Record<string, Float64Array>>;
}

/** @param kind learner and version of its layout, such as 'linear-1' */
export function encodeLearnerState(
  kind: string,
  values: Readonly<Record<string, CheckpointValue>>,
  arrays: Readonly<Record<string, Float64Array>>,
): Uint8Array {
  const body = encodeCheckpoint({ kind, values, arrays });
  const bytes = new Uint8Array(HEADER + body.length);
  bytes.set(new TextEncoder().encode(MAGIC));
  new DataView(bytes.buffer).setUint32(MAGIC.length, crc32(body), true);
  bytes.set(body, HEADER);
  return bytes;
}

/**
 * Reads a state back.
 * @param schema of the plain values
 * @throws FitError for damaged bytes and for states of other learners
 */
export function decodeLearnerState<T>(
  bytes: Uint8Array,
  kind: string,
  schema: z.ZodType<T>,
): LearnerState<T> {
  const broken = (what: string, cause?: unknown) =>
    new FitError(`The stored state of the learner cannot be used: ${what}.`, {
      remedy: 'Take an older copy of the state, or learn anew.',
      cause,
    });
  if (bytes.length < HEADER || new TextDecoder().decode(bytes.subarray(0, MAGIC.length)) !== MAGIC) {
    throw broken('it was not written by a learner of this version');
  }
  const body = bytes.subarray(HEADER);
  const expected = new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true);
  if (crc32(body) !== expected) throw broken('its checksum is wrong, so it is damaged or cut short');
  try {
    const { values, arrays } = decodeCheckpoint(body, kind);
    return { values: schema.parse(values), arrays };
  } catch (error) {
    throw broken('it belongs to another kind of learner', error);
  }
}

/** An array of a state. @throws FitError when it is missing or has another length */
export function stateArray(
  arrays: Readonly<Record<string, Float64Array>>,
  name: string,
  length?: number,
): Float64Array {
  const array = Object.hasOwn(arrays, name) ? arrays[name] : undefined;
  if (array && (length === undefined || array.length === length)) return array;
  throw new FitError(`The stored state of the learner holds no usable ${name}.`, {
    remedy: 'Continue with the structure and the settings that the state was made with.',
  });
}
