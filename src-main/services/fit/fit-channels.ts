/** Worker threads for a fit in Node, from the TypeScript sources as well as from the bundle. */
import { Worker } from 'node:worker_threads';
import { FitError } from '../../../src-compute/errors.ts';
import type { DesignPoint, DesignSettings } from '../../../src-compute/fitting/design-pass.ts';
import type { FitChannel, FitReply } from '../../../src-compute/fitting/fit-protocol.ts';
import type { FitPassName } from '../../../src-compute/forms/fit-form.ts';
import { workerFile } from '../worker-file.ts';

const STOPPED =
  'Most often there is too little memory: fit again with fewer threads. What was reached is in the last checkpoint (--resume).';

/** Starts the workers of a fit. @param pass what they do with the data, their workerData */
export function openFitChannels<Settings = DesignSettings, Point = DesignPoint>(
  count: number,
  pass: FitPassName,
): FitChannel<Settings, Point>[] {
  return Array.from({ length: count }, () => {
    const worker = new Worker(workerFile('./fit-worker.ts', import.meta.url), { workerData: pass });
    return {
      post: (message) => worker.postMessage(message),
      listen: (onReply, onError) => {
        worker.removeAllListeners('message').removeAllListeners('error').removeAllListeners('exit');
        worker.on('message', (reply: FitReply) => onReply(reply));
        worker.on('error', onError);
        // one that ends without an error (a module of it called exit) would be waited for for ever
        worker.on('exit', () =>
          onError(new FitError('A thread of the fit has stopped.', { remedy: STOPPED })),
        );
      },
      terminate: () => void worker.terminate(),
    };
  });
}
