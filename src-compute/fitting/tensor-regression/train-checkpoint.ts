/** Where a fit of a tensor train goes on after a stop. */

/** Where between two widenings of the bonds a fit is. */
export interface TrainPhase {
  /** Sweeps done with these bonds. */
  readonly sweeps: number;
  /** Validation loss of the last of them; null without one. */
  readonly validation: number | null;
  /** λ by the evidence of the last of them. */
  readonly evidence: number | null;
  /** Levenberg–Marquardt steps, once the sweeps are done: damping μ, and steps in a row that gained little. */
  readonly steps?: { readonly damping: number; readonly slow: number };
}

/** All that is needed to go on after a stop, and to end in the same bits as without it. Plain data. */
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
  /** Absent in checkpoints of earlier versions, whose fits begin their sweeps anew. */
  readonly phase?: TrainPhase;
  /** Position of the random numbers. */
  readonly random?: number;
}
