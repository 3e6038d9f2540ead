/**
 * Least squares with one-sided rows: of all x with H x ≥ b, the one that is closest to the solution x₀ of a fit as the
 * data measure it,
 *
 *   minimise (x − x₀)ᵀ (G + μ S²) (x − x₀)   subject to   H x ≥ b,
 *
 * with G the normal equations and S the columns' norms. By duality x = x₀ + (G + μS²)⁻¹ Hᵀ λ, where λ ≥ 0 minimises
 * ½ λᵀ K λ − (b − H x₀)ᵀ λ, K = H (G + μS²)⁻¹ Hᵀ: a non-negative least-squares problem in as many unknowns as there are
 * rows that bind (Lawson and Hanson, Solving Least Squares Problems (1974), chapter 23). Rows are taken in by the worst
 * violation, so that most of them are never factorised. The data come first: a row that costs more than a part of their
 * loss is let go of.
 */
import { FitError } from '../../errors.ts';
import { backSubstitute, cholesky, choleskySolve, forwardSubstitute } from '../linear-algebra.ts';
import { columnScales, lossOf, scaledGram, type NormalEquations } from '../least-squares.ts';

/** One row of H x ≥ b. */
export interface OneSidedRow {
  readonly coefficients: Float64Array;
  readonly floor: number;
  /** Whatever it costs. */
  readonly isHard?: boolean;
}

export interface OneSidedSolution {
  readonly x: Float64Array;
  /** Rows that bind. */
  readonly binding: number;
  /** Increase of the loss |y − A x|² over that of x₀, in parts of it. */
  readonly lossIncrease: number;
}

/** What all rows together may add to the loss of the data, in parts of it. */
const BUDGET = 0.02;
/** Norm of columns that are zero for all data, as the stiffness sees it. */
const FREE_NORM = 1e-3;
/** Rows that are taken in at a time. */
const BATCH = 24;
/** Rounds at most. */
const ROUNDS = 400;
/** Smallest diagonal of K that counts, relative to its largest. */
const JITTER = 1e-12;

interface Row extends OneSidedRow {
  /** L⁻¹ S⁻¹ h, whose products make K. */
  readonly reduced: Float64Array;
  /** b − h·x₀ */
  readonly lift: number;
}

export class OneSidedFit {
  private readonly equations: NormalEquations;
  private readonly start: Float64Array;
  private readonly scale: Float64Array;
  private readonly factor: Float64Array;
  private readonly rows: Row[] = [];
  private readonly taken = new Set<OneSidedRow>();
  /** Loss that increases are counted against at least. */
  private readonly least: number;
  /** Loss with the rows that have to be met. */
  private base: number | undefined;

  /**
   * @param start x₀
   * @param stiffness μ: how much columns resist that the data hardly determine
   * @param negligible a loss that means nothing: rows may cost so much whatever the loss of the data is
   */
  constructor(equations: NormalEquations, start: Float64Array, stiffness: number, negligible = 0) {
    this.least = negligible / BUDGET;
    const { n, gram } = equations;
    this.equations = equations;
    this.start = start;
    // columns that are zero for all data are free to move
    this.scale = columnScales(gram, n).map((norm, j) => (gram[j * n + j] > 0 ? norm : FREE_NORM));
    const scaled = scaledGram(gram, n, this.scale);
    let factor: Float64Array | undefined;
    for (let mu = stiffness; !factor && mu <= 1; mu *= 10) {
      const matrix = scaled.slice();
      for (let j = 0; j < n; j++) matrix[j * n + j] += mu;
      factor = cholesky(matrix, n);
    }
    if (!factor) throw new FitError('The normal equations of this fit cannot be solved.');
    this.factor = factor;
  }

  /**
   * The closest solution that all rows allow.
   * @param tolerance by which a row may be missed, in the unit of its floor
   */
  solve(rows: readonly OneSidedRow[], tolerance: (row: OneSidedRow) => number): OneSidedSolution {
    // what has to be comes first, and what the rest may cost is counted from there
    for (const row of rows) {
      if (!row.isHard || this.taken.has(row)) continue;
      if (row.floor - dot(row.coefficients, this.start) > tolerance(row)) this.take(row);
    }
    let x = this.present();
    this.base ??= lossOf(this.equations, x);
    for (let round = 0; round < ROUNDS; round++) {
      const violated = rows
        .map((row) => ({ row, lack: (row.floor - dot(row.coefficients, x)) / tolerance(row) }))
        .filter(({ lack, row }) => lack > 1 && !this.taken.has(row))
        .sort((a, b) => b.lack - a.lack);
      if (violated.length === 0) break;
      for (const { row } of violated.slice(0, BATCH)) this.take(row);
      x = this.present();
      while (this.increase(x) > BUDGET && this.letGo()) x = this.present();
    }
    return {
      x,
      binding: this.multipliers.filter((value) => value > 0).length,
      lossIncrease: this.increase(x),
    };
  }

  /** Of the loss, in parts of it; round-off of sums over the data counts as no increase. */
  private increase(x: Float64Array): number {
    const loss = this.base ?? lossOf(this.equations, this.start);
    return (
      (lossOf(this.equations, x) - loss) / Math.max(loss, this.least, 1e-9 * this.equations.target, 1e-300)
    );
  }

  /** Lets go of the rows that cost the most, λ_i (b_i − h_i·x₀). @returns whether there was one */
  private letGo(): boolean {
    const costs = this.multipliers.map((lambda, k) => (this.rows[k].isHard ? 0 : lambda * this.rows[k].lift));
    const largest = Math.max(0, ...costs);
    if (largest === 0) return false;
    for (let k = costs.length - 1; k >= 0; k--) if (costs[k] > largest / 4) this.rows.splice(k, 1);
    return true;
  }

  private multipliers: number[] = [];

  private take(row: OneSidedRow): void {
    const { n } = this.equations;
    const reduced = row.coefficients.map((value, j) => value / this.scale[j]);
    forwardSubstitute(this.factor, n, reduced);
    this.taken.add(row);
    // what no coefficient changes cannot be cured
    if (!(dot(reduced, reduced) > 1e-20 * row.floor ** 2)) return;
    this.rows.push({ ...row, reduced, lift: row.floor - dot(row.coefficients, this.start) });
  }

  /** x of the rows that were taken in. */
  private present(): Float64Array {
    const { rows, scale, factor, start } = this;
    const { n } = this.equations;
    this.multipliers = nonNegative(rows);
    const step = new Float64Array(n);
    this.multipliers.forEach((lambda, k) => {
      if (lambda === 0) return;
      const { reduced } = rows[k];
      for (let j = 0; j < n; j++) step[j] += lambda * reduced[j];
    });
    backSubstitute(factor, n, step);
    return start.map((value, j) => value + step[j] / scale[j]);
  }
}

/** λ ≥ 0 that minimises ½ λᵀKλ − dᵀλ, by Lawson and Hanson's active sets; rows are normalised first. */
function nonNegative(rows: readonly Row[]): number[] {
  const count = rows.length;
  const norms = rows.map(({ reduced }) => Math.sqrt(dot(reduced, reduced)) || 1);
  const k = new Float64Array(count * count);
  for (let a = 0; a < count; a++) {
    for (let b = 0; b <= a; b++) {
      const value = dot(rows[a].reduced, rows[b].reduced) / (norms[a] * norms[b]);
      k[a * count + b] = k[b * count + a] = value;
    }
    k[a * count + a] += JITTER;
  }
  const d = rows.map(({ lift }, a) => lift / norms[a]);
  const largest = Math.max(...d.map(Math.abs), 1e-300);
  const lambda = new Float64Array(count);
  let passive: number[] = [];
  for (let iteration = 0; iteration < 3 * count + 10; iteration++) {
    const pull = d.map((value, a) => {
      let sum = value;
      for (const b of passive) sum -= k[a * count + b] * lambda[b];
      return sum;
    });
    let next = -1;
    for (let a = 0; a < count; a++) {
      if (!passive.includes(a) && pull[a] > 1e-9 * largest && (next < 0 || pull[a] > pull[next])) next = a;
    }
    if (next < 0) break;
    passive = settle([...passive, next], k, d, lambda, count);
  }
  return Array.from(lambda, (value, a) => value / norms[a]);
}

/** Solves on the passive rows and lets go of those that would pull the wrong way, the first to turn first. */
function settle(
  rows: number[],
  k: Float64Array,
  d: readonly number[],
  lambda: Float64Array,
  count: number,
): number[] {
  let passive = rows;
  for (;;) {
    const size = passive.length;
    if (size === 0) return passive;
    const matrix = new Float64Array(size * size);
    passive.forEach((a, i) => passive.forEach((b, j) => (matrix[i * size + j] = k[a * count + b])));
    const factor = cholesky(matrix, size);
    // a row that says what others say already
    if (!factor) {
      const last = passive[size - 1];
      lambda[last] = 0;
      return passive.slice(0, -1);
    }
    const goal = choleskySolve(
      factor,
      size,
      Float64Array.from(passive, (a) => d[a]),
    );
    let share = 1;
    passive.forEach((a, i) => {
      if (goal[i] <= 0 && lambda[a] - goal[i] > 0) share = Math.min(share, lambda[a] / (lambda[a] - goal[i]));
    });
    passive.forEach((a, i) => (lambda[a] += share * (goal[i] - lambda[a])));
    if (share === 1) return passive;
    passive = passive.filter((a, i) => {
      const keep = lambda[a] > 1e-15 && !(goal[i] <= 0 && lambda[a] <= 1e-12);
      if (!keep) lambda[a] = 0;
      return keep;
    });
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}
