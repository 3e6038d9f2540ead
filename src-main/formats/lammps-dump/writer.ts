/** Writer of LAMMPS text dumps, units metal. */
import { columnWord } from '../../../src-compute/quoting/columns.ts';
import type { AtomColumn, Configuration } from '../../../src-compute/structure/configuration.ts';
import type { WriteOptions } from '../format.ts';
import { toLammpsFrame } from '../lammps-box.ts';
import { formatReal } from '../numbers.ts';
import { TypeNumbers } from '../type-numbers.ts';

/** Text of a dump: id type element x y z, velocities (Å/ps), forces (eV/Å), masses and numeric columns. */
export async function* writeLammpsDump(
  configurations: AsyncIterable<Configuration>,
  options: WriteOptions,
  file: string,
): AsyncGenerator<string> {
  const types = new TypeNumbers(options.species);
  let frame = 0;
  for await (const configuration of configurations) {
    yield* frameText(configuration, types, options, file, frame++);
  }
}

function* frameText(
  configuration: Configuration,
  types: TypeNumbers,
  options: WriteOptions,
  file: string,
  frame: number,
): Generator<string> {
  const real = (value: number) => formatReal(value, options.significantDigits);
  const { kinds, symbols, periodic, info } = configuration;
  const box = toLammpsFrame(configuration, file, frame);
  noteLosses(configuration, box.rotated, options);
  const timestep =
    typeof info?.timestep === 'number' && Number.isInteger(info.timestep) ? info.timestep : frame;
  yield `ITEM: TIMESTEP\n${timestep}\n`;
  if (typeof info?.time === 'number') yield `ITEM: TIME\n${real(info.time)}\n`;
  yield `ITEM: NUMBER OF ATOMS\n${kinds.length}\n${boundsText(box.cell, box.origin, periodic, real)}`;
  const columns = extraColumns(configuration, box.velocities, box.forces, real);
  yield `ITEM: ATOMS id type element x y z${columns.map((column) => ` ${column.names}`).join('')}\n`;
  const typeOf = symbols.map((symbol) => types.numberOf(symbol));
  const words = symbols.map(columnWord);
  for (let first = 0; first < kinds.length; first += 4096) {
    let text = '';
    for (let atom = first; atom < Math.min(kinds.length, first + 4096); atom++) {
      const kind = kinds[atom];
      text += `${atom + 1} ${typeOf[kind]} ${words[kind]}`;
      for (let k = 3 * atom; k < 3 * atom + 3; k++) text += ` ${real(box.positions[k])}`;
      for (const column of columns) text += ` ${column.cells(atom)}`;
      text += '\n';
    }
    yield text;
  }
}

function boundsText(
  cell: Float64Array,
  origin: readonly number[],
  periodic: readonly boolean[],
  real: (value: number) => string,
): string {
  const flags = periodic.map((flag) => (flag ? 'pp' : 'ff')).join(' ');
  const [xy, xz, yz] = [cell[3], cell[6], cell[7]];
  if (xy === 0 && xz === 0 && yz === 0) {
    const rows = [0, 1, 2].map((axis) => `${real(origin[axis])} ${real(origin[axis] + cell[4 * axis])}\n`);
    return `ITEM: BOX BOUNDS ${flags}\n${rows.join('')}`;
  }
  const rows = [
    [origin[0] + Math.min(0, xy, xz, xy + xz), origin[0] + cell[0] + Math.max(0, xy, xz, xy + xz), xy],
    [origin[1] + Math.min(0, yz), origin[1] + cell[4] + Math.max(0, yz), xz],
    [origin[2], origin[2] + cell[8], yz],
  ];
  return `ITEM: BOX BOUNDS xy xz yz ${flags}\n${rows.map((row) => `${row.map(real).join(' ')}\n`).join('')}`;
}

interface DumpColumn {
  readonly names: string;
  readonly cells: (atom: number) => string;
}

function extraColumns(
  configuration: Configuration,
  velocities: Float64Array | undefined,
  forces: Float64Array | undefined,
  real: (value: number) => string,
): DumpColumn[] {
  const columns: DumpColumn[] = [];
  const { masses, atomEnergies } = configuration;
  if (velocities !== undefined) {
    columns.push({
      names: 'vx vy vz',
      cells: (atom) => [0, 1, 2].map((axis) => real(velocities[3 * atom + axis] * 1000)).join(' '),
    });
  }
  if (forces !== undefined) {
    columns.push({
      names: 'fx fy fz',
      cells: (atom) => [0, 1, 2].map((axis) => real(forces[3 * atom + axis])).join(' '),
    });
  }
  if (masses !== undefined) columns.push({ names: 'mass', cells: (atom) => real(masses[atom]) });
  if (atomEnergies !== undefined) columns.push({ names: 'c_pe', cells: (atom) => real(atomEnergies[atom]) });
  for (const column of configuration.atomColumns ?? []) {
    if (isWritable(column)) columns.push({ names: columnNames(column), cells: cellsOf(column, real) });
  }
  return columns;
}

function isWritable(column: AtomColumn): boolean {
  return (column.kind === 'R' || column.kind === 'I') && column.name !== 'id';
}

function columnNames(column: AtomColumn): string {
  const name = column.name === 'charge' ? 'q' : columnWord(column.name.replace(/\s+/g, '_'));
  return column.columns === 1
    ? name
    : Array.from({ length: column.columns }, (_, k) => `${name}[${k + 1}]`).join(' ');
}

function cellsOf(column: AtomColumn, real: (value: number) => string): (atom: number) => string {
  return (atom) =>
    Array.from({ length: column.columns }, (_, k) =>
      real(Number(column.values[atom * column.columns + k])),
    ).join(' ');
}

function noteLosses(configuration: Configuration, rotated: boolean, options: WriteOptions): void {
  const lost = [
    configuration.energy === undefined ? '' : 'energies',
    configuration.virial === undefined ? '' : 'virials',
  ].filter((name) => name !== '');
  if (lost.length > 0)
    options.onNote?.(`A LAMMPS dump has no place for ${lost.join(' and ')}; they were left out.`);
  if (rotated)
    options.onNote?.(
      'The cell, the atoms and the forces were turned so that a lies along x and b in the xy plane, as LAMMPS has them.',
    );
  for (const column of configuration.atomColumns ?? []) {
    if (!isWritable(column))
      options.onNote?.(`The per-atom column "${column.name}" was left out of the dump.`);
  }
}
