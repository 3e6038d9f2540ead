/**
 * Jobs: made, run, watched, cancelled, resumed. A job runs in this process (`run`: command line, tests) or in a worker
 * thread of its own (`start`: windows), and either way tells the project how far it is, so that any other process
 * that has the project open can show it.
 */
import { EventEmitter } from 'node:events';
import { CancelledError } from '../../../src-compute/errors.ts';
import { wordsFor } from '../../error-words.ts';
import { isAlive, thisProcess } from '../../platform/process-identity.ts';
import { JobRepository, type Job, type JobEnd, type JobFailure } from '../../store/jobs.ts';
import type { JsonValue } from '../../store/json.ts';
import type { Project } from '../../store/project.ts';
import { StoreError } from '../../store/store-error.ts';
import { TrajectoryRepository } from '../../store/trajectories.ts';
import { continuationOf, isLasting, type Continuation } from './continuation.ts';
import { CoreQueue } from './core-queue.ts';
import { RunningJob } from './job-context.ts';
import { WorkerJob } from './worker-job.ts';
import { jobQuestion, type JobQuestion } from './job-demands.ts';
import { isSealed, requestDigest, sealOf } from './job-seal.ts';
import type { JobEvent, JobRunner } from './runner.ts';
import { RUNNERS } from './runners.ts';

/** Time between two tries to write the end of a job, ms. */
const SAVING_INTERVAL = 1000;

/** How long a job waits for others that write, ms. */
const JOB_BUSY_TIMEOUT = 60_000;

export interface JobServiceOptions {
  /** Kinds of jobs; all that are registered otherwise. */
  readonly runners?: Readonly<Record<string, () => Promise<JobRunner>>>;
  /** Module of the worker (job-worker.ts, or its bundle). */
  readonly workerUrl?: URL;
  /** Cores that jobs may keep busy together; those of the machine otherwise. */
  readonly cores?: number;
}

export class JobService implements Disposable {
  private readonly project: Project;
  private readonly jobs: JobRepository;
  private readonly options: JobServiceOptions;
  private readonly events = new EventEmitter<{ event: [JobEvent] }>();
  private readonly controllers = new Map<number, AbortController>();
  private readonly workers = new Map<number, WorkerJob>();
  /** Ends that the project's disk did not take yet: they are written when there is room. */
  private readonly unsaved = new Map<number, JobFailure>();
  private savingTimer: NodeJS.Timeout | undefined;
  private readonly queue: CoreQueue;
  /** Ends of jobs that wait for a free core or run in a thread. */
  private readonly ends = new Map<number, PromiseWithResolvers<Job>>();

  constructor(project: Project, options: JobServiceOptions = {}) {
    this.project = project;
    this.jobs = new JobRepository(project);
    this.options = options;
    this.queue = new CoreQueue((id) => this.begin(id), options.cores);
    this.markInterrupted();
  }

  /** Jobs whose process died are marked so: they can be resumed. Called at the start, and whenever one looks. */
  markInterrupted(): Job[] {
    if (this.project.readOnly || this.project.place.lost !== undefined) return [];
    // one that waits was made by a process that meant to run it
    const dead = this.jobs
      .list({ states: ['running', 'queued'] })
      .filter((job) => (job.state === 'running' || job.process !== undefined) && !isAlive(job));
    for (const job of dead) {
      this.jobs.finish(job.id, { state: 'interrupted' });
      this.dropLostFrames(this.project, job.id);
      this.jobs.log(job.id, [
        {
          time: Date.now(),
          level: 'warning',
          text: 'The process that ran this job ended before it was done.',
        },
      ]);
    }
    return dead;
  }

  /** A run that has no checkpoint begins anew: what it had written before belongs to nothing. */
  private dropLostFrames(project: Project, id: number): void {
    if (new JobRepository(project).checkpoint(id) !== undefined) return;
    new TrajectoryRepository(project).removeOfJob(id);
  }

  get(id: number): Job {
    return this.withEnd(this.jobs.get(id));
  }

  /** A job as it is, whether or not its end could be written. */
  private withEnd(job: Job): Job {
    const error = this.unsaved.get(job.id);
    return error === undefined ? job : { ...job, state: 'failed', error };
  }

  /** Writes the ends that a full disk refused. */
  private saveEnds(): void {
    for (const [id, error] of this.unsaved) {
      if (!this.project.sqlite.open) break;
      try {
        if (['running', 'queued'].includes(this.jobs.get(id).state))
          this.jobs.finish(id, { state: 'failed', error });
      } catch {
        this.makeRoom();
        this.savingTimer ??= setInterval(() => this.saveEnds(), SAVING_INTERVAL).unref();
        return;
      }
      this.unsaved.delete(id);
    }
    clearInterval(this.savingTimer);
    this.savingTimer = undefined;
  }

  /** A log that has filled the disk is brought into the file, where its pages have a place as a rule. */
  private makeRoom(): void {
    try {
      this.project.settle();
    } catch {
      // there is no room for that either: it is tried again
    }
  }

  list(filter: Parameters<JobRepository['list']>[0] = {}): Job[] {
    return this.jobs
      .list(filter)
      .map((job) => this.withEnd(job))
      .filter(({ state }) => filter.states?.includes(state) ?? true);
  }

  /** How a job can be gone on with; one look at the checkpoints for many jobs. */
  continuations(): (job: Job) => Continuation {
    const saved = this.jobs.withCheckpoint();
    return (job) => continuationOf(job, saved.has(job.id));
  }

  log(id: number) {
    return this.jobs.logLines(id);
  }

  points(id: number, after = 0) {
    return this.jobs.points(id, after);
  }

  /**
   * Makes a job that waits to be run.
   * @returns its number
   */
  create(kind: string, title: string, settings: JsonValue): number {
    if (!Object.hasOwn(this.runners, kind)) throw unknownKind(kind);
    return this.jobs.create(kind, title, settings, thisProcess(), sealOf);
  }

  /** Watches the jobs that this service runs. Dispose the result to stop. */
  watch(listener: (event: JobEvent) => void): Disposable {
    this.events.on('event', listener);
    return { [Symbol.dispose]: () => void this.events.off('event', listener) };
  }

  /**
   * Runs a job in this process to its end. A job that was interrupted, cancelled or failed goes on from its last
   * checkpoint.
   * @param signal aborts to cancel
   * @returns the job when it is done
   * @throws what the runner threw; CancelledError when it was cancelled; StoreError ('untrusted') when somebody else
   *   wrote the job and the user has not confirmed it
   */
  async run(id: number, signal?: AbortSignal): Promise<Job> {
    this.markInterrupted();
    const { kind, state } = this.jobs.get(id);
    if (!Object.hasOwn(this.runners, kind)) throw unknownKind(kind);
    if (state === 'running') throw runningAlready(id);
    const runner = await this.runners[kind]();
    // a connection of its own: a transaction of the job must not take in what others write meanwhile, and a job can
    // wait longer for its turn to write than a window
    const connection = this.project.connect({ busyTimeoutMs: JOB_BUSY_TIMEOUT });
    const jobs = new JobRepository(connection);
    const controller = new AbortController();
    try {
      const job = jobs.claim(id, thisProcess(), requireSeal);
      this.dropLostFrames(connection, id);
      this.controllers.set(id, controller);
      const cancel = signal === undefined ? controller.signal : AbortSignal.any([controller.signal, signal]);
      using running = new RunningJob(connection, job, (event) => this.tell(event), cancel);
      try {
        const result = await runner.run(running);
        this.finish(jobs, running, { state: 'done', result });
      } catch (error) {
        this.finish(jobs, running, endOf(error, this.project.path), error);
        throw error;
      }
      return jobs.get(id);
    } finally {
      if (this.controllers.get(id) === controller) this.controllers.delete(id);
      connection.close();
    }
  }

  private finish(jobs: JobRepository, running: RunningJob, end: JobEnd, error?: unknown): void {
    // a fault of the program: its name is for a report
    if (end.state === 'failed' && error instanceof Error && !wordsFor(error).expected)
      running.log(`For a report: ${error.name}: ${error.message.split('\n', 1)[0]}`, 'error');
    // a runner that failed in the middle of a transaction of its own left it open
    if (running.project.sqlite.inTransaction) running.project.sqlite.exec('ROLLBACK');
    try {
      running.flush();
    } finally {
      // a runner may have recorded its end together with what it made
      if (jobs.get(running.jobId).state !== 'done') {
        if (end.state === 'done') running.finish(end.result);
        else jobs.finish(running.jobId, end);
      }
      this.tell({ type: 'end', jobId: running.jobId });
    }
  }

  /**
   * Runs a job in a worker thread, as soon as there is a core for it. Returns at once; watch() tells how it goes,
   * `finished` resolves at its end.
   * @throws StoreError when it runs already, or as run() does when somebody else wrote it
   */
  start(id: number): { readonly finished: Promise<Job> } {
    this.markInterrupted();
    this.saveEnds();
    const job = this.jobs.get(id);
    if (!Object.hasOwn(this.runners, job.kind)) throw unknownKind(job.kind);
    if (job.state === 'running' || this.workers.has(id) || this.queue.has(id)) {
      throw runningAlready(id);
    }
    requireSeal(job);
    const end = Promise.withResolvers<Job>();
    // most callers watch instead of waiting: a rejection that nobody waits for must not end the process
    end.promise.catch(() => undefined);
    this.ends.set(id, end);
    if (!this.queue.add(id, job)) this.jobs.wait(id, thisProcess());
    return { finished: end.promise };
  }

  /** Begins a job that waits for a core, although the others are busy. */
  startNow(id: number): void {
    this.queue.hurry(id);
  }

  /** A thread for a job whose turn it is. */
  private begin(id: number): void {
    const worker = new WorkerJob(this.project.path, id, this.options.workerUrl, (event) => this.tell(event));
    this.workers.set(id, worker);
    void worker.finished.then((crash) => {
      this.workers.delete(id);
      if (!this.project.sqlite.open) {
        this.ended(id, new CancelledError('The project was closed while its job ran.'));
        return;
      }
      // a worker that ended without a word leaves its job 'running' in a process that still lives
      if (this.unfinished(id)) {
        this.unsaved.set(id, crashSentence(crash));
        this.saveEnds();
        this.tell({ type: 'end', jobId: id });
      }
      this.ended(id);
      this.queue.done(id);
    });
  }

  /** Answers who waits for the end of a job. */
  private ended(id: number, error?: Error): void {
    const end = this.ends.get(id);
    this.ends.delete(id);
    if (error) end?.reject(error);
    else end?.resolve(this.get(id));
  }

  /** Tells the watchers; one that fails is no reason to disturb the job or the others. */
  private tell(event: JobEvent): void {
    for (const listener of this.events.listeners('event')) {
      try {
        listener(event);
      } catch (error) {
        process.stderr.write(`A watcher of job ${event.jobId} failed: ${String(error)}\n`);
      }
    }
  }

  /** Whether a thread of this service has the job and it has not ended yet. */
  private unfinished(id: number): boolean {
    return ['running', 'queued'].includes(this.get(id).state);
  }

  /** Whether jobs run or are about to, in this process or in another that has the project open. */
  get busy(): boolean {
    if (!this.project.sqlite.open) return false;
    // what could be read of jobs would be of another file
    if (this.project.place.overwritten) return this.ends.size > 0;
    if ([...this.ends.keys()].some((id) => this.unfinished(id))) return true;
    return this.list({ states: ['running'], limit: 1 }).length > 0;
  }

  /** Makes and starts a job. */
  submit(
    kind: string,
    title: string,
    settings: JsonValue,
  ): { readonly id: number; readonly finished: Promise<Job> } {
    const id = this.create(kind, title, settings);
    return { id, finished: this.start(id).finished };
  }

  /** Gives a job another title, and the trajectory that it wrote the same name. */
  rename(id: number, title: string): void {
    this.jobs.rename(id, title);
    new TrajectoryRepository(this.project).renameOfJob(id, title);
  }

  /** Asks a job to stop, whichever process runs it. A job that waits is cancelled at once. */
  cancel(id: number): Job {
    this.markInterrupted();
    const job = this.jobs.get(id);
    if (job.state === 'queued' || job.state === 'interrupted') {
      this.jobs.finish(id, { state: 'cancelled' });
      if (this.queue.remove(id)) {
        this.tell({ type: 'end', jobId: id });
        this.ended(id);
      }
      // its thread may be about to begin
      this.workers.get(id)?.cancel();
    }
    if (job.state === 'running') {
      this.jobs.requestCancel(id);
      this.controllers.get(id)?.abort();
      this.workers.get(id)?.cancel();
    }
    return this.jobs.get(id);
  }

  /** Numbers of the jobs that threads of this service work on. */
  get working(): readonly number[] {
    return [...this.workers.keys()];
  }

  /** Resolves once no thread of this service works on a job. */
  async whenIdle(): Promise<void> {
    while (this.workers.size > 0)
      await Promise.all([...this.workers.values()].map(({ finished }) => finished));
  }

  /**
   * Lets the threads of this service end their jobs where they can be resumed: what is being saved is saved, nothing
   * is cut off. The jobs are interrupted, not cancelled.
   * @param seconds how long to wait for them
   * @returns whether all have ended
   */
  async rest(seconds: number): Promise<boolean> {
    if (!this.project.sqlite.open) return true;
    for (const id of this.queue.clear()) {
      this.jobs.finish(id, { state: 'interrupted' });
      this.ended(id);
    }
    const ids = this.working.filter((id) => !this.jobs.get(id).cancelRequested);
    for (const worker of this.workers.values()) worker.cancel();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), 1000 * seconds)));
    const rested = await Promise.race([this.whenIdle().then(() => true as const), late]);
    clearTimeout(timer);
    for (const id of ids) {
      if (this.jobs.get(id).state !== 'cancelled') continue;
      this.jobs.finish(id, { state: 'interrupted' });
      const text = 'Stopped because Forcewright was closed. Resume goes on from what was saved last.';
      this.jobs.log(id, [{ time: Date.now(), level: 'info', text }]);
    }
    return rested;
  }

  /**
   * Whether a job can be run again from its last checkpoint or from its beginning.
   * @throws StoreError in words when it cannot
   */
  checkResumable(id: number): Job {
    this.markInterrupted();
    this.saveEnds();
    const job = this.get(id);
    if (job.state === 'done' || job.state === 'running') {
      throw new StoreError(
        'exists',
        `Job ${id} is ${job.state === 'done' ? 'done' : 'running'} already, so it cannot be resumed.`,
      );
    }
    return job;
  }

  /**
   * What is to be asked before a job may run here; undefined for those that were made or confirmed here.
   * @throws StoreError when there is no such job
   */
  question(id: number): JobQuestion | undefined {
    const job = this.jobs.get(id);
    return isSealed(job) ? undefined : jobQuestion(job, requestDigest(job));
  }

  /**
   * The user has seen what a job starts and reads, and wants it.
   * @param digest of the question that was answered
   * @throws StoreError when the job is not the one that was shown
   */
  confirm(id: number, digest: string): void {
    const connection = this.project.connect({ busyTimeoutMs: JOB_BUSY_TIMEOUT });
    try {
      connection.transaction(() => {
        const jobs = new JobRepository(connection);
        const job = jobs.get(id);
        if (requestDigest(job) !== digest) {
          throw new StoreError(
            'untrusted',
            `Job ${id} is not the one that was shown: it has changed since.`,
            {
              remedy: 'Look at it again, and confirm it as it is now.',
            },
          );
        }
        jobs.seal(id, sealOf(job));
      });
    } finally {
      connection.close();
    }
  }

  private get runners(): Readonly<Record<string, () => Promise<JobRunner>>> {
    return this.options.runners ?? RUNNERS;
  }

  /** Stops the workers of this service; their jobs are interrupted and can be resumed. */
  [Symbol.dispose](): void {
    for (const controller of this.controllers.values()) controller.abort();
    for (const id of this.queue.clear())
      if (this.project.sqlite.open && this.project.place.lost === undefined && this.unfinished(id))
        this.jobs.finish(id, { state: 'interrupted' });
    for (const [id, worker] of this.workers) {
      worker.terminate();
      if (this.project.sqlite.open && this.project.place.lost === undefined && this.unfinished(id))
        this.jobs.finish(id, { state: 'interrupted' });
    }
    this.saveEnds();
    clearInterval(this.savingTimer);
    this.events.removeAllListeners();
  }
}

function runningAlready(id: number): StoreError {
  return new StoreError('busy', `Job ${id} is running already.`, {
    remedy: 'Wait for it or cancel it first.',
  });
}

/** @throws StoreError for a job that nobody here made or confirmed */
function requireSeal(job: Job): void {
  if (isSealed(job)) return;
  throw new StoreError(
    'untrusted',
    `Job ${job.id} was made on another machine, by another user or by an older version, or was changed since.`,
    {
      remedy:
        'Look at what it starts and reads, and confirm it to go on; or start it anew with your own settings.',
    },
  );
}

/** What is said of a worker that did not live to say it. */
function crashSentence(crash: JobFailure | undefined): JobFailure {
  return (
    crash ?? {
      message: 'The worker of this job ended before it was done.',
      remedy: 'Nothing that was saved is lost. Resume the job: it goes on from its last checkpoint.',
    }
  );
}

function unknownKind(kind: string): StoreError {
  return new StoreError('not-found', `This version cannot run jobs of the kind ${JSON.stringify(kind)}.`);
}

function endOf(error: unknown, project: string): JobEnd {
  if (error instanceof CancelledError || (error instanceof Error && error.name === 'AbortError'))
    return { state: 'cancelled' };
  const { message, remedy } = wordsFor(error, { project, values: 'the settings of this job' });
  return {
    state: 'failed',
    error: {
      message,
      remedy: remedy || 'Start it again when that is mended.',
      ...(isLasting(error) && { lasting: true }),
    },
  };
}
