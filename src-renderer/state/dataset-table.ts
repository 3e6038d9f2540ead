/** All rows of a dataset in memory as columns: filters, sorting and histograms without asking the host again. */
import type { ArrayFrame } from '../../src-compute/array-frame.ts';
import { EV_PER_A3_IN_GPA } from '../../src-compute/units.ts';

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
export type SortColumn = NumberColumn | 'position' | 'formula' | 'configType' | 'split';

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
  /** Bounds, inclusive; rows without the number are hidden. */
  readonly ranges?: Readonly<Partial<Record<NumberColumn, readonly [number, number]>>>;
}

export class DatasetTable {
  readonly length: number;
  readonly numbers: Readonly<Record<NumberColumn, Float64Array>>;
  readonly labels: Uint8Array;
  readonly flags: Uint8Array;
  readonly excluded: Uint8Array;
  readonly sourceFrame: Uint32Array;
  readonly types: readonly string[];
  readonly parts: readonly string[];
  private readonly formulas: readonly string[];
  private readonly codes: Readonly<Record<'formula' | 'configType' | 'split', Uint16Array>>;
  private readonly tags = new Map<number, string[]>();

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
    this.labels = frame.u8('labels');
    this.flags = frame.u8('flags');
    this.excluded = frame.u8('excluded');
    this.sourceFrame = frame.u32('sourceFrame');
    this.formulas = frame.texts('formulas');
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

  /** Rows that fit, in order of position. */
  filter(filter: TableFilter, leaveOut?: NumberColumn): Uint32Array {
    const rows = new Uint32Array(this.length);
    const ranges = Object.entries(filter.ranges ?? {}).filter(([name]) => name !== leaveOut) as [
      NumberColumn,
      readonly [number, number],
    ][];
    const text = filter.text?.trim().toLowerCase() ?? '';
    let kept = 0;
    for (let row = 0; row < this.length; row++) {
      if (filter.excluded === 'only' && this.excluded[row] === 0) continue;
      if (filter.excluded === 'hidden' && this.excluded[row] !== 0) continue;
      if (filter.flagged && this.flags[row] === 0) continue;
      if (filter.parts && !filter.parts.includes(this.part(row))) continue;
      if (filter.types && !filter.types.includes(this.type(row))) continue;
      if (filter.tags && !this.tagsOf(row).some((tag) => filter.tags?.includes(tag))) continue;
      if (
        ranges.some(
          ([name, [low, high]]) => !(this.numbers[name][row] >= low && this.numbers[name][row] <= high),
        )
      )
        continue;
      if (text !== '' && !this.words(row).includes(text)) continue;
      rows[kept++] = row;
    }
    return rows.slice(0, kept);
  }

  /** The same rows in another order; rows without the number come last either way. */
  sorted(rows: Uint32Array, column: SortColumn, descending: boolean): Uint32Array {
    if (column === 'position') return descending ? rows.toReversed() : rows;
    const sign = descending ? -1 : 1;
    if (column === 'formula' || column === 'configType' || column === 'split') {
      const words = { formula: this.formulas, configType: this.types, split: this.parts }[column];
      const codes = this.codes[column];
      const order = words
        .map((_, code) => code)
        .sort((a, b) => words[a].localeCompare(words[b], 'en', { numeric: true }));
      const rank = new Uint32Array(words.length);
      order.forEach((code, place) => (rank[code] = place));
      return rows.toSorted((a, b) => sign * (rank[codes[a]] - rank[codes[b]]) || a - b);
    }
    const values = this.numbers[column];
    return rows.toSorted((a, b) => {
      const [x, y] = [values[a], values[b]];
      if (Number.isNaN(x) || Number.isNaN(y))
        return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
      return sign * (x - y) || a - b;
    });
  }

  private words(row: number): string {
    return `${this.formula(row)} ${this.type(row)} ${this.tagsOf(row).join(' ')} ${this.part(row)}`.toLowerCase();
  }
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
