/** Results computed from datasets, trajectories and potentials, kept under the digest of all that went into them. */
import { sha256 } from './content-hash.ts';
import { bytesOf, storedArray, typeName, type StoredArray } from './binary.ts';
import { jsonValue, parseJson, type JsonValue } from './json.ts';
import { z } from 'zod';
import type { Project } from './project.ts';

/** A result: numbers and words as JSON, long series as typed arrays with their shape. */
export interface AnalysisResult {
  readonly result: JsonValue;
  readonly arrays?: Readonly<
    Record<string, { readonly data: StoredArray; readonly shape?: readonly number[] }>
  >;
}

export interface Analysis extends AnalysisResult {
  readonly id: number;
  readonly kind: string;
  readonly inputs: JsonValue;
  readonly createdAt: number;
}

/** An analysis in a list, without arrays. */
export type AnalysisSummary = Omit<Analysis, 'arrays'>;

/** Digest of the inputs: object keys in any order give the same. */
export function inputsHash(inputs: JsonValue): string {
  return sha256(JSON.stringify(sorted(inputs)));
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]));
}

interface Row {
  readonly id: number;
  readonly kind: string;
  readonly inputs: string;
  readonly createdAt: number;
  readonly result: string;
}
const COLUMNS = 'id, kind, inputs, created_at AS createdAt, result';

export class AnalysisRepository {
  private readonly project: Project;

  constructor(project: Project) {
    this.project = project;
  }

  /**
   * The result of an earlier analysis of the same inputs.
   * @param inputs everything the result depends on: hashes of data, settings, version of the method
   */
  find(kind: string, inputs: JsonValue): Analysis | undefined {
    const statement = this.project.prepare<[string, string], Row>(
      `SELECT ${COLUMNS} FROM analyses WHERE kind = ? AND inputs_hash = ?`,
    );
    const row = this.project.guard(() => statement.get(kind, inputsHash(inputs)));
    return row && this.withArrays(row);
  }

  /** Number of an earlier analysis of the same inputs, without reading it. */
  known(kind: string, inputs: JsonValue): number | undefined {
    const statement = this.project.prepare<[string, string], { id: number }>(
      'SELECT id FROM analyses WHERE kind = ? AND inputs_hash = ?',
    );
    return this.project.guard(() => statement.get(kind, inputsHash(inputs)))?.id;
  }

  /** An analysis without its arrays. */
  summary(id: number): AnalysisSummary | undefined {
    const statement = this.project.prepare<[number], Row>(`SELECT ${COLUMNS} FROM analyses WHERE id = ?`);
    const row = this.project.guard(() => statement.get(id));
    return row && summary(row);
  }

  /** Names of the arrays of an analysis. */
  arrayNames(id: number): string[] {
    const statement = this.project.prepare<[number], { name: string }>(
      'SELECT name FROM analysis_arrays WHERE analysis_id = ?',
    );
    return this.project.guard(() => statement.all(id)).map(({ name }) => name);
  }

  /** One array of an analysis, without reading the others. */
  array(id: number, name: string): StoredArray | undefined {
    const statement = this.project.prepare<[number, string], { type: string; data: Buffer }>(
      'SELECT type, data FROM analysis_arrays WHERE analysis_id = ? AND name = ?',
    );
    const row = this.project.guard(() => statement.get(id, name));
    return row && storedArray(row.type, row.data);
  }

  get(id: number): Analysis | undefined {
    const statement = this.project.prepare<[number], Row>(`SELECT ${COLUMNS} FROM analyses WHERE id = ?`);
    const row = this.project.guard(() => statement.get(id));
    return row && this.withArrays(row);
  }

  /**
   * Saves a result. It takes the place and the number of an earlier one of the same inputs: a page that was told the
   * number finds the result, whichever of two jobs with the same question ends last.
   * @returns its number
   */
  save(kind: string, inputs: JsonValue, { result, arrays = {} }: AnalysisResult, jobId?: number): number {
    return this.project.transaction(() => {
      const [now, text] = [Date.now(), JSON.stringify(result)];
      const earlier = this.known(kind, inputs);
      if (earlier !== undefined) {
        this.project
          .prepare('UPDATE analyses SET created_at = ?, job_id = ?, result = ? WHERE id = ?')
          .run(now, jobId ?? null, text, earlier);
        this.project.prepare('DELETE FROM analysis_arrays WHERE analysis_id = ?').run(earlier);
      }
      const id = earlier ?? this.insert(kind, inputs, now, text, jobId);
      const insert = this.project.prepare(
        'INSERT INTO analysis_arrays (analysis_id, name, type, shape, data) VALUES (?, ?, ?, ?, ?)',
      );
      for (const [name, { data, shape }] of Object.entries(arrays)) {
        insert.run(id, name, typeName(data), JSON.stringify(shape ?? [data.length]), bytesOf(data));
      }
      return id;
    });
  }

  private insert(kind: string, inputs: JsonValue, now: number, text: string, jobId?: number): number {
    const row = this.project
      .prepare(
        'INSERT INTO analyses (kind, inputs_hash, inputs, created_at, job_id, result) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(kind, inputsHash(inputs), JSON.stringify(inputs), now, jobId ?? null, text);
    return Number(row.lastInsertRowid);
  }

  /** The earlier result of the same inputs, or a new one, which is saved. */
  async cached(
    kind: string,
    inputs: JsonValue,
    compute: () => Promise<AnalysisResult>,
  ): Promise<AnalysisResult> {
    const known = this.find(kind, inputs);
    if (known !== undefined) return known;
    const result = await compute();
    this.save(kind, inputs, result);
    return result;
  }

  /** Newest first. */
  list(kind?: string): AnalysisSummary[] {
    const statement = this.project.prepare<[string | null], Row>(
      `SELECT ${COLUMNS} FROM analyses WHERE kind = coalesce(?, kind) ORDER BY id DESC`,
    );
    return this.project.guard(() => statement.all(kind ?? null)).map(summary);
  }

  remove(id: number): void {
    this.project.transaction(() => {
      this.project.prepare('DELETE FROM analyses WHERE id = ?').run(id);
    });
  }

  private withArrays(row: Row): Analysis {
    const statement = this.project.prepare<
      [number],
      { name: string; type: string; shape: string; data: Buffer }
    >('SELECT name, type, shape, data FROM analysis_arrays WHERE analysis_id = ?');
    const arrays = this.project
      .guard(() => statement.all(row.id))
      .map(({ name, type, shape, data }) => [
        name,
        {
          data: storedArray(type, data),
          shape: parseJson(shape, z.array(z.number()), 'a shape of an analysis'),
        },
      ]);
    return { ...summary(row), arrays: Object.fromEntries(arrays) as Analysis['arrays'] };
  }
}

function summary(row: Row): AnalysisSummary {
  return {
    id: row.id,
    kind: row.kind,
    createdAt: row.createdAt,
    inputs: parseJson(row.inputs, jsonValue, 'the inputs of an analysis'),
    result: parseJson(row.result, jsonValue, 'the result of an analysis'),
  };
}
