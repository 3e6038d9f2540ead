/**
 * Tables of the kernel of SNAP's design rows (rows-kernel.ts): what depends on 2J alone. Of a matrix only the rows up to the
 * middle are kept, since u_{j−m, j−n} = (−1)^{m+n} u*_{mn} gives the others, and of the middle row of an even 2j the columns
 * up to the middle count. All j are doubled.
 */
import { clebschGordan } from '../../potentials/snap/clebsch-gordan.ts';

/** An element by the recursion: bytes to and from within a panel, and two factors. */
export const ELEMENT_RECORD = { to: 0, from: 4, first: 8, second: 16, bytes: 24 } as const;
/** An element that is the mirror image of another one. */
export const MIRROR_RECORD = { to: 0, from: 4, sign: 8, bytes: 16 } as const;
/**
 * Rows of two factors and n₁ + n₂: bytes from the factors' starts to their first elements, the number of n₁, coefficients of
 * columns by n₁ and j, of rows by j, and bytes from the start of the product's Z to an element of every j.
 */
export const COUPLING_RECORD = {
  left: 0,
  right: 4,
  terms: 8,
  columnFactors: 12,
  columnStride: 16,
  rowFactors: 20,
  places: 24,
  bytes: (count: number): number => 24 + 4 * count,
} as const;
/** Bytes of a complex number of two atoms. */
export const COMPLEX_PAIR = 32;

/** Numbers of a neighbour: a* and b* (re, im), their slopes along x, y and z, w f_c and its slopes. */
export const TURN = { a: 0, b: 2, slopes: 4, share: 16, shareSlopes: 17 } as const;
export const TURN_NUMBERS = 20;

/** Rows of the matrix of 2j up to the middle. */
export const halfRows = (j: number): number => Math.floor(j / 2) + 1;

/** Elements of the matrix of 2j that count; they come first among those that are kept. */
export const countedElements = (j: number): number => Math.floor(((j + 1) ** 2 + 1) / 2);

/**
 * First element of the kept rows of each matrix. Matrices of odd 2j keep one row more, which the recursion of the next one
 * starts from.
 */
export function halfStarts(twojmax: number): Int32Array {
  const start = new Int32Array(twojmax + 2);
  for (let j = 0; j <= twojmax; j++) start[j + 1] = start[j] + (halfRows(j) + (j % 2)) * (j + 1);
  return start;
}

/** Elements of matrices that two of 2j = j1 and j2 are coupled to, the largest first. */
export function coupledTo(j1: number, j2: number, twojmax: number): number[] {
  const list: number[] = [];
  for (let j = j1 + j2; j >= Math.abs(j1 - j2); j -= 2) if (j <= twojmax) list.push(j);
  return list;
}

/** Hands out places in a memory that is there later, and keeps what is written to them. */
export class TableWriter {
  /** Bytes so far. */
  bytes: number;
  private view = new DataView(new ArrayBuffer(1 << 16));

  constructor(start: number) {
    this.bytes = start;
  }

  /** Room of a number of bytes. @returns where it starts, a multiple of 16 */
  room(bytes: number): number {
    const at = this.bytes;
    this.bytes += 16 * Math.ceil(bytes / 16);
    return at;
  }

  int(at: number, value: number): void {
    this.upTo(at + 4).setInt32(at, value, true);
  }

  real(at: number, value: number): void {
    this.upTo(at + 8).setFloat64(at, value, true);
  }

  ints(values: readonly number[]): number {
    const at = this.room(4 * values.length);
    values.forEach((value, k) => this.int(at + 4 * k, value));
    return at;
  }

  fill(buffer: ArrayBufferLike): void {
    const own = new Uint8Array(this.view.buffer, 0, Math.min(this.bytes, this.view.byteLength));
    new Uint8Array(buffer).set(own);
  }

  private upTo(end: number): DataView {
    if (end > this.view.byteLength) {
      const larger = new Uint8Array(2 * end);
      larger.set(new Uint8Array(this.view.buffer));
      this.view = new DataView(larger.buffer);
    }
    return this.view;
  }
}

/** Addresses of the recursion's tables. */
export interface RecursionTables {
  readonly elements: number;
  readonly mirrors: number;
  readonly ranges: number;
}

/** @param elementBytes from one element of a panel to the next */
export function recursionTables(writer: TableWriter, twojmax: number, elementBytes: number): RecursionTables {
  const starts = halfStarts(twojmax);
  const elements: number[][] = [];
  const mirrors: number[][] = [];
  const ends: [number, number][] = [];
  for (let j = 1; j <= twojmax; j++) {
    for (let m = 0; 2 * m <= j; m++)
      for (let n = 0; n <= j; n++) {
        const [to, from] = [starts[j] + m * (j + 1) + n, starts[j - 1] + m * j + n];
        elements.push([to, from, Math.sqrt((j - n) / (j - m)), -Math.sqrt(n / (j - m))]);
      }
    const row = (j - 1) / 2;
    for (let n = 0; j % 2 === 1 && n <= j; n++) {
      const from = starts[j] + row * (j + 1) + n;
      mirrors.push([starts[j] + (row + 1) * (j + 1) + j - n, from, (row + n) % 2 === 0 ? 1 : -1]);
    }
    ends.push([elements.length, mirrors.length]);
  }
  const record = (list: number[][], bytes: number) => {
    const at = writer.room(bytes * list.length);
    list.forEach(([to, from, ...reals], k) => {
      writer.int(at + k * bytes, to * elementBytes);
      writer.int(at + k * bytes + 4, from * elementBytes);
      reals.forEach((value, r) => writer.real(at + k * bytes + 8 + 8 * r, value));
    });
    return at;
  };
  const tables = {
    elements: record(elements, ELEMENT_RECORD.bytes),
    mirrors: record(mirrors, MIRROR_RECORD.bytes),
  };
  const ranges = writer.ints(
    ends.flatMap(([element, mirror]) => [
      tables.elements + element * ELEMENT_RECORD.bytes,
      tables.mirrors + mirror * MIRROR_RECORD.bytes,
    ]),
  );
  return { ...tables, ranges };
}

/** Coefficients of all ways in which a sum is m₁ + m₂, for all j that have it. */
interface SumTable {
  readonly lowest: number;
  readonly terms: number;
  readonly valid: number;
  readonly coefficients: number;
}

/** From where to where the records of `count` values of j lie. */
export interface CouplingRange {
  readonly count: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Tables of the products of two matrices of 2j = j1 and j2; `js` are what they are coupled to, the largest first, and
 * `places` the bytes from the start of the product's Z to those of each j.
 */
export class CouplingTables {
  private readonly sums: readonly SumTable[];
  private readonly j1: number;
  private readonly j2: number;
  private readonly js: readonly number[];

  constructor(writer: TableWriter, j1: number, j2: number, js: readonly number[]) {
    this.j1 = j1;
    this.j2 = j2;
    this.js = js;
    this.sums = Array.from({ length: j1 + j2 + 1 }, (_, sum) => sumTable(writer, j1, j2, js, sum));
  }

  /** Records for the first `most` of the j, in runs of equal numbers of j. */
  ranges(writer: TableWriter, places: readonly number[], most: number): CouplingRange[] {
    const { sums, j1, j2 } = this;
    const records = new Map<number, number[][]>();
    for (let row = 0; 2 * row <= j1 + j2; row++) {
      const own = sums[row];
      // of the middle row, columns up to the middle
      const columns = 2 * row === j1 + j2 ? row : j1 + j2;
      for (let t = 0; t < own.terms; t++)
        for (let column = 0; column <= columns; column++) {
          const count = Math.min(most, own.valid, sums[column].valid);
          if (count === 0) continue;
          const list = records.get(count) ?? [];
          records.set(count, list);
          list.push(this.record(row, t, column, count, places));
        }
    }
    return [...records].map(([count, list]) => {
      const from = writer.ints(list.flat());
      return { count, from, to: from + list.length * COUPLING_RECORD.bytes(count) };
    });
  }

  private record(row: number, term: number, column: number, count: number, places: readonly number[]) {
    const { sums, j1, j2, js } = this;
    const m1 = sums[row].lowest + term;
    const n1 = sums[column].lowest;
    const start = (j: number, m: number, n: number) => COMPLEX_PAIR * (m * (j + 1) + n);
    const { terms, coefficients, valid } = sums[column];
    return [
      start(j1, m1, n1),
      start(j2, row - m1, column - n1),
      terms,
      coefficients,
      8 * valid,
      sums[row].coefficients + 8 * term * sums[row].valid,
      ...Array.from({ length: count }, (_, q) => {
        const shift = (j1 + j2 - js[q]) / 2;
        return places[q] + start(js[q], row - shift, column - shift);
      }),
    ];
  }
}

function sumTable(writer: TableWriter, j1: number, j2: number, js: readonly number[], sum: number): SumTable {
  const lowest = Math.max(0, sum - j2);
  const terms = Math.min(j1, sum) - lowest + 1;
  const valid = js.filter((j) => j >= Math.abs(j1 + j2 - 2 * sum));
  const coefficients = writer.room(8 * terms * valid.length);
  for (let t = 0; t < terms; t++)
    valid.forEach((j, q) => {
      const [n1, n2] = [lowest + t, sum - lowest - t];
      const c = clebschGordan(j1, 2 * n1 - j1, j2, 2 * n2 - j2, j);
      writer.real(coefficients + 8 * (t * valid.length + q), c);
    });
  return { lowest, terms, valid: valid.length, coefficients };
}
