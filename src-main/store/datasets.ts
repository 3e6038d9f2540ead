/** Datasets of a project: lists, columns for plots, and the configurations themselves when they are asked for. */
import { asc, eq, or } from 'drizzle-orm';
import { z } from 'zod';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { decodeConfiguration, type ConfigurationRecord } from './configuration-codec.ts';
import { FLAG, type ConfigurationRow, type FlagName } from './configuration-row.ts';
import { configurationHashes, SequenceHash } from './content-hash.ts';
import { jsonValue, parseJson, stringList, type JsonValue } from './json.ts';
import type { Project } from './project.ts';
import { datasets } from './schema.ts';
import { StoreError } from './store-error.ts';

/** How the parts of a dataset were chosen. */
export const splitRecord = z.object({
  method: z.enum(['random', 'tag', 'hash', 'manual']),
  seed: z.number().int().optional(),
  /** Share of each part; the rest is 'train'. */
  fractions: z.record(z.string(), z.number()).optional(),
  /** Which part each tag or config_type goes to. */
  tags: z.record(z.string(), z.string()).optional(),
  createdAt: z.number(),
});
export type SplitRecord = z.infer<typeof splitRecord>;

/** A dataset without its configurations. */
export interface DatasetSummary {
  readonly id: number;
  readonly name: string;
  readonly createdAt: number;
  /** Reference method as noted by the user. */
  readonly reference: string;
  readonly species: readonly string[];
  readonly configurationCount: number;
  readonly atomCount: number;
  /** Configurations with an energy, with forces, with a virial. */
  readonly withEnergy: number;
  readonly withForces: number;
  readonly withVirial: number;
  /** Digest of all configurations in order, hexadecimal. */
  readonly hash: string;
  readonly source: JsonValue;
  /** What was found while importing. */
  readonly findings: JsonValue;
  readonly split: SplitRecord | undefined;
}

/** Which configurations of a dataset are meant; without any field all that are not excluded. */
export interface Selection {
  /** Parts of the split, such as ['train']; null in the list means configurations without a part. */
  readonly parts?: readonly (string | null)[];
  /** Also those that were excluded by curation. */
  readonly withExcluded?: boolean;
  /** With at least one of these tags (a config_type counts as a tag). */
  readonly tags?: readonly string[];
  /** With any of these flags. */
  readonly flags?: readonly FlagName[];
  /** Without any of these flags. */
  readonly withoutFlags?: readonly FlagName[];
}

/** Columns that can be sorted by and plotted. */
export const NUMERIC_COLUMNS = {
  position: 'position',
  atoms: 'atoms',
  energy: 'energy',
  energyPerAtom: 'energy_per_atom',
  maxForce: 'max_force',
  volume: 'volume',
  pressure: 'pressure',
  minimumDistance: 'minimum_distance',
  weight: 'weight',
  flags: 'flags',
  excluded: 'excluded',
} as const;
export type NumericColumn = keyof typeof NUMERIC_COLUMNS;

const ROW = `id, position, formula, atoms, energy, energy_per_atom AS energyPerAtom, max_force AS maxForce, volume,
  pressure, minimum_distance AS minimumDistance, config_type AS configType, labels, source_file AS sourceFile,
  source_frame AS sourceFrame, source_line AS sourceLine, excluded, weight, split, flags`;
type RawRow = Omit<ConfigurationRow, 'excluded'> & { readonly excluded: number };

const DIGEST_BYTES = 16;
/** Configurations whose digests are read at once. */
const BLOCK = 4096;

export class DatasetRepository {
  private readonly project: Project;

  constructor(project: Project) {
    this.project = project;
  }

  /** All datasets, oldest first. Reads no configuration. */
  list(): DatasetSummary[] {
    return this.project.guard(() =>
      this.project.database.select().from(datasets).orderBy(asc(datasets.id)).all().map(summary),
    );
  }

  /**
   * One dataset by its number or its name (a name that looks like a number is found too).
   * @throws StoreError when there is none
   */
  get(idOrName: number | string): DatasetSummary {
    const condition =
      typeof idOrName === 'number'
        ? eq(datasets.id, idOrName)
        : or(
            eq(datasets.name, idOrName),
            /^\d+$/.test(idOrName) ? eq(datasets.id, Number(idOrName)) : undefined,
          );
    const rows = this.project.guard(() =>
      this.project.database.select().from(datasets).where(condition).all(),
    );
    const row = rows.find((candidate) => candidate.name === idOrName) ?? rows[0];
    if (row === undefined) {
      const names = this.list().map((dataset) => dataset.name);
      throw new StoreError('not-found', `The project has no dataset ${JSON.stringify(idOrName)}.`, {
        remedy: names.length > 0 ? `It has: ${names.join(', ')}.` : 'Import a file into it first.',
      });
    }
    return summary(row);
  }

  rename(id: number, name: string): void {
    this.project.transaction(() => {
      const other = this.project
        .prepare<[string, number]>('SELECT 1 FROM datasets WHERE name = ? AND id <> ?')
        .get(name, id);
      if (other !== undefined) {
        throw new StoreError('exists', `There is already a dataset called ${name}.`, {
          remedy: 'Choose another name.',
        });
      }
      this.project.database.update(datasets).set({ name }).where(eq(datasets.id, id)).run();
    });
  }

  /** Notes the reference method: 'PBE, VASP, 520 eV'. */
  setReference(id: number, reference: string): void {
    this.project.transaction(() => {
      this.project.database.update(datasets).set({ reference }).where(eq(datasets.id, id)).run();
    });
  }

  /** Removes a dataset with everything that belongs to it. Potentials that were fitted to it stay. */
  remove(id: number): void {
    this.project.transaction(() => {
      this.project.database.delete(datasets).where(eq(datasets.id, id)).run();
    });
  }

  /**
   * A page of the list of configurations.
   * @param options.orderBy column to sort by; ties and the default are the order of the file
   */
  rows(
    id: number,
    options: {
      offset?: number;
      limit?: number;
      orderBy?: NumericColumn;
      descending?: boolean;
      selection?: Selection;
    } = {},
  ): ConfigurationRow[] {
    const { condition, values } = where(id, options.selection ?? { withExcluded: true });
    const { orderBy = 'position', descending = false, limit = 1000, offset = 0 } = options;
    const column = NUMERIC_COLUMNS[orderBy];
    const direction = descending ? 'DESC' : 'ASC';
    // the order of the file is that of an index: no sorting then
    const order =
      orderBy === 'position'
        ? `position ${direction}`
        : `${column} IS NULL, ${column} ${direction}, position`;
    const statement = this.project.prepare<unknown[], RawRow>(
      `SELECT ${ROW} FROM configurations WHERE ${condition}
       ORDER BY ${order} LIMIT ? OFFSET ?`,
    );
    return this.project
      .guard(() => statement.all(...values, limit, offset))
      .map((row) => ({ ...row, excluded: row.excluded !== 0 }));
  }

  /** The row of one configuration. */
  row(id: number, position: number): ConfigurationRow {
    const statement = this.project.prepare<[number, number], RawRow>(
      `SELECT ${ROW} FROM configurations WHERE dataset_id = ? AND position = ?`,
    );
    const row = this.project.guard(() => statement.get(id, position));
    if (row === undefined) throw noConfiguration(position);
    return { ...row, excluded: row.excluded !== 0 };
  }

  /** One column for a plot, in order of position; NaN where the value is missing. */
  column(id: number, column: NumericColumn, selection: Selection = { withExcluded: true }): Float64Array {
    const { condition, values } = where(id, selection);
    const statement = this.project.prepare<unknown[], [number | null]>(
      `SELECT ${NUMERIC_COLUMNS[column]} FROM configurations WHERE ${condition} ORDER BY position`,
    );
    return this.project.guard(() => {
      const numbers: number[] = [];
      for (const [value] of statement.raw().iterate(...values)) numbers.push(value ?? NaN);
      return Float64Array.from(numbers);
    });
  }

  /** Positions of the configurations that are meant, ascending. */
  select(id: number, selection: Selection = {}): Uint32Array {
    const { condition, values } = where(id, selection);
    return this.project.guard(() => {
      const places = this.project
        .prepare<[number], [number, number]>(
          'SELECT count(*), coalesce(max(position) + 1, 0) FROM configurations WHERE dataset_id = ?',
        )
        .raw()
        .get(id) ?? [0, 0];
      // all of them, as a rule: no need to read what can be counted
      if (condition === EVERY && places[0] === places[1])
        return Uint32Array.from({ length: places[0] }, (_, k) => k);
      const statement = this.project
        .prepare<unknown[], number>(
          `SELECT position FROM configurations WHERE ${condition} ORDER BY position`,
        )
        .pluck();
      const positions = new Uint32Array(places[0]);
      let count = 0;
      for (const position of statement.iterate(...values)) positions[count++] = position;
      return positions.slice(0, count);
    });
  }

  /**
   * Digests of all configurations in order of position, one after the other, 16 bytes each; read in blocks, since a
   * buffer for each of millions costs more than the reading.
   */
  digests(id: number, of: 'structure' | 'content'): Uint8Array {
    const statement = this.project
      .prepare<[number, number, number], string | null>(
        `SELECT group_concat(hex(${of}_hash), '' ORDER BY position) FROM configurations WHERE dataset_id = ? AND position >= ? AND position < ?`,
      )
      .pluck();
    const { configurationCount } = this.get(id);
    const digests = Buffer.alloc(DIGEST_BYTES * configurationCount);
    this.project.guard(() => {
      for (let first = 0, end = 0; first < configurationCount; first += BLOCK)
        end += digests.write(statement.get(id, first, first + BLOCK) ?? '', end, 'hex');
    });
    return digests;
  }

  /** How many configurations each part of the split has; '' counts those without a part. Excluded ones are left out. */
  parts(id: number): Record<string, number> {
    const statement = this.project.prepare<[number], { part: string; count: number }>(
      `SELECT coalesce(split, '') AS part, count(*) AS count FROM configurations
       WHERE dataset_id = ? AND excluded = 0 GROUP BY split ORDER BY split`,
    );
    return Object.fromEntries(
      this.project.guard(() => statement.all(id)).map(({ part, count }) => [part, count]),
    );
  }

  /** How many configurations each tag and each config_type has. */
  tags(id: number): Record<string, number> {
    const statement = this.project.prepare<[number, number], { tag: string; count: number }>(
      `SELECT tag, count(*) AS count FROM (
         SELECT position, config_type AS tag FROM configurations WHERE dataset_id = ? AND config_type IS NOT NULL
         UNION SELECT position, tag FROM configuration_tags JOIN configurations ON configurations.id = configuration_id
           WHERE dataset_id = ?) GROUP BY tag ORDER BY tag`,
    );
    return Object.fromEntries(
      this.project.guard(() => statement.all(id, id)).map(({ tag, count }) => [tag, count]),
    );
  }

  /** Sentences about the flags of one configuration. */
  flagMessages(id: number, position: number): { flag: number; score: number | null; message: string }[] {
    const statement = this.project.prepare<
      [number, number],
      { flag: number; score: number | null; message: string }
    >(
      `SELECT flag, score, message FROM configuration_flags JOIN configurations ON configurations.id = configuration_id
       WHERE dataset_id = ? AND position = ? ORDER BY flag`,
    );
    return this.project.guard(() => statement.all(id, position));
  }

  /** One configuration with its arrays. */
  configuration(id: number, position: number): Configuration {
    const statement = this.project.prepare<[number, number], ConfigurationRecord>(
      `SELECT header, kinds, cell, virial, positions, forces, extras FROM configuration_data
       WHERE configuration_id = (SELECT id FROM configurations WHERE dataset_id = ? AND position = ?)`,
    );
    const record = this.project.guard(() => statement.get(id, position));
    if (record === undefined) throw noConfiguration(position);
    return decodeConfiguration(record);
  }

  /**
   * One configuration, compared with what was saved: a digest of its numbers is kept apart from them.
   * @throws StoreError with reason 'damaged' when they are not the same any more
   */
  verified(id: number, position: number): Configuration {
    const statement = this.project.prepare<[number, number], { hash: Buffer }>(
      'SELECT content_hash AS hash FROM configurations WHERE dataset_id = ? AND position = ?',
    );
    const saved = this.project.guard(() => statement.get(id, position))?.hash;
    let cause: unknown;
    try {
      const configuration = this.configuration(id, position);
      if (saved?.equals(configurationHashes(configuration).content)) return configuration;
    } catch (error) {
      if (!(error instanceof StoreError && error.reason === 'damaged')) throw error;
      cause = error;
    }
    const { name } = this.get(id);
    throw new StoreError(
      'damaged',
      `Configuration ${position} (counted from 0) of the dataset ${name} is damaged in the project: its numbers are not those that were saved.`,
      { remedy: 'Exclude it, import its file again, or restore the project from a backup copy.', cause },
    );
  }

  /**
   * Configurations one after the other, read only as they are asked for: memory does not grow with the dataset, and
   * the project stays free for writing between two of them.
   * @param which positions in any order, or a selection
   */
  *stream(
    id: number,
    which: Selection | Uint32Array = {},
  ): Generator<{ position: number; configuration: Configuration }> {
    const positions = which instanceof Uint32Array ? which : this.select(id, which);
    for (const position of positions) yield { position, configuration: this.configuration(id, position) };
  }

  /**
   * Digest of a selection: contents and weights in order. What a potential's provenance refers to.
   * @returns hexadecimal
   */
  selectionHash(id: number, which: Selection | Uint32Array = {}): string {
    const positions = which instanceof Uint32Array ? which : this.select(id, which);
    const hash = new SequenceHash();
    this.project.guard(() => {
      if (positions.length < BLOCK || this.isWeighted(id)) this.addEach(hash, id, positions);
      else {
        const digests = this.digests(id, 'content');
        for (const position of positions) {
          if (DIGEST_BYTES * position >= digests.length) throw noConfiguration(position);
          hash.add(digests.subarray(DIGEST_BYTES * position, DIGEST_BYTES * (position + 1)));
        }
      }
    });
    return hash.digest();
  }

  private isWeighted(id: number): boolean {
    return (
      this.project.prepare('SELECT 1 FROM configurations WHERE dataset_id = ? AND weight <> 1').get(id) !==
      undefined
    );
  }

  private addEach(hash: SequenceHash, id: number, positions: Uint32Array): void {
    const statement = this.project.prepare<[number, number], { hash: Buffer; weight: number }>(
      'SELECT content_hash AS hash, weight FROM configurations WHERE dataset_id = ? AND position = ?',
    );
    for (const position of positions) {
      const row = statement.get(id, position);
      if (row === undefined) throw noConfiguration(position);
      hash.add(row.hash);
      if (row.weight !== 1) hash.add(Buffer.from(`weight ${row.weight}`));
    }
  }
}

function summary(row: typeof datasets.$inferSelect): DatasetSummary {
  return {
    ...row,
    species: parseJson(row.species, stringList, 'the species of a dataset'),
    source: parseJson(row.source, jsonValue, 'the source of a dataset'),
    findings: parseJson(row.findings, jsonValue, 'the findings of an import'),
    split: row.split === null ? undefined : parseJson(row.split, splitRecord, 'the split of a dataset'),
  };
}

function noConfiguration(position: number): StoreError {
  return new StoreError('not-found', `The dataset has no configuration number ${position} (counted from 0).`);
}

/** Condition of all configurations of a dataset. */
const EVERY = 'dataset_id = ?';

/** SQL condition of a selection. */
function where(id: number, selection: Selection): { condition: string; values: unknown[] } {
  const conditions = [EVERY];
  const values: unknown[] = [id];
  if (!selection.withExcluded) conditions.push('excluded = 0');
  if (selection.parts !== undefined) {
    const named = selection.parts.filter((part) => part !== null);
    const alternatives = [`split IN (${named.map(() => '?').join(', ')})`];
    if (selection.parts.includes(null)) alternatives.push('split IS NULL');
    conditions.push(`(${alternatives.join(' OR ')})`);
    values.push(...named);
  }
  if (selection.tags !== undefined) {
    const marks = selection.tags.map(() => '?').join(', ');
    conditions.push(
      `(config_type IN (${marks}) OR id IN (SELECT configuration_id FROM configuration_tags WHERE tag IN (${marks})))`,
    );
    values.push(...selection.tags, ...selection.tags);
  }
  const mask = (names: readonly FlagName[]) => names.reduce((bits, name) => bits | FLAG[name], 0);
  if (selection.flags !== undefined) conditions.push(`(flags & ${mask(selection.flags)}) <> 0`);
  if (selection.withoutFlags !== undefined) conditions.push(`(flags & ${mask(selection.withoutFlags)}) = 0`);
  return { condition: conditions.join(' AND '), values };
}
