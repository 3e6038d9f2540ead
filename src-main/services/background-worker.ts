/**
 * Entry of the thread that does the tasks of background/tasks.ts, one after the other, on a connection of its own.
 * Started by background/background.ts with the project's path; 'close' ends it when all before is done.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { wordsFor } from '../error-words.ts';
import { asSentence } from '../platform/file-error.ts';
import { Project } from '../store/project.ts';
import { StoreError } from '../store/store-error.ts';
import type { TaskAnswer, TaskCancelled, TaskRequest } from './background/background.ts';
import { TASKS } from './background/tasks.ts';

/** How long a change waits for others that write, ms. */
const BUSY_TIMEOUT = 60_000;

const { projectPath } = z.object({ projectPath: z.string() }).parse(workerData);
let project: Project | undefined;

/** Of the tasks that are under way or wait. */
const running = new Map<number, AbortController>();

async function answer({ number, task, input }: TaskRequest): Promise<TaskAnswer> {
  try {
    project ??= Project.open(projectPath, { busyTimeoutMs: BUSY_TIMEOUT });
    const work = TASKS[task] as (project: Project, input: unknown, signal?: AbortSignal) => unknown;
    return { number, result: await work(project, input, running.get(number)?.signal) };
  } catch (thrown) {
    const error = asSentence(thrown);
    const { message, remedy, expected } = wordsFor(error, { project: projectPath });
    if (!expected)
      process.stderr.write(`Unexpected error in ${task}: ${error instanceof Error ? error.stack : error}\n`);
    const reason = error instanceof StoreError ? error.reason : undefined;
    return { number, error: { message, remedy, reason } };
  } finally {
    running.delete(number);
  }
}

/** Arrays go along without being copied. */
function transferred({ result }: TaskAnswer): ArrayBuffer[] {
  return result instanceof Uint8Array && result.buffer instanceof ArrayBuffer ? [result.buffer] : [];
}

let last = Promise.resolve();
parentPort?.on('message', (request: TaskRequest | TaskCancelled | 'close') => {
  if (request !== 'close' && 'cancelled' in request) {
    running.get(request.cancelled)?.abort();
    return;
  }
  // a file that is being written is given up; changes of the project are not, once they began
  if (request === 'close') for (const controller of running.values()) controller.abort();
  else running.set(request.number, new AbortController());
  // one after the other: what is asked for later finds what was done before
  last = last.then(async () => {
    if (request === 'close') {
      project?.close();
      process.exit();
    }
    const reply = await answer(request);
    parentPort?.postMessage(reply, transferred(reply));
  });
});
