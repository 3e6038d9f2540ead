import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CancelledError, FitError } from '../../../src-compute/errors.ts';
import { JobService } from '../../../src-main/services/jobs/job-service.ts';
import { isAlive, thisProcess } from '../../../src-main/platform/process-identity.ts';
import type { JobEvent } from '../../../src-main/services/jobs/runner.ts';
import { RUNNERS } from '../../../src-main/services/jobs/runners.ts';
import { JobRepository } from '../../../src-main/store/jobs.ts';
import type { JsonValue } from '../../../src-main/store/json.ts';
import { Project } from '../../../src-main/store/project.ts';
import { temporaryFolder } from '../../support/project.ts';
import { serviceFor, until } from '../../support/job-service.ts';

const folder = temporaryFolder();
let count = 0;
const newProject = () => Project.open(join(folder, `${++count}.fwproj`), { create: true });

describe('a job', () => {
  it('goes from queued to done, with progress, curves, log and result for all to see', async () => {
    using project = newProject();
    using other = Project.open(project.path);
    const seen: JobEvent[] = [];
    let during: unknown;
    using service = serviceFor(project, async (context) => {
      expect(context.settings).toEqual({ level: 16 });
      context.log('begin');
      context.log('odd', 'warning');
      for (let k = 0; k < 10; k++)
        context.progress({
          fraction: k / 10,
          message: `step ${k}`,
          points: [{ series: 'loss', x: k, y: 1 / (k + 1) }],
        });
      context.progress({ fraction: 0.9, detail: { best: 0.1 } });
      context.checkpoint(Uint8Array.of(1));
      during = new JobRepository(other).get(context.jobId);
      await context.pause();
      return { potentialId: 7 };
    });
    service.watch((event) => seen.push(event));
    const id = service.create('test', 'a test', { level: 16 });
    expect(service.get(id)).toMatchObject({ state: 'queued', fraction: 0, attempts: 0 });
    const job = await service.run(id);
    expect(during).toMatchObject({
      state: 'running',
      fraction: 0.9,
      message: 'step 9',
      detail: { best: 0.1 },
      process: { pid: process.pid },
    });
    expect(job).toMatchObject({
      state: 'done',
      fraction: 1,
      result: { potentialId: 7 },
      attempts: 1,
      error: undefined,
    });
    expect(service.points(id).map((point) => point.y)).toEqual(
      Array.from({ length: 10 }, (_, k) => 1 / (k + 1)),
    );
    expect(service.points(id, service.points(id)[7].id)).toHaveLength(2);
    expect(service.log(id).map((line) => [line.level, line.text])).toEqual([
      ['info', 'begin'],
      ['warning', 'odd'],
    ]);
    expect(seen.filter((event) => event.type === 'progress')).toHaveLength(11);
    expect(seen[seen.length - 1]).toEqual({ type: 'end', jobId: id });
    // checkpoints of a finished job are of no use
    expect(new JobRepository(project).checkpoint(id)).toBeUndefined();
    await expect(service.run(id)).rejects.toThrow(/done already/);
  });

  it('that fails says why, and can be tried again', async () => {
    using project = newProject();
    let fail = true;
    using service = serviceFor(project, () => {
      if (fail)
        return Promise.reject(new FitError('The data has no energies.', { remedy: 'Import labelled data.' }));
      return Promise.resolve(null);
    });
    const id = service.create('test', 'a test', {});
    await expect(service.run(id)).rejects.toBeInstanceOf(FitError);
    expect(service.get(id)).toMatchObject({
      state: 'failed',
      error: { message: 'The data has no energies.', remedy: 'Import labelled data.' },
    });
    fail = false;
    expect(await service.run(id)).toMatchObject({ state: 'done', attempts: 2, error: undefined });
  });

  it('that goes on draws no point twice: those behind its checkpoint are made again', async () => {
    using project = newProject();
    let checkpoints = true;
    let fail = true;
    using service = serviceFor(project, (context) => {
      for (let k = context.lastCheckpoint?.data[0] ?? 0; k < 10; k++) {
        context.progress({ points: [{ series: 'loss', x: k, y: fail ? 1 : 2 }] });
        if (k === 4 && checkpoints) context.checkpoint(Uint8Array.of(5));
        if (k === 7 && fail) return Promise.reject(new Error('out of memory'));
      }
      return Promise.resolve(null);
    });
    for (const kept of [5, 0]) {
      checkpoints = kept > 0;
      fail = true;
      const id = service.create('test', 'a test', {});
      const other = service.create('test', 'another', {});
      await expect(service.run(id)).rejects.toThrow('out of memory');
      expect(service.points(id)).toHaveLength(8);
      fail = false;
      await service.run(other);
      await service.run(id);
      expect(service.points(id).map((point) => point.x)).toEqual(Array.from({ length: 10 }, (_, k) => k));
      expect(service.points(id).map((point) => point.y)).toEqual(
        Array.from({ length: 10 }, (_, k) => (k < kept ? 1 : 2)),
      );
      expect(service.points(other)).toHaveLength(10);
    }
  });

  it('keeps its last three checkpoints and goes on from the newest', async () => {
    using project = newProject();
    let attempt = 0;
    using service = serviceFor(project, (context) => {
      if (++attempt === 1) {
        expect(context.lastCheckpoint).toBeUndefined();
        for (let k = 1; k <= 5; k++) context.checkpoint(Uint8Array.of(k), 4);
        return Promise.reject(new Error('out of memory'));
      }
      return Promise.resolve(
        [...(context.lastCheckpoint?.data ?? [])].concat(context.lastCheckpoint?.version ?? 0),
      );
    });
    const id = service.create('test', 'a test', {});
    await expect(service.run(id)).rejects.toThrow('out of memory');
    const jobs = new JobRepository(project);
    expect([0, 1, 2, 3].map((back) => jobs.checkpoint(id, back)?.data[0])).toEqual([5, 4, 3, undefined]);
    expect((await service.run(id)).result).toEqual([5, 4]);
  });

  it('is cancelled by its signal, by its service, or by another process through the project', async () => {
    using project = newProject();
    using other = Project.open(project.path);
    using service = serviceFor(project, async (context) => {
      for (;;) {
        context.throwIfCancelled();
        await wait(5);
      }
    });
    using remote = new JobService(other);
    const ways: ((id: number, controller: AbortController) => void)[] = [
      (_id, controller) => controller.abort(),
      (id) => service.cancel(id),
      (id) => remote.cancel(id),
    ];
    for (const way of ways) {
      const id = service.create('test', 'a test', {});
      const controller = new AbortController();
      const run = service.run(id, controller.signal);
      await until(() => service.get(id).state === 'running');
      way(id, controller);
      await expect(run).rejects.toBeInstanceOf(CancelledError);
      expect(service.get(id)).toMatchObject({ state: 'cancelled', error: undefined });
    }
    const waiting = service.create('test', 'a test', {});
    expect(service.cancel(waiting).state).toBe('cancelled');
  });

  it('cannot be run twice at once, and what it writes is its own', async () => {
    using project = newProject();
    using service = serviceFor(project, async (context) => {
      context.project.sqlite.exec('BEGIN IMMEDIATE');
      context.project.sqlite.exec(
        "INSERT INTO analyses (kind, inputs_hash, inputs, created_at, result) VALUES ('a', '', '', 0, '')",
      );
      await wait(30);
      context.project.sqlite.exec('ROLLBACK');
      return null;
    });
    const id = service.create('test', 'a test', {});
    const run = service.run(id);
    await until(() => service.get(id).state === 'running');
    await expect(service.run(id)).rejects.toThrow(/running already/);
    await run;
    expect(project.sqlite.prepare('SELECT count(*) FROM analyses').pluck().get()).toBe(0);
  });

  it('of an unknown kind is refused in words', () => {
    using project = newProject();
    using service = new JobService(project);
    // names that every object of JavaScript has are no kinds
    for (const kind of ['nonsense', 'constructor', '__proto__', 'toString'])
      expect(() => service.create(kind, '', {})).toThrow(`cannot run jobs of the kind "${kind}"`);
    expect(() => service.get(99)).toThrow(/no job number 99/);
  });
});

describe('a clock that jumps', () => {
  afterEach(() => void vi.restoreAllMocks());

  it.each([
    ['back', -3_600_000],
    ['on', 3_600_000],
  ])(
    'an hour %s does not keep a job from hearing that it is to stop, nor from saying how far it is',
    async (_way, jump) => {
      using project = newProject();
      using other = Project.open(project.path);
      let steps = 0;
      using service = serviceFor(project, async (context) => {
        for (;;) {
          context.throwIfCancelled();
          context.progress({ message: `step ${++steps}` });
          await wait(5);
        }
      });
      using remote = new JobService(other);
      const id = service.create('test', 'a test', {});
      const run = service.run(id);
      const ended = expect(run).rejects.toBeInstanceOf(CancelledError);
      await until(() => remote.get(id).message !== '');
      const now = Date.now.bind(Date);
      vi.spyOn(Date, 'now').mockImplementation(() => now() + jump);
      const { message } = remote.get(id);
      await until(() => remote.get(id).message !== message);
      remote.cancel(id);
      await ended;
      expect(service.get(id).state).toBe('cancelled');
    },
  );

  it('does not end jobs of other computers that give signs of life, nor keep those that do not', () => {
    using project = newProject();
    const jobs = new JobRepository(project);
    const id = jobs.create('test', 'a test', {});
    const elsewhere = { host: 'another computer', pid: 12345, processStart: `${Math.random()}` };
    const job = jobs.claim(id, elsewhere);
    const start = job.heartbeatAt ?? 0;
    const look = (beat: number, wall: number, steady: number) =>
      isAlive({ ...job, heartbeatAt: start + beat }, start + wall, 1e6 + steady);
    expect(look(0, 1000, 0)).toBe(true);
    // a heartbeat that moves is alive, whatever the clock here says
    expect(look(2000, 3_600_000, 2000)).toBe(true);
    expect(look(4000, -3_600_000, 4000)).toBe(true);
    // one that has stopped is not, even if it lies in the future
    expect(look(4000, -3_600_000, 100_000)).toBe(true);
    expect(look(4000, -3_600_000, 130_000)).toBe(false);
    // nor is one that no clock ever said, though this process looks for the first time
    const made = { ...job, process: { ...elsewhere, processStart: 'made up' } };
    expect(isAlive({ ...made, heartbeatAt: 9e15 }, start, 0)).toBe(false);
    expect(isAlive({ ...made, heartbeatAt: start + 3_600_000 }, start, 0)).toBe(true);
  });

  it('takes no process of this computer for the one of a job that does not say when it started', () => {
    using project = newProject();
    const jobs = new JobRepository(project);
    const job = jobs.claim(jobs.create('test', 'a test', {}), thisProcess());
    const [tells] = [thisProcess().processStart !== ''];
    expect(isAlive(job)).toBe(true);
    expect(isAlive({ ...job, process: { ...thisProcess(), processStart: '' } })).toBe(!tells);
  });
});

describe('a damaged row', () => {
  it.each([
    ['settings that are no text', 'settings = zeroblob(10)'],
    ['settings without end', `settings = '${'['.repeat(100_000)}'`],
    ['a detail that is no JSON', "detail = '{'"],
    ['a time that is a text', "created_at = 'yesterday'"],
  ])('with %s hides no other job and keeps nothing busy', (_what, change) => {
    using project = newProject();
    using service = new JobService(project);
    const [damaged, whole] = [service.create('import', 'a', {}), service.create('import', 'b', {})];
    project.sqlite.exec(`UPDATE jobs SET ${change}, state = 'running' WHERE id = ${damaged}`);
    expect(service.list().map(({ id, state }) => [id, state])).toEqual([
      [whole, 'queued'],
      [damaged, 'failed'],
    ]);
    expect(service.list()[1].error?.message).toMatch(/damaged|cannot be read/);
    expect(service.busy).toBe(false);
    expect(service.list({ states: ['running'] })).toEqual([]);
  });

  it('of a log is shown as far as it goes', () => {
    using project = newProject();
    using service = new JobService(project);
    const id = service.create('import', 'a', {});
    const line = project.sqlite.prepare(
      'INSERT INTO job_log (job_id, time, level, text) VALUES (?, ?, ?, ?)',
    );
    line.run(id, 1e300, 'info', 'from no time');
    line.run(id, 1, 'shout', 'of no level');
    expect(service.log(id).map(({ text }) => text)).toEqual(['from no time', 'of no level']);
    for (const { time } of service.log(id)) expect(new Date(time).toISOString()).toMatch(/^1970/);
  });
});

describe('a job that cannot go on', () => {
  /** Traces of zod, SQLite, V8 and Node in a text. */
  const RAW =
    /[[{]\s*"|"code"|ZodError|SQLITE_|ERR_|ENO[A-Z]+|\bat .*:\d+:\d+|Invalid (input|option)|Too (small|big)/;

  it.each(Object.keys(RUNNERS))('for its settings says so in a sentence: %s', async (kind) => {
    using project = newProject();
    using service = new JobService(project);
    const wrong: JsonValue[] = [{ nonsense: true }, null, [1], { datasetId: 'first', name: 7, files: [7] }];
    for (const settings of wrong) {
      const id = service.create(kind, 'a test', settings);
      await service.run(id).catch(() => undefined);
      const { state, error } = service.get(id);
      expect(state).toBe('failed');
      expect(error?.message).toMatch(/^[A-Z].*\.$/);
      expect(error?.message).not.toMatch(RAW);
      expect(error?.remedy).not.toBe('');
    }
  });

  it.each([
    [
      'a fault',
      () => new TypeError("Cannot read properties of undefined (reading 'x')"),
      /Something went wrong/,
    ],
    [
      'SQLite',
      () => new SqliteDatabase.SqliteError('disk I/O error', 'SQLITE_IOERR_WRITE'),
      /failed on the disk/,
    ],
    ['memory', () => new RangeError('Array buffer allocation failed'), /more memory/],
    ['no error at all', () => 'oops', /Something went wrong/],
  ])('for %s keeps the sentence, and a fault its name in the log', async (_name, make, words) => {
    using project = newProject();
    using service = serviceFor(project, () => Promise.reject(make() as Error));
    const id = service.create('test', 'a test', {});
    await service.run(id).catch(() => undefined);
    const { error } = service.get(id);
    expect(error?.message).toMatch(words);
    expect(error?.message).not.toMatch(RAW);
    expect(error?.remedy).not.toBe('');
    const logged = service.log(id).some(({ text }) => text.startsWith('For a report: TypeError'));
    expect(logged).toBe(_name === 'a fault');
  });

  it('because its project cannot be opened by the worker says what of the project', async () => {
    using project = newProject();
    using service = new JobService(project);
    const id = service.create('import', 'import', { files: [] });
    // another program brought it to a version that this one does not know
    project.sqlite
      .prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)')
      .run('of the future', 9e12);
    const job = await service.start(id).finished;
    expect(job.state).toBe('failed');
    expect(job.error?.message).toMatch(/newer version/);
    expect(job.error?.message).not.toMatch(RAW);
    expect(job.error?.remedy).not.toBe('');
  });
});
