/** Curation of datasets that are read and written as a whole does what single steps do. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitDataset } from '../../../src-main/services/datasets/splits.ts';
import { CurationRepository, type CurationChange } from '../../../src-main/store/curation.ts';
import { DatasetRepository } from '../../../src-main/store/datasets.ts';
import { Project } from '../../../src-main/store/project.ts';
import { addRows, digestOf } from '../../support/large-dataset.ts';

const COUNT = 9000;
let folder: string;
let project: Project;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-bulk-'));
  project = Project.open(join(folder, 'bulk.fwproj'), { create: true });
  project.transaction(() => {
    for (const [id, name] of ['other', 'large'].entries())
      project.sqlite.exec(
        `INSERT INTO datasets (id, name, created_at, species, configuration_count, atom_count, with_energy, with_forces,
           with_virial, hash, source) VALUES (${id + 1}, '${name}', 0, '[]', ${COUNT}, ${COUNT}, 0, 0, 0, '', '{}')`,
      );
    // neighbours share a structure
    for (const id of [1, 2])
      addRows(project, id, COUNT, (k) => ({
        structureHash: digestOf(Math.floor(((id - 1) * COUNT + k) / 2)),
        contentHash: digestOf(k, id),
      }));
  });
});

afterEach(() => {
  project.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A column as it lies in the file. */
function stored(column: string, dataset = 2): unknown[] {
  const datasets = new DatasetRepository(project);
  if (column === 'split') return datasets.splitOf(dataset);
  return [...datasets.column(dataset, column === 'weight' ? 'weight' : 'excluded')];
}

const some = Uint32Array.from({ length: 4500 }, (_, k) => 2 * k);

describe('a step on thousands of configurations', () => {
  it.each<[string, CurationChange]>([
    ['excluded', { kind: 'exclude', description: '', field: 'excluded', positions: some, values: 1 }],
    [
      'weight',
      {
        kind: 'reweight',
        description: '',
        field: 'weight',
        positions: some,
        values: Array.from(some, (k) => 0.1 + k / 3),
      },
    ],
  ])('writes and undoes the column %s, and nothing else', (column, change) => {
    const curation = new CurationRepository(project);
    const before = stored(column);
    expect(curation.apply(2, { ...change, positions: Uint32Array.of(4), values: 0.5 })).toBe(1);
    const single = stored(column);
    expect(curation.apply(2, change)).toBe(some.length);
    const after = stored(column);
    const values = change.values;
    some.forEach((position, k) => (single[position] = Array.isArray(values) ? values[k] : values));
    expect(after).toEqual(single);
    expect(curation.apply(2, change)).toBe(0);
    curation.undo(2);
    curation.undo(2);
    expect(stored(column)).toEqual(before);
    curation.redo(2);
    curation.redo(2);
    expect(stored(column)).toEqual(after);
    expect(stored(column, 1)).toEqual(before);
  });

  it('splits, with one structure on one side, and undoes it', () => {
    splitDataset(project, 2, { method: 'random', fractions: { test: 0.1 } });
    const parts = stored('split');
    expect(parts.filter((part) => part === 'test')).toHaveLength(900);
    for (let k = 0; k < COUNT; k += 2) expect(parts[k + 1]).toBe(parts[k]);
    expect(new Set(stored('split', 1))).toEqual(new Set([null]));
    new CurationRepository(project).undo(2);
    expect(new Set(stored('split'))).toEqual(new Set([null]));
    expect(() =>
      splitDataset(project, 2, {
        method: 'manual',
        positions: Uint32Array.from({ length: 3000 }, (_, k) => 3 * k + 7),
        part: 'x',
      }),
    ).toThrow(/no configuration number/);
  });

  it('hashes a selection as configuration by configuration', () => {
    const datasets = new DatasetRepository(project);
    const positions = Uint32Array.from({ length: 8999 }, (_, k) => k + 1);
    const whole = datasets.selectionHash(2, positions);
    // a weight that differs leads the other way; of a configuration that is not among them it changes nothing
    new CurationRepository(project).apply(2, {
      kind: 'reweight',
      description: '',
      field: 'weight',
      positions: Uint32Array.of(0),
      values: 2,
    });
    expect(datasets.selectionHash(2, positions)).toBe(whole);
    expect(datasets.select(2)).toEqual(Uint32Array.from({ length: COUNT }, (_, k) => k));
  });
});
