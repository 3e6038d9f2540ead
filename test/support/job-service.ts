/** A service of jobs whose runner a test gives. */
import { setTimeout as wait } from 'node:timers/promises';
import { JobService } from '../../src-main/services/jobs/job-service.ts';
import type { JobContext, JobRunner } from '../../src-main/services/jobs/runner.ts';
import type { JsonValue } from '../../src-main/store/json.ts';
import type { Project } from '../../src-main/store/project.ts';
import { counting } from './kill-job.ts';

/** Jobs of the kinds 'test', which run what is given, and 'count'. */
export function serviceFor(project: Project, run: (context: JobContext) => Promise<JsonValue>): JobService {
  const runner: JobRunner = { kind: 'test', run };
  return new JobService(project, {
    runners: { test: () => Promise.resolve(runner), count: () => Promise.resolve(counting) },
  });
}

/** Waits until something is so; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(10);
}
