/** Jobs of a project: state, progress, log, curves, checkpoints. Written often and by several processes, so it is cheap. */
import { z } from 'zod';
import { jsonValue, parseJson, type JsonValue } from './json.ts';
import type { ProcessIdentity } from '../platform/process-identity.ts';
import type { Project } from './project.ts';
import { StoreError } from './store-error.ts';

export const JOB_STATES = ['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** What went wrong in a job, for the user. */
export interface JobFailure {
  readonly message: string;
  readonly remedy: string;
  /** Whether the same job would fail in the same way again: what is wrong is in its settings or its data. */
  readonly lasting?: boolean;
}

export interface Job {
  readonly id: number;
  readonly kind: string;
  readonly title: string;
  readonly state: JobState;
  readonly settings: JsonValue;
  readonly createdAt: number;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  /** 0 … 1 */
  readonly fraction: number;
  readonly message: string;
  readonly etaSeconds: number | undefined;
  readonly detail: JsonValue | undefined;
  readonly result: JsonValue | undefined;
  readonly error: JobFailure | undefined;
  readonly attempts: number;
  readonly cancelRequested: boolean;
  /** Process that runs it, or that made it and has not begun yet. */
  readonly process: JobProcess | undefined;
  readonly heartbeatAt: number | undefined;
  /** Who vouches for kind and settings (services/jobs/job-seal.ts). */
  readonly seal: string | undefined;
}

/** What a job was asked to do: the part of its row that never changes. */
export type JobRequest = Pick<Job, 'id' | 'kind' | 'settings' | 'createdAt'>;

/** Identity of a process, such that a reused process number is not mistaken for it. */
export type JobProcess = ProcessIdentity;

export interface JobLogLine {
  readonly time: number;
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
}

/** A point of a curve that grows while the job runs. */
export interface JobPoint {
  readonly series: string;
  readonly x: number;
  readonly y: number;
}

export interface Checkpoint {
  readonly createdAt: number;
  /** Version of the layout of `data`, chosen by the runner. */
  readonly version: number;
  readonly data: Uint8Array;
}

/** What progress writes in one go. */
export interface JobProgress {
  readonly fraction?: number;
  readonly message?: string;
  readonly etaSeconds?: number;
  readonly detail?: JsonValue;
  readonly points?: readonly JobPoint[];
}

const rowSchema = z.object({
  id: z.number(),
  kind: z.string(),
  title: z.string(),
  state: z.enum(JOB_STATES),
  settings: z.string(),
  created_at: z.number(),
  started_at: z.number().nullable(),
  finished_at: z.number().nullable(),
  fraction: z.number(),
  message: z.string(),
  eta_seconds: z.number().nullable(),
  detail: z.string().nullable(),
  result: z.string().nullable(),
  error: z.string().nullable(),
  attempts: z.number(),
  cancel_requested: z.number(),
  host: z.string().nullable(),
  pid: z.number().nullable(),
  process_start: z.string().nullable(),
  heartbeat_at: z.number().nullable(),
  seal: z.string().nullable(),
});
const failureSchema = z.object({
  message: z.string(),
  remedy: z.string(),
  lasting: z.boolean().optional(),
});
/** A line that somebody else wrote wrongly hides none of the others. */
const logSchema = z.object({
  // the times that there are, ECMA-262 21.4.1.1
  time: z.number().min(-8.64e15).max(8.64e15).catch(0),
  level: z.enum(['info', 'warning', 'error']).catch('info'),
  text: z.coerce.string(),
});

/** Ends a job may come to. */
export type JobEnd =
  | { readonly state: 'done'; readonly result: JsonValue }
  | { readonly state: 'failed'; readonly error: JobFailure }
  | { readonly state: 'cancelled' }
  | { readonly state: 'interrupted' };

export class JobRepository {
  private readonly project: Project;

  constructor(project: Project) {
    this.project = project;
  }

  /** @param seal vouches for the request as it was asked for, not as it came to lie in the file */
  create(
    kind: string,
    title: string,
    settings: JsonValue,
    process?: JobProcess,
    seal?: (request: JobRequest) => string,
  ): number {
    return this.project.transaction(() => {
      const statement = this.project.prepare(
        `INSERT INTO jobs (kind, title, state, settings, created_at, host, pid, process_start)
         VALUES (?, ?, 'queued', ?, ?, ?, ?, ?)`,
      );
      const { host = null, pid = null, processStart = null } = process ?? {};
      const createdAt = Date.now();
      const made = statement.run(kind, title, JSON.stringify(settings), createdAt, host, pid, processStart);
      const id = Number(made.lastInsertRowid);
      if (seal !== undefined) this.seal(id, seal({ id, kind, settings, createdAt }));
      return id;
    });
  }

  /** Notes who vouches for a job. */
  seal(id: number, seal: string): void {
    this.project.transaction(() => {
      this.project.prepare('UPDATE jobs SET seal = ? WHERE id = ?').run(seal, id);
    });
  }

  /** @throws StoreError when there is no such job */
  get(id: number): Job {
    const row = this.project.guard(() =>
      this.project.prepare<[number]>('SELECT * FROM jobs WHERE id = ?').get(id),
    );
    if (row === undefined) {
      throw new StoreError('not-found', `The project has no job number ${id}.`, {
        remedy: 'The list of jobs shows the numbers there are.',
      });
    }
    return toJob(row);
  }

  /** Newest first. A damaged row hides none of the others: it stands there as a job that failed. */
  list(filter: { states?: readonly JobState[]; kind?: string; limit?: number } = {}): Job[] {
    const states = filter.states ?? JOB_STATES;
    const rows = this.project.guard(() =>
      this.project
        .prepare(
          `SELECT * FROM jobs WHERE state IN (${states.map(() => '?').join(', ')}) AND kind = coalesce(?, kind)
           ORDER BY id DESC LIMIT ?`,
        )
        .all(...states, filter.kind ?? null, filter.limit ?? 1000),
    );
    return rows.flatMap((row): Job[] => {
      try {
        return [toJob(row)];
      } catch (error) {
        const damaged = damagedJob(row, error);
        return states.includes(damaged.state) ? [damaged] : [];
      }
    });
  }

  /** Numbers of the jobs that have a checkpoint to go on from. */
  withCheckpoint(): ReadonlySet<number> {
    const rows = this.project.guard(() =>
      this.project.prepare<[], { id: number }>('SELECT DISTINCT job_id AS id FROM job_checkpoints').all(),
    );
    return new Set(rows.map(({ id }) => id));
  }

  /**
   * Takes a job that is not running for this process.
   * @param check refuses a job by throwing; the row is then as before
   * @throws StoreError when another process runs it or it is done
   */
  claim(id: number, process: JobProcess, check: (job: Job) => void = () => undefined): Job {
    return this.project.transaction(() => {
      const job = this.get(id);
      check(job);
      if (job.state === 'running') {
        throw new StoreError(
          'busy',
          `Job ${id} is running already, in process ${job.process?.pid ?? 'unknown'}.`,
          {
            remedy: 'Wait for it or cancel it first.',
          },
        );
      }
      if (job.state === 'done') {
        throw new StoreError('exists', `Job ${id} is done already.`, { remedy: 'Start a new one.' });
      }
      const now = Date.now();
      this.project
        .prepare(
          `UPDATE jobs SET state = 'running', started_at = ?, finished_at = NULL, error = NULL, cancel_requested = 0,
             attempts = attempts + 1, host = ?, pid = ?, process_start = ?, heartbeat_at = ?, eta_seconds = NULL
           WHERE id = ?`,
        )
        .run(now, process.host, process.pid, process.processStart, now, id);
      this.dropLostPoints(id);
      // what was checked is what runs, whatever a trigger of the file may have made of the row
      const { settings, kind, createdAt } = job;
      return { ...this.get(id), settings, kind, createdAt };
    });
  }

  /** Gives a job another title. @throws StoreError when there is no such job */
  rename(id: number, title: string): void {
    this.get(id);
    this.project.transaction(() => {
      this.project.prepare('UPDATE jobs SET title = ? WHERE id = ?').run(title, id);
    });
  }

  /** Marks a job that will be run by this process when there is a core for it. */
  wait(id: number, process: JobProcess): void {
    this.project.transaction(() => {
      this.project
        .prepare(
          `UPDATE jobs SET state = 'queued', finished_at = NULL, error = NULL, cancel_requested = 0, eta_seconds = NULL,
             message = 'waits until another job has ended', host = ?, pid = ?, process_start = ? WHERE id = ?`,
        )
        .run(process.host, process.pid, process.processStart, id);
    });
  }

  /** Writes progress, and with it the heartbeat. */
  progress(id: number, progress: JobProgress): void {
    this.project.transaction(() => {
      this.project
        .prepare(
          `UPDATE jobs SET fraction = coalesce(?, fraction), message = coalesce(?, message), eta_seconds = ?,
             detail = coalesce(?, detail), heartbeat_at = ? WHERE id = ?`,
        )
        .run(
          progress.fraction ?? null,
          progress.message ?? null,
          progress.etaSeconds ?? null,
          progress.detail === undefined ? null : JSON.stringify(progress.detail),
          Date.now(),
          id,
        );
      const point = this.project.prepare('INSERT INTO job_points (job_id, series, x, y) VALUES (?, ?, ?, ?)');
      for (const { series, x, y } of progress.points ?? [])
        if (!Number.isNaN(x + y)) point.run(id, series, x, y);
    });
  }

  /** Shows that the job's process is alive. */
  heartbeat(id: number): void {
    this.project.transaction(() => {
      this.project.prepare('UPDATE jobs SET heartbeat_at = ? WHERE id = ?').run(Date.now(), id);
    });
  }

  /** Asks the process that runs the job to stop. */
  requestCancel(id: number): void {
    this.project.transaction(() => {
      this.project.prepare('UPDATE jobs SET cancel_requested = 1 WHERE id = ?').run(id);
    });
  }

  /** Whether someone asked the job to stop; quick. */
  cancelRequested(id: number): boolean {
    const statement = this.project.prepare<[number], { cancel: number }>(
      'SELECT cancel_requested AS cancel FROM jobs WHERE id = ?',
    );
    return this.project.guard(() => statement.get(id))?.cancel === 1;
  }

  /** Ends a job. */
  finish(id: number, end: JobEnd): void {
    this.project.transaction(() => {
      this.project
        .prepare(
          `UPDATE jobs SET state = ?, finished_at = ?, result = coalesce(?, result), error = ?, eta_seconds = NULL,
             fraction = CASE WHEN ? = 'done' THEN 1 ELSE fraction END, host = NULL, pid = NULL, process_start = NULL
           WHERE id = ?`,
        )
        .run(
          end.state,
          Date.now(),
          end.state === 'done' ? JSON.stringify(end.result) : null,
          end.state === 'failed' ? JSON.stringify(end.error) : null,
          end.state,
          id,
        );
    });
  }

  remove(id: number): void {
    this.project.transaction(() => {
      this.project.prepare('DELETE FROM jobs WHERE id = ?').run(id);
    });
  }

  log(id: number, lines: readonly JobLogLine[]): void {
    if (lines.length === 0) return;
    this.project.transaction(() => {
      const statement = this.project.prepare(
        'INSERT INTO job_log (job_id, time, level, text) VALUES (?, ?, ?, ?)',
      );
      for (const line of lines) statement.run(id, line.time, line.level, line.text);
    });
  }

  /** Log lines, oldest first. */
  logLines(id: number): JobLogLine[] {
    const statement = this.project.prepare<[number]>(
      'SELECT time, level, text FROM job_log WHERE job_id = ? ORDER BY id',
    );
    return this.project.guard(() => statement.all(id)).map((row) => logSchema.parse(row));
  }

  /**
   * Points of the job's curves in the order they came.
   * @param after id of the last point seen before, to read only new ones
   */
  points(id: number, after = 0): (JobPoint & { id: number })[] {
    const statement = this.project.prepare<[number, number], JobPoint & { id: number }>(
      'SELECT id, series, x, y FROM job_points WHERE job_id = ? AND id > ? ORDER BY id',
    );
    return this.project.guard(() => statement.all(id, after));
  }

  /** Saves a checkpoint and forgets all but the last `keep`. */
  saveCheckpoint(id: number, data: Uint8Array, version: number, keep: number): void {
    this.project.transaction(() => {
      this.project
        .prepare(
          `INSERT INTO job_checkpoints (job_id, created_at, version, data, last_point)
           VALUES (?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM job_points WHERE job_id = ?))`,
        )
        .run(id, Date.now(), version, data, id);
      this.project
        .prepare(
          `DELETE FROM job_checkpoints WHERE job_id = ? AND id NOT IN
             (SELECT id FROM job_checkpoints WHERE job_id = ? ORDER BY id DESC LIMIT ?)`,
        )
        .run(id, id, keep);
    });
  }

  /** Points behind the newest checkpoint: a job that goes on from there makes them again. */
  private dropLostPoints(id: number): void {
    this.project
      .prepare(
        `DELETE FROM job_points WHERE job_id = ? AND id > coalesce(
           (SELECT coalesce(last_point, 9e18) FROM job_checkpoints WHERE job_id = ? ORDER BY id DESC LIMIT 1), 0)`,
      )
      .run(id, id);
  }

  /** The newest checkpoint, or the one before it, … */
  checkpoint(id: number, back = 0): Checkpoint | undefined {
    const statement = this.project.prepare<[number, number], Checkpoint>(
      `SELECT created_at AS createdAt, version, data FROM job_checkpoints WHERE job_id = ?
       ORDER BY id DESC LIMIT 1 OFFSET ?`,
    );
    return this.project.guard(() => statement.get(id, back));
  }

  dropCheckpoints(id: number): void {
    this.project.transaction(() => {
      this.project.prepare('DELETE FROM job_checkpoints WHERE job_id = ?').run(id);
    });
  }
}

/** What can be said of a row that is no job. */
function damagedJob(value: unknown, error: unknown): Job {
  if (!(error instanceof StoreError) || error.reason !== 'damaged') throw error;
  const { data } = z.object({ id: z.int() }).safeParse(value);
  if (data === undefined) throw error;
  return {
    id: data.id,
    kind: 'unknown',
    title: 'A job that cannot be read',
    state: 'failed',
    settings: null,
    createdAt: 0,
    startedAt: undefined,
    finishedAt: undefined,
    fraction: 0,
    message: '',
    etaSeconds: undefined,
    detail: undefined,
    result: undefined,
    error: { message: error.message, remedy: 'Start it anew; what other jobs made is not touched.' },
    attempts: 0,
    cancelRequested: false,
    process: undefined,
    heartbeatAt: undefined,
    seal: undefined,
  };
}

function toJob(value: unknown): Job {
  const parsed = rowSchema.safeParse(value);
  if (!parsed.success) {
    throw new StoreError('damaged', 'The list of jobs in the project is damaged.', { cause: parsed.error });
  }
  const row = parsed.data;
  const optional = (text: string | null) => (text === null ? undefined : parseJson(text, jsonValue, 'a job'));
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    state: row.state,
    settings: parseJson(row.settings, jsonValue, 'the settings of a job'),
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    fraction: row.fraction,
    message: row.message,
    etaSeconds: row.eta_seconds ?? undefined,
    detail: optional(row.detail),
    result: optional(row.result),
    error: row.error === null ? undefined : parseJson(row.error, failureSchema, 'the error of a job'),
    attempts: row.attempts,
    cancelRequested: row.cancel_requested !== 0,
    process:
      row.host === null || row.pid === null
        ? undefined
        : { host: row.host, pid: row.pid, processStart: row.process_start ?? '' },
    heartbeatAt: row.heartbeat_at ?? undefined,
    seal: row.seal ?? undefined,
  };
}
