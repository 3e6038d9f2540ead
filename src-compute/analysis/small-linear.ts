/** Linear algebra for a handful of unknowns: readable, no library needed. */
import { FitError } from '../errors.ts';

/**
 * Solves a small square system by Gaussian elimination with partial pivoting.
 * @throws FitError when it is singular
 */
export function solveLinear(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const n = right.length;
  const rows = matrix.map((row, k) => [...row, right[k]]);
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let k = column + 1; k < n; k++)
      if (Math.abs(rows[k][column]) > Math.abs(rows[pivot][column])) pivot = k;
    if (!(Math.abs(rows[pivot][column]) > 1e-300))
      throw new FitError('The equations of this small fit are singular.');
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (let k = 0; k < n; k++) {
      if (k === column) continue;
      const factor = rows[k][column] / rows[column][column];
      for (let j = column; j <= n; j++) rows[k][j] -= factor * rows[column][j];
    }
  }
  return rows.map((row, k) => row[n] / row[k]);
}

/** Inverse of a small matrix. */
export function invertSmall(matrix: readonly (readonly number[])[]): number[][] {
  const n = matrix.length;
  const columns = Array.from({ length: n }, (_, c) =>
    solveLinear(
      matrix,
      Array.from({ length: n }, (_r, r) => (r === c ? 1 : 0)),
    ),
  );
  return Array.from({ length: n }, (_, r) => columns.map((column) => column[r]));
}

/** Eigenvalues of a small symmetric matrix by Jacobi rotations, ascending. */
export function symmetricEigenvalues(matrix: readonly (readonly number[])[]): number[] {
  const a = matrix.map((row) => [...row]);
  const n = a.length;
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p][q] ** 2;
    if (off < 1e-24 * a.reduce((sum, row, k) => sum + row[k] ** 2, 0)) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (a[p][q] === 0) continue;
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; k++)
          [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
        for (let k = 0; k < n; k++)
          [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
      }
    }
  }
  return a.map((row, k) => row[k]).sort((x, y) => x - y);
}
