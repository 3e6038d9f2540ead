/** Fits of tensor-regression potentials in tests: data made by a known model, workers without threads. */
import { FitPool } from '../../src-compute/fitting/fit-pool.ts';
import type { FitChannel, FitReply } from '../../src-compute/fitting/fit-protocol.ts';
import { tensorFitWorker } from '../../src-compute/fitting/fit-worker.ts';
import type { TensorPool } from '../../src-compute/fitting/tensor-regression/sums.ts';
import type { TensorFitSettings } from '../../src-compute/fitting/tensor-regression/settings.ts';
import type {
  TensorPassSettings,
  TensorPoint,
} from '../../src-compute/fitting/tensor-regression/tensor-pass.ts';
import { DEFAULT_WEIGHTS } from '../../src-compute/fitting/training-set.ts';
import {
  evaluateTensorRegression,
  headCount,
  type TensorRegressionModel,
} from '../../src-compute/potentials/tensor-regression/index.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { sourceOf } from './fit.ts';
import { randomConfiguration } from './physics.ts';

/** Structures of some atoms labelled by a model. */
export function labelledByTensor(
  model: TensorRegressionModel,
  count: number,
  atoms = 5,
  seed = 50,
): Configuration[] {
  return Array.from({ length: count }, (_, k) => {
    const structure = randomConfiguration(model.species, atoms, 5 + 0.03 * (k % 20), 1.9, seed + k);
    const { energy, forces, virial } = evaluateTensorRegression(model, structure);
    return { ...structure, energy, forces, virial };
  });
}

/** Workers that run the real worker code on this thread. */
export function tensorPool(
  configurations: readonly Configuration[],
  species: readonly string[],
  group: (index: number) => number = () => 0,
  workers = 1,
): TensorPool {
  const channels = Array.from({ length: workers }, (): FitChannel<TensorPassSettings, TensorPoint> => {
    let listener: (reply: FitReply) => void = () => undefined;
    const handle = tensorFitWorker((reply) => setImmediate(() => listener(reply)));
    return {
      post: (request) => void setImmediate(() => handle(structuredClone(request))),
      listen: (onReply) => (listener = onReply),
      terminate: () => undefined,
    };
  });
  return new FitPool(channels, sourceOf(configurations, species, group));
}

/** Settings of a fit with the descriptors of a model. */
export function tensorSettings(
  model: TensorRegressionModel,
  more: Partial<TensorFitSettings> = {},
): TensorFitSettings {
  const { species, cutoff, minimumDistance, radialSize, angularSize, angularRadial, elementWeighting } =
    model;
  return {
    descriptors: {
      species,
      cutoff,
      minimumDistance,
      radialSize,
      angularSize,
      angularRadial,
      elementWeighting,
    },
    mode: model.mode,
    heads: headCount(model),
    rank: 2,
    weights: DEFAULT_WEIGHTS,
    ridgeChoice: 'evidence',
    sweeps: 30,
    seed: 1,
    hasValidation: false,
    ...more,
  };
}
