import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  chmodSync,
  chownSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { DatasetRepository } from '../../../src-main/store/datasets.ts';
import { JobRepository } from '../../../src-main/store/jobs.ts';
import { Project } from '../../../src-main/store/project.ts';
import { StoreError, type StoreErrorReason } from '../../../src-main/store/store-error.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';
import { repositoryRoot } from '../../support/shared.ts';

const folder = temporaryFolder();
let count = 0;
const newPath = () => join(folder, `project-${++count}.fwproj`);

/** The StoreError that something throws; its message must read as a sentence. */
function refusal(work: () => unknown): StoreError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(StoreError);
    const refused = error as StoreError;
    expect(refused.message).toMatch(/^[A-Z.a-z/].*\.$/);
    expect(refused.message).not.toMatch(/SQLITE|sqlite error/);
    expect(refused.remedy).not.toBe('');
    return refused;
  }
  throw new Error('expected a StoreError');
}

function filledProject(path = newPath()): string {
  using project = Project.open(path, { create: true });
  addDataset(project, 'crystal', [crystal(3, 1), crystal(3, 2), crystal(4, 3)]);
  return path;
}

describe('opening a project', () => {
  it('makes a file in WAL mode with references checked, and finds everything again', () => {
    const path = filledProject();
    using project = Project.open(path);
    expect(project.sqlite.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(project.sqlite.pragma('foreign_keys', { simple: true })).toBe(1);
    expect(project.backup).toBeUndefined();
    expect(project.integrity()).toEqual([]);
    expect(new DatasetRepository(project).list()).toMatchObject([
      { name: 'crystal', configurationCount: 3, atomCount: 118 },
    ]);
  });

  it('does not make a file unless asked', () => {
    const path = newPath();
    expect(refusal(() => Project.open(path)).reason).toBe('missing');
    expect(existsSync(path)).toBe(false);
  });

  const wrong: [string, StoreErrorReason, (path: string) => void][] = [
    [
      'random bytes',
      'damaged',
      (path) =>
        writeFileSync(path, Buffer.from(Array.from({ length: 20000 }, (_, k) => (k * 7919 + 13) % 251))),
    ],
    ['a text file', 'damaged', (path) => writeFileSync(path, 'Lattice="1 0 0 0 1 0 0 0 1"\n'.repeat(100))],
    ['a folder', 'foreign', (path) => mkdirSync(path)],
    [
      'another SQLite file',
      'foreign',
      (path) => new SqliteDatabase(path).exec('CREATE TABLE photos (id)').close(),
    ],
  ];
  it.each(wrong)('refuses %s with a sentence', (_name, reason, make) => {
    const path = newPath();
    make(path);
    for (const create of [false, true])
      expect(refusal(() => Project.open(path, { create })).reason).toBe(reason);
  });

  it('refuses a folder that does not exist', () => {
    expect(refusal(() => Project.open(join(folder, 'none', 'a.fwproj'), { create: true })).message).toContain(
      'folder',
    );
  });

  it('says that a truncated file is damaged, whatever is left of it', () => {
    const whole = filledProject();
    const size = statSync(whole).size;
    for (const part of [0.02, 0.3, 0.6, 0.9]) {
      const path = newPath();
      copyFileSync(whole, path);
      truncateSync(path, Math.floor(part * size));
      const refused = refusal(() => {
        using project = Project.open(path);
        const datasets = new DatasetRepository(project);
        for (const { id } of datasets.list())
          for (const item of datasets.stream(id, { withExcluded: true })) void item;
        // a cut that leaves what was read intact must still be found by the full check
        const problems = project.integrity();
        if (problems.length > 0)
          throw new StoreError('damaged', 'The check found damage.', { remedy: 'Restore.' });
      });
      expect(refused.reason).toBe('damaged');
    }
  });

  it('never answers random bytes or random damage with anything but a sentence', () => {
    const whole = readFileSync(filledProject());
    const damaged = fc.oneof(
      fc.uint8Array({ maxLength: 5000 }),
      fc
        .array(fc.tuple(fc.nat(whole.length - 1), fc.uint8Array({ minLength: 1, maxLength: 64 })), {
          minLength: 1,
          maxLength: 20,
        })
        .map((patches) => {
          const copy = Uint8Array.from(whole);
          for (const [at, bytes] of patches) copy.set(bytes.subarray(0, copy.length - at), at);
          return copy;
        }),
    );
    fc.assert(
      fc.property(damaged, (bytes) => {
        const path = join(folder, 'damaged.fwproj');
        for (const name of readdirSync(folder))
          if (name.startsWith('damaged.fwproj-')) writeFileSync(join(folder, name), '');
        writeFileSync(path, bytes);
        try {
          using project = Project.open(path);
          const datasets = new DatasetRepository(project);
          for (const { id } of datasets.list()) for (const item of datasets.stream(id)) void item;
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
        }
      }),
      { numRuns: 150, seed: 1 },
    );
  });
});

/** A process that takes the write lock of a project and holds it until its stdin ends. */
async function lockingProcess(path: string) {
  const script = `
    import Database from 'better-sqlite3';
    const db = new Database(process.argv[1]);
    db.exec('BEGIN IMMEDIATE');
    process.stdout.write('locked');
    process.stdin.on('end', () => process.exit()).resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
    cwd: repositoryRoot,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

describe('a project that others use', () => {
  it('can be read while another process writes, and says so when it wants to write too', async () => {
    const path = filledProject();
    const child = await lockingProcess(path);
    try {
      using project = Project.open(path, { busyTimeoutMs: 100 });
      const datasets = new DatasetRepository(project);
      expect(datasets.configuration(1, 2).kinds.length).toBe(64);
      expect(refusal(() => datasets.rename(1, 'other')).reason).toBe('busy');
    } finally {
      child.stdin.end();
      await once(child, 'exit');
    }
    using project = Project.open(path);
    new DatasetRepository(project).rename(1, 'other');
    expect(new DatasetRepository(project).get('other').id).toBe(1);
  });

  it('shows at once in one connection what another has saved', () => {
    const path = filledProject();
    using first = Project.open(path);
    using second = Project.open(path);
    addDataset(second, 'more', [crystal(2, 9)]);
    expect(new DatasetRepository(first).list().map((dataset) => dataset.name)).toEqual(['crystal', 'more']);
  });
});

describe('a project that cannot be written', () => {
  it('is refused in words when it was opened for reading', () => {
    using project = Project.open(filledProject(), { readOnly: true });
    expect(new DatasetRepository(project).list()).toHaveLength(1);
    expect(refusal(() => new DatasetRepository(project).rename(1, 'x')).reason).toBe('read-only');
    expect(() => addDataset(project, 'x', [crystal(2, 1)])).toThrow(/reading only/);
  });

  it.skipIf(process.platform === 'win32')('is refused in words when file and folder are read-only', () => {
    const readOnlyFolder = join(folder, 'read-only');
    mkdirSync(readOnlyFolder);
    const path = join(readOnlyFolder, 'a.fwproj');
    copyFileSync(filledProject(), path);
    chmodSync(path, 0o444);
    chmodSync(readOnlyFolder, 0o555);
    chmodSync(folder, 0o755);
    const script = `
      import { Project } from ${JSON.stringify(join(repositoryRoot, 'src-main/store/project.ts'))};
      import { DatasetRepository } from ${JSON.stringify(join(repositoryRoot, 'src-main/store/datasets.ts'))};
      try {
        using project = Project.open(process.argv[1]);
        new DatasetRepository(project).rename(1, 'x');
        console.log('written');
      } catch (error) {
        console.log(error.name + ' ' + error.reason);
      }`;
    // root may write everywhere: become nobody for this, where the sources can be read as nobody
    const asRoot = process.getuid?.() === 0;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script, path], {
      encoding: 'utf8',
      ...(asRoot ? { uid: 65534, gid: 65534 } : {}),
    });
    if (asRoot && child.stdout === '') {
      console.warn('skipped: the sources cannot be read by an unprivileged user here.');
      return;
    }
    expect(child.stdout.trim()).toMatch(/^StoreError (read-only|missing)$/);
    chmodSync(readOnlyFolder, 0o755);
    if (asRoot) chownSync(path, 0, 0);
  });

  it('keeps what was there when the disk is full', () => {
    const path = filledProject();
    using project = Project.open(path);
    // SQLite refuses to grow beyond this with the same error as on a full disk
    const pages = Number(project.sqlite.pragma('page_count', { simple: true }));
    project.sqlite.pragma(`max_page_count = ${pages + 2}`);
    const jobs = new JobRepository(project);
    const refused = refusal(() =>
      project.transaction(() => {
        const id = jobs.create('fit', 'a fit', {});
        jobs.saveCheckpoint(id, new Uint8Array(200_000), 1, 3);
      }),
    );
    expect(refused.reason).toBe('full');
    expect(jobs.list()).toEqual([]);
    expect(project.integrity()).toEqual([]);
  });
});
