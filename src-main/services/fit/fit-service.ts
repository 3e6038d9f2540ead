/**
 * A fit from data to potential document: surveys the data, deals configurations into groups, runs the fit on worker
 * threads, measures errors, adds the repulsive baseline and writes down where everything came from.
 */
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { fitMomentTensor } from '../../../src-compute/fitting/fit-moment-tensor.ts';
import { FitPool } from '../../../src-compute/fitting/fit-pool.ts';
import {
  groupOf,
  VALIDATION_GROUP,
  type FitCheckpoint,
  type FitPoint,
  type FitProgress,
  type MomentTensorFitResult,
} from '../../../src-compute/fitting/fit-settings.ts';
import { FitError, PotentialError } from '../../../src-compute/errors.ts';
import type { Predictions } from '../../../src-compute/fitting/training-set.ts';
import type { Coverage } from '../../../src-compute/fitting/uncertainty/predicted.ts';
import type { Metrics, PotentialDocument, Provenance } from '../../../src-compute/potentials/document.ts';
import type { CrowdingModel } from '../../../src-compute/potentials/crowding/model.ts';
import { generateMomentGraph } from '../../../src-compute/potentials/moment-tensor/basis.ts';
import { DEFAULT_BODY_ORDER } from '../../../src-compute/potentials/moment-tensor/scalars.ts';
import type { MomentTensorModel } from '../../../src-compute/potentials/moment-tensor/model.ts';
import {
  parameterCount,
  type PotentialModel,
  type TermModel,
} from '../../../src-compute/potentials/registry.ts';
import { sumModel } from '../../../src-compute/potentials/sum/sum.ts';
import { PROGRAM } from '../program.ts';
import { runAutoFit } from './auto/auto-fit.ts';
import type { SearchReport } from './auto/report.ts';
import type { ConfigurationSet } from './configuration-set.ts';
import { openFitChannels } from './fit-channels.ts';
import {
  chooseMinimumDistance,
  dealGroups,
  measure,
  referenceEnergies,
  takenOff,
  trainingSource,
  type ReferenceEnergies,
} from './fit-data.ts';
import type { FitRequest } from './fit-request.ts';
import { fittedErrors } from './fit-uncertainty.ts';
import {
  pairWarnings,
  radiiOf,
  repel,
  repulsionRecord,
  repulsionSentence,
  repulsionWarnings,
  repulsiveTerms,
  type RepulsionRecord,
} from './repulsion.ts';
import type { HoleReport } from '../../../src-compute/fitting/repulsion/forbid-holes.ts';
import type { RepulsionRadii } from '../../../src-compute/fitting/repulsion/radii.ts';
import { surveyTraining, type TrainingSurvey } from './survey.ts';
import { runTensorFit } from './tensor-fit.ts';

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
  /** Predicted errors against those of the test data. */
  readonly coverage?: Coverage;
  /** How atoms repel; absent without ZBL. */
  readonly repulsion?: RepulsionRecord;
  /** The search of settings before the fit, where there was one. */
  readonly search?: SearchReport;
}

/**
 * Runs a fit.
 * @throws FitError, PotentialError, CancelledError, each with a sentence for the user
 */
export async function runFit(input: FitInput, given: FitOptions = {}): Promise<FitOutcome> {
  const started = performance.now();
  const { request } = input;
  const key = fitKey(input);
  refuseForeign(given.resume, key);
  const options: FitOptions = {
    ...given,
    onCheckpoint: given.onCheckpoint && ((checkpoint) => given.onCheckpoint?.({ ...checkpoint, key })),
  };
  if (request.auto) return await runAutoFit(input, request.auto, options, runFit);
  if (request.model === 'tensor') return await runTensorFit(input, options);
  const survey = surveyTraining(input.train, request.cutoff, options.signal);
  const minimumDistance = chooseMinimumDistance(request, survey);
  const references = referenceEnergies(survey);
  const baseline = takenOff(references);
  options.onNote?.(references.sentence, 'info');
  const radii = radiiOf(request, survey);
  const groups = dealGroups(input);
  const source = trainingSource(input, survey.species, groups, baseline);
  const threads = Math.min(
    request.threads ?? options.resume?.threads ?? availableParallelism(),
    source.chunkCount,
  );
  const pool = new FitPool(openFitChannels(threads), source, options.signal);
  try {
    const result = await fitMomentTensor(
      {
        ...request,
        species: survey.species,
        minimumDistance,
        fixedElements: Array.from(references.fixed, (energy) => !Number.isNaN(energy)),
        handover: radii?.handover,
        keepSums: request.uncertainty,
      },
      pool,
      {
        atoms: source.atomCount,
        hasValidation: groups.some((number) => groupOf(number) === VALIDATION_GROUP),
      },
      {
        onProgress: options.onProgress,
        onCheckpoint: (checkpoint) => options.onCheckpoint?.({ ...checkpoint, threads }),
      },
      options.resume,
      initialCoefficients(input, survey.species, minimumDistance),
    );
    forgetMissingPairs(result, survey);
    const { linear, report, crowding } = await repelled(input, pool, result, survey, radii, references);
    const predictions = new Map<number, Predictions>();
    const metrics = await measure(
      pool,
      source,
      { radialCoefficients: result.radialCoefficients },
      Float64Array.from([...linear.speciesCoefficients, ...linear.momentCoefficients]),
      predictions,
      repulsiveTerms(radii, crowding),
    );
    const repulsion = radii && repulsionRecord(survey, radii, report);
    if (repulsion) options.onNote?.(repulsionSentence(repulsion), 'info');
    const model = assemble(
      request,
      survey,
      minimumDistance,
      { ...result, ...linear },
      baseline,
      radii,
      crowding,
    );
    const known = await fittedErrors({
      wanted: request.uncertainty,
      sums: result.sums,
      source,
      model,
      predictions,
      signal: options.signal,
      onProgress: options.onProgress,
    });
    const warnings = [
      ...references.warnings,
      ...pairWarnings(survey, radii),
      ...warningsOf(result, survey),
      ...known.warnings,
      ...(repulsion ? repulsionWarnings(repulsion, report) : []),
    ];
    for (const warning of warnings) options.onNote?.(warning, 'warning');
    const seconds = (performance.now() - started) / 1000;
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
        coverage: known.coverage,
        repulsion,
      }),
      uncertainty: known.uncertainty,
    };
    return {
      document,
      parameters: parameterCount(model),
      seconds,
      iterations: result.iterations,
      ...metrics,
      curve: result.curve,
      warnings,
      ...(known.coverage && { coverage: known.coverage }),
      repulsion,
    };
  } finally {
    pool.dispose();
  }
}

/** Settings that may change between a stop and going on. */
const MAY_CHANGE = new Set(['threads', 'maximumIterations', 'uncertainty', 'zbl']);

/** Digest of what a fit is of and how it is made: a checkpoint of one fit is none of another. */
function fitKey({ train, validation, request, data, initial }: FitInput): string {
  // what was left out and what was given as undefined are the same
  const settings = Object.entries(request)
    .filter(([name, value]) => !MAY_CHANGE.has(name) && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const set = (part: ConfigurationSet | undefined) =>
    part && [
      part.count,
      part.atoms.reduce((sum, n) => sum + n, 0),
      part.importance.reduce((sum, w) => sum + w, 0),
    ];
  return createHash('sha256')
    .update(
      JSON.stringify([
        settings,
        data.filter(({ role }) => role !== 'test').map(({ sha256, role }) => [sha256, role]),
        set(train),
        set(validation),
        initial && Array.from(initial.radialCoefficients),
      ]),
    )
    .digest('hex');
}

/** @throws FitError when the checkpoint is one of another fit; those of earlier versions do not say */
function refuseForeign(resume: FitCheckpoint | undefined, key: string): void {
  if (resume?.key === undefined || resume.key === key) return;
  throw new FitError('The checkpoint belongs to another fit: other training data, or other settings.', {
    remedy:
      'Give the data and settings that the interrupted fit had, or leave --resume out to begin anew. Threads and the number of iterations may differ.',
  });
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

/** Radial coefficients of pairs that no data determine are zero, in place of what the starting point had. */
function forgetMissingPairs(result: MomentTensorFitResult, survey: TrainingSurvey): void {
  const perPair = result.radialCoefficients.length / survey.shortest.length;
  survey.shortest.forEach((distance, pair) => {
    if (!Number.isFinite(distance)) {
      result.radialCoefficients.fill(0, pair * perPair, (pair + 1) * perPair);
    }
  });
}

/** Linear coefficients without holes. */
async function repelled(
  input: FitInput,
  pool: FitPool,
  result: MomentTensorFitResult,
  survey: TrainingSurvey,
  radii: RepulsionRadii | undefined,
  references: ReferenceEnergies,
): Promise<{
  linear: Pick<MomentTensorFitResult, 'speciesCoefficients' | 'momentCoefficients'>;
  report?: HoleReport;
  crowding?: CrowdingModel;
}> {
  const { fixed } = references;
  const free = Array.from(fixed, (_, z) => z).filter((z) => Number.isNaN(fixed[z]));
  const species = fixed.length;
  const scalars = result.momentCoefficients.length;
  const found = await repel(
    {
      equations: result.equations,
      x: Float64Array.from([...free.map((z) => result.speciesCoefficients[z]), ...result.momentCoefficients]),
      rows: async (chunks) => {
        const point = { radialCoefficients: result.radialCoefficients };
        const lists = await pool.energyRows(point, chunks);
        // columns of fixed energies take no part
        return lists.map((list, k) =>
          Float64Array.from({ length: chunks[k].count * (free.length + scalars) }, (_, at) => {
            const [row, column] = [Math.floor(at / (free.length + scalars)), at % (free.length + scalars)];
            const from = column < free.length ? free[column] : species + column - free.length;
            return list[row * (species + scalars) + from];
          }),
        );
      },
      baseline: takenOff(references),
      // an atom without neighbours has no moments: its energy is that of its element
      isolated: new Float64Array(species).fill(NaN),
      // a scalar is a product of at most this many moments
      degree: (input.request.maximumBodyOrder ?? DEFAULT_BODY_ORDER) - 1,
    },
    input.train,
    survey,
    radii,
    input.request,
  );
  if (!found) return { linear: result };
  const speciesCoefficients = result.speciesCoefficients.slice();
  free.forEach((z, k) => (speciesCoefficients[z] = found.x[k]));
  return {
    linear: { speciesCoefficients, momentCoefficients: found.x.slice(free.length) },
    report: found.report,
    crowding: found.crowding,
  };
}

/** The fitted model, with ZBL repulsion below the distances of the data when asked for. */
function assemble(
  request: FitRequest,
  survey: TrainingSurvey,
  minimumDistance: number,
  result: MomentTensorFitResult,
  baseline: Float64Array,
  radii: RepulsionRadii | undefined,
  crowding: CrowdingModel | undefined,
): PotentialModel {
  const model: MomentTensorModel = {
    form: 'moment-tensor',
    species: survey.species,
    cutoff: request.cutoff,
    minimumDistance,
    scaling: result.scaling,
    radialBasisSize: request.radialBasisSize,
    radialCoefficients: result.radialCoefficients,
    speciesCoefficients: result.speciesCoefficients.map((energy, z) => energy + baseline[z]),
    momentCoefficients: result.momentCoefficients,
    ...generateMomentGraph(request),
    ...(radii && { handover: radii.handover }),
  };
  return radii ? sumModel<TermModel>([model, ...repulsiveTerms(radii, crowding)]) : model;
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
    coverage: Coverage | undefined;
    repulsion: RepulsionRecord | undefined;
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
      ...(facts.coverage && { coverage: { ...facts.coverage, warnings: [...facts.coverage.warnings] } }),
      referenceEnergies: facts.references,
      ...(facts.repulsion && { repulsion: { ...facts.repulsion } }),
      warnings: [...facts.warnings],
    },
  };
}
