/**
 * How long the pages of a dataset of millions of configurations take: its table, splits, undo, excluding.
 *
 *   node test/benchmarks/large-dataset.ts [--rows 2000000]
 *
 * The rows have no arrays. Prints seconds by the clock and, in brackets, of the processor (the ones to
 * look at on a busy machine).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { datasetTable } from '../../src-main/services/datasets/dataset-table.ts';
import { splitDataset } from '../../src-main/services/datasets/splits.ts';
import { CurationRepository } from '../../src-main/store/curation.ts';
import { DatasetRepository } from '../../src-main/store/datasets.ts';
import { Project } from '../../src-main/store/project.ts';
import { addRows, digestOf } from '../support/large-dataset.ts';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '2000000' } } });
const count = Number(values.rows);
const folder = mkdtempSync(join(tmpdir(), 'forcewright-large-'));

function timed<Result>(what: string, work: () => Result): Result {
  const before = process.cpuUsage();
  const start = performance.now();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  const clock = ((performance.now() - start) / 1000).toFixed(2);
  console.log(`${what}: ${clock} s (${((user + system) / 1e6).toFixed(2)} s)`);
  return result;
}

try {
  using project = Project.open(join(folder, 'large.fwproj'), { create: true });
  timed(`${count} rows made`, () => {
    project.transaction(() => {
      project.sqlite.exec(
        `INSERT INTO datasets (name, created_at, species, configuration_count, atom_count, with_energy, with_forces,
           with_virial, hash, source) VALUES ('large', 0, '["Si"]', ${count}, ${8 * count}, ${count}, ${count}, 0, '', '{}')`,
      );
      addRows(project, 1, count, (k) => ({
        formula: 'Si8',
        atoms: 8,
        energy: -43.1 - k * 1e-7,
        energyPerAtom: -5.4 - k * 1e-8,
        maxForce: 0.5 + (k % 97) * 0.01,
        volume: 160.25 + (k % 31) * 0.1,
        pressure: 0.001 * (k % 13),
        minimumDistance: 2.2 + 0.001 * (k % 53),
        configType: 'md',
        labels: 7,
        contentHash: digestOf(k, 1),
        structureHash: digestOf(k, 2),
        fingerprint: k * 0.37,
        sourceLine: 10 * k + 1,
      }));
    });
  });
  const datasets = new DatasetRepository(project);
  const curation = new CurationRepository(project);
  const fractions = { test: 0.1, validation: 0.1 };
  timed('table', () => datasetTable(project, 1));
  timed('split at random', () => splitDataset(project, 1, { method: 'random', fractions }));
  timed('split by content', () => splitDataset(project, 1, { method: 'hash', fractions }));
  timed('undo', () => curation.undo(1));
  timed('parts', () => datasets.parts(1));
  timed('a page by force', () => datasets.rows(1, { orderBy: 'maxForce', limit: 100 }));
  timed('hash of the part for training', () => datasets.selectionHash(1, { parts: ['train'] }));
  const positions = datasets.select(1, { parts: ['test'] });
  timed(`${positions.length} excluded`, () =>
    curation.apply(1, { kind: 'exclude', description: 'test', field: 'excluded', positions, values: 1 }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
