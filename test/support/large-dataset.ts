/** Datasets of many configurations, made by SQL without arrays. */
import { packColumns } from '../../src-main/store/column-packer.ts';
import type { Project } from '../../src-main/store/project.ts';

/** Values for the columns of `configurations` that every version has, as SQL of the position k. */
export const ROW = `position, formula, atoms, energy, energy_per_atom, config_type, labels, content_hash, structure_hash, fingerprint,
  fingerprints, source_file, source_frame, source_line`;
export const VALUES = `k, 'Si' || (1 + k % 3), 1 + k % 3, iif(k % 5 = 0, NULL, -k), iif(k % 5 = 0, NULL, -k / 4.0),
  iif(k % 2 = 0, 'bulk', NULL), k % 8, randomblob(16), unhex(printf('%032x', k / 2)), 0, zeroblob(64), 0, k, k`;
export const DATASET = `INSERT INTO datasets (name, created_at, species, configuration_count, atom_count, with_energy, with_forces,
  with_virial, hash, source) VALUES`;
export const positionsUpTo = (count: number) =>
  `WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k + 1 < ${count})`;

/** A dataset of many configurations without arrays. */
export function largeDataset(project: Project, count: number): number {
  const name = `large ${Number(project.sqlite.prepare('SELECT count(*) FROM datasets').pluck().get()) + 1}`;
  project.sqlite.exec(`${DATASET} ('${name}', 0, '["Si"]', ${count}, ${count}, 0, 0, 0, '', '{}')`);
  const id = Number(project.sqlite.prepare('SELECT max(id) FROM datasets').pluck().get());
  project.sqlite.exec(
    `${positionsUpTo(count)} INSERT INTO configurations (dataset_id, ${ROW}) SELECT ${id}, ${VALUES} FROM n`,
  );
  packColumns(project.sqlite);
  return id;
}
