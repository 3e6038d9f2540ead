/**
 * The job that follows the novelty of every atom along a trajectory against a reference set, usually what its potential
 * was trained on. The result is kept as an analysis of kind 'trajectory-novelty': a time series, and the numbers of all
 * atoms in chunks of frames, so that a frame can be coloured without reading the others.
 */
import { z } from 'zod';
import type { NoveltyMonitor } from '../../../src-compute/analysis/entropy/novelty-monitor.ts';
import type { AnalysisResult } from '../../store/analyses.ts';
import { TrajectoryReader } from '../../store/trajectories.ts';
import { keptAnalysisRunner } from '../jobs/kept-analysis.ts';
import type { JobContext } from '../jobs/runner.ts';
import { frameConfiguration } from '../simulations/trajectory-frames.ts';
import { referenceStructures } from './dataset-choice.ts';
import { partHash, partsOf, referencePart } from './dataset-part.ts';
import { guardSettings, noveltyGuard } from './novelty-guard.ts';
import { forDatasets, unknownElements } from './settings.ts';

/** Frames that are looked at when nothing else is asked for, at most. */
const FRAMES = 500;
/** Numbers that are kept, at most: more atoms mean fewer frames. */
const NUMBERS = 20_000_000;
/** Numbers in one chunk, about: a megabyte. */
const CHUNK = 250_000;

export const trajectoryNoveltySettings = z.object({
  ...guardSettings.pick({ descriptor: true, cutoff: true, neighbours: true, bandwidth: true }).shape,
  trajectoryId: z.number().int(),
  reference: referencePart,
  /** Frames from one look to the next; chosen so that at most 500 are looked at when absent. */
  every: z.number().int().min(1).optional(),
});
export type TrajectoryNoveltySettings = z.infer<typeof trajectoryNoveltySettings>;

/** What stands in the analysis, apart from its arrays `frame`, `mean`, `max`, `fraction`, `values-0`, … */
export const trajectoryNoveltyResult = z.object({
  trajectoryId: z.number(),
  atoms: z.number(),
  /** Frames of the trajectory when it was looked at. */
  frames: z.number(),
  framesPerChunk: z.number(),
  bandwidth: z.number(),
  bandwidthRule: z.string(),
  descriptor: z.string(),
  environments: z.number(),
  unknownElements: z.array(z.string()),
});

export const trajectoryNoveltyRunner = keptAnalysisRunner({
  kind: 'trajectory-novelty',
  settings: trajectoryNoveltySettings,
  inputs: (project, { reference, ...rest }) => ({
    ...rest,
    data: partHash(project, reference),
    // a run that goes on has more frames
    frames: new TrajectoryReader(project, rest.trajectoryId).frames,
  }),
  compute: follow,
});

async function follow(context: JobContext, settings: TrajectoryNoveltySettings): Promise<AnalysisResult> {
  const { project, signal } = context;
  const reader = new TrajectoryReader(project, settings.trajectoryId);
  const { reference } = settings;
  const described = forDatasets(project, settings, partsOf(reference));
  const training = await referenceStructures(project, reference, described, {
    signal,
    onProgress: (fraction) =>
      context.progress({ fraction: 0.3 * fraction, message: 'describing the reference set' }),
  });
  const guard = await noveltyGuard(
    training,
    guardSettings.parse({ ...described, every: 1, keep: 1 }),
    signal,
  );
  const frames = reader.frames;
  const series = await lookAtFrames(context, reader, guard.monitor, frames, settings.every);
  const first = frameConfiguration(reader, 0);
  return {
    result: {
      trajectoryId: settings.trajectoryId,
      atoms: first.kinds.length,
      frames,
      framesPerChunk: series.framesPerChunk,
      bandwidth: guard.bandwidth,
      bandwidthRule: guard.bandwidthRule,
      descriptor: guard.descriptor,
      environments: training.frames.matrix.rows,
      unknownElements: unknownElements([first], training.configurations),
    } satisfies z.infer<typeof trajectoryNoveltyResult>,
    arrays: series.arrays,
  };
}

async function lookAtFrames(
  context: JobContext,
  reader: TrajectoryReader,
  monitor: NoveltyMonitor,
  frames: number,
  every: number | undefined,
) {
  const atoms = reader.head.kinds.length;
  const most = Math.max(1, Math.floor(NUMBERS / atoms));
  const step = Math.max(every ?? Math.ceil(frames / FRAMES), Math.ceil(frames / most));
  const looks = Math.ceil(frames / step);
  const framesPerChunk = Math.max(1, Math.floor(CHUNK / atoms));
  const frame = Uint32Array.from({ length: looks }, (_, k) => k * step);
  const [mean, max, fraction] = [0, 1, 2].map(() => new Float64Array(looks));
  const chunks = Array.from(
    { length: Math.ceil(looks / framesPerChunk) },
    (_, k) => new Float32Array(Math.min(framesPerChunk, looks - k * framesPerChunk) * atoms),
  );
  for (let k = 0; k < looks; k++) {
    const sample = monitor.look(frame[k], frameConfiguration(reader, frame[k]));
    [mean[k], max[k], fraction[k]] = [sample.mean, sample.max, sample.fractionPositive];
    chunks[Math.floor(k / framesPerChunk)].set(sample.values, (k % framesPerChunk) * atoms);
    context.progress({
      fraction: 0.3 + (0.7 * (k + 1)) / looks,
      message: `frame ${frame[k] + 1} of ${frames}`,
    });
    await context.pause();
    context.throwIfCancelled();
  }
  const values = Object.fromEntries(chunks.map((data, k) => [`values-${k}`, { data }]));
  return {
    framesPerChunk,
    arrays: {
      frame: { data: frame },
      mean: { data: mean },
      max: { data: max },
      fraction: { data: fraction },
      ...values,
    },
  };
}
