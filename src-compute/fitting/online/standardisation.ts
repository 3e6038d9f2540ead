/**
 * Standardised descriptors v′ = (v − shift)·scale of the frames that a learner saw first, and how sums over monomials
 * of one standardisation become those of another, so that learners that started apart can be merged.
 */
import { denseCount, denseIndex } from '../../potentials/tensor-regression/heads.ts';

/** Smallest spread that counts, relative to the mean: a perfect crystal has none. */
const SMALLEST_SPREAD = 1e-3;

export interface Standardisation {
  /** species × m; entry 0 of each row is 0. */
  readonly shift: Float64Array;
  /** species × m; entry 0 of each row is 1. */
  readonly scale: Float64Array;
}

/** Mean and spread of descriptors by species. */
export class DescriptorStatistics {
  readonly #size: number;
  /** Per species: count, Σ v, Σ v². */
  readonly #sums: Float64Array;

  constructor(species: number, size: number) {
    this.#size = size;
    this.#sums = new Float64Array(species * (1 + 2 * size));
  }

  /** @param values v of one atom */
  add(species: number, values: Float64Array): void {
    const m = this.#size;
    const at = species * (1 + 2 * m);
    this.#sums[at]++;
    for (let d = 0; d < m; d++) {
      this.#sums[at + 1 + d] += values[d];
      this.#sums[at + 1 + m + d] += values[d] ** 2;
    }
  }

  /** Shift to zero mean, scale to unit spread; species without atoms keep 0 and 1. */
  standardisation(): Standardisation {
    const m = this.#size;
    const species = this.#sums.length / (1 + 2 * m);
    const shift = new Float64Array(species * m);
    const scale = new Float64Array(species * m).fill(1);
    for (let z = 0; z < species; z++) {
      const at = z * (1 + 2 * m);
      const count = this.#sums[at];
      if (count === 0) continue;
      for (let d = 1; d < m; d++) {
        const mean = this.#sums[at + 1 + d] / count;
        const spread = Math.sqrt(Math.max(this.#sums[at + 1 + m + d] / count - mean * mean, 0));
        shift[z * m + d] = mean;
        scale[z * m + d] = 1 / (Math.max(spread, SMALLEST_SPREAD * Math.abs(mean)) || 1);
      }
    }
    return { shift, scale };
  }
}

/** Sparse rows of M: entry k belongs to column `columns[k]`; row t has the entries `start[t]` … `start[t + 1] − 1`. */
export interface SparseRows {
  readonly start: Int32Array;
  readonly columns: Int32Array;
  readonly factors: Float64Array;
}

/**
 * M with φ_to = M φ_from for the monomials of degree `rank` of one species: every factor v′_to = α v′_from + β v′_0 is
 * multiplied out.
 */
export function changeOfStandardisation(
  rank: number,
  from: Standardisation,
  to: Standardisation,
  species: number,
  size: number,
): SparseRows {
  const at = species * size;
  const alpha = Float64Array.from({ length: size }, (_, d) => to.scale[at + d] / from.scale[at + d]);
  const beta = Float64Array.from(
    { length: size },
    (_, d) => (from.shift[at + d] - to.shift[at + d]) * to.scale[at + d],
  );
  const start = [0];
  const columns: number[] = [];
  const factors: number[] = [];
  const indices = new Array<number>(rank).fill(0);
  for (let t = 0; t < denseCount(size, rank); t++) {
    for (let subset = 0; subset < 2 ** rank; subset++) {
      let factor = 1;
      const kept = indices.map((d, k) => {
        const constant = (subset >> k) & 1;
        factor *= constant ? beta[d] : alpha[d];
        return constant ? 0 : d;
      });
      if (factor === 0) continue;
      columns.push(
        denseIndex(
          size,
          kept.sort((a, b) => a - b),
        ),
      );
      factors.push(factor);
    }
    start.push(columns.length);
    advance(indices, size);
  }
  return {
    start: Int32Array.from(start),
    columns: Int32Array.from(columns),
    factors: Float64Array.from(factors),
  };
}

/** Next non-decreasing index tuple in lexicographic order. */
function advance(indices: number[], size: number): void {
  let k = indices.length - 1;
  while (k > 0 && indices[k] === size - 1) k--;
  const next = indices[k] + 1;
  for (let l = k; l < indices.length; l++) indices[l] = next;
}

/**
 * M G Mᵀ for a block-diagonal M: the columns of block h take `blocks[h]`, columns behind the last block stay.
 * @param matrix n × n, row-major
 */
export function transformSums(matrix: Float64Array, n: number, blocks: readonly SparseRows[]): Float64Array {
  const half = transformRows(matrix, n, blocks);
  return transpose(transformRows(transpose(half, n), n, blocks), n);
}

function transformRows(matrix: Float64Array, n: number, blocks: readonly SparseRows[]): Float64Array {
  const result = matrix.slice();
  let first = 0;
  for (const { start, columns, factors } of blocks) {
    const count = start.length - 1;
    for (let t = 0; t < count; t++) {
      const row = result.subarray((first + t) * n, (first + t + 1) * n);
      row.fill(0);
      for (let k = start[t]; k < start[t + 1]; k++) {
        const source = (first + columns[k]) * n;
        for (let c = 0; c < n; c++) row[c] += factors[k] * matrix[source + c];
      }
    }
    first += count;
  }
  return result;
}

function transpose(matrix: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) result[j * n + i] = matrix[i * n + j];
  return result;
}
