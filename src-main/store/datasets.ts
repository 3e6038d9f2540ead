/** Datasets of a project: lists, columns for plots, and the configurations themselves when they are asked for. */
import { asc, eq, or } from 'drizzle-orm';
import { z } from 'zod';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { decodeConfiguration, type ConfigurationRecord } from './configuration-codec.ts';
import { ColumnEditor, ColumnReader, DIGEST_BYTES, noConfiguration } from './columns.ts';
import type { ConfigurationRow } from './configuration-row.ts';
import { configurationRows } from './configuration-rows.ts';
import { configurationHashes, SequenceHash } from './content-hash.ts';
import { jsonValue, parseJson, stringList, type JsonValue } from './json.ts';
import type { Project } from './project.ts';
import { datasets } from './schema.ts';
import { selectPositions, type Selection } from './selection.ts';
import { StoreError } from './store-error.ts';

export type { Selection };

/** How the parts of a dataset were chosen. */
export const splitRecord = z.object({
  method: z.enum(['random', 'tag', 'hash', 'file', 'manual']),
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
  /** Configurations with each other property of the table, by key; without those that none has. */
  readonly properties: Readonly<Record<string, number>>;
  /** Digest of all configurations in order, hexadecimal. */
  readonly hash: string;
  readonly source: JsonValue;
  /** What was found while importing. */
  readonly findings: JsonValue;
  readonly split: SplitRecord | undefined;
}

const propertyCounts = z.record(z.string(), z.number());

/** Columns that can be sorted by and plotted. */
export const NUMERIC_COLUMNS = [
  'position',
  'atoms',
  'energy',
  'energyPerAtom',
  'maxForce',
  'volume',
  'pressure',
  'minimumDistance',
  'weight',
  'flags',
  'excluded',
] as const;
export type NumericColumn = (typeof NUMERIC_COLUMNS)[number];

/** Configurations whose digests are looked up one by one. */
const FEW = 4096;

export class DatasetRepository {
  private readonly project: Project;
  private readonly columns: ColumnReader;
  private digestsOf: { readonly id: number; readonly at: (position: number) => Uint8Array } | undefined;

  constructor(project: Project) {
    this.project = project;
    this.columns = new ColumnReader(project);
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
    const { orderBy = 'position', descending = false, limit = 1000, offset = 0 } = options;
    const all = this.select(id, options.selection ?? { withExcluded: true });
    if (orderBy !== 'position') {
      const values = this.columns.numbers(id, orderBy);
      return configurationRows(this.project, id, pageInOrder(all, values, descending, offset, limit));
    }
    const ordered = descending ? all.toReversed() : all;
    return configurationRows(this.project, id, ordered.subarray(offset, offset + limit));
  }

  /** The row of one configuration. */
  row(id: number, position: number): ConfigurationRow {
    return configurationRows(this.project, id, [position])[0];
  }

  /** One column for a plot, in order of position; NaN where the value is missing. */
  column(id: number, column: NumericColumn, selection: Selection = { withExcluded: true }): Float64Array {
    const positions = this.select(id, selection);
    if (column === 'position') return Float64Array.from(positions);
    const values = this.columns.numbers(id, column);
    const chosen = new Float64Array(positions.length);
    for (let k = 0; k < chosen.length; k++) chosen[k] = values[positions[k]];
    return chosen;
  }

  /** Parts of the split in order of position; null where a configuration has none. */
  splitOf(id: number): (string | null)[] {
    const { codes, words } = this.columns.words(id, 'split');
    return Array.from(codes, (code) => words[code]);
  }

  /** Positions of the configurations that are meant, ascending. */
  select(id: number, selection: Selection = {}): Uint32Array {
    return selectPositions(this.project, id, selection);
  }

  /** Digests of all configurations in order of position, one after the other, 16 bytes each. */
  digests(id: number, of: 'structure' | 'content'): Uint8Array {
    return this.columns.digests(id, `${of}Hash`);
  }

  /** How many configurations each part of the split has; '' counts those without a part. Excluded ones are left out. */
  parts(id: number): Record<string, number> {
    const { codes, words } = this.columns.words(id, 'split');
    const excluded = this.columns.numbers(id, 'excluded');
    const counts = new Float64Array(words.length);
    for (let k = 0; k < codes.length; k++) if (excluded[k] === 0) counts[codes[k]]++;
    return sortedCounts(words.map((word, code) => [word ?? '', counts[code]]));
  }

  /** Tags of configurations, by position; those without any are absent. */
  tagsOf(id: number): Map<number, string[]> {
    const statement = this.project
      .prepare<[number], [number, string]>(
        `SELECT position, tag FROM configuration_tags JOIN configurations ON configurations.id = configuration_id
         WHERE dataset_id = ? ORDER BY position, tag`,
      )
      .raw();
    return this.project.guard(() => {
      const tags = new Map<number, string[]>();
      for (const [position, tag] of statement.iterate(id)) {
        const list = tags.get(position);
        if (list) list.push(tag);
        else tags.set(position, [tag]);
      }
      return tags;
    });
  }

  /** How many configurations each tag and each config_type has. */
  tags(id: number): Record<string, number> {
    const { codes, words } = this.columns.words(id, 'configType');
    const counts = new Float64Array(words.length);
    for (const code of codes) counts[code]++;
    const found = words.flatMap((word, code): [string, number][] =>
      word === null ? [] : [[word, counts[code]]],
    );
    const statement = this.project
      .prepare<[number], [number, string]>(
        `SELECT position, tag FROM configuration_tags JOIN configurations ON configurations.id = configuration_id
         WHERE dataset_id = ?`,
      )
      .raw();
    const tags = new Map<string, number>();
    this.project.guard(() => {
      // what a config_type says already is counted
      for (const [position, tag] of statement.iterate(id))
        if (words[codes[position]] !== tag) tags.set(tag, (tags.get(tag) ?? 0) + 1);
    });
    found.push(...tags);
    return sortedCounts(found);
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
    const saved = this.contentDigest(id)(position);
    let cause: unknown;
    try {
      const configuration = this.configuration(id, position);
      if (configurationHashes(configuration).content.equals(saved)) return configuration;
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
      const weight = new ColumnEditor(this.project, id, 'weight');
      const digest =
        positions.length < FEW
          ? this.columns.digestAt(id, 'contentHash')
          : this.digestIn(this.digests(id, 'content'));
      for (const position of positions) {
        hash.add(digest(position));
        const factor = Number(weight.get(position));
        if (factor !== 1) hash.add(Buffer.from(`weight ${factor}`));
      }
    });
    return hash.digest();
  }

  /** Looks up digests of the contents of a dataset; what goes through one in order reads each block once. */
  private contentDigest(id: number): (position: number) => Uint8Array {
    if (this.digestsOf?.id !== id) this.digestsOf = { id, at: this.columns.digestAt(id, 'contentHash') };
    return this.digestsOf.at;
  }

  private digestIn(digests: Uint8Array): (position: number) => Uint8Array {
    return (position) => {
      if (DIGEST_BYTES * position >= digests.length) throw noConfiguration(position);
      return digests.subarray(DIGEST_BYTES * position, DIGEST_BYTES * (position + 1));
    };
  }
}

/** Counts by name, summed where a name comes twice; names that nothing has are left out. */
function sortedCounts(counts: readonly (readonly [string, number])[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const [name, count] of counts) if (count > 0) sums.set(name, (sums.get(name) ?? 0) + count);
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A page of positions in the order of their values, missing ones last and ties by position. */
function pageInOrder(
  positions: Uint32Array,
  values: ArrayLike<number>,
  descending: boolean,
  offset: number,
  limit: number,
): Uint32Array {
  const sign = descending ? -1 : 1;
  const keys = new Float64Array(positions.length);
  for (let k = 0; k < keys.length; k++) keys[k] = sign * values[positions[k]];
  // only what comes up to the end of the page is sorted with its positions; NaN comes last in a sorted typed array
  const last = Math.min(offset + limit, keys.length) - 1;
  if (last < 0) return positions.subarray(0, 0);
  const threshold = keys.toSorted()[last];
  let count = 0;
  const order = new Uint32Array(keys.length);
  for (let k = 0; k < keys.length; k++)
    if (keys[k] <= threshold || Number.isNaN(threshold)) order[count++] = k;
  const candidates = order.subarray(0, count).sort((a, b) => {
    const [missing, other] = [Number.isNaN(keys[a]), Number.isNaN(keys[b])];
    if (missing || other) return Number(missing) - Number(other) || a - b;
    return keys[a] - keys[b] || a - b;
  });
  return candidates.slice(offset, offset + limit).map((k) => positions[k]);
}

/**
 * A row as it can be read. What only describes a dataset may be damaged: that is said among its findings, and hides
 * neither the dataset nor the others.
 */
function summary(row: typeof datasets.$inferSelect): DatasetSummary {
  const damaged: string[] = [];
  const read = <T>(text: string, schema: z.ZodType<T>, what: string, instead: T): T => {
    try {
      return parseJson(text, schema, what);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      damaged.push(error.message);
      return instead;
    }
  };
  const parts = {
    species: read(row.species, stringList, 'the species of a dataset', []),
    source: read(row.source, jsonValue, 'the source of a dataset', {}),
    properties: read(row.properties, propertyCounts, 'the properties of a dataset', {}),
    split:
      row.split === null
        ? undefined
        : read(row.split, splitRecord.optional(), 'how the split of a dataset was made', undefined),
  };
  const findings = read(row.findings, jsonValue, 'the findings of an import', []);
  const told = damaged.map((message) => ({ severity: 'error', message }));
  return {
    ...row,
    ...parts,
    findings: told.length > 0 ? [...told, ...(Array.isArray(findings) ? findings : [])] : findings,
  };
}

/** Name of a dataset inside a transaction that may just have made it; '' where there is none. */
export function storedName(project: Project, id: number): string {
  return project.prepare<[number], string>('SELECT name FROM datasets WHERE id = ?').pluck().get(id) ?? '';
}

/** Configurations of a dataset as its row counts them; 0 where there is none. */
export function storedCount(project: Project, id: number): number {
  const statement = project.prepare<[number], number>(
    'SELECT configuration_count FROM datasets WHERE id = ?',
  );
  return statement.pluck().get(id) ?? 0;
}

/** Every tag of every configuration of a dataset, by position. */
export function tagPairs(project: Project, id: number): [position: number, tag: string][] {
  return project.guard(() =>
    project
      .prepare<[number], [number, string]>(
        `SELECT position, tag FROM configuration_tags JOIN configurations ON configurations.id = configuration_id
         WHERE dataset_id = ? ORDER BY position`,
      )
      .raw()
      .all(id),
  );
}
