/**
 * A fit from data to potential document, the same for every form: surveys the data, deals configurations into groups, runs
 * the form's fit on worker threads, searches it for holes, measures errors, adds the repulsive baseline and writes down where
 * everything came from. What differs between forms is in their plan (src-compute/forms).
 */
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { FitError } from '../../../src-compute/errors.ts';
import { joinSets, type ConfigurationSet } from '../../../src-compute/fitting/data/configuration-set.ts';
import { referenceEnergies } from '../../../src-compute/fitting/data/reference-energies.ts';
import { surveyTraining, type TrainingSurvey } from '../../../src-compute/fitting/data/survey.ts';
import { FitPool } from '../../../src-compute/fitting/fit-pool.ts';
import { groupOf, VALIDATION_GROUP, type FitCheckpoint } from '../../../src-compute/fitting/fit-settings.ts';
import type { RepulsionRadii } from '../../../src-compute/fitting/repulsion/radii.ts';
import type { Predictions, TrainingSource } from '../../../src-compute/fitting/training-set.ts';
import type { Coverage } from '../../../src-compute/fitting/uncertainty/predicted.ts';
import type { FitPlan, FittedForm } from '../../../src-compute/forms/fit-form.ts';
import { requestedForm } from '../../../src-compute/forms/fit-forms.ts';
import type { PotentialDocument, Provenance } from '../../../src-compute/potentials/document.ts';
import {
  parameterCount,
  type PotentialModel,
  type TermModel,
} from '../../../src-compute/potentials/registry.ts';
import { sumModel } from '../../../src-compute/potentials/sum/sum.ts';
import { PROGRAM } from '../program.ts';
import { runAutoFit } from './auto/auto-fit.ts';
import { openFitChannels } from './fit-channels.ts';
import type { FitInput, FitOptions, FitOutcome } from './fit-input.ts';
import { chooseMinimumDistance, dealGroups, measure, trainingSource } from './fit-data.ts';
import { earlierShape, type FitRequest } from './fit-request.ts';
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

export type { FitInput, FitOptions, FitOutcome } from './fit-input.ts';

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
  if ('auto' in request && request.auto) return await runAutoFit(input, request.auto, options, runFit);
  const form = requestedForm(request);
  const survey = surveyTraining(input.train, request.cutoff, options.signal);
  const references = referenceEnergies(survey);
  const radii = radiiOf(request, survey);
  const sets = [input.train, input.validation, input.test].filter((set) => set !== undefined);
  const plan = form.plan({
    train: input.train,
    all: joinSets(sets),
    survey,
    minimumDistance: chooseMinimumDistance(request, survey),
    references,
    radii,
    initial: input.initial,
  });
  for (const note of [references.sentence, ...plan.notes]) options.onNote?.(note, 'info');
  const groups = dealGroups(input, form.stopsEarly);
  const source = trainingSource(input, survey.species, groups, plan.baseline);
  using workers = new Workers(request, source, options);
  const fitted = await plan.run({
    open: (pass) => workers.open(pass),
    hasValidation: groups.some((number) => groupOf(number) === VALIDATION_GROUP),
    resume: options.resume,
    onProgress: options.onProgress,
    onCheckpoint: (checkpoint) => options.onCheckpoint?.({ ...checkpoint, threads: workers.count }),
  });
  return await outcomeOf(input, options, {
    started,
    survey,
    references,
    radii,
    plan,
    source,
    fitted,
    workers,
  });
}

/** Opens the worker threads of a fit, and ends them. */
class Workers implements Disposable {
  readonly count: number;
  private readonly source: TrainingSource;
  private readonly signal: AbortSignal | undefined;
  private readonly opened: { dispose(): void }[] = [];

  constructor({ threads }: FitRequest, source: TrainingSource, { resume, signal }: FitOptions) {
    this.count = Math.min(threads ?? resume?.threads ?? availableParallelism(), source.chunkCount);
    this.source = source;
    this.signal = signal;
  }

  open<Settings, Point>(pass: Parameters<typeof openFitChannels>[1]): FitPool<Settings, Point> {
    const channels = openFitChannels<Settings, Point>(this.count, pass);
    const pool = new FitPool<Settings, Point>(channels, this.source, this.signal);
    this.opened.push(pool);
    return pool;
  }

  [Symbol.dispose](): void {
    for (const pool of this.opened) pool.dispose();
  }
}

interface FitFacts {
  readonly started: number;
  readonly survey: TrainingSurvey;
  readonly references: ReturnType<typeof referenceEnergies>;
  readonly radii: RepulsionRadii | undefined;
  readonly plan: FitPlan<TermModel>;
  readonly source: TrainingSource;
  readonly fitted: FittedForm<TermModel>;
  readonly workers: Workers;
}

/** From the fitted form to the document: holes, errors, what is to be said. */
async function outcomeOf(input: FitInput, options: FitOptions, facts: FitFacts): Promise<FitOutcome> {
  const { request } = input;
  const { survey, references, radii, source, fitted } = facts;
  const found = fitted.searched && (await repel(fitted.searched, input.train, survey, radii, request));
  const { term, predict } = fitted.finish(found?.x);
  const terms = repulsiveTerms(radii, found?.crowding);
  const predictions = new Map<number, Predictions>();
  const metrics = await measure(source, predict, predictions, terms);
  const repulsion = radii && repulsionRecord(survey, radii, found?.report);
  if (repulsion) options.onNote?.(repulsionSentence(repulsion), 'info');
  const model: PotentialModel = radii ? sumModel<TermModel>([term, ...terms]) : term;
  const known = await fittedErrors({
    wanted: request.uncertainty,
    sums: fitted.sums,
    source,
    model,
    predictions,
    signal: options.signal,
    onProgress: options.onProgress,
  });
  const warnings = [
    ...references.warnings,
    ...pairWarnings(survey, radii),
    ...fitted.warnings,
    ...known.warnings,
    ...(repulsion ? repulsionWarnings(repulsion, found?.report, fitted.notSearched) : []),
  ];
  for (const warning of warnings) options.onNote?.(warning, 'warning');
  const seconds = (performance.now() - facts.started) / 1000;
  const document: PotentialDocument = {
    name: input.name,
    model,
    metrics,
    provenance: provenance(input, facts, { seconds, warnings, coverage: known.coverage, repulsion }),
    uncertainty: known.uncertainty,
  };
  return {
    document,
    parameters: parameterCount(model),
    seconds,
    iterations: fitted.iterations,
    ...metrics,
    curve: fitted.curve,
    warnings,
    ...(known.coverage && { coverage: known.coverage }),
    ...(repulsion && { repulsion }),
  };
}

/** Settings that may change between a stop and going on. */
const MAY_CHANGE = new Set(['threads', 'maximumIterations', 'uncertainty', 'zbl']);

/** Digest of what a fit is of and how it is made: a checkpoint of one fit is none of another. */
function fitKey({ train, validation, request, data, initial }: FitInput): string {
  // what was left out and what was given as undefined are the same
  const settings = Object.entries(earlierShape(request))
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

function provenance(
  { request, data }: FitInput,
  { references, fitted, workers }: FitFacts,
  facts: {
    seconds: number;
    warnings: readonly string[];
    coverage: Coverage | undefined;
    repulsion: RepulsionRecord | undefined;
  },
): Provenance {
  const { seconds, warnings, coverage, repulsion } = facts;
  return {
    program: PROGRAM,
    created: new Date().toISOString(),
    data,
    settings: JSON.parse(
      JSON.stringify({ ...request, ...fitted.settings, threads: workers.count }),
    ) as Provenance['settings'],
    report: {
      seconds,
      ...fitted.report,
      ...(coverage && { coverage: { ...coverage, warnings: [...coverage.warnings] } }),
      referenceEnergies: references.sentence,
      ...(repulsion && { repulsion: { ...repulsion } }),
      warnings: [...warnings],
    },
  };
}
