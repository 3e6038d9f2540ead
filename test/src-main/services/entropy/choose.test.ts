/** Selection as a service and a command: files, projects, tags that can be undone, descriptors computed once. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConfigurations, readConfigurations } from '../../../../src-main/formats/index.ts';
import { DatasetService } from '../../../../src-main/services/datasets/dataset-service.ts';
import { chooseFrames, selectionSettings } from '../../../../src-main/services/entropy/choose.ts';
import {
  chooseFromDataset,
  datasetOfChosen,
  tagChosen,
} from '../../../../src-main/services/entropy/dataset-choice.ts';
import { setInMemory } from '../../../../src-compute/fitting/data/configuration-set.ts';
import { setInDataset } from '../../../../src-main/services/fit/configuration-set.ts';
import { AnalysisRepository } from '../../../../src-main/store/analyses.ts';
import { derivedColumns } from '../../../../src-main/store/configuration-row.ts';
import { DatasetWriter } from '../../../../src-main/store/dataset-writer.ts';
import { DatasetRepository } from '../../../../src-main/store/datasets.ts';
import { Project } from '../../../../src-main/store/project.ts';
import { diamond } from '../../../src-compute/analysis/entropy/structures.ts';
import { commandLine } from '../../../support/command-line.ts';

/** Seven near-crystals and three different melts. */
const structures = [
  ...Array.from({ length: 7 }, (_, k) => diamond(1, 0.01, k + 1)),
  ...Array.from({ length: 3 }, (_, k) => diamond(1, 0.8, k + 20)),
];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-choose-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = (given: object) => selectionSettings.parse(given);

function forcewright(...args: string[]) {
  const main = commandLine;
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
}

function projectWithStructures(name: string): Project {
  const project = Project.open(join(folder, name), { create: true });
  using writer = new DatasetWriter(project);
  structures.forEach((configuration, k) =>
    writer.add(
      configuration,
      { sourceFile: 0, sourceFrame: k, sourceLine: 1 },
      derivedColumns(configuration),
    ),
  );
  writer.commit({ name: 'silicon' });
  return project;
}

describe('chooseFrames', () => {
  it.each(['entropy', 'diversity', 'farthest'] as const)(
    'by %s keeps every melt among four',
    async (method) => {
      const choice = await chooseFrames(
        { configurations: structures },
        undefined,
        settings({ method, count: 4 }),
      );
      const melts = Array.from(choice.selected.frames).filter((f) => f >= 7);
      expect(melts.length).toBeGreaterThanOrEqual(method === 'entropy' ? 3 : 2);
      expect(choice.chosenEnvironments).toBe(32);
      if (method !== 'farthest') expect(choice.quality!.covered).toBeGreaterThan(0.3);
    },
  );

  it('by novelty ranks what the references lack first', async () => {
    const references = { configurations: structures.slice(0, 8) };
    const choice = await chooseFrames(
      { configurations: structures },
      references,
      settings({ method: 'novelty', count: 2 }),
    );
    expect(Array.from(choice.selected.frames).sort()).toEqual([8, 9]);
    const none = chooseFrames(
      { configurations: structures },
      undefined,
      settings({ method: 'novelty', count: 2 }),
    );
    await expect(none).rejects.toThrow(/needs a reference set/);
  });

  it('finds the near-duplicates and takes a fraction', async () => {
    const choice = await chooseFrames(
      { configurations: structures },
      undefined,
      settings({ fraction: 0.25, duplicates: 0.9, bandwidth: 0.03, descriptor: 'quests' }),
    );
    expect(choice.selected.frames).toHaveLength(3);
    expect(choice.duplicates).toEqual([[0, 1, 2, 3, 4, 5, 6]]);
    await expect(chooseFrames({ configurations: structures }, undefined, settings({}))).rejects.toThrow(
      /How many frames/,
    );
  });
});

describe('choosing in a project', () => {
  it('tags in one step that can be undone, and computes descriptors once', async () => {
    using project = projectWithStructures('tags.fwproj');
    const choose = () => chooseFromDataset(project, 1, {}, settings({ count: 4 }));
    const choice = await choose();
    expect(tagChosen(project, 1, choice, 'small')).toBe(4);
    const store = new DatasetRepository(project);
    expect(Array.from(store.select(1, { tags: ['small'] }))).toEqual(
      Array.from(choice.positions).sort((a, b) => a - b),
    );
    new DatasetService(project).undo(1);
    expect(store.select(1, { tags: ['small'] })).toHaveLength(0);
    const analyses = new AnalysisRepository(project);
    expect(analyses.list('descriptors')).toHaveLength(1);
    expect((await choose()).positions).toEqual(choice.positions);
    expect(analyses.list('descriptors')).toHaveLength(1);
    await chooseFromDataset(project, 1, {}, settings({ count: 4, descriptor: 'quests' }));
    expect(analyses.list('descriptors')).toHaveLength(2);
  });

  it('makes a dataset with the weights, on top of those that configurations had', async () => {
    using project = projectWithStructures('weights.fwproj');
    const service = new DatasetService(project);
    service.reweight(1, Uint32Array.from(structures.keys()), 2);
    const choice = await chooseFromDataset(project, 1, {}, settings({ count: 4 }));
    const made = datasetOfChosen(project, 1, choice, 'few');
    const order = Array.from(choice.positions.keys()).sort(
      (a, b) => choice.positions[a] - choice.positions[b],
    );
    const weights = new DatasetRepository(project).column(made, 'weight');
    expect(Array.from(weights)).toEqual(
      order.map((k) => expect.closeTo(2 * choice.selected.weights![k], 12)),
    );
    const set = setInDataset(new DatasetRepository(project), made, {});
    expect(Array.from(set.importance)).toEqual(Array.from(weights));
  });

  it('refuses an empty selection', async () => {
    using project = projectWithStructures('empty.fwproj');
    await expect(chooseFromDataset(project, 1, { parts: ['train'] }, settings({ count: 4 }))).rejects.toThrow(
      /No configuration is selected/,
    );
  });
});

describe('forcewright select', () => {
  it('writes the chosen frames and says what is lost', async () => {
    const [input, out] = [join(folder, 'all.xyz'), join(folder, 'few.xyz')];
    await writeConfigurations(input, undefined, structures);
    const result = forcewright(
      'select',
      '--in',
      input,
      '--count',
      '4',
      '--out',
      out,
      '--duplicates',
      '--json',
    );
    expect(result.status, result.stderr).toBe(0);
    const json = JSON.parse(result.stdout);
    expect(json).toMatchObject({
      method: 'entropy',
      frames: 10,
      kept_frames: 0.4,
      descriptor: 'mtp:12',
      bandwidth_rule: 'median rule',
      file: out,
    });
    expect(json.selected).toHaveLength(4);
    expect(json.covered).toBeGreaterThan(0);
    const written = await readConfigurations(out);
    const order: number[] = [...json.selected.keys()].sort((a, b) => json.selected[a] - json.selected[b]);
    written.forEach((frame, k) => {
      expect(frame.positions[5]).toBeCloseTo(structures[json.selected[order[k]]].positions[5], 6);
      expect(frame.info!.config_weight).toBeCloseTo(json.weights[order[k]], 6);
    });
    // one crystal stands for seven, and a fit reads that
    expect(json.weights.reduce((a: number, b: number) => a + b)).toBeCloseTo(4, 9);
    const crystals = order.filter((k) => json.selected[k] < 7);
    expect(Math.max(...crystals.map((k) => json.weights[k]))).toBe(Math.max(...json.weights));
    expect(Math.max(...json.weights)).toBeGreaterThan(1.3);
    expect(Array.from(setInMemory(written).importance)).toEqual(written.map((f) => f.info!.config_weight));
    const plain = forcewright('select', '--in', input, '--count', '4', '--no-weights', '--json');
    expect(JSON.parse(plain.stdout)).toMatchObject({ selected: json.selected });
    expect(JSON.parse(plain.stdout).weights).toBeUndefined();
  });

  it('tags in a project, and ends with 1 when it is not said what to choose from', () => {
    projectWithStructures('command.fwproj').close();
    const path = join(folder, 'command.fwproj');
    const result = forcewright(
      'select',
      '--project',
      path,
      '--dataset',
      'silicon',
      '--count',
      '3',
      '--tag',
      'few',
      '--new-dataset',
      'compressed',
      '--json',
    );
    expect(result.status, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      dataset: 'silicon',
      tagged: 3,
      new_dataset: 'compressed',
    });
    expect(forcewright('select', '--count', '3').stderr).toMatch(/Either a file or a project/);
    expect(forcewright('select', '--in', path, '--method', 'best').status).toBe(2);
    expect(forcewright('select', '--in', path, '--fraction', '0').status).toBe(2);
  });
});
