/**
 * Columns of the design matrix: E_i is linear in the coefficients of its head, E_i = Σ_t x_t φ_t(v), with φ_t the
 * monomials of a dense head, or for one core of a tensor train (the others fixed) φ_{l,a,r} = L_l(v) v_a R_r(v).
 */
import { coreStarts, denseCount } from '../../potentials/tensor-regression/heads.ts';

export interface HeadColumns {
  /** Columns per head. */
  readonly count: number;
  /** Says for which standardised descriptors v, and for which head, the following calls are. */
  prepare(v: Float64Array, head: number): void;
  /** row[at + t] += φ_t(v) */
  addValue(row: Float64Array, at: number): void;
  /** row[at + t] += Σ_d ∂φ_t/∂v_d g_d with g = directions[offset … offset + m − 1]. */
  addDerivative(row: Float64Array, at: number, directions: Float64Array, offset: number): void;
}

/** Monomials v_a v_b … of non-decreasing indices, in the order of heads.ts. */
export class DenseColumns implements HeadColumns {
  readonly count: number;
  private readonly m: number;
  private readonly rank: number;
  private v: Float64Array = new Float64Array(0);

  constructor(m: number, rank: number) {
    this.m = m;
    this.rank = rank;
    this.count = denseCount(m, rank);
  }

  prepare(v: Float64Array): void {
    this.v = v;
  }

  addValue(row: Float64Array, at: number): void {
    const { m, rank, v } = this;
    if (rank === 1) {
      for (let a = 0; a < m; a++) row[at + a] += v[a];
      return;
    }
    let t = at;
    for (let a = 0; a < m; a++) {
      if (rank === 2) {
        for (let b = a; b < m; b++) row[t++] += v[a] * v[b];
        continue;
      }
      for (let b = a; b < m; b++) {
        const product = v[a] * v[b];
        for (let c = b; c < m; c++) row[t++] += product * v[c];
      }
    }
  }

  addDerivative(row: Float64Array, at: number, directions: Float64Array, offset: number): void {
    const { m, rank, v } = this;
    if (rank === 1) {
      for (let a = 0; a < m; a++) row[at + a] += directions[offset + a];
      return;
    }
    let t = at;
    for (let a = 0; a < m; a++) {
      const va = v[a];
      const ga = directions[offset + a];
      if (rank === 2) {
        for (let b = a; b < m; b++) row[t++] += ga * v[b] + va * directions[offset + b];
        continue;
      }
      for (let b = a; b < m; b++) {
        const product = va * v[b];
        const slope = ga * v[b] + va * directions[offset + b];
        for (let c = b; c < m; c++) row[t++] += slope * v[c] + product * directions[offset + c];
      }
    }
  }
}

/** One core of a tensor train; the columns of a head are its entries, χ_left × m × χ_right, and the constant. */
export class TrainColumns implements HeadColumns {
  readonly count: number;
  private readonly m: number;
  private readonly bonds: Int32Array;
  private readonly cores: Float64Array;
  private readonly core: number;
  private readonly starts: readonly number[];
  private readonly size: number;
  private head = 0;
  private v: Float64Array = new Float64Array(0);
  /** G¹(v) … Gᵏ(v) for every k up to the core, and Gᵏ(v) … Gⁿ(v) behind it. */
  private readonly left: readonly Float64Array[];
  private readonly right: readonly Float64Array[];
  private readonly leftSlope: readonly Float64Array[];
  private readonly rightSlope: readonly Float64Array[];

  /** @param cores of all heads */
  constructor(m: number, bonds: Int32Array, cores: Float64Array, core: number) {
    this.m = m;
    this.bonds = bonds;
    this.cores = cores;
    this.core = core;
    this.starts = coreStarts(m, bonds);
    const rank = bonds.length - 1;
    this.size = this.starts[rank - 1] + bonds[rank - 1] * m * bonds[rank];
    this.count = bonds[core] * m * bonds[core + 1] + 1;
    const vectors = () => Array.from(bonds, (chi) => new Float64Array(chi));
    this.left = vectors();
    this.right = vectors();
    this.leftSlope = vectors();
    this.rightSlope = vectors();
    this.left[0][0] = 1;
    this.right[rank][0] = 1;
  }

  prepare(v: Float64Array, head: number): void {
    const { m, bonds, left, right, core } = this;
    this.v = v;
    this.head = head;
    for (let k = 0; k < core; k++) {
      const [rows, columns] = [bonds[k], bonds[k + 1]];
      left[k + 1].fill(0);
      let t = this.size * head + this.starts[k];
      for (let l = 0; l < rows; l++) {
        for (let a = 0; a < m; a++) {
          const factor = left[k][l] * v[a];
          for (let r = 0; r < columns; r++) left[k + 1][r] += factor * this.cores[t++];
        }
      }
    }
    for (let k = bonds.length - 2; k > core; k--) {
      const [rows, columns] = [bonds[k], bonds[k + 1]];
      right[k].fill(0);
      let t = this.size * head + this.starts[k];
      for (let l = 0; l < rows; l++) {
        for (let a = 0; a < m; a++) {
          for (let r = 0; r < columns; r++) right[k][l] += v[a] * this.cores[t++] * right[k + 1][r];
        }
      }
    }
  }

  addValue(row: Float64Array, at: number): void {
    const { m, v, core } = this;
    const [left, right] = [this.left[core], this.right[core + 1]];
    let t = at;
    for (let l = 0; l < left.length; l++) {
      for (let a = 0; a < m; a++) {
        const factor = left[l] * v[a];
        for (let r = 0; r < right.length; r++) row[t++] += factor * right[r];
      }
    }
    row[t] += 1;
  }

  addDerivative(row: Float64Array, at: number, directions: Float64Array, offset: number): void {
    const { m, v, core } = this;
    this.differentiate(directions, offset);
    const [left, right] = [this.left[core], this.right[core + 1]];
    const [leftSlope, rightSlope] = [this.leftSlope[core], this.rightSlope[core + 1]];
    let t = at;
    for (let l = 0; l < left.length; l++) {
      for (let a = 0; a < m; a++) {
        const factor = leftSlope[l] * v[a] + left[l] * directions[offset + a];
        const behind = left[l] * v[a];
        for (let r = 0; r < right.length; r++) row[t++] += factor * right[r] + behind * rightSlope[r];
      }
    }
  }

  /** Derivatives of L and R along a direction: (L G(v))′ = L′ G(v) + L G(g). */
  private differentiate(directions: Float64Array, offset: number): void {
    const { m, v, bonds, left, right, leftSlope, rightSlope, core, cores } = this;
    for (let k = 0; k < core; k++) {
      const columns = bonds[k + 1];
      leftSlope[k + 1].fill(0);
      let t = this.size * this.head + this.starts[k];
      for (let l = 0; l < bonds[k]; l++) {
        for (let a = 0; a < m; a++) {
          const factor = leftSlope[k][l] * v[a] + left[k][l] * directions[offset + a];
          for (let r = 0; r < columns; r++) leftSlope[k + 1][r] += factor * cores[t++];
        }
      }
    }
    for (let k = bonds.length - 2; k > core; k--) {
      const columns = bonds[k + 1];
      rightSlope[k].fill(0);
      let t = this.size * this.head + this.starts[k];
      for (let l = 0; l < bonds[k]; l++) {
        for (let a = 0; a < m; a++) {
          const g = directions[offset + a];
          for (let r = 0; r < columns; r++) {
            rightSlope[k][l] += cores[t++] * (v[a] * rightSlope[k + 1][r] + g * right[k + 1][r]);
          }
        }
      }
    }
  }
}
