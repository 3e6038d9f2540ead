/**
 * Principal axes of descriptor vectors: eigenvectors of their covariance, largest variance first. Used for maps, and
 * because a turn of the axes leaves distances as they are but puts most of a distance into its first few numbers.
 */
import type { DescriptorMatrix } from '../descriptors/descriptor.ts';

export interface PrincipalAxes {
  readonly mean: Float64Array;
  /** Variances along the axes, falling. */
  readonly variances: Float64Array;
  /** Row a is axis a; dimension × dimension, orthonormal. */
  readonly axes: Float64Array;
}

/** Mean and covariance (divided by N) of the rows; at most `sample` evenly spaced rows are looked at. */
export function covariance(
  matrix: DescriptorMatrix,
  sample = Infinity,
): { mean: Float64Array; covariance: Float64Array } {
  const { values, rows, dimension } = matrix;
  const step = Math.max(1, Math.ceil(rows / sample));
  const mean = new Float64Array(dimension);
  let count = 0;
  for (let i = 0; i < rows; i += step) {
    for (let k = 0; k < dimension; k++) mean[k] += values[i * dimension + k];
    count++;
  }
  for (let k = 0; k < dimension; k++) mean[k] /= Math.max(1, count);
  const result = new Float64Array(dimension * dimension);
  const centred = new Float64Array(dimension);
  for (let i = 0; i < rows; i += step) {
    for (let k = 0; k < dimension; k++) centred[k] = values[i * dimension + k] - mean[k];
    for (let a = 0; a < dimension; a++) {
      const x = centred[a] / count;
      if (x === 0) continue;
      for (let b = a; b < dimension; b++) result[a * dimension + b] += x * centred[b];
    }
  }
  for (let a = 0; a < dimension; a++) {
    for (let b = 0; b < a; b++) result[a * dimension + b] = result[b * dimension + a];
  }
  return { mean, covariance: result };
}

/**
 * Principal axes of the rows.
 * @param precision off-diagonal covariance that is left, relative to the largest variance; the axes are orthonormal to
 * round-off in any case
 */
export function principalAxes(matrix: DescriptorMatrix, sample = Infinity, precision = 1e-16): PrincipalAxes {
  const { dimension } = matrix;
  const { mean, covariance: c } = covariance(matrix, sample);
  const { values, vectors } = symmetricEigen(c, dimension, precision);
  const order = Array.from(values.keys()).sort((a, b) => values[b] - values[a]);
  const axes = new Float64Array(dimension * dimension);
  order.forEach((source, a) => {
    for (let k = 0; k < dimension; k++) axes[a * dimension + k] = vectors[k * dimension + source];
  });
  return { mean, variances: Float64Array.from(order, (k) => Math.max(0, values[k])), axes };
}

/** Coordinates of the rows along the first `count` axes, from the mean; rows × count. */
export function project(
  matrix: DescriptorMatrix,
  { mean, axes }: PrincipalAxes,
  count: number,
): Float64Array {
  const { values, rows, dimension } = matrix;
  const result = new Float64Array(rows * count);
  const centred = new Float64Array(dimension);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < dimension; k++) centred[k] = values[i * dimension + k] - mean[k];
    for (let a = 0; a < count; a++) {
      let sum = 0;
      for (let k = 0; k < dimension; k++) sum += axes[a * dimension + k] * centred[k];
      result[i * count + a] = sum;
    }
  }
  return result;
}

/** Coordinates of the rows along the first two axes; rows × 2, the second zero for vectors of one number. */
export function planeOf(matrix: DescriptorMatrix, axes: PrincipalAxes): Float64Array {
  if (matrix.dimension > 1) return project(matrix, axes, 2);
  const along = project(matrix, axes, 1);
  return Float64Array.from({ length: 2 * matrix.rows }, (_, k) => (k % 2 === 0 ? along[k / 2] : 0));
}

/**
 * Eigenvalues and eigenvectors (columns) of a symmetric matrix by cyclic Jacobi rotations; Golub & Van Loan, Matrix
 * Computations, §8.5. For the few hundred rows that descriptors have.
 */
export function symmetricEigen(
  matrix: Float64Array,
  n: number,
  precision = 1e-16,
): { values: Float64Array; vectors: Float64Array } {
  const a = matrix.slice();
  const v = new Float64Array(n * n);
  for (let k = 0; k < n; k++) v[k * n + k] = 1;
  let scale = 0;
  for (const x of a) scale = Math.max(scale, Math.abs(x));
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off = Math.max(off, Math.abs(a[p * n + q]));
    if (off <= precision * scale || scale === 0) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p * n + q]) > 0.1 * precision * scale) rotate(a, v, n, p, q);
      }
    }
  }
  return { values: Float64Array.from({ length: n }, (_, k) => a[k * n + k]), vectors: v };
}

/** One Jacobi rotation that makes a_pq zero. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k * n + p], a[k * n + q]];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[p * n + k], a[q * n + k]];
    a[p * n + k] = c * x - s * y;
    a[q * n + k] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [v[k * n + p], v[k * n + q]];
    v[k * n + p] = c * x - s * y;
    v[k * n + q] = s * x + c * y;
  }
}
