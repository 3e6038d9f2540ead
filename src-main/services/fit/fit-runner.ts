/** The job that fits a potential to a dataset of the project and keeps it there; checkpoints, resumes. */
import { z } from 'zod';
import { searchStateSchema } from '../../../src-compute/fitting/auto/choice.ts';
import type { FitCheckpoint, FitPoint, SweepPoint } from '../../../src-compute/fitting/fit-settings.ts';
import { formatPotentialDocument, parsePotentialDocument } from '../../../src-compute/potentials/document.ts';
import { partOf } from '../../../src-compute/potentials/registry.ts';
import { sha256 } from '../../store/content-hash.ts';
import { DatasetRepository } from '../../store/datasets.ts';
import type { JobPoint } from '../../store/jobs.ts';
import type { JsonValue } from '../../store/json.ts';
import { PotentialRepository } from '../../store/potentials.ts';
import { trainingParts } from '../datasets/training-selection.ts';
import type { JobContext, JobRunner } from '../jobs/runner.ts';
import { defaultFitName, fitRequestSchema } from './fit-request.ts';
import { runFit } from './fit-service.ts';
import { fitSets } from './fit-sets.ts';

export const fitJobSettings = z.object({
  name: z.string().min(1).optional(),
  datasetId: z.int(),
  /** Further datasets to learn from; parts that they hold back are held back, too. */
  datasetIds: z.array(z.int()).max(50).optional(),
  /** Another dataset to test on; otherwise the part 'test' of the split. */
  testDatasetId: z.int().optional(),
  /** A potential of the project to start from. */
  startFromId: z.int().optional(),
  request: fitRequestSchema.prefault({}),
});
export type FitJobSettings = z.input<typeof fitJobSettings>;

const CHECKPOINT_VERSION = 1;

const numbers = z.array(z.number());
const stageSchema = z.discriminatedUnion('stage', [
  z.object({ stage: z.literal('auto') }),
  z.object({
    stage: z.literal('search'),
    round: z.number(),
    next: z.number(),
    field: z.array(
      z.object({ radialCoefficients: numbers, loss: z.number().nullable(), start: z.number().optional() }),
    ),
    passes: z.number(),
  }),
  z.object({ stage: z.literal('climb'), level: z.number(), radialCoefficients: numbers, passes: z.number() }),
  z.object({
    stage: z.literal('polish'),
    level: z.number(),
    radialCoefficients: numbers,
    damping: z.number(),
    iteration: z.number(),
    bestValidation: z.number().nullable(),
    bestRadialCoefficients: numbers,
    stale: z.number(),
    passes: z.number(),
    linearisedAt: numbers.optional(),
    slow: z.number().optional(),
  }),
  z.object({
    stage: z.literal('sweep'),
    sweep: z.number(),
    bonds: numbers,
    cores: numbers,
    constants: numbers,
    ridge: z.number().nullable(),
    unit: z.number(),
    chi: z.number(),
    bestValidation: z.number().nullable(),
    passes: z.number(),
    phase: z
      .object({
        sweeps: z.number(),
        validation: z.number().nullable(),
        evidence: z.number().nullable(),
        steps: z.object({ damping: z.number(), slow: z.number() }).optional(),
      })
      .optional(),
    random: z.number().optional(),
  }),
]);
const checkpointSchema = z.intersection(
  stageSchema,
  z.object({
    threads: z.int().positive().optional(),
    key: z.string().optional(),
    known: searchStateSchema.optional(),
  }),
);

/** Where a resumed fit goes on, for the log. */
export function resumeSentence(checkpoint: FitCheckpoint): string {
  if (checkpoint.stage === 'auto')
    return `Goes on with the search of settings after ${checkpoint.known?.trials.length ?? 0} trials.`;
  if (checkpoint.stage === 'polish') return `Goes on from iteration ${checkpoint.iteration}.`;
  if (checkpoint.stage === 'sweep') return `Goes on after sweep ${checkpoint.sweep}.`;
  if (checkpoint.stage === 'climb') return `Goes on from level ${checkpoint.level}.`;
  return `Goes on with starting point ${checkpoint.next + 1} of round ${checkpoint.round + 1}.`;
}

/** Text of a checkpoint with the digest of all that comes after it; numbers read back exactly. */
export function encodeCheckpoint(checkpoint: FitCheckpoint): Uint8Array {
  return new TextEncoder().encode(
    JSON.stringify({ sha256: sha256(JSON.stringify(checkpoint)), ...checkpoint }),
  );
}

/**
 * A checkpoint from its text, or undefined when it is of another version, broken or changed. Those of versions before had
 * no digest.
 */
export function decodeCheckpoint(data: Uint8Array): FitCheckpoint | undefined {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
    const { sha256: digest, ...checkpoint } = z.looseObject({ sha256: z.string().optional() }).parse(parsed);
    if (digest !== undefined && digest !== sha256(JSON.stringify(checkpoint))) return undefined;
    return checkpointSchema.parse(checkpoint);
  } catch {
    return undefined;
  }
}

export const fitRunner: JobRunner = {
  kind: 'fit',
  async run(context: JobContext): Promise<JsonValue> {
    const settings = fitJobSettings.parse(context.settings);
    const { project } = context;
    const datasets = new DatasetRepository(project);
    const potentials = new PotentialRepository(project);
    const dataset = datasets.get(settings.datasetId);
    const { data, remarks, ...sets } = fitSets(project, settings);
    const initial =
      settings.startFromId === undefined
        ? undefined
        : partOf(parsePotentialDocument(potentials.document(settings.startFromId)).model, 'moment-tensor');
    const name = settings.name ?? defaultFitName(dataset.name, settings.request);
    const resume = context.lastCheckpoint && decodeCheckpoint(context.lastCheckpoint.data);
    if (resume) context.log(resumeSentence(resume));
    else if (context.lastCheckpoint)
      context.log('The checkpoint is damaged or of another version, so that the fit begins anew.', 'warning');
    for (const sentence of remarks) context.log(sentence, 'warning');
    const outcome = await runFit(
      {
        name,
        ...sets,
        request: settings.request,
        data,
        initial,
      },
      {
        signal: context.signal,
        resume,
        onProgress: ({ fraction, message, etaSeconds, point }) =>
          context.progress({ fraction, message, etaSeconds, points: point ? pointsOf(point) : undefined }),
        onCheckpoint: (checkpoint) => context.checkpoint(encodeCheckpoint(checkpoint), CHECKPOINT_VERSION),
        onNote: (sentence, level) => context.log(sentence, level),
      },
    );
    const { document } = outcome;
    const trainParts = trainingParts(datasets, dataset.id);
    const potential = {
      name,
      form: document.model.form,
      species: document.model.species,
      document: formatPotentialDocument(document),
      metrics: document.metrics as JsonValue,
      settings: document.provenance.settings as JsonValue,
      provenance: document.provenance as unknown as JsonValue,
      datasetId: dataset.id,
      datasetHash: datasets.selectionHash(dataset.id, trainParts ? { parts: trainParts } : {}),
      jobId: context.jobId,
    };
    return project.transaction(() =>
      context.finish({
        potentialId: potentials.add(potential),
        parameters: outcome.parameters,
        seconds: outcome.seconds,
        iterations: outcome.iterations,
        ...(outcome.coverage && {
          uncertainty: { ...outcome.coverage, warnings: [...outcome.coverage.warnings] },
        }),
        ...(outcome.search && { search: document.provenance.report.search }),
        ...(document.metrics as Record<string, JsonValue>),
      }),
    );
  },
};

/** Curves of a fit: x is passes over the data. */
function pointsOf(point: FitPoint | SweepPoint): JobPoint[] {
  const start = point.stage === 'search' && point.start !== undefined ? ` ${point.start}` : '';
  const points: JobPoint[] = [{ series: `loss ${point.stage}${start}`, x: point.passes, y: point.loss }];
  if (point.validationLoss !== undefined)
    points.push({ series: 'validation', x: point.passes, y: point.validationLoss });
  return points;
}
