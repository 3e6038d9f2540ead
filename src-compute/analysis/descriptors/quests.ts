/**
 * QUESTS environment descriptor: Schwalbe-Koda, Hamel, Sadigh, Zhou & Lordi, Nat. Commun. 16 (2025) 4014, eqs. 3–6.
 *
 *   w(r)    = (1 − (r/r_c)²)² for r < r_c, else 0
 *   X⁽¹⁾_i  = sort↓ { w(r_ij)/r_ij },                      j = 1 … k nearest neighbours
 *   X⁽²⁾_i  = mean over j of sort↓_l { √(w_ij w_il)/r_jl },  l ≠ j, k − 1 numbers
 *
 * | symbol | here | unit |
 * |---|---|---|
 * | k | neighbours | – |
 * | r_c | cutoff | Å |
 * | X = (X⁽¹⁾, X⁽²⁾) | row of 2k − 1 | 1/Å |
 *
 * An atom with fewer than k neighbours within r_c has zeros in the places of the missing ones, which is what neighbours
 * at r ≥ r_c give: an isolated atom is the zero vector. It is continuous in the positions as long as k is at least the
 * number of neighbours within r_c; its derivative has a kink where a neighbour crosses r_c (√w is linear there) and where
 * two entries change places.
 *
 * Two things are ours. **Ties**: where the k-th neighbour is one of M equally far ones of which only m fit, the published
 * descriptor depends on which of them are taken, that is, on the order of the atoms (k = 32 cuts the fourth shell of
 * diamond). Here all M share the m places: each counts m/M, and beside another of them (m − 1)/(M − 1); an entry that
 * counts f fills the fraction f of a place in the sorted rows. Without ties nothing changes.
 * **Elements**: the published descriptor does not look at them. With a list of elements X⁽¹⁾ is sorted for each element of
 * the neighbour apart, X⁽²⁾ for pairs j, l of like and of unlike atoms apart, and one number per element says what the
 * centre is (1 Å⁻¹ or 0, many kernel widths): (k + 1)·elements + 2(k − 1) numbers. The lengths and their noise are those
 * of the published rows, so that its bandwidth holds. Atoms of other elements are seen by their pairs only.
 */
import { StructureError } from '../../errors.ts';
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import type { PairList } from '../../structure/reference-pairs.ts';
import type { Descriptor, DescriptorMatrix, DescriptorPullback } from './descriptor.ts';
import { environmentPairs } from './environment-pairs.ts';

export interface QuestsSettings {
  /** k nearest neighbours; 1 … 255. */
  readonly neighbours: number;
  /** r_c, Å. */
  readonly cutoff: number;
  /** Elements that are kept apart; none are when absent, as published. */
  readonly elements?: readonly string[];
}

/** The published settings. */
export const QUESTS_DEFAULTS: QuestsSettings = { neighbours: 32, cutoff: 5 };

/** Neighbours nearer to the k-th than this are as far as it, Å. */
const TIE = 1e-6;
/** What the number of an atom's own element is, 1/Å. */
const CENTRE = 1;

/**
 * The QUESTS descriptor with these settings.
 * @throws StructureError for settings out of range
 */
export function questsDescriptor(settings: QuestsSettings = QUESTS_DEFAULTS): Descriptor {
  const { neighbours, cutoff, elements } = settings;
  if (!Number.isInteger(neighbours) || neighbours < 1 || neighbours > 255) {
    throw new StructureError('The number of neighbours must be a whole number between 1 and 255.');
  }
  if (!(cutoff > 0) || !Number.isFinite(cutoff)) {
    throw new StructureError('The cutoff of the descriptor must be a positive length in Å.');
  }
  if (elements && (elements.length === 0 || new Set(elements).size < elements.length)) {
    throw new StructureError('The elements of the descriptor should be a list of different ones.', {
      remedy: 'Write quests, or quests:Si,O with the elements to keep apart.',
    });
  }
  const list = elements ? `:${elements.join(',')}` : '';
  return {
    name: `quests${list}`,
    dimension: layoutOf(settings).dimension,
    cutoff,
    needsStandardisation: false,
    seesElements: elements !== undefined,
    key: `quests/2 neighbours=${neighbours} cutoff=${cutoff}${list}`,
    compute: (configuration) => questsMatrix(configuration, settings),
    pullback: (configuration, weights) => questsPullback(configuration, settings, weights),
  };
}

/** Where the parts of a row begin: radial parts by element, pair parts by class (like, unlike), the centre's numbers. */
function layoutOf({ neighbours: k, elements }: QuestsSettings) {
  const channels = elements?.length ?? 1;
  const classes = elements ? 2 : 1;
  const pairs = channels * k;
  const centre = pairs + classes * (k - 1);
  return { channels, classes, pairs, centre, dimension: centre + (elements?.length ?? 0) };
}

/** Number of every atom's element in the list; −1 for elements that are not in it, 0 for all where there is no list. */
function channelsOf({ symbols, kinds }: Configuration, elements: readonly string[] | undefined): Int32Array {
  const ofKind = symbols.map((symbol) => elements?.indexOf(symbol) ?? 0);
  return Int32Array.from(kinds, (kind) => ofKind[kind]);
}

/**
 * Descriptors of all atoms.
 * @param pairs pairs within at least the cutoff; found here when absent
 */
export function questsMatrix(
  configuration: Configuration,
  settings: QuestsSettings,
  pairs: PairList = environmentPairs(configuration, settings.cutoff),
): DescriptorMatrix {
  const n = atomCount(configuration);
  const { dimension, centre } = layoutOf(settings);
  const values = new Float64Array(n * dimension);
  const channels = channelsOf(configuration, settings.elements);
  const shell = new Shell(settings, configuration.kinds, channels);
  for (let i = 0; i < n; i++) {
    shell.gather(pairs, i);
    shell.describe(values.subarray(i * dimension, (i + 1) * dimension));
    if (settings.elements && channels[i] >= 0) values[i * dimension + centre + channels[i]] = CENTRE;
  }
  return { values, rows: n, dimension };
}

/** Gradient of Σ weights · X by positions and strain; weights are N × dimension. */
export function questsPullback(
  configuration: Configuration,
  settings: QuestsSettings,
  weights: Float64Array,
  pairs: PairList = environmentPairs(configuration, settings.cutoff),
): DescriptorPullback {
  const n = atomCount(configuration);
  const { dimension } = layoutOf(settings);
  const gradient = new Float64Array(3 * n);
  const strainGradient = new Float64Array(9);
  const shell = new Shell(settings, configuration.kinds, channelsOf(configuration, settings.elements));
  for (let i = 0; i < n; i++) {
    shell.gather(pairs, i);
    shell.differentiate(weights.subarray(i * dimension, (i + 1) * dimension));
    for (let a = 0; a < shell.count; a++) {
      const j = shell.atoms[a];
      for (let axis = 0; axis < 3; axis++) {
        const g = shell.gradients[3 * a + axis]; // ∂L/∂r_ij
        gradient[3 * j + axis] += g;
        gradient[3 * i + axis] -= g;
        for (let b = 0; b < 3; b++) strainGradient[3 * b + axis] += shell.vectors[3 * a + b] * g;
      }
    }
  }
  return { gradient, strainGradient };
}

/** The k nearest neighbours of one atom, nearest first, and the sums over them. Reused from atom to atom. */
class Shell {
  /** Number of neighbours found: at most k, and those that tie with the k-th. */
  count = 0;
  atoms: Int32Array;
  vectors: Float64Array;
  /** ∂L/∂r_ij after `differentiate`. */
  gradients: Float64Array;
  private distances: Float64Array;
  /** √w = 1 − (r/r_c)². */
  private roots: Float64Array;
  private row: Float64Array;
  private order: Int32Array;
  private capacity: number;
  /** First of the neighbours that share the last places; `count` where none do. */
  private tied = 0;
  /** What one of them counts, and what it counts beside another of them. */
  private share = 1;
  private shareBeside = 1;
  private readonly settings: QuestsSettings;
  private readonly kinds: ArrayLike<number>;
  private readonly channels: Int32Array;
  private readonly layout: ReturnType<typeof layoutOf>;
  /** Places taken in each radial part. */
  private readonly taken: Float64Array;

  constructor(settings: QuestsSettings, kinds: ArrayLike<number>, channels: Int32Array) {
    this.settings = settings;
    this.kinds = kinds;
    this.channels = channels;
    this.layout = layoutOf(settings);
    this.taken = new Float64Array(this.layout.channels);
    this.capacity = settings.neighbours;
    this.atoms = new Int32Array(this.capacity);
    this.vectors = new Float64Array(3 * this.capacity);
    this.distances = new Float64Array(this.capacity);
    this.gradients = new Float64Array(3 * this.capacity);
    this.roots = new Float64Array(this.capacity);
    this.row = new Float64Array(this.capacity);
    this.order = new Int32Array(this.capacity);
  }

  /** Finds the nearest k neighbours within the cutoff by insertion, and those that tie with the last. */
  gather(pairs: PairList, atom: number): void {
    const { neighbours: k, cutoff } = this.settings;
    const { distances, atoms, vectors } = this;
    this.count = 0;
    for (let p = pairs.start[atom]; p < pairs.start[atom + 1]; p++) {
      const [x, y, z] = [pairs.vectors[3 * p], pairs.vectors[3 * p + 1], pairs.vectors[3 * p + 2]];
      const r = Math.sqrt(x * x + y * y + z * z);
      if (r >= cutoff || (this.count === k && r >= distances[k - 1])) continue;
      let place = this.count < k ? this.count++ : k - 1;
      while (place > 0 && distances[place - 1] > r) {
        distances[place] = distances[place - 1];
        atoms[place] = atoms[place - 1];
        vectors.copyWithin(3 * place, 3 * place - 3, 3 * place);
        place--;
      }
      distances[place] = r;
      atoms[place] = pairs.neighbours[p];
      vectors[3 * place] = x;
      vectors[3 * place + 1] = y;
      vectors[3 * place + 2] = z;
    }
    this.gatherTies(pairs, atom);
    for (let a = 0; a < this.count; a++) this.roots[a] = 1 - (this.distances[a] / cutoff) ** 2;
  }

  /** Takes in all that are as far as the k-th neighbour, when they are more than the places left. */
  private gatherTies(pairs: PairList, atom: number): void {
    const { neighbours: k, cutoff } = this.settings;
    this.tied = this.count;
    if (this.count < k) return;
    const last = this.distances[k - 1];
    const limit = Math.min(cutoff, last + TIE);
    let within = 0;
    for (let p = pairs.start[atom]; p < pairs.start[atom + 1]; p++) {
      if (lengthOf(pairs.vectors, p) < limit) within++;
    }
    if (within <= k) return;
    let core = k;
    while (core > 0 && this.distances[core - 1] > last - TIE) core--;
    this.grow(within);
    this.count = this.tied = core;
    for (let p = pairs.start[atom]; p < pairs.start[atom + 1]; p++) {
      const r = lengthOf(pairs.vectors, p);
      if (r <= last - TIE || r >= limit) continue;
      const at = this.count++;
      this.distances[at] = r;
      this.atoms[at] = pairs.neighbours[p];
      for (let axis = 0; axis < 3; axis++) this.vectors[3 * at + axis] = pairs.vectors[3 * p + axis];
    }
    const [all, places] = [this.count - core, k - core];
    this.share = places / all;
    this.shareBeside = (places - 1) / (all - 1);
  }

  private grow(size: number): void {
    if (size <= this.capacity) return;
    this.capacity = 2 * size;
    const larger = (old: Float64Array, width: number) => {
      const array = new Float64Array(width * this.capacity);
      array.set(old);
      return array;
    };
    this.vectors = larger(this.vectors, 3);
    this.distances = larger(this.distances, 1);
    const atoms = new Int32Array(this.capacity);
    atoms.set(this.atoms);
    this.atoms = atoms;
    this.gradients = new Float64Array(3 * this.capacity);
    this.roots = new Float64Array(this.capacity);
    this.row = new Float64Array(this.capacity);
    this.order = new Int32Array(this.capacity);
  }

  /** How much neighbour a counts. */
  private counts(a: number): number {
    return a < this.tied ? 1 : this.share;
  }

  /** How much neighbour b counts beside neighbour a. */
  private countsBeside(a: number, b: number): number {
    return b < this.tied ? 1 : a < this.tied ? this.share : this.shareBeside;
  }

  /** Writes X⁽¹⁾ and X⁽²⁾ into `out`, which is zero before. */
  describe(out: Float64Array): void {
    const { neighbours: k } = this.settings;
    const { count, roots, distances, row, order, taken, layout } = this;
    taken.fill(0);
    // w/r falls with r, so that the nearest come first without sorting
    for (let a = 0; a < count; a++) {
      const channel = this.channels[this.atoms[a]];
      if (channel < 0) continue;
      const amount = this.counts(a);
      addStep(out, channel * k, taken[channel], amount, roots[a] ** 2 / distances[a]);
      taken[channel] += amount;
    }
    for (let a = 0; a < count; a++) {
      for (let q = 0; q < layout.classes; q++) {
        const size = this.sortedPairs(a, q);
        const begin = layout.pairs + q * (k - 1);
        let from = 0;
        for (let p = 0; p < size; p++) {
          const amount = this.countsBeside(a, order[p]);
          addStep(out, begin, from, amount, (this.counts(a) * row[p]) / k);
          from += amount;
        }
      }
    }
  }

  /** The pairs of neighbour a that belong to a class, sorted from large to small into `row` and `order`. */
  private sortedPairs(a: number, pairClass: number): number {
    const { count, roots, row, order, layout, kinds, atoms } = this;
    let size = 0;
    for (let b = 0; b < count; b++) {
      if (b === a) continue;
      if (layout.classes > 1 && (kinds[atoms[a]] === kinds[atoms[b]]) !== (pairClass === 0)) continue;
      size = insertDescending(row, order, size, (roots[a] * roots[b]) / this.between(a, b), b);
    }
    return size;
  }

  /** ∂(Σ weights · X)/∂r_ij for every neighbour of the shell, into `gradients`. */
  differentiate(weights: Float64Array): void {
    const { neighbours: k, cutoff } = this.settings;
    const { count, roots, distances, order, gradients, vectors, taken, layout } = this;
    gradients.fill(0, 0, 3 * count);
    taken.fill(0);
    const inverseSquare = 1 / cutoff ** 2;
    for (let a = 0; a < count; a++) {
      const channel = this.channels[this.atoms[a]];
      if (channel < 0) continue;
      const [r, s] = [distances[a], roots[a]];
      const amount = this.counts(a);
      const weight = weightOfStep(weights, channel * k, taken[channel], amount);
      taken[channel] += amount;
      // d(s²/r)/dr with ds/dr = −2r/r_c², over r to turn it into a factor of the vector
      const slope = (weight * (-4 * s * inverseSquare - (s * s) / (r * r))) / r;
      for (let axis = 0; axis < 3; axis++) gradients[3 * a + axis] += slope * vectors[3 * a + axis];
    }
    for (let a = 0; a < count; a++) {
      for (let q = 0; q < layout.classes; q++) {
        const size = this.sortedPairs(a, q);
        const begin = layout.pairs + q * (k - 1);
        let from = 0;
        for (let p = 0; p < size; p++) {
          const b = order[p];
          const amount = this.countsBeside(a, b);
          const weight = (this.counts(a) * weightOfStep(weights, begin, from, amount)) / k;
          from += amount;
          const d = this.between(a, b);
          const onA = (weight * -2 * inverseSquare * roots[b]) / d;
          const onB = (weight * -2 * inverseSquare * roots[a]) / d;
          const across = (-weight * roots[a] * roots[b]) / (d * d * d);
          for (let axis = 0; axis < 3; axis++) {
            const [u, v] = [vectors[3 * a + axis], vectors[3 * b + axis]];
            gradients[3 * a + axis] += onA * u + across * (u - v);
            gradients[3 * b + axis] += onB * v - across * (u - v);
          }
        }
      }
    }
  }

  private between(a: number, b: number): number {
    const { vectors } = this;
    const x = vectors[3 * a] - vectors[3 * b];
    const y = vectors[3 * a + 1] - vectors[3 * b + 1];
    const z = vectors[3 * a + 2] - vectors[3 * b + 2];
    return Math.sqrt(x * x + y * y + z * z);
  }
}

function lengthOf(vectors: ArrayLike<number>, p: number): number {
  return Math.sqrt(vectors[3 * p] ** 2 + vectors[3 * p + 1] ** 2 + vectors[3 * p + 2] ** 2);
}

/** Fractions of a place that are round-off. */
const NO_PLACE = 1e-9;

/** Adds a value that fills the places from `from` to `from + amount` of a row that begins at `begin`. */
function addStep(out: Float64Array, begin: number, from: number, amount: number, value: number): void {
  let place = Math.floor(from + NO_PLACE);
  for (let left = amount; left > NO_PLACE; place++) {
    const here = Math.min(left, place + 1 - Math.max(from, place));
    out[begin + place] += here * value;
    left -= here;
  }
}

/** Σ of weights over the places that a value fills: the derivative of Σ weights · row by the value. */
function weightOfStep(weights: Float64Array, begin: number, from: number, amount: number): number {
  let place = Math.floor(from + NO_PLACE);
  let sum = 0;
  for (let left = amount; left > NO_PLACE; place++) {
    const here = Math.min(left, place + 1 - Math.max(from, place));
    sum += here * weights[begin + place];
    left -= here;
  }
  return sum;
}

/** Keeps `row` sorted from large to small, and `order` with it; gives the new size. */
function insertDescending(
  row: Float64Array,
  order: Int32Array,
  size: number,
  value: number,
  index: number,
): number {
  let place = size;
  while (place > 0 && row[place - 1] < value) {
    row[place] = row[place - 1];
    order[place] = order[place - 1];
    place--;
  }
  row[place] = value;
  order[place] = index;
  return size + 1;
}
