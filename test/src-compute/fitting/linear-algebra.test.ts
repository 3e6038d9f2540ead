import { describe, expect, it } from 'vitest';
import {
  cholesky,
  choleskySolve,
  symmetricEigenvalues,
} from '../../../src-compute/fitting/linear-algebra.ts';
import {
  determinacy,
  lossOf,
  solveRidge,
  type NormalEquations,
} from '../../../src-compute/fitting/least-squares.ts';
import { SeededRandom } from '../../../src-compute/fitting/random.ts';

const random = new SeededRandom(5);

/** Random tall matrix with its normal equations. */
function problem(rows: number, n: number) {
  const a = Float64Array.from({ length: rows * n }, () => random.normal());
  const y = Float64Array.from({ length: rows }, () => random.normal());
  const gram = new Float64Array(n * n);
  const right = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let r = 0; r < rows; r++) right[i] += a[r * n + i] * y[r];
    for (let j = 0; j < n; j++) for (let r = 0; r < rows; r++) gram[i * n + j] += a[r * n + i] * a[r * n + j];
  }
  const equations: NormalEquations = { n, gram, right, target: y.reduce((sum, v) => sum + v * v, 0) };
  return { a, y, equations };
}

describe('Cholesky', () => {
  it('solves', () => {
    const { equations } = problem(40, 13);
    const x = choleskySolve(cholesky(equations.gram, 13)!, 13, equations.right);
    for (let i = 0; i < 13; i++) {
      let sum = 0;
      for (let j = 0; j < 13; j++) sum += equations.gram[i * 13 + j] * x[j];
      expect(sum).toBeCloseTo(equations.right[i], 10);
    }
  });

  it('refuses what is not positive definite', () => {
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBeUndefined();
    expect(cholesky(Float64Array.of(1, 1, 1, 1), 2)).toBeUndefined();
    expect(cholesky(Float64Array.of(NaN, 0, 0, 1), 2)).toBeUndefined();
  });
});

describe('eigenvalues', () => {
  it('are those of a second-difference matrix, 2 − 2 cos(kπ/(n + 1))', () => {
    const n = 24;
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      matrix[i * n + i] = 2;
      if (i > 0) matrix[i * n + i - 1] = matrix[(i - 1) * n + i] = -1;
    }
    const found = symmetricEigenvalues(matrix, n);
    found.forEach((value, k) =>
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 12),
    );
  });

  it('keep trace and determinant of a full matrix', () => {
    const { equations } = problem(30, 9);
    const found = symmetricEigenvalues(equations.gram, 9);
    const trace = Array.from({ length: 9 }, (_, i) => equations.gram[i * 10]).reduce((s, v) => s + v, 0);
    expect(found.reduce((s, v) => s + v, 0)).toBeCloseTo(trace, 8);
    const l = cholesky(equations.gram, 9)!;
    const logDeterminant =
      2 * Array.from({ length: 9 }, (_, i) => Math.log(l[i * 10])).reduce((s, v) => s + v, 0);
    expect(found.reduce((s, v) => s + Math.log(v), 0)).toBeCloseTo(logDeterminant, 10);
  });
});

describe('ridge', () => {
  it('has the loss that the residual has, and more ridge means more loss', () => {
    const { a, y, equations } = problem(50, 8);
    const { x, loss } = solveRidge(equations, 1e-12, 0);
    let direct = 0;
    for (let r = 0; r < 50; r++) {
      let residual = y[r];
      for (let i = 0; i < 8; i++) residual -= a[r * 8 + i] * x[i];
      direct += residual * residual;
    }
    expect(loss).toBeCloseTo(direct, 9);
    expect(lossOf(equations, solveRidge(equations, 0.1, 0).x)).toBeGreaterThan(loss);
  });

  it('tells how many columns the data determine', () => {
    const { equations } = problem(30, 6);
    // the last column becomes a copy of the first
    const gram = equations.gram.slice();
    for (let i = 0; i < 6; i++) gram[i * 6 + 5] = gram[i * 6];
    for (let j = 0; j < 6; j++) gram[5 * 6 + j] = gram[j];
    const found = determinacy({ ...equations, gram }, 1e-9);
    expect(found.effectiveRank).toBe(5);
    expect(found.conditionNumber).toBeGreaterThan(1e7);
  });
});
