/** Detects and reads hostile files in a thread that can be ended when it does not come back. */
import { parentPort } from 'node:worker_threads';
import { FORMATS, readFrames } from '../../../src-main/formats/index.ts';

parentPort?.on('message', (message: { path: string; head: string; formats: readonly string[] }) => {
  void (async () => {
    for (const format of FORMATS) format.recognise(message.head);
    for (const format of [undefined, ...message.formats]) {
      try {
        for await (const frame of readFrames(message.path, { skipBad: true, ...(format && { format }) })) {
          if (frame.frame > 200) break;
        }
      } catch {
        // what it says is the matter of other tests; here it must come to an end
      }
    }
    parentPort?.postMessage('done');
  })();
});
