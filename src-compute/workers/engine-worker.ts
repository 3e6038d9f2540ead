/** What runs in a worker: waits for phases and takes chunks. Hosts wrap it in an entry file of their own. */
import { ChunkRunner } from '../backends/wasm/chunks.ts';
import { TEAM } from './protocol.ts';
import type { WorkerMessage } from './protocol.ts';

/** How often a worker looks for the next phase before it goes to sleep: phases of one step follow each other closely. */
const LOOKS = 4000;

/** How long a worker sleeps on the shared words before it looks for messages, ms. */
const NAP = 20;

/**
 * Serves the calling thread until the worker is terminated.
 * @param receive registers the listener for messages
 */
export function serveTeam(receive: (listener: (message: WorkerMessage) => void) => void): void {
  const engines = new Map<number, ChunkRunner>();
  receive((message) => {
    switch (message.type) {
      case 'join':
        void work(new Int32Array(message.control), message.thread, engines);
        break;
      case 'engine':
        engines.set(message.id, new ChunkRunner(message.module, message.memory));
        break;
      case 'forget':
        engines.delete(message.id);
    }
  });
}

async function work(
  control: Int32Array<SharedArrayBuffer>,
  thread: number,
  engines: Map<number, ChunkRunner>,
): Promise<void> {
  Atomics.add(control, TEAM.started, 1);
  for (;;) {
    const generation = Atomics.load(control, TEAM.generation);
    if (!takeChunks(control, thread, engines)) {
      // an engine that it has not heard of: its message is waiting
      await nextTask();
      continue;
    }
    for (let look = 0; look < LOOKS && Atomics.load(control, TEAM.generation) === generation; look++);
    if (Atomics.wait(control, TEAM.generation, generation, NAP) === 'timed-out') {
      const sleep = Atomics.waitAsync(control, TEAM.generation, generation);
      if (sleep.async) await sleep.value;
      await nextTask();
    }
  }
}

/** Takes chunks while there are any. False when the engine is unknown. */
function takeChunks(
  control: Int32Array<SharedArrayBuffer>,
  thread: number,
  engines: Map<number, ChunkRunner>,
): boolean {
  Atomics.store(control, TEAM.busy + thread, 1);
  try {
    if (Atomics.load(control, TEAM.open) === 0 || thread >= Atomics.load(control, TEAM.limit)) return true;
    const runner = engines.get(Atomics.load(control, TEAM.engine));
    if (!runner) return false;
    const phase = Atomics.load(control, TEAM.phase);
    const chunks = Atomics.load(control, TEAM.chunks);
    for (;;) {
      const chunk = Atomics.add(control, TEAM.next, 1);
      if (chunk >= chunks) return true;
      runner.run(phase, chunk, thread);
    }
  } catch (error) {
    Atomics.store(control, TEAM.failed, 1);
    console.error('A worker of the WebAssembly backend failed:', error);
    return true;
  } finally {
    Atomics.store(control, TEAM.busy + thread, 0);
    Atomics.add(control, TEAM.left, 1);
    Atomics.notify(control, TEAM.left);
  }
}

/** Lets messages in. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
