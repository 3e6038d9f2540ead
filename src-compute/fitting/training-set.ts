/**
 * Configurations as a fit sees them: typed arrays in chunks that travel to workers, labels as targets (what is left
 * after the baseline), weights made explicit. docs/physics.md §1, "Fit".
 */
import { FitError } from '../errors.ts';
import { atomCount, type Configuration } from '../structure/configuration.ts';
import type { PairList } from '../structure/reference-pairs.ts';
import { speciesOfKinds } from '../potentials/moment-tensor/reference.ts';

/** Weights and scalings of the objective Σ [ w_e (ΔE)²/N^p + w_f Σ|ΔF|²/N^q + w_v |ΔW|²/N^p ]. */
export interface FitWeights {
  /** w_e, 1/eV². */
  readonly energy: number;
  /** w_f, Å²/eV². */
  readonly force: number;
  /** w_v, 1/eV². */
  readonly virial: number;
  /** p: with 1, every atom's energy counts the same however large its configuration is. */
  readonly energyScaling: number;
  /** q. */
  readonly forceScaling: number;
}

/**
 * Between the two natural choices: MLIP's numbers 1, 0.01, 0.001 with every configuration divided by N leave forces a
 * hundredth of the weight that their statistics deserve (1/σ² of residuals near 0.15 eV and 0.1 eV/Å), and full
 * statistical weight costs energies a third of their accuracy. Chosen on silicon and molybdenum together.
 */
export const DEFAULT_WEIGHTS: FitWeights = {
  energy: 1,
  force: 0.3,
  virial: 0.01,
  energyScaling: 1,
  forceScaling: 1,
};

/** A run of configurations as typed arrays; missing labels are NaN. */
export interface TrainingChunk {
  readonly count: number;
  /** First atom of each configuration; count + 1. */
  readonly atomStart: Int32Array;
  /** Species index per atom. */
  readonly species: Int32Array;
  /** 3 per atom, Å. */
  readonly positions: Float64Array;
  /** 9 per configuration, Å. */
  readonly cells: Float64Array;
  /** 3 per configuration, 0 or 1. */
  readonly periodic: Uint8Array;
  /** eV, less the baseline. */
  readonly energies: Float64Array;
  /** eV/Å, less the baseline; 3 per atom. */
  readonly forces: Float64Array;
  /** eV, less the baseline; 9 per configuration. */
  readonly virials: Float64Array;
  /** Factor on all weights of a configuration (curation); 1 by default. */
  readonly importance: Float64Array;
  /** Group of each configuration: its sums are kept apart (0 training, 1 validation, or a fold). */
  readonly group: Int32Array;
}

/** Where configurations come from: chunks that may be asked for again at every pass over the data. */
export interface TrainingSource {
  readonly chunkCount: number;
  /** Configurations in all chunks. */
  readonly configurationCount: number;
  readonly atomCount: number;
  chunk(index: number): TrainingChunk | Promise<TrainingChunk>;
}

export interface PackOptions {
  /** Per species, eV: taken off the energies (isolated atoms). */
  readonly referenceEnergies?: ArrayLike<number>;
  /** Factor on all weights of a configuration; 1 where absent. */
  readonly importance?: (index: number) => number;
}

/** Chunks hold about this many atoms: enough to keep a worker busy, few enough to balance them. */
const ATOMS_PER_CHUNK = 500;

/**
 * Packs configurations.
 * @param group of each configuration
 * @throws FitError when no configuration has a label, PotentialError for species that are not in the list
 */
export function packChunk(
  configurations: readonly Configuration[],
  species: readonly string[],
  group: (index: number) => number,
  options: PackOptions = {},
): TrainingChunk {
  const count = configurations.length;
  const atomStart = new Int32Array(count + 1);
  configurations.forEach((c, k) => (atomStart[k + 1] = atomStart[k] + atomCount(c)));
  const atoms = atomStart[count];
  const chunk: TrainingChunk = {
    count,
    atomStart,
    species: new Int32Array(atoms),
    positions: new Float64Array(3 * atoms),
    cells: new Float64Array(9 * count),
    periodic: new Uint8Array(3 * count),
    energies: new Float64Array(count).fill(NaN),
    forces: new Float64Array(3 * atoms).fill(NaN),
    virials: new Float64Array(9 * count).fill(NaN),
    importance: new Float64Array(count).fill(1),
    group: Int32Array.from({ length: count }, (_, k) => group(k)),
  };
  configurations.forEach((configuration, k) => packConfiguration(chunk, k, configuration, species, options));
  return chunk;
}

function packConfiguration(
  chunk: TrainingChunk,
  k: number,
  configuration: Configuration,
  species: readonly string[],
  options: PackOptions,
): void {
  const first = chunk.atomStart[k];
  const toSpecies = speciesOfKinds(species, configuration);
  let reference = 0;
  configuration.kinds.forEach((kind, i) => {
    chunk.species[first + i] = toSpecies[kind];
    reference += options.referenceEnergies?.[toSpecies[kind]] ?? 0;
  });
  chunk.positions.set(configuration.positions, 3 * first);
  chunk.cells.set(configuration.cell, 9 * k);
  configuration.periodic.forEach((periodic, axis) => (chunk.periodic[3 * k + axis] = periodic ? 1 : 0));
  if (configuration.energy !== undefined) chunk.energies[k] = configuration.energy - reference;
  if (configuration.forces) chunk.forces.set(configuration.forces, 3 * first);
  // a virial has a meaning for cells that are periodic along all axes
  if (configuration.virial && configuration.periodic.every(Boolean))
    chunk.virials.set(configuration.virial, 9 * k);
  const weight = options.importance?.(k) ?? 1;
  if (!(weight >= 0) || !Number.isFinite(weight)) {
    throw new FitError(`The weight of a configuration should be a number ≥ 0, and is ${weight}.`);
  }
  chunk.importance[k] = weight;
}

/**
 * Ranges of configurations that make good chunks.
 * @param atoms of each configuration
 * @returns first configuration of each chunk, and the end
 */
export function chunkBounds(atoms: ArrayLike<number>): number[] {
  const bounds = [0];
  let sum = 0;
  for (let k = 0; k < atoms.length; k++) {
    if (sum > 0 && sum + atoms[k] > ATOMS_PER_CHUNK) {
      bounds.push(k);
      sum = 0;
    }
    sum += atoms[k];
  }
  if (atoms.length > 0) bounds.push(atoms.length);
  return bounds;
}

/** Neighbours of the configurations of a chunk, kept between passes. */
export type PairStore = (PairList | undefined)[];

/** Predicted labels, laid out as in the chunk. */
export interface Predictions {
  readonly energies: Float64Array;
  readonly forces: Float64Array;
  readonly virials: Float64Array;
}

/** One configuration of a chunk, for the neighbour search: kinds do not matter there. */
export function configurationOf(chunk: TrainingChunk, k: number): Configuration {
  const [first, end] = [chunk.atomStart[k], chunk.atomStart[k + 1]];
  return {
    symbols: ['X'],
    kinds: new Uint16Array(end - first),
    positions: chunk.positions.subarray(3 * first, 3 * end),
    cell: chunk.cells.subarray(9 * k, 9 * k + 9),
    periodic: [chunk.periodic[3 * k] === 1, chunk.periodic[3 * k + 1] === 1, chunk.periodic[3 * k + 2] === 1],
  };
}
