/** Jobs that somebody else wrote into a project: shown in full, and run only after the user has said so. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isSealed, KEY_FILE } from '../../../../src-main/services/jobs/job-seal.ts';
import { JobService } from '../../../../src-main/services/jobs/job-service.ts';
import { JobRepository, type Job } from '../../../../src-main/store/jobs.ts';
import type { JsonValue } from '../../../../src-main/store/json.ts';
import { Project } from '../../../../src-main/store/project.ts';
import type { StoreError } from '../../../../src-main/store/store-error.ts';
import { temporaryFolder } from '../../../support/project.ts';
import { commandLine } from '../../../support/command-line.ts';

vi.setConfig({ testTimeout: 120_000 });

const folder = temporaryFolder();
const marker = join(folder, 'marker');
const atoms = join(folder, 'atoms.xyz');
writeFileSync(atoms, '1\nLattice="3 0 0 0 3 0 0 0 3" energy=1\nSi 0 0 0\n');
let count = 0;
const newProject = () => Project.open(join(folder, `${++count}.fwproj`), { create: true });

afterEach(() => {
  rmSync(marker, { force: true });
  vi.unstubAllEnvs();
});

/** A run that starts programs: what a hostile project would hold. */
const learning = (engine: JsonValue): JsonValue => ({
  name: 'innocent',
  structure: { kind: 'lattice', lattice: 'diamond', symbols: ['Si'], a: 5.43, repeat: [1, 1, 1] },
  settings: { ensemble: 'nve', temperature: 300, timestep: 1, steps: 5, seed: 1 },
  engine,
});
const touching = `sh -c "echo here > ${marker}"`;
const espresso = {
  engine: 'espresso',
  pseudopotentials: { Si: 'atoms.xyz' },
  pseudoFolder: folder,
  cutoff: 20,
  program: '/bin/true',
  launcher: touching,
  connectTimeout: 5,
};
const HOSTILE: readonly [what: string, kind: string, settings: JsonValue][] = [
  ['an i-PI client', 'on-the-fly', learning({ engine: 'i-pi', client: touching, connectTimeout: 5 })],
  ['a launcher of pw.x', 'on-the-fly', learning(espresso)],
  ['a file anywhere', 'import', { files: [atoms] }],
  ['nothing outside the project', 'evaluate', { potentialId: 1, datasetId: 1 }],
];

/** Writes a row as a program without this machine's key would. */
function foreignJob(project: Project, kind: string, settings: JsonValue): number {
  const id = new JobRepository(project).create(kind, 'innocent', settings);
  project.sqlite.prepare("UPDATE jobs SET state = 'interrupted', seal = ?").run(`1:${'ab'.repeat(32)}`);
  return id;
}

const untrusted = expect.objectContaining({ reason: 'untrusted' }) as StoreError;

describe('a job of another machine or user', () => {
  it.each(HOSTILE)('that asks for %s runs neither here nor in a thread', async (_what, kind, settings) => {
    using project = newProject();
    const id = foreignJob(project, kind, settings);
    using service = new JobService(project);
    await expect(service.run(id)).rejects.toEqual(untrusted);
    expect(() => service.start(id)).toThrow(/another machine, by another user/);
    expect(service.get(id)).toMatchObject({ state: 'interrupted', attempts: 0 });
    expect(existsSync(marker)).toBe(false);
    expect(project.sqlite.prepare('SELECT count(*) FROM datasets').pluck().get()).toBe(0);
  });

  it.each(HOSTILE.slice(0, 2))(
    'that asks for %s runs when what was shown in full is confirmed',
    async (_what, kind, settings) => {
      using project = newProject();
      const id = foreignJob(project, kind, settings);
      using service = new JobService(project);
      const question = service.question(id);
      expect(question?.demands.map(({ text }) => text)).toContain(touching);
      expect(JSON.parse(question?.settings ?? '')).toEqual(settings);
      service.confirm(id, question?.digest ?? '');
      expect(service.question(id)).toBeUndefined();
      // the command is no client, so the run fails; but it was started
      await expect(service.run(id)).rejects.toThrow(/connect|ended|stopped|client/i);
      expect(existsSync(marker)).toBe(true);
    },
  );

  it('shows what a row hides behind characters that cannot be seen', () => {
    using project = newProject();
    const client = 'safe\u202e\u001b[2K\u2028 sh';
    const id = foreignJob(project, 'on-the-fly', learning({ engine: 'i-pi', client }));
    using service = new JobService(project);
    const question = service.question(id);
    expect(question?.demands.at(-1)?.text).toBe('safe\\u{202E}\\u{001B}[2K\\u{2028} sh');
    expect(question?.settings).not.toMatch(/[\u202e\u001b\u2028]/);
  });

  it('that changes between the question and the answer is asked about again', () => {
    using project = newProject();
    const id = foreignJob(project, 'import', { files: [atoms] });
    using service = new JobService(project);
    const { digest } = service.question(id) ?? { digest: '' };
    project.sqlite.prepare('UPDATE jobs SET settings = ?').run('{"files":["/etc/passwd"]}');
    expect(() => service.confirm(id, digest)).toThrow(/not the one that was shown/);
    expect(service.question(id)?.demands).toEqual([{ what: 'reads a file', text: '/etc/passwd' }]);
  });
});

describe('a job of this user', () => {
  const made = (service: JobService) => service.create('import', 'mine', { files: [atoms] });

  it('runs, and needs to be confirmed once anything of its request was changed', async () => {
    const changes = [
      `UPDATE jobs SET settings = '{"files":["/etc/hosts"]}'`,
      `UPDATE jobs SET kind = 'on-the-fly'`,
      'UPDATE jobs SET id = 1000 WHERE id = (SELECT max(id) FROM jobs)',
      'UPDATE jobs SET created_at = created_at - 1',
      'UPDATE jobs SET seal = NULL',
    ];
    using project = newProject();
    using service = new JobService(project);
    for (const change of changes) {
      const id = made(service);
      expect(service.question(id)).toBeUndefined();
      project.sqlite.exec(change);
      const [newest] = service.list();
      await expect(service.run(newest.id)).rejects.toEqual(untrusted);
      project.sqlite.exec('DELETE FROM jobs');
    }
    expect(await service.run(made(service))).toMatchObject({ state: 'done' });
  });

  it('copied to a machine with another key is asked about there, and here again still its own', () => {
    using project = newProject();
    using service = new JobService(project);
    const id = made(service);
    vi.stubEnv('FORCEWRIGHT_HOME', join(folder, 'elsewhere'));
    expect(service.question(id)?.demands).toEqual([{ what: 'reads a file', text: atoms }]);
    vi.unstubAllEnvs();
    expect(service.question(id)).toBeUndefined();
  });

  it('is sealed with a key that only the user can read, the same in every process', () => {
    const home = join(folder, 'home');
    vi.stubEnv('FORCEWRIGHT_HOME', home);
    using project = newProject();
    using service = new JobService(project);
    const job: Job = service.get(made(service));
    expect(isSealed(job)).toBe(true);
    const key = join(home, KEY_FILE);
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(statSync(key).size).toBe(32);
    expect(readFileSync(project.path).includes(readFileSync(key))).toBe(false);
    expect(cli(project, 'resume', String(job.id))).toMatchObject({ status: 0 });
  });
});

describe('a project that holds programs of its own', () => {
  it('such as triggers, which would change what is written, is not opened', () => {
    const { path } = newProject();
    const sqlite = Project.open(path).sqlite;
    sqlite.exec("CREATE TRIGGER helper AFTER INSERT ON jobs BEGIN UPDATE jobs SET kind = 'on-the-fly'; END");
    sqlite.close();
    expect(() => Project.open(path)).toThrow(/holds "helper", which acts/);
  });

  it.each([
    ['a virtual table', 'CREATE VIRTUAL TABLE helper USING fts5(a)', 'helper_config|helper'],
    ['a virtual table for one of its own', 'DROP TABLE job_points; CREATE VIRTUAL TABLE job_points USING fts5(id, job_id, series, x, y)', 'job_points'],
    ['a computed column', 'ALTER TABLE jobs ADD helper GENERATED ALWAYS AS (length(zeroblob(900000000))) VIRTUAL', 'jobs'],
    ['an index on an expression', 'CREATE INDEX helper ON jobs (abs(id))', 'helper'],
    ['a partial index', "CREATE UNIQUE INDEX helper ON jobs (kind) WHERE kind = 'import'", 'helper'],
    ['a table that refers to its own', 'CREATE TABLE helper (id REFERENCES datasets(id) ON DELETE RESTRICT)', 'helper'],
  ])('such as %s is not opened, by none of the ways', (_what, statement, name) => {
    const { path } = newProject();
    const sqlite = new SqliteDatabase(path);
    sqlite.exec(statement);
    sqlite.close();
    for (const readOnly of [false, true])
      expect(() => Project.open(path, { readOnly })).toThrow(new RegExp(`holds "(${name})", which acts`));
  }); // prettier-ignore

  it('such as a CHECK or a DEFAULT that was written into the schema by hand is not opened', () => {
    for (const [old, hostile] of [
      ['`kind` text NOT NULL', '`kind` text NOT NULL CHECK (length(zeroblob(900000000)) > 0)'],
      ['`attempts` integer DEFAULT 0', '`attempts` integer DEFAULT (abs(-9223372036854775807 - 1))'],
    ]) {
      const { path } = newProject();
      const sqlite = new SqliteDatabase(path);
      sqlite.unsafeMode();
      sqlite.pragma('writable_schema = ON');
      const changed = sqlite
        .prepare(
          "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'jobs' AND instr(sql, ?) > 0",
        )
        .run(old, hostile, old);
      expect(changed.changes).toBe(1);
      sqlite.close();
      expect(() => Project.open(path)).toThrow(/holds "jobs", which acts/);
    }
  });

  it('may have been analysed by SQLite, and says which table is missing', () => {
    const project = newProject();
    project.sqlite.exec('ANALYZE');
    project.close();
    using again = Project.open(project.path);
    again.sqlite.exec('DROP TABLE job_points');
    again.close();
    expect(() => Project.open(project.path)).toThrow(/damaged: its table job_points.* is missing/);
  });
});

/** The command line in a process of its own. */
function cli(project: Project, ...args: string[]) {
  const main = commandLine;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [main, 'jobs', ...args, '--project', project.path],
    { cwd: folder, encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

describe('forcewright jobs resume', () => {
  it('shows a foreign job in full and starts nothing; --confirm with the code that was shown starts it', () => {
    using project = newProject();
    const engine = { engine: 'i-pi', client: `${touching} \u001b[8m`, connectTimeout: 5 };
    const id = String(foreignJob(project, 'on-the-fly', learning(engine)));
    const refused = cli(project, 'resume', id);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`starts a command: ${touching} \\u{001B}[8m`);
    expect(refused.stderr).not.toContain('\u001b[8m');
    expect(existsSync(marker)).toBe(false);
    expect(cli(project, 'resume', id, '--confirm', '0123456789abcdef').status).toBe(1);
    expect(existsSync(marker)).toBe(false);
    const [, code] = /--confirm ([0-9a-f]{16})/.exec(refused.stderr) ?? [];
    cli(project, 'resume', id, '--confirm', code);
    expect(existsSync(marker)).toBe(true);
  });
});
