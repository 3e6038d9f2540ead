/** Data of a search: a part of the training data that is quick to go through, structures that are alike on one side. */
import { SeededRandom } from '../../../../src-compute/fitting/random.ts';
import { TRAINING_GROUPS } from '../../../../src-compute/fitting/fit-settings.ts';
import { volume } from '../../../../src-compute/structure/cell.ts';
import { formula, type Configuration } from '../../../../src-compute/structure/configuration.ts';
import type { ConfigurationSet } from '../configuration-set.ts';

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

/**
 * What identical structures have in common, rounded: formula, volume, energy and size of the forces. The same
 * structure with its atoms in another order or a cell turned is the same here, too.
 */
export function likeness(configuration: Configuration): string {
  const n = configuration.kinds.length;
  const { energy, forces } = configuration;
  const size = forces?.reduce((sum, f) => sum + f * f, 0);
  return [
    formula(configuration)
      .split(/(?=[A-Z])/)
      .sort()
      .join(''),
    configuration.periodic.every(Boolean) ? (volume(configuration.cell) / n).toFixed(3) : '',
    energy === undefined ? '' : (energy / n).toFixed(5),
    size === undefined ? '' : Math.sqrt(size / n).toFixed(4),
  ].join(' ');
}

/** Group 0 … 7 of every configuration: a shuffled deal of sets of like structures, evenly filled. */
export function dealAlike(set: ConfigurationSet, seed: number): Int32Array {
  const members = new Map<string, number[]>();
  for (let k = 0; k < set.count; k++) {
    const [configuration] = set.range(k, k + 1);
    const key = likeness(configuration);
    const list = members.get(key);
    if (list) list.push(k);
    else members.set(key, [k]);
  }
  const random = new SeededRandom(seed ^ 0xa070);
  const order = [...members.values()]
    .map((list) => ({ list, key: random.uniform() }))
    .sort((a, b) => a.key - b.key);
  const groups = new Int32Array(set.count);
  const filled = new Array<number>(TRAINING_GROUPS).fill(0);
  for (const { list } of order) {
    const group = filled.indexOf(Math.min(...filled));
    filled[group] += list.length;
    for (const k of list) groups[k] = group;
  }
  return groups;
}
