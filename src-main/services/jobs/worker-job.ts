/** One job in a worker thread, seen from the thread that started it. */
import { Worker } from 'node:worker_threads';
import { workerFile } from '../worker-file.ts';
import type { JobEvent } from './runner.ts';

/** What the worker is started with. */
export interface JobWorkerData {
  readonly projectPath: string;
  readonly jobId: number;
}

export class WorkerJob {
  /** Resolves when the thread has ended, with a sentence when it crashed. */
  readonly finished: Promise<string | undefined>;
  private readonly worker: Worker;

  constructor(projectPath: string, jobId: number, url: URL | undefined, watch: (event: JobEvent) => void) {
    const workerData: JobWorkerData = { projectPath, jobId };
    this.worker = new Worker(url ?? workerFile('../job-worker.ts', import.meta.url), { workerData });
    this.worker.on('message', (event: JobEvent) => watch(event));
    this.finished = new Promise((resolve) => {
      let crash: string | undefined;
      this.worker.on('error', (error) => (crash = error instanceof Error ? error.message : String(error)));
      this.worker.on('exit', () => resolve(crash));
    });
  }

  cancel(): void {
    this.worker.postMessage('cancel');
  }

  terminate(): void {
    void this.worker.terminate();
  }
}
