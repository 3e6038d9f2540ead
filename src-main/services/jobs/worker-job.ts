/** One job in a worker thread, seen from the thread that started it. */
import { Worker } from 'node:worker_threads';
import { wordsFor } from '../../error-words.ts';
import type { JobFailure } from '../../store/jobs.ts';
import { workerFile } from '../worker-file.ts';
import type { JobEvent } from './runner.ts';

/** What the worker is started with. */
export interface JobWorkerData {
  readonly projectPath: string;
  readonly jobId: number;
}

/** What a worker says when it could not even begin, or not write how its job ended: errors that cross to another thread lose their remedy. */
export interface JobNotBegun extends JobFailure {
  readonly type: 'not begun';
}

/** Room for what is given up again at once, MB: that of `bin/forcewright`, three parts of 8; imports fill whatever there is. */
const resourceLimits = { maxYoungGenerationSizeMb: 24 };

export class WorkerJob {
  /** Resolves when the thread has ended, with a sentence when it said why it could not go on. */
  readonly finished: Promise<JobFailure | undefined>;
  private readonly worker: Worker;

  constructor(projectPath: string, jobId: number, url: URL | undefined, watch: (event: JobEvent) => void) {
    const workerData: JobWorkerData = { projectPath, jobId };
    const file = url ?? workerFile('../job-worker.ts', import.meta.url);
    this.worker = new Worker(file, { workerData, resourceLimits });
    this.finished = new Promise((resolve) => {
      let failure: JobFailure | undefined;
      this.worker.on('message', (event: JobEvent | JobNotBegun) => {
        if (event.type === 'not begun') failure = { message: event.message, remedy: event.remedy };
        else watch(event);
      });
      this.worker.on('error', (error) => {
        const { message, remedy, expected } = wordsFor(error, { project: projectPath });
        if (expected) failure = { message, remedy };
        else
          process.stderr.write(
            `The worker of job ${jobId} ended: ${error instanceof Error ? error.stack : error}\n`,
          );
      });
      this.worker.on('exit', () => resolve(failure));
    });
  }

  cancel(): void {
    this.worker.postMessage('cancel');
  }

  terminate(): void {
    void this.worker.terminate();
  }
}
