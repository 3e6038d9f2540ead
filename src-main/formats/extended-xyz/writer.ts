/** Writer of extended and plain XYZ. */
import { columnWord, commentText } from '../../../src-compute/quoting/columns.ts';
import { visibleLine } from '../../../src-compute/quoting/visible.ts';
import type { AtomColumn, Configuration } from '../../../src-compute/structure/configuration.ts';
import { componentsOf, TABLE, valuesOf } from '../../../src-compute/structure/properties.ts';
import { FormatError, type WriteOptions } from '../format.ts';
import { formatReal } from '../numbers.ts';
import { withAseNames, type FrameWithAse } from './ase-names.ts';
import { headerKey, headerValue } from './header.ts';
import { RESERVED_KEYS } from './reader.ts';

/** Atom lines that are joined to one piece of text. */
const ATOMS_PER_PIECE = 4096;

interface WrittenColumn {
  readonly name: string;
  readonly kind: 'R' | 'I' | 'S' | 'L';
  readonly columns: number;
  readonly cell: (index: number) => string;
}

/** Text of extended XYZ: every property of the table under its first name, in the table's units; or ase-names.ts. */
export async function* writeExtendedXyz(
  configurations: AsyncIterable<Configuration>,
  options: WriteOptions,
  file: string,
): AsyncGenerator<string> {
  const real = (value: number) => formatReal(value, options.significantDigits);
  let frame = 0;
  for await (const given of configurations) {
    const configuration: FrameWithAse = options.aseNames ? withAseNames(given, options.onNote) : given;
    const columns = writtenColumns(configuration, real, file, frame++);
    yield `${configuration.kinds.length}\n${header(configuration, columns, real)}\n`;
    yield* atomLines(configuration, columns);
  }
}

/** Text of plain XYZ: symbols and positions, and the comment where there is one. */
export async function* writePlainXyz(
  configurations: AsyncIterable<Configuration>,
  options: WriteOptions,
): AsyncGenerator<string> {
  const real = (value: number) => formatReal(value, options.significantDigits);
  for await (const configuration of configurations) {
    if (configuration.periodic.includes(true)) {
      options.onNote?.(
        'Plain XYZ holds no cell: the configurations become free clusters. Extended XYZ keeps the cell.',
      );
    }
    const comment = configuration.info?.comment;
    yield `${configuration.kinds.length}\n${typeof comment === 'string' ? commentText(comment) : ''}\n`;
    const { positions } = configuration;
    yield* atomLines(configuration, [
      { name: 'pos', kind: 'R', columns: 3, cell: (k) => real(positions[k]) },
    ]);
  }
}

function header(
  configuration: FrameWithAse,
  columns: readonly WrittenColumn[],
  real: (value: number) => string,
): string {
  const parts: string[] = [];
  if (configuration.cell.some((component) => component !== 0))
    parts.push(`Lattice="${joined(configuration.cell, real)}"`);
  parts.push(`Properties=species:S:1${columns.map((c) => `:${c.name}:${c.kind}:${c.columns}`).join('')}`);
  parts.push(`pbc="${configuration.periodic.map((flag) => (flag ? 'T' : 'F')).join(' ')}"`);
  for (const row of TABLE) {
    const values = row.per === 'frame' ? configuration[row.key] : undefined;
    if (values === undefined) continue;
    const text = typeof values === 'number' ? real(values) : `"${joined(values, real)}"`;
    parts.push(`${row.files.xyz[0]}=${text}`);
  }
  if (configuration.stress !== undefined) parts.push(`stress="${joined(configuration.stress, real)}"`);
  for (const [key, value] of Object.entries(configuration.info ?? {})) {
    parts.push(`${headerKey(RESERVED_KEYS.has(key) ? `file_${key}` : key)}=${headerValue(value, real)}`);
  }
  return parts.join(' ');
}

function joined(values: Float64Array, real: (value: number) => string): string {
  return Array.from(values, real).join(' ');
}

function writtenColumns(
  configuration: FrameWithAse,
  real: (value: number) => string,
  file: string,
  frame: number,
): WrittenColumn[] {
  const columns: WrittenColumn[] = [];
  const addReals = (name: string, count: number, values: Float64Array | undefined) => {
    if (values !== undefined) columns.push({ name, kind: 'R', columns: count, cell: (k) => real(values[k]) });
  };
  addReals('pos', 3, configuration.positions);
  for (const row of TABLE) {
    const values = row.per === 'atom' ? valuesOf(configuration, row.key) : undefined;
    if (values !== undefined)
      addReals(row.files.xyz[0], componentsOf(row, values.length, configuration.kinds.length) ?? 1, values);
  }
  addReals('momenta', 3, configuration.momenta);
  for (const column of configuration.atomColumns ?? []) {
    columns.push({
      name: column.name,
      kind: column.kind,
      columns: column.columns,
      cell: columnCell(column, real, file, frame),
    });
  }
  return columns;
}

function columnCell(
  column: AtomColumn,
  real: (value: number) => string,
  file: string,
  frame: number,
): (k: number) => string {
  const { values, kind, name } = column;
  if (/[\s:="]/.test(name) || visibleLine(name) !== name) {
    throw new FormatError(
      `The column name "${name}" cannot stand in an extended-XYZ header: it has a blank, a colon, a quote or an equals sign.`,
      { file, frame },
    );
  }
  return (k) => {
    const value = values[k];
    if (typeof value === 'string') {
      if (value === '' || /\s/.test(value) || visibleLine(value) !== value) {
        throw new FormatError(
          `The text "${value}" in the column "${name}" cannot stand in an extended-XYZ line: it is empty or has a blank.`,
          { file, frame },
        );
      }
      return value;
    }
    if (kind === 'L') return value !== 0 ? 'T' : 'F';
    return kind === 'I' ? String(value) : real(value);
  };
}

function* atomLines(configuration: Configuration, columns: readonly WrittenColumn[]): Generator<string> {
  const { kinds } = configuration;
  const symbols = configuration.symbols.map(columnWord);
  let lines: string[] = [];
  for (let atom = 0; atom < kinds.length; atom++) {
    let line = symbols[kinds[atom]];
    for (const column of columns) {
      for (let k = 0; k < column.columns; k++) line += ` ${column.cell(atom * column.columns + k)}`;
    }
    lines.push(line);
    if (lines.length === ATOMS_PER_PIECE) {
      yield `${lines.join('\n')}\n`;
      lines = [];
    }
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`;
}
