/**
 * Run as a process of its own by tests that kill it: a job that counts, with checkpoints, or (with `real`) any job.
 * Arguments: project, job, [real].
 */
import { setTimeout as wait } from 'node:timers/promises';
import { JobService } from '../../src-main/services/jobs/job-service.ts';
import type { JobRunner } from '../../src-main/services/jobs/runner.ts';
import { Project } from '../../src-main/store/project.ts';

/** Counts to 1000 and never does a number twice when it is resumed. */
export const counting: JobRunner = {
  kind: 'count',
  async run(context) {
    const first = context.lastCheckpoint?.data[0] ?? 0;
    context.log(`from ${first}`);
    for (let k = first; k < 100; k++) {
      context.throwIfCancelled();
      context.progress({
        fraction: k / 100,
        message: `at ${k}`,
        points: [{ series: 'count', x: k, y: k * k }],
      });
      context.checkpoint(Uint8Array.of(k + 1), 2);
      if (first === 0) await wait(20);
    }
    return { counted: 100, first };
  },
};

const [path, id, real] = process.argv.slice(2);
if (import.meta.main) {
  using project = Project.open(path);
  const options = real === 'real' ? {} : { runners: { count: () => Promise.resolve(counting) } };
  using service = new JobService(project, options);
  await service.run(Number(id)).catch(() => undefined);
}
