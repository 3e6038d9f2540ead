/**
 * The job that finds frames of a dataset which hold the same environments. The result is kept as an analysis of kind
 * 'near-duplicates': groups, the first member of each standing for the others.
 */
import { z } from 'zod';
import { duplicateGroups, DUPLICATE_SIMILARITY } from '../../../src-compute/analysis/entropy/duplicates.ts';
import { frameKernels } from '../../../src-compute/analysis/entropy/frame-kernels.ts';
import { keptAnalysisRunner } from '../jobs/kept-analysis.ts';
import type { JobContext } from '../jobs/runner.ts';
import { datasetStructures } from './dataset-choice.ts';
import { datasetPart, partHash, selectionOf } from './dataset-part.ts';
import { descriptorOf, forDatasets, kernelSettings, prepare } from './settings.ts';

export const duplicatesSettings = z.object({
  ...kernelSettings.pick({ descriptor: true, cutoff: true, neighbours: true, bandwidth: true }).shape,
  dataset: datasetPart,
  /** Cosine of the mean kernel embeddings from which frames count as near-duplicates. */
  similarity: z.number().min(0).max(1).default(DUPLICATE_SIMILARITY),
});
type DuplicatesSettings = z.infer<typeof duplicatesSettings>;

export const duplicatesResult = z.object({ frames: z.number(), groups: z.array(z.array(z.number())) });

export const duplicatesRunner = keptAnalysisRunner({
  kind: 'near-duplicates',
  settings: duplicatesSettings,
  inputs: (project, { dataset, ...rest }) => ({ ...rest, data: partHash(project, dataset) }),
  compute: async (context, settings) => ({ result: await findDuplicates(context, settings) }),
});

async function findDuplicates(
  context: JobContext,
  given: DuplicatesSettings,
): Promise<z.infer<typeof duplicatesResult>> {
  const { project, signal } = context;
  const settings = forDatasets(project, given, [given.dataset]);
  const { dataset } = settings;
  const structures = await datasetStructures(project, dataset.datasetId, selectionOf(dataset), settings, {
    signal,
    onProgress: (f) => context.progress({ fraction: 0.3 * f, message: 'describing environments' }),
  });
  const { sets, bandwidth } = prepare(
    [structures.frames],
    descriptorOf(settings),
    settings.bandwidth,
    structures.configurations,
  );
  const kernels = await frameKernels(sets[0], bandwidth, {
    signal,
    onProgress: (f) => context.progress({ fraction: 0.3 + 0.7 * f, message: 'comparing structures' }),
  });
  const groups = duplicateGroups(sets[0], kernels, settings.similarity);
  return {
    frames: structures.positions.length,
    groups: groups.map((group) => group.map((frame) => structures.positions[frame])),
  };
}
