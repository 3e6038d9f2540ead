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
  return {
    post: (message) => {
      worker.postMessage(message);
    },
    terminate: () => void worker.terminate(),
  };
}

/** Lets force engines of this thread use several cores. Call once at the start of a program or job. */
export function useNodeWorkers(): void {
  provideWorkers(spawnNodeWorker);
}
