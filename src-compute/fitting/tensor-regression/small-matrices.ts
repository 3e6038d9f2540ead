/** QR and singular value decomposition of the small matrices of a tensor train, row-major. */
import type { SeededRandom } from '../random.ts';

/**
 * A = Q R with orthonormal columns of Q, by Gram–Schmidt done twice (as accurate as Householder: Giraud, Langou,
 * Rozložník, Comput. Math. Appl. 50 (2005) 1069). A column that depends on those before it becomes a random direction,
 * and its diagonal entry of R is 0.
 * @param a rows × columns, rows ≥ columns
 */
export function orthonormalise(
  a: Float64Array,
  rows: number,
  columns: number,
  random: SeededRandom,
): { q: Float64Array; r: Float64Array } {
  const q = a.slice();
  const r = new Float64Array(columns * columns);
  const project = (j: number, record: boolean): number => {
    for (let twice = 0; twice < 2; twice++) {
      for (let k = 0; k < j; k++) {
        let dot = 0;
        for (let i = 0; i < rows; i++) dot += q[i * columns + k] * q[i * columns + j];
        for (let i = 0; i < rows; i++) q[i * columns + j] -= dot * q[i * columns + k];
        if (record) r[k * columns + j] += dot;
      }
    }
    let square = 0;
    for (let i = 0; i < rows; i++) square += q[i * columns + j] ** 2;
    return Math.sqrt(square);
  };
  for (let j = 0; j < columns; j++) {
    let square = 0;
    for (let i = 0; i < rows; i++) square += q[i * columns + j] ** 2;
    let norm = project(j, true);
    if (norm > 1e-12 * Math.sqrt(square)) r[j * columns + j] = norm;
    else {
      do {
        for (let i = 0; i < rows; i++) q[i * columns + j] = random.uniform() - 0.5;
        norm = project(j, false);
      } while (norm < 1e-6);
    }
    for (let i = 0; i < rows; i++) q[i * columns + j] /= norm;
  }
  return { q, r };
}

/** Transpose of a rows × columns matrix. */
export function transposed(a: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: a.length }, (_, k) => a[(k % rows) * columns + Math.floor(k / rows)]);
}

/** a (rows × inner) · b (inner × columns). */
export function product(
  a: Float64Array,
  b: Float64Array,
  rows: number,
  inner: number,
  columns: number,
): Float64Array {
  const c = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      const factor = a[i * inner + k];
      for (let j = 0; j < columns; j++) c[i * columns + j] += factor * b[k * columns + j];
    }
  }
  return c;
}

/**
 * A = U diag(σ) Vᵀ, σ descending, by one-sided Jacobi rotations (Hestenes): Golub and Van Loan, section 8.6.3.
 * @param a n × n
 */
export function singularValues(
  a: Float64Array,
  n: number,
): { u: Float64Array; sigma: Float64Array; v: Float64Array } {
  const work = a.slice();
  const v = Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0));
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) rotated = rotate(work, v, n, p, q) || rotated;
    }
    if (!rotated) break;
  }
  const norms = Array.from({ length: n }, (_, j) => {
    let square = 0;
    for (let i = 0; i < n; i++) square += work[i * n + j] ** 2;
    return Math.sqrt(square);
  });
  const order = norms.map((_, j) => j).sort((i, j) => norms[j] - norms[i]);
  const pick = (from: Float64Array, scale: (j: number) => number) =>
    Float64Array.from({ length: n * n }, (_, k) => {
      const j = order[k % n];
      return from[Math.floor(k / n) * n + j] * scale(j);
    });
  return {
    u: pick(work, (j) => (norms[j] > 0 ? 1 / norms[j] : 0)),
    sigma: Float64Array.from(order, (j) => norms[j]),
    v: pick(v, () => 1),
  };
}

/** Makes columns p and q orthogonal; whether they were not. */
function rotate(work: Float64Array, v: Float64Array, n: number, p: number, q: number): boolean {
  let [alpha, beta, gamma] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    alpha += work[i * n + p] ** 2;
    beta += work[i * n + q] ** 2;
    gamma += work[i * n + p] * work[i * n + q];
  }
  if (Math.abs(gamma) <= 1e-15 * Math.sqrt(alpha * beta) || gamma === 0) return false;
  const zeta = (beta - alpha) / (2 * gamma);
  const t = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
  const c = 1 / Math.hypot(1, t);
  const s = c * t;
  for (const matrix of [work, v]) {
    for (let i = 0; i < n; i++) {
      const [x, y] = [matrix[i * n + p], matrix[i * n + q]];
      matrix[i * n + p] = c * x - s * y;
      matrix[i * n + q] = s * x + c * y;
    }
  }
  return true;
}
