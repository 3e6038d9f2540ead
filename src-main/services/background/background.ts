/**
 * Keeps what takes long away from the thread that answers: tasks about large datasets run in a thread of their own, with
 * a connection of its own, one after the other; other pages are answered meanwhile. Tasks about small datasets run where
 * they are asked for, which takes less time than to hand them over.
 */
import { Worker } from 'node:worker_threads';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { storedCount } from '../../store/datasets.ts';
import type { Project } from '../../store/project.ts';
import { StoreError, type StoreErrorReason } from '../../store/store-error.ts';
import { workerFile } from '../worker-file.ts';
import type { TaskInput, TaskName, TaskResult } from './tasks.ts';

/** A task as the thread gets it. */
export interface TaskRequest {
  readonly number: number;
  readonly task: TaskName;
  readonly input: unknown;
}

/** A task that nobody waits for any more. */
export interface TaskCancelled {
  readonly cancelled: number;
}

/** What comes back: a result, or an error in words (errors that cross to another thread lose their remedy). */
export interface TaskAnswer {
  readonly number: number;
  readonly result?: unknown;
  readonly error?: {
    readonly message: string;
    readonly remedy: string;
    readonly reason: StoreErrorReason | undefined;
  };
}

/** Datasets with more configurations are large. */
const LARGE = 20_000;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Background implements Disposable {
  private readonly project: Project;
  private readonly waiting = new Map<number, Waiting>();
  private worker: Worker | undefined;
  private number = 0;

  /** Datasets with more configurations than this are large. */
  private readonly largest: number;

  constructor(project: Project, largest = LARGE) {
    this.project = project;
    this.largest = largest;
  }

  /**
   * Does a task about datasets, in the thread when one of them is large.
   * @param signal ends a task that looks at it
   * @throws as the task does
   */
  async about<Name extends TaskName>(
    ids: readonly number[],
    task: Name,
    input: TaskInput<Name>,
    signal?: AbortSignal,
  ): Promise<TaskResult<Name>> {
    return this.large(ids) ? this.inThread(task, input, signal) : this.here(task, input, signal);
  }

  /** Does a task in the thread. @throws as the task does */
  async inThread<Name extends TaskName>(
    task: Name,
    input: TaskInput<Name>,
    signal?: AbortSignal,
  ): Promise<TaskResult<Name>> {
    // another connection would find another file, or none; what is only read here is read here
    if (this.project.readOnly || this.project.place.lost !== undefined) return this.here(task, input, signal);
    const worker = (this.worker ??= this.start());
    const number = ++this.number;
    const result = new Promise<unknown>((resolve, reject) => this.waiting.set(number, { resolve, reject }));
    worker.ref();
    worker.postMessage({ number, task, input } satisfies TaskRequest);
    const cancel = () => worker.postMessage({ cancelled: number } satisfies TaskCancelled);
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel);
    try {
      // what the thread sends for a task is what the task returns
      return (await result) as TaskResult<Name>;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  private async here<Name extends TaskName>(
    task: Name,
    input: TaskInput<Name>,
    signal?: AbortSignal,
  ): Promise<TaskResult<Name>> {
    const { TASKS } = await import('./tasks.ts'); // commands that do none of them need not load them
    const work = TASKS[task] as (
      project: Project,
      input: TaskInput<Name>,
      signal?: AbortSignal,
    ) => TaskResult<Name> | Promise<TaskResult<Name>>;
    return work(this.project, input, signal);
  }

  /** Whether one of these datasets is so large that what is asked about it takes a while. */
  large(ids: readonly number[]): boolean {
    return this.project.guard(() => ids.some((id) => storedCount(this.project, id) > this.largest));
  }

  private start(): Worker {
    const worker = new Worker(workerFile('../background-worker.ts', import.meta.url), {
      workerData: { projectPath: this.project.path },
    });
    worker.on('message', ({ number, result, error }: TaskAnswer) => {
      const waiting = this.waiting.get(number);
      this.waiting.delete(number);
      if (this.waiting.size === 0) worker.unref();
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(errorFrom(error));
    });
    worker.on('error', (error) => process.stderr.write(`The background thread ended: ${String(error)}\n`));
    worker.on('exit', () => {
      if (this.worker === worker) this.worker = undefined;
      for (const { reject } of this.waiting.values()) reject(stopped());
      this.waiting.clear();
    });
    return worker;
  }

  /** Ends the thread when it has done what it was given; what it has begun to save is saved. */
  [Symbol.dispose](): void {
    this.worker?.ref();
    this.worker?.postMessage('close');
    this.worker = undefined;
  }
}

function errorFrom({ message, remedy, reason }: NonNullable<TaskAnswer['error']>): ForcewrightError {
  return reason === undefined
    ? new ForcewrightError(message, { remedy })
    : new StoreError(reason, message, { remedy });
}

function stopped(): ForcewrightError {
  return new ForcewrightError('The thread that did this ended before it was done.', {
    remedy: 'Nothing of it was saved. Try again.',
  });
}
