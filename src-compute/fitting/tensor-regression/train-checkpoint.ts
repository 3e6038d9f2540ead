/** Where a fit of a tensor train goes on after a stop. */

/** All that is needed to go on after a stop, at most one sweep back. Plain data. */
export interface TrainCheckpoint {
  readonly stage: 'sweep';
  readonly sweep: number;
  readonly bonds: readonly number[];
  readonly cores: readonly number[];
  readonly constants: readonly number[];
  /** null while it is still sought */
  readonly ridge: number | null;
  /** τ: makes λ relative to the size of the columns. */
  readonly unit: number;
  readonly chi: number;
  readonly bestValidation: number | null;
  readonly passes: number;
}
