/**
 * Curation of a dataset as steps that can be undone: every step keeps what the configurations it touched had before.
 * A new step after an undo drops the undone ones, as editors do.
 */
import { z } from 'zod';
import { bytesOf, uint16, uint32 } from './binary.ts';
import type { SplitRecord } from './datasets.ts';
import { parseJson } from './json.ts';
import type { Project } from './project.ts';
import { StoreError } from './store-error.ts';

export type CurationKind = 'exclude' | 'include' | 'tag' | 'untag' | 'reweight' | 'split';

/** What a step changes in a configuration. */
export type CurationField = 'excluded' | 'weight' | 'split' | `tag:${string}`;

type Value = string | number | null;
const valueList = z.array(z.union([z.string(), z.number(), z.null()]));

/** A change of one field in some configurations. */
export interface CurationChange {
  readonly kind: CurationKind;
  /** For the undo list: 'exclude 3 outliers'. */
  readonly description: string;
  readonly field: CurationField;
  readonly positions: Uint32Array;
  /** New value of each position, or one for all. Tags: 1 with, 0 without. */
  readonly values: Value | readonly Value[];
  /** New record of how the split was made; only with the field 'split'. */
  readonly split?: SplitRecord | null;
}

/** One entry of the list of steps. */
export interface CurationStep {
  readonly id: number;
  readonly createdAt: number;
  readonly kind: string;
  readonly description: string;
  /** How many configurations it changed. */
  readonly count: number;
  readonly undone: boolean;
}

interface StoredStep {
  readonly id: number;
  readonly field: string;
  readonly positions: Buffer;
  readonly values: string;
  readonly before: Buffer;
  readonly after: Buffer;
  readonly splitBefore: string | null;
  readonly splitAfter: string | null;
}

/** Distinct values a step may give: codes are 16 bits. */
const MOST_VALUES = 65535;

/** From so many configurations on, a dataset is read and written as a whole. */
const BULK = 2000;
/** Marks positions without a configuration while all are read; no value of a field. */
const ABSENT = -Infinity;

export class CurationRepository {
  private readonly project: Project;

  constructor(project: Project) {
    this.project = project;
  }

  /**
   * Makes a change and records it. Configurations that already have the value are not part of the step.
   * @returns how many configurations changed; 0 records nothing
   * @throws StoreError
   */
  apply(datasetId: number, change: CurationChange): number {
    return this.project.transaction(() => {
      const dictionary = new Map<Value, number>();
      const code = (value: Value) => {
        const known = dictionary.get(value);
        if (known !== undefined) return known;
        if (dictionary.size > MOST_VALUES) {
          throw new StoreError('too-big', `A step can give at most ${MOST_VALUES} different values.`, {
            remedy: 'Make several smaller steps.',
          });
        }
        dictionary.set(value, dictionary.size);
        return dictionary.size - 1;
      };
      const { positions } = change;
      const changed = new Uint32Array(positions.length);
      const before = new Uint16Array(positions.length);
      const after = new Uint16Array(positions.length);
      const read = this.reader(datasetId, change.field, positions.length);
      const values = Array.isArray(change.values) ? (change.values as readonly Value[]) : undefined;
      let count = 0;
      for (let k = 0; k < positions.length; k++) {
        const old = read(positions[k]);
        const value = values === undefined ? (change.values as Value) : values[k];
        if (old === value) continue;
        changed[count] = positions[k];
        before[count] = code(old);
        after[count++] = code(value);
      }
      const splitBefore = this.splitOf(datasetId);
      const splitAfter =
        change.split === undefined ? splitBefore : change.split && JSON.stringify(change.split);
      if (count === 0 && splitBefore === splitAfter) return 0;
      this.project
        .prepare<[number]>('DELETE FROM curation_steps WHERE dataset_id = ? AND undone = 1')
        .run(datasetId);
      const step: Omit<StoredStep, 'id'> = {
        field: change.field,
        positions: bytesOf(changed.subarray(0, count)),
        values: JSON.stringify([...dictionary.keys()]),
        before: bytesOf(before.subarray(0, count)),
        after: bytesOf(after.subarray(0, count)),
        splitBefore,
        splitAfter,
      };
      this.project
        .prepare(
          `INSERT INTO curation_steps (dataset_id, created_at, kind, description, field, positions, "values", "before",
             "after", split_before, split_after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          datasetId, Date.now(), change.kind, change.description, step.field, step.positions, step.values, step.before,
          step.after, step.splitBefore, step.splitAfter,
        ); // prettier-ignore
      this.write(datasetId, step, 'after');
      return count;
    });
  }

  /** All steps, oldest first; undone ones can be done again until the next change. */
  steps(datasetId: number): CurationStep[] {
    const statement = this.project.prepare<[number], Omit<CurationStep, 'undone'> & { undone: number }>(
      `SELECT id, created_at AS createdAt, kind, description, length(positions) / 4 AS count, undone
       FROM curation_steps WHERE dataset_id = ? ORDER BY id`,
    );
    return this.project
      .guard(() => statement.all(datasetId))
      .map((step) => ({ ...step, undone: step.undone !== 0 }));
  }

  /**
   * Takes the last step back.
   * @returns its description, or undefined when nothing is left to undo
   */
  undo(datasetId: number): string | undefined {
    return this.move(datasetId, 'undone = 0 ORDER BY id DESC', 'before', 1);
  }

  /** Does the step again that was undone last. */
  redo(datasetId: number): string | undefined {
    return this.move(datasetId, 'undone = 1 ORDER BY id ASC', 'after', 0);
  }

  private move(
    datasetId: number,
    which: string,
    side: 'before' | 'after',
    undone: 0 | 1,
  ): string | undefined {
    return this.project.transaction(() => {
      const step = this.project
        .prepare<[number], StoredStep & { description: string }>(
          `SELECT id, field, positions, "values", "before", "after", split_before AS splitBefore,
             split_after AS splitAfter, description FROM curation_steps WHERE dataset_id = ? AND ${which} LIMIT 1`,
        )
        .get(datasetId);
      if (step === undefined) return undefined;
      this.write(datasetId, step, side);
      this.project
        .prepare<[number, number]>('UPDATE curation_steps SET undone = ? WHERE id = ?')
        .run(undone, step.id);
      return step.description;
    });
  }

  /** What configurations have now: for many of them all are read in one go, for few each by itself. */
  private reader(datasetId: number, field: CurationField, many: number): (position: number) => Value {
    const missing = (position: number) =>
      new StoreError('not-found', `The dataset has no configuration number ${position} (counted from 0).`);
    const isTag = field.startsWith('tag:');
    const value = isTag
      ? 'EXISTS (SELECT 1 FROM configuration_tags WHERE configuration_id = configurations.id AND tag = ?)'
      : columnOf(field);
    const first = isTag ? [field.slice(4)] : [];
    if (many < BULK) {
      const statement = this.project
        .prepare<unknown[], [Value]>(
          `SELECT ${value} FROM configurations WHERE dataset_id = ? AND position = ?`,
        )
        .raw();
      return (position) => {
        const row = statement.get(...first, datasetId, position);
        if (row === undefined) throw missing(position);
        return row[0];
      };
    }
    const all = this.project
      .prepare<unknown[], [number, Value]>(
        `SELECT position, ${value} FROM configurations WHERE dataset_id = ? ORDER BY position`,
      )
      .raw();
    const found: Value[] = isTag || field === 'weight' ? [] : this.blocks(datasetId, columnOf(field));
    if (found.length === 0)
      for (const [position, now] of all.iterate(...first, datasetId)) {
        while (found.length < position) found.push(ABSENT);
        found.push(now);
      }
    return (position) => {
      const now = found[position] ?? null;
      if (position >= found.length || now === ABSENT) throw missing(position);
      return now;
    };
  }

  /** A column of a dataset, read in blocks as JSON; empty when positions are missing. Exact for text and whole numbers. */
  private blocks(datasetId: number, column: string): Value[] {
    const block = 4096;
    const statement = this.project
      .prepare<[number, number, number], string>(
        `SELECT json_group_array(${column} ORDER BY position) FROM configurations WHERE dataset_id = ? AND position >= ? AND position < ?`,
      )
      .pluck();
    const found: Value[] = [];
    for (;;) {
      const text = statement.get(datasetId, found.length, found.length + block) ?? '[]';
      const values = parseJson(text, valueList, 'a column of a dataset');
      for (const value of values) found.push(value);
      if (values.length === block) continue;
      const row = this.project
        .prepare<[number], { count: number; end: number }>(
          'SELECT count(*) AS count, coalesce(max(position) + 1, 0) AS end FROM configurations WHERE dataset_id = ?',
        )
        .get(datasetId);
      return row?.count === found.length && row.end === found.length ? found : [];
    }
  }

  private write(datasetId: number, step: Omit<StoredStep, 'id'>, side: 'before' | 'after'): void {
    const positions = uint32(step.positions);
    const codes = uint16(step[side]);
    const values = parseJson(step.values, valueList, 'a step of curation');
    if (step.field.startsWith('tag:')) {
      const tag = step.field.slice(4);
      const target = '(SELECT id FROM configurations WHERE dataset_id = ? AND position = ?)';
      const add = this.project.prepare(
        `INSERT OR IGNORE INTO configuration_tags (configuration_id, tag) VALUES (${target}, ?)`,
      );
      const remove = this.project.prepare(
        `DELETE FROM configuration_tags WHERE configuration_id = ${target} AND tag = ?`,
      );
      for (let k = 0; k < positions.length; k++) {
        (values[codes[k]] === 1 ? add : remove).run(datasetId, positions[k], tag);
      }
      return;
    }
    if (positions.length < BULK) {
      const update = this.project.prepare(
        `UPDATE configurations SET ${columnOf(step.field)} = ? WHERE dataset_id = ? AND position = ?`,
      );
      for (let k = 0; k < positions.length; k++) update.run(values[codes[k]], datasetId, positions[k]);
    } else this.writeMany(datasetId, columnOf(step.field), positions, codes, values);
    if (step.field === 'split') {
      const record = side === 'before' ? step.splitBefore : step.splitAfter;
      this.project.prepare('UPDATE datasets SET split = ? WHERE id = ?').run(record, datasetId);
    }
  }

  /** One statement that goes through the dataset once, instead of one with a search for each configuration. */
  private writeMany(
    datasetId: number,
    column: string,
    positions: Uint32Array,
    codes: Uint16Array,
    values: readonly Value[],
  ): void {
    let last = 0;
    for (const position of positions) last = Math.max(last, position);
    const codeOf = new Int32Array(last + 1).fill(-1);
    for (let k = 0; k < positions.length; k++) codeOf[positions[k]] = codes[k];
    const { sqlite } = this.project;
    sqlite.function('step_code', (position: unknown) => codeOf[Number(position)] ?? -1);
    sqlite.function('step_value', (position: unknown) => values[codeOf[Number(position)]]);
    sqlite
      .prepare(
        `UPDATE configurations SET ${column} = step_value(position)
         WHERE dataset_id = ? AND position <= ?${positions.length > last ? '' : ' AND step_code(position) >= 0'}`,
      )
      .run(datasetId, last);
  }

  private splitOf(datasetId: number): string | null {
    const row = this.project
      .prepare<[number], { split: string | null }>('SELECT split FROM datasets WHERE id = ?')
      .get(datasetId);
    if (row === undefined)
      throw new StoreError('not-found', `The project has no dataset number ${datasetId}.`);
    return row.split;
  }
}

/** Column of a field; a field that names none is a fault of the file. */
function columnOf(field: string): 'excluded' | 'weight' | 'split' {
  if (field === 'excluded' || field === 'weight' || field === 'split') return field;
  throw new StoreError('damaged', 'A step of curation in the project is damaged: it names an unknown field.');
}
