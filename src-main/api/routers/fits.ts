/** Fits: what one will take, and its start as a job. */
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { settingsOf, type SettingDescription } from '../../../src-compute/forms/describe.ts';
import { FIT_FORMS, type FittableForm } from '../../../src-compute/forms/fit-forms.ts';
import { estimateFit } from '../../services/fit/estimate.ts';
import { fitJobSettings } from '../../services/fit/fit-runner.ts';
import {
  defaultFitName,
  fitRequestSchema,
  WINDOW_SEARCH_SECONDS,
  type FitRequest,
} from '../../services/fit/fit-request.ts';
import { searchReportSchema } from '../../services/fit/auto/report.ts';
import { requestWith } from '../../services/fit/auto/request-with.ts';
import type { DatasetSummary } from '../../store/datasets.ts';
import { projectProcedure, router } from '../trpc.ts';

const storedSearch = z.object({ search: searchReportSchema });
const storedSettings = z.object({
  datasetId: z.number(),
  datasetIds: z.array(z.number()).optional(),
  testDatasetId: z.number().optional(),
  request: fitRequestSchema,
});

/** A form that can be fitted, for the window. */
export interface FitFormView {
  readonly form: FittableForm;
  readonly title: string;
  /** What is safer where labels are few. */
  readonly smaller: string;
  readonly settings: readonly SettingDescription[];
  /** Whether its settings can be searched. */
  readonly searchable: boolean;
  readonly defaults: FitRequest;
}

export const fitsRouter = router({
  /** The forms that can be fitted: their settings, and the defaults; settings are searched, within a short budget. */
  forms: projectProcedure.query((): FitFormView[] => {
    const forms = Object.keys(FIT_FORMS) as FittableForm[];
    return forms.map((form) => {
      const { title, smaller, settings } = FIT_FORMS[form];
      const auto = 'auto' in settings.shape ? { seconds: WINDOW_SEARCH_SECONDS } : undefined;
      return {
        form,
        title,
        smaller,
        settings: settingsOf(settings),
        searchable: auto !== undefined,
        defaults: fitRequestSchema.parse({ form, auto }),
      };
    });
  }),

  /** Parameters, memory and time before the start. */
  estimate: projectProcedure
    .input(
      z.object({
        datasetId: z.number().int().positive(),
        /** Further datasets to learn from. */
        datasetIds: z.array(z.number().int().positive()).max(50).optional(),
        request: fitRequestSchema.prefault({}),
      }),
    )
    .query(({ ctx, input }) => {
      const ids = new Set([input.datasetId, ...(input.datasetIds ?? [])]);
      const datasets = [...ids].map((id) => ctx.open.datasets.get(id));
      const sum = (of: (dataset: DatasetSummary) => number) =>
        datasets.reduce((total, dataset) => total + of(dataset), 0);
      const earlier = ctx.open.jobs.list({ kind: 'fit', states: ['done'] });
      return estimateFit(
        input.request,
        {
          configurations: sum(({ configurationCount }) => configurationCount),
          atoms: sum(({ atomCount }) => atomCount),
          species: [...new Set(datasets.flatMap(({ species }) => species))],
          withForces: sum(({ withForces }) => withForces),
          withVirial: sum(({ withVirial }) => withVirial),
        },
        earlier,
      );
    }),

  start: projectProcedure.input(fitJobSettings).mutation(({ ctx, input }) => {
    const dataset = ctx.open.datasets.get(input.datasetId);
    const used = [dataset, ...(input.datasetIds ?? []).map((id) => ctx.open.datasets.get(id))];
    if (used.every(({ withEnergy, withForces }) => withEnergy === 0 && withForces === 0)) {
      throw new ForcewrightError(
        `${used.map(({ name }) => name).join(', ')} ${used.length === 1 ? 'has' : 'have'} no energies and no forces, so there is nothing to fit.`,
        {
          remedy: 'Import data with labels, or map its keys in the preview of the import.',
        },
      );
    }
    const name = input.name ?? defaultFitName(dataset.name, input.request);
    const { id: jobId, finished } = ctx.open.jobs.submit(
      'fit',
      `Fit ${name}`,
      z.json().parse(JSON.parse(JSON.stringify({ ...input, name }))),
    );
    finished.catch(() => undefined);
    ctx.workspace.touched();
    return { jobId };
  }),

  /** What a potential of the project was fitted with, to fit again with the data as it is now. */
  settingsOf: projectProcedure
    .input(z.object({ potentialId: z.number().int().positive() }))
    .query(({ ctx, input }) => {
      const { jobId, datasetId, name } = ctx.open.potentials.get(input.potentialId);
      const job = jobId === undefined ? undefined : ctx.open.jobs.get(jobId);
      const settings = storedSettings.safeParse(job?.settings);
      if (!settings.success) {
        throw new ForcewrightError(`${name} was not fitted in this project, so its settings are not known.`, {
          remedy: 'Choose the settings in the form.',
        });
      }
      const { request } = settings.data;
      // what a search took is taken as it is: to search again is a choice
      const search = storedSearch.safeParse(job?.result);
      const trial = search.data?.search.trials.find(({ number }) => number === search.data.search.chosen);
      const taken = trial ? requestWith(request, trial.point) : request;
      const from = datasetId ?? settings.data.datasetId;
      return {
        datasetId: from,
        datasetIds: settings.data.datasetIds ?? [],
        testDatasetId: settings.data.testDatasetId ?? null,
        request: taken,
        name,
        /** What it would be called if nobody named it. */
        suggested: defaultFitName(ctx.open.datasets.get(from).name, taken),
      };
    }),
});
