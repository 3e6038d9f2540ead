/** What data cover: measures, maps, comparisons and novelty, each a job whose result is kept; and what to do with them. */
import { z } from 'zod';
import { comparisonResult, comparisonRunner, comparisonSettings } from '../../services/entropy/comparison.ts';
import { selectionJobSettings, selectionResult } from '../../services/entropy/curation-runners.ts';
import { datasetPart, partsOf, type ReferencePart } from '../../services/entropy/dataset-part.ts';
import {
  duplicatesResult,
  duplicatesRunner,
  duplicatesSettings,
} from '../../services/entropy/duplicates-runner.ts';
import { entropyJobSettings, entropyResult, entropyRunner } from '../../services/entropy/entropy-runner.ts';
import { mapJobSettings, mapResult, mapRunner } from '../../services/entropy/map-runner.ts';
import { saveToBeLabelled, toBeLabelled } from '../../services/entropy/novelty-guard.ts';
import { descriptorOf, type DescriptorSettings } from '../../services/entropy/settings.ts';
import { trainingPart } from '../../services/entropy/training-set.ts';
import {
  trajectoryNoveltyResult,
  trajectoryNoveltyRunner,
  trajectoryNoveltySettings,
} from '../../services/entropy/trajectory-novelty.ts';
import type { KeptAnalysisRunner } from '../../services/jobs/kept-analysis.ts';
import { frameConfiguration } from '../../services/simulations/trajectory-frames.ts';
import { TrajectoryReader } from '../../store/trajectories.ts';
import { requireAnalysis } from '../data/analysis.ts';
import { projectProcedure, router } from '../trpc.ts';
import type { OpenProject } from '../workspace.ts';

/** An analysis that is there already, or the job that makes it. */
export interface AnalysisStart {
  readonly analysisId: number | null;
  readonly jobId: number | null;
}
export type EntropyMeasures = z.infer<typeof entropyResult>;
export type CoverageComparison = z.infer<typeof comparisonResult>;
export type CoverageChoice = z.infer<typeof selectionResult>;
export type TrajectoryNovelty = z.infer<typeof trajectoryNoveltyResult>;
export type MapFacts = z.infer<typeof mapResult>;
/** Descriptor and bandwidth as a form holds them. */
export type CoverageSettings = Pick<
  z.input<typeof entropyJobSettings>,
  'descriptor' | 'cutoff' | 'neighbours' | 'bandwidth'
>;

const id = z.number().int().positive();
const byAnalysis = z.object({ analysisId: id });
/** A dataset, or what a potential was trained on. */
const reference = z.union([datasetPart, z.object({ potentialId: id })]);

/** Starts the job unless its result is known. @throws before the start when the descriptor does not exist */
function start<Schema extends z.ZodType>(
  open: OpenProject,
  runner: KeptAnalysisRunner<Schema>,
  title: string,
  settings: z.output<Schema> & DescriptorSettings,
): AnalysisStart {
  descriptorOf(settings);
  const known = runner.known(open.project, settings);
  if (known !== undefined) return { analysisId: known, jobId: null };
  return { analysisId: null, jobId: submit(open, runner.kind, title, settings) };
}

function submit(open: OpenProject, kind: string, title: string, settings: object): number {
  const document = z.json().parse(JSON.parse(JSON.stringify(settings)));
  const { id: jobId, finished } = open.jobs.submit(kind, title, document);
  finished.catch(() => undefined);
  return jobId;
}

const nameOf = (open: OpenProject, part: ReferencePart) =>
  partsOf(part)
    .map(({ datasetId }) => open.datasets.get(datasetId).name)
    .join(' + ');

export const coverageRouter = router({
  /** H, D, completeness, ranking of frames. */
  measure: projectProcedure
    .input(entropyJobSettings)
    .mutation(({ ctx: { open }, input }) =>
      start(open, entropyRunner, `Coverage of ${nameOf(open, input.dataset)}`, input),
    ),
  measures: projectProcedure
    .input(byAnalysis)
    .query(({ ctx, input }) =>
      entropyResult.parse(requireAnalysis(ctx.open, input.analysisId, [entropyRunner.kind]).result),
    ),

  /** A map of one dataset, or of two together. */
  map: projectProcedure
    .input(mapJobSettings)
    .mutation(({ ctx: { open }, input }) =>
      start(open, mapRunner, `Map of ${nameOf(open, input.dataset)}`, input),
    ),
  mapFacts: projectProcedure
    .input(byAnalysis)
    .query(({ ctx, input }) =>
      mapResult.parse(requireAnalysis(ctx.open, input.analysisId, [mapRunner.kind]).result),
    ),

  compare: projectProcedure
    .input(comparisonSettings)
    .mutation(({ ctx: { open }, input }) =>
      start(
        open,
        comparisonRunner,
        `Compare ${nameOf(open, input.first)} with ${nameOf(open, input.second)}`,
        input,
      ),
    ),
  comparison: projectProcedure
    .input(byAnalysis)
    .query(({ ctx, input }) =>
      comparisonResult.parse(requireAnalysis(ctx.open, input.analysisId, [comparisonRunner.kind]).result),
    ),

  findDuplicates: projectProcedure
    .input(duplicatesSettings)
    .mutation(({ ctx: { open }, input }) =>
      start(open, duplicatesRunner, `Near-duplicates in ${nameOf(open, input.dataset)}`, input),
    ),
  duplicates: projectProcedure
    .input(byAnalysis)
    .query(({ ctx, input }) =>
      duplicatesResult.parse(requireAnalysis(ctx.open, input.analysisId, [duplicatesRunner.kind]).result),
    ),

  /** Chooses configurations; nothing is changed until the choice is tagged or made a dataset. */
  choose: projectProcedure
    .input(selectionJobSettings.omit({ tag: true, newDataset: true }))
    .mutation(({ ctx: { open }, input }) => {
      descriptorOf(input);
      return { jobId: submit(open, 'select', `Choose from ${nameOf(open, input.dataset)}`, input) };
    }),
  choice: projectProcedure
    .input(z.object({ jobId: id }))
    .query(({ ctx, input }) => selectionResult.parse(ctx.open.jobs.get(input.jobId).result)),

  /** Novelty of every atom along a trajectory. */
  follow: projectProcedure
    .input(trajectoryNoveltySettings.omit({ reference: true }).extend({ reference }))
    .mutation(({ ctx: { open }, input }) => {
      const { head } = new TrajectoryReader(open.project, input.trajectoryId);
      const against =
        'potentialId' in input.reference
          ? trainingPart(open.project, input.reference.potentialId)
          : input.reference;
      const title = `Novelty of ${head.name} against ${nameOf(open, against)}`;
      return start(open, trajectoryNoveltyRunner, title, { ...input, reference: against });
    }),
  followed: projectProcedure
    .input(byAnalysis)
    .query(({ ctx, input }) =>
      trajectoryNoveltyResult.parse(
        requireAnalysis(ctx.open, input.analysisId, [trajectoryNoveltyRunner.kind]).result,
      ),
    ),

  /** A dataset of some frames of a trajectory, without labels, to be labelled. */
  keepFrames: projectProcedure
    .input(
      z.object({
        trajectoryId: id,
        frames: z.array(z.number().int().nonnegative()).min(1).max(5000),
        /** Largest novelty in each frame, nats. */
        novelty: z.array(z.number()).max(5000),
        name: z.string().trim().min(1).max(200),
      }),
    )
    .mutation(({ ctx: { open, workspace }, input }) => {
      const reader = new TrajectoryReader(open.project, input.trajectoryId);
      const frames = input.frames.map((frame, k) =>
        toBeLabelled(frameConfiguration(reader, frame), { frame, novelty_nats: input.novelty[k] ?? 0 }),
      );
      const datasetId = saveToBeLabelled(open.project, frames, input.name, { trajectory: reader.head.name });
      workspace.touched();
      return { datasetId };
    }),
});
