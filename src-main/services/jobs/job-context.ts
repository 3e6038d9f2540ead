/** The context of one running job: what its runner says goes to the project (seldom) and to watchers (at once). */
import { setImmediate as nextTask } from 'node:timers/promises';
import { CancelledError } from '../../../src-compute/errors.ts';
import {
  JobRepository,
  type Checkpoint,
  type Job,
  type JobLogLine,
  type JobPoint,
  type JobProgress,
} from '../../store/jobs.ts';
import type { JsonValue } from '../../store/json.ts';
import type { Project } from '../../store/project.ts';
import { StoreError } from '../../store/store-error.ts';
import type { JobContext, JobEvent } from './runner.ts';

/** Time between two writes of progress, ms. */
const WRITE_INTERVAL = 300;
/** Time between two looks whether another process asked to stop, ms. */
const CANCEL_INTERVAL = 250;
const HEARTBEAT_INTERVAL = 2000;
const CHECKPOINTS_KEPT = 3;

export class RunningJob implements JobContext, Disposable {
  readonly jobId: number;
  readonly project: Project;
  readonly settings: JsonValue;
  readonly lastCheckpoint: Checkpoint | undefined;
  private readonly jobs: JobRepository;
  private readonly watch: (event: JobEvent) => void;
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  // times between two moments come from a clock that never jumps: the one on the wall may be set back by an hour, and
  // a cancel would not be seen for an hour
  private readonly startedAt = performance.now();
  private readonly firstFraction: number;
  private fraction: number;
  private message: string;
  private etaSeconds: number | undefined;
  private detail: JsonValue | undefined;
  private points: JobPoint[] = [];
  private lines: JobLogLine[] = [];
  private dirty = false;
  private lastWrite = -Infinity;
  private lastCancelLook = -Infinity;

  /** @param project connection of this job alone */
  constructor(project: Project, job: Job, watch: (event: JobEvent) => void, cancel?: AbortSignal) {
    this.jobId = job.id;
    this.project = project;
    this.settings = job.settings;
    this.jobs = new JobRepository(project);
    this.lastCheckpoint = this.jobs.checkpoint(job.id);
    this.watch = watch;
    this.fraction = this.firstFraction = this.lastCheckpoint === undefined ? 0 : job.fraction;
    this.message = job.message;
    this.timer = setInterval(() => this.beat(), HEARTBEAT_INTERVAL / 4);
    this.timer.unref();
    if (cancel?.aborted) this.cancel();
    cancel?.addEventListener('abort', () => this.cancel(), { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  cancel(): void {
    if (!this.controller.signal.aborted) this.controller.abort(new CancelledError());
  }

  progress(progress: JobProgress): void {
    this.fraction = Math.min(1, Math.max(0, progress.fraction ?? this.fraction));
    this.message = progress.message ?? this.message;
    this.detail = progress.detail ?? this.detail;
    this.etaSeconds = progress.etaSeconds ?? this.estimate();
    if (progress.points !== undefined) this.points.push(...progress.points);
    this.dirty = true;
    this.watch({
      type: 'progress',
      jobId: this.jobId,
      fraction: this.fraction,
      message: this.message,
      etaSeconds: this.etaSeconds,
      detail: progress.detail,
      points: progress.points ?? [],
    });
    this.flushIfDue();
    this.lookForCancel();
  }

  /** Time left if the rest goes as fast as what was done in this attempt; undefined in the first two percent. */
  private estimate(): number | undefined {
    const done = this.fraction - this.firstFraction;
    if (done < 0.02) return undefined;
    return ((1 - this.fraction) / done) * ((performance.now() - this.startedAt) / 1000);
  }

  log(text: string, level: 'info' | 'warning' | 'error' = 'info'): void {
    this.lines.push({ time: Date.now(), level, text });
    this.watch({ type: 'log', jobId: this.jobId, level, text });
    this.flushIfDue();
  }

  checkpoint(data: Uint8Array, version = 1): void {
    this.project.transaction(() => {
      this.write(); // first: the checkpoint knows which points were before it
      this.jobs.saveCheckpoint(this.jobId, data, version, CHECKPOINTS_KEPT);
    });
  }

  finish(result: JsonValue, on: Project = this.project): JsonValue {
    const jobs = new JobRepository(on);
    on.transaction(() => {
      jobs.finish(this.jobId, { state: 'done', result });
      jobs.dropCheckpoints(this.jobId);
    });
    return result;
  }

  async pause(): Promise<void> {
    await nextTask();
    this.lookForCancel();
  }

  throwIfCancelled(): void {
    this.lookForCancel();
    this.signal.throwIfAborted();
  }

  /** Writes what was said since the last time. */
  flush(): void {
    this.lastWrite = performance.now();
    if (this.dirty || this.lines.length > 0) this.project.transaction(() => this.write());
  }

  private write(): void {
    const { fraction, message, etaSeconds, detail, points, lines } = this;
    if (this.dirty) this.jobs.progress(this.jobId, { fraction, message, etaSeconds, detail, points });
    this.jobs.log(this.jobId, lines);
    this.points = [];
    this.lines = [];
    this.dirty = false;
  }

  private flushIfDue(): void {
    if (performance.now() - this.lastWrite >= WRITE_INTERVAL) this.unlessBusy(() => this.flush());
  }

  /** Called by a timer, where nobody would catch: what fails here (a full disk) ends the job by its signal. */
  private beat(): void {
    try {
      this.unlessBusy(() => {
        if (performance.now() - this.lastWrite > HEARTBEAT_INTERVAL) {
          this.lastWrite = performance.now();
          this.dirty = true;
          this.flush();
        }
      });
      this.lookForCancel();
    } catch (error) {
      if (!this.controller.signal.aborted) this.controller.abort(error);
    }
  }

  private lookForCancel(): void {
    const now = performance.now();
    if (now - this.lastCancelLook < CANCEL_INTERVAL) return;
    this.lastCancelLook = now;
    this.unlessBusy(() => {
      if (this.jobs.cancelRequested(this.jobId)) this.cancel();
    });
  }

  /** Progress that cannot be written because someone else writes just now is written later: no reason to fail. */
  private unlessBusy(work: () => void): void {
    if (!this.project.sqlite.open || this.project.sqlite.inTransaction) return;
    try {
      work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // nothing that the job makes could be saved any more: it ends with this error
      if (error.reason === 'lost') this.controller.abort(error);
      else if (error.reason !== 'busy') throw error;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
  }
}
