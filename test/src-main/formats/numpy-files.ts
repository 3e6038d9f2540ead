/** Makes NumPy arrays, zip archives of them, and ASE's Ulm files, byte by byte from their documentation. */
import { zipSync } from 'fflate';

interface ArrayOptions {
  readonly type?: '<f8' | '<f4' | '>f8' | '<i8' | '|u1';
  readonly fortran?: boolean;
}

/** Bytes of an .npy (version 1.0). */
export function npy(
  shape: readonly number[],
  values: readonly number[],
  options: ArrayOptions = {},
): Uint8Array {
  const { type = '<f8', fortran = false } = options;
  const dictionary = `{'descr': '${type}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  return Buffer.concat([header(dictionary), numbers(values, type)]);
}

/** Bytes of an .npy that holds one text. */
export function npyText(text: string): Uint8Array {
  const codes = Buffer.alloc(4 * text.length);
  [...text].forEach((letter, k) => codes.writeUInt32LE(letter.codePointAt(0) ?? 0, 4 * k));
  return Buffer.concat([
    header(`{'descr': '<U${text.length}', 'fortran_order': False, 'shape': (), }`),
    codes,
  ]);
}

function header(dictionary: string): Uint8Array {
  const text = dictionary.padEnd(Math.ceil((dictionary.length + 11) / 64) * 64 - 11) + '\n';
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\0', 'latin1'), length, Buffer.from(text, 'latin1')]);
}

function numbers(values: readonly number[], type: string): Uint8Array {
  const width = Number(type.slice(2));
  const bytes = Buffer.alloc(width * values.length);
  values.forEach((value, k) => {
    if (type === '<f8') bytes.writeDoubleLE(value, 8 * k);
    else if (type === '>f8') bytes.writeDoubleBE(value, 8 * k);
    else if (type === '<f4') bytes.writeFloatLE(value, 4 * k);
    else if (type === '<i8') bytes.writeBigInt64LE(BigInt(value), 8 * k);
    else bytes.writeUInt8(value, k);
  });
  return bytes;
}

/** Bytes of an .npz. */
export function npzOf(members: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(members).map(([name, bytes]) => [`${name}.npy`, bytes])));
}

/** An array in an Ulm file. */
export interface UlmArray {
  readonly shape: readonly number[];
  readonly type: 'float64' | 'int64';
  readonly values: readonly number[];
}

/** Bytes of an Ulm file: items whose values are plain, or arrays that are put before the item's text. */
export function ulm(tag: string, items: readonly Readonly<Record<string, unknown>>[]): Uint8Array {
  const parts: Buffer[] = [Buffer.from('- of Ulm' + tag.padEnd(16, '\0'), 'latin1'), Buffer.alloc(24)];
  let at = 48;
  const add = (bytes: Buffer) => {
    parts.push(bytes);
    at += bytes.length;
  };
  const place = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    if ('shape' in value) {
      const { shape, type, values } = value as UlmArray;
      const pointer = { ndarray: [shape, type, at] };
      add(Buffer.from(numbers(values, type === 'float64' ? '<f8' : '<i8')));
      return pointer;
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, place(inner)]));
  };
  const starts = items.map((item) => {
    const text = Buffer.from(JSON.stringify(place(item)));
    const start = at;
    const length = Buffer.alloc(8);
    length.writeBigInt64LE(BigInt(text.length));
    add(Buffer.concat([length, text]));
    return start;
  });
  parts[1].writeBigInt64LE(3n, 0);
  parts[1].writeBigInt64LE(BigInt(items.length), 8);
  parts[1].writeBigInt64LE(BigInt(at), 16);
  parts.push(Buffer.from(numbers(starts, '<i8')));
  return Buffer.concat(parts);
}
