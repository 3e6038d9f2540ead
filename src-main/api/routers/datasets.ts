/** Datasets: preview, import, list, curation. Rows and configurations travel as arrays (data.ts). */
import { z } from 'zod';
import { namedFindings } from '../../services/datasets/data-findings.ts';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { MESSAGE_LIMIT, unpackPositions } from '../../../src-compute/packed-positions.ts';
import type { ImportSettings } from '../../services/datasets/import-runner.ts';
import { previewFile } from '../../services/datasets/preview.ts';
import type { DatasetSummary } from '../../store/datasets.ts';
import { FORMATS } from '../../formats/index.ts';
import { safeName } from '../file-grants.ts';
import { sampleFile } from '../folders.ts';
import { projectProcedure, router } from '../trpc.ts';
import type { OpenProject } from '../workspace.ts';

/** A dataset for the window's lists. */
export interface DatasetView extends Omit<DatasetSummary, 'source' | 'findings' | 'split'> {
  readonly files: readonly string[];
  readonly findings: readonly { readonly severity: string; readonly message: string }[];
  readonly parts: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, number>>;
  readonly excluded: number;
}

const sourceFiles = z.object({ files: z.array(z.object({ path: z.string() })) }).catch({ files: [] });
const findingList = z.array(z.object({ severity: z.string(), message: z.string() })).catch([]);

interface Counts {
  readonly parts: Record<string, number>;
  readonly tags: Record<string, number>;
}

async function datasetView(open: OpenProject, dataset: DatasetSummary): Promise<DatasetView> {
  return viewOf(dataset, await open.background.about([dataset.id], 'counts', { id: dataset.id }));
}

/** One of several: a dataset whose columns are damaged stands there with that as a finding, and hides no other. */
async function listedView(open: OpenProject, dataset: DatasetSummary): Promise<DatasetView> {
  try {
    return await datasetView(open, dataset);
  } catch (error) {
    if (!(error instanceof ForcewrightError)) throw error;
    const view = viewOf(dataset, { parts: {}, tags: {} });
    const damage = { severity: 'error', message: `${error.message} ${error.remedy}` };
    return { ...view, excluded: 0, findings: [damage, ...view.findings] };
  }
}

function viewOf(dataset: DatasetSummary, { parts, tags }: Counts): DatasetView {
  const included = Object.values(parts).reduce((sum, n) => sum + n, 0);
  return {
    id: dataset.id,
    name: dataset.name,
    createdAt: dataset.createdAt,
    reference: dataset.reference,
    species: dataset.species,
    configurationCount: dataset.configurationCount,
    atomCount: dataset.atomCount,
    withEnergy: dataset.withEnergy,
    withForces: dataset.withForces,
    withVirial: dataset.withVirial,
    properties: dataset.properties,
    hash: dataset.hash,
    files: sourceFiles.parse(dataset.source).files.map(({ path }) => path.replace(/^.*[/\\]/, '')),
    findings: findingList.parse(dataset.findings),
    parts,
    tags,
    excluded: dataset.configurationCount - included,
  };
}

const id = z.number().int().positive();
const files = z.array(z.uuid()).min(1).max(2000);
const word = z.string().trim().min(1).max(200);
/** Configurations named at once. */
const MOST_POSITIONS = 10_000_000;
/** A list, or packed (packed-positions.ts) in base 64: a million of them fit into one message. */
const positions = z
  .union([
    z
      .array(z.number().int().nonnegative().max(0xffffffff))
      .max(2_000_000)
      .transform((list) => Uint32Array.from(list)),
    z
      .string()
      .max(MESSAGE_LIMIT)
      .transform((text) => unpackPositions(Buffer.from(text, 'base64'), MOST_POSITIONS)),
  ])
  .refine((list) => list.length > 0, 'at least one configuration is needed');
/** Numbers in base 64, as little-endian f64. */
const packedNumbers = z
  .string()
  .max(MESSAGE_LIMIT)
  .transform((text) => {
    const bytes = Buffer.from(text, 'base64');
    return Array.from({ length: Math.floor(bytes.length / 8) }, (_, n) => bytes.readDoubleLE(8 * n));
  });
const readOptions = {
  format: word.optional(),
  species: z.array(word).max(120).optional(),
  energyKey: word.optional(),
  forcesKey: word.optional(),
  virialKey: word.optional(),
  stressKey: word.optional(),
  energyUnit: word.optional(),
  forceUnit: word.optional(),
  virialUnit: word.optional(),
  lengthUnit: word.optional(),
  virialSign: z.union([z.literal(1), z.literal(-1)]).optional(),
};
const fractions = z.record(z.string().min(1), z.number().positive().lt(1));
const splitRequest = z.discriminatedUnion('method', [
  z.object({ method: z.literal('random'), fractions, seed: z.number().int().optional() }),
  z.object({ method: z.literal('hash'), fractions, seed: z.number().int().optional() }),
  z.object({ method: z.literal('file') }),
  z.object({ method: z.literal('tag'), tags: z.record(z.string().min(1), z.string().min(1)) }),
  z.object({ method: z.literal('manual'), positions, part: word }),
]);

/** Starts an import as a job of its own. */
function startImport(open: OpenProject, settings: ImportSettings, title: string): { jobId: number } {
  return { jobId: open.jobs.submit('import', title, { ...settings }).id };
}

/** Bundled sets with the training and test parts as published: one file each. */
const SAMPLES = {
  silicon: {
    name: 'Silicon',
    files: [
      ['silicon', 'Si_train.xyz'],
      ['silicon', 'Si_test.xyz'],
    ],
    parts: ['train', 'test'],
    reference: 'PBE, VASP (mlearn; Zuo et al., J. Phys. Chem. A 124, 731, 2020)',
  },
} as const;

/** Imports a bundled set as one dataset; its published parts become the split. */
function importSample(open: OpenProject, sample: keyof typeof SAMPLES): { jobId: number } {
  const { name, files, parts, reference } = SAMPLES[sample];
  const paths = files.map((path) => sampleFile(...path));
  const settings = { files: paths, name, merge: true, fileParts: [...parts], reference };
  return startImport(open, settings, `Import the example ${name}`);
}

export const datasetsRouter = router({
  list: projectProcedure.query(({ ctx }) =>
    Promise.all(ctx.open.listedDatasets().map((dataset) => listedView(ctx.open, dataset))),
  ),
  get: projectProcedure
    .input(z.object({ id }))
    .query(({ ctx, input }) => datasetView(ctx.open, ctx.open.datasets.get(input.id))),

  /** What the import found, with the configurations that it names. */
  findings: projectProcedure
    .input(z.object({ id }))
    .query(({ ctx, input }) => namedFindings(ctx.open.project, input.id)),

  /** What is in files, before anything is imported. */
  preview: projectProcedure
    .input(z.object({ file: z.uuid(), ...readOptions }))
    .query(({ ctx, input: { file, ...options }, signal }) =>
      previewFile(ctx.workspace.files.path(file), { ...options, signal }),
    ),

  /** Imports files as a job. */
  import: projectProcedure
    .input(
      z.object({
        files,
        name: word.optional(),
        merge: z.boolean().optional(),
        skipBad: z.boolean().optional(),
        reference: z.string().max(400).optional(),
        split: z.string().max(200).optional(),
        ...readOptions,
      }),
    )
    .mutation(({ ctx, input: { files: keys, ...settings } }) => {
      const paths = ctx.workspace.files.paths(keys);
      const one = paths.length === 1 ? (paths[0].split(/[/\\]/).at(-1) ?? '') : undefined;
      const title = `Import ${settings.name ?? one ?? plural(paths.length, 'file')}`;
      return startImport(ctx.open, { ...settings, files: paths }, title);
    }),

  /** Imports a bundled sample. */
  importSample: projectProcedure
    .input(z.object({ sample: z.enum(['silicon']) }))
    .mutation(({ ctx, input }) => importSample(ctx.open, input.sample)),

  rename: projectProcedure
    .input(z.object({ id, name: word }))
    .mutation(({ ctx, input }) => touch(ctx, () => ctx.open.datasets.store.rename(input.id, input.name))),
  setReference: projectProcedure
    .input(z.object({ id, reference: z.string().max(400) }))
    .mutation(({ ctx, input }) =>
      touch(ctx, () => ctx.open.datasets.store.setReference(input.id, input.reference)),
    ),
  /** Takes a dataset out of sight; it can be brought back until the project is closed. */
  remove: projectProcedure.input(z.object({ id })).mutation(({ ctx, input }) =>
    touch(ctx, () => {
      const { datasets, background, removals } = ctx.open;
      const { id } = datasets.get(input.id);
      removals.remove('dataset', id, () => {
        // the thread finishes what it was given before it ends
        if (background.large([id])) background.inThread('remove', { id }).catch(() => undefined);
        else datasets.store.remove(id);
      });
    }),
  ),
  /** @returns whether it could be brought back */
  restore: projectProcedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => touch(ctx, () => ctx.open.removals.restore('dataset', input.id))),

  /** Sentences about the flags of one configuration. */
  flagMessages: projectProcedure
    .input(z.object({ id, position: z.number().int().nonnegative() }))
    .query(({ ctx, input }) => ctx.open.datasets.store.flagMessages(input.id, input.position)),

  /** How many of these configurations are of the test part: errors measured before would be of another set. */
  inTest: projectProcedure
    .input(z.object({ id, positions }))
    .query(({ ctx, input }) => ctx.open.tests.count(input.id, input.positions)),
  exclude: projectProcedure
    .input(z.object({ id, positions, reason: z.string().max(200).optional() }))
    .mutation(({ ctx, input }) => touch(ctx, () => ctx.open.background.about([input.id], 'exclude', input))),
  include: projectProcedure
    .input(z.object({ id, positions }))
    .mutation(({ ctx, input }) => touch(ctx, () => ctx.open.background.about([input.id], 'include', input))),
  tag: projectProcedure
    .input(z.object({ id, positions, tag: word }))
    .mutation(({ ctx, input }) => touch(ctx, () => ctx.open.background.about([input.id], 'tag', input))),
  untag: projectProcedure
    .input(z.object({ id, positions, tag: word }))
    .mutation(({ ctx, input }) => touch(ctx, () => ctx.open.background.about([input.id], 'untag', input))),
  reweight: projectProcedure
    .input(z.object({ id, positions, weight: z.number().nonnegative().max(1e6) }))
    .mutation(({ ctx, input }) => touch(ctx, () => ctx.open.background.about([input.id], 'reweight', input))),
  split: projectProcedure
    .input(z.object({ id, request: splitRequest }))
    .mutation(({ ctx, input }) => touch(ctx, () => ctx.open.background.about([input.id], 'split', input))),
  unsplit: projectProcedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => touch(ctx, () => ctx.open.background.about([input.id], 'unsplit', input))),

  steps: projectProcedure
    .input(z.object({ id }))
    .query(({ ctx, input }) => ctx.open.datasets.steps(input.id)),
  /** @returns what was undone, or null */
  undo: projectProcedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => touch(ctx, () => ctx.open.background.about([input.id], 'undo', input))),
  redo: projectProcedure
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => touch(ctx, () => ctx.open.background.about([input.id], 'redo', input))),

  /** Formats that can be written; those that are folders are handed out as a zip. */
  writableFormats: projectProcedure.query(() =>
    FORMATS.filter(({ write, writeFolder }) => (write ?? writeFolder) !== undefined).map(
      ({ name, title, extensions, write }) => ({
        name,
        title,
        extension: write === undefined ? '.zip' : (extensions.at(0) ?? ''),
      }),
    ),
  ),

  /** Writes configurations that are not excluded to one file or zip; it is fetched under /data/exports/KEY. */
  exportFile: projectProcedure
    .input(
      z.object({
        id,
        parts: z.array(z.string()).min(1).max(100).optional(),
        format: word,
        aseNames: z.boolean().optional(),
      }),
    )
    .mutation(async ({ ctx, input, signal }) => {
      const dataset = ctx.open.datasets.get(input.id);
      const format = FORMATS.find((candidate) => candidate.name === input.format);
      const part = input.parts ? `-${input.parts.join('-')}` : '';
      const folder = format?.writeFolder !== undefined;
      const fileName = safeName(
        `${dataset.name}${part}${folder ? '.zip' : (format?.extensions.at(0) ?? '')}`,
      );
      const parts = input.parts?.map((name) => (name === '' ? null : name));
      const write = (path: string) =>
        ctx.open.writing.about([input.id], 'exportFile', { ...input, parts, path }, signal);
      const { exports } = ctx.workspace;
      if (folder) {
        const { key, result } = await exports.zipOf(fileName, write);
        return { key, fileName, ...result };
      }
      const { key, path } = await exports.place(fileName);
      return { key, fileName, ...(await write(path)) };
    }),

  /** Which structures two datasets share, and how far their labels differ. */
  compare: projectProcedure
    .input(z.object({ first: id, second: id }))
    .query(({ ctx, input }) => ctx.open.background.about([input.first, input.second], 'compare', input)),

  /** A new dataset of some configurations. */
  extract: projectProcedure
    .input(
      z.object({
        id,
        positions,
        name: word,
        /** Factors on their weights, in the same order. */
        weights: z
          .union([z.array(z.number().nonnegative()), packedNumbers.pipe(z.array(z.number().nonnegative()))])
          .optional(),
      }),
    )
    .mutation(({ ctx, input }) => touch(ctx, () => ctx.open.background.about([input.id], 'extract', input))),

  /** A new dataset from parts of others. */
  combine: projectProcedure
    .input(z.object({ name: word, sources: z.array(z.object({ id })).min(1).max(50) }))
    .mutation(({ ctx, input }) =>
      touch(ctx, () => {
        const ids = input.sources.map((source) => source.id);
        return ctx.open.background.about(ids, 'combine', { name: input.name, ids });
      }),
    ),
});

/** Does something and tells every page that lists changed. */
async function touch<T>(
  ctx: { workspace: { touched(): void }; open: OpenProject },
  work: () => T | Promise<T>,
): Promise<T> {
  if (ctx.open.project.readOnly) {
    throw new ForcewrightError('The project is read-only, so nothing can be changed in it.', {
      remedy: 'Make its file writable and open it again, or work on a copy.',
    });
  }
  const result = await work();
  ctx.workspace.touched();
  return result;
}

function plural(n: number, noun: string): string {
  return n === 1 ? `1 ${noun}` : `${n} ${noun}s`;
}
