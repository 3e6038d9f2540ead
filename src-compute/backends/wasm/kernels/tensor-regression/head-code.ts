/** What all heads are made of: their interface, the product of a matrix and a vector, a scalar product. */
import { i32 } from '../../encoder/index.ts';
import type { Callable, FunctionBody, Lanes, Local, ModuleBuilder } from '../../encoder/index.ts';

export type Address = Local<'i32'>;

export interface Head {
  /** Numbers of one head as the code wants them. */
  readonly numbers: number;
  readonly workBytes: number;
  /** Writes one head; `source` holds all of them, and this one starts at `start`. */
  write(target: Float64Array, source: Float64Array, start: number): void;
  /** The function (coefficients, v, gradient, work) that gives the energy. */
  generate(module: ModuleBuilder): Callable & { readonly result: 'f64' };
}

/** Of the function that `generate` makes. */
export const PARAMETERS = ['i32', 'i32', 'i32', 'i32'] as const;

/** Numbers rounded up to whole vectors. */
export const whole = (count: number, lanes: Lanes) => lanes.width * Math.ceil(count / lanes.width);

/** Σ a·b over so many numbers, a multiple of the width. */
export function dot(code: FunctionBody, lanes: Lanes, a: Address, b: Address, count: number) {
  const sum = code.let(lanes.constant(0));
  const offset = code.local('i32');
  code.for(offset, 0, 8 * count, 8 * lanes.width, () => {
    const product = lanes.mul(lanes.load(i32.add(a, offset)), lanes.load(i32.add(b, offset)));
    code.set(sum, lanes.add(sum, product));
  });
  return lanes.sumF64(sum);
}

/** Vectors of a result that stay in registers. */
const REGISTERS = 10;

/** y = M x, M column by column, `rows` a multiple of the width. */
export function matrixTimesVector(
  code: FunctionBody,
  lanes: Lanes,
  rows: number,
  columns: number,
  [matrix, x, y]: readonly Address[],
): void {
  const vectors = rows / lanes.width;
  const perBlock = Math.ceil(vectors / Math.ceil(vectors / REGISTERS));
  const bytes = 8 * lanes.width;
  const end = code.let(i32.add(x, 8 * columns));
  const [at, column] = [code.local('i32'), code.local('i32')];
  for (let first = 0; first < vectors; first += perBlock) {
    const sums = Array.from({ length: Math.min(perBlock, vectors - first) }, () =>
      code.let(lanes.constant(0)),
    );
    code.set(column, matrix);
    code.for(at, x, end, 8, () => {
      const factor = code.let(lanes.loadSplat(at));
      sums.forEach((sum, k) => {
        const entry = lanes.load(column, (first + k) * bytes);
        code.set(sum, lanes.add(sum, lanes.mul(entry, factor)));
      });
      code.set(column, i32.add(column, 8 * rows));
    });
    sums.forEach((sum, k) => code.store(lanes.storeKind, y, sum, (first + k) * bytes));
  }
}
