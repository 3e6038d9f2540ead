/** Models that learn while a simulation runs. */
import {
  denseCount,
  descriptorLayout,
  type TensorRegressionModel,
} from '../../potentials/tensor-regression/index.ts';
import type { ZblModel } from '../../potentials/pair/zbl.ts';
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { DecoupledLearner } from './decoupled-learner.ts';
import type { LabelledFrame, OnlineLearner, OnlinePrediction, OnlineUpdate } from './learner.ts';
import { speciesOf } from './frames.ts';
import { LinearLearner } from './linear-learner.ts';
import { descriptorSettings, type OnlineLearnerSettings } from './settings.ts';

/** Coefficients up to which the automatic scheme solves for all heads together. */
const LARGEST_AUTOMATIC_JOINT = 600;

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
  /** Shortest distances of the learned frames, species × species of the model, Å; NaN where that is not known. */
  readonly shortest: Float64Array;
  /** What acts below them, beside the hand-over of the model; absent where they are not known. */
  readonly zbl: ZblModel | undefined;
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
  return settings.mode === 'shared' || solvesJointly(structure, settings)
    ? new LinearLearner(structure, settings)
    : new DecoupledLearner(structure, settings);
}

/** Whether per-atom heads are solved for together. */
function solvesJointly(structure: Configuration, settings: OnlineLearnerSettings): boolean {
  if (settings.scheme !== 'auto') return settings.scheme === 'joint';
  const { species } = speciesOf(structure);
  const { size } = descriptorLayout(descriptorSettings(species, settings));
  return atomCount(structure) * denseCount(size, settings.rank) <= LARGEST_AUTOMATIC_JOINT;
}
