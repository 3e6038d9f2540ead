/**
 * Curation of a dataset as steps that can be undone: every step keeps what the configurations it touched had before.
 * A new step after an undo drops the undone ones, as editors do.
 */
import type { Statement } from 'better-sqlite3';
import { z } from 'zod';
import { bytesOf, uint16, uint32 } from './binary.ts';
import { ColumnEditor, noConfiguration } from './columns.ts';
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
      const field = this.fieldOf(datasetId, change.field);
      const values = Array.isArray(change.values) ? (change.values as readonly Value[]) : undefined;
      let count = 0;
      for (let k = 0; k < positions.length; k++) {
        const old = field.get(positions[k]);
        const value = values === undefined ? (change.values as Value) : values[k];
        if (old === value) continue;
        changed[count] = positions[k];
        before[count] = code(old);
        after[count++] = code(value);
        field.set(positions[k], value);
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
      field.save();
      this.noteSplit(datasetId, step, 'after');
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

  /** Values of a field, to be looked at and changed. */
  private fieldOf(datasetId: number, field: string): Pick<ColumnEditor, 'get' | 'set' | 'save'> {
    return field.startsWith('tag:')
      ? new TagField(this.project, datasetId, field.slice(4))
      : new ColumnEditor(this.project, datasetId, columnOf(field));
  }

  private write(datasetId: number, step: Omit<StoredStep, 'id'>, side: 'before' | 'after'): void {
    const positions = uint32(step.positions);
    const codes = uint16(step[side]);
    const values = parseJson(step.values, valueList, 'a step of curation');
    const field = this.fieldOf(datasetId, step.field);
    for (let k = 0; k < positions.length; k++) field.set(positions[k], values[codes[k]]);
    field.save();
    this.noteSplit(datasetId, step, side);
  }

  private noteSplit(datasetId: number, step: Omit<StoredStep, 'id'>, side: 'before' | 'after'): void {
    if (step.field !== 'split') return;
    const record = side === 'before' ? step.splitBefore : step.splitAfter;
    this.project.prepare('UPDATE datasets SET split = ? WHERE id = ?').run(record, datasetId);
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

/** Whether configurations have a tag: 1 with, 0 without. */
class TagField {
  private readonly datasetId: number;
  private readonly tag: string;
  private readonly has: Statement<[string, number, number], number>;
  private readonly add: Statement<[string, number, number]>;
  private readonly remove: Statement<[string, number, number]>;

  constructor(project: Project, datasetId: number, tag: string) {
    this.datasetId = datasetId;
    this.tag = tag;
    const target = 'FROM configurations WHERE dataset_id = ? AND position = ?';
    this.has = project
      .prepare<[string, number, number], number>(
        `SELECT EXISTS (SELECT 1 FROM configuration_tags WHERE configuration_id = id AND tag = ?) ${target}`,
      )
      .pluck();
    this.add = project.prepare(
      `INSERT OR IGNORE INTO configuration_tags (tag, configuration_id) SELECT ?, id ${target}`,
    );
    this.remove = project.prepare(
      `DELETE FROM configuration_tags WHERE tag = ? AND configuration_id = (SELECT id ${target})`,
    );
  }

  get(position: number): Value {
    const found = this.has.get(this.tag, this.datasetId, position);
    if (found === undefined) throw noConfiguration(position);
    return found;
  }

  set(position: number, value: Value): void {
    (value === 1 ? this.add : this.remove).run(this.tag, this.datasetId, position);
  }

  save(): void {
    // set() has written already
  }
}

/** Column of a field; a field that names none is a fault of the file. */
function columnOf(field: string): 'excluded' | 'weight' | 'split' {
  if (field === 'excluded' || field === 'weight' || field === 'split') return field;
  throw new StoreError('damaged', 'A step of curation in the project is damaged: it names an unknown field.');
}

const stateRow = z.object({ steps: z.number(), last: z.number().nullable(), undone: z.number().nullable() });

/** A text that changes with every curation of a dataset, undone or not. */
export function curationState(project: Project, datasetId: number): string {
  const { steps, last, undone } = stateRow.parse(
    project
      .prepare<[number]>(
        'SELECT count(*) AS steps, max(id) AS last, sum(undone) AS undone FROM curation_steps WHERE dataset_id = ?',
      )
      .get(datasetId),
  );
  return `${steps} ${last} ${undone}`;
}
