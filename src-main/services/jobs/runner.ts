/** What a kind of job is: one object of type JobRunner and one line in runners.ts. */
import type { Checkpoint, JobPoint, JobProgress } from '../../store/jobs.ts';
import type { JsonValue } from '../../store/json.ts';
import type { Project } from '../../store/project.ts';

/** What a running job is given. */
export interface JobContext {
  readonly jobId: number;
  /** Connection of this job alone. */
  readonly project: Project;
  /** As given when the job was made; the runner checks them. */
  readonly settings: JsonValue;
  /** Aborts when the user cancels: stop soon, by throwing CancelledError or signal.reason. */
  readonly signal: AbortSignal;
  /** The newest checkpoint of an earlier attempt, when the job is resumed. */
  readonly lastCheckpoint: Checkpoint | undefined;
  /**
   * Reports progress. Cheap: written at most a few times a second; points are kept and written with the next one.
   * Without an ETA one is estimated from the fraction.
   */
  progress(progress: JobProgress): void;
  /** A line for the job's log. */
  log(text: string, level?: 'info' | 'warning' | 'error'): void;
  /** Saves all that is needed to go on from here. The last few are kept. */
  checkpoint(data: Uint8Array, version?: number): void;
  /**
   * Records that the job is done. To be called in the transaction that saves what the job made, with the connection it
   * runs on: a process killed between the two would leave a job that makes everything once more when it is resumed.
   * @returns the result, for the runner to return
   */
  finish(result: JsonValue, on?: Project): JsonValue;
  /** Lets timers and messages through; call it now and then in long synchronous work. */
  pause(): Promise<void>;
  /** @throws CancelledError when the user cancelled */
  throwIfCancelled(): void;
}

/** One kind of job. */
export interface JobRunner {
  /** 'import', 'fit', … */
  readonly kind: string;
  /**
   * Does the work.
   * @returns what it made, as JSON: { datasetId: 3 }
   */
  run(context: JobContext): Promise<JsonValue>;
}

/** What a job says while it runs, to whoever watches. */
export type JobEvent =
  | {
      readonly type: 'progress';
      readonly jobId: number;
      readonly fraction: number;
      readonly message: string;
      readonly etaSeconds: number | undefined;
      readonly detail: JsonValue | undefined;
      readonly points: readonly JobPoint[];
    }
  | {
      readonly type: 'log';
      readonly jobId: number;
      readonly level: 'info' | 'warning' | 'error';
      readonly text: string;
    }
  | { readonly type: 'end'; readonly jobId: number };
