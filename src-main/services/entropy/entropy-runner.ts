/**
 * The job that measures a dataset: entropy, diversity, completeness, novelty against another dataset, a map of its
 * frames. The result is kept as an analysis of kind 'entropy' under the content of the data and the settings.
 */
import { z } from 'zod';
import { frameMeans, type FrameEnvironments } from '../../../src-compute/analysis/entropy/frames.ts';
import { planeOf, principalAxes } from '../../../src-compute/analysis/entropy/principal-axes.ts';
import { AnalysisRepository, type AnalysisResult } from '../../store/analyses.ts';
import { DatasetRepository } from '../../store/datasets.ts';
import { jsonValue, type JsonValue } from '../../store/json.ts';
import type { JobContext, JobRunner } from '../jobs/runner.ts';
import { datasetStructures } from './dataset-choice.ts';
import { datasetPart, selectionOf } from './dataset-part.ts';
import { measureEntropy, type MeasureReport } from './measure.ts';
import { kernelSettings } from './settings.ts';

export const entropyJobSettings = z.object({
  ...kernelSettings.shape,
  dataset: datasetPart,
  reference: datasetPart.optional(),
  completeness: z.boolean().default(false),
  overlap: z.boolean().default(false),
  seed: z.number().int().default(0),
});

export const entropyRunner: JobRunner = {
  kind: 'entropy',
  async run(context: JobContext): Promise<JsonValue> {
    const settings = entropyJobSettings.parse(context.settings);
    const store = new DatasetRepository(context.project);
    const digest = (part: z.infer<typeof datasetPart> | undefined) =>
      part === undefined ? null : store.selectionHash(part.datasetId, selectionOf(part));
    const { dataset, reference, ...rest } = settings;
    // what does not change the result is no part of the key
    const key = { data: digest(dataset), reference: digest(reference), ...rest, threads: undefined };
    const inputs = jsonValue.parse(JSON.parse(JSON.stringify(key)));
    const analyses = new AnalysisRepository(context.project);
    const known = analyses.find('entropy', inputs);
    if (known !== undefined) return { analysisId: known.id };
    const result = await measure(context, settings);
    return { analysisId: analyses.save('entropy', inputs, result, context.jobId) };
  },
};

async function measure(
  context: JobContext,
  settings: z.infer<typeof entropyJobSettings>,
): Promise<AnalysisResult> {
  const { project, signal } = context;
  const load = (part: z.infer<typeof datasetPart>, message: string) =>
    datasetStructures(project, part.datasetId, selectionOf(part), settings, {
      signal,
      onProgress: (fraction) => context.progress({ fraction: 0.3 * fraction, message }),
    });
  const structures = await load(settings.dataset, 'describing environments');
  const references = settings.reference && (await load(settings.reference, 'describing the reference set'));
  const report = await measureEntropy(
    structures,
    references,
    { settings, completeness: settings.completeness, overlap: settings.overlap, seed: settings.seed },
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
