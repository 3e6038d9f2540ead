/** The file on disk is the project: copies of it, and what is said when it is taken away while it is open. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appRouter } from '../../../src-main/api/router.ts';
import type { WorkspaceEvent } from '../../../src-main/api/event-queue.ts';
import { Workspace } from '../../../src-main/api/workspace.ts';
import { DatasetService } from '../../../src-main/services/datasets/dataset-service.ts';
import { JobService } from '../../../src-main/services/jobs/job-service.ts';
import { DatasetRepository } from '../../../src-main/store/datasets.ts';
import { Project } from '../../../src-main/store/project.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';

const folder = temporaryFolder();
let count = 0;
const newPath = () => join(folder, `${++count}.fwproj`);

function newProject(): Project {
  const project = Project.open(newPath(), { create: true });
  addDataset(project, 'silicon', [crystal(2, 1), crystal(2, 2)]);
  return project;
}

/** What a copy of the file alone holds. */
function copied(project: Project) {
  const path = newPath();
  copyFileSync(project.path, path);
  using copy = Project.open(path);
  return {
    datasets: new DatasetRepository(copy).list().map(({ name }) => name),
    incomplete: copy.incomplete,
  };
}

const rename = (project: Project, name: string) => new DatasetRepository(project).rename(1, name);

describe('the file of an open project', () => {
  it('is all of it when a job has ended', async () => {
    using project = newProject();
    const runner = {
      kind: 'test',
      run: ({ project: own }: { project: Project }) => {
        rename(own, 'renamed by a job');
        return Promise.resolve(null);
      },
    };
    using service = new JobService(project, { runners: { test: () => Promise.resolve(runner) } });
    await service.run(service.create('test', 'test', {}));
    expect(copied(project)).toEqual({ datasets: ['renamed by a job'], incomplete: undefined });
  });

  it('is all of it when it is settled, also while others have it open; and says so when it is not', () => {
    using project = newProject();
    using other = Project.open(project.path);
    new DatasetRepository(other).list();
    rename(project, 'first');
    expect(copied(project).incomplete).toMatch(/was copied or moved while it was in use, and without .*-wal/);
    expect(project.settle()).toBe(true);
    expect(copied(project)).toEqual({ datasets: ['first'], incomplete: undefined });
    rename(other, 'second');
    expect(copied(project).incomplete).toBeDefined();
    expect(project.settle()).toBe(true);
    expect(copied(project)).toEqual({ datasets: ['second'], incomplete: undefined });
  });

  it('waits for nobody who reads or writes', () => {
    using project = newProject();
    using other = project.connect({ busyTimeoutMs: 60_000 });
    rename(project, 'first');
    other.sqlite.exec('BEGIN IMMEDIATE');
    expect(project.settle()).toBe(false);
    other.sqlite.exec('ROLLBACK');
    expect(project.settle()).toBe(true);
  });

  const thefts: [string, (path: string) => void, RegExp][] = [
    ['deleted', (path) => rmSync(path), /was deleted or moved/],
    ['moved', (path) => renameSync(path, newPath()), /was deleted or moved/],
    [
      'replaced',
      (path) => {
        const spare = newPath();
        Project.open(spare, { create: true }).close();
        renameSync(spare, path);
      },
      /was replaced by another one/,
    ],
    ['robbed of its log', (path) => rmSync(`${path}-wal`), /-wal, which holds .* was deleted or moved/],
    [
      'given another log',
      (path) => {
        writeFileSync(`${path}-other`, '');
        renameSync(`${path}-other`, `${path}-wal`);
      },
      /-wal, which holds .* was replaced/,
    ],
  ];
  it.each(thefts)('is %s: edits are refused, and a copy has everything', async (_what, steal, sentence) => {
    using project = newProject();
    rename(project, 'edited');
    steal(project.path);
    expect(() => rename(project, 'lost')).toThrow(sentence);
    expect(() => rename(project, 'lost')).toThrow(expect.objectContaining({ reason: 'lost' }) as Error);
    expect(project.settle()).toBe(false);
    const target = newPath();
    await project.saveCopy(target);
    using copy = Project.open(target);
    expect(new DatasetRepository(copy).list().map(({ name }) => name)).toEqual(['edited']);
    expect(copy.incomplete).toBeUndefined();
    expect(copy.integrity()).toEqual([]);
    await expect(project.saveCopy(target)).rejects.toThrow('already a file');
    expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([]);
  });

  it.each([
    ['another project', true],
    ['another project', false],
    ['a text', true],
    ['a text', false],
  ])(
    'has %s copied over it (log empty: %s): edits are refused, and what was copied is whole',
    async (what, settled) => {
      const other = newPath();
      {
        using project = Project.open(other, { create: true });
        addDataset(project, 'of the other', [crystal(2, 3)]);
      }
      if (what === 'a text') writeFileSync(other, 'not a project\n'.repeat(5000));
      const path = newPath();
      {
        using project = Project.open(path, { create: true });
        addDataset(project, 'silicon', [crystal(2, 1), crystal(2, 2)]);
        rename(project, 'edited');
        if (settled) expect(project.settle()).toBe(true);
        // by another program: a file that this one closes would lose SQLite's locks
        execFileSync('cp', [other, path]);
        expect(project.place.lost).toMatch(/was overwritten with another one/);
        expect(() => rename(project, 'lost')).toThrow(
          expect.objectContaining({
            reason: 'lost',
            remedy: expect.stringContaining('open the file again') as string,
          }) as Error,
        );
        expect(project.settle()).toBe(false);
        await expect(project.saveCopy(newPath())).rejects.toThrow(/was overwritten/);
      }
      expect(readFileSync(path).equals(readFileSync(other))).toBe(true);
      if (what === 'a text') return;
      using opened = Project.open(path);
      expect(new DatasetRepository(opened).list().map(({ name }) => name)).toEqual(['of the other']);
      expect(opened.integrity()).toEqual([]);
    },
  );

  it.each([
    ['lies in the file', true],
    ['lies in the log', false],
  ])(
    'has an older copy of itself copied over it, what was edited since %s: edits are refused',
    async (_where, settled) => {
      const older = newPath();
      using project = newProject();
      using other = Project.open(project.path);
      expect(project.settle()).toBe(true);
      copyFileSync(project.path, older);
      rename(project, 'edited');
      expect(other.settle()).toBe(true);
      if (!settled) rename(project, 'edited again');
      expect([project.place.lost, other.place.lost]).toEqual([undefined, undefined]);
      execFileSync('cp', [older, project.path]);
      expect(project.place.lost).toMatch(/overwritten with another one, or with an older copy of itself/);
      expect(other.place.lost).toMatch(/older copy of itself/);
      expect(() => rename(project, 'lost')).toThrow(expect.objectContaining({ reason: 'lost' }) as Error);
      expect(project.settle()).toBe(false);
      project.close();
      other.close();
      expect(readFileSync(project.path).equals(readFileSync(older))).toBe(true);
      using opened = Project.open(project.path);
      expect(new DatasetRepository(opened).list().map(({ name }) => name)).toEqual(['silicon']);
      expect(opened.integrity()).toEqual([]);
      const copy = newPath();
      rename(opened, 'goes on');
      await opened.saveCopy(copy);
      rename(opened, 'and on');
      execFileSync('cp', [copy, opened.path]);
      expect(opened.place.lost).toMatch(/older copy of itself/);
    },
  );

  it('is not taken for another when it is settled, written by others or copied', () => {
    using project = newProject();
    using other = Project.open(project.path);
    for (let k = 0; k < 5; k++) {
      rename(k % 2 === 0 ? project : other, `name ${k}`);
      if (k > 1) expect((k === 2 ? project : other).settle()).toBe(true);
      expect(copied(project).incomplete === undefined).toBe(k > 1);
      expect([project.place.lost, other.place.lost]).toEqual([undefined, undefined]);
    }
    addDataset(other, 'more', [crystal(6, 1)]);
    expect(project.place.lost).toBeUndefined();
  });

  it('is deleted while a transaction is under way: what it wrote is not called saved', () => {
    using project = newProject();
    const edit = () =>
      project.transaction(() => {
        project.sqlite.exec("UPDATE datasets SET name = 'lost'");
        rmSync(project.path);
      });
    expect(edit).toThrow(/was deleted or moved/);
  });
});

describe('a window', () => {
  it('settles the file when nobody writes, and tells of a file that is gone', async () => {
    const workspace = new Workspace({ folder, projectsFolder: join(folder, 'projects') });
    const controller = new AbortController();
    try {
      const open = workspace.createNamed('window');
      const { project } = open;
      addDataset(project, 'silicon', [crystal(2, 1)]);
      while (copied(project).incomplete !== undefined)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(copied(project).datasets).toEqual(['silicon']);
      rename(project, 'edited');
      rmSync(project.path);
      const events: WorkspaceEvent[] = [];
      for await (const event of workspace.events(controller.signal)) {
        events.push(event);
        if (event.type === 'project') break;
      }
      expect(project.place.lost).toMatch(/was deleted or moved/);
      const copy = await workspace.openCopy(open.key);
      expect(existsSync(copy.project.path)).toBe(true);
      expect(copy.datasets.list().map(({ name }) => name)).toEqual(['edited']);
      rename(copy.project, 'goes on');
    } finally {
      controller.abort();
      await workspace.dispose();
    }
  });
});

describe('a window whose project another was copied over', () => {
  it('says so, can be closed, and opens what is there now', async () => {
    const other = newPath();
    {
      using project = Project.open(other, { create: true });
      addDataset(project, 'of the other', [crystal(2, 3)]);
    }
    const workspace = new Workspace({ folder, projectsFolder: join(folder, 'projects') });
    const api = appRouter.createCaller({ workspace, host: { kind: 'web' }, authorised: true });
    const path = newPath();
    const before = workspace.openPath(path, true).project;
    addDataset(before, 'silicon', [crystal(2, 1)]);
    rename(before, 'edited'); // lies in the log alone
    execFileSync('cp', [other, path]);
    const { project } = await api.project.current();
    expect(project).toMatchObject({
      overwritten: true,
      lost: expect.stringContaining('overwritten') as string,
    });
    await expect(api.datasets.rename({ id: 1, name: 'x' })).rejects.toMatchObject({
      cause: { reason: 'lost', remedy: expect.stringContaining('open the file again') as string },
    });
    workspace.openPath(path);
    expect((await api.datasets.list()).map(({ name }) => name)).toEqual(['of the other']);
    expect((await api.project.current()).project).toMatchObject({ overwritten: false, lost: null });
    await workspace.dispose();
  });
});

describe('numbers that are not those that were saved', () => {
  it.each([
    ['energies', 'UPDATE configuration_data SET header = replace(header, \'"energy":-\', \'"energy":-1\')'],
    ['positions', 'UPDATE configuration_data SET positions = zeroblob(length(positions))'],
    ['a cut', 'UPDATE configuration_data SET positions = zeroblob(8)'],
  ])('are noticed when checked and exported: %s', async (_what, sql) => {
    using project = newProject();
    project.sqlite.exec(`${sql} WHERE configuration_id = 2`);
    const service = new DatasetService(project);
    const sentence = /Configuration 1 \(counted from 0\) of the dataset silicon is damaged/;
    expect(service.damaged(1)).toEqual([expect.stringMatching(sentence)]);
    const out = join(folder, `out-${++count}.xyz`);
    await expect(service.exportFile(1, {}, out)).rejects.toThrow(sentence);
    expect(existsSync(out)).toBe(false);
    await service.exportFile(1, Uint32Array.of(0), out);
    expect(existsSync(out)).toBe(true);
  });
});
