/** Fits to several datasets, datasets that are put together, and what was removed: nothing held back is learned from. */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { trainingPart } from '../../../src-main/services/entropy/training-set.ts';
import { testChoiceOf, testDigest } from '../../../src-main/services/datasets/test-digest.ts';
import { fitSets } from '../../../src-main/services/fit/fit-sets.ts';
import { ProjectService } from '../../../src-main/services/project-service.ts';
import { JobRepository } from '../../../src-main/store/jobs.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';

const folder = temporaryFolder();
let files = 0;

/** A dataset of four with a test part, one of three with a validation part, one of two. */
function project() {
  const path = join(folder, `${files++}.fwproj`);
  const service = ProjectService.open(path, { create: true });
  onTestFinished(() => service[Symbol.dispose]());
  const add = (name: string, seeds: readonly number[]) =>
    addDataset(
      service.project,
      name,
      seeds.map((seed) => crystal(2, seed)),
    );
  const [first, second, third] = [add('first', [1, 2, 3, 4]), add('second', [5, 6, 7]), add('third', [8, 9])];
  const { datasets } = service;
  datasets.split(first, { method: 'manual', positions: Uint32Array.of(3), part: 'test' });
  datasets.split(second, { method: 'manual', positions: Uint32Array.of(0), part: 'validation' });
  return { service, path, first, second, third };
}

describe('a fit to several datasets', () => {
  it('learns from what none of them holds back', () => {
    const { service, first, second, third } = project();
    const sets = fitSets(service.project, { datasetId: first, datasetIds: [second, third, first] });
    expect([sets.train.count, sets.validation?.count, sets.test?.count]).toEqual([3 + 2 + 2, 1, 1]);
    expect(sets.train.range(2, 4)).toEqual([
      service.datasets.store.configuration(first, 2),
      service.datasets.store.configuration(second, 1),
    ]);
    expect(sets.test?.range(0, 1)).toEqual([service.datasets.store.configuration(first, 3)]);
    expect(sets.data.map(({ name, role }) => `${role} ${name}`)).toEqual([
      'train first',
      'train second',
      'train third',
      'test first',
    ]);
    expect(sets.remarks).toEqual([]);
  });

  it('is tested on another dataset as a whole, and says what of it was learned', () => {
    const { service, first, second, third } = project();
    const other = addDataset(service.project, 'other', [crystal(2, 8), crystal(2, 20)]);
    const sets = fitSets(service.project, {
      datasetId: first,
      datasetIds: [third],
      testDatasetId: other,
    });
    expect([sets.train.count, sets.test?.count]).toEqual([5, 2]);
    expect(sets.remarks.join()).toContain('1 of the 2 test structures are in the training data too');
    const { store } = service.datasets;
    store.setReference(first, 'PBE');
    store.setReference(second, 'PBE');
    expect(fitSets(service.project, { datasetId: first, datasetIds: [second] }).remarks).toEqual([]);
    store.setReference(second, 'SCAN');
    expect(fitSets(service.project, { datasetId: first, datasetIds: [second] }).remarks.join()).toMatch(
      /different reference methods \(PBE; SCAN\)/,
    );
  });

  it('has a test set that changes with any of them', () => {
    const { service, first, second, third } = project();
    const digest = (datasetIds?: number[]) =>
      testDigest(service.datasets.store, { datasetId: first, datasetIds });
    const alone = digest();
    expect(digest([third])).toBe(alone);
    service.datasets.split(third, { method: 'manual', positions: Uint32Array.of(1), part: 'test' });
    const both = digest([third]);
    expect(digest()).toBe(alone);
    expect(both).not.toBe(alone);
    service.datasets.exclude(third, Uint32Array.of(1));
    expect(digest([third])).not.toBe(both);
    service.datasets.store.remove(second);
    expect(digest([second])).toBeUndefined();
  });

  it('is what runs with its potential are compared with', () => {
    const { service, first, second, third } = project();
    const settings = { datasetId: first, datasetIds: [second, third], request: {} };
    const jobId = new JobRepository(service.project).create('fit', 'Fit both', settings);
    const potential = service.potentials.add({
      name: 'both',
      form: 'lennard-jones',
      species: ['Si'],
      document: '{}',
      datasetId: first,
      jobId,
    });
    expect(testChoiceOf(first, settings).datasetIds).toEqual([second, third]);
    const held = { parts: ['train', null] };
    expect(trainingPart(service.project, potential)).toEqual({
      ...{ datasetId: first, ...held },
      and: [{ datasetId: second, ...held }, { datasetId: third }],
    });
    service.datasets.store.remove(third);
    expect(() => trainingPart(service.project, potential)).toThrow(
      /A dataset that both was fitted to, too, is gone/,
    );
  });
});

describe('datasets that are put together', () => {
  it('keep parts, tags and weights; what is excluded stays behind', () => {
    const { service, first, second, third } = project();
    const { datasets } = service;
    datasets.tag(first, Uint32Array.of(0, 3), 'hot');
    datasets.tag(third, Uint32Array.of(1), 'hot');
    datasets.exclude(first, Uint32Array.of(1));
    datasets.reweight(third, Uint32Array.of(0), 2.5);
    datasets.store.setReference(first, 'PBE');
    datasets.store.setReference(second, 'PBE');
    datasets.store.setReference(third, 'PBE');
    const union = datasets.union('all', [first, second, third]);
    const { store } = datasets;
    expect(store.splitOf(union)).toEqual([
      ...['train', 'train', 'test'],
      ...['validation', 'train', 'train'],
      ...['train', 'train'],
    ]);
    expect([...store.tagsOf(union)]).toEqual([
      [0, ['hot']],
      [2, ['hot']],
      [7, ['hot']],
    ]);
    expect([...store.column(union, 'weight')]).toEqual([1, 1, 1, 1, 1, 1, 2.5, 1]);
    expect(store.get(union).reference).toBe('PBE');
    expect(store.configuration(union, 2)).toEqual(store.configuration(first, 3));
    const plain = datasets.union('plain', [third]);
    expect(store.splitOf(plain)).toEqual([null, null]);
  });
});

describe('what was removed', () => {
  it('is out of sight, can be brought back, and goes when the project is closed', () => {
    const { service, path, first, second } = project();
    const { removals, datasets } = service;
    for (const id of [first, second]) removals.remove('dataset', id, () => datasets.store.remove(id));
    expect(service.listedDatasets().map(({ name }) => name)).toEqual(['third']);
    expect(service.lineage().nodes.map(({ name }) => name)).toEqual(['third']);
    expect(service.overview().datasets).toBe(1);
    expect(removals.restore('dataset', first)).toBe(true);
    expect(removals.restore('dataset', first)).toBe(false);
    expect(service.listedDatasets().map(({ name }) => name)).toEqual(['first', 'third']);
    service[Symbol.dispose]();
    const again = ProjectService.open(path);
    onTestFinished(() => again[Symbol.dispose]());
    expect(again.listedDatasets().map(({ name }) => name)).toEqual(['first', 'third']);
  });
});
