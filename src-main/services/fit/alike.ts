/**
 * Which structures of a dataset are alike: those of one set are held out together where errors are judged by what a fit has
 * not seen (predicted errors, the search of settings).
 *
 * Alike are identical structures wherever they stand, and neighbours in the order of the data that are frames of one
 * run: the same atoms in the same order, cell vectors that differ by at most 2 % of their length, and atoms that moved by
 * less than 0.6 Å (root mean square, the shift of all left out). What a model has seen a few femtoseconds away is no test.
 * A structure with a twin in an earlier run stays with that twin. A run longer than a sixteenth of the data is cut into
 * such pieces, so that data of a single run can be dealt at all.
 */
import type { SeededRandom } from '../../../src-compute/fitting/random.ts';
import { inverse, volume } from '../../../src-compute/structure/cell.ts';
import { formula, type Configuration } from '../../../src-compute/structure/configuration.ts';
import type { ConfigurationSet } from '../../../src-compute/fitting/data/configuration-set.ts';

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

/** Configurations that are read at a time. */
const RANGE = 64;

/** Sets of configurations that are alike, by their places in the data; together they hold every configuration once. */
export function alikeSets(set: ConfigurationSet): number[][] {
  const longest = Math.max(2, Math.floor(set.count / PIECES));
  const sets: number[][] = [];
  // a structure that was there before stays with its twin, not with its run: runs that share one are not joined
  const twins = new Map<string, number[]>();
  let before: Configuration | undefined;
  let run: number[] = [];
  let length = 0;
  for (let from = 0; from < set.count; from += RANGE) {
    set.range(from, Math.min(set.count, from + RANGE)).forEach((configuration, offset) => {
      if (!before || length >= longest || !isNextFrame(before, configuration)) [run, length] = [[], 0];
      length++;
      before = configuration;
      const key = likeness(configuration);
      const list = twins.get(key) ?? run;
      twins.set(key, list);
      if (list.length === 0) sets.push(list);
      list.push(from + offset);
    });
  }
  return sets;
}

/**
 * Deals sets out in their order, each to the group that is least filled.
 * @param count groups
 * @param groups takes the group of every configuration
 */
export function dealSets(sets: readonly (readonly number[])[], count: number, groups: Int32Array): void {
  const filled = new Array<number>(count).fill(0);
  for (const list of sets) {
    const group = filled.indexOf(Math.min(...filled));
    filled[group] += list.length;
    for (const k of list) groups[k] = group;
  }
}

/** In random order. */
export function shuffled<T>(list: readonly T[], random: SeededRandom): T[] {
  return list
    .map((item) => ({ item, key: random.uniform() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
