/** Frames of a simulation as text, in any format that can be written frame after frame (extended XYZ, LAMMPS dump). */
import { SimulationError } from '../../../src-compute/errors.ts';
import type { Configuration, FrameValue } from '../../../src-compute/structure/configuration.ts';
import type { ParticleSystem } from '../../../src-compute/sampling/system.ts';
import { FORMATS, type StructureFormat } from '../../formats/index.ts';

/** What a frame holds besides positions. */
export const FRAME_COLUMNS = ['velocities', 'forces', 'energies'] as const;
export type FrameColumn = (typeof FRAME_COLUMNS)[number];

/** Columns in words, the same for the same ones. */
export function writtenColumns(columns: readonly FrameColumn[] = []): string {
  return columns.length === 0 ? 'nothing more' : [...new Set(columns)].sort().join(',');
}

/** Formats whose files are the texts of their frames, one after another. */
const STREAMED = ['extxyz', 'lammps-dump'];

/**
 * The format that a trajectory's name asks for.
 * @throws SimulationError for names of other formats
 */
export function trajectoryFormat(path: string): StructureFormat {
  const name = path.toLowerCase();
  const format = FORMATS.find(
    (candidate) =>
      candidate.write !== undefined &&
      STREAMED.includes(candidate.name) &&
      candidate.extensions.some((extension) => name.endsWith(extension)),
  );
  if (format) return format;
  throw new SimulationError(`The name ${path} does not tell a format that trajectories can be written in.`, {
    remedy: 'Use .xyz for extended XYZ or .dump for a LAMMPS dump.',
  });
}

/** A frame of the present state. Positions are not wrapped into the cell, so that displacements can be measured. */
export function frameOf(
  system: ParticleSystem,
  energy: number,
  forces: Float64Array,
  atomEnergies: Float64Array,
  columns: readonly FrameColumn[],
  info: Readonly<Record<string, FrameValue>>,
): Configuration {
  return {
    symbols: system.symbols,
    kinds: system.kinds,
    positions: system.positions,
    cell: system.cell,
    periodic: system.periodic,
    energy,
    ...(columns.includes('velocities') ? { velocities: system.velocities } : {}),
    ...(columns.includes('forces') ? { forces } : {}),
    ...(columns.includes('energies') ? { atomEnergies } : {}),
    info,
  };
}

/** Text of one frame, in pieces: of many atoms it is longer than a string can be. */
export async function frameText(
  format: StructureFormat,
  frame: Configuration,
  path: string,
): Promise<string[]> {
  if (!format.write) throw new SimulationError(`The format ${format.title} can be read but not written.`);
  const pieces: string[] = [];
  for await (const piece of format.write(once(frame), {}, path)) pieces.push(piece);
  return pieces;
}

async function* once(frame: Configuration): AsyncGenerator<Configuration> {
  yield await Promise.resolve(frame);
}
