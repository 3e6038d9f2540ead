/**
 * Checkpoints: named numbers, arrays and bytes in one block of bytes. Layout: the eight letters FWCHECK2, the length of
 * the header (u32), the header (JSON: names, lengths, plain values), then the arrays as little-endian f64, in order, then
 * the blocks of bytes, in order, then the CRC-32 of all that (u32). FWCHECK1, of versions before, had none.
 */
import { crc32 } from '../crc32.ts';
import { SimulationError } from '../errors.ts';

export type CheckpointValue = number | string | boolean | null;

/** What a sampler saves. */
export interface Checkpoint {
  /** Kind of sampler and version of its layout, such as 'md-1'. */
  readonly kind: string;
  readonly values: Readonly<Record<string, CheckpointValue>>;
  readonly arrays: Readonly<Record<string, Float64Array>>;
  /** Blocks of bytes, such as the checkpoint of a part. */
  readonly blocks?: Readonly<Record<string, Uint8Array>>;
}

const MAGIC = 'FWCHECK2';
/** Without a checksum. */
const EARLIER_MAGIC = 'FWCHECK1';

interface Header {
  kind: string;
  values: Record<string, CheckpointValue>;
  lengths: [string, number][];
  /** Absent where there are none. */
  blocks?: [string, number][];
}

/** Serialises a checkpoint. NaN and ±∞ survive in arrays; plain values must be finite. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const header: Header = {
    kind: checkpoint.kind,
    values: { ...checkpoint.values },
    lengths: Object.entries(checkpoint.arrays).map(([name, array]) => [name, array.length]),
    ...(checkpoint.blocks && {
      blocks: Object.entries(checkpoint.blocks).map(([name, block]) => [name, block.length]),
    }),
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const sizes = [
    ...header.lengths.map(([, length]) => 8 * length),
    ...(header.blocks ?? []).map(([, n]) => n),
  ];
  const total = sizes.reduce((sum, size) => sum + size, MAGIC.length + 4 + text.length) + 4;
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  view.setUint32(MAGIC.length, text.length, true);
  bytes.set(text, MAGIC.length + 4);
  let offset = MAGIC.length + 4 + text.length;
  for (const array of Object.values(checkpoint.arrays)) {
    for (const x of array) {
      view.setFloat64(offset, x, true);
      offset += 8;
    }
  }
  for (const block of Object.values(checkpoint.blocks ?? {})) {
    bytes.set(block, offset);
    offset += block.length;
  }
  view.setUint32(offset, crc32(bytes.subarray(0, offset)), true);
  return bytes;
}

/**
 * Reads a checkpoint back.
 * @param kinds the kinds that may be read, the present one first
 * @throws SimulationError for other files, cut files and other kinds
 */
export function decodeCheckpoint(bytes: Uint8Array, ...kinds: [string, ...string[]]): Checkpoint {
  const broken = (what: string) => damaged(what);
  const start = MAGIC.length + 4;
  const magic = new TextDecoder().decode(bytes.subarray(0, MAGIC.length));
  if (bytes.length < start || (magic !== MAGIC && magic !== EARLIER_MAGIC)) {
    throw broken('it is not a checkpoint of Forcewright');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(MAGIC.length, true);
  if (bytes.length < start + length) throw broken('it is cut short');
  const header = parseHeader(new TextDecoder().decode(bytes.subarray(start, start + length)));
  if (header === undefined) throw broken('its header is damaged');
  const { kind } = header;
  if (!kinds.includes(kind)) throw broken(`it belongs to ${kind}, and ${kinds[0]} was expected`);
  const arrays: Record<string, Float64Array> = {};
  let offset = start + length;
  for (const [name, count] of header.lengths) {
    if (bytes.length < offset + 8 * count) throw broken('it is cut short');
    const array = new Float64Array(count);
    for (let k = 0; k < count; k++, offset += 8) array[k] = view.getFloat64(offset, true);
    arrays[name] = array;
  }
  const blocks: Record<string, Uint8Array> = {};
  for (const [name, size] of header.blocks ?? []) {
    if (bytes.length < offset + size) throw broken('it is cut short');
    blocks[name] = new Uint8Array(bytes.subarray(offset, offset + size));
    offset += size;
  }
  if (magic === MAGIC) {
    if (bytes.length < offset + 4) throw broken('it is cut short');
    if (crc32(bytes.subarray(0, offset)) !== view.getUint32(offset, true))
      throw broken('its checksum is wrong, so that it was damaged or changed');
  }
  return { kind, values: header.values, arrays, ...(header.blocks && { blocks }) };
}

function parseHeader(text: string): Header | undefined {
  try {
    const header: unknown = JSON.parse(text);
    if (typeof header !== 'object' || header === null) return undefined;
    if (!('kind' in header) || typeof header.kind !== 'string') return undefined;
    if (!('values' in header) || typeof header.values !== 'object' || header.values === null)
      return undefined;
    if (!('lengths' in header)) return undefined;
    const lengths = sizesOf(header.lengths);
    const blocks = 'blocks' in header ? sizesOf(header.blocks) : undefined;
    if (lengths === undefined || ('blocks' in header && blocks === undefined)) return undefined;
    const values: Record<string, CheckpointValue> = {};
    for (const [name, value] of Object.entries(header.values)) {
      if (value === null || ['number', 'string', 'boolean'].includes(typeof value))
        values[name] = value as CheckpointValue;
    }
    return { kind: header.kind, values, lengths, ...(blocks && { blocks }) };
  } catch {
    return undefined;
  }
}

/** Names and lengths; undefined where they are none. */
function sizesOf(list: unknown): [string, number][] | undefined {
  if (!Array.isArray(list)) return undefined;
  const sizes: [string, number][] = [];
  for (const entry of list as unknown[]) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string') return undefined;
    const length: unknown = entry[1];
    if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0) return undefined;
    sizes.push([entry[0], length]);
  }
  return sizes;
}

function damaged(what: string, cause?: unknown): SimulationError {
  return new SimulationError(`This checkpoint cannot be used: ${what}.`, {
    remedy: 'Start the run again without --resume.',
    cause,
  });
}

/**
 * Refuses arrays that are missing or of another length: a shorter one would leave a part of the run as it was.
 * @throws SimulationError
 */
export function requireLengths(
  arrays: Readonly<Record<string, Float64Array | undefined>>,
  lengths: Readonly<Record<string, number>>,
): void {
  for (const [name, length] of Object.entries(lengths)) {
    const found = arrays[name]?.length ?? 0;
    if (found !== length) throw damaged(`it has ${found} numbers of ${name}, and ${length} were expected`);
  }
}

/**
 * Goes back to a checkpoint. What is missing in one that was damaged or made up shows as an error of the language.
 * @throws SimulationError instead of such errors
 */
export function restoring<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError)
      throw damaged('it is damaged', error);
    throw error;
  }
}

/**
 * Refuses a checkpoint that was made with other settings.
 * @param saved the settings of the checkpoint as JSON
 * @param now those of the run that is to go on
 * @param free names of settings that may differ
 * @throws SimulationError naming the settings that differ, with both values
 */
export function requireSameSettings(saved: string, now: object, free: readonly string[] = []): void {
  const parsed: unknown = restoring(() => JSON.parse(saved) as unknown);
  const theirs = new Map<string, unknown>(
    typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [],
  );
  const ours = new Map<string, unknown>(Object.entries(now));
  const different = [...new Set([...theirs.keys(), ...ours.keys()])].filter(
    (name) => !free.includes(name) && JSON.stringify(theirs.get(name)) !== JSON.stringify(ours.get(name)),
  );
  if (different.length === 0) return;
  const list = (settings: Map<string, unknown>) =>
    different
      .map((name) => `${name} ${settings.has(name) ? inWords(settings.get(name)) : 'not set'}`)
      .join(', ');
  throw new SimulationError(`The checkpoint was made with ${list(theirs)}, and this run has ${list(ours)}.`, {
    remedy: 'Resume with the settings that the run was started with.',
  });
}

/** A setting as users know it: 300, nve, or 300:600 for a ramp. */
function inWords(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'not set';
  return Object.values(value).map(inWords).join(':');
}
