/**
 * Autoregressive model of what a force model leaves over along a trajectory: F_diff(t) ≈ Σ_{k=1}^q α_k F_diff(t − k),
 * one α_k for all components (docs/physics.md §2). α minimises Σ_t ω^age |F_diff(t) − Σ_k α_k F_diff(t − k)|²; its q × q
 * normal equations accumulate like those of the model. Where least squares gives a recursion that grows, its poles are
 * drawn into the unit circle (α_k ← γᵏ α_k, which scales every pole by γ), so that a forecast without new data decays.
 */
import { cholesky, choleskySolve } from '../linear-algebra.ts';

/** Largest reflection coefficient that counts as decaying. */
const LARGEST_REFLECTION = 0.999;
/** Relative ridge: histories that are multiples of each other stay solvable. */
const RIDGE = 1e-10;

export class AutoregressiveResidual {
  /** q; 0 makes every forecast zero. */
  readonly order: number;
  /** Components of one residual. */
  readonly size: number;
  /** α_1 … α_q */
  readonly coefficients: Float64Array;
  readonly #forgetting: number;
  /** The last q residuals, newest first, q × size; `#newest` is the ring's first row. */
  readonly #history: Float64Array;
  #newest = 0;
  #known = 0;
  /** Residuals in a row that were measured; forecasts that stand in for them are not learned from. */
  #measured = 0;
  readonly #gram: Float64Array;
  readonly #right: Float64Array;
  readonly #forecast: Float64Array;

  constructor(order: number, size: number, forgetting: number) {
    this.order = order;
    this.size = size;
    this.#forgetting = forgetting;
    this.coefficients = new Float64Array(order);
    this.#history = new Float64Array(order * size);
    this.#gram = new Float64Array(order * order);
    this.#right = new Float64Array(order);
    this.#forecast = new Float64Array(size);
  }

  /** Σ_k α_k F_diff(t − k); zero until q residuals are known. Overwritten by the next call. */
  forecast(): Float64Array {
    const { order, size, coefficients } = this;
    this.#forecast.fill(0);
    if (this.#known < order) return this.#forecast;
    for (let k = 0; k < order; k++) {
      const row = this.#row(k);
      const alpha = coefficients[k];
      for (let c = 0; c < size; c++) this.#forecast[c] += alpha * this.#history[row + c];
    }
    return this.#forecast;
  }

  /** Learns from the residual of the present step and remembers it. */
  observe(residual: Float64Array): void {
    if (this.order === 0) return;
    if (this.#measured >= this.order) this.#learn(residual);
    this.#push(residual);
    this.#measured++;
  }

  /** A step without reference: its forecast takes the residual's place. */
  advance(): void {
    if (this.order === 0) return;
    this.#push(this.forecast());
    this.#measured = 0;
  }

  #row(k: number): number {
    return ((this.#newest + k) % this.order) * this.size;
  }

  #push(residual: Float64Array): void {
    this.#newest = (this.#newest + this.order - 1) % this.order;
    this.#history.set(residual, this.#newest * this.size);
    this.#known = Math.min(this.#known + 1, this.order);
  }

  #learn(residual: Float64Array): void {
    const { order, size } = this;
    for (let k = 0; k < order; k++) {
      const row = this.#row(k);
      let right = 0;
      for (let c = 0; c < size; c++) right += this.#history[row + c] * residual[c];
      this.#right[k] = this.#forgetting * this.#right[k] + right;
      for (let l = 0; l <= k; l++) {
        const other = this.#row(l);
        let sum = 0;
        for (let c = 0; c < size; c++) sum += this.#history[row + c] * this.#history[other + c];
        this.#gram[k * order + l] = this.#forgetting * this.#gram[k * order + l] + sum;
        this.#gram[l * order + k] = this.#gram[k * order + l];
      }
    }
    const matrix = this.#gram.slice();
    for (let k = 0; k < order; k++) matrix[k * order + k] *= 1 + RIDGE;
    const factor = cholesky(matrix, order);
    if (factor) this.coefficients.set(stabilised(choleskySolve(factor, order, this.#right)));
  }

  /** All state, for `restore`. */
  save(): Float64Array {
    const arrays = [this.coefficients, this.#gram, this.#right, this.#history];
    const saved = new Float64Array(arrays.reduce((sum, array) => sum + array.length, 3));
    saved.set([this.#newest, this.#known, this.#measured]);
    let at = 3;
    for (const array of arrays) {
      saved.set(array, at);
      at += array.length;
    }
    return saved;
  }

  /** @returns whether the numbers fit */
  restore(saved: Float64Array): boolean {
    const q = this.order;
    if (saved.length !== 3 + q + q * q + q + q * this.size) return false;
    [this.#newest, this.#known, this.#measured] = saved;
    let at = 3;
    for (const array of [this.coefficients, this.#gram, this.#right, this.#history]) {
      array.set(saved.subarray(at, at + array.length));
      at += array.length;
    }
    return true;
  }
}

/** α with its poles drawn inwards until the recursion decays. */
export function stabilised(alpha: Float64Array): Float64Array {
  const result = alpha.slice();
  while (!(largestReflection(result) <= LARGEST_REFLECTION)) {
    let factor = 1;
    for (let k = 0; k < result.length; k++) {
      factor *= 0.99;
      result[k] *= factor;
    }
  }
  return result;
}

/**
 * Largest |reflection coefficient| of the recursion with these coefficients, by the step-down recursion: below 1 for
 * all of them exactly when every pole lies inside the unit circle (Schur–Cohn).
 */
export function largestReflection(alpha: ArrayLike<number>): number {
  let a = Float64Array.from(alpha);
  let largest = 0;
  while (a.length > 0) {
    const k = a.length - 1;
    const reflection = a[k];
    largest = Math.max(largest, Math.abs(reflection));
    if (!(Math.abs(reflection) < 1)) return largest;
    a = Float64Array.from(
      { length: k },
      (_, j) => (a[j] + reflection * a[k - 1 - j]) / (1 - reflection ** 2),
    );
  }
  return largest;
}
