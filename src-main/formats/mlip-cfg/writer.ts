/** Writer of MLIP configuration files. */
import { columnWord } from '../../../src-compute/quoting/columns.ts';
import { plainJson } from '../../../src-compute/quoting/json.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  componentsOf,
  TABLE,
  valuesOf,
  type PropertyKey,
} from '../../../src-compute/structure/properties.ts';
import { FormatError, type WriteOptions } from '../format.ts';
import { formatReal } from '../numbers.ts';
import { TypeNumbers } from '../type-numbers.ts';
import { INFO_FEATURE, SPECIES_FEATURE } from './features.ts';

const WRITABLE_COLUMNS = new Set([
  ...TABLE.flatMap((row) => Object.values(row.files.mlip ?? {}).flat()),
  'nbh_grades',
  'en_der_mx',
  'en_der_my',
  'en_der_mz',
]);
/** Properties of the frame that have fields of their own. */
const FIELDS: ReadonlySet<PropertyKey> = new Set(['energy', 'virial']);

interface WrittenColumn {
  readonly name: string;
  readonly values: ArrayLike<number | string>;
  /** Which of so many numbers of an atom. */
  readonly place: number;
  readonly width: number;
}

/** Text of an MLIP .cfg; energy eV, forces eV/Å, PlusStress = W in eV. Types are numbered from 0. */
export async function* writeMlipCfg(
  configurations: AsyncIterable<Configuration>,
  options: WriteOptions,
  file: string,
): AsyncGenerator<string> {
  const types = new TypeNumbers(options.species);
  let frame = 0;
  for await (const configuration of configurations) {
    yield* one(configuration, types, options, file, frame++);
  }
}

function* one(
  configuration: Configuration,
  types: TypeNumbers,
  options: WriteOptions,
  file: string,
  frame: number,
): Generator<string> {
  const real = (value: number) => formatReal(value, options.significantDigits);
  const { kinds, positions, energy, virial } = configuration;
  const typeOf = configuration.symbols.map((symbol) => types.numberOf(symbol) - 1);
  yield `BEGIN_CFG\n Size\n    ${kinds.length}\n${supercell(configuration, real, file, frame)}`;
  const columns = atomColumns(configuration, options);
  const names = ['id', 'type', 'cartes_x', 'cartes_y', 'cartes_z', ...columns.map((c) => c.name)];
  yield ` AtomData:  ${names.join(' ')}\n`;
  let lines: string[] = [];
  for (let atom = 0; atom < kinds.length; atom++) {
    let line = `  ${atom + 1} ${typeOf[kinds[atom]]}`;
    for (let k = 3 * atom; k < 3 * atom + 3; k++) line += ` ${real(positions[k])}`;
    for (const { values, place, width } of columns) line += ` ${real(Number(values[width * atom + place]))}`;
    lines.push(line);
    if (lines.length === 4096) {
      yield `${lines.join('\n')}\n`;
      lines = [];
    }
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`;
  if (energy !== undefined) yield ` Energy\n    ${real(energy)}\n`;
  if (virial !== undefined) {
    yield ` PlusStress:  xx yy zz yz xz xy\n    ${[0, 4, 8, 5, 2, 1].map((k) => real(virial[k])).join(' ')}\n`;
  }
  yield ` Feature   ${SPECIES_FEATURE}\t${types.names().map(columnWord).join(' ')}\n`;
  if (configuration.info !== undefined)
    yield ` Feature   ${INFO_FEATURE}\t${plainJson(configuration.info)}\n`;
  yield 'END_CFG\n\n';
}

/** The periodic lattice vectors, which must come first. */
function supercell(
  configuration: Configuration,
  real: (value: number) => string,
  file: string,
  frame: number,
): string {
  const { periodic, cell } = configuration;
  const count = periodic.filter((flag) => flag).length;
  if (count === 0) return '';
  if (!periodic.slice(0, count).every((flag) => flag)) {
    throw new FormatError(
      'An MLIP .cfg can be periodic along the first, the first two or all three axes only.',
      {
        file,
        frame,
        remedy: 'Turn the axes so that the periodic ones come first.',
      },
    );
  }
  const rows = Array.from({ length: count }, (_, axis) =>
    [0, 1, 2].map((k) => real(cell[3 * axis + k])).join(' '),
  );
  return ` Supercell\n${rows.map((row) => `    ${row}\n`).join('')}`;
}

function atomColumns(configuration: Configuration, options: WriteOptions): WrittenColumn[] {
  const columns: WrittenColumn[] = [];
  const atoms = configuration.kinds.length;
  for (const row of TABLE) {
    const values = valuesOf(configuration, row.key);
    if (values === undefined || FIELDS.has(row.key)) continue;
    const names = row.files.mlip?.[componentsOf(row, values.length, atoms) ?? 1];
    if (names !== undefined)
      columns.push(...names.map((name, place) => ({ name, values, place, width: names.length })));
    else
      options.onNote?.(
        `MLIP .cfg has no place for ${row.words}; ${row.words.startsWith('the ') ? 'it was' : 'they were'} left out.`,
      );
  }
  for (const column of configuration.atomColumns ?? []) {
    const { name, values } = column;
    const isFree = columns.every((other) => other.name !== name);
    if (WRITABLE_COLUMNS.has(name) && column.columns === 1 && column.kind === 'R' && isFree)
      columns.push({ name, values, place: 0, width: 1 });
    else
      options.onNote?.(`MLIP .cfg has no place for the per-atom column "${column.name}"; it was left out.`);
  }
  const { cell, periodic } = configuration;
  if (
    periodic.some(
      (flag, axis) => !flag && (cell[3 * axis] !== 0 || cell[3 * axis + 1] !== 0 || cell[3 * axis + 2] !== 0),
    )
  ) {
    options.onNote?.('MLIP .cfg has no place for lattice vectors along free axes; they were left out.');
  }
  return columns;
}
