/**
 * What is given up at once has bounded room wherever an import runs: V8 fills 96 to 192 MB of it before it looks what is
 * still in use, and that was most of the memory of an import (test/benchmarks/import-throughput.ts).
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WorkerJob } from '../../../../src-main/services/jobs/worker-job.ts';
import { temporaryFolder } from '../../../support/project.ts';

const folder = temporaryFolder();

/** Makes objects that live for a while, a few thousand at a time, and tells the largest young generation meanwhile, MB. */
const FILL = `function filled() {
  const { getHeapSpaceStatistics } = require('node:v8');
  let most = 0;
  for (let k = 0, kept = []; k < 1_500_000; k++) {
    kept.push({ k, list: [k] });
    if (kept.length > 200_000) kept = [];
    if (k % 10_000 !== 0) continue;
    const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    most = Math.max(most, space.space_size / 2 ** 20);
  }
  return most;
}`;

describe('the young generation', () => {
  it('is small in the thread of a job', async () => {
    const file = join(folder, 'fill.cjs');
    writeFileSync(
      file,
      `${FILL}\nrequire('node:worker_threads').parentPort.postMessage({ type: 'filled', most: filled() });`,
    );
    const told: unknown[] = [];
    const job = new WorkerJob('none.fwproj', 1, new URL(`file://${file}`), (event) => told.push(event));
    await job.finished;
    expect(told).toEqual([{ type: 'filled', most: expect.any(Number) as number }]);
    expect((told[0] as { most: number }).most).toBeLessThanOrEqual(32);
  });

  it('is small in the command line', () => {
    const hook = join(folder, 'hook.cjs');
    writeFileSync(hook, `${FILL}\nconsole.log(filled());\nprocess.exit();`);
    const environment = { ...process.env, NODE_OPTIONS: `--require ${hook}` };
    const most = execFileSync(resolve('bin/forcewright'), ['--version'], {
      encoding: 'utf8',
      env: environment,
    });
    expect(Number(most)).toBeGreaterThan(0);
    expect(Number(most)).toBeLessThanOrEqual(32);
  });
});
