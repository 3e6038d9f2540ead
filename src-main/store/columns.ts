/**
 * Columns of a dataset: what is known of its configurations without their arrays, as tables, filters, sorting and splits need it of millions at once. They lie
 * in `configuration_columns` in blocks of 4096 positions, as typed arrays (numbers; NaN where there is none), as codes
 * into a list of words that each block carries, or as digests one after the other. One by one these values would be
 * millions of rows of SQL; as blocks they are copied.
 *
 * Curation changes excluded, weight, split and flags; the rest stays as it was imported.
 */
import { z } from 'zod';
import { TABLE, type PropertyKey } from '../../src-compute/structure/properties.ts';
import { bytesOf, float64, uint16, uint32 } from './binary.ts';
import { parseJson } from './json.ts';
import {
  BLOCK,
  COLUMNS,
  DIGEST_BYTES,
  isWords,
  numberArray,
  propertyColumn,
  type ColumnName,
  type ColumnValue,
  type DigestColumnName,
  type NumberArray,
  type NumberColumnName,
  type PropertyColumnName,
  type WordColumnName,
} from './column-names.ts';
import type { Project } from './project.ts';
import { StoreError } from './store-error.ts';

export * from './column-names.ts';

const wordList = z.array(z.union([z.string(), z.null()]));

/** Codes of a column of words, one per position. */
export interface WordCodes {
  readonly codes: Uint32Array;
  /** Word of each code; null stands for no word. */
  readonly words: readonly (string | null)[];
}

function numbersIn(name: NumberColumnName, data: Uint8Array): NumberArray {
  const kind = COLUMNS[name];
  if (kind === 'f64') return float64(data);
  return kind === 'u32' ? uint32(data) : data;
}

type StoredBlock = [block: number, data: Buffer, words: string | null];

/** Reads whole columns. */
export class ColumnReader {
  private readonly project: Project;

  constructor(project: Project) {
    this.project = project;
  }

  /** How many configurations a dataset has. @throws StoreError when there is no such dataset */
  count(datasetId: number): number {
    return configurationCount(this.project, datasetId);
  }

  /** Numbers in order of position; NaN where a real number is missing. @throws StoreError */
  numbers(datasetId: number, name: NumberColumnName): NumberArray {
    const numbers = numberArray(name, this.count(datasetId));
    this.copy(datasetId, name, new Uint8Array(numbers.buffer));
    return numbers;
  }

  /**
   * The same into an array of the column's own kind, as a part of a longer one: nothing else is held meanwhile.
   * @throws StoreError, also when the array is not as long as the dataset
   */
  numbersInto(datasetId: number, name: NumberColumnName, target: NumberArray): void {
    this.copy(datasetId, name, new Uint8Array(target.buffer, target.byteOffset, target.byteLength));
  }

  /** Columns of properties that the dataset has. */
  propertyColumns(datasetId: number): PropertyKey[] {
    const statement = this.project
      .prepare<[number], string>(
        "SELECT DISTINCT name FROM configuration_columns WHERE dataset_id = ? AND name LIKE 'property:%'",
      )
      .pluck();
    const names = new Set(this.project.guard(() => statement.all(datasetId)));
    return TABLE.map((row) => row.key).filter((key) => names.has(propertyColumn(key)));
  }

  /** One number of a property by position, as its row sums it up; NaN where a configuration has none. @throws StoreError */
  property(datasetId: number, key: PropertyKey): Float64Array {
    const numbers = new Float64Array(this.count(datasetId));
    this.copy(datasetId, propertyColumn(key), new Uint8Array(numbers.buffer));
    return numbers;
  }

  /** Digests in order of position, 16 bytes each, one after the other. @throws StoreError */
  digests(datasetId: number, name: DigestColumnName): Uint8Array {
    const digests = new Uint8Array(DIGEST_BYTES * this.count(datasetId));
    this.copy(datasetId, name, digests);
    return digests;
  }

  /** The same into an array, see numbersInto(). @throws StoreError */
  digestsInto(datasetId: number, name: DigestColumnName, target: Uint8Array): void {
    this.copy(datasetId, name, target);
  }

  /**
   * Looks digests up one by one. The last block stays at hand: what goes through a dataset in order reads each once.
   * @throws StoreError, also from the function that is returned
   */
  digestAt(datasetId: number, name: DigestColumnName): (position: number) => Uint8Array {
    const count = this.count(datasetId);
    const statement = this.project
      .prepare<[number, string, number], Buffer>(
        'SELECT data FROM configuration_columns WHERE dataset_id = ? AND name = ? AND block = ?',
      )
      .pluck();
    let [index, held]: [number, Buffer | undefined] = [-1, undefined];
    return (position) => {
      if (!(position >= 0 && position < count)) throw noConfiguration(position);
      const block = Math.floor(position / BLOCK);
      if (block !== index)
        [index, held] = [block, this.project.guard(() => statement.get(datasetId, name, block))];
      const start = DIGEST_BYTES * (position % BLOCK);
      if (held === undefined || held.byteLength < start + DIGEST_BYTES) throw damaged();
      return held.subarray(start, start + DIGEST_BYTES);
    };
  }

  /** Words in order of position, as codes. @throws StoreError */
  words(datasetId: number, name: WordColumnName): WordCodes {
    const codes = new Uint32Array(this.count(datasetId));
    const words: (string | null)[] = [];
    const known = new Map<string | null, number>();
    let end = 0;
    for (const [data, text] of this.blocks(datasetId, name)) {
      const ofBlock = wordsOf(text).map((word) => {
        const code = known.get(word) ?? words.length;
        if (code === words.length) {
          words.push(word);
          known.set(word, code);
        }
        return code;
      });
      const local = uint16(data);
      if (end + local.length > codes.length) throw damaged();
      for (const code of local) {
        if (code >= ofBlock.length) throw damaged();
        codes[end++] = ofBlock[code];
      }
    }
    if (end !== codes.length) throw damaged();
    return { codes, words };
  }

  private copy(datasetId: number, name: ColumnName | PropertyColumnName, target: Uint8Array): void {
    let end = 0;
    for (const [data] of this.blocks(datasetId, name)) {
      if (end + data.byteLength > target.byteLength) throw damaged();
      target.set(data, end);
      end += data.byteLength;
    }
    if (end !== target.byteLength) throw damaged();
  }

  /** Block by block: a column of millions of rows is never held twice. Nothing else may be asked of the project meanwhile. */
  private *blocks(
    datasetId: number,
    name: ColumnName | PropertyColumnName,
  ): Generator<[data: Buffer, words: string | null]> {
    const { project } = this;
    const statement = project
      .prepare<[number, string], [Buffer, string | null]>(
        'SELECT data, words FROM configuration_columns WHERE dataset_id = ? AND name = ? ORDER BY block',
      )
      .raw();
    const rows = project.guard(() => statement.iterate(datasetId, name));
    try {
      for (
        let row = project.guard(() => rows.next());
        row.done !== true;
        row = project.guard(() => rows.next())
      )
        yield row.value;
    } finally {
      rows.return?.();
    }
  }
}

/** One block of a column while it is looked at and changed. */
interface Block {
  get(place: number): ColumnValue;
  set(place: number, value: ColumnValue): void;
  /** As it is saved. */
  stored(): { readonly data: Buffer; readonly words: string | null };
  readonly length: number;
}

class NumberBlock implements Block {
  private readonly numbers: NumberArray;

  constructor(numbers: NumberArray) {
    this.numbers = numbers;
  }

  get length(): number {
    return this.numbers.length;
  }

  get(place: number): ColumnValue {
    return this.numbers[place];
  }

  set(place: number, value: ColumnValue): void {
    this.numbers[place] = Number(value ?? NaN);
  }

  stored() {
    return { data: bytesOf(this.numbers), words: null };
  }
}

class WordBlock implements Block {
  private readonly codes: Uint16Array;
  private readonly words: (string | null)[];
  private readonly known: Map<string | null, number>;

  constructor(codes: Uint16Array, words: (string | null)[]) {
    // a code for every position is there even when all of them get words of their own
    this.codes = codes;
    this.words = words;
    this.known = new Map(words.map((word, code) => [word, code]));
  }

  get length(): number {
    return this.codes.length;
  }

  get(place: number): ColumnValue {
    return this.words[this.codes[place]];
  }

  set(place: number, value: ColumnValue): void {
    const word = value === null ? null : String(value);
    let code = this.known.get(word);
    if (code === undefined) {
      if (this.words.length > 0xffff) this.compact();
      code = this.words.length;
      this.words.push(word);
      this.known.set(word, code);
    }
    this.codes[place] = code;
  }

  /** Leaves out words that no position has any more. */
  private compact(): void {
    const places = new Int32Array(this.words.length).fill(-1);
    const words: (string | null)[] = [];
    for (let k = 0; k < this.codes.length; k++) {
      const code = this.codes[k];
      if (places[code] < 0) places[code] = words.push(this.words[code]) - 1;
      this.codes[k] = places[code];
    }
    this.words.splice(0, this.words.length, ...words);
    this.known.clear();
    words.forEach((word, code) => this.known.set(word, code));
  }

  stored() {
    this.compact();
    return { data: bytesOf(this.codes), words: JSON.stringify(this.words) };
  }
}

/** Single values of one column, read by the block as they are asked for, changed, and saved by the block. */
export class ColumnEditor {
  private readonly project: Project;
  private readonly datasetId: number;
  private readonly name: NumberColumnName | WordColumnName;
  private readonly count: number;
  private readonly blocks = new Map<number, Block>();
  private readonly changed = new Set<number>();
  private recent: Block | undefined;
  private recentIndex = -1;

  /** @throws StoreError when there is no such dataset */
  constructor(project: Project, datasetId: number, name: NumberColumnName | WordColumnName) {
    this.project = project;
    this.datasetId = datasetId;
    this.name = name;
    this.count = configurationCount(project, datasetId);
  }

  /** @throws StoreError when the dataset has no such position */
  get(position: number): ColumnValue {
    return this.block(position).get(position % BLOCK);
  }

  /** @throws StoreError when the dataset has no such position */
  set(position: number, value: ColumnValue): void {
    this.block(position).set(position % BLOCK, value);
    this.changed.add(this.recentIndex);
  }

  /** Writes the blocks that were changed. */
  save(): void {
    const statement = this.project.prepare<[Buffer, string | null, number, string, number]>(
      'UPDATE configuration_columns SET data = ?, words = ? WHERE dataset_id = ? AND name = ? AND block = ?',
    );
    this.project.transaction(() => {
      for (const index of this.changed) {
        const block = this.blocks.get(index);
        if (block === undefined) continue;
        const { data, words } = block.stored();
        statement.run(data, words, this.datasetId, this.name, index);
      }
    });
    this.changed.clear();
  }

  private block(position: number): Block {
    const index = Math.floor(position / BLOCK);
    if (index === this.recentIndex && this.recent !== undefined && position < this.count) return this.recent;
    if (!(position >= 0 && position < this.count)) throw noConfiguration(position);
    const block = this.blocks.get(index) ?? this.read(index);
    this.blocks.set(index, block);
    this.recent = block;
    this.recentIndex = index;
    return block;
  }

  private read(index: number): Block {
    const statement = this.project
      .prepare<[number, string, number], StoredBlock>(
        'SELECT block, data, words FROM configuration_columns WHERE dataset_id = ? AND name = ? AND block = ?',
      )
      .raw();
    const found = this.project.guard(() => statement.get(this.datasetId, this.name, index));
    if (found === undefined) throw damaged();
    const [, data, words] = found;
    const block = isWords(this.name)
      ? new WordBlock(checkedCodes(data, words), wordsOf(words))
      : new NumberBlock(numbersIn(this.name, data));
    if (block.length !== Math.min(BLOCK, this.count - BLOCK * index)) throw damaged();
    return block;
  }
}

/** Compared with what there is, before arrays are made for so many: the number may come from anybody's file. */
function configurationCount(project: Project, datasetId: number): number {
  const statement = project.prepare<[number], { count: number; packed: number }>(
    `SELECT configuration_count AS count,
       (SELECT coalesce(sum(length(data)), 0) FROM configuration_columns WHERE dataset_id = datasets.id AND name = 'excluded')
         AS packed
     FROM datasets WHERE id = ?`,
  );
  const found = project.guard(() => statement.get(datasetId));
  if (found === undefined)
    throw new StoreError('not-found', `The project has no dataset number ${datasetId}.`);
  if (found.count !== found.packed) throw damaged();
  return found.count;
}

/** @throws StoreError when a code has no word */
function checkedCodes(data: Buffer, text: string | null): Uint16Array {
  const codes = uint16(data);
  const { length } = wordsOf(text);
  for (const code of codes) if (code >= length) throw damaged();
  return codes;
}

function wordsOf(text: string | null): (string | null)[] {
  return parseJson(text ?? '[]', wordList, 'a column of a dataset');
}

export function noConfiguration(position: number): StoreError {
  return new StoreError('not-found', `The dataset has no configuration number ${position} (counted from 0).`);
}

function damaged(): StoreError {
  return new StoreError('damaged', 'The columns of a dataset in the project are damaged.', {
    remedy: 'Import its file again, or restore the project from a backup copy.',
  });
}
