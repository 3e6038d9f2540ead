/** What every fit does with its data, whatever the functional form: deals them out, packs them, measures errors. */
import { FitError } from '../../../src-compute/errors.ts';
import type { FitPool } from '../../../src-compute/fitting/fit-pool.ts';
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
import { alikeSets, dealSets, shuffled } from './alike.ts';
import { joinSets, type ConfigurationSet } from './configuration-set.ts';
import type { FitRequest } from './fit-request.ts';
import type { TrainingSurvey } from './survey.ts';

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
  const chosen = request.minimumDistance ?? (shortest === undefined ? 1 : Math.floor(95 * shortest) / 100);
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

/** Energies per element. */
export interface ReferenceEnergies {
  /** Fixed to those of isolated atoms in the data, NaN where the data have none, eV. */
  readonly fixed: Float64Array;
  readonly sentence: string;
  /** What is wrong with them. */
  readonly warnings: readonly string[];
}

/** Per-element energies: fixed to those of isolated atoms of the elements that the data have some of, else fitted. */
export function referenceEnergies(survey: TrainingSurvey): ReferenceEnergies {
  const { species, isolatedAtoms, contradictions } = survey;
  const fixed = Float64Array.from(species, (name) => isolatedAtoms.get(name) ?? NaN);
  const known = species.filter((name) => isolatedAtoms.has(name));
  const lacking = species.filter((name) => !isolatedAtoms.has(name));
  const list = known.map((name) => `${name} ${isolatedAtoms.get(name)!.toFixed(4)} eV`).join(', ');
  const warnings = [...contradictions].map(
    ([name, [low, high]]) =>
      `The data have isolated ${name} atoms of different energies, from ${low.toFixed(4)} to ${high.toFixed(4)} eV: the lowest is taken, as an atom's ground state is. Leave out the frames that are wrong.`,
  );
  if (known.length === 0) {
    const sentence =
      'Reference energies per element are fitted by least squares: the data have no isolated atoms.';
    return { fixed, sentence, warnings };
  }
  const rest =
    lacking.length > 0
      ? ` That of ${lacking.join(', ')} is fitted: the data have no isolated atom of ${lacking.length > 1 ? 'these elements' : 'this element'}.`
      : '';
  if (lacking.length > 0) {
    warnings.push(
      `The data have isolated atoms of ${known.join(', ')} and none of ${lacking.join(', ')}: energies of atomisation hold for the former only.`,
    );
  }
  return {
    fixed,
    sentence: `Reference energies are those of the isolated atoms in the data: ${list}.${rest}`,
    warnings,
  };
}

/** Energies that are taken off the data; 0 where they are fitted. */
export function takenOff({ fixed }: ReferenceEnergies): Float64Array {
  return fixed.map((energy) => (Number.isNaN(energy) ? 0 : energy));
}

/**
 * Group of every configuration of train, validation and test, in this order; for training with the part that it is held
 * out in, which structures that are alike share.
 */
export function dealGroups(input: FitSets): Int32Array {
  const { train, validation, test, request } = input;
  const total = train.count + (validation?.count ?? 0) + (test?.count ?? 0);
  const groups = new Int32Array(total).fill(TEST_GROUP);
  groups.fill(VALIDATION_GROUP, train.count, train.count + (validation?.count ?? 0));
  const share = validation || train.count < LEAST_FOR_VALIDATION || request.linear ? 0 : request.validation;
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
 * @param predictions takes what was predicted, by chunk
 * @param repulsion terms that the learnt part is summed with
 */
export async function measure<Settings, Point>(
  pool: FitPool<Settings, Point>,
  source: TrainingSource,
  point: Point,
  x: Float64Array,
  predictions = new Map<number, Predictions>(),
  repulsion: readonly RepulsiveTerm[] = [],
): Promise<{ train: Metrics; test?: Metrics }> {
  await pool.predict(point, x, (index, found) => predictions.set(index, found));
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
