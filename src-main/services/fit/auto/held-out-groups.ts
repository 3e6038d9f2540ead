/**
 * Data of a search: a part of the training data that is quick to go through, structures that are alike on one side.
 *
 * Alike are identical structures wherever they stand, and neighbours in the order of the data that are frames of one
 * run: the same atoms in the same order, cell vectors that differ by at most 2 % of their length, and atoms that moved by
 * less than 0.6 Å (root mean square, the shift of all left out). What a model has seen a few femtoseconds away is no test.
 * A structure with a twin in an earlier run stays with that twin. A run longer than a sixteenth of the data is cut into such pieces, so that data of a single run can be dealt at all.
 */
import { SeededRandom } from '../../../../src-compute/fitting/random.ts';
import { TRAINING_GROUPS } from '../../../../src-compute/fitting/fit-settings.ts';
import { inverse, volume } from '../../../../src-compute/structure/cell.ts';
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

/** How far neighbouring frames of a run are apart: share of a cell vector, and Å. */
const [CELL_SHARE, MOVED] = [0.02, 0.6];
/** Pieces that a run which is all of the data is cut into. */
const PIECES = 16;

/** Whether the second of two configurations is the next frame of a run. */
export function isNextFrame(a: Configuration, b: Configuration): boolean {
  const n = a.kinds.length;
  if (b.kinds.length !== n || n === 0 || !a.periodic.every((p, axis) => p === b.periodic[axis])) return false;
  for (let i = 0; i < n; i++) if (a.symbols[a.kinds[i]] !== b.symbols[b.kinds[i]]) return false;
  for (let row = 0; row < 3; row++) {
    const vector = (cell: ArrayLike<number>) => [cell[3 * row], cell[3 * row + 1], cell[3 * row + 2]];
    const [u, v] = [vector(a.cell), vector(b.cell)];
    if (!a.periodic[row]) continue;
    if (Math.hypot(u[0] - v[0], u[1] - v[1], u[2] - v[2]) > CELL_SHARE * Math.hypot(...u)) return false;
  }
  return moved(a, b) < MOVED;
}

/** Root mean square displacement in the cell's own frame, the nearest images taken, without the shift of all atoms, Å. */
function moved(a: Configuration, b: Configuration): number {
  const n = a.kinds.length;
  const closed = a.periodic.every(Boolean);
  const [toA, toB] = [closed ? inverse(a.cell) : undefined, closed ? inverse(b.cell) : undefined];
  const steps = new Float64Array(3 * n);
  for (let i = 0; i < n; i++) {
    const [p, q] = [a.positions.subarray(3 * i, 3 * i + 3), b.positions.subarray(3 * i, 3 * i + 3)];
    for (let axis = 0; axis < 3; axis++) {
      if (!toA || !toB) {
        steps[3 * i + axis] = q[axis] - p[axis];
        continue;
      }
      let fraction = 0;
      for (let k = 0; k < 3; k++) fraction += q[k] * toB[3 * k + axis] - p[k] * toA[3 * k + axis];
      fraction -= Math.round(fraction);
      for (let k = 0; k < 3; k++) steps[3 * i + k] += fraction * a.cell[3 * axis + k];
    }
  }
  let square = 0;
  for (let axis = 0; axis < 3; axis++) {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < n; i++) {
      sum += steps[3 * i + axis];
      squares += steps[3 * i + axis] ** 2;
    }
    square += squares / n - (sum / n) ** 2;
  }
  return Math.sqrt(Math.max(0, square));
}

/** Runs of frames as ranges of the order of the data. */
function runsOf(set: ConfigurationSet): { from: number; to: number }[] {
  const longest = Math.max(2, Math.floor(set.count / PIECES));
  const runs: { from: number; to: number }[] = [];
  let before: Configuration | undefined;
  for (let k = 0; k < set.count; k++) {
    const [configuration] = set.range(k, k + 1);
    const run = runs.at(-1);
    if (run && before && run.to - run.from < longest && isNextFrame(before, configuration)) run.to = k + 1;
    else runs.push({ from: k, to: k + 1 });
    before = configuration;
  }
  return runs;
}

/** Group 0 … 7 of every configuration: a shuffled deal of sets of like structures, evenly filled. */
export function dealAlike(set: ConfigurationSet, seed: number): Int32Array {
  // a structure that was there before stays with its twin, not with its run: runs that share one are not joined
  const members: number[][] = [];
  const twins = new Map<string, number[]>();
  for (const { from, to } of runsOf(set)) {
    const run: number[] = [];
    for (let k = from; k < to; k++) {
      const key = likeness(set.range(k, k + 1)[0]);
      const list = twins.get(key) ?? run;
      twins.set(key, list);
      list.push(k);
    }
    if (run.length > 0) members.push(run);
  }
  const random = new SeededRandom(seed ^ 0xa070);
  const order = members.map((list) => ({ list, key: random.uniform() })).sort((a, b) => a.key - b.key);
  const groups = new Int32Array(set.count);
  const filled = new Array<number>(TRAINING_GROUPS).fill(0);
  for (const { list } of order) {
    const group = filled.indexOf(Math.min(...filled));
    filled[group] += list.length;
    for (const k of list) groups[k] = group;
  }
  return groups;
}
