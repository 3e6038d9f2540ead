/**
 * Writes one dataset, all of it or nothing. Configurations first go to a temporary database of SQLite's own (a file
 * that vanishes with the process), so that memory stays bounded and the project is not locked while a file is being
 * read; commit() then moves them into the project in one transaction. A process that is killed at any moment leaves
 * the project as it was.
 */
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { bytesOf } from './binary.ts';
import { encodeConfiguration } from './configuration-codec.ts';
import { derivedColumns, LABEL, type ConfigurationSource, type DerivedColumns } from './configuration-row.ts';
import { SequenceHash } from './content-hash.ts';
import type { Project } from './project.ts';
import { StoreError, storeError } from './store-error.ts';

const ROW_COLUMNS =
  'formula, atoms, energy, energy_per_atom, max_force, volume, pressure, minimum_distance, config_type, labels, ' +
  'content_hash, structure_hash, fingerprint, fingerprints, source_file, source_frame, source_line, weight';
const DATA_COLUMNS = 'header, kinds, cell, virial, positions, forces, extras';

/** Rows per transaction of the temporary database. */
const ROWS_PER_BATCH = 500;

/** What a new dataset is called and where it came from. */
export interface NewDataset {
  /** Wanted name; ' (2)', ' (3)', … is added when it is taken. */
  readonly name: string;
  readonly reference?: string;
  /** Files, options and digests; kept as JSON. */
  readonly source?: unknown;
  /** Sentences about what was found while reading. */
  readonly findings?: readonly unknown[];
}

export class DatasetWriter implements Disposable {
  private readonly connection: Project;
  private readonly species: string[] = [];
  private readonly hash = new SequenceHash();
  private readonly counts = { configurations: 0, atoms: 0, energy: 0, forces: 0, virial: 0 };
  private batch = 0;

  /** @param project stays untouched until commit(); a connection of its own is used */
  constructor(project: Project) {
    if (project.readOnly) {
      throw new StoreError(
        'read-only',
        'The project was opened for reading only, so nothing can be imported.',
      );
    }
    this.connection = project.connect();
    try {
      const { sqlite } = this.connection;
      sqlite.exec("ATTACH '' AS staging");
      sqlite.pragma('staging.page_size = 8192');
      sqlite.pragma('staging.journal_mode = OFF');
      sqlite.pragma('staging.synchronous = OFF');
      // what is copied is not read again: a small cache is enough, and memory stays small (KiB, hence negative)
      sqlite.pragma('staging.cache_size = -2048');
      sqlite.pragma('main.cache_size = -2048');
      sqlite.exec(`CREATE TABLE staging.rows (id INTEGER PRIMARY KEY, ${ROW_COLUMNS})`);
      sqlite.exec(`CREATE TABLE staging.arrays (id INTEGER PRIMARY KEY, ${DATA_COLUMNS})`);
    } catch (error) {
      this.connection.close();
      throw storeError(error, project.path);
    }
  }

  /** Configurations added so far. */
  get configurationCount(): number {
    return this.counts.configurations;
  }

  /** Atoms added so far. */
  get atomCount(): number {
    return this.counts.atoms;
  }

  /**
   * Adds a configuration at the end.
   * @param derived its columns where they are known already
   * @throws StructureError, StoreError
   */
  add(
    configuration: Configuration,
    source: ConfigurationSource,
    derived: DerivedColumns = derivedColumns(configuration),
    weight = 1,
  ): void {
    const record = encodeConfiguration(configuration);
    this.connection.guard(() => {
      if (this.batch === 0) this.connection.sqlite.exec('BEGIN');
      const id = this.counts.configurations + 1;
      this.insert('rows', ROW_COLUMNS).run(
        id, derived.formula, derived.atoms, derived.energy, derived.energyPerAtom, derived.maxForce,
        derived.volume, derived.pressure, derived.minimumDistance, derived.configType, derived.labels,
        derived.contentHash, derived.structureHash, derived.fingerprints[0],
        bytesOf(derived.fingerprints),
        source.sourceFile, source.sourceFrame, source.sourceLine, weight,
      ); // prettier-ignore
      this.insert('arrays', DATA_COLUMNS).run(
        id, record.header, record.kinds, record.cell, record.virial, record.positions, record.forces, record.extras,
      ); // prettier-ignore
      if (++this.batch === ROWS_PER_BATCH) this.flush();
    });
    this.hash.add(derived.contentHash);
    this.counts.configurations++;
    this.counts.atoms += derived.atoms;
    if (derived.labels & LABEL.energy) this.counts.energy++;
    if (derived.labels & LABEL.forces) this.counts.forces++;
    if (derived.labels & LABEL.virial) this.counts.virial++;
    for (const symbol of configuration.symbols) if (!this.species.includes(symbol)) this.species.push(symbol);
  }

  private insert(table: string, columns: string) {
    const marks = columns.split(',').map(() => '?');
    return this.connection.prepare(
      `INSERT INTO staging.${table} (id, ${columns}) VALUES (?, ${marks.join(', ')})`,
    );
  }

  private flush(): void {
    if (this.batch > 0) this.connection.sqlite.exec('COMMIT');
    this.batch = 0;
  }

  /**
   * Moves everything into the project in one transaction. The writer is finished afterwards.
   * @param also more to do in the same transaction, on the connection it is given
   * @returns id of the new dataset
   * @throws StoreError; the project is then as before
   */
  commit(dataset: NewDataset, also?: (project: Project, datasetId: number) => void): number {
    const { connection, counts } = this;
    if (counts.configurations === 0) {
      throw new StoreError('not-found', 'There is nothing to save: the dataset would have no configuration.');
    }
    connection.guard(() => this.flush());
    const id = connection.transaction(() => {
      const created = connection
        .prepare(
          `INSERT INTO datasets (name, created_at, reference, species, configuration_count, atom_count, with_energy,
             with_forces, with_virial, hash, source, findings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          freeName(connection, dataset.name), Date.now(), dataset.reference ?? '', JSON.stringify(this.species),
          counts.configurations, counts.atoms, counts.energy, counts.forces, counts.virial, this.hash.digest(),
          JSON.stringify(dataset.source ?? {}), JSON.stringify(dataset.findings ?? []),
        ); // prettier-ignore
      const datasetId = Number(created.lastInsertRowid);
      const base = Number(
        connection.sqlite.prepare('SELECT coalesce(max(id), 0) FROM configurations').pluck().get(),
      );
      connection
        .prepare(
          `INSERT INTO configurations (id, dataset_id, position, ${ROW_COLUMNS})
           SELECT id + ?, ?, id - 1, ${ROW_COLUMNS} FROM staging.rows ORDER BY id`,
        )
        .run(base, datasetId);
      connection
        .prepare(
          `INSERT INTO configuration_data (configuration_id, ${DATA_COLUMNS})
           SELECT id + ?, ${DATA_COLUMNS} FROM staging.arrays ORDER BY id`,
        )
        .run(base);
      also?.(connection, datasetId);
      return datasetId;
    });
    this.close();
    return id;
  }

  /** Drops what was not committed. */
  close(): void {
    this.connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** The name, or the name with the first free number behind it. */
function freeName(project: Project, wanted: string): string {
  const taken = project.prepare<[string]>('SELECT 1 FROM datasets WHERE name = ?');
  let name = wanted;
  for (let k = 2; taken.get(name) !== undefined; k++) name = `${wanted} (${k})`;
  return name;
}
