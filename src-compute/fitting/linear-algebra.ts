/**
 * Dense symmetric linear algebra of the sizes that fits have (up to a few thousand), row-major Float64Array.
 */
import { FitError } from '../errors.ts';

/**
 * Cholesky factor L (lower, A = L Lᵀ), in place of the lower triangle of a copy.
 * @returns undefined when the matrix is not numerically positive definite
 */
export function cholesky(a: Float64Array, n: number): Float64Array | undefined {
  const l = a.slice();
  for (let j = 0; j < n; j++) {
    const rowJ = j * n;
    for (let i = j; i < n; i++) {
      const rowI = i * n;
      // four partial sums let the processor overlap the additions
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let k = 0;
      for (; k + 3 < j; k += 4) {
        s0 += l[rowI + k] * l[rowJ + k];
        s1 += l[rowI + k + 1] * l[rowJ + k + 1];
        s2 += l[rowI + k + 2] * l[rowJ + k + 2];
        s3 += l[rowI + k + 3] * l[rowJ + k + 3];
      }
      for (; k < j; k++) s0 += l[rowI + k] * l[rowJ + k];
      const value = l[rowI + j] - (s0 + s1 + s2 + s3);
      if (i === j) {
        if (!(value > 1e-15 * Math.abs(a[rowJ + j])) || !Number.isFinite(value)) return undefined;
        l[rowJ + j] = Math.sqrt(value);
      } else {
        l[rowI + j] = value / l[rowJ + j];
      }
    }
  }
  return l;
}

/** Solves L y = b in place. */
export function forwardSubstitute(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= l[i * n + k] * b[k];
    b[i] = sum / l[i * n + i];
  }
}

/** Solves Lᵀ x = y in place. */
export function backSubstitute(l: Float64Array, n: number, y: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    y[i] /= l[i * n + i];
    for (let k = 0; k < i; k++) y[k] -= l[i * n + k] * y[i];
  }
}

/** Solves A x = b from the Cholesky factor of A. */
export function choleskySolve(l: Float64Array, n: number, b: Float64Array): Float64Array {
  const x = b.slice();
  forwardSubstitute(l, n, x);
  backSubstitute(l, n, x);
  return x;
}

/**
 * Eigenvalues of a symmetric matrix, ascending: Householder tridiagonalisation, then implicit QL.
 * Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3.
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  const { diagonal, off } = tridiagonalise(matrix.slice(), n);
  for (let l = 0; l < n; l++) {
    for (let iteration = 0; ; iteration++) {
      let m = l;
      while (m < n - 1 && Math.abs(off[m]) > 2.3e-16 * (Math.abs(diagonal[m]) + Math.abs(diagonal[m + 1])))
        m++;
      if (m === l) break;
      if (iteration === 60) throw new FitError('The eigenvalues of the normal equations did not converge.');
      implicitQlStep(diagonal, off, l, m);
    }
  }
  return diagonal.sort();
}

/** Reduces a symmetric matrix (overwritten) to tridiagonal form by Householder reflections. */
function tridiagonalise(a: Float64Array, n: number): { diagonal: Float64Array; off: Float64Array } {
  const diagonal = new Float64Array(n);
  const off = new Float64Array(n);
  const v = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    let norm = 0;
    for (let i = k + 1; i < n; i++) norm += a[i * n + k] ** 2;
    norm = Math.sqrt(norm);
    const alpha = a[(k + 1) * n + k] > 0 ? -norm : norm;
    off[k] = alpha;
    if (norm === 0) continue;
    for (let i = k + 1; i < n; i++) v[i] = a[i * n + k];
    v[k + 1] -= alpha;
    let square = 0;
    for (let i = k + 1; i < n; i++) square += v[i] * v[i];
    const scale = 2 / square;
    // p = scale·A v, w = p − (scale/2)(pᵀv) v, A ← A − v wᵀ − w vᵀ
    let product = 0;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += a[i * n + j] * v[j];
      p[i] = scale * sum;
      product += p[i] * v[i];
    }
    const half = (scale / 2) * product;
    for (let i = k + 1; i < n; i++) p[i] -= half * v[i];
    for (let i = k + 1; i < n; i++) {
      for (let j = k + 1; j < n; j++) a[i * n + j] -= v[i] * p[j] + p[i] * v[j];
    }
  }
  for (let k = 0; k < n; k++) diagonal[k] = a[k * n + k];
  if (n > 1) off[n - 2] = a[(n - 1) * n + n - 2];
  return { diagonal, off };
}

/** One implicit QL sweep with Wilkinson's shift on the unreduced block l … m. */
function implicitQlStep(d: Float64Array, e: Float64Array, l: number, m: number): void {
  let g = (d[l + 1] - d[l]) / (2 * e[l]);
  let r = Math.hypot(g, 1);
  g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r));
  let [s, c, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const f = s * e[i];
    const b = c * e[i];
    r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] -= p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - p;
    r = (d[i] - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
  }
  d[l] -= p;
  e[l] = g;
  e[m] = 0;
}
