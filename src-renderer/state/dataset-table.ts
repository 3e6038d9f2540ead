/** All rows of a dataset in memory as columns: filters, sorting and histograms without asking the host again. */
import type { ArrayFrame } from '../../src-compute/array-frame.ts';
import { TABLE, type PropertyKey, type PropertyRow } from '../../src-compute/structure/properties.ts';
import { EV_PER_A3_IN_GPA } from '../../src-compute/units.ts';
import { inOrder, orderOf, orderOfWords, type ColumnOrder } from './sort-order.ts';

/** Columns of numbers that can be sorted by, filtered and plotted. */
export const NUMBER_COLUMNS = [
  'atoms',
  'energyPerAtom',
  'maxForce',
  'volumePerAtom',
  'pressure',
  'minimumDistance',
  'weight',
] as const;
export type NumberColumn = (typeof NUMBER_COLUMNS)[number];
/** One number of a property of the table of properties. */
export type PropertyColumn = `property:${PropertyKey}`;
export type SortColumn = NumberColumn | PropertyColumn | 'position' | 'formula' | 'configType' | 'split';

/** Bits of `flags`, in the order of the store. */
export const FLAG_NAMES = [
  'Duplicate',
  'Near duplicate',
  'Conflicting labels',
  'Energy outlier',
  'Force outlier',
  'Close atoms',
  'Import warning',
] as const;

/** What is to be shown; every absent field means all. */
export interface TableFilter {
  /** Part of the formula, the type or a tag. */
  readonly text?: string;
  readonly types?: readonly string[];
  readonly tags?: readonly string[];
  /** '' for those without a part. */
  readonly parts?: readonly string[];
  readonly flagged?: boolean;
  readonly excluded?: 'only' | 'hidden';
  /** Elements that must be there, and those that must not. */
  readonly elements?: Readonly<Record<string, 'with' | 'without'>>;
  /** Bounds, inclusive; rows without the number are hidden. */
  readonly ranges?: Readonly<Partial<Record<NumberColumn, readonly [number, number]>>>;
}

export class DatasetTable {
  readonly length: number;
  readonly numbers: Readonly<Record<NumberColumn, Float64Array>>;
  /** Properties that some configuration has, as their rows sum them up. */
  readonly properties: readonly { readonly row: PropertyRow; readonly values: Float64Array }[];
  readonly labels: Uint32Array;
  readonly flags: Uint8Array;
  readonly excluded: Uint8Array;
  readonly sourceFrame: Uint32Array;
  readonly types: readonly string[];
  readonly parts: readonly string[];
  /** Elements of the dataset, in order of the alphabet. */
  readonly elements: readonly string[];
  private readonly formulas: readonly string[];
  private readonly formulaElements: readonly (readonly string[])[];
  private readonly codes: Readonly<Record<'formula' | 'configType' | 'split', Uint16Array>>;
  private readonly tags = new Map<number, string[]>();
  private readonly filtered = new WeakMap<TableFilter, Uint32Array>();
  private readonly orders = new Map<SortColumn, ColumnOrder>();

  constructor(frame: ArrayFrame) {
    const atoms = frame.u32('atoms');
    const volume = frame.f64('volume');
    this.length = atoms.length;
    this.numbers = {
      atoms: Float64Array.from(atoms),
      energyPerAtom: frame.f64('energyPerAtom'),
      maxForce: frame.f64('maxForce'),
      volumePerAtom: volume.map((value, row) => value / atoms[row]),
      pressure: frame.f64('pressure').map((value) => value * EV_PER_A3_IN_GPA),
      minimumDistance: frame.f64('minimumDistance'),
      weight: frame.f64('weight'),
    };
    this.properties = TABLE.flatMap((row) => {
      const name: PropertyColumn = `property:${row.key}`;
      return frame.has(name) ? [{ row, values: frame.f64(name) }] : [];
    });
    this.labels = frame.u32('labels');
    this.flags = frame.u8('flags');
    this.excluded = frame.u8('excluded');
    this.sourceFrame = frame.u32('sourceFrame');
    // Si1O2 is written SiO2
    this.formulas = frame.texts('formulas').map((formula) => formula.replace(/(\D)1(?!\d)/g, '$1'));
    this.formulaElements = this.formulas.map((formula) => formula.match(/[A-Z][a-z]*/g) ?? []);
    this.elements = [...new Set(this.formulaElements.flat())].sort();
    this.types = frame.texts('configTypes');
    this.parts = frame.texts('splits');
    this.codes = {
      formula: frame.u16('formula'),
      configType: frame.u16('configType'),
      split: frame.u16('split'),
    };
    const names = frame.texts('tags');
    const tagCode = frame.u16('tagCode');
    frame.u32('tagPosition').forEach((position, k) => {
      const list = this.tags.get(position);
      if (list) list.push(names[tagCode[k]]);
      else this.tags.set(position, [names[tagCode[k]]]);
    });
  }

  formula(row: number): string {
    return this.formulas[this.codes.formula[row]];
  }
  type(row: number): string {
    return this.types[this.codes.configType[row]];
  }
  part(row: number): string {
    return this.parts[this.codes.split[row]];
  }
  tagsOf(row: number): readonly string[] {
    return this.tags.get(row) ?? [];
  }
  flagNames(row: number): string[] {
    return FLAG_NAMES.filter((_, bit) => (this.flags[row] & (1 << bit)) !== 0);
  }

  /** Rows that fit, in order of position. The same filter object is applied once. */
  filter(filter: TableFilter, leaveOut?: NumberColumn): Uint32Array {
    if (leaveOut !== undefined) return this.fitting(filter, leaveOut);
    let rows = this.filtered.get(filter);
    if (!rows) this.filtered.set(filter, (rows = this.fitting(filter)));
    return rows;
  }

  private fitting(filter: TableFilter, leaveOut?: NumberColumn): Uint32Array {
    const tests = this.tests(filter, leaveOut);
    const rows = new Uint32Array(this.length);
    let kept = 0;
    for (let row = 0; row < this.length; row++) {
      let fits = true;
      for (let k = 0; fits && k < tests.length; k++) fits = tests[k](row);
      if (fits) rows[kept++] = row;
    }
    return rows.slice(0, kept);
  }

  /** What a row must pass; only what the filter asks for. */
  private tests(filter: TableFilter, leaveOut?: NumberColumn): ((row: number) => boolean)[] {
    const tests: ((row: number) => boolean)[] = [];
    const { excluded, flags } = this;
    if (filter.excluded === 'only') tests.push((row) => excluded[row] !== 0);
    if (filter.excluded === 'hidden') tests.push((row) => excluded[row] === 0);
    if (filter.flagged) tests.push((row) => flags[row] !== 0);
    const among = (codes: Uint16Array, words: readonly string[], wanted: readonly string[]) => {
      const fits = words.map((word) => wanted.includes(word));
      tests.push((row) => fits[codes[row]]);
    };
    if (filter.parts) among(this.codes.split, this.parts, filter.parts);
    const elements = Object.entries(filter.elements ?? {});
    if (elements.length > 0) {
      const fits = this.formulaElements.map((symbols) =>
        elements.every(([symbol, wanted]) => symbols.includes(symbol) === (wanted === 'with')),
      );
      const { formula } = this.codes;
      tests.push((row) => fits[formula[row]]);
    }
    if (filter.types) among(this.codes.configType, this.types, filter.types);
    const { tags } = filter;
    if (tags) tests.push((row) => this.tagsOf(row).some((tag) => tags.includes(tag)));
    for (const name of NUMBER_COLUMNS) {
      const range = name === leaveOut ? undefined : filter.ranges?.[name];
      if (!range) continue;
      const [values, [low, high]] = [this.numbers[name], range];
      tests.push((row) => values[row] >= low && values[row] <= high);
    }
    const text = this.textFilter(filter.text?.trim().toLowerCase() ?? '');
    if (text) tests.push(text);
    return tests;
  }

  /** The same rows in another order; rows without the number come last either way. */
  sorted(rows: Uint32Array, column: SortColumn, descending: boolean): Uint32Array {
    if (column === 'position') return descending ? rows.toReversed() : rows;
    return inOrder(this.orderBy(column), rows, descending);
  }

  /** Order of all rows by a column, found when it is first asked for. */
  private orderBy(column: Exclude<SortColumn, 'position'>): ColumnOrder {
    let order = this.orders.get(column);
    if (!order) {
      if (column === 'formula' || column === 'configType' || column === 'split') {
        const words = { formula: this.formulas, configType: this.types, split: this.parts }[column];
        order = orderOfWords(this.codes[column], words);
      } else order = orderOf(this.valuesOf(column));
      this.orders.set(column, order);
    }
    return order;
  }

  private valuesOf(column: NumberColumn | PropertyColumn): Float64Array {
    if (!isPropertyColumn(column)) return this.numbers[column];
    const found = this.properties.find(({ row }) => column === `property:${row.key}`);
    return found?.values ?? new Float64Array(this.length).fill(NaN);
  }

  /** Whether a row's words hold a text; many rows share formula, type and part, and are looked at once. */
  private textFilter(text: string): ((row: number) => boolean) | undefined {
    if (text === '') return undefined;
    const { formula, configType, split } = this.codes;
    const known = new Map<number, boolean>();
    return (row) => {
      if (this.tags.has(row)) return this.words(row).includes(text);
      const key = (formula[row] * this.types.length + configType[row]) * this.parts.length + split[row];
      let fits = known.get(key);
      if (fits === undefined) known.set(key, (fits = this.words(row).includes(text)));
      return fits;
    };
  }

  private words(row: number): string {
    return `${this.formula(row)} ${this.type(row)} ${this.tagsOf(row).join(' ')} ${this.part(row)}`.toLowerCase();
  }
}

function isPropertyColumn(column: NumberColumn | PropertyColumn): column is PropertyColumn {
  return column.startsWith('property:');
}

/** Counts of values in equal bins between two bounds. */
export interface Histogram {
  readonly low: number;
  readonly high: number;
  readonly counts: Uint32Array;
  /** Values outside the bounds, shown as such. */
  readonly below: number;
  readonly above: number;
}

/**
 * Histogram of the finite values of some rows. The bounds leave out the far ends (0.2 % on each side, when they are
 * much farther out than the rest), so that one outlier does not flatten the picture.
 */
export function histogram(values: Float64Array, rows: Uint32Array, bins = 40): Histogram | undefined {
  const finite = new Float64Array(rows.length);
  let n = 0;
  for (const row of rows) if (Number.isFinite(values[row])) finite[n++] = values[row];
  if (n === 0) return undefined;
  const sorted = finite.subarray(0, n).sort();
  let [low, high] = [sorted[0], sorted[n - 1]];
  const inner = [sorted[Math.floor(0.002 * (n - 1))], sorted[Math.ceil(0.998 * (n - 1))]];
  const span = inner[1] - inner[0];
  if (span > 0) {
    low = Math.max(low, inner[0] - 0.5 * span);
    high = Math.min(high, inner[1] + 0.5 * span);
  }
  if (high === low) {
    low -= 0.5;
    high += 0.5;
  }
  const counts = new Uint32Array(bins);
  let [below, above] = [0, 0];
  for (const value of sorted) {
    if (value < low) below++;
    else if (value > high) above++;
    else counts[Math.min(bins - 1, Math.floor((bins * (value - low)) / (high - low)))]++;
  }
  return { low, high, counts, below, above };
}

/** Counts of the values of some rows in the bins of a histogram. */
export function binned(values: Float64Array, rows: Uint32Array, into: Histogram): Uint32Array {
  const counts = new Uint32Array(into.counts.length);
  for (const row of rows) {
    const place = (values[row] - into.low) / (into.high - into.low);
    if (place >= 0 && place <= 1) counts[Math.min(counts.length - 1, Math.floor(place * counts.length))]++;
  }
  return counts;
}
