/** Worker threads that describe structures: batches are dealt out in order and answered in any order. */
import { Worker } from 'node:worker_threads';
import type { DescriptorRecipe } from '../../../src-compute/analysis/descriptors/descriptor.ts';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { workerFile } from '../worker-file.ts';
import type { Batch, DescribedBatch } from './descriptor-batch.ts';

/** Batches under way to one worker: one that is computed and one that waits. */
const WINDOW = 2;

export class DescriptorPool implements Disposable {
  private readonly workers: readonly Worker[];

  constructor(recipe: DescriptorRecipe, threads: number) {
    this.workers = Array.from(
      { length: threads },
      () => new Worker(workerFile('./descriptor-worker.ts', import.meta.url), { workerData: recipe }),
    );
  }

  /**
   * Describes batches; each is asked for when a worker is free.
   * @param next the next batch, or undefined when there are no more
   * @param onBatch called for every batch that is done, in any order; what it throws ends the work
   */
  async run(next: () => Batch | undefined, onBatch: (batch: DescribedBatch) => void): Promise<void> {
    await Promise.all(this.workers.map((worker) => serve(worker, next, onBatch)));
  }

  [Symbol.dispose](): void {
    for (const worker of this.workers) void worker.terminate();
  }
}

/** Keeps one worker busy until there are no more batches. */
function serve(
  worker: Worker,
  next: () => Batch | undefined,
  onBatch: (batch: DescribedBatch) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let open = 0;
    const attempt = (work: () => void) => {
      try {
        work();
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const feed = () => {
      while (open < WINDOW) {
        const batch = next();
        if (batch === undefined) break;
        worker.postMessage(batch);
        open++;
      }
      if (open === 0) resolve();
    };
    worker.on('message', (batch: DescribedBatch) => {
      attempt(() => {
        open--;
        onBatch(batch);
        feed();
      });
    });
    worker.on('error', (cause) => {
      reject(stopped(cause));
    });
    // one that ends without an error (a module of it called exit) would be waited for for ever
    worker.on('exit', () => reject(stopped()));
    attempt(feed);
  });
}

function stopped(cause?: unknown): ForcewrightError {
  return new ForcewrightError('A thread that describes structures has stopped.', {
    remedy: 'Most often there is too little memory: try again with fewer threads.',
    cause,
  });
}
