/** Node's entry file of a worker of a fit. */
import { parentPort } from 'node:worker_threads';
import v8 from 'node:v8';
import type { FitRequest } from '../../../src-compute/fitting/fit-protocol.ts';
import { fitWorker } from '../../../src-compute/fitting/fit-worker.ts';

// kernels run for seconds inside one call: compile them optimised from the start (see PLATFORM.md)
v8.setFlagsFromString('--no-liftoff');
v8.setFlagsFromString('--no-wasm-lazy-compilation');

const handle = fitWorker((message, transfer) => parentPort?.postMessage(message, transfer as ArrayBuffer[]));
parentPort?.on('message', (request: FitRequest) => {
  handle(request);
});
