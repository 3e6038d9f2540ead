/**
 * How typed arrays travel between a service and the window: one block of bytes, little-endian,
 *
 *   'FWA1' | u32 length of the header | header (JSON, UTF-8) | padding to 8 | arrays, each on a multiple of 8 bytes
 *
 * The header names every array with its type, offset and length, and carries a few words beside them (lists of names,
 * numbers). Numbers never travel as JSON lists (DESIGN.md, "House plan"), and views are made without copying.
 */
import { ForcewrightError } from './errors.ts';

const MAGIC = 0x31415746;

/** The typed arrays that travel. */
export type FrameArray =
  Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array<ArrayBufferLike>;

const CONSTRUCTORS = {
  f64: Float64Array,
  f32: Float32Array,
  i32: Int32Array,
  u32: Uint32Array,
  u16: Uint16Array,
  u8: Uint8Array,
} as const;
type TypeName = keyof typeof CONSTRUCTORS;

interface ArrayEntry {
  readonly name: string;
  readonly type: TypeName;
  readonly offset: number;
  readonly length: number;
}

/** What may stand beside the arrays. */
export type FrameNote = null | boolean | number | string | readonly string[] | readonly number[];

/** The bytes do not hold what was expected. */
export class ArrayFrameError extends ForcewrightError {}

function typeOf(array: FrameArray): TypeName {
  for (const name of Object.keys(CONSTRUCTORS) as TypeName[]) {
    if (array instanceof CONSTRUCTORS[name]) return name;
  }
  throw new ArrayFrameError('An array of an unknown type cannot be sent.');
}

/**
 * Packs arrays and notes into one block.
 * @param arrays typed arrays by name
 * @param notes few and small: names, counts, single numbers (NaN and infinities become null)
 */
export function encodeArrayFrame(
  arrays: Readonly<Record<string, FrameArray>>,
  notes: Readonly<Record<string, FrameNote>> = {},
): Uint8Array<ArrayBuffer> {
  const entries: ArrayEntry[] = [];
  let offset = 0;
  for (const [name, array] of Object.entries(arrays)) {
    entries.push({ name, type: typeOf(array), offset, length: array.length });
    offset += Math.ceil(array.byteLength / 8) * 8;
  }
  const header = new TextEncoder().encode(JSON.stringify({ arrays: entries, notes }));
  const start = Math.ceil((8 + header.length) / 8) * 8;
  const block = new Uint8Array(start + offset);
  const view = new DataView(block.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, header.length, true);
  block.set(header, 8);
  Object.values(arrays).forEach((array, k) => {
    block.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), start + entries[k].offset);
  });
  return block;
}

/** A received block: typed views on it, by name. */
export class ArrayFrame {
  private readonly arrays = new Map<string, FrameArray>();
  private readonly notes: Map<string, unknown>;

  /** @throws ArrayFrameError when the block is damaged or of another kind */
  constructor(buffer: ArrayBuffer) {
    const view = new DataView(buffer);
    if (buffer.byteLength < 8 || view.getUint32(0, true) !== MAGIC) {
      throw new ArrayFrameError('The answer was expected to hold arrays, and it does not.', {
        remedy: 'Reload the page; if it happens again, restart Forcewright.',
      });
    }
    const length = view.getUint32(4, true);
    const start = Math.ceil((8 + length) / 8) * 8;
    if (start > buffer.byteLength) throw cutShort();
    const header: unknown = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
    if (!isRecord(header) || !Array.isArray(header.arrays) || !isRecord(header.notes)) throw cutShort();
    this.notes = new Map(Object.entries(header.notes));
    for (const entry of header.arrays as unknown[]) {
      if (!isEntry(entry)) throw cutShort();
      const make = CONSTRUCTORS[entry.type];
      if (start + entry.offset + entry.length * make.BYTES_PER_ELEMENT > buffer.byteLength) throw cutShort();
      this.arrays.set(entry.name, new make(buffer, start + entry.offset, entry.length));
    }
  }

  has(name: string): boolean {
    return this.arrays.has(name);
  }

  f64(name: string): Float64Array {
    return this.array(name, Float64Array);
  }
  f32(name: string): Float32Array {
    return this.array(name, Float32Array);
  }
  i32(name: string): Int32Array {
    return this.array(name, Int32Array);
  }
  u32(name: string): Uint32Array {
    return this.array(name, Uint32Array);
  }
  u16(name: string): Uint16Array {
    return this.array(name, Uint16Array);
  }
  u8(name: string): Uint8Array {
    return this.array(name, Uint8Array);
  }

  /** A number among the notes; NaN where it was none. */
  number(name: string): number {
    const value = this.notes.get(name);
    return typeof value === 'number' ? value : NaN;
  }
  text(name: string): string {
    const value = this.notes.get(name);
    return typeof value === 'string' ? value : '';
  }
  flag(name: string): boolean {
    return this.notes.get(name) === true;
  }
  texts(name: string): readonly string[] {
    const value = this.notes.get(name);
    return Array.isArray(value) ? value.map(String) : [];
  }
  numbers(name: string): readonly number[] {
    const value = this.notes.get(name);
    return Array.isArray(value) ? value.map(Number) : [];
  }

  private array<T extends FrameArray>(name: string, type: new (length: number) => T): T {
    const array = this.arrays.get(name);
    if (!(array instanceof type)) {
      throw new ArrayFrameError(`The answer was expected to hold the array ${name}, and it does not.`);
    }
    return array;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEntry(value: unknown): value is ArrayEntry {
  return (
    isRecord(value) &&
    typeof value.name === 'string' &&
    typeof value.type === 'string' &&
    Object.hasOwn(CONSTRUCTORS, value.type) &&
    Number.isInteger(value.offset) &&
    Number.isInteger(value.length) &&
    Number(value.offset) >= 0 &&
    Number(value.length) >= 0
  );
}

function cutShort(): ArrayFrameError {
  return new ArrayFrameError('The answer with arrays was cut short.', {
    remedy: 'Try again; if it happens again, restart Forcewright.',
  });
}
