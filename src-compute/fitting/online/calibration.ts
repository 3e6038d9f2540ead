/**
 * How far predictions are to be believed. The variance of an error against the reference is taken as
 *
 *   s² = σ² + a·v,
 *
 * σ² the mean square residual on what was learned (lack of fit), v the posterior variance aᵀΣa of the linear model, and
 * a ≥ 1 a factor that makes it agree with the errors that were found when the reference was called on new frames:
 * consecutive frames of a trajectory are nearly the same, so a posterior that counts every one of them is too sure.
 */

/** Weight of one observed frame relative to the next. */
const MEMORY = 0.95;

export class ErrorCalibration {
  /** σ² */
  misfit = 0;
  /** Σ MEMORY^age of (e² − σ²) and of v. */
  #excess = 0;
  #variance = 0;

  /** a */
  get factor(): number {
    return this.#variance > 0 ? Math.max(1, this.#excess / this.#variance) : 1;
  }

  /**
   * Learns from one new frame.
   * @param square mean square error of the prediction
   * @param variance mean v of it
   */
  observe(square: number, variance: number): void {
    if (!Number.isFinite(square) || !Number.isFinite(variance)) return;
    this.#excess = MEMORY * this.#excess + square - this.misfit;
    this.#variance = MEMORY * this.#variance + variance;
  }

  /** s for a posterior variance v. */
  deviation(variance: number): number {
    return Math.sqrt(Math.max(this.misfit, 0) + this.factor * variance);
  }

  save(): number[] {
    return [this.misfit, this.#excess, this.#variance];
  }

  restore(saved: ArrayLike<number>, at: number): void {
    [this.misfit, this.#excess, this.#variance] = [saved[at], saved[at + 1], saved[at + 2]];
  }
}
