/** Writer of LAMMPS data files, units metal. */
import { commentText } from '../../../src-compute/quoting/columns.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { atomicWeight } from '../../../src-compute/structure/elements.ts';
import { FormatError, type WriteOptions } from '../format.ts';
import { toLammpsFrame } from '../lammps-box.ts';
import { formatReal } from '../numbers.ts';
import { TypeNumbers } from '../type-numbers.ts';

/** Text of a data file; atom style charge when there are charges, else atomic. */
export async function* writeLammpsData(
  configurations: AsyncIterable<Configuration>,
  options: WriteOptions,
  file: string,
): AsyncGenerator<string> {
  let written = false;
  for await (const configuration of configurations) {
    if (written) {
      throw new FormatError('A LAMMPS data file holds one configuration.', {
        file,
        remedy: 'Choose one frame with FILE@k, or write a dump.',
      });
    }
    written = true;
    yield* dataText(configuration, options, file);
  }
}

function* dataText(configuration: Configuration, options: WriteOptions, file: string): Generator<string> {
  const real = (value: number) => formatReal(value, options.significantDigits);
  const { kinds, symbols } = configuration;
  const types = new TypeNumbers(options.species);
  const used = new Set(kinds);
  const typeOf = symbols.map((symbol, kind) => (used.has(kind) ? types.numberOf(symbol) : 0));
  const { cell, origin, positions, velocities, rotated } = toLammpsFrame(configuration, file, 0);
  noteLosses(configuration, rotated, options);
  yield `LAMMPS data file, units = metal\n\n${kinds.length} atoms\n${types.count} atom types\n\n`;
  for (const [axis, name] of ['x', 'y', 'z'].entries()) {
    yield `${real(origin[axis])} ${real(origin[axis] + cell[4 * axis])} ${name}lo ${name}hi\n`;
  }
  if (cell[3] !== 0 || cell[6] !== 0 || cell[7] !== 0)
    yield `${[cell[3], cell[6], cell[7]].map(real).join(' ')} xy xz yz\n`;
  yield `\nMasses\n\n${massLines(configuration, types, real)}\n`;
  const charges = configuration.atomColumns?.find(
    (column) => column.name === 'charge' && column.columns === 1,
  )?.values;
  yield `Atoms # ${charges === undefined ? 'atomic' : 'charge'}\n\n`;
  const rows = (line: (atom: number) => string) => chunks(kinds.length, line);
  const triple = (values: Float64Array, atom: number, factor = 1) =>
    [0, 1, 2].map((axis) => real(values[3 * atom + axis] * factor)).join(' ');
  yield* rows(
    (atom) =>
      `${atom + 1} ${typeOf[kinds[atom]]}${charges === undefined ? '' : ` ${real(Number(charges[atom]))}`} ${triple(positions, atom)}`,
  );
  if (velocities !== undefined) {
    yield '\nVelocities\n\n';
    yield* rows((atom) => `${atom + 1} ${triple(velocities, atom, 1000)}`);
  }
}

function* chunks(count: number, line: (atom: number) => string): Generator<string> {
  for (let first = 0; first < count; first += 4096) {
    let text = '';
    for (let atom = first; atom < Math.min(count, first + 4096); atom++) text += `${line(atom)}\n`;
    yield text;
  }
}

/** One mass for each type: that of its first atom, or the standard weight. */
function massLines(
  configuration: Configuration,
  types: TypeNumbers,
  real: (value: number) => string,
): string {
  const { kinds, symbols, masses } = configuration;
  return types
    .names()
    .map((name, k) => {
      const atom = kinds.findIndex((kind) => symbols[kind] === name);
      const mass = (masses !== undefined && atom >= 0 ? masses[atom] : undefined) ?? atomicWeight(name) ?? 1;
      return `${k + 1} ${real(mass)} # ${commentText(name)}\n`;
    })
    .join('');
}

function noteLosses(configuration: Configuration, rotated: boolean, options: WriteOptions): void {
  const lost = [
    configuration.energy === undefined ? '' : 'energies',
    configuration.forces === undefined ? '' : 'forces',
    configuration.virial === undefined ? '' : 'virials',
  ].filter((name) => name !== '');
  if (lost.length > 0)
    options.onNote?.(`A LAMMPS data file has no place for ${lost.join(', ')}; they were left out.`);
  if (rotated)
    options.onNote?.(
      'The cell and the atoms were turned so that a lies along x and b in the xy plane, as LAMMPS wants them.',
    );
  if (!configuration.periodic.every((flag) => flag)) {
    options.onNote?.(
      'A LAMMPS data file does not say which axes are periodic: set it with the boundary command.',
    );
  }
}
