/** Datasets of many configurations without arrays. */
import { bytesOf } from '../../src-main/store/binary.ts';
import { ColumnPacker, type PackedRow } from '../../src-main/store/column-packer.ts';
import type { Project } from '../../src-main/store/project.ts';

/** Values for the columns that `configurations` had in the first versions, as SQL of the position k. */
export const ROW = `position, formula, atoms, energy, energy_per_atom, config_type, labels, content_hash, structure_hash, fingerprint,
  fingerprints, source_file, source_frame, source_line`;
export const VALUES = `k, 'Si' || (1 + k % 3), 1 + k % 3, iif(k % 5 = 0, NULL, -k), iif(k % 5 = 0, NULL, -k / 4.0),
  iif(k % 2 = 0, 'bulk', NULL), k % 8, randomblob(16), unhex(printf('%032x', k / 2)), 0, zeroblob(64), 0, k, k`;
export const DATASET = `INSERT INTO datasets (name, created_at, species, configuration_count, atom_count, with_energy, with_forces,
  with_virial, hash, source) VALUES`;
export const positionsUpTo = (count: number) =>
  `WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k + 1 < ${count})`;

/** Rows and columns of one dataset; the number of configurations is to be that of its row. */
export function addRows(
  project: Project,
  datasetId: number,
  count: number,
  row: (position: number) => Partial<PackedRow>,
): void {
  const insert = project.sqlite.prepare(
    'INSERT INTO configuration_columns (dataset_id, name, block, data, words) VALUES (?, ?, ?, ?, ?)',
  );
  project.sqlite.exec(
    `${positionsUpTo(count)} INSERT INTO configurations (dataset_id, position, fingerprints)
     SELECT ${datasetId}, k, zeroblob(64) FROM n`,
  );
  const packer = new ColumnPacker((name, block, data, words) =>
    insert.run(datasetId, name, block, data, words),
  );
  for (let k = 0; k < count; k++) packer.add({ ...PLAIN, sourceFrame: k, sourceLine: k, ...row(k) });
  packer.end();
}

const DIGEST = new Uint8Array(16);
const PLAIN: PackedRow = {
  atoms: 1, sourceFile: 0, sourceFrame: 0, sourceLine: 0, labels: 0, flags: 0, excluded: 0, energy: null,
  energyPerAtom: null, maxForce: null, volume: null, pressure: null, minimumDistance: null, weight: 1, fingerprint: 0,
  fingerprintSlope: 0, formula: 'Si', configType: null, split: null, structureHash: DIGEST, contentHash: DIGEST,
}; // prettier-ignore

/** Digest that a number tells from others. */
export const digestOf = (number: number, kind = 0): Uint8Array =>
  bytesOf(Uint32Array.of(number, kind, 7919 * number, 1));

/** A dataset of many configurations: what VALUES says of each. */
export function largeDataset(project: Project, count: number): number {
  const name = `large ${Number(project.sqlite.prepare('SELECT count(*) FROM datasets').pluck().get()) + 1}`;
  project.sqlite.exec(`${DATASET} ('${name}', 0, '["Si"]', ${count}, ${count}, 0, 0, 0, '', '{}')`);
  const id = Number(project.sqlite.prepare('SELECT max(id) FROM datasets').pluck().get());
  addRows(project, id, count, (k) => ({
    formula: `Si${1 + (k % 3)}`,
    atoms: 1 + (k % 3),
    energy: k % 5 === 0 ? null : -k,
    energyPerAtom: k % 5 === 0 ? null : -k / 4,
    configType: k % 2 === 0 ? 'bulk' : null,
    labels: k % 8,
    contentHash: digestOf(k, id),
    structureHash: digestOf(Math.floor(k / 2)),
  }));
  return id;
}
