/** Programs as text of a language with braces: what C++ and WGSL have in common. */
import type { Code, Reals, Row, TableShape, Variable } from '../code.ts';

/** How a language writes things. */
export interface Dialect {
  readonly single: boolean;
  constant(value: number): string;
  /** A declaration of a value, and of one that changes. */
  declare(name: string, value: string): string;
  declareVariable(name: string, value: string): string;
  declarePlace(name: string, value: string): string;
  loop(variable: string, first: string, last: string): string;
  whenAnyLess(a: string, b: string): string;
  minimum(a: string, b: string): string;
  maximum(a: string, b: string): string;
  absolute(a: string): string;
  root(a: string): string;
  floor(a: string): string;
  exponential(a: string): string;
  selectLess(a: string, b: string, yes: string, no: string): string;
  /** Word k, or number k, of a row of a table. */
  word(table: number, shape: TableShape, row: string, k: number): string;
  real(table: number, shape: TableShape, row: string, k: number): string;
  /** Statements that declare `names` and fill them from `array`. */
  gather(array: string, names: readonly string[], index: string, stride: number): string[];
}

/** An array of the language: a function from a place (index, variable part) to an expression that can be assigned. */
export interface TextArray extends Reals<string, string> {
  readonly name: string;
}

export class TextCode implements Code<string, string> {
  readonly single: boolean;
  private readonly dialect: Dialect;
  private readonly tables: readonly TableShape[];
  private readonly lines: string[] = [];
  private readonly names = new Map<Reals<string, string>, string>();
  private depth = 1;
  private count = 0;

  constructor(dialect: Dialect, tables: readonly TableShape[] = []) {
    this.dialect = dialect;
    this.tables = tables;
    this.single = dialect.single;
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** Writes a statement. */
  statement(text: string): void {
    this.lines.push('  '.repeat(this.depth) + text);
  }

  private fresh(prefix: string): string {
    return `${prefix}${this.count++}`;
  }

  /** @param at the expression of an element: index, or index + place */
  array(name: string, at: (index: string) => string, writable = true): Reals<string, string> {
    const index = (n: number, place?: string) =>
      place === undefined ? String(n) : n === 0 ? place : `${place} + ${n}`;
    const reals: Reals<string, string> = {
      load: (n, place) => at(index(n, place)),
      store: (n, value, place) => {
        if (!writable) throw new RangeError(`${name} cannot be written`);
        this.statement(`${at(index(n, place))} = ${value};`);
      },
    };
    this.names.set(reals, name);
    return reals;
  }

  constant = (value: number) => this.dialect.constant(value);
  add = (a: string, b: string) => `(${a} + ${b})`;
  sub = (a: string, b: string) => `(${a} - ${b})`;
  mul = (a: string, b: string) => `(${a} * ${b})`;
  div = (a: string, b: string) => `(${a} / ${b})`;
  neg = (a: string) => `(-(${a}))`;
  min = (a: string, b: string) => this.dialect.minimum(a, b);
  max = (a: string, b: string) => this.dialect.maximum(a, b);
  abs = (a: string) => this.dialect.absolute(a);
  sqrt = (a: string) => this.dialect.root(a);
  floor = (a: string) => this.dialect.floor(a);
  exp = (a: string) => this.let(this.dialect.exponential(a));
  selectLess = (a: string, b: string, yes: string, no: string) => this.dialect.selectLess(a, b, yes, no);

  let(value: string): string {
    // what has a name needs no other
    if (/^v\d+$/.test(value)) return value;
    const name = this.fresh('v');
    this.statement(this.dialect.declare(name, value));
    return name;
  }

  variable(value: string): Variable<string> {
    const name = this.fresh('m');
    this.statement(this.dialect.declareVariable(name, value));
    return { value: name, set: (next) => this.statement(`${name} = ${next};`) };
  }

  rows(
    table: number,
    first: string | number,
    last: string | number,
    body: (row: Row<string, string>) => void,
    backwards = false,
  ): void {
    const shape = this.tables[table];
    const count = this.fresh('row');
    this.statement(this.dialect.loop(count, String(first), String(last)));
    this.depth++;
    const row = backwards ? this.fresh('w') : count;
    if (backwards) this.statement(this.dialect.declarePlace(row, `${first} + ${last} - 1 - ${count}`));
    body({
      word: (k) => {
        const name = this.fresh('w');
        this.statement(this.dialect.declarePlace(name, this.dialect.word(table, shape, row, k)));
        return name;
      },
      real: (k) => this.dialect.real(table, shape, row, k),
    });
    this.depth--;
    this.statement('}');
  }

  whenAnyLess(a: string, b: string, body: () => void): void {
    this.statement(this.dialect.whenAnyLess(a, b));
    this.depth++;
    body();
    this.depth--;
    this.statement('}');
  }

  gather(array: Reals<string, string>, index: string, stride: number, count: number): string[] {
    const names = Array.from({ length: count }, () => this.fresh('v'));
    const name = this.names.get(array);
    if (name === undefined) throw new RangeError('no array of this code');
    for (const line of this.dialect.gather(name, names, index, stride)) this.statement(line);
    return names;
  }

  zero(array: Reals<string, string>, first: number, count: number): void {
    const k = this.fresh('k');
    this.statement(this.dialect.loop(k, String(first), String(first + count)));
    this.depth++;
    array.store(0, this.dialect.constant(0), k);
    this.depth--;
    this.statement('}');
  }
}
