/** Typed arrays in blobs. All platforms we run on are little-endian, and so are the blobs. */

/** The bytes of a typed array, not copied. */
export function bytesOf(array: ArrayBufferView): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

interface TypedArrayConstructor<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

/** A typed array over the bytes, copied only where they are not aligned. */
function viewOf<T>(bytes: Uint8Array, type: TypedArrayConstructor<T>): T {
  const size = type.BYTES_PER_ELEMENT;
  const length = Math.floor(bytes.byteLength / size);
  if (bytes.byteOffset % size === 0) return new type(bytes.buffer, bytes.byteOffset, length);
  const copy = new Uint8Array(bytes);
  return new type(copy.buffer, 0, length);
}

export const float64 = (bytes: Uint8Array): Float64Array => viewOf(bytes, Float64Array);
export const float32 = (bytes: Uint8Array): Float32Array => viewOf(bytes, Float32Array);
export const int32 = (bytes: Uint8Array): Int32Array => viewOf(bytes, Int32Array);
export const uint32 = (bytes: Uint8Array): Uint32Array => viewOf(bytes, Uint32Array);
export const uint16 = (bytes: Uint8Array): Uint16Array => viewOf(bytes, Uint16Array);

/** Typed arrays that analyses may keep. */
export type StoredArray = Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** Name of the array's type, from which `storedArray` makes it again. */
export function typeName(array: StoredArray): string {
  return array.constructor.name;
}

/** The array from its bytes and the name of its type. */
export function storedArray(type: string, bytes: Uint8Array): StoredArray {
  switch (type) {
    case 'Float64Array':
      return float64(bytes);
    case 'Float32Array':
      return float32(bytes);
    case 'Int32Array':
      return int32(bytes);
    case 'Uint32Array':
      return uint32(bytes);
    case 'Uint16Array':
      return uint16(bytes);
    default:
      return bytes;
  }
}

/**
 * JSON that keeps every number: NaN, infinities and −0, which plain JSON loses, are written as {"$number": "NaN"}.
 * Only for values without such an object of their own.
 */
export function exactJson(value: unknown): string {
  if (isPlain(value)) return JSON.stringify(value);
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== 'number' || (Number.isFinite(item) && !Object.is(item, -0))) return item;
    return { $number: Object.is(item, -0) ? '-0' : String(item) };
  });
}

/** Whether plain JSON keeps all numbers: asking is quicker than writing with a function for every value. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (!isPlain(item)) return false;
    return true;
  }
  for (const key in value) if (!isPlain((value as Record<string, unknown>)[key])) return false;
  return true;
}

/** Reads what exactJson wrote. */
export function parseExactJson(text: string): unknown {
  if (!text.includes('$number')) return JSON.parse(text);
  return JSON.parse(text, (_key, item: unknown) => {
    if (typeof item === 'object' && item !== null && '$number' in item) return Number(item.$number);
    return item;
  });
}
