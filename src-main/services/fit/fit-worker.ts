/** Node's entry file of a worker of a fit. */
import { parentPort, workerData } from 'node:worker_threads';
import v8 from 'node:v8';
import type { FitReply } from '../../../src-compute/fitting/fit-protocol.ts';
import { aceFitWorker, fitWorker, tensorFitWorker } from '../../../src-compute/fitting/fit-worker.ts';
import type { FitPassName } from '../../../src-compute/forms/fit-form.ts';

// kernels run for seconds inside one call: compile them optimised from the start (see PLATFORM.md)
v8.setFlagsFromString('--no-liftoff');
v8.setFlagsFromString('--no-wasm-lazy-compilation');

const reply = (message: FitReply, transfer: ArrayBufferLike[]) =>
  parentPort?.postMessage(message, transfer as ArrayBuffer[]);
const WORKERS = {
  'moment-tensor': fitWorker,
  descriptors: tensorFitWorker,
  'ace-parameters': aceFitWorker,
} satisfies Record<FitPassName, unknown>;
parentPort?.on('message', WORKERS[workerData as FitPassName](reply));
