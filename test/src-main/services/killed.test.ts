import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTask } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeConfigurations } from '../../../src-main/formats/index.ts';
import { DatasetService } from '../../../src-main/services/datasets/dataset-service.ts';
import { JobService } from '../../../src-main/services/jobs/job-service.ts';
import { Project } from '../../../src-main/store/project.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';
import { repositoryRoot } from '../../support/shared.ts';

const folder = temporaryFolder();
const source = join(folder, 'large.xyz');
const CONFIGURATIONS = 300;

beforeAll(async () => {
  const configurations = Array.from({ length: CONFIGURATIONS }, (_, k) => crystal(8, k));
  await writeConfigurations(source, 'extxyz', configurations);
});

/** Imports in a process of its own and kills it with SIGKILL when `when` says so; false when it was done before. */
async function killedImport(path: string, when: (seen: string) => boolean): Promise<boolean> {
  const script = join(repositoryRoot, 'test', 'support', 'kill-import.ts');
  const child = spawn(process.execPath, [script, path, source], { stdio: ['ignore', 'pipe', 'inherit'] });
  let seen = '';
  child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  const exited = once(child, 'exit');
  while (child.exitCode === null && !when(seen)) await nextTask();
  child.kill('SIGKILL');
  const [, signal] = (await exited) as [number | null, string | null];
  return signal === 'SIGKILL';
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

describe('an import that is killed', () => {
  const moments: [string, (path: string) => (seen: string) => boolean][] = [
    ['while it reads', () => (seen) => /^0\.[2-6]/m.test(seen)],
    ['just before it saves', () => (seen) => seen.includes('saving')],
    // the log of changes grows only while the project itself is written: this is in the middle of its one transaction
    ['while it saves', (path) => () => sizeOf(`${path}-wal`) > 1.5e6],
  ];
  it.each(moments)('%s leaves the project as it was, and can be resumed', async (name, moment) => {
    const path = join(folder, `${name.replaceAll(' ', '-')}.fwproj`);
    {
      using project = Project.open(path, { create: true });
      addDataset(project, 'before', [crystal(3, 1)]);
    }
    expect(await killedImport(path, moment(path))).toBe(true);
    using project = Project.open(path);
    expect(project.integrity()).toEqual([]);
    using jobs = new JobService(project);
    const datasets = new DatasetService(project);
    expect(datasets.list().map((dataset) => dataset.name)).toEqual(['before']);
    expect(project.sqlite.prepare('SELECT count(*) FROM configurations').pluck().get()).toBe(1);
    expect(project.sqlite.prepare('SELECT count(*) FROM configuration_data').pluck().get()).toBe(1);
    const [job] = jobs.list();
    expect(job.state).toBe('interrupted');
    expect((await jobs.run(job.id)).state).toBe('done');
    expect(datasets.get('large').configurationCount).toBe(CONFIGURATIONS);
    expect(jobs.get(job.id).attempts).toBe(2);
  });
});
