import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { readConfigurations, writeConfigurations } from '../../../../src-main/formats/index.ts';
import { sealOf } from '../../../../src-main/services/jobs/job-seal.ts';
import { JobRepository } from '../../../../src-main/store/jobs.ts';
import { Project } from '../../../../src-main/store/project.ts';
import { crystal, temporaryFolder } from '../../../support/project.ts';
import { commandLine } from '../../../support/command-line.ts';

// every command is a process of its own: slow on a busy machine
vi.setConfig({ testTimeout: 240_000 });

const folder = temporaryFolder();
const project = join(folder, 'test.fwproj');
const source = join(folder, 'crystals.xyz');

/** Runs the command line from the sources, in the temporary folder. */
function forcewright(...args: string[]) {
  const main = commandLine;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** The one JSON object that a command prints with --json. */
function json(...args: string[]): Record<string, unknown> {
  const { status, stdout, stderr } = forcewright(...args, '--json');
  expect(stderr).not.toContain('Error');
  expect(status).toBe(0);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  return JSON.parse(stdout) as Record<string, unknown>;
}

beforeAll(async () => {
  const configurations = Array.from({ length: 20 }, (_, k) =>
    crystal(2, k, { config_type: k < 5 ? 'liquid' : 'bulk' }),
  );
  await writeConfigurations(source, 'extxyz', configurations);
  expect(
    json('import', 'crystals.xyz', '--project', project, '--split', 'random:0.2', '--seed', '3'),
  ).toMatchObject({
    project,
    job: 1,
    datasets: [
      {
        id: 1,
        name: 'crystals',
        configurations: 20,
        atoms: 160,
        skipped: 0,
        warnings: 0,
        parts: { test: 4, train: 16 },
      },
    ],
  });
});

/** Two frames with labels of two sources; the stress of neither has their prefix. */
const TWO_SOURCES = [-1, -1.01]
  .map(
    (energy) =>
      `1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3:forces:R:3:qm_forces:R:3 energy=-3 qm_energy=${energy} sigma="1 0 0 0 1 0 0 0 1"\nSi 0 0 0 0 0 0.5 0 0 0.1\n`,
  )
  .join('');

describe('forcewright preview', () => {
  it('says what a file holds, where its labels are taken from, and what cannot be checked', () => {
    writeFileSync(join(folder, 'look.xyz'), TWO_SOURCES);
    expect(json('preview', 'look.xyz', '--forces-key', 'qm_forces')).toMatchObject({
      files: [
        {
          file: 'look.xyz',
          format: 'extxyz',
          frames: 2,
          with_energy: 2,
          labels: [
            { label: 'energy', key: 'qm_energy', frames: 2 },
            { label: 'forces', key: 'qm_forces', frames: 2 },
          ],
          candidates: {
            energy: ['energy', 'qm_energy'],
            forces: ['forces', 'qm_forces'],
            virial_or_stress: ['sigma'],
          },
          unchecked: [expect.stringMatching(/forces could not be checked/)],
        },
      ],
    });
    const { status, stdout } = forcewright('preview', 'look.xyz', 'crystals.xyz');
    expect(status).toBe(0);
    expect(stdout).toMatch(/energy\s+all\s+energy\s+qm_energy/);
    const missing = forcewright('preview', 'no.xyz');
    expect(missing.status).toBe(1);
    expect(missing.stderr).toMatch(/Error: no\.xyz is not there/);
  });
});

describe('forcewright import', () => {
  it('says in one sentence what is wrong with a file, exits 1 and leaves the project alone', () => {
    writeFileSync(join(folder, 'bad.xyz'), '2\nLattice="10 0 0 0 10 0 0 0 10" energy=1\nSi 0 0 0\nSi 0 0\n');
    const { status, stdout, stderr } = forcewright('import', 'bad.xyz', '--project', project);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.split('\n').filter((line) => line.startsWith('Error:'))).toHaveLength(1);
    expect(stderr).toMatch(/bad\.xyz, frame 0, line [1-4]: /);
    expect((json('datasets', '--project', project).datasets as unknown[]).length).toBe(1);
  });

  it('takes keys and units as asked, and says which', () => {
    writeFileSync(join(folder, 'keys.xyz'), TWO_SOURCES);
    const other = join(folder, 'keys.fwproj');
    const options = ['--energy-key', 'qm_energy', '--energy-unit', 'hartree', '--force-unit', 'hartree/bohr'];
    const stress = ['--stress-key', 'sigma', '--virial-unit', 'GPa', '--flip-virial'];
    expect(json('import', 'keys.xyz', '--project', other, ...options, ...stress)).toMatchObject({
      datasets: [
        {
          labels: [
            { label: 'energy', key: 'qm_energy', frames: 2 },
            { label: 'forces', key: 'qm_forces', frames: 2 },
            { label: 'stress', key: 'sigma', frames: 2 },
          ],
        },
      ],
    });
    const shown = json('datasets', 'show', 'keys', '--project', other).rows as {
      energy_ev_per_atom: number;
    }[];
    expect(shown[0].energy_ev_per_atom).toBeCloseTo(-27.211386, 5);
    // without --flip-virial a tension of 1 GPa is W = −V/160.2 eV; turned it is positive
    expect(json('datasets', 'export', 'keys', 'out.xyz', '--project', other)).toMatchObject({
      configurations: 2,
    });
    expect(readFileSync(join(folder, 'out.xyz'), 'utf8')).toMatch(/virial="4\.55006/);
    expect(forcewright('import', 'keys.xyz', '--project', other, '--energy-unit', 'GPa').status).toBe(2);
  });

  it('exits 2 when it is used wrongly', () => {
    expect(forcewright('import', 'crystals.xyz').status).toBe(2);
    expect(forcewright('import', '--project', project).status).toBe(2);
    const { status, stderr } = forcewright('import', 'crystals.xyz', '--project', project, '--split', 'half');
    expect(status).toBe(2);
    expect(stderr).toContain('random:0.1');
    expect(forcewright('import', '--help').status).toBe(0);
    // names that every object of JavaScript has are no commands
    for (const name of ['constructor', '__proto__', 'nonsense']) {
      expect(forcewright(name)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('unknown command') as string,
      });
    }
  });
});

describe('forcewright datasets', () => {
  it('lists and shows what there is', () => {
    expect(json('datasets', '--project', project)).toMatchObject({
      datasets: [
        {
          id: 1,
          name: 'crystals',
          configurations: 20,
          atoms: 160,
          species: ['Si'],
          with_energy: 20,
          with_forces: 20,
          with_virial: 20,
          parts: { test: 4, train: 16 },
        },
      ],
    });
    const shown = json(
      'datasets',
      'show',
      'crystals',
      '--project',
      project,
      '--rows',
      '3',
      '--sort',
      'energyPerAtom',
      '--descending',
    );
    expect(shown).toMatchObject({
      name: 'crystals',
      tags: { bulk: 15, liquid: 5 },
      split: { method: 'random', seed: 3 },
    });
    const rows = shown.rows as { energy_ev_per_atom: number; file_line: number; position: number }[];
    expect(rows).toHaveLength(3);
    expect(rows[0].energy_ev_per_atom).toBeGreaterThanOrEqual(rows[1].energy_ev_per_atom);
    expect(rows[0].file_line).toBe(1 + 10 * rows[0].position);
    expect(forcewright('datasets', 'show', '1', '--project', project).stdout).toContain(
      'crystals: 20 configurations',
    );
  });

  it('curates step by step, and takes steps back', () => {
    const p = ['--project', project];
    expect(json('datasets', 'exclude', 'crystals', '--positions', '0,2-3', ...p)).toEqual({
      dataset: 'crystals',
      changed: 3,
    });
    expect(json('datasets', 'tag', 'crystals', 'odd', '--tag', 'liquid', ...p)).toMatchObject({ changed: 2 });
    expect(json('datasets', 'weight', 'crystals', '0.5', '--tag', 'odd', ...p)).toMatchObject({ changed: 2 });
    expect(json('datasets', 'undo', 'crystals', ...p)).toMatchObject({
      undone: 'change the weight of 2 configurations',
    });
    expect(json('datasets', 'redo', 'crystals', ...p)).toMatchObject({
      redone: 'change the weight of 2 configurations',
    });
    expect(json('datasets', 'include', 'crystals', ...p)).toMatchObject({ changed: 3 });
    expect(json('datasets', 'split', 'crystals', 'tag:liquid=validation', ...p)).toMatchObject({
      parts: { train: 15, validation: 5 },
    });
    expect(json('datasets', 'check', 'crystals', ...p)).toMatchObject({ flagged: 0, findings: [] });
    const careless = forcewright('datasets', 'exclude', 'crystals', ...p);
    expect(careless.status).toBe(2);
    expect(careless.stderr).toContain('--positions');
    expect(forcewright('datasets', 'exclude', 'crystals', '--positions', '20', ...p)).toMatchObject({
      status: 1,
    });
    expect(forcewright('datasets', 'exclude', 'crystals', '--flag', 'nonsense', ...p)).toMatchObject({
      status: 2,
    });
  });

  it('exports a part to a file', async () => {
    json('datasets', 'split', 'crystals', 'random:0.2', '--seed', '3', '--project', project);
    expect(
      json('datasets', 'export', 'crystals', 'out.xyz', '--part', 'test', '--project', project),
    ).toMatchObject({ configurations: 4 });
    expect(await readConfigurations(join(folder, 'out.xyz'))).toHaveLength(4);
    const none = forcewright(
      'datasets',
      'export',
      'crystals',
      'none.xyz',
      '--part',
      'nonsense',
      '--project',
      project,
    );
    expect(none.status).toBe(1);
    expect(existsSync(join(folder, 'none.xyz'))).toBe(false);
  });

  it('says what is wrong: no project, no dataset, no such command', () => {
    expect(forcewright('datasets').status).toBe(2);
    const missing = forcewright('datasets', '--project', 'none.fwproj');
    expect(missing).toMatchObject({ status: 1, stdout: '' });
    expect(missing.stderr).toContain('There is no project file none.fwproj.');
    expect(existsSync(join(folder, 'none.fwproj'))).toBe(false);
    expect(forcewright('datasets', 'show', 'gold', '--project', project).stderr).toContain(
      'It has: crystals',
    );
    expect(forcewright('datasets', 'melt', '--project', project).status).toBe(2);
    writeFileSync(
      join(folder, 'noise.fwproj'),
      Buffer.from(Array.from({ length: 9000 }, (_, k) => (k * k) % 251)),
    );
    expect(forcewright('datasets', '--project', 'noise.fwproj').stderr).toContain(
      'is not a Forcewright project',
    );
  });
});

describe('forcewright jobs', () => {
  it('lists and shows them, cancels one that waits, and resumes one', () => {
    const p = ['--project', project];
    const jobs = json('jobs', ...p).jobs as { id: number; state: string }[];
    expect(jobs[jobs.length - 1]).toMatchObject({ id: 1, kind: 'import', state: 'done', fraction: 1 });
    expect(jobs.some((job) => job.state === 'failed')).toBe(true);
    expect(json('jobs', 'show', '1', ...p)).toMatchObject({ id: 1, attempts: 1, log: [], series: {} });
    let waiting = 0;
    {
      using open = Project.open(project);
      const settings = { files: [source], name: 'later' };
      waiting = new JobRepository(open).create('import', 'later', settings, undefined, sealOf);
    }
    expect(json('jobs', 'cancel', String(waiting), ...p)).toMatchObject({ state: 'cancelled' });
    expect(json('jobs', 'resume', String(waiting), ...p)).toMatchObject({
      state: 'done',
      result: { datasets: [{ name: 'later' }] },
    });
    expect(forcewright('jobs', 'resume', String(waiting), ...p)).toMatchObject({ status: 1 });
    expect(forcewright('jobs', 'show', '999', ...p).stderr).toContain('no job number 999');
    expect(forcewright('jobs', 'show', 'x', ...p).status).toBe(2);
  });
});
