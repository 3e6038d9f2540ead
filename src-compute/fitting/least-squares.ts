/**
 * Ridge regression from normal equations. Columns are scaled to unit norm first, so that one ridge strength λ fits
 * basis functions of any magnitude:
 *
 *   minimise |y − A x|² + λ Σ_j (s_j x_j)²,  s_j = |A_j|,  over the columns that are penalised.
 */
import { FitError } from '../errors.ts';
import { cholesky, choleskySolve, symmetricEigenvalues } from './linear-algebra.ts';

/** Normal equations of the linear part: G = AᵀA (n × n), b = Aᵀy, c = yᵀy. */
export interface NormalEquations {
  readonly n: number;
  readonly gram: Float64Array;
  readonly right: Float64Array;
  readonly target: number;
}

export interface RidgeSolution {
  readonly x: Float64Array;
  /** |y − A x|², without the penalty. */
  readonly loss: number;
  /** Penalised objective. */
  readonly objective: number;
  /** Cholesky factor of the scaled matrix and the scales, for further solves. */
  readonly factor: Float64Array;
  readonly scale: Float64Array;
  /** λ that was used: raised when the matrix was not positive definite. */
  readonly ridge: number;
}

/** Cuts the first n columns and the target (last column) out of a Gram matrix of `total` columns. */
export function linearPart(gram: Float64Array, total: number, n: number): NormalEquations {
  const part = new Float64Array(n * n);
  for (let i = 0; i < n; i++) part.set(gram.subarray(i * total, i * total + n), i * n);
  const right = Float64Array.from({ length: n }, (_, i) => gram[i * total + total - 1]);
  return { n, gram: part, right, target: gram[total * total - 1] };
}

/**
 * Solves the ridge problem; when round-off makes the matrix indefinite, λ is raised tenfold until it is not.
 * @param ridge λ
 * @param firstPenalised columns before it are free (per-element energies)
 * @throws FitError when no λ up to 1 helps (NaN in the data)
 */
export function solveRidge(equations: NormalEquations, ridge: number, firstPenalised: number): RidgeSolution {
  const { n, gram, right } = equations;
  const scale = columnScales(gram, n);
  const scaled = scaledGram(gram, n, scale);
  const b = right.map((value, i) => value / scale[i]);
  for (let lambda = ridge; lambda <= 1; lambda = Math.max(10 * lambda, 1e-14)) {
    const matrix = scaled.slice();
    for (let i = 0; i < n; i++) matrix[i * n + i] += i < firstPenalised ? 1e-14 : lambda;
    const factor = cholesky(matrix, n);
    if (!factor) continue;
    const y = choleskySolve(factor, n, b);
    const x = y.map((value, i) => value / scale[i]);
    const loss = lossOf(equations, x);
    let penalty = 0;
    for (let i = firstPenalised; i < n; i++) penalty += lambda * y[i] * y[i];
    return { x, loss, objective: loss + penalty, factor, scale, ridge: lambda };
  }
  throw new FitError(
    'The normal equations of this fit cannot be solved: they contain numbers that are not finite.',
    {
      remedy: 'Check the dataset for NaN labels and atoms that lie on top of each other.',
    },
  );
}

/** |y − A x|² = c − 2 bᵀx + xᵀGx; never negative but for round-off, which is cut. */
export function lossOf(equations: NormalEquations, x: Float64Array): number {
  const { n, gram, right, target } = equations;
  let loss = target;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += gram[i * n + j] * x[j];
    loss += x[i] * (sum - 2 * right[i]);
  }
  return Math.max(loss, 0);
}

export function columnScales(gram: Float64Array, n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => Math.sqrt(gram[i * n + i]) || 1);
}

export function scaledGram(gram: Float64Array, n: number, scale: Float64Array): Float64Array {
  const scaled = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) scaled[i * n + j] = gram[i * n + j] / (scale[i] * scale[j]);
  return scaled;
}

/** How well the data determine the basis. */
export interface Determinacy {
  /** Ratio of the largest to the smallest singular value of the scaled design matrix. */
  readonly conditionNumber: number;
  /** Number of singular values above 1e-8 of the largest. */
  readonly effectiveRank: number;
  /** Σ σ²/(σ² + λ): how many parameters the data determine against the ridge. */
  readonly degreesOfFreedom: number;
  readonly columns: number;
}

/** Spectrum of the scaled normal equations in words that a user can judge. */
export function determinacy(equations: NormalEquations, ridge: number): Determinacy {
  const { n, gram } = equations;
  const eigenvalues = symmetricEigenvalues(scaledGram(gram, n, columnScales(gram, n)), n);
  const largest = eigenvalues[n - 1];
  const floor = 1e-16 * largest;
  let effectiveRank = 0;
  let degreesOfFreedom = 0;
  for (const value of eigenvalues) {
    if (value > floor) effectiveRank++;
    degreesOfFreedom += Math.max(value, 0) / (Math.max(value, 0) + ridge || 1);
  }
  return {
    conditionNumber: Math.sqrt(largest / Math.max(eigenvalues[0], floor)),
    effectiveRank,
    degreesOfFreedom,
    columns: n,
  };
}

/** A Gram matrix without its first columns and rows. */
export function dropLeading(gram: Float64Array, n: number, count: number): Float64Array {
  return dropColumns(gram, n, new Array<boolean>(count).fill(true));
}

/** A Gram matrix without some of its first columns and rows. @param dropped which of the first ones to leave out */
export function dropColumns(gram: Float64Array, n: number, dropped: readonly boolean[]): Float64Array {
  if (!dropped.includes(true)) return gram;
  const kept = Array.from({ length: n }, (_, k) => k).filter((k) => !dropped[k]);
  const rest = new Float64Array(kept.length ** 2);
  kept.forEach((row, i) => kept.forEach((column, j) => (rest[i * kept.length + j] = gram[row * n + column])));
  return rest;
}
