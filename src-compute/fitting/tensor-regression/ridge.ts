/**
 * Ridge regression with free columns, and its strength by evidence. In columns scaled to unit norm, y_j = |A_j| x_j,
 *
 *   minimise |t − A x|² + λ Σ_j π_j y_j²,   π_j = 0 for free columns,
 *
 * is the mode of a Gaussian model: noise σ², prior y_j ~ N(0, σ²/(λ π_j)). Marginalised over x and with σ² at its best,
 *
 *   −2 ln p(t | λ) = N ln(O_λ/N) + ln det(G + λΠ) − n_π ln λ + const,   O_λ the objective at its minimum,
 *
 * which has a minimum in λ that needs no data held back (MacKay, Neural Comput. 4 (1992) 415). The posterior of x is
 * Gaussian with covariance σ²(G + λΠ)⁻¹ in scaled columns, σ² = O_λ/N.
 */
import { FitError } from '../../errors.ts';
import { cholesky, choleskySolve, forwardSubstitute } from '../linear-algebra.ts';
import { columnScales, lossOf, scaledGram, type NormalEquations } from '../least-squares.ts';

/** What is added to free columns, so that a column without data stays solvable. */
const FREE = 1e-14;
/** λ below this is lost in the round-off of the sums. */
const LEAST_RIDGE = 1e-13;

export interface PenalisedSolution {
  readonly x: Float64Array;
  /** |t − A x|² */
  readonly loss: number;
  /** Loss and penalty. */
  readonly objective: number;
  /** λ that was used: raised where the matrix was not positive definite. */
  readonly ridge: number;
  /** Cholesky factor of the scaled G + λΠ. */
  readonly factor: Float64Array;
  /** |A_j| */
  readonly scale: Float64Array;
}

/** A least-squares problem, scaled once for many λ. */
export class PenalisedLeastSquares {
  readonly equations: NormalEquations;
  readonly penalties: Float64Array;
  private readonly scale: Float64Array;
  private readonly scaled: Float64Array;
  private readonly right: Float64Array;

  /**
   * @param penalties π_j ≥ 0 per column
   * @throws FitError for sums that are not finite
   */
  constructor(equations: NormalEquations, penalties: Float64Array) {
    this.equations = equations;
    this.penalties = penalties;
    const { n, gram, right, target } = equations;
    if (!Number.isFinite(target) || !gram.every(Number.isFinite)) {
      throw new FitError(
        'The sums of this fit are not finite: a label or a position is not a number, or numbers overflow.',
        { remedy: 'Check the dataset for NaN labels and atoms that lie on top of each other.' },
      );
    }
    this.scale = columnScales(gram, n);
    this.scaled = scaledGram(gram, n, this.scale);
    this.right = right.map((value, j) => value / this.scale[j]);
  }

  /**
   * The minimum for a given λ. λ = 0 is allowed and means the smallest that round-off lets take effect, so that a
   * rank-deficient system has the answer of least norm; `ridge` says which λ was used.
   */
  solve(ridge: number): PenalisedSolution {
    const { n } = this.equations;
    const matrix = new Float64Array(n * n);
    for (let lambda = Math.max(ridge, LEAST_RIDGE); lambda <= 1e3; lambda *= 10) {
      matrix.set(this.scaled);
      for (let j = 0; j < n; j++) matrix[j * n + j] += lambda * this.penalties[j] + FREE;
      const factor = cholesky(matrix, n);
      if (!factor) continue;
      const y = choleskySolve(factor, n, this.right);
      const x = y.map((value, j) => value / this.scale[j]);
      const loss = lossOf(this.equations, x);
      let penalty = 0;
      for (let j = 0; j < n; j++) penalty += lambda * this.penalties[j] * y[j] * y[j];
      return { x, loss, objective: loss + penalty, ridge: lambda, factor, scale: this.scale };
    }
    throw new FitError('The normal equations of this fit cannot be solved with any ridge strength.', {
      remedy: 'Check the dataset for labels of an impossible size.',
    });
  }

  /** −2 ln p(t | λ) up to a constant. @param rows number of labels N */
  evidence(solution: PenalisedSolution, rows: number): number {
    const { n } = this.equations;
    let logDeterminant = 0;
    let penalised = 0;
    for (let j = 0; j < n; j++) {
      logDeterminant += 2 * Math.log(solution.factor[j * n + j]);
      if (this.penalties[j] > 0) penalised++;
    }
    // an exact fit has no noise to speak of: stay away from ln 0
    const noise = Math.max(solution.objective, 1e-24 * this.equations.target, Number.MIN_VALUE) / rows;
    return rows * Math.log(noise) + logDeterminant - penalised * Math.log(solution.ridge);
  }
}

const LOG_STEP = 1;
const [LOWEST, HIGHEST] = [-13, 1];

/** λ of the largest evidence: by steps of ten from 1e-7 downhill, then a parabola through the last three in ln λ. */
export function ridgeByEvidence(problem: PenalisedLeastSquares, rows: number): PenalisedSolution {
  const known = new Map<number, { value: number; solution: PenalisedSolution }>();
  const at = (exponent: number) => {
    const found = known.get(exponent);
    if (found) return found;
    const solution = problem.solve(10 ** exponent);
    const entry = { value: problem.evidence(solution, rows), solution };
    known.set(exponent, entry);
    return entry;
  };
  let best = -7;
  for (const direction of [LOG_STEP, -LOG_STEP]) {
    for (;;) {
      const next = best + direction;
      if (next < LOWEST || next > HIGHEST || at(next).value >= at(best).value) break;
      best = next;
    }
  }
  if (best - LOG_STEP < LOWEST || best + LOG_STEP > HIGHEST) return at(best).solution;
  const [low, middle, high] = [at(best - LOG_STEP).value, at(best).value, at(best + LOG_STEP).value];
  const curvature = low - 2 * middle + high;
  const shift = curvature > 0 ? (LOG_STEP * (low - high)) / (2 * curvature) : 0;
  return Math.abs(shift) < 0.05 ? at(best).solution : at(best + shift).solution;
}

/** Σ σ²/(σ² + λ) over the directions of the penalised columns: n − λ tr[(G + λΠ)⁻¹ Π]. */
export function degreesOfFreedom(problem: PenalisedLeastSquares, solution: PenalisedSolution): number {
  const { n } = problem.equations;
  const { factor, ridge } = solution;
  // tr[(L Lᵀ)⁻¹ Π] = Σ_j π_j |L⁻¹ e_j|²
  const column = new Float64Array(n);
  let trace = 0;
  for (let j = 0; j < n; j++) {
    if (problem.penalties[j] === 0) continue;
    column.fill(0);
    let square = 0;
    for (let i = j; i < n; i++) {
      let sum = i === j ? 1 : 0;
      for (let k = j; k < i; k++) sum -= factor[i * n + k] * column[k];
      column[i] = sum / factor[i * n + i];
      square += column[i] * column[i];
    }
    trace += problem.penalties[j] * square;
  }
  return n - ridge * trace;
}

/**
 * Largest over smallest singular value of the scaled design matrix, by power iterations on G + λΠ and its inverse; what
 * lies below √λ cannot be told from it.
 */
export function conditionNumber(problem: PenalisedLeastSquares, solution: PenalisedSolution): number {
  const { n } = problem.equations;
  const { factor } = solution;
  const start = Float64Array.from({ length: n }, (_, j) => 1 + 0.1 * Math.sin(j));
  const iterate = (apply: (v: Float64Array) => Float64Array): number => {
    let v = start;
    let norm = 1;
    for (let k = 0; k < 40; k++) {
      const next = apply(v);
      norm = Math.sqrt(next.reduce((sum, value) => sum + value * value, 0));
      v = next.map((value) => value / norm);
    }
    return norm;
  };
  const inverse = iterate((v) => choleskySolve(factor, n, v));
  const largest = iterate((v) => {
    // L (Lᵀ v)
    const up = new Float64Array(n);
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) up[j] += factor[i * n + j] * v[i];
    const down = new Float64Array(n);
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) down[i] += factor[i * n + j] * up[j];
    return down;
  });
  return Math.sqrt(largest * inverse);
}

/** Gaussian posterior of the coefficients of a linear model. */
export interface LinearPosterior {
  /** Cholesky factor of the scaled G + λΠ, n × n. */
  readonly factor: Float64Array;
  readonly scale: Float64Array;
  /** σ²: variance of a label of weight 1. */
  readonly variance: number;
}

/** Posterior that belongs to a solution. @param rows number of labels N */
export function posteriorOf(solution: PenalisedSolution, rows: number): LinearPosterior {
  return {
    factor: solution.factor,
    scale: solution.scale,
    variance: Math.max(solution.objective, 0) / Math.max(rows, 1),
  };
}

/**
 * Standard deviation of aᵀx for an unweighted design row a, from the uncertainty of the coefficients alone:
 * √(σ² aᵀ(G + λΠ)⁻¹a).
 */
export function standardDeviation(posterior: LinearPosterior, row: Float64Array): number {
  const { factor, scale, variance } = posterior;
  const y = row.map((value, j) => value / scale[j]);
  forwardSubstitute(factor, y.length, y);
  let square = 0;
  for (const value of y) square += value * value;
  return Math.sqrt(variance * square);
}
