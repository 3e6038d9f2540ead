/** One look at the training data before a fit: species, distances, isolated atoms, labels. */
import { FitError } from '../../errors.ts';
import type { ShortestDistances } from '../repulsion/radii.ts';
import { neighbourPairs } from '../../structure/neighbour-list.ts';
import { minimumDistance } from '../../structure/minimum-distance.ts';
import { symbolOf, type Configuration } from '../../structure/configuration.ts';
import { faceDistances, volume } from '../../structure/cell.ts';
import { atomicNumber } from '../../structure/elements.ts';
import type { ConfigurationSet } from './configuration-set.ts';

export interface TrainingSurvey {
  /** Elements by atomic number, then other names in order of appearance. */
  readonly species: readonly string[];
  /** Shortest distance between two atoms, Å; undefined when there are no pairs. */
  readonly shortestDistance: number | undefined;
  /** Shortest distance of each pair of species, species × species, Å; Infinity where none comes within the cutoff. */
  readonly shortest: ShortestDistances;
  /** Energies of isolated atoms by species, eV; of several that disagree the lowest, as an atom's ground state is. */
  readonly isolatedAtoms: ReadonlyMap<string, number>;
  /** Lowest and highest energy of isolated atoms that disagree, by species, eV. */
  readonly contradictions: ReadonlyMap<string, readonly [number, number]>;
  /** Least and largest volume per atom of the crystals and liquids, Å³; undefined without any. */
  readonly volumes: readonly [number, number] | undefined;
  readonly withEnergy: number;
  readonly withForces: number;
  readonly withVirial: number;
}

/** What is to be warned of where no structure has forces. */
export function noForces({ withForces }: TrainingSurvey): string[] {
  return withForces === 0
    ? ['The training data have no forces: forces of this potential are not to be trusted.']
    : [];
}

const RANGE = 64;
/** Energies of an isolated atom that differ by more than this contradict each other, eV. */
const SAME_ENERGY = 1e-3;

/**
 * Looks at every configuration once.
 * @param cutoff an atom further than this from everything is isolated, Å
 * @throws FitError when there is nothing to fit
 */
export function surveyTraining(set: ConfigurationSet, cutoff: number, signal?: AbortSignal): TrainingSurvey {
  if (set.count === 0) {
    throw new FitError('There are no training configurations.', {
      remedy: 'Check the file, the split and what was excluded.',
    });
  }
  const species = new Set<string>();
  const isolated = new Map<string, [number, number]>();
  const pairs = new PairDistances(cutoff);
  let [withEnergy, withForces, withVirial] = [0, 0, 0];
  let [least, largest] = [Infinity, 0];
  for (let from = 0; from < set.count; from += RANGE) {
    signal?.throwIfAborted();
    for (const configuration of set.range(from, Math.min(set.count, from + RANGE))) {
      for (const kind of new Set(configuration.kinds)) species.add(configuration.symbols[kind]);
      if (configuration.energy !== undefined) withEnergy++;
      if (configuration.forces) withForces++;
      if (configuration.virial) withVirial++;
      if (isIsolatedAtom(configuration, cutoff)) {
        const { energy } = configuration;
        if (energy === undefined || Number.isNaN(energy)) continue;
        const name = symbolOf(configuration, 0);
        const [low, high] = isolated.get(name) ?? [energy, energy];
        isolated.set(name, [Math.min(low, energy), Math.max(high, energy)]);
      } else {
        pairs.add(configuration);
        if (!configuration.periodic.every(Boolean)) continue;
        const perAtom = volume(configuration.cell) / configuration.kinds.length;
        [least, largest] = [Math.min(least, perAtom), Math.max(largest, perAtom)];
      }
    }
  }
  if (withEnergy + withForces === 0) {
    throw new FitError('No training configuration has an energy or forces.', {
      remedy: 'Check which keys of the file hold them (import has --energy-key and --forces-key).',
    });
  }
  const order = (name: string) => atomicNumber(name) ?? 1000;
  const names = [...species].sort((a, b) => order(a) - order(b));
  const shortest = pairs.matrix(names);
  const closest = Math.min(...shortest);
  return {
    species: names,
    shortestDistance: Number.isFinite(closest) ? closest : undefined,
    shortest,
    isolatedAtoms: new Map([...isolated].map(([name, [low]]) => [name, low])),
    contradictions: new Map([...isolated].filter(([, [low, high]]) => high - low > SAME_ENERGY)),
    volumes: least < Infinity ? [least, largest] : undefined,
    withEnergy,
    withForces,
    withVirial,
  };
}

/** Shortest distances by the names of two species. */
class PairDistances {
  private readonly cutoff: number;
  private readonly found = new Map<string, number>();

  constructor(cutoff: number) {
    this.cutoff = cutoff;
  }

  add(configuration: Configuration): void {
    const kinds = new Set(configuration.kinds);
    if (kinds.size === 1) {
      const name = symbolOf(configuration, 0);
      this.keep(name, name, minimumDistance(configuration, this.cutoff) ?? Infinity);
      return;
    }
    const { start, neighbours, vectors } = neighbourPairs(configuration, this.cutoff);
    const count = configuration.symbols.length;
    const squares = new Float64Array(count * count).fill(Infinity);
    configuration.kinds.forEach((kind, i) => {
      for (let p = start[i]; p < start[i + 1]; p++) {
        const pair = kind * count + configuration.kinds[neighbours[p]];
        const square = vectors[3 * p] ** 2 + vectors[3 * p + 1] ** 2 + vectors[3 * p + 2] ** 2;
        if (square < squares[pair]) squares[pair] = square;
      }
    });
    squares.forEach((square, pair) => {
      const [a, b] = [Math.floor(pair / count), pair % count];
      this.keep(configuration.symbols[a], configuration.symbols[b], Math.sqrt(square));
    });
  }

  private keep(a: string, b: string, distance: number): void {
    for (const key of [`${a} ${b}`, `${b} ${a}`]) {
      this.found.set(key, Math.min(distance, this.found.get(key) ?? Infinity));
    }
  }

  matrix(names: readonly string[]): Float64Array {
    return Float64Array.from(names.flatMap((a) => names.map((b) => this.found.get(`${a} ${b}`) ?? Infinity)));
  }
}

function isIsolatedAtom(configuration: Configuration, cutoff: number): boolean {
  if (configuration.kinds.length !== 1) return false;
  if (configuration.periodic.every((p) => !p)) return true;
  const faces = configuration.periodic.every(Boolean) ? faceDistances(configuration.cell) : [0, 0, 0];
  return configuration.periodic.every((p, axis) => !p || faces[axis] > cutoff);
}
