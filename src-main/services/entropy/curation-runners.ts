/** Jobs whose results are tags or datasets: choosing frames of a dataset, and making new structures. */
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { derivedColumns } from '../../store/configuration-row.ts';
import { DatasetWriter } from '../../store/dataset-writer.ts';
import { DatasetRepository } from '../../store/datasets.ts';
import type { JsonValue } from '../../store/json.ts';
import type { JobContext, JobRunner } from '../jobs/runner.ts';
import { selectionSettings } from './choose.ts';
import { chooseFromDataset, datasetOfChosen, tagChosen } from './dataset-choice.ts';
import { datasetPart, selectionOf } from './dataset-part.ts';
import { makeSettings, makeStructures } from './make.ts';

export const selectionJobSettings = z.object({
  ...selectionSettings.shape,
  dataset: datasetPart,
  reference: datasetPart.optional(),
  /** Tag that the chosen configurations get. */
  tag: z.string().min(1).optional(),
  /** A new dataset of them, with this name. */
  newDataset: z.string().min(1).optional(),
});

/** What the job gives, as far as a view needs it. */
export const selectionResult = z.object({
  /** In the order of choice. */
  positions: z.array(z.number()),
  gains: z.array(z.number()),
  /** How much each counts in a fit, with mean 1; the new dataset has them. */
  weights: z.array(z.number()).nullable(),
  quality: z.object({ covered: z.number(), meanNovelty: z.number(), informationLost: z.number() }).nullable(),
  frames: z.number(),
  environments: z.number(),
  chosenEnvironments: z.number(),
});

export const selectionRunner: JobRunner = {
  kind: 'select',
  async run(context: JobContext): Promise<JsonValue> {
    const settings = selectionJobSettings.parse(context.settings);
    const { project, signal } = context;
    const { datasetId } = settings.dataset;
    const choice = await chooseFromDataset(
      project,
      datasetId,
      selectionOf(settings.dataset),
      settings,
      settings.reference && {
        datasetId: settings.reference.datasetId,
        selection: selectionOf(settings.reference),
      },
      {
        signal,
        onProgress: (fraction) => context.progress({ fraction, message: `choosing by ${settings.method}` }),
      },
    );
    context.throwIfCancelled();
    const { tag, newDataset } = settings;
    // a tag that is there already is no step: saying it twice does no harm, making a dataset twice would
    const tagged = tag === undefined ? 0 : tagChosen(project, datasetId, choice, tag);
    const result = {
      positions: Array.from(choice.positions),
      gains: Array.from(choice.selected.gains),
      weights: choice.selected.weights ? Array.from(choice.selected.weights) : null,
      tagged,
      quality: choice.quality ? { ...choice.quality } : null,
      duplicates: choice.duplicates ?? null,
      bandwidth: choice.bandwidth,
      frames: choice.frames,
      environments: choice.environments,
      chosenEnvironments: choice.chosenEnvironments,
    };
    if (newDataset === undefined) return result;
    const made = datasetOfChosen(project, datasetId, choice, newDataset, (connection, id) => {
      context.finish({ ...result, datasetId: id }, connection);
    });
    return { ...result, datasetId: made };
  },
};

export const generationJobSettings = z.object({
  ...makeSettings.shape,
  /** Structures to differ from, or to represent. */
  given: datasetPart.optional(),
  /** Name of the new dataset. */
  name: z.string().min(1),
});

export const generationRunner: JobRunner = {
  kind: 'generate',
  async run(context: JobContext): Promise<JsonValue> {
    const settings = generationJobSettings.parse(context.settings);
    const { project, signal } = context;
    const store = new DatasetRepository(project);
    const given =
      settings.given &&
      Array.from(
        store.stream(settings.given.datasetId, selectionOf(settings.given)),
        (row) => row.configuration,
      );
    if (given?.length === 0) {
      throw new ForcewrightError('The set to compare with has no configuration.', {
        remedy: 'All are excluded, or no part or tag fits.',
      });
    }
    const made = await makeStructures(settings, given, {
      signal,
      onStructure: (done, all) =>
        context.progress({ fraction: done / all, message: `${done} of ${all} structures` }),
    });
    context.throwIfCancelled();
    using writer = new DatasetWriter(project);
    made.configurations.forEach((configuration, k) => {
      const source = { sourceFile: 0, sourceFrame: k, sourceLine: 0 };
      writer.add(configuration, source, derivedColumns(configuration));
    });
    let result: JsonValue = null;
    writer.commit(
      {
        name: settings.name,
        reference: 'generated, without labels',
        source: { generated: { ...settings, given: settings.given ?? null } },
      },
      (connection, datasetId) => {
        result = context.finish({ datasetId, bandwidth: made.bandwidth }, connection);
      },
    );
    return result;
  },
};
