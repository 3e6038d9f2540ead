/**
 * Configurations as a fit sees them: typed arrays in chunks that travel to workers, labels as targets (what is left
 * after the baseline), weights made explicit. PHYSICS.md §1, "Fit".
 */
import { FitError } from '../errors.ts';
import { atomCount, type Configuration } from '../structure/configuration.ts';
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

export const DEFAULT_WEIGHTS: FitWeights = {
  energy: 1,
  force: 0.01,
  virial: 0.001,
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

/** What a baseline (fixed repulsion, for instance) contributes to a configuration. */
export interface BaselineLabels {
  readonly energy: number;
  readonly forces: Float64Array;
  readonly virial: Float64Array;
}

/** Where configurations come from: chunks that may be asked for again at every pass over the data. */
export interface TrainingSource {
  readonly chunkCount: number;
  /** Configurations in all chunks. */
  readonly configurationCount: number;
  readonly atomCount: number;
  chunk(index: number): TrainingChunk | Promise<TrainingChunk>;
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
  baseline?: (configuration: Configuration) => BaselineLabels,
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
  configurations.forEach((configuration, k) => packConfiguration(chunk, k, configuration, species, baseline));
  return chunk;
}

function packConfiguration(
  chunk: TrainingChunk,
  k: number,
  configuration: Configuration,
  species: readonly string[],
  baseline?: (configuration: Configuration) => BaselineLabels,
): void {
  const first = chunk.atomStart[k];
  const toSpecies = speciesOfKinds(species, configuration);
  configuration.kinds.forEach((kind, i) => (chunk.species[first + i] = toSpecies[kind]));
  chunk.positions.set(configuration.positions, 3 * first);
  chunk.cells.set(configuration.cell, 9 * k);
  configuration.periodic.forEach((periodic, axis) => (chunk.periodic[3 * k + axis] = periodic ? 1 : 0));
  const base = baseline?.(configuration);
  if (configuration.energy !== undefined) chunk.energies[k] = configuration.energy - (base?.energy ?? 0);
  configuration.forces?.forEach((f, j) => (chunk.forces[3 * first + j] = f - (base?.forces[j] ?? 0)));
  configuration.virial?.forEach((w, j) => (chunk.virials[9 * k + j] = w - (base?.virial[j] ?? 0)));
  const weight = configuration.info?.['fit_weight'];
  if (typeof weight === 'number') {
    if (!(weight >= 0) || !Number.isFinite(weight)) {
      throw new FitError(`fit_weight of a configuration should be a number ≥ 0, and is ${weight}.`);
    }
    chunk.importance[k] = weight;
  }
}

/** A training source over configurations in memory. */
export function memorySource(
  configurations: readonly Configuration[],
  species: readonly string[],
  group: (index: number) => number = () => 0,
  baseline?: (configuration: Configuration) => BaselineLabels,
): TrainingSource {
  const chunks: TrainingChunk[] = [];
  let from = 0;
  let atoms = 0;
  for (let k = 0; k <= configurations.length; k++) {
    if (
      k === configurations.length
        ? k > from
        : atoms > 0 && atoms + atomCount(configurations[k]) > ATOMS_PER_CHUNK
    ) {
      const start = from;
      chunks.push(
        packChunk(configurations.slice(from, k), species, (index) => group(start + index), baseline),
      );
      from = k;
      atoms = 0;
    }
    if (k < configurations.length) atoms += atomCount(configurations[k]);
  }
  return {
    chunkCount: chunks.length,
    configurationCount: configurations.length,
    atomCount: chunks.reduce((sum, chunk) => sum + chunk.atomStart[chunk.count], 0),
    chunk: (index) => chunks[index],
  };
}
