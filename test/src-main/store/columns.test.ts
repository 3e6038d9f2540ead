/** Columns of datasets in blocks: they say what the rows said, in old projects too, and cost few statements. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ArrayFrame } from '../../../src-compute/array-frame.ts';
import { datasetTable } from '../../../src-main/services/datasets/dataset-table.ts';
import { splitDataset } from '../../../src-main/services/datasets/splits.ts';
import { packColumns } from '../../../src-main/store/column-packer.ts';
import { BLOCK, ColumnEditor, ColumnReader } from '../../../src-main/store/columns.ts';
import { FLAG } from '../../../src-main/store/configuration-row.ts';
import { CurationRepository } from '../../../src-main/store/curation.ts';
import { DatasetRepository } from '../../../src-main/store/datasets.ts';
import { defaultMigrationsFolder } from '../../../src-main/store/migrations.ts';
import { Project } from '../../../src-main/store/project.ts';
import { countWork } from '../../support/counted-project.ts';
import { DATASET, largeDataset, positionsUpTo, ROW, VALUES } from '../../support/large-dataset.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';

const folder = temporaryFolder();
let files = 0;
const newProject = () => Project.open(join(folder, `${++files}.fwproj`), { create: true });

/** The first migrations: two are those before columns, six those before rows without what columns hold. */
function olderMigrations(count = 2): string {
  const target = join(folder, `first-${count}`);
  cpSync(defaultMigrationsFolder(), target, { recursive: true });
  const path = join(target, 'meta', '_journal.json');
  const journal = JSON.parse(readFileSync(path, 'utf8')) as { entries: unknown[] };
  writeFileSync(path, JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }));
  return target;
}

describe('columns of a dataset', () => {
  const count = 2 * BLOCK + 100;

  it('take over what only rows said, and what belongs to configurations stays theirs', () => {
    const path = join(folder, 'rows.fwproj');
    {
      using old = Project.open(path, { create: true, migrationsFolder: olderMigrations(6) });
      old.sqlite.exec(`${DATASET} ('one', 0, '["Si"]', ${count}, ${count}, 0, 0, 0, '', '{}')`);
      old.sqlite.exec(
        `${positionsUpTo(count)} INSERT INTO configurations (dataset_id, ${ROW}) SELECT 1, ${VALUES} FROM n`,
      );
      old.sqlite.exec('UPDATE configurations SET source_file = position % 2, source_line = position * 3e9');
      packColumns(old.sqlite, { excluded: '0', weight: '1', split: 'NULL', flags: '0' });
      old.sqlite.exec("DELETE FROM configuration_columns WHERE name IN ('sourceFile', 'sourceLine')");
      old.sqlite.exec("INSERT INTO configuration_tags VALUES ('kept', 6)");
    }
    using project = Project.open(path);
    expect(project.backup).toBe(`${path}.backup-6`);
    const datasets = new DatasetRepository(project);
    for (const k of [0, 1, BLOCK - 1, BLOCK, count - 1])
      expect(datasets.row(1, k)).toMatchObject({
        id: k + 1,
        position: k,
        formula: `Si${1 + (k % 3)}`,
        sourceFile: k % 2,
        sourceFrame: k,
        sourceLine: 3e9 * k,
      });
    expect([...datasets.select(1, { tags: ['kept'] })]).toEqual([5]);
    datasets.remove(1);
    const left = (table: string) => project.sqlite.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
    expect(['configurations', 'configuration_columns', 'configuration_tags'].map(left)).toEqual([0, 0, 0]);
  });

  it('come out of an older project as they were, with a copy from before', () => {
    const path = join(folder, 'older.fwproj');
    {
      using old = Project.open(path, { create: true, migrationsFolder: olderMigrations() });
      for (const name of ['one', 'two'])
        old.sqlite.exec(`${DATASET} ('${name}', 0, '["Si"]', ${count}, ${count}, 0, 0, 0, '', '{}')`);
      for (const id of [1, 2])
        old.sqlite.exec(
          `${positionsUpTo(count)} INSERT INTO configurations (dataset_id, ${ROW}, excluded, weight, split, flags)
           SELECT ${id}, ${VALUES}, k % 7 = ${id}, 1 + k / 3.0, CASE k % 4 WHEN 0 THEN NULL WHEN 1 THEN 'test' ELSE 'train' END,
             ${FLAG.closeAtoms} * (k % 11 = 0) FROM n`,
        );
    }
    using project = Project.open(path);
    expect(project.backup).toBe(`${path}.backup-2`);
    const datasets = new DatasetRepository(project);
    for (const id of [1, 2]) {
      const every = (test: (k: number) => boolean) =>
        Uint32Array.from({ length: count }, (_, k) => k).filter(test);
      expect(datasets.select(id)).toEqual(every((k) => k % 7 !== id));
      expect(datasets.select(id, { parts: [null], withExcluded: true })).toEqual(every((k) => k % 4 === 0));
      expect(datasets.select(id, { flags: ['closeAtoms'], tags: ['bulk'], withExcluded: true })).toEqual(
        every((k) => k % 22 === 0),
      );
      for (const k of [0, 1, BLOCK - 1, BLOCK, count - 1]) {
        expect(datasets.row(id, k)).toMatchObject({
          position: k,
          formula: `Si${1 + (k % 3)}`,
          energy: k % 5 === 0 ? null : -k,
          excluded: k % 7 === id,
          weight: 1 + k / 3,
          split: [null, 'test', 'train', 'train'][k % 4],
          flags: k % 11 === 0 ? FLAG.closeAtoms : 0,
        });
      }
      const digests = datasets.digests(id, 'structure');
      expect(Buffer.from(digests.subarray(-16)).toString('hex')).toBe(
        ((count - 1) >> 1).toString(16).padStart(32, '0'),
      );
    }
    expect(project.integrity()).toEqual([]);
    datasets.remove(1);
    expect(
      project.sqlite.prepare('SELECT count(*) FROM configuration_columns WHERE dataset_id = 1').pluck().get(),
    ).toBe(0);
  });

  it('are the columns of the rows that an import saves', () => {
    using project = newProject();
    const configurations = Array.from({ length: 3 }, (_, k) => crystal(2, k, { config_type: `t${k % 2}` }));
    addDataset(project, 'first', [crystal(2, 9)]);
    const id = addDataset(project, 'second', [
      { ...configurations[0], energy: undefined },
      ...configurations,
    ]);
    const datasets = new DatasetRepository(project);
    const rows = datasets.rows(id);
    for (const name of ['atoms', 'energy', 'energyPerAtom', 'maxForce', 'volume', 'pressure'] as const)
      expect([...datasets.column(id, name)]).toEqual(rows.map((row) => row[name] ?? NaN));
    const table = new ArrayFrame(datasetTable(project, id).buffer);
    expect([...table.u16('configType')].map((code) => table.texts('configTypes')[code])).toEqual(
      rows.map((row) => row.configType),
    );
    expect([...table.u32('sourceFrame')]).toEqual([0, 1, 2, 3]);
  });

  it('are read for a table in blocks: few rows of SQL for many configurations', () => {
    using project = newProject();
    const id = largeDataset(project, count);
    const work = countWork(project);
    const table = new ArrayFrame(datasetTable(project, id).buffer);
    expect(table.f64('energy')).toHaveLength(count);
    expect(table.f64('energy')[7]).toBe(-7);
    // 15 columns of three blocks
    expect(work.rows).toBeLessThan(100);
  });

  it('are split, undone, excluded, sorted and counted in blocks', () => {
    using project = newProject();
    const id = largeDataset(project, count);
    const work = countWork(project);
    const curation = new CurationRepository(project);
    const datasets = new DatasetRepository(project);
    splitDataset(project, id, { method: 'random', fractions: { test: 0.1 } });
    const positions = datasets.select(id, { parts: ['test'] });
    expect(positions.length).toBeGreaterThanOrEqual(count / 10);
    curation.apply(id, { kind: 'exclude', description: '', field: 'excluded', positions, values: 1 });
    expect(datasets.parts(id)).toEqual({ train: count - positions.length });
    curation.undo(id);
    curation.undo(id);
    expect(datasets.parts(id)).toEqual({ '': count });
    const lowest = datasets.rows(id, { orderBy: 'energy', limit: 20 });
    expect(lowest.map((row) => row.position)).toEqual(
      Array.from({ length: count }, (_, k) => count - 1 - k)
        .filter((k) => k % 5 !== 0)
        .slice(0, 20),
    );
    expect(work.rows + work.changes + work.runs).toBeLessThan(300);
  });

  it('are sorted as rows are: missing values last, ties in the order of the file', () => {
    using project = newProject();
    const id = largeDataset(project, 40);
    const datasets = new DatasetRepository(project);
    const all = Array.from({ length: 40 }, (_, k) => k);
    const sorted = (descending: boolean) =>
      all.toSorted((a, b) => (descending ? -1 : 1) * ((a % 3) - (b % 3)) || a - b);
    for (const descending of [false, true]) {
      for (const [offset, limit] of [
        [0, 5],
        [7, 11],
        [38, 10],
        [60, 10],
      ] as const) {
        const page = datasets.rows(id, { orderBy: 'atoms', descending, offset, limit });
        expect(page.map((row) => row.position)).toEqual(sorted(descending).slice(offset, offset + limit));
      }
      const energies = datasets.rows(id, { orderBy: 'energy', descending }).map((row) => row.energy);
      expect(energies.slice(-8)).toEqual(new Array(8).fill(null));
      expect(energies.slice(0, -8)).toEqual(
        energies.slice(0, -8).toSorted((a, b) => (descending ? -1 : 1) * (Number(a) - Number(b))),
      );
    }
  });

  it('take more words than a code has values, one edit after the other', () => {
    using project = newProject();
    const id = largeDataset(project, 10);
    const editor = new ColumnEditor(project, id, 'split');
    for (let k = 0; k < 70_000; k++) editor.set(k % 10, `part ${k}`);
    editor.save();
    const { codes, words } = new ColumnReader(project).words(id, 'split');
    expect(Array.from(codes, (code) => words[code])).toEqual(
      Array.from({ length: 10 }, (_, k) => `part ${69_990 + k}`),
    );
  });

  it('that are damaged are told, and positions that are not there', () => {
    using project = newProject();
    const id = largeDataset(project, 40);
    const datasets = new DatasetRepository(project);
    expect(() => datasets.row(id, 40)).toThrow(/no configuration number 40/);
    expect(() => new ColumnEditor(project, id, 'weight').get(-1)).toThrow(/no configuration number -1/);
    project.sqlite.exec("UPDATE configuration_columns SET data = zeroblob(3) WHERE name = 'excluded'");
    expect(() => datasets.select(id)).toThrow(/columns of a dataset in the project are damaged/);
    project.sqlite.exec("UPDATE configuration_columns SET data = zeroblob(40) WHERE name = 'excluded'");
    for (const words of ['[1]', '[]']) {
      project.sqlite.prepare("UPDATE configuration_columns SET words = ? WHERE name = 'split'").run(words);
      expect(() => datasets.parts(id)).toThrow(/damaged/);
      expect(() => datasets.row(id, 39)).toThrow(/damaged/);
    }
    project.sqlite.exec('UPDATE datasets SET configuration_count = 1e15');
    expect(() => datasets.select(id, { withExcluded: true })).toThrow(/damaged/);
  });
});
