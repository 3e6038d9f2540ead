/**
 * Trajectories as chunks of frames. Small systems share a row between many frames, large ones take a row per frame:
 * either way memory holds one chunk, and a frame is found by its number through an index. Frames that were flushed
 * can be read from any connection while the run goes on.
 *
 * Positions, velocities, forces and per-atom energies are Float32 (relative error 6e-8: for looking and measuring, not
 * for restarting: that is what checkpoints are for); cells and scalars are Float64.
 */
import { z } from 'zod';
import { bytesOf, float32, float64, uint16 } from './binary.ts';
import { jsonValue, parseJson, stringList, type JsonValue } from './json.ts';
import type { Project } from './project.ts';
import { StoreError } from './store-error.ts';

export const TRAJECTORY_ARRAYS = ['positions', 'velocities', 'forces', 'atomEnergies', 'novelty'] as const;
export type TrajectoryArray = (typeof TRAJECTORY_ARRAYS)[number];

/** Numbers per atom of each array: Å, Å/fs, eV/Å, eV, nats. */
const WIDTH: Readonly<Record<TrajectoryArray, number>> = {
  positions: 3,
  velocities: 3,
  forces: 3,
  atomEnergies: 1,
  novelty: 1,
};

/** What a trajectory is, apart from its frames. */
export interface TrajectoryHead {
  readonly name: string;
  readonly symbols: readonly string[];
  /** Index into symbols for each atom. */
  readonly kinds: Uint16Array;
  readonly periodic: readonly [boolean, boolean, boolean];
  /** amu */
  readonly masses?: Float64Array;
  /** Arrays of each frame; positions are always there. */
  readonly arrays: readonly TrajectoryArray[];
  /** Names of the scalars of each frame, such as 'step', 'time_fs', 'energy_ev'. */
  readonly scalars: readonly string[];
  readonly settings?: JsonValue;
  readonly potentialId?: number;
  readonly jobId?: number;
}

/** One frame. Arrays may be of any float type when written; they are Float32Array when read. */
export interface TrajectoryFrame<Numbers = ArrayLike<number>> {
  readonly positions: Numbers;
  readonly velocities?: Numbers;
  readonly forces?: Numbers;
  readonly atomEnergies?: Numbers;
  /** δH of each atom against the training set; NaN where it was not measured. */
  readonly novelty?: Numbers;
  /** 9, Å */
  readonly cell: ArrayLike<number>;
  /** In the order of the head's names. */
  readonly scalars: ArrayLike<number>;
}

/** A trajectory in a list. */
export interface TrajectorySummary {
  readonly id: number;
  readonly name: string;
  readonly createdAt: number;
  readonly atoms: number;
  readonly frames: number;
  /** False while it is being written. */
  readonly complete: boolean;
  readonly jobId: number | undefined;
  readonly potentialId: number | undefined;
}

/** Bytes of frames in one row, unless a single frame is larger. */
const CHUNK_BYTES = 1 << 20;
/** Frames wait no longer than this before they can be seen by others, ms. */
const LONGEST_WAIT = 1000;

export class TrajectoryWriter implements Disposable {
  readonly id: number;
  private readonly project: Project;
  private readonly head: TrajectoryHead;
  private readonly atoms: number;
  private readonly perChunk: number;
  private readonly data: Float32Array;
  private readonly cells: Float64Array;
  private readonly scalars: Float64Array;
  private readonly frameLength: number;
  private waiting = 0;
  private written: number;
  private lastFlush = performance.now();
  private finished = false;

  private constructor(project: Project, id: number, head: TrajectoryHead, written: number) {
    this.project = project;
    this.id = id;
    this.head = head;
    this.atoms = head.kinds.length;
    this.written = written;
    this.frameLength = head.arrays.reduce((sum, name) => sum + WIDTH[name], 0) * this.atoms;
    this.perChunk = Math.max(1, Math.min(4096, Math.floor(CHUNK_BYTES / (4 * this.frameLength))));
    this.data = new Float32Array(this.perChunk * this.frameLength);
    this.cells = new Float64Array(this.perChunk * 9);
    this.scalars = new Float64Array(this.perChunk * head.scalars.length);
  }

  /** Begins a new trajectory. */
  static create(project: Project, head: TrajectoryHead): TrajectoryWriter {
    if (head.kinds.length === 0 || !head.arrays.includes('positions')) {
      throw new StoreError('failed', 'A trajectory needs atoms and their positions.');
    }
    const id = project.transaction(() =>
      Number(
        project
          .prepare(
            `INSERT INTO trajectories (name, created_at, job_id, potential_id, settings, atoms, symbols, periodic, scalars,
               arrays, masses, kinds) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          )
          .run(
            head.name, Date.now(), head.jobId ?? null, head.potentialId ?? null, JSON.stringify(head.settings ?? {}),
            head.kinds.length, JSON.stringify(head.symbols), JSON.stringify(head.periodic), JSON.stringify(head.scalars),
            JSON.stringify(head.arrays), head.masses ? bytesOf(head.masses) : null, bytesOf(head.kinds),
          ).lastInsertRowid, // prettier-ignore
      ),
    );
    return new TrajectoryWriter(project, id, head, 0);
  }

  /**
   * Goes on with a trajectory whose run was interrupted.
   * @param frames how many of its frames to keep: those the checkpoint knows of
   * @param jobId the job that goes on: a checkpoint of another one must not cut off that one's trajectory
   * @throws StoreError with reason 'damaged' when the trajectory is another job's, or has fewer frames
   */
  static resume(project: Project, id: number, frames: number, jobId: number | undefined): TrajectoryWriter {
    const reader = new TrajectoryReader(project, id);
    if (reader.head.jobId !== jobId || !Number.isSafeInteger(frames) || frames < 0) {
      throw new StoreError(
        'damaged',
        'The checkpoint of this run is damaged, or it belongs to another run.',
        {
          remedy: 'Start the run again.',
        },
      );
    }
    if (frames > reader.frames) {
      throw new StoreError(
        'damaged',
        `The trajectory has ${reader.frames} frames, and the checkpoint expects ${frames}.`,
        {
          remedy: 'Start the run again.',
        },
      );
    }
    const tail = frames < reader.frames ? reader.tailOfChunk(frames) : [];
    project.transaction(() => {
      const first = frames - tail.length;
      project
        .prepare('DELETE FROM trajectory_chunks WHERE trajectory_id = ? AND first_frame + frames > ?')
        .run(id, frames);
      project.prepare('UPDATE trajectories SET frames = ?, complete = 0 WHERE id = ?').run(first, id);
    });
    const writer = new TrajectoryWriter(project, id, reader.head, frames - tail.length);
    for (const frame of tail) writer.append(frame);
    if (tail.length > 0) writer.flush();
    return writer;
  }

  /** Frames so far, waiting ones included. */
  get frames(): number {
    return this.written + this.waiting;
  }

  /** Adds a frame. It is saved with others, at the latest with the first frame a second later, or by flush(). */
  append(frame: TrajectoryFrame): void {
    let offset = this.waiting * this.frameLength;
    for (const name of this.head.arrays) {
      const values = frame[name];
      if (values?.length !== WIDTH[name] * this.atoms) {
        throw new StoreError(
          'failed',
          `A frame of the trajectory has ${values?.length ?? 'no'} numbers for ${name}; expected ${WIDTH[name] * this.atoms}.`,
        );
      }
      this.data.set(values, offset);
      offset += values.length;
    }
    if (frame.cell.length !== 9 || frame.scalars.length !== this.head.scalars.length) {
      throw new StoreError(
        'failed',
        'A frame of the trajectory has a wrong number of cell elements or scalars.',
      );
    }
    this.cells.set(frame.cell, 9 * this.waiting);
    this.scalars.set(frame.scalars, this.head.scalars.length * this.waiting);
    this.waiting++;
    if (this.waiting === this.perChunk || performance.now() - this.lastFlush > LONGEST_WAIT) this.flush();
  }

  /** Saves the frames that wait. */
  flush(): void {
    const { waiting, project } = this;
    this.lastFlush = performance.now();
    if (waiting === 0) return;
    project.transaction(() => {
      project
        .prepare(
          'INSERT INTO trajectory_chunks (trajectory_id, first_frame, frames, scalars, cells, data) VALUES (?, ?, ?, ?, ?, ?)',
        )
        .run(
          this.id,
          this.written,
          waiting,
          bytesOf(this.scalars.subarray(0, waiting * this.head.scalars.length)),
          bytesOf(this.cells.subarray(0, waiting * 9)),
          bytesOf(this.data.subarray(0, waiting * this.frameLength)),
        );
      project.prepare('UPDATE trajectories SET frames = ? WHERE id = ?').run(this.written + waiting, this.id);
    });
    this.written += waiting;
    this.waiting = 0;
  }

  /** Saves what waits and marks the trajectory as complete. */
  finish(): void {
    if (this.finished) return;
    this.flush();
    this.project.transaction(() => {
      this.project.prepare('UPDATE trajectories SET complete = 1 WHERE id = ?').run(this.id);
    });
    this.finished = true;
  }

  /** Saves what waits; the trajectory stays open for resume(). */
  [Symbol.dispose](): void {
    if (!this.finished && this.project.sqlite.open) this.flush();
  }
}

const headRow = z.object({
  name: z.string(),
  settings: z.string(),
  symbols: z.string(),
  periodic: z.string(),
  scalars: z.string(),
  arrays: z.string(),
  kinds: z.instanceof(Buffer),
  masses: z.instanceof(Buffer).nullable(),
  jobId: z.number().nullable(),
  potentialId: z.number().nullable(),
});

interface Chunk {
  readonly firstFrame: number;
  readonly frames: number;
  readonly scalars: Buffer;
  readonly cells: Buffer;
  readonly data: Buffer;
}

export class TrajectoryReader {
  readonly id: number;
  readonly head: TrajectoryHead;
  private readonly project: Project;
  /** The chunk read last: neighbours of a frame are usually wanted next. */
  private chunk: Chunk | undefined;

  /** @throws StoreError when there is no such trajectory */
  constructor(project: Project, id: number) {
    this.project = project;
    this.id = id;
    const row = project.guard(() =>
      project
        .prepare<[number]>(
          `SELECT name, settings, symbols, periodic, scalars, arrays, kinds, masses, job_id AS jobId,
             potential_id AS potentialId FROM trajectories WHERE id = ?`,
        )
        .get(id),
    );
    if (row === undefined) throw new StoreError('not-found', `The project has no trajectory number ${id}.`);
    const parsed = headRow.parse(row);
    this.head = {
      name: parsed.name,
      symbols: parseJson(parsed.symbols, stringList, 'the symbols of a trajectory'),
      kinds: uint16(parsed.kinds),
      periodic: parseJson(
        parsed.periodic,
        z.tuple([z.boolean(), z.boolean(), z.boolean()]),
        'the periodicity of a trajectory',
      ),
      masses: parsed.masses === null ? undefined : float64(parsed.masses),
      arrays: parseJson(parsed.arrays, z.array(z.enum(TRAJECTORY_ARRAYS)), 'the arrays of a trajectory'),
      scalars: parseJson(parsed.scalars, stringList, 'the scalars of a trajectory'),
      settings: parseJson(parsed.settings, jsonValue, 'the settings of a trajectory'),
      potentialId: parsed.potentialId ?? undefined,
      jobId: parsed.jobId ?? undefined,
    };
  }

  /** Frames that can be read now; grows while the run goes on. */
  get frames(): number {
    const statement = this.project.prepare<[number], { frames: number }>(
      'SELECT frames FROM trajectories WHERE id = ?',
    );
    return this.project.guard(() => statement.get(this.id))?.frames ?? 0;
  }

  /**
   * A frame by its number, from 0.
   * @throws StoreError when there is none (yet)
   */
  frame(
    number: number,
  ): TrajectoryFrame<Float32Array> & { readonly scalars: Float64Array; readonly cell: Float64Array } {
    const chunk = this.chunkOf(number);
    const atoms = this.head.kinds.length;
    const k = number - chunk.firstFrame;
    const arrays: Partial<Record<TrajectoryArray, Float32Array>> = {};
    const frameLength = this.head.arrays.reduce((sum, name) => sum + WIDTH[name], 0) * atoms;
    const data = float32(chunk.data);
    let offset = k * frameLength;
    for (const name of this.head.arrays) {
      arrays[name] = data.slice(offset, offset + WIDTH[name] * atoms);
      offset += WIDTH[name] * atoms;
    }
    const count = this.head.scalars.length;
    return {
      ...arrays,
      positions: arrays.positions ?? new Float32Array(0),
      cell: float64(chunk.cells).slice(9 * k, 9 * k + 9),
      scalars: float64(chunk.scalars).slice(count * k, count * (k + 1)),
    };
  }

  /** One scalar of all frames, without reading any atoms. */
  series(name: string): Float64Array {
    const index = this.head.scalars.indexOf(name);
    if (index < 0) {
      throw new StoreError('not-found', `The trajectory has no scalar ${name}.`, {
        remedy: `It has: ${this.head.scalars.join(', ')}.`,
      });
    }
    const statement = this.project.prepare<[number], { frames: number; scalars: Buffer }>(
      'SELECT frames, scalars FROM trajectory_chunks WHERE trajectory_id = ? ORDER BY first_frame',
    );
    const rows = this.project.guard(() => statement.all(this.id));
    const series = new Float64Array(rows.reduce((sum, row) => sum + row.frames, 0));
    let next = 0;
    for (const row of rows) {
      const scalars = float64(row.scalars);
      for (let k = 0; k < row.frames; k++) series[next++] = scalars[k * this.head.scalars.length + index];
    }
    return series;
  }

  /** Frames of the chunk that holds frame `end`, up to but without it. */
  tailOfChunk(end: number): TrajectoryFrame<Float32Array>[] {
    const first = this.chunkOf(end).firstFrame;
    return Array.from({ length: end - first }, (_, k) => this.frame(first + k));
  }

  private chunkOf(number: number): Chunk {
    const held = this.chunk;
    if (held !== undefined && number >= held.firstFrame && number < held.firstFrame + held.frames)
      return held;
    const statement = this.project.prepare<[number, number], Chunk>(
      `SELECT first_frame AS firstFrame, frames, scalars, cells, data FROM trajectory_chunks
       WHERE trajectory_id = ? AND first_frame <= ? ORDER BY first_frame DESC LIMIT 1`,
    );
    const chunk = this.project.guard(() => statement.get(this.id, number));
    if (chunk === undefined || number >= chunk.firstFrame + chunk.frames) {
      throw new StoreError('not-found', `The trajectory has no frame ${number} (counted from 0).`);
    }
    this.chunk = chunk;
    return chunk;
  }
}

export class TrajectoryRepository {
  private readonly project: Project;

  constructor(project: Project) {
    this.project = project;
  }

  /** Newest first. */
  list(): TrajectorySummary[] {
    const rows = this.project.guard(() =>
      this.project
        .prepare<
          [],
          Omit<TrajectorySummary, 'complete' | 'jobId' | 'potentialId'> & {
            complete: number;
            jobId: number | null;
            potentialId: number | null;
          }
        >(
          `SELECT id, name, created_at AS createdAt, atoms, frames, complete, job_id AS jobId, potential_id AS potentialId
           FROM trajectories ORDER BY id DESC`,
        )
        .all(),
    );
    return rows.map((row) => ({
      ...row,
      complete: row.complete !== 0,
      jobId: row.jobId ?? undefined,
      potentialId: row.potentialId ?? undefined,
    }));
  }

  /** Gives what a job wrote another name. */
  renameOfJob(jobId: number, name: string): void {
    this.project.transaction(() => {
      this.project.prepare('UPDATE trajectories SET name = ? WHERE job_id = ?').run(name, jobId);
    });
  }

  /** Removes what a job wrote. */
  removeOfJob(jobId: number): void {
    this.project.transaction(() => {
      this.project.prepare('DELETE FROM trajectories WHERE job_id = ?').run(jobId);
    });
  }

  remove(id: number): void {
    this.project.transaction(() => {
      this.project.prepare('DELETE FROM trajectories WHERE id = ?').run(id);
    });
  }
}
