/**
 * Where the structure of a simulation comes from: a lattice built to order, a dataset's configuration, a frame of a run,
 * or the atoms of a file.
 */
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { SeededRandom } from '../../../src-compute/fitting/random.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  lattice,
  LATTICE_NAMES,
  randomAlloy,
  supercell,
  withSurface,
  withVacancies,
  type LatticeName,
} from '../../../src-compute/structure/lattices.ts';
import { DatasetRepository } from '../../store/datasets.ts';
import type { Project } from '../../store/project.ts';
import { TrajectoryReader } from '../../store/trajectories.ts';
import { frameConfiguration } from './trajectory-frames.ts';

/** Most atoms of a structure that is read from a file: it is kept in the settings of the run. */
export const MOST_READ_ATOMS = 20_000;

const count = z.int().min(1).max(200);

export const structureSourceSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('lattice'),
    lattice: z.enum(LATTICE_NAMES as [LatticeName, ...LatticeName[]]),
    symbols: z.array(z.string().trim().min(1).max(20)).min(1).max(4),
    /** Å */
    a: z.number().min(0.5).max(50),
    /** c/a of hcp */
    covera: z.number().min(0.5).max(5).optional(),
    repeat: z.tuple([count, count, count]),
    /** Atoms taken out at random places. */
    vacancies: z.int().min(0).max(1000).default(0),
    /** Vacuum across one axis, Å. */
    surface: z
      .object({
        axis: z.union([z.literal(0), z.literal(1), z.literal(2)]),
        vacuum: z.number().min(1).max(200),
      })
      .optional(),
    /** Species dealt at random over all sites, by share. */
    alloy: z.record(z.string(), z.number().nonnegative()).optional(),
    seed: z.int().min(0).default(1),
  }),
  z.object({
    kind: z.literal('dataset'),
    datasetId: z.int(),
    position: z.int().nonnegative(),
    repeat: z.tuple([count, count, count]).default([1, 1, 1]),
  }),
  z
    .object({
      kind: z.literal('atoms'),
      /** Of the file they were read from. */
      name: z.string().max(400),
      symbols: z.array(z.string().trim().min(1).max(20)).min(1).max(120),
      kinds: z.array(z.int().min(0)).min(1).max(MOST_READ_ATOMS),
      /** Å; 3N */
      positions: z.array(z.number()).max(3 * MOST_READ_ATOMS),
      cell: z.array(z.number()).length(9),
      periodic: z.tuple([z.boolean(), z.boolean(), z.boolean()]),
      repeat: z.tuple([count, count, count]).default([1, 1, 1]),
    })
    .refine(({ kinds, positions }) => positions.length === 3 * kinds.length, 'three coordinates per atom')
    .refine(({ kinds, symbols }) => kinds.every((kind) => kind < symbols.length), 'a symbol per kind'),
  z.object({ kind: z.literal('trajectory'), trajectoryId: z.int(), frame: z.int().nonnegative() }),
]);
export type StructureSource = z.infer<typeof structureSourceSchema>;
export type StructureSourceInput = z.input<typeof structureSourceSchema>;

/** The atoms of a file as a source. @throws ForcewrightError when there are too many */
export function atomsSource(
  name: string,
  read: Configuration,
): Extract<StructureSourceInput, { kind: 'atoms' }> {
  const { symbols, kinds, positions, cell, periodic } = read;
  if (kinds.length > MOST_READ_ATOMS) {
    throw new ForcewrightError(
      `${name} holds ${kinds.length} atoms; at most ${MOST_READ_ATOMS} are taken from a file.`,
      { remedy: 'Import it into the data of the project, and take it from there.' },
    );
  }
  return {
    kind: 'atoms',
    name,
    symbols: [...symbols],
    kinds: [...kinds],
    positions: [...positions],
    cell: [...cell],
    periodic: [periodic[0], periodic[1], periodic[2]],
  };
}

/** More atoms than this do not fit into the memory of one run. */
const MOST_ATOMS = 2_000_000;

/**
 * Builds or reads the structure.
 * @throws StructureError, StoreError, ForcewrightError with a sentence for the user
 */
export function buildStructure(project: Project, source: StructureSource): Configuration {
  if (source.kind === 'dataset') {
    return repeated(
      new DatasetRepository(project).configuration(source.datasetId, source.position),
      source.repeat,
    );
  }
  if (source.kind === 'trajectory') {
    return frameConfiguration(new TrajectoryReader(project, source.trajectoryId), source.frame);
  }
  if (source.kind === 'atoms') {
    const { symbols, kinds, positions, cell, periodic } = source;
    return repeated(
      {
        symbols,
        kinds: Uint16Array.from(kinds),
        positions: Float64Array.from(positions),
        cell: Float64Array.from(cell),
        periodic,
      },
      source.repeat,
    );
  }
  const random = new SeededRandom(source.seed);
  let built = repeated(lattice(source.lattice, source.symbols, source.a, source.covera), source.repeat);
  if (source.alloy) built = randomAlloy(built, source.alloy, () => random.uniform());
  if (source.vacancies > 0)
    built = withVacancies(built, chosen(built.kinds.length, source.vacancies, random));
  if (source.surface) built = withSurface(built, source.surface.axis, source.surface.vacuum);
  return built;
}

function repeated(configuration: Configuration, repeat: readonly [number, number, number]): Configuration {
  const atoms = configuration.kinds.length * repeat[0] * repeat[1] * repeat[2];
  if (atoms > MOST_ATOMS) {
    throw new ForcewrightError(`This would be ${atoms} atoms; at most ${MOST_ATOMS} are taken.`, {
      remedy: 'Repeat the cell less often.',
    });
  }
  return repeat.every((n) => n === 1) ? configuration : supercell(configuration, repeat);
}

/** Different atoms at random. */
function chosen(atoms: number, wanted: number, random: SeededRandom): number[] {
  if (wanted >= atoms) {
    throw new ForcewrightError(`${wanted} vacancies were asked for, and the structure has ${atoms} atoms.`, {
      remedy: 'Ask for fewer, or build a larger supercell.',
    });
  }
  const list = new Set<number>();
  while (list.size < wanted) list.add(Math.floor(random.uniform() * atoms));
  return [...list];
}
