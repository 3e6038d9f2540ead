/** Projects on a disk where nothing can be written can be listed and read, by the command line and by the window. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Workspace } from '../../../src-main/api/workspace.ts';
import { DatasetRepository } from '../../../src-main/store/datasets.ts';
import { Project } from '../../../src-main/store/project.ts';
import { canMount, makeReadOnly, smallDisk } from '../../support/disks.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';
import { commandLine } from '../../support/command-line.ts';

const folder = temporaryFolder();
const names = (project: Project) => new DatasetRepository(project).list().map(({ name }) => name);
const copies = () => readdirSync(tmpdir()).filter((name) => /^forcewright-.*-project-/.test(name) && name.includes(`-${process.pid}-`)); // prettier-ignore

function command(...args: string[]) {
  const main = commandLine;
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
}

describe.skipIf(!canMount())('a project on a read-only disk', () => {
  let path = '';
  let killed = '';

  beforeAll(() => {
    const disk = smallDisk('4m');
    path = join(disk, 'a.fwproj');
    killed = join(disk, 'killed.fwproj');
    using project = Project.open(path, { create: true });
    addDataset(project, 'settled', [crystal(2, 1)]);
    project.settle();
    // what a process that was killed leaves: the last of it is in the log only, and there is no index of the log
    addDataset(project, 'in the log', [crystal(2, 2)]);
    for (const end of ['', '-wal']) copyFileSync(path + end, killed + end);
    project.close();
    makeReadOnly(disk);
  });

  it('is read, also what lies in its log only, and refuses changes in a sentence', () => {
    for (const file of [path, killed]) {
      using project = Project.open(file);
      expect(project).toMatchObject({ readOnly: true, path: file, incomplete: undefined });
      expect(names(project)).toEqual(['settled', 'in the log']);
      expect(() => new DatasetRepository(project).rename(1, 'x')).toThrow(
        /is read-only, so nothing can be saved in it/,
      );
      using second = project.connect();
      expect(names(second)).toHaveLength(2);
    }
    expect(copies()).toEqual([]);
  });

  it('is read through a link that lies where one can write', () => {
    const link = join(folder, 'link.fwproj');
    symlinkSync(path, link);
    using project = Project.open(link);
    expect(project.readOnly).toBe(true);
    expect(names(project)).toHaveLength(2);
  });

  it('is listed by the commands, with a word about it; what would change it fails in a sentence', () => {
    const datasets = command('datasets', '--project', path, '--json');
    expect(datasets.status).toBe(0);
    expect(datasets.stdout).toContain('in the log');
    expect(datasets.stderr).toMatch(/nothing in it can be changed/);
    const jobs = command('jobs', '--project', path, '--json');
    expect([jobs.status, JSON.parse(jobs.stdout)]).toMatchObject([0, { jobs: [] }]);
    const rename = command('datasets', 'rename', 'settled', 'x', '--project', path);
    expect(rename.status).toBe(1);
    expect(rename.stderr).toMatch(/^Error: The project a\.fwproj is read-only/m);
    writeFileSync(
      join(folder, 'b.xyz'),
      '1\nLattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3\nSi 0 0 0\n',
    );
    const imported = command('import', join(folder, 'b.xyz'), '--project', path);
    expect(imported.status).toBe(1);
    expect(imported.stderr).toMatch(/^Error: The project a\.fwproj is read-only/m);
  });

  it('opens in the window, and a copy of it can be worked on', async () => {
    const workspace = new Workspace({
      folder: join(folder, 'settings'),
      projectsFolder: join(folder, 'projects'),
    });
    try {
      const open = workspace.openPath(path);
      expect(open.project.readOnly).toBe(true);
      expect(open.overview()).toMatchObject({ path, datasets: 2 });
      const copy = await workspace.openCopy(open.key);
      expect(copy.project.readOnly).toBe(false);
      expect(copy.datasets.list()).toHaveLength(2);
    } finally {
      await workspace.dispose();
    }
    expect(copies()).toEqual([]);
  });
});
