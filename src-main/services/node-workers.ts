/**
 * Worker threads of the WebAssembly backend in Node: from the TypeScript sources as well as from the bundle, where
 * engine-worker.js lies in out/main.
 */
import { Worker } from 'node:worker_threads';
import type { WorkerHandle } from '../../src-compute/workers/protocol.ts';
import { provideWorkers } from '../../src-compute/workers/team.ts';
import { workerFile } from './worker-file.ts';

/** Starts a worker that does not keep the program alive. */
export function spawnNodeWorker(): WorkerHandle {
  const worker = new Worker(workerFile('./engine-worker.ts', import.meta.url));
  worker.unref();
  worker.on('error', (error) => {
    console.error('A worker of the WebAssembly backend could not run:', error);
  });
  return nodeWorkerHandle(worker);
}

/** A thread of Node as the team wants it. */
export function nodeWorkerHandle(worker: Worker): WorkerHandle & { readonly alive: () => boolean } {
  return {
    post: (message) => {
      worker.postMessage(message);
    },
    terminate: () => void worker.terminate(),
    // A thread that has stopped has no event loop whose idle time could be told (−1), nor its age (both are 0 when it is
    // asked for the first time); one that was seen at work has. Its 'exit' event would come too late: only when this
    // thread lets events in.
    alive: () => {
      const { idle, active } = worker.performance.eventLoopUtilization();
      return idle >= 0 && (idle > 0 || active > 0);
    },
  };
}

/** Lets force engines of this thread use several cores. Call once at the start of a program or job. */
export function useNodeWorkers(): void {
  provideWorkers(spawnNodeWorker);
}
