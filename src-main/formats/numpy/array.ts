/**
 * NumPy's .npy: a magic word, a version, a header (a Python dictionary with dtype, order and shape), and the numbers.
 * Read row by row from a file, or from the bytes of a member of an .npz.
 * Format: NumPy documentation, "numpy.lib.format".
 */
import { open, type FileHandle } from 'node:fs/promises';
import { ByteFailure } from '../format.ts';

/** Bytes of something, by place. */
export interface ByteRange {
  readonly size: number;
  /** Bytes from `offset`; fewer at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A file, read by place. */
export async function fileRange(path: string): Promise<ByteRange> {
  const handle: FileHandle = await open(path, 'r');
  const { size } = await handle.stat();
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset);
      return bytes.subarray(0, bytesRead);
    },
    close: () => handle.close(),
  };
}

/** Bytes in memory. */
export function memoryRange(bytes: Uint8Array): ByteRange {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
    close: () => Promise.resolve(),
  };
}

/** Type of the numbers: kind f, i, u, b or U, bytes of one, byte order. */
export interface NumberType {
  readonly kind: 'f' | 'i' | 'u' | 'b' | 'U';
  readonly bytes: number;
  readonly little: boolean;
}

const HEADER_BYTES = 64 << 10;
const WIDTHS: Readonly<Record<NumberType['kind'], readonly number[] | undefined>> = {
  f: [2, 4, 8],
  i: [1, 2, 4, 8],
  u: [1, 2, 4, 8],
  b: [1],
  U: undefined,
};

/** A type of NumPy such as '<f8' or 'float64'; undefined when it holds no numbers or text. */
export function numberType(text: string): NumberType | undefined {
  const short = /^([<>|=]?)([fiubU])(\d{1,6})$/.exec(text);
  const long = /^(float|int|uint)(16|32|64|8)$/.exec(text);
  if (text === 'bool') return { kind: 'b', bytes: 1, little: true };
  if (long !== null)
    return { kind: long[1].charAt(0) as 'f' | 'i' | 'u', bytes: Number(long[2]) / 8, little: true };
  if (short === null) return undefined;
  const kind = short[2] as NumberType['kind'];
  const count = Number(short[3]);
  if (WIDTHS[kind]?.includes(count) === false) return undefined;
  return { kind, bytes: kind === 'U' ? 4 * count : count, little: short[1] !== '>' };
}

/** Numbers out of bytes. */
export function numbersFrom(bytes: Uint8Array, type: NumberType, count: number): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float64Array(count);
  const { little } = type;
  const key = `${type.kind}${type.bytes}`;
  for (let k = 0, at = 0; k < count; k++, at += type.bytes) {
    switch (key) {
      case 'f8':
        values[k] = view.getFloat64(at, little);
        break;
      case 'f4':
        values[k] = view.getFloat32(at, little);
        break;
      case 'f2':
        values[k] = view.getFloat16(at, little);
        break;
      case 'i8':
        values[k] = Number(view.getBigInt64(at, little));
        break;
      case 'u8':
        values[k] = Number(view.getBigUint64(at, little));
        break;
      case 'i4':
        values[k] = view.getInt32(at, little);
        break;
      case 'u4':
        values[k] = view.getUint32(at, little);
        break;
      case 'i2':
        values[k] = view.getInt16(at, little);
        break;
      case 'u2':
        values[k] = view.getUint16(at, little);
        break;
      case 'i1':
        values[k] = view.getInt8(at);
        break;
      default:
        values[k] = view.getUint8(at);
    }
  }
  return values;
}

/** One array. */
export class NumpyArray {
  readonly name: string;
  readonly type: NumberType;
  readonly shape: readonly number[];
  /** Numbers of one row: the product of the shape but for its first number. */
  readonly rowLength: number;
  private readonly range: ByteRange;
  private readonly start: number;
  private readonly fortran: boolean;
  private whole: Float64Array | undefined;

  private constructor(
    name: string,
    range: ByteRange,
    start: number,
    header: { type: NumberType; shape: number[]; fortran: boolean },
  ) {
    this.name = name;
    this.range = range;
    this.start = start;
    this.type = header.type;
    this.shape = header.shape;
    this.rowLength = header.shape.slice(1).reduce((product, n) => product * n, 1);
    this.fortran = header.fortran && header.shape.length > 1 && this.rowLength > 1;
  }

  /**
   * Reads the header.
   * @param name for sentences
   * @throws ByteFailure when it is no array of numbers or text
   */
  static async open(name: string, range: ByteRange): Promise<NumpyArray> {
    const head = await range.read(0, HEADER_BYTES);
    if (Buffer.from(head.subarray(0, 6)).toString('latin1') !== '\x93NUMPY' || head.length < 12)
      throw new ByteFailure(`Expected an array of NumPy in ${name}, found something else.`, 0);
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const long = head[6] >= 2;
    const length = long ? view.getUint32(8, true) : view.getUint16(8, true);
    const start = (long ? 12 : 10) + length;
    if (start > head.length) throw new ByteFailure(`${name} ends inside its header.`, head.length);
    const text = Buffer.from(head.subarray(long ? 12 : 10, start)).toString('latin1');
    const descr = /'descr':\s*'([^']{1,20})'/.exec(text)?.[1];
    const type = descr === undefined ? undefined : numberType(descr);
    if (type === undefined)
      throw new ByteFailure(
        `Expected numbers in ${name}, found the type ${descr ?? 'of a Python object'}.`,
        10,
      );
    const shape = /'shape':\s*\(([\d,\sL]*)\)/.exec(text)?.[1];
    if (shape === undefined) throw new ByteFailure(`Expected the shape of the array in ${name}.`, 10);
    const sizes = shape.split(',').flatMap((word) => (word.trim() === '' ? [] : [Number.parseInt(word, 10)]));
    return new NumpyArray(name, range, start, {
      type,
      shape: sizes,
      fortran: /'fortran_order':\s*True/.test(text),
    });
  }

  /** Rows; an array without a shape has one. */
  get rows(): number {
    return this.shape.at(0) ?? 1;
  }

  /** Whole rows that the file has room for, whatever its header says; NaN or none where a row has no size. */
  get rowsPresent(): number {
    const bytes = this.rowLength * this.type.bytes;
    return bytes === 0 ? 0 : Math.floor((this.range.size - this.start) / bytes);
  }

  /** Byte at which a row begins. */
  byteOf(row: number): number {
    return this.start + row * this.rowLength * this.type.bytes;
  }

  /**
   * Numbers of one row.
   * @throws ByteFailure when the file ends before its end
   */
  async row(row: number): Promise<Float64Array> {
    const { rowLength, rows } = this;
    if (!this.fortran) return this.numbers(this.byteOf(row), rowLength);
    this.whole ??= await this.numbers(this.start, rows * rowLength);
    const { whole, shape } = this;
    return Float64Array.from({ length: rowLength }, (_, k) => {
      // the last axis runs fastest in a row, the first in the file
      let rest = k;
      let at = 0;
      for (let axis = shape.length - 1; axis >= 1; axis--) {
        const index = rest % shape[axis];
        rest = (rest - index) / shape[axis];
        at += index * shape.slice(0, axis).reduce((product, n) => product * n, 1);
      }
      return whole[at + row];
    });
  }

  /** All numbers, row after row. */
  async all(): Promise<Float64Array> {
    if (!this.fortran) return this.numbers(this.start, this.rows * this.rowLength);
    const values: Float64Array[] = [];
    for (let row = 0; row < this.rows; row++) values.push(await this.row(row));
    return Float64Array.from(values.flatMap((part) => [...part]));
  }

  /** Text of an array of type U, or undefined. */
  async text(): Promise<string | undefined> {
    if (this.type.kind !== 'U') return undefined;
    const bytes = await this.range.read(this.start, Math.min(this.type.bytes, 4096));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let text = '';
    for (let at = 0; at + 4 <= bytes.length; at += 4) {
      const code = view.getUint32(at, this.type.little);
      if (code > 0 && code <= 0x10ffff) text += String.fromCodePoint(code);
    }
    return text;
  }

  close(): Promise<void> {
    return this.range.close();
  }

  private async numbers(from: number, count: number): Promise<Float64Array> {
    if (this.type.kind === 'U') throw new ByteFailure(`Expected numbers in ${this.name}, found text.`, from);
    const needed = count * this.type.bytes;
    // a shape of enough sizes is beyond all numbers
    const isThere = Number.isSafeInteger(from) && from + needed <= this.range.size;
    const bytes = isThere ? await this.range.read(from, needed) : undefined;
    if (bytes?.length !== needed)
      throw new ByteFailure(
        `${this.name} ends before its numbers do: it is cut off.`,
        this.range.size,
        'Copy the file again.',
      );
    return numbersFrom(bytes, this.type, count);
  }
}
