/**
 * Worker threads of the WebAssembly backend in Node: from the TypeScript sources as well as from the bundle, where
 * engine-worker.js lies in out/main.
 */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { WorkerHandle } from '../../src-compute/workers/protocol.ts';
import { provideWorkers } from '../../src-compute/workers/team.ts';

/** The worker's file: beside this one in the sources, beside or above it in the bundle. */
function workerFile(): URL {
  const candidates = import.meta.url.endsWith('.ts')
    ? ['./engine-worker.ts']
    : ['./engine-worker.js', '../engine-worker.js'];
  const found = candidates.map((name) => new URL(name, import.meta.url)).find((url) => existsSync(url));
  if (!found) throw new Error(`engine-worker.js is missing beside ${import.meta.url}`);
  return found;
}

/** Starts a worker that does not keep the program alive. */
export function spawnNodeWorker(): WorkerHandle {
  const worker = new Worker(workerFile());
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
