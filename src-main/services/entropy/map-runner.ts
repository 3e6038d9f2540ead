/**
 * The job that draws a map of a dataset. The result is kept as an analysis of kind 'environment-map' under the content
 * of the data and the settings.
 */
import { z } from 'zod';
import { AnalysisRepository, type AnalysisResult } from '../../store/analyses.ts';
import { DatasetRepository } from '../../store/datasets.ts';
import { jsonValue, type JsonValue } from '../../store/json.ts';
import type { JobContext, JobRunner } from '../jobs/runner.ts';
import { datasetStructures } from './dataset-choice.ts';
import { datasetPart, selectionOf } from './dataset-part.ts';
import { mapSettings, mapStructures } from './map.ts';

export const mapJobSettings = z.object({
  ...mapSettings.shape,
  dataset: datasetPart,
  /** A second dataset on the same map. */
  reference: datasetPart.optional(),
});

export const mapRunner: JobRunner = {
  kind: 'environment-map',
  async run(context: JobContext): Promise<JsonValue> {
    const settings = mapJobSettings.parse(context.settings);
    const { dataset, reference, ...rest } = settings;
    const store = new DatasetRepository(context.project);
    const digest = (part: z.infer<typeof datasetPart> | undefined) =>
      part === undefined ? null : store.selectionHash(part.datasetId, selectionOf(part));
    const inputs = jsonValue.parse({ data: digest(dataset), reference: digest(reference), ...rest });
    const analyses = new AnalysisRepository(context.project);
    const known = analyses.find(mapRunner.kind, inputs);
    if (known !== undefined) return { analysisId: known.id };
    const result = await draw(context, settings);
    return { analysisId: analyses.save(mapRunner.kind, inputs, result, context.jobId) };
  },
};

async function draw(context: JobContext, settings: z.infer<typeof mapJobSettings>): Promise<AnalysisResult> {
  const { project, signal } = context;
  const load = (part: z.infer<typeof datasetPart>) =>
    datasetStructures(project, part.datasetId, selectionOf(part), settings, {
      signal,
      onProgress: (fraction) =>
        context.progress({ fraction: 0.2 * fraction, message: 'describing environments' }),
    });
  const structures = await load(settings.dataset);
  const references = settings.reference && (await load(settings.reference));
  const map = await mapStructures(structures, references, settings, {
    signal,
    onProgress: (fraction) =>
      context.progress({ fraction: 0.2 + 0.8 * fraction, message: 'drawing the map' }),
  });
  return {
    result: {
      method: settings.method,
      level: settings.level,
      descriptor: map.descriptor,
      points: map.frame.length,
      embedded: map.embedded,
      available: map.available,
      explained: map.explained ? [...map.explained] : null,
    },
    arrays: {
      coordinates: { data: map.coordinates, shape: [map.frame.length, 2] },
      frame: { data: map.frame },
      atom: { data: map.atom },
      set: { data: map.set },
      positions: { data: structures.positions },
      ...(references ? { referencePositions: { data: references.positions } } : {}),
    },
  };
}
