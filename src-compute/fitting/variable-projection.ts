/**
 * Fit of the radial coefficients c by variable projection (Golub and Pereyra, SIAM J. Numer. Anal. 10 (1973) 413;
 * Inverse Problems 19 (2003) R1).
 *
 * The linear part x = (e, ξ) is eliminated exactly at every step: L(c) = min_x |y − A(c) x|² + λ|x|²_s. With
 * D = ∂(A x)/∂c the Gauss–Newton step of L is that of the joint problem with x eliminated by its Schur complement,
 *
 *   (DᵀD − DᵀA (AᵀA + λ)⁻¹ AᵀD + ν S) δc = Dᵀr,   r = y − A x,
 *
 * so that one pass over the data, which yields the Gram matrix of (A | D | y), gives the exact loss at c and the next
 * step. D is linearised at the x that the previous step predicts. Levenberg–Marquardt damping ν takes care of the gauge
 * freedom (mixing of the f_μ) as well.
 */
import { FitError } from '../errors.ts';
import { cholesky, choleskySolve, forwardSubstitute } from './linear-algebra.ts';
import { linearPart, solveRidge, type RidgeSolution } from './least-squares.ts';

/** Everything known at one point c after a pass. */
export interface ProjectionPoint {
  readonly radialCoefficients: Float64Array;
  /** x that D was linearised at. */
  readonly linearisedAt: Float64Array;
  readonly gram: Float64Array;
  readonly solution: RidgeSolution;
}

export interface GaussNewtonStep {
  readonly deltaRadial: Float64Array;
  readonly deltaLinear: Float64Array;
  /** Decrease of the objective that the linear model predicts. */
  readonly predictedDecrease: number;
}

/** Solves the linear part of a pass with radial columns and keeps what steps need. */
export function projectionPoint(
  gram: Float64Array,
  linear: number,
  radialCoefficients: Float64Array,
  linearisedAt: Float64Array,
  ridge: number,
  firstPenalised: number,
): ProjectionPoint {
  const total = linear + radialCoefficients.length + 1;
  const solution = solveRidge(linearPart(gram, total, linear), ridge, firstPenalised);
  return { radialCoefficients, linearisedAt, gram, solution };
}

/**
 * The Levenberg–Marquardt step at a point.
 * @param damping ν, relative to the diagonal of DᵀD
 */
export function gaussNewtonStep(point: ProjectionPoint, damping: number): GaussNewtonStep {
  const { gram, solution } = point;
  const { factor, scale, x } = solution;
  const n = x.length;
  const m = point.radialCoefficients.length;
  const total = n + m + 1;
  // columns of L⁻¹ S⁻¹ AᵀD, one per radial coefficient
  const reduced = Array.from({ length: m }, (_, k) => {
    const column = Float64Array.from({ length: n }, (_, i) => gram[i * total + n + k] / scale[i]);
    forwardSubstitute(factor, n, column);
    return column;
  });
  const schur = new Float64Array(m * m);
  const gradient = new Float64Array(m);
  for (let k = 0; k < m; k++) {
    const row = (n + k) * total;
    gradient[k] = gram[row + total - 1];
    for (let i = 0; i < n; i++) gradient[k] -= gram[row + i] * x[i];
    for (let l = 0; l <= k; l++) {
      let dot = 0;
      for (let i = 0; i < n; i++) dot += reduced[k][i] * reduced[l][i];
      schur[k * m + l] = schur[l * m + k] = gram[row + n + l] - dot;
    }
  }
  // the diagonal of DᵀD bounds that of the Schur complement and does not vanish along the gauge
  const diagonal = Float64Array.from({ length: m }, (_, k) => gram[(n + k) * total + n + k] || 1);
  let l: Float64Array | undefined;
  let nu = damping;
  for (; !l && nu < 1e30; nu *= 10) {
    const damped = schur.slice();
    for (let k = 0; k < m; k++) damped[k * m + k] += nu * diagonal[k];
    l = cholesky(damped, m);
  }
  if (!l) {
    throw new FitError('A step of the fit is not a finite number.', {
      remedy: 'Check the dataset for labels that are not numbers and for atoms on top of each other.',
    });
  }
  const deltaRadial = choleskySolve(l, m, gradient);
  // δx = −(AᵀA + λ)⁻¹ AᵀD δc
  const right = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < m; k++) right[i] -= (gram[i * total + n + k] * deltaRadial[k]) / scale[i];
  }
  const deltaLinear = choleskySolve(factor, n, right).map((value, i) => value / scale[i]);
  let predictedDecrease = 0;
  for (let k = 0; k < m; k++) {
    let curvature = 0;
    for (let j = 0; j < m; j++) curvature += schur[k * m + j] * deltaRadial[j];
    predictedDecrease += deltaRadial[k] * (2 * gradient[k] - curvature);
  }
  return { deltaRadial, deltaLinear, predictedDecrease };
}
