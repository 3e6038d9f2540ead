/**
 * train.xyz of GPUMD's nep: extended XYZ with `force` columns and the virial of the structure in eV. Every structure
 * needs a Lattice, an energy and forces. Keys: GPUMD manual, "train.xyz/test.xyz". It is read as extended XYZ.
 */
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { ExtendedXyzParser } from './extended-xyz/reader.ts';
import { FormatError, type StructureFormat, type WriteOptions } from './format.ts';
import { formatReal } from './numbers.ts';

/** Vacuum on each side of a cluster, Å. */
const VACUUM = 10;

async function* writeGpumdXyz(
  configurations: AsyncIterable<Configuration>,
  options: WriteOptions,
  file: string,
): AsyncGenerator<string> {
  const real = (value: number) => formatReal(value, options.significantDigits);
  let frame = 0;
  for await (const configuration of configurations) {
    yield frameText(configuration, real, options, file, frame++);
  }
}

function frameText(
  configuration: Configuration,
  real: (value: number) => string,
  options: WriteOptions,
  file: string,
  frame: number,
): string {
  const { kinds, symbols, positions, energy, forces, virial, periodic } = configuration;
  if (energy === undefined || forces === undefined) {
    throw new FormatError(
      `Expected an energy and forces with every structure of a train.xyz; the structure ${frame} has no ${energy === undefined ? 'energy' : 'forces'}.`,
      { file, frame, remedy: 'Label the structures first, or leave these out.' },
    );
  }
  const joined = (values: Float64Array) => Array.from(values, real).join(' ');
  const cell = configuration.cell.some((x) => x !== 0) ? configuration.cell : boxAround(positions);
  if (cell !== configuration.cell)
    options.onNote?.(
      `train.xyz needs a Lattice: clusters got a box with ${VACUUM} Å of vacuum on each side.`,
    );
  const flags = periodic.map((flag) => (flag ? 'T' : 'F')).join(' ');
  const w = virial === undefined ? '' : ` virial="${joined(virial)}"`;
  const lines = [
    String(kinds.length),
    `Lattice="${joined(cell)}" Properties=species:S:1:pos:R:3:force:R:3 pbc="${flags}" energy=${real(energy)}${w}`,
  ];
  for (let atom = 0; atom < kinds.length; atom++) {
    const row = (values: Float64Array) => joined(values.subarray(3 * atom, 3 * atom + 3));
    lines.push(`${symbols[kinds[atom]]} ${row(positions)} ${row(forces)}`);
  }
  return `${lines.join('\n')}\n`;
}

function boxAround(positions: Float64Array): Float64Array {
  const cell = new Float64Array(9);
  for (let axis = 0; axis < 3; axis++) {
    let [low, high] = [Infinity, -Infinity];
    for (let k = axis; k < positions.length; k += 3) {
      low = Math.min(low, positions[k]);
      high = Math.max(high, positions[k]);
    }
    cell[4 * axis] = high - low + 2 * VACUUM;
  }
  return cell;
}

export const gpumdXyz: StructureFormat = {
  name: 'gpumd',
  title: 'GPUMD train.xyz',
  extensions: ['.train.xyz'],
  namedLabels: true,
  // as a file to read it is extended XYZ, which is asked first
  recognise: () => false,
  conventions: [
    'GPUMD train.xyz: positions and Lattice in Å, energy in eV, force in eV/Å, virial W = −∂E/∂ε of the structure in eV.',
  ],
  open: (input, context) => new ExtendedXyzParser(input, context),
  write: writeGpumdXyz,
};
