/**
 * Heads: E as a function of the descriptor vector v (v_0 = 1), with its gradient. docs/physics.md §2.
 *
 *  dense         E = Σ_{a ≤ b ≤ …} A_{ab…} v_a v_b …  over non-decreasing indices in lexicographic order: the symmetric
 *                part of a rank-n tensor as the coefficients of its C(m + n − 1, n) distinct monomials.
 *  tensor train  E − E_0 = G¹(v) G²(v) … Gⁿ(v),  Gᵏ(v) = Σ_a v_a Gᵏ[·, a, ·], a χ_{k−1} × χ_k matrix, χ_0 = χ_n = 1.
 */

/** Number of distinct monomials of degree `rank` in m variables, C(m + n − 1, n). */
export function denseCount(m: number, rank: number): number {
  let count = 1;
  for (let k = 1; k <= rank; k++) count = (count * (m + k - 1)) / k;
  return Math.round(count);
}

/** Numbers in all cores of a tensor train with these bonds (χ_0 … χ_n). */
export function trainCount(m: number, bonds: ArrayLike<number>): number {
  let count = 0;
  for (let k = 1; k < bonds.length; k++) count += bonds[k - 1] * m * bonds[k];
  return count;
}

/**
 * Energy of a dense head and its gradient.
 * @param coefficients of all heads; those of this one start at `start`
 * @param gradient ∂E/∂v, overwritten, m
 */
export function evaluateDense(
  rank: number,
  coefficients: Float64Array,
  start: number,
  v: Float64Array,
  gradient: Float64Array,
): number {
  const m = v.length;
  gradient.fill(0);
  let t = start;
  if (rank === 1) {
    let energy = 0;
    for (let a = 0; a < m; a++, t++) {
      energy += coefficients[t] * v[a];
      gradient[a] = coefficients[t];
    }
    return energy;
  }
  let energy = 0;
  for (let a = 0; a < m; a++) {
    if (rank === 2) {
      let inner = 0; // Σ_b A_ab v_b
      for (let b = a; b < m; b++, t++) {
        inner += coefficients[t] * v[b];
        gradient[b] += coefficients[t] * v[a];
      }
      gradient[a] += inner;
      energy += v[a] * inner;
      continue;
    }
    for (let b = a; b < m; b++) {
      const product = v[a] * v[b];
      let inner = 0; // Σ_c A_abc v_c
      for (let c = b; c < m; c++, t++) {
        inner += coefficients[t] * v[c];
        gradient[c] += coefficients[t] * product;
      }
      gradient[a] += v[b] * inner;
      gradient[b] += v[a] * inner;
      energy += product * inner;
    }
  }
  return energy;
}

/**
 * Energy of a tensor train and its gradient.
 * @param bonds χ_0 … χ_n
 * @param cores of all heads; those of this one start at `start`, each χ_left × m × χ_right, row-major
 * @param gradient ∂E/∂v, overwritten, m
 */
export function evaluateTrain(
  bonds: Int32Array,
  cores: Float64Array,
  start: number,
  v: Float64Array,
  gradient: Float64Array,
): number {
  const m = v.length;
  const rank = bonds.length - 1;
  gradient.fill(0);
  const starts = coreStarts(m, bonds, start);
  // left[k]: row vector G¹(v) … Gᵏ(v); right[k]: column vector Gᵏ⁺¹(v) … Gⁿ(v)
  const left: Float64Array[] = [Float64Array.of(1)];
  for (let k = 0; k < rank; k++) {
    const next = new Float64Array(bonds[k + 1]);
    forEachEntry(m, bonds, k, starts[k], (l, a, r, t) => (next[r] += left[k][l] * v[a] * cores[t]));
    left.push(next);
  }
  let right = Float64Array.of(1);
  for (let k = rank - 1; k >= 0; k--) {
    const next = new Float64Array(bonds[k]);
    const behind = right;
    forEachEntry(m, bonds, k, starts[k], (l, a, r, t) => {
      next[l] += v[a] * cores[t] * behind[r];
      gradient[a] += left[k][l] * cores[t] * behind[r];
    });
    right = next;
  }
  return left[rank][0];
}

/** Where each core of a train starts. */
export function coreStarts(m: number, bonds: ArrayLike<number>, start = 0): number[] {
  const starts: number[] = [];
  let t = start;
  for (let k = 1; k < bonds.length; k++) {
    starts.push(t);
    t += bonds[k - 1] * m * bonds[k];
  }
  return starts;
}

function forEachEntry(
  m: number,
  bonds: Int32Array,
  k: number,
  start: number,
  visit: (left: number, a: number, right: number, t: number) => void,
): void {
  let t = start;
  for (let l = 0; l < bonds[k]; l++) {
    for (let a = 0; a < m; a++) {
      for (let r = 0; r < bonds[k + 1]; r++) visit(l, a, r, t++);
    }
  }
}

/** Place of the monomial with these non-decreasing indices among the coefficients of a dense head. */
export function denseIndex(m: number, indices: readonly number[]): number {
  let place = 0;
  let first = 0;
  indices.forEach((index, k) => {
    const rest = indices.length - k - 1;
    for (let a = first; a < index; a++) place += denseCount(m - a, rest);
    first = index;
  });
  return place;
}

/**
 * Coefficients of the dense head that a tensor train equals: every ordered product is added to its monomial.
 * Costs mⁿ, for tests and small models.
 */
export function expandTrain(m: number, bonds: Int32Array, cores: Float64Array, start = 0): Float64Array {
  const rank = bonds.length - 1;
  const dense = new Float64Array(denseCount(m, rank));
  const starts = coreStarts(m, bonds, start);
  const visit = (k: number, row: Float64Array, indices: number[]): void => {
    if (k === rank) {
      const sorted = [...indices].sort((x, y) => x - y);
      dense[denseIndex(m, sorted)] += row[0];
      return;
    }
    for (let a = 0; a < m; a++) {
      const next = new Float64Array(bonds[k + 1]);
      for (let l = 0; l < bonds[k]; l++) {
        for (let r = 0; r < next.length; r++) {
          next[r] += row[l] * cores[starts[k] + (l * m + a) * bonds[k + 1] + r];
        }
      }
      visit(k + 1, next, [...indices, a]);
    }
  };
  visit(0, Float64Array.of(1), []);
  return dense;
}
