/** Writer of VASP POSCAR files. */
import { columnWord, commentText } from '../../../src-compute/quoting/columns.ts';
import { inPieces } from '../../../src-compute/quoting/json-pieces.ts';
import { signedVolume } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { FormatError, type WriteOptions } from '../format.ts';
import { formatReal } from '../numbers.ts';

/** Name of the column that keeps which coordinates may move (T) under selective dynamics. */
export const SELECTIVE_COLUMN = 'move_mask';

/** Text of a POSCAR: Cartesian, so that no digit is lost; atoms in order of species. */
export async function* writePoscar(
  configurations: AsyncIterable<Configuration>,
  options: WriteOptions,
  file: string,
): AsyncGenerator<string> {
  let written = false;
  for await (const configuration of configurations) {
    if (written) {
      throw new FormatError('A POSCAR holds one configuration.', {
        file,
        remedy: 'Choose one frame with FILE@k, or another format.',
      });
    }
    written = true;
    yield* inPieces(poscarLines(configuration, options, file));
  }
}

/** The lines, each with its end: of millions of atoms they are more than a string can hold. */
function* poscarLines(configuration: Configuration, options: WriteOptions, file: string): Generator<string> {
  const { cell, kinds, symbols, positions, velocities } = configuration;
  const real = (value: number) => formatReal(value, options.significantDigits);
  if (!(Math.abs(signedVolume(cell)) > 0)) {
    throw new FormatError('A POSCAR needs a cell, and this configuration has none.', {
      file,
      remedy: 'Put the atoms into a box first.',
    });
  }
  noteLosses(configuration, options);
  const order = [...kinds.keys()].sort((a, b) => kinds[a] - kinds[b] || a - b);
  if (order.some((atom, k) => atom !== k))
    options.onNote?.('The atoms were put in order of their species, as VASP wants them.');
  const mask = configuration.atomColumns?.find(
    (column) => column.name === SELECTIVE_COLUMN && column.columns === 3,
  );
  const counts = symbols.map((_, kind) => kinds.reduce((sum, k) => sum + Number(k === kind), 0));
  const flags = (atom: number) =>
    mask === undefined
      ? ''
      : ` ${[0, 1, 2].map((axis) => (Number(mask.values[3 * atom + axis]) !== 0 ? 'T' : 'F')).join(' ')}`;
  const used = symbols.map((_, kind) => kind).filter((kind) => counts[kind] > 0);
  const triple = (values: ArrayLike<number>, k: number) =>
    [0, 1, 2].map((axis) => real(values[3 * k + axis])).join(' ');
  const comment = configuration.info?.comment;
  const head = [
    typeof comment === 'string'
      ? commentText(comment)
      : used.map((kind) => columnWord(symbols[kind])).join(' '),
    '1.0',
    ...[0, 1, 2].map((axis) => triple(cell, axis)),
    used.map((kind) => columnWord(symbols[kind])).join(' '),
    used.map((kind) => counts[kind]).join(' '),
    ...(mask === undefined ? [] : ['Selective dynamics']),
    'Cartesian',
  ];
  yield `${head.join('\n')}\n`;
  for (const atom of order) yield `${triple(positions, atom)}${flags(atom)}\n`;
  if (velocities === undefined) return;
  yield '\n';
  for (const atom of order) yield `${triple(velocities, atom)}\n`;
}

function noteLosses(configuration: Configuration, options: WriteOptions): void {
  const lost = [
    configuration.energy === undefined ? '' : 'energies',
    configuration.forces === undefined ? '' : 'forces',
    configuration.virial === undefined ? '' : 'virials',
    configuration.masses === undefined ? '' : 'masses',
  ].filter((name) => name !== '');
  if (lost.length > 0) options.onNote?.(`A POSCAR has no place for ${lost.join(', ')}; they were left out.`);
  if (!configuration.periodic.every((flag) => flag))
    options.onNote?.('A POSCAR is periodic along all three axes; the free axes become periodic.');
}
