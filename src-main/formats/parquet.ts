/**
 * Parquet tables of configurations, one a row: those of the ColabFit Exchange (columns positions, atomic_numbers, cell,
 * pbc, energy, atomic_forces, cauchy_stress, in eV and Å: materials.colabfit.org/docs/configuration_schema), and others
 * with columns of the usual names. Read by hyparquet in pieces of some rows.
 */
import {
  kindsFromSymbols,
  type Configuration,
  type FrameValue,
} from '../../src-compute/structure/configuration.ts';
import { volume } from '../../src-compute/structure/cell.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type LabelSources,
  type ParsedFrame,
  type ReadContext,
  type StructureFormat,
} from './format.ts';
import {
  chooseLabels,
  labelNameOf,
  symmetrise,
  tensorFromComponents,
  virialFromStress,
  withSign,
} from './labels.ts';
import { factorsOf } from './extended-xyz/label-units.ts';
import { elementSpelling, symbolOfNumber } from './species.ts';

/** Rows that are decoded at once. */
const ROWS = 256;
const POSITIONS = ['positions', 'pos', 'coords', 'coordinates'];
const NUMBERS = ['atomic_numbers', 'numbers', 'z'];
const SYMBOLS = ['symbols', 'species', 'elements'];
const CELLS = ['cell', 'lattice', 'lattice_vectors'];
/** Names of ColabFit besides those that every format knows. */
const FORCES = 'atomic_forces';
const STRESS = 'cauchy_stress';
/** Texts that are kept with a configuration. */
const KEPT = ['configuration_id', 'property_id', 'dataset_id', 'method', 'names', 'labels'];

type Row = Readonly<Record<string, unknown>>;

class ParquetParser implements FrameParser {
  readonly frameLine = 1;
  private readonly context: ReadContext;
  private read: ((from: number) => Promise<readonly Row[]>) | undefined;
  private rows: readonly Row[] = [];
  private first = 0;
  private count = 0;
  private frame = 0;
  private columns: Columns | undefined;

  constructor(context: ReadContext) {
    this.context = context;
  }

  async next(): Promise<ParsedFrame | undefined> {
    const { columns, read } =
      this.read === undefined ? await this.open() : { columns: this.columns, read: this.read };
    if (this.frame >= this.count || columns === undefined) return undefined;
    if (this.frame >= this.first + this.rows.length) {
      this.first = this.frame;
      const count = this.count;
      this.count = 0; // what cannot be read ends the table
      this.rows = await read(this.first);
      this.count = count;
    }
    const row = this.rows[this.frame++ - this.first];
    const warnings: FrameWarning[] = this.frame === 1 ? columns.notes.map((message) => ({ message })) : [];
    return { configuration: this.configurationOf(row, columns), line: 1, warnings, labels: columns.labels };
  }

  recover(): Promise<boolean> {
    return Promise.resolve(this.read !== undefined && this.frame < this.count);
  }

  private async open(): Promise<{ columns: Columns; read: (from: number) => Promise<readonly Row[]> }> {
    const { file, options } = this.context;
    const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } =
      await import('hyparquet');
    const { compressors } = await import('hyparquet-compressors');
    const buffer = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(buffer).catch((cause: unknown) => {
      throw damaged(cause);
    });
    const names = parquetSchema(metadata).children.map(({ element }) => element.name);
    const columns = columnsOf(names, options);
    this.columns = columns;
    this.count = Number(metadata.num_rows);
    this.read = async (from) => {
      const rowEnd = Math.min(from + ROWS, Number(metadata.num_rows));
      const rows = await parquetReadObjects({
        file: buffer,
        metadata,
        compressors,
        columns: columns.read,
        rowStart: from,
        rowEnd,
      }).catch((cause: unknown) => {
        throw damaged(cause);
      });
      if (rows.length < rowEnd - from) throw damaged(undefined);
      return rows;
    };
    return { columns, read: this.read };
  }

  private configurationOf(row: Row, columns: Columns): Configuration {
    const { options } = this.context;
    const symbols = symbolsOf(row, columns);
    const n = symbols.length;
    const positions = realsOf(row[columns.positions], 3 * n, `"${columns.positions}"`);
    if (positions === undefined)
      throw new FrameFailure(`Expected positions in "${columns.positions}", found none.`, 1);
    const vectors =
      columns.cell === undefined ? undefined : realsOf(row[columns.cell], 9, `"${columns.cell}"`);
    const cell = vectors ?? new Float64Array(9);
    const hasCell = volume(cell) > 0;
    const given = row[columns.pbc ?? ''];
    const flags =
      Array.isArray(given) && given.length === 3
        ? given.map((flag) => flag === true || flag === 1)
        : undefined;
    const [a, b, c] = flags ?? [hasCell, hasCell, hasCell];
    const { energy, forces, virial, stress } = columns.labels.taken;
    const factors = factorsOf(new Map(), { energy, forces, virial, stress, notes: [] }, options, n, 1);
    const length = factors?.length ?? 1;
    const value = energy === undefined ? undefined : row[energy];
    if (value != null && typeof value !== 'number' && typeof value !== 'bigint')
      throw new FrameFailure(`Expected a number (eV) in "${energy}".`, 1);
    const force = forces === undefined ? undefined : realsOf(row[forces], 3 * n, `"${forces}"`);
    const tensor = this.virialOf(row, virial ?? stress, virial === undefined, cell, factors);
    const info: Record<string, FrameValue> = {};
    for (const key of columns.kept) {
      const text = row[key];
      if (typeof text === 'string') info[key] = text;
    }
    return {
      ...kindsFromSymbols(symbols),
      positions: scaled(positions, length),
      cell: scaled(cell, length),
      periodic: [a, b, c],
      ...(value == null ? {} : { energy: Number(value) * (factors?.energy ?? 1) }),
      ...(force === undefined ? {} : { forces: scaled(force, factors?.forces ?? 1) }),
      ...(tensor === undefined || !hasCell ? {} : { virial: withSign(tensor, options.virialSign) }),
      ...(Object.keys(info).length === 0 ? {} : { info }),
    };
  }

  private virialOf(
    row: Row,
    key: string | undefined,
    isStress: boolean,
    cell: Float64Array,
    factors: ReturnType<typeof factorsOf>,
  ): Float64Array | undefined {
    const numbers = key === undefined ? undefined : numbersIn(row[key]);
    if (key === undefined || numbers === undefined || numbers.length === 0) return undefined;
    const tensor = tensorFromComponents(numbers);
    if (tensor === undefined)
      throw new FrameFailure(`Expected 9 or 6 numbers in "${key}", found ${numbers.length}.`, 1);
    symmetrise(tensor);
    const factor = factors?.virial ?? 1;
    if (!isStress && factors?.virialIsPressure !== true) return scaled(tensor, factor);
    // ColabFit says whether the stress was divided by the volume
    if (key === STRESS && row[`${STRESS}_volume_normalized`] === false) return scaled(tensor, -factor);
    return virialFromStress(tensor, cell, (isStress ? factor : -factor) * (factors?.length ?? 1) ** 3);
  }
}

/** Which column holds what. */
interface Columns {
  readonly positions: string;
  readonly numbers?: string;
  readonly symbols?: string;
  readonly cell?: string;
  readonly pbc?: string;
  readonly kept: readonly string[];
  /** Columns that are decoded at all. */
  readonly read: string[];
  readonly labels: LabelSources;
  readonly notes: readonly string[];
}

function columnsOf(names: readonly string[], options: ReadContext['options']): Columns {
  const find = (usual: readonly string[]) =>
    usual
      .map((name) => names.find((column) => column.toLowerCase() === name))
      .find((name) => name !== undefined);
  const positions = find(POSITIONS);
  const [numbers, symbols, cell, pbc] = [NUMBERS, SYMBOLS, CELLS, ['pbc']].map(find);
  if (positions === undefined || (numbers ?? symbols) === undefined)
    throw new FrameFailure(
      `Expected a Parquet table with the columns positions and atomic_numbers (or symbols), found ${names.slice(0, 12).join(', ')}.`,
      1,
      'Of ColabFit give the tables of the folder co, which hold the configurations.',
    );
  const others = names.filter((name) => ![positions, numbers, symbols, cell, pbc].includes(name));
  const keys = chooseLabels(others, others, options);
  const forces = keys.forces ?? (options.forcesKey === undefined ? find([FORCES]) : undefined);
  const given = options.virialKey ?? options.stressKey;
  const stress =
    keys.stress ?? (keys.virial === undefined && given === undefined ? find([STRESS]) : undefined);
  const isNamed = (quantities: readonly string[]) => (name: string) =>
    quantities.includes(labelNameOf(name)?.quantity ?? '');
  const taken = { energy: keys.energy, forces, virial: keys.virial, stress };
  const kept = KEPT.flatMap((name) => find([name]) ?? []);
  const wanted = [
    positions,
    numbers,
    symbols,
    cell,
    pbc,
    ...Object.values(taken),
    ...kept,
    find([`${STRESS}_volume_normalized`]),
  ];
  return {
    positions, numbers, symbols, cell, pbc, kept, notes: keys.notes,
    read: [...new Set(wanted.filter((name) => name !== undefined))],
    labels: {
      taken,
      candidates: {
        energy: others.filter(isNamed(['energy'])),
        forces: others.filter(isNamed(['forces'])),
        tensor: others.filter(isNamed(['virial', 'stress'])),
      },
    },
  }; // prettier-ignore
}

function symbolsOf(row: Row, { numbers, symbols }: Columns): string[] {
  const value = numbers === undefined ? undefined : numbersIn(row[numbers]);
  if (value !== undefined)
    return Array.from(value, (number) => {
      const symbol = symbolOfNumber(number);
      if (symbol === undefined)
        throw new FrameFailure(`Expected atomic numbers from 1 to 118, found ${number}.`, 1);
      return symbol;
    });
  const texts = symbols === undefined ? undefined : row[symbols];
  if (Array.isArray(texts) && texts.every((text) => typeof text === 'string'))
    return texts.map(elementSpelling);
  throw new FrameFailure('Expected the atomic numbers or symbols of the atoms, found none.', 1);
}

/** Numbers of a list, or of a list of lists one after the other; undefined where there is nothing. */
function numbersIn(value: unknown): Float64Array | undefined {
  if (value == null) return undefined;
  const numbers: number[] = [];
  const add = (item: unknown): boolean => {
    if (typeof item === 'number' || typeof item === 'bigint') return numbers.push(Number(item)) > 0;
    if (Array.isArray(item)) return item.every(add);
    return (
      ArrayBuffer.isView(item) && !(item instanceof DataView) && Array.from(item as Float64Array).every(add)
    );
  };
  return add(value) ? Float64Array.from(numbers) : undefined;
}

function realsOf(value: unknown, length: number, what: string): Float64Array | undefined {
  if (value == null) return undefined;
  const numbers = numbersIn(value);
  if (numbers?.length === length) return numbers;
  throw new FrameFailure(
    `Expected ${length} numbers in ${what}, found ${numbers?.length ?? 'something else'}.`,
    1,
  );
}

function scaled(values: Float64Array, factor: number): Float64Array {
  return factor === 1 ? values : values.map((value) => value * factor);
}

function damaged(cause: unknown): FrameFailure {
  const reason = cause instanceof Error ? `: ${cause.message.slice(0, 200)}` : '';
  return new FrameFailure(
    `Expected a Parquet table that is whole${reason}.`,
    1,
    'The file was cut off or is damaged: copy it again.',
  );
}

export const parquet: StructureFormat = {
  name: 'parquet',
  title: 'Parquet table (ColabFit)',
  extensions: ['.parquet', '.parq'],
  binary: true,
  namedLabels: true,
  recognise: (head) => head.startsWith('PAR1'),
  conventions: [
    'Parquet: one configuration a row, in eV, eV/Å and eV/Å³ as the ColabFit Exchange keeps them; "cauchy_stress" is positive under tension, converted by W = −σV (not divided by the volume where the table says so).',
  ],
  open: (_input, context) => new ParquetParser(context),
};
