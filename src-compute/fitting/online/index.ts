/** Models that learn while a simulation runs. */
import type { Configuration } from '../../structure/configuration.ts';
import type { TensorRegressionModel } from '../../potentials/tensor-regression/index.ts';
import { DecoupledLearner } from './decoupled-learner.ts';
import type { LabelledFrame, OnlineLearner, OnlinePrediction, OnlineUpdate } from './learner.ts';
import { LinearLearner } from './linear-learner.ts';
import type { OnlineLearnerSettings } from './settings.ts';

export * from './learner.ts';
export { frameOf, requireSameAtoms } from './frames.ts';
export {
  completeOnlineLearnerSettings,
  onlineLearnerSchema,
  type OnlineLearnerInput,
  type OnlineLearnerSettings,
} from './settings.ts';
export { DecoupledLearner } from './decoupled-learner.ts';
export { LinearLearner } from './linear-learner.ts';

/** A learner of a tensor-regression potential: it answers at once, and its states can be merged. */
export interface TensorLearner extends OnlineLearner {
  add(frame: LabelledFrame): void;
  solve(): OnlineUpdate;
  predict(positions: Float64Array, cell: Float64Array, withUncertainty: boolean): OnlinePrediction;
  model(): TensorRegressionModel;
  /** Adds what another learner of the same structure and settings has learned. */
  merge(bytes: Uint8Array): void;
}

/**
 * Starts a learner.
 * @param structure symbols, kinds and periodicity stay for the run; the cell may change from call to call
 * @throws FitError when the settings ask for too large a system
 */
export function createOnlineLearner(
  structure: Configuration,
  settings: OnlineLearnerSettings,
): TensorLearner {
  return settings.mode === 'per-atom' && settings.scheme === 'decoupled'
    ? new DecoupledLearner(structure, settings)
    : new LinearLearner(structure, settings);
}
