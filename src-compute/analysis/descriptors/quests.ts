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
 * at r ≥ r_c give: an isolated atom is the zero vector. The descriptor does not look at the elements. It is continuous
 * in the positions as long as k is at least the number of neighbours within r_c; its derivative has a kink where a
 * neighbour crosses r_c (√w is linear there) and where two entries change places.
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
}

/** The published settings. */
export const QUESTS_DEFAULTS: QuestsSettings = { neighbours: 32, cutoff: 5 };

/**
 * The QUESTS descriptor with these settings.
 * @throws StructureError for settings out of range
 */
export function questsDescriptor(settings: QuestsSettings = QUESTS_DEFAULTS): Descriptor {
  const { neighbours, cutoff } = settings;
  if (!Number.isInteger(neighbours) || neighbours < 1 || neighbours > 255) {
    throw new StructureError('The number of neighbours must be a whole number between 1 and 255.');
  }
  if (!(cutoff > 0) || !Number.isFinite(cutoff)) {
    throw new StructureError('The cutoff of the descriptor must be a positive length in Å.');
  }
  return {
    name: 'quests',
    dimension: 2 * neighbours - 1,
    cutoff,
    needsStandardisation: false,
    key: `quests/1 neighbours=${neighbours} cutoff=${cutoff}`,
    compute: (configuration) => questsMatrix(configuration, settings),
    pullback: (configuration, weights) => questsPullback(configuration, settings, weights),
  };
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
  const dimension = 2 * settings.neighbours - 1;
  const values = new Float64Array(n * dimension);
  const shell = new Shell(settings);
  for (let i = 0; i < n; i++) {
    shell.gather(pairs, i);
    shell.describe(values.subarray(i * dimension, (i + 1) * dimension));
  }
  return { values, rows: n, dimension };
}

/** Gradient of Σ weights · X by positions and strain; weights are N × (2k − 1). */
export function questsPullback(
  configuration: Configuration,
  settings: QuestsSettings,
  weights: Float64Array,
  pairs: PairList = environmentPairs(configuration, settings.cutoff),
): DescriptorPullback {
  const n = atomCount(configuration);
  const dimension = 2 * settings.neighbours - 1;
  const gradient = new Float64Array(3 * n);
  const strainGradient = new Float64Array(9);
  const shell = new Shell(settings);
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
  /** Number of neighbours found, at most k. */
  count = 0;
  readonly atoms: Int32Array;
  readonly vectors: Float64Array;
  /** ∂L/∂r_ij after `differentiate`. */
  readonly gradients: Float64Array;
  private readonly distances: Float64Array;
  /** √w = 1 − (r/r_c)². */
  private readonly roots: Float64Array;
  private readonly row: Float64Array;
  private readonly order: Int32Array;
  private readonly k: number;
  private readonly cutoff: number;

  constructor(settings: QuestsSettings) {
    this.k = settings.neighbours;
    this.cutoff = settings.cutoff;
    this.atoms = new Int32Array(this.k);
    this.vectors = new Float64Array(3 * this.k);
    this.gradients = new Float64Array(3 * this.k);
    this.distances = new Float64Array(this.k);
    this.roots = new Float64Array(this.k);
    this.row = new Float64Array(this.k);
    this.order = new Int32Array(this.k);
  }

  /** Finds the nearest k neighbours within the cutoff by insertion. */
  gather(pairs: PairList, atom: number): void {
    const { k, cutoff, distances, atoms, vectors } = this;
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
    for (let a = 0; a < this.count; a++) this.roots[a] = 1 - (distances[a] / cutoff) ** 2;
  }

  /** Writes X⁽¹⁾ and X⁽²⁾ into `out`, which is zero before. */
  describe(out: Float64Array): void {
    const { k, count, roots, distances, row } = this;
    // w/r falls with r, so that the nearest come first without sorting
    for (let a = 0; a < count; a++) out[a] = roots[a] ** 2 / distances[a];
    for (let a = 0; a < count; a++) {
      let size = 0;
      for (let b = 0; b < count; b++) {
        if (b !== a) size = insertDescending(row, size, (roots[a] * roots[b]) / this.between(a, b));
      }
      for (let p = 0; p < size; p++) out[k + p] += row[p] / k;
    }
  }

  /** ∂(Σ weights · X)/∂r_ij for every neighbour of the shell, into `gradients`. */
  differentiate(weights: Float64Array): void {
    const { k, count, roots, distances, row, order, gradients, vectors } = this;
    gradients.fill(0, 0, 3 * count);
    const inverseSquare = 1 / this.cutoff ** 2;
    for (let a = 0; a < count; a++) {
      const [r, s] = [distances[a], roots[a]];
      // d(s²/r)/dr with ds/dr = −2r/r_c², over r to turn it into a factor of the vector
      const slope = (weights[a] * (-4 * s * inverseSquare - (s * s) / (r * r))) / r;
      for (let axis = 0; axis < 3; axis++) gradients[3 * a + axis] += slope * vectors[3 * a + axis];
    }
    for (let a = 0; a < count; a++) {
      let size = 0;
      for (let b = 0; b < count; b++) {
        if (b !== a) {
          size = insertDescendingWithIndex(row, order, size, (roots[a] * roots[b]) / this.between(a, b), b);
        }
      }
      for (let p = 0; p < size; p++) {
        const b = order[p];
        const weight = weights[k + p] / k;
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

  private between(a: number, b: number): number {
    const { vectors } = this;
    const x = vectors[3 * a] - vectors[3 * b];
    const y = vectors[3 * a + 1] - vectors[3 * b + 1];
    const z = vectors[3 * a + 2] - vectors[3 * b + 2];
    return Math.sqrt(x * x + y * y + z * z);
  }
}

/** Keeps `row` sorted from large to small; gives the new size. */
function insertDescending(row: Float64Array, size: number, value: number): number {
  let place = size;
  while (place > 0 && row[place - 1] < value) {
    row[place] = row[place - 1];
    place--;
  }
  row[place] = value;
  return size + 1;
}

function insertDescendingWithIndex(
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
