/** Worker threads for a fit in Node, from the TypeScript sources as well as from the bundle. */
import { Worker } from 'node:worker_threads';
import type { FitChannel, FitReply } from '../../../src-compute/fitting/fit-protocol.ts';
import type {
  TensorPassSettings,
  TensorPoint,
} from '../../../src-compute/fitting/tensor-regression/tensor-pass.ts';
import { workerFile } from '../worker-file.ts';
import { FitError } from '../../../src-compute/errors.ts';

/** Which functional form a worker fits; its workerData. */
export type FitWorkerForm = 'moment-tensor' | 'tensor-regression';

/** Starts the workers of a fit of a moment tensor potential. */
export function openFitChannels(count: number): FitChannel[] {
  return openChannels(count, 'moment-tensor');
}

/** Starts the workers of a fit of a tensor-regression potential. */
export function openTensorFitChannels(count: number): FitChannel<TensorPassSettings, TensorPoint>[] {
  return openChannels(count, 'tensor-regression');
}

function openChannels<Settings, Point>(count: number, form: FitWorkerForm): FitChannel<Settings, Point>[] {
  return Array.from({ length: count }, () => {
    const worker = new Worker(workerFile('./fit-worker.ts', import.meta.url), { workerData: form });
    return {
      post: (message) => worker.postMessage(message),
      listen: (onReply, onError) => {
        worker.removeAllListeners('message').removeAllListeners('error').removeAllListeners('exit');
        worker.on('message', (reply: FitReply) => onReply(reply));
        worker.on('error', onError);
        // one that ends without an error (a module of it called exit) would be waited for for ever
        worker.on('exit', () => onError(new FitError('A thread of the fit has stopped.')));
      },
      terminate: () => void worker.terminate(),
    };
  });
}
