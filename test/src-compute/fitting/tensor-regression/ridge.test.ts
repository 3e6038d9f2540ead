/** Ridge regression, evidence and posterior against their definitions on small random problems. */
import { describe, expect, it } from 'vitest';
import {
  conditionNumber,
  degreesOfFreedom,
  PenalisedLeastSquares,
  posteriorOf,
  ridgeByEvidence,
  standardDeviation,
} from '../../../../src-compute/fitting/tensor-regression/ridge.ts';
import { symmetricEigenvalues } from '../../../../src-compute/fitting/linear-algebra.ts';
import { SeededRandom } from '../../../../src-compute/fitting/random.ts';

/** rows × n design matrix and targets A x + noise. */
function problem(rows: number, n: number, noise: number, seed = 3) {
  const random = new SeededRandom(seed);
  const a = Array.from({ length: rows }, () =>
    Float64Array.from({ length: n }, (_, j) => random.normal() * (1 + j)),
  );
  const x = Float64Array.from({ length: n }, () => random.normal());
  const t = a.map((row) => row.reduce((sum, value, j) => sum + value * x[j], 0) + noise * random.normal());
  const gram = new Float64Array(n * n);
  const right = new Float64Array(n);
  a.forEach((row, r) =>
    row.forEach((value, i) => {
      right[i] += value * t[r];
      row.forEach((other, j) => (gram[i * n + j] += value * other));
    }),
  );
  return { a, x, t, equations: { n, gram, right, target: t.reduce((sum, y) => sum + y * y, 0) } };
}

/** ln det and solution of a symmetric positive system by elimination. */
function solveDense(matrix: number[][], b: number[]): { x: number[]; logDeterminant: number } {
  const rows = matrix.map((row, i) => [...row, b[i]]);
  let logDeterminant = 0;
  for (let i = 0; i < rows.length; i++) {
    logDeterminant += Math.log(rows[i][i]);
    for (let k = i + 1; k < rows.length; k++) {
      const factor = rows[k][i] / rows[i][i];
      rows[k].forEach((_, j) => (rows[k][j] -= factor * rows[i][j]));
    }
  }
  const x = new Array<number>(rows.length).fill(0);
  for (let i = rows.length - 1; i >= 0; i--) {
    x[i] = rows[i][rows.length];
    for (let j = i + 1; j < rows.length; j++) x[i] -= rows[i][j] * x[j];
    x[i] /= rows[i][i];
  }
  return { x, logDeterminant };
}

describe('penalised least squares', () => {
  it('leaves free columns alone: a large λ gives their own fit', () => {
    const { a, t, equations } = problem(40, 3, 0.1);
    const solution = new PenalisedLeastSquares(equations, Float64Array.of(0, 1, 1)).solve(1e3);
    const own =
      a.reduce((sum, row, r) => sum + row[0] * t[r], 0) / a.reduce((sum, row) => sum + row[0] ** 2, 0);
    expect(solution.x[0]).toBeCloseTo(own, 2);
    expect(Math.abs(solution.x[1])).toBeLessThan(1e-2);
  });

  it('has an evidence that is the marginal likelihood of the targets', () => {
    const { a, t, equations } = problem(12, 4, 0.5);
    const penalties = Float64Array.of(1, 2, 1, 0.5);
    const least = new PenalisedLeastSquares(equations, penalties);
    const norms = [0, 1, 2, 3].map((j) => Math.sqrt(equations.gram[5 * j]));
    // t ~ N(0, σ²C), C = 1 + A S (λΠ)⁻¹ S Aᵀ with S = 1/norms; at its best σ² = tᵀC⁻¹t/N
    const direct = (lambda: number) => {
      const covariance = a.map((row, r) =>
        a.map((other, s) =>
          row.reduce(
            (sum, value, j) => sum + (value * other[j]) / (norms[j] ** 2 * lambda * penalties[j]),
            r === s ? 1 : 0,
          ),
        ),
      );
      const { x, logDeterminant } = solveDense(covariance, t);
      const quadratic = t.reduce((sum, y, r) => sum + y * x[r], 0);
      return t.length * Math.log(quadratic / t.length) + logDeterminant;
    };
    const ours = (lambda: number) => least.evidence(least.solve(lambda), t.length);
    for (const [low, high] of [
      [1e-6, 1e-3],
      [1e-3, 0.3],
    ]) {
      expect(ours(high) - ours(low)).toBeCloseTo(direct(high) - direct(low), 6);
    }
    const best = ridgeByEvidence(least, t.length).ridge;
    expect(direct(best)).toBeLessThan(Math.min(direct(best / 10), direct(best * 10)));
  });

  it('has the posterior covariance of a linear Gaussian model', () => {
    const { a, equations } = problem(30, 3, 0.4);
    const least = new PenalisedLeastSquares(equations, Float64Array.of(1, 1, 1));
    const solution = least.solve(1e-2);
    const posterior = posteriorOf(solution, 30);
    const row = Float64Array.of(0.3, -1, 2);
    const matrix = [0, 1, 2].map((i) =>
      [0, 1, 2].map((j) => equations.gram[3 * i + j] * (i === j ? 1.01 : 1)),
    );
    const { x } = solveDense(matrix, Array.from(row));
    const variance = (solution.objective / 30) * row.reduce((sum, value, j) => sum + value * x[j], 0);
    expect(standardDeviation(posterior, row)).toBeCloseTo(Math.sqrt(variance), 9);
    expect(a).toHaveLength(30);
  });

  it('counts degrees of freedom and finds the condition number', () => {
    const { equations } = problem(50, 5, 0.1);
    const least = new PenalisedLeastSquares(equations, new Float64Array(5).fill(1));
    const lambda = 0.2;
    const solution = least.solve(lambda);
    const scaled = equations.gram.map(
      (value, k) => value / Math.sqrt(equations.gram[6 * Math.floor(k / 5)] * equations.gram[6 * (k % 5)]),
    );
    const spectrum = symmetricEigenvalues(scaled, 5);
    const expected = spectrum.reduce((sum, value) => sum + value / (value + lambda), 0);
    expect(degreesOfFreedom(least, solution)).toBeCloseTo(expected, 9);
    const ratio = Math.sqrt((spectrum[4] + lambda) / (spectrum[0] + lambda));
    expect(conditionNumber(least, solution) / ratio).toBeCloseTo(1, 2);
  });

  it('solves a rank-deficient system with λ = 0 by the smallest λ that arithmetic allows', () => {
    const { equations } = problem(40, 3, 0);
    const n = 4;
    // the last column is the first once more
    const from = [0, 1, 2, 0];
    const gram = Float64Array.from(
      { length: n * n },
      (_, k) => equations.gram[3 * from[Math.floor(k / n)] + from[k % n]],
    );
    const right = Float64Array.from(from, (j) => equations.right[j]);
    const solution = new PenalisedLeastSquares(
      { n, gram, right, target: equations.target },
      new Float64Array(n).fill(1),
    ).solve(0);
    expect(solution.loss).toBeLessThan(1e-10 * equations.target);
    expect(solution.x[0]).toBeCloseTo(solution.x[3], 3);
    expect(solution.ridge).toBe(1e-13);
  });

  it('says in a sentence that sums are not finite', () => {
    const { equations } = problem(10, 2, 0.1);
    equations.gram[1] = NaN;
    expect(() => new PenalisedLeastSquares(equations, new Float64Array(2))).toThrow('not finite');
  });
});
