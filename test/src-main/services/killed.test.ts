import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTask } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeConfigurations } from '../../../src-main/formats/index.ts';
import { DatasetService } from '../../../src-main/services/datasets/dataset-service.ts';
import { JobService } from '../../../src-main/services/jobs/job-service.ts';
import { ProjectService } from '../../../src-main/services/project-service.ts';
import { Project } from '../../../src-main/store/project.ts';
import { TrajectoryRepository } from '../../../src-main/store/trajectories.ts';
import { addDataset, argonRun, crystal, temporaryFolder } from '../../support/project.ts';
import { repositoryRoot } from '../../support/shared.ts';

const folder = temporaryFolder();
const source = join(folder, 'large.xyz');
const CONFIGURATIONS = 300;

beforeAll(async () => {
  const configurations = Array.from({ length: CONFIGURATIONS }, (_, k) => crystal(8, k));
  await writeConfigurations(source, 'extxyz', configurations);
});

/** Imports in a process of its own and kills it with SIGKILL when `when` says so; false when it was done before. */
function killedImport(
  path: string,
  when: (seen: string) => boolean,
  files: readonly string[] = [source],
): Promise<boolean> {
  return killed('kill-import.ts', [path, ...files], when);
}

/** Runs a script of test/support and kills it. */
async function killed(
  name: string,
  args: readonly string[],
  when: (seen: string) => boolean,
): Promise<boolean> {
  const script = join(repositoryRoot, 'test', 'support', name);
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
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

describe('an import of several files that is killed', () => {
  const files = ['first', 'second', 'third'].map((name) => join(folder, `${name}.xyz`));
  const EACH = 60;
  beforeAll(async () => {
    const configurations = Array.from({ length: EACH }, (_, k) => crystal(6, k));
    // frames that are bad are left out; the same structures twice are flagged when all is saved
    for (const file of files) {
      await writeConfigurations(file, 'extxyz', configurations);
      appendFileSync(file, '1\nProperties=species:S:1:pos:R:3\nSi nonsense 0 0\n');
    }
  });

  const moments: [string, (path: string) => (seen: string) => boolean][] = [
    ['in the second file', () => (seen) => seen.includes('second.xyz')],
    ['after the last file', () => (seen) => seen.includes('saving')],
    ['while it saves', (path) => () => sizeOf(`${path}-wal`) > 4e5],
    ['while it saves the last', (path) => () => sizeOf(`${path}-wal`) > 1.6e6],
    ['when all is said', () => (seen) => seen.includes('imported')],
  ];
  it.each(moments)('%s leaves all of it or nothing, and makes nothing twice', async (name, moment) => {
    const path = join(folder, `several-${name.replaceAll(' ', '-')}.fwproj`);
    Project.open(path, { create: true }).close();
    await killedImport(path, moment(path), ['--skip-bad', ...files]);
    using project = Project.open(path);
    using jobs = new JobService(project);
    const datasets = new DatasetService(project);
    const [job] = jobs.list();
    expect(datasets.list()).toHaveLength(job.state === 'done' ? 3 : 0);
    if (job.state !== 'done') {
      expect(job.state).toBe('interrupted');
      expect(project.sqlite.prepare('SELECT count(*) FROM configurations').pluck().get()).toBe(0);
      await jobs.run(job.id);
    }
    expect(datasets.list().map((dataset) => dataset.name)).toEqual(['first', 'second', 'third']);
    const twice = datasets.list().map(({ id }) => datasets.store.select(id, { flags: ['duplicate'] }).length);
    expect(twice).toEqual([0, EACH, EACH]);
    expect(() => jobs.checkResumable(job.id)).toThrow('done already');
  });
});

describe('a run that is killed before its first checkpoint', () => {
  it('leaves no half trajectory in the project', async () => {
    const path = join(folder, 'run.fwproj');
    let id = 0;
    {
      using service = ProjectService.open(path, { create: true });
      id = service.jobs.create('md', 'run', argonRun(service, { steps: 2000, every: 10 }));
    }
    const wrote = () => {
      using project = Project.open(path);
      return new TrajectoryRepository(project).list().some(({ frames }) => frames > 0);
    };
    expect(await killed('kill-job.ts', [path, String(id), 'real'], wrote)).toBe(true);
    expect(wrote()).toBe(true);
    using service = ProjectService.open(path);
    expect(service.jobs.get(id).state).toBe('interrupted');
    expect(service.trajectories.list()).toEqual([]);
    await service.jobs.run(id);
    expect(service.trajectories.list()).toMatchObject([{ frames: 201, complete: true }]);
  });
});
