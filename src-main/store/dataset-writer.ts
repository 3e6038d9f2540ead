/**
 * Writes one or several datasets, all of them or nothing. Configurations first go to a temporary database of SQLite's own (a file
 * that vanishes with the process), so that memory stays bounded and the project is not locked while a file is being
 * read; commit() then moves them into the project in one transaction. A process that is killed at any moment leaves
 * the project as it was.
 */
import type { Statement } from 'better-sqlite3';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { propertyOf, type PropertyKey } from '../../src-compute/structure/properties.ts';
import { ColumnPacker, propertyCounts, type PackedRow } from './column-packer.ts';
import { encodeConfiguration } from './configuration-codec.ts';
import { derivedColumns, type ConfigurationSource, type DerivedColumns } from './configuration-row.ts';
import { FINGERPRINTS, SequenceHash } from './content-hash.ts';
import type { Project } from './project.ts';
import { StoreError, storeError } from './store-error.ts';

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

/** What is known of the dataset that is being added to. */
class Tally {
  readonly species: string[] = [];
  readonly hash = new SequenceHash();
  configurations = 0;
  atoms = 0;
  /** Configurations by their bits of labels: few combinations come. */
  readonly labels = new Map<number, number>();

  /** Configurations that have a property. */
  with(key: PropertyKey): number {
    const bit = propertyOf(key)?.bit ?? 0;
    let count = 0;
    for (const [labels, configurations] of this.labels) if ((labels & bit) !== 0) count += configurations;
    return count;
  }
}

/** More to do in the transaction that saves a dataset, on its connection. */
type AlsoDo = (project: Project, datasetId: number) => void;

/** A dataset whose configurations lie in the temporary database from row `first` on. */
interface Staged {
  readonly dataset: NewDataset;
  readonly tally: Tally;
  readonly first: number;
  readonly also: AlsoDo | undefined;
}

export class DatasetWriter implements Disposable {
  private readonly connection: Project;
  private readonly staged: Staged[] = [];
  private readonly insert: Statement;
  private readonly packer: ColumnPacker;
  private tally = new Tally();
  /** Row of the temporary database that comes next. */
  private next = 1;
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
      // the arrays come last, so that the columns of a large configuration are read without them
      sqlite.exec(`CREATE TABLE staging.rows (id INTEGER PRIMARY KEY, fingerprints, ${DATA_COLUMNS})`);
      const marks = `fingerprints, ${DATA_COLUMNS}`.split(',').map(() => '?');
      sqlite.exec('CREATE TABLE staging.columns (dataset, name, block, words, data)');
      sqlite.exec('CREATE INDEX staging.columns_dataset ON columns (dataset)');
      const insertBlock = this.connection.prepare('INSERT INTO staging.columns VALUES (?, ?, ?, ?, ?)');
      this.packer = new ColumnPacker((name, block, data, words) =>
        insertBlock.run(this.staged.length, name, block, words, data),
      );
      this.insert = this.connection.prepare(`INSERT INTO staging.rows VALUES (?, ${marks.join(', ')})`);
    } catch (error) {
      this.connection.close();
      throw storeError(error, project.path);
    }
  }

  /** Configurations added to the present dataset so far. */
  get configurationCount(): number {
    return this.tally.configurations;
  }

  /** Atoms added to the present dataset so far. */
  get atomCount(): number {
    return this.tally.atoms;
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
      const id = this.next++;
      this.insert.run(
        id, derived.fingerprints,
        record.header, record.kinds, record.cell, record.virial, record.positions, record.forces, record.extras,
      ); // prettier-ignore
      this.packer.add(packedRow(derived, source, weight));
      if (++this.batch === ROWS_PER_BATCH) this.flush();
    });
    const { tally } = this;
    tally.hash.add(derived.contentHash);
    tally.configurations++;
    tally.atoms += derived.atoms;
    tally.labels.set(derived.labels, (tally.labels.get(derived.labels) ?? 0) + 1);
    for (const symbol of configuration.symbols)
      if (!tally.species.includes(symbol)) tally.species.push(symbol);
  }

  private flush(): void {
    if (this.batch > 0) this.connection.sqlite.exec('COMMIT');
    this.batch = 0;
  }

  /**
   * Ends the present dataset; what is added from now on belongs to another one. Nothing is saved before commitAll().
   * @param also more to do in the transaction that saves it
   */
  endDataset(dataset: NewDataset, also?: AlsoDo): void {
    const { tally } = this;
    if (tally.configurations === 0) {
      throw new StoreError('not-found', 'There is nothing to save: the dataset would have no configuration.');
    }
    this.connection.guard(() => this.packer.end());
    this.staged.push({ dataset, tally, first: this.next - tally.configurations, also });
    this.tally = new Tally();
  }

  /**
   * Moves one dataset into the project in one transaction. The writer is finished afterwards.
   * @param also more to do in the same transaction, on the connection it is given
   * @returns id of the new dataset
   * @throws StoreError; the project is then as before
   */
  commit(dataset: NewDataset, also?: AlsoDo): number {
    this.endDataset(dataset, also);
    return this.commitAll()[0];
  }

  /**
   * Moves all datasets that were ended into the project in one transaction. The writer is finished afterwards.
   * @param also more to do at the end of the same transaction, on the connection it is given
   * @returns ids of the new datasets, in order
   * @throws StoreError; the project is then as before
   */
  commitAll(also?: (project: Project, datasetIds: readonly number[]) => void): number[] {
    const { connection } = this;
    connection.guard(() => this.flush());
    const ids = connection.transaction(() => {
      const made = this.staged.map((staged, k) => this.save(staged, k));
      also?.(connection, made);
      return made;
    });
    this.close();
    return ids;
  }

  private save({ dataset, tally, first, also }: Staged, index: number): number {
    const { connection } = this;
    const created = connection
      .prepare(
        `INSERT INTO datasets (name, created_at, reference, species, configuration_count, atom_count, with_energy,
           with_forces, with_virial, properties, hash, source, findings)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        freeName(connection, dataset.name), Date.now(), dataset.reference ?? '', JSON.stringify(tally.species),
        tally.configurations, tally.atoms, tally.with('energy'), tally.with('forces'), tally.with('virial'),
        JSON.stringify(propertyCounts(tally.labels)), tally.hash.digest(),
        JSON.stringify(dataset.source ?? {}), JSON.stringify(dataset.findings ?? []),
      ); // prettier-ignore
    const datasetId = Number(created.lastInsertRowid);
    const base = Number(
      connection.sqlite.prepare('SELECT coalesce(max(id), 0) FROM configurations').pluck().get(),
    );
    const last = first + tally.configurations - 1;
    connection
      .prepare(
        `INSERT INTO configurations (id, dataset_id, position, fingerprints)
         SELECT id + ?, ?, id - ?, fingerprints FROM staging.rows WHERE id BETWEEN ? AND ? ORDER BY id`,
      )
      .run(base + 1 - first, datasetId, first, first, last);
    connection
      .prepare(
        `INSERT INTO configuration_data (configuration_id, ${DATA_COLUMNS})
         SELECT id + ?, ${DATA_COLUMNS} FROM staging.rows WHERE id BETWEEN ? AND ? ORDER BY id`,
      )
      .run(base + 1 - first, first, last);
    connection
      .prepare(
        `INSERT INTO configuration_columns (dataset_id, name, block, words, data)
         SELECT ?, name, block, words, data FROM staging.columns WHERE dataset = ? ORDER BY rowid`,
      )
      .run(datasetId, index);
    also?.(connection, datasetId);
    return datasetId;
  }

  /** Drops what was not committed. */
  close(): void {
    this.connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** What the columns hold of a configuration that nobody has curated yet. */
function packedRow(
  derived: DerivedColumns,
  { sourceFile, sourceFrame, sourceLine }: ConfigurationSource,
  weight: number,
): PackedRow {
  // field by field: spreading objects costs more than packing them, millions of times
  return {
    atoms: derived.atoms, sourceFile, sourceFrame, sourceLine, labels: derived.labels, flags: 0, excluded: 0,
    energy: derived.energy, energyPerAtom: derived.energyPerAtom, maxForce: derived.maxForce,
    volume: derived.volume, pressure: derived.pressure, minimumDistance: derived.minimumDistance, weight,
    fingerprint: derived.fingerprints[0], fingerprintSlope: derived.fingerprints[FINGERPRINTS],
    formula: derived.formula, configType: derived.configType, split: null,
    structureHash: derived.structureHash, contentHash: derived.contentHash, properties: derived.properties,
  }; // prettier-ignore
}

/** The name, or the name with the first free number behind it. */
function freeName(project: Project, wanted: string): string {
  const taken = project.prepare<[string]>('SELECT 1 FROM datasets WHERE name = ?');
  let name = wanted;
  for (let k = 2; taken.get(name) !== undefined; k++) name = `${wanted} (${k})`;
  return name;
}
