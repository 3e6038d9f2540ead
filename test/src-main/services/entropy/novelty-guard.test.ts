/** The novelty guard on the command line and in a project: real runs of a potential beyond its training set. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatPotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { readConfigurations, writeConfigurations } from '../../../../src-main/formats/index.ts';
import {
  guardSettings,
  noveltyGuard,
  saveNovelFrames,
} from '../../../../src-main/services/entropy/novelty-guard.ts';
import { DatasetRepository } from '../../../../src-main/store/datasets.ts';
import { Project } from '../../../../src-main/store/project.ts';
import { diamond } from '../../../src-compute/analysis/entropy/structures.ts';
import { commandLine } from '../../../support/command-line.ts';

const crystals = Array.from({ length: 12 }, (_, k) => diamond(1, 0.03, k + 1));
let folder = '';
let files: Record<'training' | 'start' | 'potential' | 'out', string>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-guard-'));
  const path = (name: string) => join(folder, name);
  files = {
    training: path('t.xyz'),
    start: path('s.xyz'),
    potential: path('sw.potential.json'),
    out: path('new.xyz'),
  };
  await writeConfigurations(files.training, undefined, crystals);
  await writeConfigurations(files.start, undefined, [crystals[0]]);
  writeFileSync(
    files.potential,
    formatPotentialDocument({
      name: 'sw',
      model: stillingerWeberSilicon(),
      metrics: {},
      provenance: { program: 'test', created: '2026-01-01T00:00:00Z', data: [], settings: {}, report: {} },
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function forcewright(command: 'md' | 'hmc', ...args: string[]) {
  const main = commandLine;
  const common = [
    '--potential',
    files.potential,
    '--structure',
    files.start,
    '--json',
    '--checkpoint',
    join(folder, 'c'),
  ];
  return spawnSync(process.execPath, [main, command, ...common, ...args], { encoding: 'utf8' });
}

describe('forcewright md --novelty-reference', () => {
  const hot = [
    '--ensemble',
    'nvt-langevin',
    '--friction',
    '0.1',
    '--temperature',
    '6000',
    '--timestep',
    '1',
    '--steps',
    '300',
  ];

  it('marks novel frames, writes them to be labelled, and says when it left the training set', async () => {
    const result = forcewright(
      'md',
      ...hot,
      '--novelty-reference',
      files.training,
      '--novelty-every',
      '20',
      '--novelty-out',
      files.out,
    );
    expect(result.status, result.stderr).toBe(0);
    const { novelty } = JSON.parse(result.stdout);
    expect(novelty.looks).toBe(15);
    expect(novelty.first_new_step).toBeGreaterThan(0);
    expect(novelty.largest_nats).toBeGreaterThan(5);
    expect(novelty.last_fraction_positive).toBeGreaterThan(0.5);
    const frames = await readConfigurations(files.out);
    expect(frames).toHaveLength(novelty.frames_kept);
    expect(frames[0].info).toMatchObject({ config_type: 'to-be-labelled', step: novelty.first_new_step });
    expect(frames[0].energy).toBeUndefined();
  });

  it('stops at the first novel frame with a sentence', async () => {
    const out = join(folder, 'stopped.xyz');
    const result = forcewright(
      'md', ...hot, '--novelty-reference', files.training, '--novelty-every', '20', '--novelty-stop', '--novelty-out', out,
      '--out', join(folder, 'every-step.xyz'), '--every', '1',
    ); // prettier-ignore
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/nats outside of what the training set covers/);
    expect(result.stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(out)).toBe(true);
    // the frame of the step that ended the run is in the file
    const written = await readConfigurations(join(folder, 'every-step.xyz'));
    const [novel] = await readConfigurations(out);
    expect(written.at(-1)?.info?.step).toBe(novel.info?.step);
    expect(forcewright('md', ...hot, '--novelty-stop').stderr).toMatch(/nothing to compare with/);
  });

  it('watches hybrid Monte Carlo', () => {
    const result = forcewright(
      'hmc', '--temperature', '300', '--trajectories', '6', '--leapfrog-steps', '3', '--timestep', '1',
      '--novelty-reference', files.training, '--novelty-every', '2',
    ); // prettier-ignore
    expect(result.status, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout).novelty.looks).toBeGreaterThanOrEqual(3);
  });
});

describe('novel frames in a project', () => {
  it('become a dataset to be labelled', async () => {
    using project = Project.open(join(folder, 'p.fwproj'), { create: true });
    const { monitor } = await noveltyGuard(
      { configurations: crystals },
      guardSettings.parse({ threshold: 1 }),
    );
    monitor.look(0, crystals[3]);
    expect(saveNovelFrames(project, monitor, 'nothing')).toBeUndefined();
    monitor.look(10, diamond(1, 0.7, 3));
    const id = saveNovelFrames(project, monitor, 'to be labelled')!;
    const dataset = new DatasetRepository(project).get(id);
    expect(dataset).toMatchObject({ name: 'to be labelled', configurationCount: 1, withEnergy: 0 });
  });
});
