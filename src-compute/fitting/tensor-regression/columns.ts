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

/**
 * One core of a tensor train; the columns of a head are its entries, χ_left × m × χ_right, and the constant. The
 * derivatives of L and R by v are kept per atom, since an atom has some hundred directions.
 */
export class TrainColumns implements HeadColumns {
  readonly count: number;
  private readonly m: number;
  private readonly bonds: Int32Array;
  private readonly cores: Float64Array;
  private readonly core: number;
  private readonly starts: readonly number[];
  private readonly size: number;
  private v: Float64Array = new Float64Array(0);
  /** G¹(v) … Gᵏ(v) for every k up to the core, and Gᵏ(v) … Gⁿ(v) behind it. */
  private readonly left: readonly Float64Array[];
  private readonly right: readonly Float64Array[];
  /** Their derivatives by v, χ × m each. */
  private readonly leftSlope: readonly Float64Array[];
  private readonly rightSlope: readonly Float64Array[];
  /** Along one direction. */
  private readonly leftAlong: Float64Array;
  private readonly rightAlong: Float64Array;

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
    this.left = Array.from(bonds, (chi) => new Float64Array(chi));
    this.right = Array.from(bonds, (chi) => new Float64Array(chi));
    this.leftSlope = Array.from(bonds, (chi) => new Float64Array(chi * m));
    this.rightSlope = Array.from(bonds, (chi) => new Float64Array(chi * m));
    this.leftAlong = new Float64Array(bonds[core]);
    this.rightAlong = new Float64Array(bonds[core + 1]);
    this.left[0][0] = 1;
    this.right[rank][0] = 1;
  }

  prepare(v: Float64Array, head: number): void {
    this.v = v;
    const start = this.size * head;
    for (let k = 0; k < this.core; k++) this.extendLeft(k, start + this.starts[k]);
    for (let k = this.bonds.length - 2; k > this.core; k--) this.extendRight(k, start + this.starts[k]);
  }

  /** (L G(v))′ = L′ G(v) + L G′ */
  private extendLeft(k: number, start: number): void {
    const { m, v, cores } = this;
    const columns = this.bonds[k + 1];
    const [value, slope] = [this.left[k], this.leftSlope[k]];
    const [nextValue, nextSlope] = [this.left[k + 1].fill(0), this.leftSlope[k + 1].fill(0)];
    let t = start;
    for (let l = 0; l < value.length; l++) {
      for (let a = 0; a < m; a++) {
        for (let r = 0; r < columns; r++, t++) {
          const entry = cores[t];
          nextValue[r] += value[l] * v[a] * entry;
          nextSlope[r * m + a] += value[l] * entry;
          if (k === 0) continue;
          for (let d = 0; d < m; d++) nextSlope[r * m + d] += slope[l * m + d] * v[a] * entry;
        }
      }
    }
  }

  private extendRight(k: number, start: number): void {
    const { m, v, cores } = this;
    const columns = this.bonds[k + 1];
    const [value, slope] = [this.right[k + 1], this.rightSlope[k + 1]];
    const [nextValue, nextSlope] = [this.right[k].fill(0), this.rightSlope[k].fill(0)];
    const last = k === this.bonds.length - 2;
    let t = start;
    for (let l = 0; l < nextValue.length; l++) {
      for (let a = 0; a < m; a++) {
        for (let r = 0; r < columns; r++, t++) {
          const entry = cores[t];
          nextValue[l] += v[a] * entry * value[r];
          nextSlope[l * m + a] += entry * value[r];
          if (last) continue;
          for (let d = 0; d < m; d++) nextSlope[l * m + d] += v[a] * entry * slope[r * m + d];
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
    const { m, v, core, leftAlong, rightAlong } = this;
    along(this.leftSlope[core], directions, offset, m, leftAlong);
    along(this.rightSlope[core + 1], directions, offset, m, rightAlong);
    const [left, right] = [this.left[core], this.right[core + 1]];
    const columns = right.length;
    let t = at;
    for (let l = 0; l < left.length; l++) {
      for (let a = 0; a < m; a++) {
        const factor = leftAlong[l] * v[a] + left[l] * directions[offset + a];
        const behind = left[l] * v[a];
        for (let r = 0; r < columns; r++) row[t++] += factor * right[r] + behind * rightAlong[r];
      }
    }
  }
}

/** All cores of a tensor train at once, one after the other, and the constant: the tangent space. */
export class TangentColumns implements HeadColumns {
  readonly count: number;
  private readonly parts: readonly TrainColumns[];

  constructor(m: number, bonds: Int32Array, cores: Float64Array) {
    this.parts = Array.from({ length: bonds.length - 1 }, (_, k) => new TrainColumns(m, bonds, cores, k));
    this.count = this.parts.reduce((sum, part) => sum + part.count - 1, 1);
  }

  prepare(v: Float64Array, head: number): void {
    for (const part of this.parts) part.prepare(v, head);
  }

  addValue(row: Float64Array, at: number): void {
    let start = at;
    for (const part of this.parts) {
      part.addValue(row, start);
      start += part.count - 1;
      // each core would add the constant, where the next one starts
      if (start < at + this.count - 1) row[start] -= 1;
    }
  }

  addDerivative(row: Float64Array, at: number, directions: Float64Array, offset: number): void {
    let start = at;
    for (const part of this.parts) {
      part.addDerivative(row, start, directions, offset);
      start += part.count - 1;
    }
  }
}

function along(
  slope: Float64Array,
  directions: Float64Array,
  offset: number,
  m: number,
  result: Float64Array,
): void {
  for (let r = 0; r < result.length; r++) {
    let sum = 0;
    for (let d = 0; d < m; d++) sum += slope[r * m + d] * directions[offset + d];
    result[r] = sum;
  }
}
