/** Every row of the table of properties is kept, counted, hashed and summed up by the store. */
import { storedRecord } from '../../support/stored-record.ts';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  fieldOf,
  labelBits,
  TABLE,
  valuesOf,
  type PropertyRow,
} from '../../../src-compute/structure/properties.ts';
import { bytesOf } from '../../../src-main/store/binary.ts';
import { BLOCK, ColumnReader } from '../../../src-main/store/columns.ts';
import { decodeConfiguration, encodeConfiguration } from '../../../src-main/store/configuration-codec.ts';
import { configurationHashes } from '../../../src-main/store/content-hash.ts';
import { DatasetRepository } from '../../../src-main/store/datasets.ts';
import { defaultMigrationsFolder } from '../../../src-main/store/migrations.ts';
import { Project } from '../../../src-main/store/project.ts';
import { DATASET } from '../../support/large-dataset.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';

const folder = temporaryFolder();
let files = 0;
const newProject = () => Project.open(join(folder, `${++files}.fwproj`), { create: true });

const bare: Configuration = { ...crystal(2, 1), energy: undefined, forces: undefined, virial: undefined };
const atoms = bare.kinds.length;

/** A configuration with one property, of the shape with so many components. */
function having(row: PropertyRow, components: number, start = 0): Configuration {
  const length = components * (row.per === 'atom' ? atoms : 1);
  return {
    ...bare,
    ...fieldOf(
      row,
      Float64Array.from({ length }, (_, k) => start + k),
    ),
  };
}
const shapes = TABLE.flatMap((row) => row.components.map((count) => ({ row, count, key: row.key })));

describe('each property', () => {
  it.each(shapes)('comes back as it was: $key with $count', ({ row, count }) => {
    const original = having(row, count);
    const back = decodeConfiguration(storedRecord(encodeConfiguration(original)));
    expect(valuesOf(back, row.key)).toEqual(valuesOf(original, row.key));
    expect(labelBits(back)).toBe(row.bit);
  });

  it.each(shapes)('makes content of its own, or is none: $key with $count', ({ row, count }) => {
    const [a, b, none] = [having(row, count), having(row, count, 1), bare].map((c) => configurationHashes(c));
    expect(a.content.equals(b.content)).toBe(!row.isContent);
    expect(a.content.equals(none.content)).toBe(!row.isContent);
    expect(a.structure.equals(none.structure)).toBe(true);
  });

  it('is counted by the dataset, and has a column where its row sums it up', () => {
    using project = newProject();
    addDataset(project, 'one', [bare, ...shapes.map(({ row, count }) => having(row, count)), bare]);
    const dataset = new DatasetRepository(project).get(1);
    const counts: Record<string, number> = dataset.properties;
    for (const row of TABLE) {
      const own = { energy: dataset.withEnergy, forces: dataset.withForces, virial: dataset.withVirial };
      const count = row.key in own ? own[row.key as keyof typeof own] : counts[row.key];
      expect(count, row.key).toBe(row.components.length);
    }
    const columns = new ColumnReader(project);
    const summed = TABLE.filter((row) => row.summary !== undefined).map(({ key }) => key);
    expect(columns.propertyColumns(1)).toEqual(summed);
    for (const key of summed) {
      const finite = columns.property(1, key).map((x) => Number(Number.isFinite(x)));
      expect(finite.reduce((sum, x) => sum + x, 0)).toBe(shapes.filter((shape) => shape.key === key).length);
    }
  });
});

describe('columns of properties', () => {
  it('begin anywhere in a dataset and end with it', () => {
    using project = newProject();
    const one: Configuration = { ...bare, kinds: bare.kinds.slice(0, 1), positions: new Float64Array(3) };
    const late = { ...one, dipole: Float64Array.of(0, 0, 2) };
    const list = Array.from({ length: 2 * BLOCK + 3 }, (_, k) => (k === BLOCK + 5 ? late : one));
    addDataset(project, 'late', list);
    addDataset(project, 'without', [one]);
    const columns = new ColumnReader(project);
    const norms = columns.property(1, 'dipole');
    expect(norms[BLOCK + 5]).toBe(2);
    expect(norms.filter(Number.isFinite)).toHaveLength(1);
    expect(columns.propertyColumns(2)).toEqual([]);
    expect(project.integrity()).toEqual([]);
  });
});

describe('a property that is not known', () => {
  it('is refused by its name', () => {
    const record = storedRecord(encodeConfiguration({ ...bare, dipole: new Float64Array(3) }));
    const strange = { ...record, header: record.header.replace('"dipole"', '"spinOrbit"') };
    expect(() => decodeConfiguration(strange)).toThrow(/"spinOrbit"/);
  });
});

describe('a project from before the table', () => {
  it('opens with wider labels, counts and a copy', () => {
    const migrationsFolder = join(folder, 'before-properties');
    cpSync(defaultMigrationsFolder(), migrationsFolder, { recursive: true });
    const journal = join(migrationsFolder, 'meta', '_journal.json');
    const { entries, ...rest } = JSON.parse(readFileSync(journal, 'utf8')) as { entries: { tag: string }[] };
    const before = entries.findIndex(({ tag }) => tag.endsWith('_properties'));
    writeFileSync(journal, JSON.stringify({ ...rest, entries: entries.slice(0, before) }));
    const path = join(folder, 'before.fwproj');
    const labels = Uint8Array.of(3, 7, 15, 31);
    {
      using old = Project.open(path, { create: true, migrationsFolder });
      old.sqlite.exec(`${DATASET} ('one', 0, '["Si"]', 4, 4, 4, 4, 3, '', '{}')`);
      const insert = old.sqlite.prepare(
        'INSERT INTO configuration_columns (dataset_id, name, block, data) VALUES (1, ?, 0, ?)',
      );
      insert.run('labels', bytesOf(labels));
      insert.run('excluded', bytesOf(new Uint8Array(4)));
    }
    using project = Project.open(path);
    expect(project.backup).toBe(`${path}.backup-${before}`);
    expect(new ColumnReader(project).numbers(1, 'labels')).toEqual(Uint32Array.from(labels));
    expect(new DatasetRepository(project).get(1).properties).toEqual({ atomEnergies: 2, velocities: 1 });
  });
});
