/**
 * Programs as WebAssembly. A real is one or more vectors of the same lanes: loops over tables are worth it only where one
 * row serves several vectors.
 */
import { f32, f64, i32 } from '../../backends/wasm/encoder/index.ts';
import type {
  Expression,
  FunctionBody,
  LaneType,
  Lanes,
  Local,
  Vector,
} from '../../backends/wasm/encoder/index.ts';
import { exponential } from '../../backends/wasm/kernels/exponential.ts';
import { zeroFill } from '../../backends/wasm/kernels/loops.ts';
import type { Code, Reals, Row, TableShape, Variable } from '../code.ts';

/** A real: its vectors. */
export type Real = readonly Vector[];
/** A place: bytes. */
export type Place = Expression<'i32'>;

/** Bytes of a row of a table: words, then reals, aligned to them. */
export function rowBytes(table: TableShape, lanes: Lanes): number {
  return realsOffset(table, lanes) + align(table.reals * lanes.bytes, 4);
}

export function realsOffset(table: TableShape, lanes: Lanes): number {
  return table.reals === 0 ? 4 * table.words.length : align(4 * table.words.length, lanes.bytes);
}

const align = (value: number, to: number) => Math.ceil(value / to) * to;

/** Reals of which every vector has a place of its own: the n-th of `vectors` lies n · shift behind the first. */
export interface VectorArray {
  readonly base: Expression<'i32'>;
  readonly offset: number;
  /** From one real to the next. */
  readonly stride: number;
  /** From one vector of a real to the next. */
  readonly shift: number;
}

export class WasmCode implements Code<Real, Place> {
  readonly single: boolean;
  private readonly code: FunctionBody;
  private readonly lanes: Lanes;
  private readonly vectors: number;
  private readonly tables: readonly { readonly shape: TableShape; readonly start: number }[];
  private readonly tableBase: Expression<'i32'> | undefined;
  private readonly arrays = new Map<Reals<Real, Place>, VectorArray>();
  private readonly constants = new Map<number, Vector>();

  /**
   * @param vectors per real
   * @param tables of the program, with where each starts behind `tableBase`
   */
  constructor(
    code: FunctionBody,
    lanes: Lanes,
    vectors = 1,
    tables: readonly { readonly shape: TableShape; readonly start: number }[] = [],
    tableBase?: Expression<'i32'>,
  ) {
    this.code = code;
    this.lanes = lanes;
    this.vectors = vectors;
    this.tables = tables;
    this.tableBase = tableBase;
    this.single = lanes.bytes === 4;
  }

  private all(make: (v: number) => Vector): Real {
    return Array.from({ length: this.vectors }, (_, v) => make(v));
  }

  private binary(f: (a: Vector, b: Vector) => Vector) {
    return (a: Real, b: Real): Real => a.map((x, v) => f(x, b[v]));
  }

  constant(value: number): Real {
    const made = this.constants.get(value) ?? this.lanes.constant(value);
    this.constants.set(value, made);
    return this.all(() => made);
  }

  add = (a: Real, b: Real) => this.binary(this.lanes.add)(a, b);
  sub = (a: Real, b: Real) => this.binary(this.lanes.sub)(a, b);
  mul = (a: Real, b: Real) => this.binary(this.lanes.mul)(a, b);
  div = (a: Real, b: Real) => this.binary(this.lanes.div)(a, b);
  min = (a: Real, b: Real) => this.binary(this.lanes.min)(a, b);
  max = (a: Real, b: Real) => this.binary(this.lanes.max)(a, b);
  neg = (a: Real) => a.map((x) => this.lanes.neg(x));
  abs = (a: Real) => a.map((x) => this.lanes.abs(x));
  sqrt = (a: Real) => a.map((x) => this.lanes.sqrt(x));
  floor = (a: Real) => a.map((x) => this.lanes.floor(x));
  exp = (a: Real) => a.map((x) => exponential(this.code, this.lanes, x));

  selectLess(a: Real, b: Real, yes: Real, no: Real): Real {
    return a.map((x, v) => this.lanes.selectLess(x, b[v], yes[v], no[v]));
  }

  let(value: Real): Real {
    const known = new Map<Vector, Local<LaneType>>();
    return value.map((x) => {
      const local = known.get(x) ?? this.code.let(x);
      known.set(x, local);
      return local;
    });
  }

  variable(value: Real): Variable<Real> {
    const locals = value.map((x) => this.code.let(x));
    return { value: locals, set: (next) => locals.forEach((local, v) => this.code.set(local, next[v])) };
  }

  /** Reals in memory, every lane with a number of its own. */
  array(array: VectorArray): Reals<Real, Place> {
    const { lanes, code } = this;
    const { base, offset, stride, shift } = array;
    const at = (place?: Place) => (place ? i32.add(base, place) : base);
    const reals: Reals<Real, Place> = {
      load: (index, place) => this.all((v) => lanes.load(at(place), offset + index * stride + v * shift)),
      store: (index, value, place) =>
        value.forEach((x, v) =>
          code.store(lanes.storeKind, at(place), x, offset + index * stride + v * shift),
        ),
    };
    this.arrays.set(reals, array);
    return reals;
  }

  /** Numbers that all lanes share; read only. */
  shared(base: Expression<'i32'>, offset: number, stride: number): Reals<Real, Place> {
    const reals: Reals<Real, Place> = {
      load: (index) => {
        const value = this.lanes.loadSplat(base, offset + index * stride);
        const one = this.vectors > 1 ? this.code.let(value) : value;
        return this.all(() => one);
      },
      store: () => {
        throw new RangeError('shared numbers cannot be written');
      },
    };
    this.arrays.set(reals, { base, offset, stride, shift: 0 });
    return reals;
  }

  gather(reals: Reals<Real, Place>, index: Real, stride: number, count: number): Real[] {
    const { code, lanes } = this;
    const array = this.arrayOf(reals);
    const values = Array.from({ length: count }, () => index.map(() => code.let(lanes.constant(0))));
    index.forEach((vector, v) => {
      for (let lane = 0; lane < lanes.width; lane++) {
        const whole = i32.truncF64(lanes.extractF64(vector, lane));
        const address = code.let(i32.add(array.base, i32.mul(whole, stride * array.stride)));
        values.forEach((value, k) => {
          const offset = array.offset + k * array.stride;
          const number =
            lanes.bytes === 8 ? f64.load(address, offset) : f64.promoteF32(f32.load(address, offset));
          code.set(value[v], lanes.replaceF64(value[v], lane, number));
        });
      }
    });
    return values;
  }

  rows(
    table: number,
    first: Place | number,
    last: Place | number,
    body: (row: Row<Real, Place>) => void,
    backwards = false,
  ): void {
    const { code, lanes, tableBase } = this;
    if (tableBase === undefined) throw new RangeError('this code has no tables');
    const { shape, start } = this.tables[table];
    const bytes = rowBytes(shape, lanes);
    const at = (place: Place | number) =>
      typeof place === 'number' ? i32.add(tableBase, start + place * bytes) : i32.add(tableBase, place);
    const row = code.local('i32');
    const [from, to] = backwards ? [last, first] : [first, last];
    const end = code.let(at(to));
    const step = backwards ? -bytes : bytes;
    this.eachRow(row, at(from), end, step, () => {
      body({
        word: (k) => code.let(i32.load(row, 4 * k)),
        real: (k) => {
          const value = lanes.loadSplat(row, realsOffset(shape, lanes) + k * lanes.bytes);
          const one = this.vectors > 1 ? code.let(value) : value;
          return this.all(() => one);
        },
      });
    });
  }

  /** Runs from `start` up to `end`, or down to it: the row then lies one step below where counting is. */
  private eachRow(
    row: Local<'i32'>,
    start: Expression<'i32'>,
    end: Local<'i32'>,
    step: number,
    body: () => void,
  ): void {
    const { code } = this;
    if (step > 0) {
      code.for(row, start, end, step, body);
      return;
    }
    code.set(row, start);
    code.if(i32.gt(row, end), () => {
      code.loop((again) => {
        code.set(row, i32.add(row, step));
        body();
        code.branchIf(again, i32.gt(row, end));
      });
    });
  }

  whenAnyLess(a: Real, b: Real, body: () => void): void {
    const { code, lanes } = this;
    code.if(
      a.map((x, v) => lanes.anyLess(x, b[v])).reduce((x, y) => i32.or(x, y)),
      body,
    );
  }

  private arrayOf(reals: Reals<Real, Place>): VectorArray {
    const array = this.arrays.get(reals);
    if (!array) throw new RangeError('no array of this code');
    return array;
  }

  zero(reals: Reals<Real, Place>, first: number, count: number): void {
    const array = this.arrayOf(reals);
    const start = i32.add(array.base, array.offset + first * array.stride);
    zeroFill(this.code, this.lanes, start, count * array.stride);
  }
}
