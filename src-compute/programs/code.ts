/**
 * The language in which the mathematics of a functional form is written once, and from which WebAssembly, WGSL and C++
 * are printed. A form's program calls a `Code`; every target implements it and writes instructions or text as it goes.
 *
 * Values of type R are real numbers of all lanes that a target computes at once (atoms or neighbours, one or many); I is a
 * place in an array or table, which only the target understands. An expression that is used twice is computed twice: keep
 * it with `let`. Loops run over rows of tables, so that a program's size does not grow with what it sums.
 *
 *     const square = code.let(code.mul(x, x));
 *     sums.store(3, code.add(sums.load(3), square));
 */

/** A local that changes. */
export interface Variable<R> {
  /** What it holds now. */
  readonly value: R;
  set(value: R): void;
}

/** Real numbers in memory; which of them belong to which lane is the target's affair. */
export interface Reals<R, I> {
  /** @param place where to begin counting; default: the start */
  load(index: number, place?: I): R;
  store(index: number, value: R, place?: I): void;
}

/** One row of a table: places, and numbers that all lanes share. */
export interface Row<R, I> {
  /** Read now, once. */
  word(k: number): I;
  real(k: number): R;
}

export interface Code<R, I> {
  /** Whether R is single precision: series may stop earlier. */
  readonly single: boolean;
  constant(value: number): R;
  add(a: R, b: R): R;
  sub(a: R, b: R): R;
  mul(a: R, b: R): R;
  div(a: R, b: R): R;
  min(a: R, b: R): R;
  max(a: R, b: R): R;
  neg(a: R): R;
  abs(a: R): R;
  sqrt(a: R): R;
  floor(a: R): R;
  /** eᵃ, to a few units in the last place; where it would over- or underflow, some large or small number. */
  exp(a: R): R;
  /** `yes` in the lanes where a < b, else `no`; all four are evaluated. */
  selectLess(a: R, b: R, yes: R, no: R): R;
  /** Evaluates now, once. */
  let(value: R): R;
  variable(value: R): Variable<R>;
  /** Statements that run where a < b in any lane; what they set must not matter in the others. */
  whenAnyLess(a: R, b: R, body: () => void): void;
  /** Rows first … last − 1 of one of the program's tables, or the same backwards. */
  rows(
    table: number,
    first: I | number,
    last: I | number,
    body: (row: Row<R, I>) => void,
    backwards?: boolean,
  ): void;
  /** `count` shared numbers from index · stride on, of every lane its own; the index is whole and within the numbers. */
  gather(array: Reals<R, I>, index: R, stride: number, count: number): R[];
  /** Zeroes numbers first … first + count − 1. */
  zero(array: Reals<R, I>, first: number, count: number): void;
}

/** What the words of a table's rows are: places among the numbers that an atom works with, or rows of another table. */
export type WordKind = 'work' | { readonly rowsOf: number };

export interface TableShape {
  readonly words: readonly WordKind[];
  /** Numbers per row, behind the words. */
  readonly reals: number;
  readonly rows: number;
}

/** Contents of a table, row by row. */
export interface TableData {
  readonly words: ArrayLike<number>;
  readonly reals: ArrayLike<number>;
}
