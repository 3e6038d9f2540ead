/**
 * Who computes a step, the reference or the model.
 *
 * The error of the model is measured whenever both have computed the same positions: δ² = Σ(F_model − F_ref)²/3N, taken
 * over the last few comparisons. The posterior standard deviations σ_i of the forces are scaled so that they explain the
 * same comparisons: c² = Σδ²/Σ⟨σ²⟩; the predicted error on atom i is c σ_i.
 *
 * Phases: `learning` (the reference computes every step), `model` (the model computes, the reference is called on
 * schedule or when some c σ_i is too large), and `relearning` (as learning, after a comparison beyond the tolerance, until
 * a window of comparisons is within it).
 */
import type { OnTheFlySettings } from './settings.ts';

export const PHASES = ['learning', 'model', 'relearning'] as const;
export type Phase = (typeof PHASES)[number];

/** Why a step was computed the way it was. */
export const REASONS = ['learning', 'relearning', 'check', 'uncertain', 'model'] as const;
export type Reason = (typeof REASONS)[number];

/** One comparison of model and reference at the same positions. */
export interface Comparison {
  readonly step: number;
  /** Root mean square of the differences of force components, eV/Å. */
  readonly forceRmse: number;
  /** Mean absolute difference of force components, eV/Å. */
  readonly forceMae: number;
  /** Model − reference, eV/atom. */
  readonly energyError: number;
  /** Root mean square of the posterior standard deviations before scaling, eV/Å. */
  readonly sigma: number;
}

export class OnTheFlyPolicy {
  readonly #settings: OnTheFlySettings;
  /** Force errors and deviations of the last comparisons, oldest first. */
  #errors: number[] = [];
  #sigmas: number[] = [];
  phase: Phase = 'learning';
  /** Step of the last call of the reference. */
  lastReference = -1;
  /** Reference frames since the last solution. */
  sinceUpdate = 0;
  /** Reference frames in the present phase of learning. */
  learned = 0;

  constructor(settings: OnTheFlySettings) {
    this.#settings = settings;
  }

  /** Root mean square error of the forces over the last comparisons, eV/Å; NaN before the first. */
  get error(): number {
    return rms(this.#errors);
  }

  /** c: by how much the posterior deviations must be scaled to explain the errors; 1 before they can be compared. */
  get calibration(): number {
    const [error, sigma] = [rms(this.#errors), rms(this.#sigmas)];
    return error > 0 && sigma > 0 ? error / sigma : 1;
  }

  /** Predicted error on one atom beyond which the reference is called, eV/Å. */
  get atomTolerance(): number {
    return this.#settings.atomTolerance ?? 3 * this.#settings.tolerance;
  }

  /** Whether the uncertainty is wanted for this step of the model. */
  wantsUncertainty(step: number): boolean {
    return this.phase !== 'model' || step % this.#settings.uncertaintyEvery === 0 || this.#due(step);
  }

  #due(step: number): boolean {
    return step - this.lastReference >= this.#settings.checkEvery;
  }

  /** In a phase of learning: whether model and reference are compared at this frame, just before the next solution. */
  get comparesNext(): boolean {
    return this.sinceUpdate + 1 >= this.#updateEvery;
  }

  /** Whether a solution is due now that a frame was added. */
  get updateDue(): boolean {
    return this.sinceUpdate >= this.#updateEvery;
  }

  /** After the first phase every frame of the reference is learned at once. */
  get #updateEvery(): number {
    return this.phase === 'learning' ? this.#settings.updateEvery : 1;
  }

  /**
   * Who computes this step.
   * @param predicted largest c σ_i of the model's prediction, eV/Å; NaN when there is none
   */
  decide(step: number, predicted: number): Reason {
    if (this.phase !== 'model') return this.phase;
    if (this.#due(step)) return 'check';
    return predicted > this.atomTolerance ? 'uncertain' : 'model';
  }

  /** Notes that the reference has computed a step whose frame was added to the learner. */
  referenceComputed(step: number): void {
    this.lastReference = step;
    this.sinceUpdate++;
    this.learned++;
  }

  /** Notes a solution. */
  updated(): void {
    this.sinceUpdate = 0;
  }

  /** Notes a comparison; the model hands back to the reference when it is beyond the tolerance. */
  compared(comparison: Comparison): void {
    this.#errors.push(comparison.forceRmse);
    this.#sigmas.push(comparison.sigma);
    if (this.#errors.length > this.#settings.window) {
      this.#errors.shift();
      this.#sigmas.shift();
    }
    if (this.phase === 'model' && !(comparison.forceRmse <= this.#settings.tolerance)) {
      this.phase = 'relearning';
      this.learned = 0;
      this.#errors = [];
      this.#sigmas = [];
    }
  }

  /**
   * Lets the model take over when it may.
   * @param ready whether there is a solution that contains all frames
   * @returns whether it has taken over
   */
  takeOver(ready: boolean): boolean {
    if (this.phase === 'model' || !ready) return false;
    if (this.phase === 'learning' && this.learned < this.#settings.learnSteps) return false;
    // a short first phase has fewer comparisons than the window holds
    const possible = Math.floor(this.#settings.learnSteps / this.#settings.updateEvery) - 1;
    const wanted =
      this.phase === 'learning' ? Math.min(this.#settings.window, possible) : this.#settings.window;
    if (this.#errors.length < wanted || this.#errors.length === 0) return false;
    if (!(this.error <= this.#settings.tolerance)) return false;
    this.phase = 'model';
    return true;
  }

  /** State as plain numbers. */
  save(): Float64Array {
    const head = [PHASES.indexOf(this.phase), this.lastReference, this.sinceUpdate, this.learned];
    return Float64Array.of(...head, ...this.#errors, ...this.#sigmas);
  }

  restore(saved: Float64Array): void {
    const [phase, last, since, learned] = saved;
    this.phase = PHASES[phase] ?? 'learning';
    this.lastReference = last;
    this.sinceUpdate = since;
    this.learned = learned;
    const count = (saved.length - 4) / 2;
    this.#errors = Array.from(saved.subarray(4, 4 + count));
    this.#sigmas = Array.from(saved.subarray(4 + count));
  }
}

function rms(values: readonly number[]): number {
  if (values.length === 0) return NaN;
  return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
}
