/**
 * The job that draws a map of a dataset. The result is kept as an analysis of kind 'environment-map' under the content
 * of the data and the settings.
 */
import { z } from 'zod';
import type { AnalysisResult } from '../../store/analyses.ts';
import { keptAnalysisRunner } from '../jobs/kept-analysis.ts';
import type { JobContext } from '../jobs/runner.ts';
import { datasetStructures } from './dataset-choice.ts';
import { datasetPart, partHash, selectionOf, type DatasetPart } from './dataset-part.ts';
import { mapSettings, mapStructures } from './map.ts';
import { forDatasets } from './settings.ts';

export const mapJobSettings = z.object({
  ...mapSettings.shape,
  dataset: datasetPart,
  /** A second dataset on the same map. */
  reference: datasetPart.optional(),
});

/** What stands in the analysis, apart from its arrays. */
export const mapResult = z.object({
  method: z.string(),
  level: z.string(),
  descriptor: z.string(),
  points: z.number(),
  embedded: z.number(),
  available: z.number(),
  explained: z.tuple([z.number(), z.number()]).nullable(),
});

export const mapRunner = keptAnalysisRunner({
  kind: 'environment-map',
  settings: mapJobSettings,
  inputs: (project, { dataset, reference, ...rest }) => ({
    data: partHash(project, dataset),
    reference: partHash(project, reference),
    ...rest,
  }),
  compute: draw,
});

async function draw(context: JobContext, given: z.infer<typeof mapJobSettings>): Promise<AnalysisResult> {
  const { project, signal } = context;
  const settings = forDatasets(project, given, [given.dataset, given.reference]);
  const load = (part: DatasetPart) =>
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
