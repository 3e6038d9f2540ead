/**
 * Entry of a worker thread or child process that runs one job. The project file is where the job is read from and
 * where its results go; the port carries progress to the one who started it, and 'cancel' back.
 *
 * As a thread: new Worker(url, { workerData: { projectPath, jobId } }).
 * As a process: node job-worker.js PROJECT JOB-ID (with an IPC channel when forked).
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { wordsFor } from '../error-words.ts';
import { Project } from '../store/project.ts';
import { JobService } from './jobs/job-service.ts';
import type { JobEvent } from './jobs/runner.ts';
import type { JobNotBegun } from './jobs/worker-job.ts';

const inputSchema = z.object({ projectPath: z.string(), jobId: z.coerce.number().int() });

async function main(): Promise<void> {
  const input = inputSchema.parse(
    isMainThread ? { projectPath: process.argv[2], jobId: process.argv[3] } : workerData,
  );
  const controller = new AbortController();
  const listen = (message: unknown) => {
    if (message === 'cancel') controller.abort();
  };
  const send = (event: JobEvent) => {
    if (parentPort !== null) parentPort.postMessage(event);
    else process.send?.(event);
  };
  parentPort?.on('message', listen);
  if (isMainThread) process.on('message', listen);
  using open = new DisposableStack();
  let service: JobService;
  try {
    const project = open.use(Project.open(input.projectPath));
    service = open.use(new JobService(project));
  } catch (error) {
    const { message, remedy } = wordsFor(error, { project: input.projectPath });
    if (isMainThread) throw error;
    parentPort?.postMessage({ type: 'not begun', message, remedy } satisfies JobNotBegun);
    return;
  }
  open.use(service.watch(send));
  try {
    await service.run(input.jobId, controller.signal);
  } catch (error) {
    // the reason is in the job's row, where everyone can read it; unless the disk is full and it could not be written
    if (isMainThread) process.exitCode = 1;
    else if (service.get(input.jobId).state === 'running') {
      const { message, remedy } = wordsFor(error, { project: input.projectPath });
      parentPort?.postMessage({ type: 'not begun', message, remedy } satisfies JobNotBegun);
    }
  } finally {
    parentPort?.off('message', listen);
    if (isMainThread) process.off('message', listen);
    if (isMainThread) process.disconnect?.();
  }
}

await main();
// whatever a runner left open (threads of its own, timers) ends with its job; process.exit() ends only this thread
if (!isMainThread) process.exit();
