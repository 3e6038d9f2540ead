/** Potentials: list, import, evaluate, export. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import {
  formatPotentialDocument,
  metricsSchema,
  parsePotentialDocument,
  provenanceSchema,
  type Metrics,
  type PotentialDocument,
} from '../../../src-compute/potentials/document.ts';
import {
  exportsOf,
  fittedParameterCount,
  formTitle,
  partOf,
} from '../../../src-compute/potentials/registry.ts';
import { temporaryFolder } from '../../platform/temporary-files.ts';
import { evaluationInputs, EVALUATION } from '../../services/evaluation/evaluation-runner.ts';
import { EXPORT_FORMATS, type ExportFormat } from '../../services/export/export.ts';
import { exportJob, exportReport } from '../../services/export/export-runner.ts';
import { methodsText } from '../../services/export/methods-text.ts';
import { testChoiceOf } from '../../services/datasets/test-digest.ts';
import { testedOn } from '../../services/datasets/test-set.ts';
import { requireElements } from '../../services/potentials/elements.ts';
import { formWords } from '../../services/potentials/form-words.ts';
import { loadPotential } from '../../services/potentials/potential-file.ts';
import type { PotentialSummary } from '../../store/potentials.ts';
import { projectProcedure, router } from '../trpc.ts';
import type { OpenProject } from '../workspace.ts';

/** A potential for the window's lists. */
export interface PotentialView {
  readonly id: number;
  readonly name: string;
  readonly form: string;
  readonly species: readonly string[];
  readonly createdAt: number;
  readonly train: Metrics | null;
  readonly test: Metrics | null;
  readonly datasetId: number | null;
  readonly jobId: number | null;
  /** Potentials with the same text here were tested on the same configurations: their errors can be compared. */
  readonly testSet: string;
  /** Whether the test set has changed since the errors were measured. */
  readonly testChanged: boolean;
  /** Whether that is being looked at: testChanged is not known yet. */
  readonly testChecking: boolean;
  /** What the fit was asked to do, JSON text. */
  readonly settings: string;
}

/** What is in a potential's document, for its page. */
export interface PotentialDetails {
  readonly title: string;
  readonly cutoff: number;
  readonly parameters: number;
  readonly level: string;
  readonly program: string;
  readonly created: string;
  readonly data: readonly { readonly name: string; readonly role: string; readonly sha256: string }[];
  /** JSON text. */
  readonly settings: string;
  readonly report: string;
}

const metricsOf = z
  .object({
    train: metricsSchema.optional().catch(undefined),
    test: metricsSchema.optional().catch(undefined),
  })
  .catch({});

/** What the errors of a potential were measured on, and whether that is as it was. */
function testOf(
  open: OpenProject,
  potential: PotentialSummary,
  learned: () => void,
): Pick<PotentialView, 'testSet' | 'testChanged' | 'testChecking'> {
  const { test, train } = metricsOf.parse(potential.metrics);
  const { datasetId } = potential;
  const { data: known } = provenanceData.safeParse(potential.provenance);
  const digest = testedOn(known?.data ?? []);
  // potentials of earlier versions do not say what they were tested on
  if (digest === undefined || datasetId === undefined)
    return {
      testSet: `${test ? 'test' : 'train'} ${datasetId ?? ''} ${(test ?? train)?.configurations ?? ''}`,
      testChanged: false,
      testChecking: false,
    };
  const asked = open.jobs.list({ kind: 'fit' }).find(({ id }) => id === potential.jobId)?.settings;
  const now = open.tests.present(testChoiceOf(datasetId, asked), learned);
  if (now === 'checking') return { testSet: digest, testChanged: false, testChecking: true };
  return {
    testSet: digest,
    testChanged: now.digest !== undefined && now.digest !== digest,
    testChecking: false,
  };
}
const provenanceData = z.object({ data: provenanceSchema.shape.data });

/** @param learned is told when something that was still being looked at is known */
export function potentialView(
  open: OpenProject,
  potential: PotentialSummary,
  learned: () => void = () => undefined,
): PotentialView {
  const { train, test } = metricsOf.parse(potential.metrics);
  const { id, name, species, createdAt } = potential;
  return {
    id,
    name,
    form: formWords(potential),
    species,
    createdAt,
    train: train ?? null,
    test: test ?? null,
    datasetId: potential.datasetId ?? null,
    jobId: potential.jobId ?? null,
    ...testOf(open, potential, learned),
    settings: JSON.stringify(potential.settings),
  };
}

function details(document: PotentialDocument): PotentialDetails {
  const { model, provenance } = document;
  const part = partOf(model, 'moment-tensor');
  return {
    title: formTitle(model.form),
    cutoff: model.cutoff,
    parameters: fittedParameterCount(model, provenance.settings),
    level: part
      ? String(z.object({ level: z.union([z.number(), z.string()]) }).safeParse(part).data?.level ?? '')
      : '',
    program: provenance.program,
    created: provenance.created,
    data: provenance.data.map(({ name, role, sha256 }) => ({ name, role, sha256: sha256 ?? '' })),
    settings: JSON.stringify(provenance.settings),
    report: JSON.stringify(provenance.report),
  };
}

const id = z.number().int().positive();
const byId = z.object({ id });

export const potentialsRouter = router({
  list: projectProcedure.query(({ ctx }) =>
    ctx.open
      .listedPotentials()
      .map((potential) => potentialView(ctx.open, potential, () => ctx.workspace.touched())),
  ),

  details: projectProcedure
    .input(byId)
    .query(({ ctx, input }) => details(parsePotentialDocument(ctx.open.potentials.document(input.id)))),

  /** Takes a potential file that the user handed over: .potential.json or .mtp (then species name its types). */
  importFile: projectProcedure
    .input(
      z.object({ file: z.uuid(), species: z.array(z.string().trim().min(1).max(20)).max(120).optional() }),
    )
    .mutation(async ({ ctx, input }) => {
      const { model, name, document } = await loadPotential(
        ctx.workspace.files.path(input.file),
        input.species,
      );
      const whole: PotentialDocument = document ?? {
        name,
        model,
        metrics: {},
        provenance: {
          program: 'imported',
          created: new Date().toISOString(),
          data: [],
          settings: {},
          report: {},
        },
      };
      const potentialId = ctx.open.potentials.add({
        name,
        form: model.form,
        species: model.species,
        document: formatPotentialDocument(whole),
        metrics: z.json().parse(whole.metrics),
        settings: whole.provenance.settings,
      });
      ctx.workspace.touched();
      return { potentialId };
    }),

  rename: projectProcedure
    .input(byId.extend({ name: z.string().trim().min(1).max(120) }))
    .mutation(({ ctx, input }) => {
      ctx.open.potentials.rename(input.id, input.name);
      ctx.workspace.touched();
    }),
  /** Takes a potential out of sight; it can be brought back until the project is closed. */
  remove: projectProcedure.input(byId).mutation(({ ctx, input }) => {
    const { potentials, removals, project } = ctx.open;
    if (project.readOnly) {
      throw new ForcewrightError('The project is read-only, so nothing can be removed from it.', {
        remedy: 'Make its file writable and open it again, or work on a copy.',
      });
    }
    removals.remove('potential', potentials.get(input.id).id, () => potentials.remove(input.id));
    ctx.workspace.touched();
  }),
  /** @returns whether it could be brought back */
  restore: projectProcedure.input(byId).mutation(({ ctx, input }) => {
    const found = ctx.open.removals.restore('potential', input.id);
    ctx.workspace.touched();
    return found;
  }),

  /** Evaluates on a dataset: a result that is there already, or a job that makes it. */
  evaluate: projectProcedure.input(byId.extend({ datasetId: id })).mutation(({ ctx, input }) => {
    const inputs = evaluationInputs(ctx.open.project, input.id, input.datasetId);
    const known = ctx.open.analyses.find(EVALUATION, inputs);
    if (known !== undefined) return { analysisId: known.id, jobId: null };
    const potential = ctx.open.potentials.get(input.id);
    const dataset = ctx.open.datasets.get(input.datasetId);
    requireElements(potential, dataset.species, dataset.name);
    const settings = { potentialId: input.id, datasetId: input.datasetId };
    const { id: jobId, finished } = ctx.open.jobs.submit(
      'evaluate',
      `Evaluate ${potential.name} on ${dataset.name}`,
      settings,
    );
    finished.catch(() => undefined);
    return { analysisId: null, jobId };
  }),

  /** Exports for another program, as a job; `exported` then has the files. */
  export: projectProcedure
    .input(byId.extend({ format: z.enum(EXPORT_FORMATS as [ExportFormat, ...ExportFormat[]]) }))
    .mutation(({ ctx, input }) => {
      const { name, provenance } = ctx.open.potentials.get(input.id);
      const { data: made } = z.object({ created: z.string() }).safeParse(provenance);
      const folder = temporaryFolder('export');
      const { id: jobId } = ctx.open.jobs.submit('export', `Export ${name}`, {
        potentialId: input.id,
        format: input.format,
        out: folder,
        comments: comments(ctx.open, input.id, made?.created ?? ''),
      });
      ctx.workspace.exports.expect(jobId, folder);
      ctx.workspace.touched();
      return { jobId };
    }),

  /** Formats that hold a potential. */
  exportFormats: projectProcedure
    .input(byId)
    .query(({ ctx, input }) =>
      exportsOf(parsePotentialDocument(ctx.open.potentials.document(input.id)).model),
    ),

  /** What an export job made, as one zip under /data/exports/KEY. */
  exported: projectProcedure.input(z.object({ jobId: id })).mutation(async ({ ctx, input }) => {
    const job = ctx.open.jobs.get(input.jobId);
    const folder = ctx.workspace.exports.take(input.jobId);
    try {
      const { name, ...report } = exportReport.parse(job.result);
      const { format } = exportJob.parse(job.settings);
      const fileName = `${name}-${format}.zip`;
      const key = await ctx.workspace.exports.zip(folder, fileName);
      return { key, fileName, files: await listing(folder), ...report };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }),

  /** Time of one evaluation on one thread of this machine, µs per atom; null where no dataset fits. */
  cost: projectProcedure
    .input(byId)
    .query(({ ctx, input }) => ctx.open.background.inThread('cost', { id: input.id })),

  /** A paragraph for the paper and the BibTeX of what it cites. */
  methods: projectProcedure.input(byId).query(({ ctx, input }) => {
    const { datasetId } = ctx.open.potentials.get(input.id);
    const dataset = ctx.open.datasets.list().find((item) => item.id === datasetId);
    return methodsText(
      parsePotentialDocument(ctx.open.potentials.document(input.id)),
      dataset && {
        name: dataset.name,
        reference: dataset.reference,
        configurations: dataset.configurationCount,
        atoms: dataset.atomCount,
      },
    );
  }),

  /** The document itself, as it is saved in the project. */
  document: projectProcedure.input(byId).query(({ ctx, input }) => ctx.open.potentials.document(input.id)),
});

async function listing(folder: string): Promise<{ path: string; bytes: number }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.map(async (file) => ({ path: relative(folder, file), bytes: (await readFile(file)).byteLength })),
  );
}

/** Lines about origin and errors for exported files. */
function comments(open: OpenProject, potentialId: number, created: string): string[] {
  const view = potentialView(open, open.potentials.get(potentialId));
  const line = (part: string, m: Metrics | null) =>
    m === null
      ? []
      : [
          `${part}: ${m.configurations} configurations, energy MAE ${m.energy_mae_mev_per_atom?.toFixed(2) ?? '-'} meV/atom, ` +
            `force MAE ${m.force_mae_ev_per_a?.toFixed(4) ?? '-'} eV/A`,
        ];
  const { datasetId } = view;
  const dataset = open.datasets.list().find((item) => item.id === datasetId);
  return [
    `${view.name}, ${view.form}, made${created === '' ? '' : ` ${created}`} by Forcewright.`,
    ...(dataset
      ? [
          `Fitted to ${dataset.name} (${dataset.reference || 'reference not noted'}), content ${dataset.hash.slice(0, 16)}.`,
        ]
      : []),
    ...line('Train', view.train),
    ...line('Test', view.test),
  ];
}
