/**
 * What a simulation that learns while it runs asks of its learner. The learner holds accumulated normal equations and
 * a present solution; adding data does not change the solution, solving does.
 */
import type { Evaluation, PotentialModelBase } from '../../potentials/potential.ts';

/** A labelled frame: the same atoms in the same order in every frame of a learner. */
export interface LabelledFrame {
  /** Å; 3N. Copied by the learner if it keeps them. */
  readonly positions: Float64Array;
  /** Å; 9 */
  readonly cell: Float64Array;
  /** eV */
  readonly energy: number;
  /** eV/Å; 3N */
  readonly forces: Float64Array;
  /** W = −∂E/∂ε, eV; 9. Absent where the reference gives none. */
  readonly virial?: Float64Array;
}

/** What one solution of the normal equations says about itself. */
export interface OnlineUpdate {
  readonly seconds: number;
  /** λ */
  readonly ridge: number;
  /** Frames that went into it. */
  readonly frames: number;
  /** On what was learned, or one step ahead in the decoupled scheme, eV/atom; NaN where unknown. */
  readonly energyRmse: number;
  /** The same of force components, eV/Å; NaN where unknown. */
  readonly forceRmse: number;
}

/** Overwritten by the learner's next prediction. */
export interface OnlinePrediction {
  readonly evaluation: Evaluation;
  /** Expected error of the total energy against the reference (calibration.ts), eV; NaN where not asked for. */
  readonly energyUncertainty: number;
  /**
   * Expected error of the force on each atom against the reference, lack of fit and posterior together (calibration.ts):
   * root mean square over its three components, eV/Å; N.
   */
  readonly forceUncertainty: Float64Array;
}

export interface OnlineLearner {
  /** Labelled frames added so far. */
  readonly frames: number;
  readonly parameters: number;
  /** Whether there is a solution to predict with. */
  readonly ready: boolean;
  /** Adds a frame to the normal equations; the present solution stays. */
  add(frame: LabelledFrame): void | Promise<void>;
  /**
   * Solves with all that was added.
   * @throws FitError when it cannot; the solution before stays
   */
  solve(): OnlineUpdate | Promise<OnlineUpdate>;
  /**
   * Predicts with the present solution. Called in order of time, at most once per step, and before `add` for the same
   * positions.
   * @param withUncertainty whether the standard deviations are needed
   */
  predict(
    positions: Float64Array,
    cell: Float64Array,
    withUncertainty: boolean,
  ): OnlinePrediction | Promise<OnlinePrediction>;
  /** Drops neighbour lists, so that the next prediction depends on its arguments alone. */
  forgetNeighbours?(): void;
  /** The present solution as an ordinary potential. */
  model(): PotentialModelBase;
  /** All that is needed to go on bit for bit. */
  save(): Uint8Array;
  /** @throws FitError when the bytes belong to another learner */
  restore(bytes: Uint8Array): void;
  dispose(): void;
}
