/**
 * The autoregressive residual of a learner along its trajectory: predictions take its forecast, references that arrive
 * teach it, and steps without a reference let it run on.
 */
import { AutoregressiveResidual } from './autoregressive.ts';

export class TrajectoryResidual {
  readonly #model: AutoregressiveResidual;
  /** Whether the last prediction still waits for its reference. */
  #open = false;

  /** @param size 3N */
  constructor(order: number, size: number, forgetting: number) {
    this.#model = new AutoregressiveResidual(order, size, forgetting);
  }

  get active(): boolean {
    return this.#model.order > 0;
  }

  /** Whether the frame of the last prediction matters to what comes next. */
  get open(): boolean {
    return this.#open && this.active;
  }

  /** Adds the forecast to predicted forces of a new step. */
  correct(forces: Float64Array): void {
    if (!this.active) return;
    if (this.#open) this.#model.advance();
    this.#open = true;
    const forecast = this.#model.forecast();
    for (let k = 0; k < forces.length; k++) forces[k] += forecast[k];
  }

  /**
   * Learns from the residual F_reference − F_model of a step.
   * @param predicted whether it is the step that was predicted last
   */
  observe(residual: Float64Array, predicted: boolean): void {
    if (!this.active) return;
    if (this.#open && !predicted) this.#model.advance();
    this.#model.observe(residual);
    this.#open = false;
  }

  /** All state; the first number is `open`. */
  save(): Float64Array {
    const model = this.#model.save();
    const saved = new Float64Array(model.length + 1);
    saved[0] = this.#open ? 1 : 0;
    saved.set(model, 1);
    return saved;
  }

  restore(saved: Float64Array): void {
    this.#open = saved[0] === 1;
    this.#model.restore(saved.subarray(1));
  }
}
