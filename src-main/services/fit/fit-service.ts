/**
 * A fit from data to potential document: surveys the data, deals configurations into groups, runs the fit on worker
 * threads, measures errors, adds the repulsive baseline and writes down where everything came from.
 */
import { availableParallelism } from 'node:os';
import { fitMomentTensor } from '../../../src-compute/fitting/fit-moment-tensor.ts';
import { FitPool } from '../../../src-compute/fitting/fit-pool.ts';
import {
  TEST_GROUP,
  TRAINING_GROUPS,
  VALIDATION_GROUP,
  type FitCheckpoint,
  type FitPoint,
  type FitProgress,
  type MomentTensorFitResult,
} from '../../../src-compute/fitting/fit-settings.ts';
import { MetricsSum } from '../../../src-compute/fitting/metrics.ts';
import { SeededRandom } from '../../../src-compute/fitting/random.ts';
import {
  chunkBounds,
  packChunk,
  type TrainingChunk,
  type TrainingSource,
} from '../../../src-compute/fitting/training-set.ts';
import { FitError, PotentialError } from '../../../src-compute/errors.ts';
import type { Metrics, PotentialDocument, Provenance } from '../../../src-compute/potentials/document.ts';
import { generateMomentGraph } from '../../../src-compute/potentials/moment-tensor/basis.ts';
import type { MomentTensorModel } from '../../../src-compute/potentials/moment-tensor/model.ts';
import type { ZblModel } from '../../../src-compute/potentials/pair/index.ts';
import { parameterCount, type PotentialModel } from '../../../src-compute/potentials/registry.ts';
import { sumModel } from '../../../src-compute/potentials/sum/sum.ts';
import { isElement } from '../../../src-compute/structure/elements.ts';
import { PROGRAM } from '../program.ts';
import { joinSets, type ConfigurationSet } from './configuration-set.ts';
import { openFitChannels } from './fit-channels.ts';
import type { FitRequest } from './fit-request.ts';
import { surveyTraining, type TrainingSurvey } from './survey.ts';

export interface FitInput {
  readonly name: string;
  readonly train: ConfigurationSet;
  /** Used to decide when to stop, instead of a random share of the training data. */
  readonly validation?: ConfigurationSet;
  readonly test?: ConfigurationSet;
  readonly request: FitRequest;
  /** Files or datasets, for the provenance. */
  readonly data: Provenance['data'];
  /** A potential to start from: its radial functions. */
  readonly initial?: MomentTensorModel;
}

export interface FitOptions {
  readonly signal?: AbortSignal;
  readonly resume?: FitCheckpoint;
  onProgress?(progress: FitProgress): void;
  onCheckpoint?(checkpoint: FitCheckpoint): void;
  /** Sentences for the log. */
  onNote?(sentence: string, level: 'info' | 'warning'): void;
}

export interface FitOutcome {
  readonly document: PotentialDocument;
  readonly parameters: number;
  readonly seconds: number;
  readonly iterations: number;
  readonly train: Metrics;
  readonly test?: Metrics;
  readonly curve: readonly FitPoint[];
  readonly warnings: readonly string[];
}

/** Below this many configurations none are set aside for validation: each one counts. */
const LEAST_FOR_VALIDATION = 40;

/**
 * Runs a fit.
 * @throws FitError, PotentialError, CancelledError, each with a sentence for the user
 */
export async function runFit(input: FitInput, options: FitOptions = {}): Promise<FitOutcome> {
  const started = Date.now();
  const { request } = input;
  const survey = surveyTraining(input.train, request.cutoff, options.signal);
  const minimumDistance = chooseMinimumDistance(request, survey);
  const references = referenceEnergies(survey);
  options.onNote?.(references.sentence, 'info');
  const groups = dealGroups(input);
  const source = trainingSource(input, survey.species, groups, references.energies);
  const threads = Math.min(request.threads ?? availableParallelism(), source.chunkCount);
  const pool = new FitPool(openFitChannels(threads), source, options.signal);
  try {
    const result = await fitMomentTensor(
      {
        ...request,
        species: survey.species,
        minimumDistance,
        fixedReferenceEnergies: references.energies !== undefined,
      },
      pool,
      { atoms: source.atomCount, hasValidation: groups.includes(VALIDATION_GROUP) },
      { onProgress: options.onProgress, onCheckpoint: options.onCheckpoint },
      options.resume,
      initialCoefficients(input, survey.species, minimumDistance),
    );
    const metrics = await measure(pool, source, result);
    const warnings = warningsOf(result, survey);
    for (const warning of warnings) options.onNote?.(warning, 'warning');
    const model = assemble(request, survey, minimumDistance, result, references.energies);
    const seconds = (Date.now() - started) / 1000;
    const document: PotentialDocument = {
      name: input.name,
      model,
      metrics,
      provenance: provenance(input, result, {
        minimumDistance,
        threads,
        seconds,
        references: references.sentence,
        warnings,
      }),
    };
    return {
      document,
      parameters: parameterCount(model),
      seconds,
      iterations: result.iterations,
      ...metrics,
      curve: result.curve,
      warnings,
    };
  } finally {
    pool.dispose();
  }
}

/** r_min: as asked for, else just below the shortest distance in the data. */
function chooseMinimumDistance(request: FitRequest, survey: TrainingSurvey): number {
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

/** Per-element energies: fixed to isolated atoms where the data have all of them, else fitted. */
function referenceEnergies(survey: TrainingSurvey): { energies?: Float64Array; sentence: string } {
  const { species, isolatedAtoms } = survey;
  if (species.every((name) => isolatedAtoms.has(name))) {
    const list = species.map((name) => `${name} ${isolatedAtoms.get(name)!.toFixed(4)} eV`).join(', ');
    return {
      energies: Float64Array.from(species, (name) => isolatedAtoms.get(name)!),
      sentence: `Reference energies are those of the isolated atoms in the data: ${list}.`,
    };
  }
  return {
    sentence: 'Reference energies per element are fitted by least squares: the data have no isolated atoms.',
  };
}

/** Group of every configuration of train, validation and test, in this order. */
function dealGroups(input: FitInput): Int32Array {
  const { train, validation, test, request } = input;
  const total = train.count + (validation?.count ?? 0) + (test?.count ?? 0);
  const groups = new Int32Array(total).fill(TEST_GROUP);
  groups.fill(VALIDATION_GROUP, train.count, train.count + (validation?.count ?? 0));
  const share = validation || train.count < LEAST_FOR_VALIDATION || request.linear ? 0 : request.validation;
  const random = new SeededRandom(request.seed ^ 0x5eed);
  // a shuffled deal, so that every group has its share of every part of the file
  const order = Array.from({ length: train.count }, (_, k) => ({ k, key: random.uniform() })).sort(
    (a, b) => a.key - b.key,
  );
  const held = Math.round(share * train.count);
  order.forEach(({ k }, rank) => (groups[k] = rank < held ? VALIDATION_GROUP : rank % TRAINING_GROUPS));
  return groups;
}

function trainingSource(
  input: FitInput,
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

/** Radial coefficients of the potential to start from, when it fits the request. */
function initialCoefficients(
  input: FitInput,
  species: readonly string[],
  minimumDistance: number,
): Float64Array | undefined {
  const { initial, request } = input;
  if (!initial) return undefined;
  const graph = generateMomentGraph(request);
  const wrong =
    initial.species.join() !== species.join()
      ? `is for ${initial.species.join(', ')} and the data have ${species.join(', ')}`
      : initial.radialFunctionCount !== graph.radialFunctionCount
        ? `has ${initial.radialFunctionCount} radial functions and level ${request.level} has ${graph.radialFunctionCount}`
        : initial.radialBasisSize !== request.radialBasisSize
          ? `has a radial basis of ${initial.radialBasisSize} and ${request.radialBasisSize} is asked for`
          : initial.cutoff !== request.cutoff || Math.abs(initial.minimumDistance - minimumDistance) > 1e-9
            ? `runs from ${initial.minimumDistance} to ${initial.cutoff} Å and the fit from ${minimumDistance} to ${request.cutoff} Å`
            : undefined;
  if (wrong) {
    throw new PotentialError(`The potential to start from ${wrong}.`, {
      remedy: 'Give the same settings, or start anew.',
    });
  }
  return initial.radialCoefficients.slice();
}

/** Errors on the training data (validation included) and on the test data. */
async function measure(
  pool: FitPool,
  source: TrainingSource,
  result: MomentTensorFitResult,
): Promise<{ train: Metrics; test?: Metrics }> {
  const x = Float64Array.from([...result.speciesCoefficients, ...result.momentCoefficients]);
  const predictions = new Map<number, Awaited<Parameters<Parameters<FitPool['predict']>[2]>[1]>>();
  await pool.predict({ radialCoefficients: result.radialCoefficients }, x, (index, found) =>
    predictions.set(index, found),
  );
  const train = new MetricsSum();
  const test = new MetricsSum();
  let tests = 0;
  for (let index = 0; index < source.chunkCount; index++) {
    const chunk = await source.chunk(index);
    const found = predictions.get(index)!;
    for (let k = 0; k < chunk.count; k++) {
      const [first, end] = [chunk.atomStart[k], chunk.atomStart[k + 1]];
      const forces = chunk.forces.subarray(3 * first, 3 * end);
      const virial = chunk.virials.subarray(9 * k, 9 * k + 9);
      const isTest = chunk.group[k] === TEST_GROUP;
      if (isTest) tests++;
      (isTest ? test : train).add(
        end - first,
        [found.energies[k], chunk.energies[k]],
        [found.forces.subarray(3 * first, 3 * end), forces],
        [found.virials.subarray(9 * k, 9 * k + 9), virial],
      );
    }
  }
  return tests > 0 ? { train: train.result(), test: test.result() } : { train: train.result() };
}

function warningsOf(result: MomentTensorFitResult, survey: TrainingSurvey): string[] {
  const { determinacy } = result;
  const warnings: string[] = [];
  // a coefficient or two at the edge of round-off is usual at high levels and harmless under the ridge
  if (determinacy.effectiveRank < 0.95 * determinacy.columns) {
    warnings.push(
      `The data determine only ${determinacy.effectiveRank} of the ${determinacy.columns} linear coefficients; the ridge decides the others. A lower level or more varied data would be safer.`,
    );
  }
  if (survey.withForces === 0) {
    warnings.push('The training data have no forces: forces of this potential are not to be trusted.');
  }
  return warnings;
}

/** The fitted model, with ZBL repulsion below the distances of the data when asked for. */
function assemble(
  request: FitRequest,
  survey: TrainingSurvey,
  minimumDistance: number,
  result: MomentTensorFitResult,
  references: Float64Array | undefined,
): PotentialModel {
  const model: MomentTensorModel = {
    form: 'moment-tensor',
    species: survey.species,
    cutoff: request.cutoff,
    minimumDistance,
    scaling: result.scaling,
    radialBasisSize: request.radialBasisSize,
    radialCoefficients: result.radialCoefficients,
    speciesCoefficients: references ?? result.speciesCoefficients,
    momentCoefficients: result.momentCoefficients,
    ...generateMomentGraph(request),
  };
  if (!request.zbl || !survey.species.every(isElement)) return model;
  const outer = Math.min(minimumDistance, survey.shortestDistance ?? minimumDistance);
  const zbl: ZblModel = { form: 'zbl', species: survey.species, cutoff: outer, innerRadius: outer / 2 };
  return sumModel([model, zbl]);
}

function provenance(
  input: FitInput,
  result: MomentTensorFitResult,
  facts: {
    minimumDistance: number;
    threads: number;
    seconds: number;
    references: string;
    warnings: readonly string[];
  },
): Provenance {
  const { determinacy } = result;
  return {
    program: PROGRAM,
    created: new Date().toISOString(),
    data: input.data,
    settings: JSON.parse(
      JSON.stringify({ ...input.request, minimumDistance: facts.minimumDistance, threads: facts.threads }),
    ) as Provenance['settings'],
    report: {
      seconds: facts.seconds,
      iterations: result.iterations,
      passesOverTheData: result.passes,
      stoppedBecause: result.stoppedBecause,
      objectivePerConfiguration: result.loss,
      ridge: result.ridge,
      conditionNumber: determinacy.conditionNumber,
      effectiveRank: determinacy.effectiveRank,
      degreesOfFreedom: determinacy.degreesOfFreedom,
      linearColumns: determinacy.columns,
      referenceEnergies: facts.references,
      warnings: [...facts.warnings],
    },
  };
}
