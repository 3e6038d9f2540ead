/** Jobs whose work is done by another process or thread, and what is left when that dies. */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { writeConfigurations } from '../../../src-main/formats/index.ts';
import { DatasetService } from '../../../src-main/services/datasets/dataset-service.ts';
import { sealOf } from '../../../src-main/services/jobs/job-seal.ts';
import { JobService } from '../../../src-main/services/jobs/job-service.ts';
import type { JobEvent } from '../../../src-main/services/jobs/runner.ts';
import { JobRepository } from '../../../src-main/store/jobs.ts';
import { Project } from '../../../src-main/store/project.ts';
import { counting } from '../../support/kill-job.ts';
import { crystal, temporaryFolder } from '../../support/project.ts';
import { repositoryRoot } from '../../support/shared.ts';
import { serviceFor, until } from '../../support/job-service.ts';

const folder = temporaryFolder();
let count = 0;
const newProject = () => Project.open(join(folder, `${++count}.fwproj`), { create: true });

describe('a job whose process dies', () => {
  it('is interrupted at the next look, keeps its checkpoint and is resumed without doing anything twice', async () => {
    using project = newProject();
    using service = serviceFor(project, () => Promise.resolve(null));
    const id = service.create('count', 'counting', {});
    const child = spawn(
      process.execPath,
      [join(repositoryRoot, 'test', 'support', 'kill-job.ts'), project.path, String(id)],
      { stdio: 'inherit' },
    );
    await until(() => service.points(id).length > 5);
    expect(service.markInterrupted()).toEqual([]);
    expect(service.get(id)).toMatchObject({ state: 'running', process: { pid: child.pid } });
    await expect(service.run(id)).rejects.toThrow(/running already/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    using reopened = Project.open(project.path);
    using again = new JobService(reopened, { runners: { count: () => Promise.resolve(counting) } });
    expect(again.get(id)).toMatchObject({ state: 'interrupted', process: undefined });
    const done = new JobRepository(reopened).checkpoint(id)?.data[0] ?? 0;
    expect(done).toBeGreaterThan(5);
    expect((await again.run(id)).result).toEqual({ counted: 100, first: done });
    // the step under way was done twice, and its point is there once
    expect(again.points(id).map((point) => point.x)).toEqual(Array.from({ length: 100 }, (_, k) => k));
  });

  it('before it began leaves it to be resumed, not waiting for ever', async () => {
    using project = newProject();
    const jobs = new JobRepository(project);
    const gone = spawn(process.execPath, ['-e', '']);
    await once(gone, 'exit');
    const owner = { host: hostname(), pid: gone.pid ?? 0, processStart: '1' };
    const id = jobs.create('test', 'a test', {}, owner, sealOf);
    using service = serviceFor(project, () => Promise.resolve({}));
    expect(service.get(id).state).toBe('interrupted');
    expect((await service.run(id)).state).toBe('done');
  });

  it('is not mistaken for another process that got its number', () => {
    using project = newProject();
    const jobs = new JobRepository(project);
    const id = jobs.create('test', 'a test', {});
    // this process lives, and did not start at that time
    jobs.claim(id, {
      host: (jobs.get(id).process?.host ?? '') || 'nowhere',
      pid: process.pid,
      processStart: '1',
    });
    using service = new JobService(project);
    // on another computer: believed while its heartbeat is young
    expect(service.get(id).state).toBe('running');
    project.sqlite.prepare('UPDATE jobs SET heartbeat_at = 0').run();
    expect(service.markInterrupted()).toHaveLength(1);
  });
});

describe('a job in a worker', () => {
  const source = join(folder, 'worker.xyz');
  const configurations = Array.from({ length: 200 }, (_, k) => crystal(3, k));

  it('runs in a thread, reports, and leaves its result in the project', async () => {
    await writeConfigurations(source, 'extxyz', configurations);
    using project = newProject();
    using service = new JobService(project);
    const seen: JobEvent[] = [];
    service.watch((event) => seen.push(event));
    const { id, finished } = service.submit('import', 'import', { files: [source] });
    expect(() => service.start(id)).toThrow(/running already/);
    const job = await finished;
    expect(job).toMatchObject({
      state: 'done',
      result: { datasets: [{ name: 'worker', configurations: 200 }] },
    });
    expect(seen.some((event) => event.type === 'progress')).toBe(true);
    expect(seen[seen.length - 1]).toEqual({ type: 'end', jobId: id });
    expect(new DatasetService(project).get('worker').atomCount).toBe(200 * 27);
  });

  it('is cancelled through its port, and fails with its own sentence', async () => {
    await writeConfigurations(source, 'extxyz', configurations);
    using project = newProject();
    using service = new JobService(project);
    const { id, finished } = service.submit('import', 'import', { files: [source] });
    service.watch((event) => {
      if (event.type === 'progress') service.cancel(id);
    });
    expect((await finished).state).toBe('cancelled');
    const bad = service.submit('import', 'import', { files: [join(folder, 'none.xyz')] });
    expect(await bad.finished).toMatchObject({
      state: 'failed',
      error: { message: expect.stringContaining('none.xyz cannot be read') },
    });
  });

  it.each([
    [
      'throws',
      "throw new Error('a fault of the program')",
      /^The worker of this job ended before it was done\.$/,
    ],
    ['ends without a word', 'process.exit(3)', /ended before it was done\.$/],
    ['dies of memory', "throw new Error('Worker terminated due to reaching memory limit')", /more memory/],
  ])('that %s leaves a sentence and can be resumed', async (_name, script, words) => {
    const broken = join(folder, 'broken-worker.mjs');
    writeFileSync(broken, script);
    await writeConfigurations(source, 'extxyz', configurations);
    using project = newProject();
    const settings = { files: [source] };
    let id: number;
    {
      using service = new JobService(project, { workerUrl: pathToFileURL(broken) });
      const submitted = service.submit('import', 'import', settings);
      id = submitted.id;
      const job = await submitted.finished;
      expect(job).toMatchObject({ state: 'failed', error: { message: expect.stringMatching(words) } });
      expect(job.error?.remedy).not.toBe('');
    }
    using service = new JobService(project);
    expect(await service.start(id).finished).toMatchObject({ state: 'done' });
  });

  it('runs in a process of its own too', async () => {
    await writeConfigurations(source, 'extxyz', configurations);
    using project = newProject();
    using service = new JobService(project);
    const id = service.create('import', 'import', { files: [source] });
    const worker = join(repositoryRoot, 'src-main', 'services', 'job-worker.ts');
    const child = fork(worker, [project.path, String(id)], { execArgv: [] });
    const messages: unknown[] = [];
    child.on('message', (message) => messages.push(message));
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    expect(service.get(id).state).toBe('done');
    expect(messages).toContainEqual({ type: 'end', jobId: id });
  });
});
