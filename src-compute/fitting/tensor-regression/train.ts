/**
 * Tensor trains of all heads while they are fitted: gauge, growth and truncation of bonds. A train is in the gauge of
 * core k when the cores before it have orthonormal columns as (χ_left m) × χ_right matrices and those behind it
 * orthonormal rows as χ_left × (m χ_right) matrices; then ‖A‖ is the norm of core k, and a ridge on that core is a ridge
 * on the whole tensor. Oseledets, SIAM J. Sci. Comput. 33 (2011) 2295.
 */
import type { SeededRandom } from '../random.ts';
import { orthonormalise, product, singularValues, transposed } from './small-matrices.ts';

export class Train {
  readonly m: number;
  readonly heads: number;
  readonly rank: number;
  /** χ_0 … χ_n, the same for all heads. */
  readonly bonds: number[];
  /** cores[head][k], χ_left × m × χ_right. */
  readonly cores: Float64Array[][];
  /** E_0 of every head. */
  readonly constants: Float64Array;
  private readonly random: SeededRandom;

  constructor(
    m: number,
    bonds: readonly number[],
    cores: Float64Array[][],
    constants: Float64Array,
    random: SeededRandom,
  ) {
    this.m = m;
    this.heads = cores.length;
    this.rank = bonds.length - 1;
    this.bonds = [...bonds];
    this.cores = cores;
    this.constants = constants;
    this.random = random;
  }

  /** From the flat list of a model. */
  static fromFlat(
    m: number,
    heads: number,
    bonds: ArrayLike<number>,
    flat: ArrayLike<number>,
    constants: ArrayLike<number>,
    random: SeededRandom,
  ): Train {
    const list = Array.from(bonds);
    const numbers = Float64Array.from(flat);
    let at = 0;
    const cores = Array.from({ length: heads }, () =>
      list.slice(1).map((chi, k) => {
        const size = list[k] * m * chi;
        at += size;
        return numbers.slice(at - size, at);
      }),
    );
    return new Train(m, list, cores, Float64Array.from(constants), random);
  }

  /**
   * The best train of rank 2 with bond χ for symmetric matrices (one per head), with cores that pass the leading 1 on
   * behind it: the value does not depend on the rank.
   * @param coefficients of dense heads of rank 2, one after the other
   */
  static fromQuadratic(
    m: number,
    heads: number,
    coefficients: Float64Array,
    rank: number,
    chi: number,
    random: SeededRandom,
  ): Train {
    const bond = Math.min(chi, m);
    const size = (m * (m + 1)) / 2;
    const constants = Float64Array.from({ length: heads }, (_, h) => coefficients[h * size]);
    const cores = Array.from({ length: heads }, (_, h) => {
      const matrix = new Float64Array(m * m);
      let t = h * size;
      for (let a = 0; a < m; a++) {
        for (let b = a; b < m; b++, t++) {
          matrix[a * m + b] += coefficients[t] / 2;
          matrix[b * m + a] += coefficients[t] / 2;
        }
      }
      matrix[0] = 0; // the constant is kept apart
      const { u, sigma, v } = singularValues(matrix, m);
      const first = Float64Array.from({ length: m * bond }, (_x, k) => {
        const c = k % bond;
        return u[Math.floor(k / bond) * m + c] * sigma[c];
      });
      const second = Float64Array.from({ length: bond * m }, (_x, k) => v[(k % m) * m + Math.floor(k / m)]);
      const one = () => Float64Array.from({ length: m }, (_x, a) => (a === 0 ? 1 : 0));
      return [first, second, ...Array.from({ length: rank - 2 }, one)];
    });
    return new Train(m, [1, bond, ...new Array<number>(rank - 1).fill(1)], cores, constants, random);
  }

  /** With cores and constants of its own; draws from the same random numbers. */
  copy(): Train {
    const cores = this.cores.map((list) => list.map((core) => core.slice()));
    return new Train(this.m, this.bonds, cores, this.constants.slice(), this.random);
  }

  /** All heads one after the other, as a model stores them. */
  flat(): Float64Array {
    return Float64Array.from(this.cores.flatMap((cores) => cores.flatMap((core) => Array.from(core))));
  }

  /** Columns of a solve for core k, per head: its entries and the constant. */
  columnsOf(k: number): number {
    return this.bonds[k] * this.m * this.bonds[k + 1] + 1;
  }

  /** Sets core k and the constants of all heads from a solution, head by head. */
  setCore(k: number, x: Float64Array): void {
    const size = this.columnsOf(k);
    this.cores.forEach((cores, h) => {
      cores[k] = x.slice(h * size, (h + 1) * size - 1);
      this.constants[h] = x[(h + 1) * size - 1];
    });
  }

  /** ‖core k‖² over all heads. */
  coreSquare(k: number): number {
    let square = 0;
    for (const cores of this.cores) for (const value of cores[k]) square += value * value;
    return square;
  }

  /** Orthonormal columns for core k; what is left goes to the core behind it. */
  orthogonaliseLeft(k: number): void {
    const { m, bonds, random } = this;
    const [rows, columns] = [bonds[k] * m, bonds[k + 1]];
    for (const cores of this.cores) {
      const { q, r } = orthonormalise(cores[k], rows, columns, random);
      cores[k] = q;
      cores[k + 1] = product(r, cores[k + 1], columns, columns, m * bonds[k + 2]);
    }
  }

  /** Orthonormal rows for core k; what is left goes to the core before it. */
  orthogonaliseRight(k: number): void {
    const { m, bonds, random } = this;
    const [rows, columns] = [bonds[k], m * bonds[k + 1]];
    for (const cores of this.cores) {
      // Aᵀ = Q R, A = Rᵀ Qᵀ
      const { q, r } = orthonormalise(transposed(cores[k], rows, columns), columns, rows, random);
      cores[k] = transposed(q, columns, rows);
      cores[k - 1] = product(cores[k - 1], transposed(r, rows, rows), bonds[k - 1] * m, rows, rows);
    }
  }

  /** Gauge of the first core. */
  gaugeToFirst(): void {
    for (let k = this.rank - 1; k > 0; k--) this.orthogonaliseRight(k);
  }

  /** Largest useful bond behind core k when χ is asked for. */
  bondLimit(k: number, chi: number): number {
    const { m, rank } = this;
    return Math.min(chi, m ** Math.min(k + 1, 8), m ** Math.min(rank - k - 1, 8));
  }

  /**
   * Widens the bond behind core k without a change of the value: zero columns in core k (the one that is solved next),
   * random orthonormal rows in core k + 1, which keeps its gauge.
   */
  growBehind(k: number, chi: number): void {
    const { m, bonds, random } = this;
    const [old, wide] = [bonds[k + 1], this.bondLimit(k, chi)];
    if (wide <= old) return;
    const length = m * bonds[k + 2];
    for (const cores of this.cores) {
      cores[k] = widened(cores[k], bonds[k] * m, old, wide);
      const rows = new Float64Array(wide * length);
      rows.set(cores[k + 1]);
      // zero columns of the transpose become random ones, orthogonal to the others
      cores[k + 1] = transposed(
        orthonormalise(transposed(rows, wide, length), length, wide, random).q,
        length,
        wide,
      );
    }
    bonds[k + 1] = wide;
  }

  /** The same for the bond before core k: zero rows in core k, random orthonormal columns in core k − 1. */
  growBefore(k: number, chi: number): void {
    const { m, bonds, random } = this;
    const [old, wide] = [bonds[k], this.bondLimit(k - 1, chi)];
    if (wide <= old) return;
    const length = bonds[k - 1] * m;
    for (const cores of this.cores) {
      const rows = new Float64Array(wide * m * bonds[k + 1]);
      rows.set(cores[k]);
      cores[k] = rows;
      cores[k - 1] = orthonormalise(widened(cores[k - 1], length, old, wide), length, wide, random).q;
    }
    bonds[k] = wide;
  }

  /**
   * Drops directions of bonds whose singular values are below a share of the norm in every head. The train must be in
   * the gauge of the first core, and is afterwards.
   * @returns bonds before and after differ
   */
  truncate(share: number): boolean {
    const { m, bonds } = this;
    let changed = false;
    for (let k = 0; k < this.rank - 1; k++) {
      const chi = bonds[k + 1];
      const rows = bonds[k] * m;
      const parts = this.cores.map((cores) => {
        const { q, r } = orthonormalise(cores[k], rows, chi, this.random);
        return { q, ...singularValues(r, chi) };
      });
      const kept = Math.max(
        1,
        ...parts.map(({ sigma }) => {
          const norm = Math.sqrt(sigma.reduce((sum, s) => sum + s * s, 0));
          return sigma.filter((s) => s > share * norm).length;
        }),
      );
      this.cores.forEach((cores, h) => {
        const { q, u, sigma, v } = parts[h];
        const behind = m * bonds[k + 2];
        // A = (Q U)(σ Vᵀ)
        cores[k] = firstColumns(product(q, u, rows, chi, chi), rows, chi, kept);
        const carried = transposed(v, chi, chi).map((value, t) => value * sigma[Math.floor(t / chi)]);
        cores[k + 1] = product(carried.slice(0, kept * chi), cores[k + 1], kept, chi, behind);
      });
      if (kept < chi) changed = true;
      bonds[k + 1] = kept;
    }
    this.gaugeToFirst();
    return changed;
  }
}

function widened(a: Float64Array, rows: number, old: number, wide: number): Float64Array {
  const result = new Float64Array(rows * wide);
  for (let i = 0; i < rows; i++) result.set(a.subarray(i * old, (i + 1) * old), i * wide);
  return result;
}

function firstColumns(a: Float64Array, rows: number, columns: number, kept: number): Float64Array {
  const result = new Float64Array(rows * kept);
  for (let i = 0; i < rows; i++) result.set(a.subarray(i * columns, i * columns + kept), i * kept);
  return result;
}
