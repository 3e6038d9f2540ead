/** What every fit does with its data, whatever the functional form: deals them out, packs them, measures errors. */
import { FitError } from '../../../src-compute/errors.ts';
import {
  FOLDS,
  TEST_GROUP,
  TRAINING_GROUPS,
  VALIDATION_GROUP,
  withPart,
} from '../../../src-compute/fitting/fit-settings.ts';
import { addRepulsion, type RepulsiveTerm } from '../../../src-compute/fitting/repulsion/predictions.ts';
import { MetricsSum } from '../../../src-compute/fitting/metrics.ts';
import { SeededRandom } from '../../../src-compute/fitting/random.ts';
import {
  chunkBounds,
  packChunk,
  type Predictions,
  type TrainingChunk,
  type TrainingSource,
} from '../../../src-compute/fitting/training-set.ts';
import type { Metrics } from '../../../src-compute/potentials/document.ts';
import { joinSets, type ConfigurationSet } from '../../../src-compute/fitting/data/configuration-set.ts';
import { alikeSets, dealSets, shuffled } from './alike.ts';
import type { FitRequest } from './fit-request.ts';
import type { TrainingSurvey } from '../../../src-compute/fitting/data/survey.ts';

/** The sets of a fit. */
export interface FitSets {
  readonly train: ConfigurationSet;
  readonly validation?: ConfigurationSet;
  readonly test?: ConfigurationSet;
  readonly request: FitRequest;
}

/** Below this many configurations none are set aside for validation: each one counts. */
const LEAST_FOR_VALIDATION = 40;

/** r_min: as asked for, else just below the shortest distance in the data. */
export function chooseMinimumDistance(request: FitRequest, survey: TrainingSurvey): number {
  const shortest = survey.shortestDistance;
  const asked = 'minimumDistance' in request ? request.minimumDistance : undefined;
  const chosen = asked ?? (shortest === undefined ? 1 : Math.floor(95 * shortest) / 100);
  if (chosen >= request.cutoff) {
    throw new FitError(
      `The smallest distance ${chosen} Å of the radial basis should lie below the cutoff ${request.cutoff} Å.`,
      {
        remedy: 'Choose a larger --cutoff or a smaller --min-dist.',
      },
    );
  }
  return chosen;
}

/**
 * Group of every configuration of train, validation and test, in this order; for training with the part that it is held
 * out in, which structures that are alike share.
 * @param stopsEarly whether a share of the training data is held back to decide when to stop
 */
export function dealGroups(input: FitSets, stopsEarly: boolean): Int32Array {
  const { train, validation, test, request } = input;
  const total = train.count + (validation?.count ?? 0) + (test?.count ?? 0);
  const groups = new Int32Array(total).fill(TEST_GROUP);
  groups.fill(VALIDATION_GROUP, train.count, train.count + (validation?.count ?? 0));
  const share = validation || train.count < LEAST_FOR_VALIDATION || !stopsEarly ? 0 : request.validation;
  const random = new SeededRandom(request.seed ^ 0x5eed);
  // a shuffled deal, so that every group has its share of every part of the file
  const held = Math.round(share * train.count);
  shuffled(
    Array.from({ length: train.count }, (_, k) => k),
    random,
  ).forEach((k, rank) => (groups[k] = rank < held ? VALIDATION_GROUP : rank % TRAINING_GROUPS));
  // errors are judged by what is not alike: frames of a run, and identical structures, are held out together
  const parts = new Int32Array(train.count);
  dealSets(shuffled(alikeSets(train), random), FOLDS, parts);
  parts.forEach((part, k) => (groups[k] = withPart(groups[k], part)));
  return groups;
}

/** Chunks of train, validation and test, in this order. */
export function trainingSource(
  input: FitSets,
  species: readonly string[],
  groups: Int32Array,
  references: Float64Array | undefined,
): TrainingSource {
  const sets = [input.train, input.validation, input.test].filter((set) => set !== undefined);
  const all = joinSets(sets);
  const bounds = chunkBounds(all.atoms);
  return {
    chunkCount: bounds.length - 1,
    configurationCount: all.count,
    atomCount: all.atoms.reduce((sum, n) => sum + n, 0),
    chunk: (index): TrainingChunk => {
      const [from, to] = [bounds[index], bounds[index + 1]];
      return packChunk(all.range(from, to), species, (k) => groups[from + k], {
        referenceEnergies: references,
        importance: (k) => all.importance[from + k],
      });
    },
  };
}

/**
 * Errors on the training data (validation included) and on the test data.
 * @param predict goes over all chunks
 * @param predictions takes what was predicted, by chunk
 * @param repulsion terms that the learnt part is summed with
 */
export async function measure(
  source: TrainingSource,
  predict: (onChunk: (index: number, predictions: Predictions) => void) => Promise<void>,
  predictions = new Map<number, Predictions>(),
  repulsion: readonly RepulsiveTerm[] = [],
): Promise<{ train: Metrics; test?: Metrics }> {
  await predict((index, found) => predictions.set(index, found));
  const train = new MetricsSum();
  const test = new MetricsSum();
  let tests = 0;
  for (let index = 0; index < source.chunkCount; index++) {
    const chunk = await source.chunk(index);
    const found = predictions.get(index)!;
    addRepulsion(repulsion, chunk, found);
    for (let k = 0; k < chunk.count; k++) {
      const [first, end] = [chunk.atomStart[k], chunk.atomStart[k + 1]];
      const forces = chunk.forces.subarray(3 * first, 3 * end);
      const virial = chunk.virials.subarray(9 * k, 9 * k + 9);
      const isTest = chunk.group[k] === TEST_GROUP;
      if (isTest) tests++;
      (isTest ? test : train).add(
        end - first,
        {
          energy: found.energies[k],
          forces: found.forces.subarray(3 * first, 3 * end),
          virial: found.virials.subarray(9 * k, 9 * k + 9),
        },
        { energy: chunk.energies[k], forces, virial },
      );
    }
  }
  return tests > 0 ? { train: train.result(), test: test.result() } : { train: train.result() };
}
