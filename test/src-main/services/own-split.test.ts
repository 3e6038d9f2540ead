/** The split that data were published with: keys of frames and names of files, on import, later, and before it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parsePotentialDocument } from '../../../src-compute/potentials/document.ts';
import { importResult } from '../../../src-main/services/datasets/import-runner.ts';
import { ownPart, partOfFile } from '../../../src-main/services/datasets/own-split.ts';
import { previewFile } from '../../../src-main/services/datasets/preview.ts';
import { parseSplit, splitDataset } from '../../../src-main/services/datasets/splits.ts';
import { ProjectService } from '../../../src-main/services/project-service.ts';
import { writeConfigurations } from '../../../src-main/formats/index.ts';
import { crystal, temporaryFolder } from '../../support/project.ts';
import { commandLine } from '../../support/command-line.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
let projects = 0;

async function imported(files: readonly string[], settings: object) {
  const service = ProjectService.open(at(`${projects++}.fwproj`), { create: true });
  onTestFinished(() => service[Symbol.dispose]());
  const { finished } = service.jobs.submit('import', 'import', { files: [...files], ...settings });
  const { result, error } = await finished;
  if (error) throw new Error(error.message);
  const { datasets } = importResult.parse(result);
  return { service, id: datasets[0].id, parts: service.datasets.store.parts(datasets[0].id) };
}

describe('the split that files bring along', () => {
  it.each([
    ['Si_train.xyz', 'train'],
    ['/data/test/all.xyz', undefined],
    ['liquid-test-2.extxyz.gz', 'test'],
    ['WaterValid.xyz', 'validation'],
    ['val.cfg', 'validation'],
    ['TEST.XYZ', 'test'],
    ['contest.xyz', undefined],
    ['latest.xyz', undefined],
    ['train_test.xyz', undefined],
    ['training_set.json', 'train'],
  ])('is in the name of a file: %s is %s', (name, part) => {
    expect(partOfFile(name)).toBe(part);
  });

  it('is in a key of a frame, which counts more than the name of the file', () => {
    expect(ownPart({ info: { split: 'Valid' } }, 'test.xyz')).toBe('validation');
    expect(ownPart({ info: { set: 'test' } }, 'train.xyz')).toBe('test');
    expect(ownPart({ info: { set: 'A' } }, 'train.xyz')).toBe('train');
    expect(ownPart({ info: { set: 3 } }, undefined)).toBeUndefined();
    expect(ownPart({}, 'data.xyz')).toBeUndefined();
  });

  it('is seen before the import and honoured by it, as one step that can be undone', async () => {
    const frames = ['train', 'train', 'test', 'val', 'train'].map((split, k) => crystal(2, k, { split }));
    await writeConfigurations(at('keyed.xyz'), 'extxyz', frames);
    expect((await previewFile(at('keyed.xyz'))).ownParts).toEqual({ train: 3, test: 1, validation: 1 });
    const { service, id, parts } = await imported([at('keyed.xyz')], { split: 'file' });
    expect(parts).toEqual({ train: 3, test: 1, validation: 1 });
    expect(Array.from(service.datasets.store.select(id, { parts: ['test'] }))).toEqual([2]);
    expect(service.datasets.get(id).split?.method).toBe('file');
    service.datasets.undo(id);
    expect(service.datasets.store.parts(id)).toEqual({ '': 5 });
    expect(splitDataset(service.project, id, parseSplit('file'))).toEqual({
      train: 3,
      test: 1,
      validation: 1,
    });
  });

  it('of files that are parts makes one dataset with these parts', async () => {
    await writeConfigurations(at('Si_train.xyz'), 'extxyz', [crystal(2, 11), crystal(2, 12)]);
    await writeConfigurations(at('Si_test.xyz'), 'extxyz', [crystal(2, 13)]);
    const { parts, service, id } = await imported([at('Si_train.xyz'), at('Si_test.xyz')], {
      split: 'file',
      merge: true,
    });
    expect(parts).toEqual({ train: 2, test: 1 });
    expect(Array.from(service.datasets.store.select(id, { parts: ['test'] }))).toEqual([2]);
  });

  it('says so where files say nothing', async () => {
    await writeConfigurations(at('plain.xyz'), 'extxyz', [crystal(2, 21)]);
    await expect(imported([at('plain.xyz')], { split: 'file' })).rejects.toThrow(/do not say which/);
    expect(() => parseSplit('files')).toThrow(/is no split/);
  });
});

it('fit takes several files for training and for testing', async () => {
  for (const [name, seeds] of Object.entries({ a: [1, 2, 3, 4], b: [5, 6, 7], c: [8], d: [9, 10] }))
    await writeConfigurations(
      at(`${name}.xyz`),
      'extxyz',
      seeds.map((seed) => crystal(2, 100 + seed)),
    );
  const cli = commandLine;
  const args = ['--level', '4', '--cutoff', '4', '--linear', '--json', '--out', 'several.potential.json'];
  const files = ['--train', 'a.xyz', '--train', 'b.xyz', '--test', 'c.xyz', '--test', 'd.xyz@1'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'fit', ...args, ...files], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect([status, stderr.includes('Error')]).toEqual([0, false]);
  const result = JSON.parse(stdout) as Record<'train' | 'test', { configurations: number }>;
  expect([result.train.configurations, result.test.configurations]).toEqual([7, 2]);
  const { provenance } = parsePotentialDocument(readFileSync(at('several.potential.json'), 'utf8'));
  expect(provenance.data.map(({ name, role }) => `${role} ${name}`)).toEqual([
    'train a.xyz',
    'train b.xyz',
    'test c.xyz',
    'test d.xyz@1',
  ]);
  expect(new Set(provenance.data.map(({ sha256 }) => sha256)).size).toBe(4);
});
