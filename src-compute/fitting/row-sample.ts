/**
 * Design rows of some labels, kept while a pass goes over the data: what is known of a fit's errors is made from them, and
 * no structure is gone through twice.
 */
import type { TrainingChunk, TrainingSource } from './training-set.ts';

/** Rows before the forces: energy and six virial components. */
export const LEADING_ROWS = 7;
/** Atoms of a configuration whose forces are looked at. */
const ATOMS = 3;
/** Configurations at most whose rows are kept. */
const CONFIGURATIONS = 320;

/** Atoms spread over a configuration. */
export function sampledAtoms(count: number, most = ATOMS): number[] {
  const used = Math.min(count, most);
  return Array.from({ length: used }, (_, n) => Math.floor(((n + 0.5) * count) / used));
}

/** Rows that are kept of a configuration: energy, virial, and the forces on some atoms. */
export function sampledRows(atoms: number): number[] {
  const leading = Array.from({ length: LEADING_ROWS }, (_, row) => row);
  return [
    ...leading,
    ...sampledAtoms(atoms).flatMap((atom) => [0, 1, 2].map((axis) => LEADING_ROWS + 3 * atom + axis)),
  ];
}

/** A pass's side: rows of some configurations of a chunk, one after the other. */
export class KeptRows {
  readonly values: Float64Array;
  private readonly places = new Map<number, { start: number; rows: readonly number[] }>();
  private readonly columns: number;

  constructor(chunk: TrainingChunk, sampled: readonly number[], columns: number) {
    this.columns = columns;
    let start = 0;
    for (const k of sampled) {
      const rows = sampledRows(chunk.atomStart[k + 1] - chunk.atomStart[k]);
      this.places.set(k, { start, rows });
      start += rows.length * columns;
    }
    this.values = new Float64Array(start);
  }

  has(k: number): boolean {
    return this.places.has(k);
  }

  /** @param copy writes a row of the configuration to where it is kept */
  take(k: number, copy: (row: number, out: Float64Array) => void): void {
    const { start, rows } = this.places.get(k)!;
    const { columns, values } = this;
    rows.forEach((row, r) => copy(row, values.subarray(start + r * columns, start + (r + 1) * columns)));
  }
}

/** What a pass is asked to keep: configurations of each chunk, and where their rows go. */
export interface PassSamples {
  of(index: number): readonly number[];
  /** @param rows unweighted, of the configurations of `of` one after the other, row-major without a target */
  take(index: number, rows: Float64Array): void;
}

/** Rows of one configuration. */
export interface RowSample {
  readonly index: number;
  readonly k: number;
  readonly atoms: number;
  readonly fold: number;
  /** In the order of `sampledRows`. */
  readonly rows: Float64Array;
}

/** Configurations spread evenly over the data, and their rows once a pass has brought them. */
export class RowSamples implements PassSamples {
  private readonly chosen: ReadonlyMap<number, readonly Omit<RowSample, 'rows'>[]>;
  private readonly taken = new Map<number, readonly RowSample[]>();

  private constructor(chosen: ReadonlyMap<number, readonly Omit<RowSample, 'rows'>[]>) {
    this.chosen = chosen;
  }

  /** @param foldOf part of the data that a group of configurations belongs to; −1 for those that are not looked at */
  static async choose(source: TrainingSource, foldOf: (group: number) => number): Promise<RowSamples> {
    const all: Omit<RowSample, 'rows'>[] = [];
    for (let index = 0; index < source.chunkCount; index++) {
      const { count, group, importance, atomStart } = await source.chunk(index);
      for (let k = 0; k < count; k++) {
        const fold = foldOf(group[k]);
        const atoms = atomStart[k + 1] - atomStart[k];
        if (fold >= 0 && importance[k] > 0) all.push({ index, k, atoms, fold });
      }
    }
    const step = Math.max(1, all.length / CONFIGURATIONS);
    const count = Math.min(all.length, CONFIGURATIONS);
    const spread = Array.from({ length: count }, (_, n) => all[Math.floor(n * step)]);
    return new RowSamples(Map.groupBy(spread, ({ index }) => index));
  }

  of(index: number): readonly number[] {
    return this.chosen.get(index)?.map(({ k }) => k) ?? [];
  }

  take(index: number, rows: Float64Array): void {
    const chosen = this.chosen.get(index) ?? [];
    const total = chosen.reduce((sum, { atoms }) => sum + sampledRows(atoms).length, 0);
    const columns = total > 0 ? rows.length / total : 0;
    let at = 0;
    this.taken.set(
      index,
      chosen.map((sample) => {
        const length = sampledRows(sample.atoms).length * columns;
        at += length;
        return { ...sample, rows: rows.subarray(at - length, at) };
      }),
    );
  }

  /** In the order of the data, whatever order they came in. */
  get list(): readonly RowSample[] {
    return [...this.chosen.keys()].flatMap((index) => this.taken.get(index) ?? []);
  }
}

/** Rows without their first columns. */
export function columnsOfRows(rows: Float64Array, columns: number, dropped: number): Float64Array {
  if (dropped === 0) return rows;
  const width = columns - dropped;
  const result = new Float64Array((rows.length / columns) * width);
  for (let r = 0; r < rows.length / columns; r++) {
    result.set(rows.subarray(r * columns + dropped, (r + 1) * columns), r * width);
  }
  return result;
}
