/**
 * Data of a search: a part of the training data that is quick to go through, structures that are alike (alike.ts) on one
 * side.
 */
import { SeededRandom } from '../../../../src-compute/fitting/random.ts';
import { TRAINING_GROUPS } from '../../../../src-compute/fitting/fit-settings.ts';
import type { ConfigurationSet } from '../../../../src-compute/fitting/data/configuration-set.ts';
import { alikeSets, dealSets, shuffled } from '../alike.ts';

/** Atoms that a search looks at, at most. */
const MOST_ATOMS = 24_000;

/** Every n-th configuration, so that about 24 000 atoms are left. */
export function searchSet(set: ConfigurationSet): ConfigurationSet {
  const atoms = set.atoms.reduce((sum, n) => sum + n, 0);
  const step = Math.ceil(atoms / MOST_ATOMS);
  if (step <= 1) return set;
  const chosen = Array.from({ length: Math.ceil(set.count / step) }, (_, k) => k * step);
  return {
    count: chosen.length,
    atoms: Int32Array.from(chosen, (k) => set.atoms[k]),
    importance: Float64Array.from(chosen, (k) => set.importance[k]),
    range: (from, to) => chosen.slice(from, to).flatMap((k) => set.range(k, k + 1)),
  };
}

/** Group 0 … 7 of every configuration: a shuffled deal of sets of like structures, evenly filled. */
export function dealAlike(set: ConfigurationSet, seed: number): Int32Array {
  const groups = new Int32Array(set.count);
  dealSets(shuffled(alikeSets(set), new SeededRandom(seed ^ 0xa070)), TRAINING_GROUPS, groups);
  return groups;
}
