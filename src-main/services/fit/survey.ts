/** One look at the training data before a fit: species, distances, isolated atoms, labels. */
import { FitError } from '../../../src-compute/errors.ts';
import { minimumDistance } from '../../../src-compute/structure/minimum-distance.ts';
import { symbolOf, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { faceDistances } from '../../../src-compute/structure/cell.ts';
import { atomicNumber } from '../../../src-compute/structure/elements.ts';
import type { ConfigurationSet } from './configuration-set.ts';

export interface TrainingSurvey {
  /** Elements by atomic number, then other names in order of appearance. */
  readonly species: readonly string[];
  /** Shortest distance between two atoms, Å; undefined when there are no pairs. */
  readonly shortestDistance: number | undefined;
  /** Energies of isolated atoms by species, eV. */
  readonly isolatedAtoms: ReadonlyMap<string, number>;
  readonly withEnergy: number;
  readonly withForces: number;
  readonly withVirial: number;
}

const RANGE = 64;

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
  const isolatedAtoms = new Map<string, number>();
  let shortest = Infinity;
  let [withEnergy, withForces, withVirial] = [0, 0, 0];
  for (let from = 0; from < set.count; from += RANGE) {
    signal?.throwIfAborted();
    for (const configuration of set.range(from, Math.min(set.count, from + RANGE))) {
      for (const kind of new Set(configuration.kinds)) species.add(configuration.symbols[kind]);
      if (configuration.energy !== undefined) withEnergy++;
      if (configuration.forces) withForces++;
      if (configuration.virial) withVirial++;
      if (isIsolatedAtom(configuration, cutoff)) {
        if (configuration.energy !== undefined)
          isolatedAtoms.set(symbolOf(configuration, 0), configuration.energy);
      } else {
        shortest = Math.min(shortest, minimumDistance(configuration, cutoff) ?? Infinity);
      }
    }
  }
  if (withEnergy + withForces === 0) {
    throw new FitError('No training configuration has an energy or forces.', {
      remedy: 'Check which keys of the file hold them (import has --energy-key and --forces-key).',
    });
  }
  const order = (name: string) => atomicNumber(name) ?? 1000;
  return {
    species: [...species].sort((a, b) => order(a) - order(b)),
    shortestDistance: Number.isFinite(shortest) ? shortest : undefined,
    isolatedAtoms,
    withEnergy,
    withForces,
    withVirial,
  };
}

function isIsolatedAtom(configuration: Configuration, cutoff: number): boolean {
  if (configuration.kinds.length !== 1) return false;
  if (configuration.periodic.every((p) => !p)) return true;
  const faces = configuration.periodic.every(Boolean) ? faceDistances(configuration.cell) : [0, 0, 0];
  return configuration.periodic.every((p, axis) => !p || faces[axis] > cutoff);
}
