/**
 * The job that measures a dataset: entropy, diversity, completeness, novelty against another dataset, a map of its
 * frames. The result is kept as an analysis of kind 'entropy' under the content of the data and the settings.
 */
import { z } from 'zod';
import { frameMeans, type FrameEnvironments } from '../../../src-compute/analysis/entropy/frames.ts';
import { planeOf, principalAxes } from '../../../src-compute/analysis/entropy/principal-axes.ts';
import type { AnalysisResult } from '../../store/analyses.ts';
import { keptAnalysisRunner } from '../jobs/kept-analysis.ts';
import type { JobContext } from '../jobs/runner.ts';
import { datasetStructures } from './dataset-choice.ts';
import { datasetPart, partHash, selectionOf, type DatasetPart } from './dataset-part.ts';
import { measureEntropy, type MeasureReport } from './measure.ts';
import { forDatasets, kernelSettings } from './settings.ts';

export const entropyJobSettings = z.object({
  ...kernelSettings.shape,
  dataset: datasetPart,
  reference: datasetPart.optional(),
  completeness: z.boolean().default(false),
  overlap: z.boolean().default(false),
  /** Also the novelty of every environment against all other frames: about 5 times as costly as H. */
  ranking: z.boolean().default(false),
  seed: z.number().int().default(0),
});

/** What stands in the analysis, apart from its arrays. */
export const entropyResult = z.object({
  environments: z.number(),
  entropy: z.number(),
  maximum: z.number(),
  diversity: z.number(),
  bandwidth: z.number(),
  bandwidthRule: z.string(),
  descriptor: z.string(),
  /** Several elements, and a descriptor that cannot tell them apart. */
  blindToElements: z.boolean().default(false),
  backend: z.string(),
  completeness: z
    .array(
      z.object({
        fraction: z.number(),
        environments: z.number(),
        entropy: z.number(),
        deviation: z.number(),
        diversity: z.number(),
      }),
    )
    .nullable(),
  novelty: z
    .object({
      mean: z.number(),
      max: z.number(),
      fractionPositive: z.number(),
      unknownElements: z.array(z.string()),
    })
    .nullable(),
});

export const entropyRunner = keptAnalysisRunner({
  kind: 'entropy',
  settings: entropyJobSettings,
  inputs: (project, { dataset, reference, ...rest }) => ({
    data: partHash(project, dataset),
    reference: partHash(project, reference),
    ...rest,
    // what does not change the result is no part of the key
    threads: undefined,
  }),
  compute: measure,
});

async function measure(
  context: JobContext,
  given: z.infer<typeof entropyJobSettings>,
): Promise<AnalysisResult> {
  const { project, signal } = context;
  const settings = forDatasets(project, given, [given.dataset, given.reference]);
  const load = (part: DatasetPart, message: string) =>
    datasetStructures(project, part.datasetId, selectionOf(part), settings, {
      signal,
      onProgress: (fraction) => context.progress({ fraction: 0.3 * fraction, message }),
    });
  const structures = await load(settings.dataset, 'describing environments');
  const references = settings.reference && (await load(settings.reference, 'describing the reference set'));
  const report = await measureEntropy(
    structures,
    references,
    {
      settings,
      completeness: settings.completeness,
      overlap: settings.overlap,
      ranking: settings.ranking,
      seed: settings.seed,
    },
    {
      signal,
      onProgress: (fraction) =>
        context.progress({ fraction: 0.3 + 0.7 * fraction, message: 'comparing environments' }),
    },
  );
  return toAnalysis(report, structures.positions, structures.frames);
}

function toAnalysis(
  report: MeasureReport,
  positions: Uint32Array,
  frames: FrameEnvironments | undefined,
): AnalysisResult {
  const { entropy, novelty } = report;
  return {
    result: {
      environments: entropy.environments,
      entropy: entropy.entropy,
      maximum: entropy.maximum,
      diversity: entropy.diversity,
      bandwidth: entropy.bandwidth,
      bandwidthRule: report.bandwidthRule,
      descriptor: report.descriptor,
      blindToElements: report.blindToElements,
      backend: report.backend,
      completeness: report.completeness?.map((point) => ({ ...point })) ?? null,
      overlap: report.overlap ? { ...report.overlap } : null,
      novelty: novelty
        ? {
            mean: novelty.mean,
            max: novelty.max,
            fractionPositive: novelty.fractionPositive,
            unknownElements: [...novelty.unknownElements],
          }
        : null,
    },
    arrays: {
      positions: { data: positions },
      frameStart: { data: report.frameStart },
      logSums: { data: entropy.logSums },
      ...(report.amongOthers ? { amongOthers: { data: report.amongOthers } } : {}),
      ...(frames ? { map: { data: frameMap(frames), shape: [positions.length, 2] } } : {}),
      ...(novelty
        ? {
            novelty: { data: novelty.values },
            frameMean: { data: novelty.frameMean },
            frameMax: { data: novelty.frameMax },
          }
        : {}),
    },
  };
}

/** Each frame's mean environment along the first two principal axes of all frames. */
function frameMap(frames: FrameEnvironments): Float64Array {
  const table = frameMeans(frames);
  return planeOf(table, principalAxes(table));
}
