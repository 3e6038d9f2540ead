/** Node's entry file of a worker of the WebAssembly backend. */
import { parentPort } from 'node:worker_threads';
import { serveTeam } from '../../src-compute/workers/engine-worker.ts';

serveTeam((listener) => parentPort?.on('message', listener));
