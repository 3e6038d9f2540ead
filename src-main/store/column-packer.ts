/** Packs configurations, one after the other, into the blocks of their columns (columns.ts). */
import type { Database } from 'better-sqlite3';
import { TABLE, type PropertyKey } from '../../src-compute/structure/properties.ts';
import { bytesOf, float64, uint32 } from './binary.ts';
import {
  BLOCK,
  COLUMNS,
  DIGEST_BYTES,
  numberArray,
  propertyColumn,
  type ColumnName,
  type DigestColumnName,
  type NumberArray,
  type NumberColumnName,
  type PropertyColumnName,
  type WordColumnName,
} from './column-names.ts';
import { FINGERPRINTS } from './content-hash.ts';

/** What the columns hold of one configuration; null where a number or a word is missing. */
export type PackedRow = { readonly [Name in NumberColumnName]: number | null } & {
  readonly [Name in WordColumnName]: string | null;
} & { readonly [Name in DigestColumnName]: Uint8Array } & {
  /** The numbers of properties that the table sums up, where there are any. */
  readonly properties?: readonly (readonly [PropertyKey, number])[];
};

/** Takes a block of a column. The bytes are written over when the next block is filled. */
export type SaveBlock = (
  name: ColumnName | PropertyColumnName,
  block: number,
  data: Buffer,
  words: string | null,
) => void;

export class ColumnPacker {
  private readonly save: SaveBlock;
  private readonly numbers: { readonly name: NumberColumnName; readonly values: NumberArray }[] = [];
  private readonly words: {
    readonly name: WordColumnName;
    readonly codes: Uint16Array;
    readonly known: Map<string | null, number>;
  }[] = [];
  /** Columns of the properties that came in this dataset. */
  private readonly properties = new Map<PropertyKey, Float64Array>();
  private readonly digests: { readonly name: DigestColumnName; readonly bytes: Uint8Array }[] = [];
  private block = 0;
  private filled = 0;

  constructor(save: SaveBlock) {
    this.save = save;
    for (const name of Object.keys(COLUMNS) as ColumnName[]) {
      const kind = COLUMNS[name];
      if (kind === 'words')
        this.words.push({ name: name as WordColumnName, codes: new Uint16Array(BLOCK), known: new Map() });
      else if (kind === 'digest')
        this.digests.push({ name: name as DigestColumnName, bytes: new Uint8Array(DIGEST_BYTES * BLOCK) });
      else
        this.numbers.push({
          name: name as NumberColumnName,
          values: numberArray(name as NumberColumnName, BLOCK),
        });
    }
  }

  add(row: PackedRow): void {
    const k = this.filled++;
    for (const { name, values } of this.numbers) values[k] = row[name] ?? NaN;
    for (const { name, codes, known } of this.words) {
      const word = row[name];
      let code = known.get(word);
      if (code === undefined) known.set(word, (code = known.size));
      codes[k] = code;
    }
    for (const { name, bytes } of this.digests) bytes.set(row[name], DIGEST_BYTES * k);
    if (row.properties !== undefined)
      for (const [key, number] of row.properties) this.property(key)[k] = number;
    if (this.filled === BLOCK) this.flush();
  }

  /** The block of a property; those before the first configuration that has it are made of NaN. */
  private property(key: PropertyKey): Float64Array {
    let values = this.properties.get(key);
    if (values === undefined) {
      values = new Float64Array(BLOCK).fill(NaN);
      this.properties.set(key, values);
      for (let block = 0; block < this.block; block++)
        this.save(propertyColumn(key), block, bytesOf(values), null);
    }
    return values;
  }

  /** Ends the dataset; what is added from now on belongs to another one. */
  end(): void {
    this.flush();
    this.block = 0;
    this.properties.clear();
  }

  private flush(): void {
    const { filled, block } = this;
    if (filled === 0) return;
    for (const { name, values } of this.numbers)
      this.save(name, block, bytesOf(values.subarray(0, filled)), null);
    for (const { name, codes, known } of this.words) {
      this.save(name, block, bytesOf(codes.subarray(0, filled)), JSON.stringify([...known.keys()]));
      known.clear();
    }
    for (const { name, bytes } of this.digests)
      this.save(name, block, bytesOf(bytes.subarray(0, DIGEST_BYTES * filled)), null);
    for (const [key, values] of this.properties) {
      this.save(propertyColumn(key), block, bytesOf(values.subarray(0, filled)), null);
      values.fill(NaN);
    }
    this.filled = 0;
    this.block++;
  }
}

/**
 * Labels of a configuration had a byte in the columns; by now there are more bits than that. Counts of the properties
 * that had no count follow from them.
 */
export function countProperties(sqlite: Database): void {
  // columns that a step before this one made in the same go are wide already
  const blocks = sqlite.prepare<[], { id: number; dataset: number; data: Buffer; bytes: number }>(
    `SELECT labels.rowid AS id, labels.dataset_id AS dataset, labels.data, length(excluded.data) AS bytes
     FROM configuration_columns AS labels JOIN configuration_columns AS excluded
       ON excluded.dataset_id = labels.dataset_id AND excluded.block = labels.block
     WHERE labels.name = 'labels' AND excluded.name = 'excluded'`,
  );
  const widen = sqlite.prepare('UPDATE configuration_columns SET data = ? WHERE rowid = ?');
  const counts = new Map<number, Map<number, number>>();
  for (const { id, dataset, data, bytes } of blocks.all()) {
    const labels = data.length === bytes ? Uint32Array.from(data) : uint32(data);
    if (data.length === bytes) widen.run(bytesOf(labels), id);
    const found = counts.get(dataset) ?? new Map<number, number>();
    counts.set(dataset, found);
    for (const bits of labels) found.set(bits, (found.get(bits) ?? 0) + 1);
  }
  const save = sqlite.prepare('UPDATE datasets SET properties = ? WHERE id = ?');
  for (const [dataset, found] of counts) save.run(JSON.stringify(propertyCounts(found)), dataset);
}

/** Properties whose counts a dataset has columns for. */
const COUNTED: ReadonlySet<PropertyKey> = new Set(['energy', 'forces', 'virial']);

/**
 * How many configurations have each of the other properties, without those that none has.
 * @param labels configurations by their bits of labels
 */
export function propertyCounts(labels: ReadonlyMap<number, number>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { key, bit } of TABLE)
    for (const [bits, count] of labels)
      if (!COUNTED.has(key) && (bits & bit) !== 0) counts[key] = (counts[key] ?? 0) + count;
  return counts;
}

/** SQL for what a row of `configurations` has no column of. */
interface CuratedColumns {
  readonly excluded: string;
  readonly weight: string;
  readonly split: string;
  readonly flags: string;
}

/** Makes the columns of all datasets from the rows of their configurations, as these were in the first versions. */
export function packColumns(sqlite: Database, curated: CuratedColumns): void {
  const insert = sqlite.prepare(
    'INSERT INTO configuration_columns (dataset_id, name, block, data, words) VALUES (?, ?, ?, ?, ?)',
  );
  const ids = sqlite
    .prepare<[], number>(
      'SELECT id FROM datasets WHERE id NOT IN (SELECT dataset_id FROM configuration_columns)',
    )
    .pluck()
    .all();
  const rows = sqlite.prepare<[number, number], PackedRow & { readonly fingerprints: Buffer }>(
    `SELECT atoms, source_file AS sourceFile, source_frame AS sourceFrame, source_line AS sourceLine, labels, ${curated.flags} AS flags, ${curated.excluded} AS excluded,
       energy, energy_per_atom AS energyPerAtom, max_force AS maxForce, volume, pressure,
       minimum_distance AS minimumDistance, ${curated.weight} AS weight, fingerprint, fingerprints, formula, config_type AS configType,
       ${curated.split} AS split, structure_hash AS structureHash, content_hash AS contentHash
     FROM configurations WHERE dataset_id = ? AND position >= ? ORDER BY position LIMIT ${BLOCK}`,
  );
  for (const id of ids) {
    const packer = new ColumnPacker((name, block, data, words) => insert.run(id, name, block, data, words));
    // by the block: a statement that is being stepped through would keep others from being run
    for (let position = 0; ; position += BLOCK) {
      const block = rows.all(id, position);
      for (const row of block)
        packer.add({ ...row, fingerprintSlope: float64(row.fingerprints).at(FINGERPRINTS) ?? null });
      if (block.length < BLOCK) break;
    }
    packer.end();
  }
}

/** Adds the columns that say where configurations were, where rows alone said it. */
export function packSources(sqlite: Database): void {
  const insert = sqlite.prepare(
    'INSERT INTO configuration_columns (dataset_id, name, block, data) VALUES (?, ?, ?, ?)',
  );
  const ids = sqlite
    .prepare<[], number>(
      "SELECT id FROM datasets WHERE id NOT IN (SELECT dataset_id FROM configuration_columns WHERE name = 'sourceFile')",
    )
    .pluck()
    .all();
  const rows = sqlite
    .prepare<[number, number], [number, number]>(
      `SELECT source_file, source_line FROM configurations WHERE dataset_id = ? AND position >= ?
       ORDER BY position LIMIT ${BLOCK}`,
    )
    .raw();
  for (const id of ids) {
    for (let block = 0; ; block++) {
      const found = rows.all(id, BLOCK * block);
      if (found.length > 0) {
        insert.run(id, 'sourceFile', block, bytesOf(Uint32Array.from(found, ([file]) => file)));
        insert.run(id, 'sourceLine', block, bytesOf(Float64Array.from(found, ([, line]) => line)));
      }
      if (found.length < BLOCK) break;
    }
  }
}
