/** The novelty guard of a run: made from the potential's training set; its novel frames become a file or a dataset. */
import { z } from 'zod';
import { NoveltyMonitor } from '../../../src-compute/analysis/entropy/novelty-monitor.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { writeConfigurations } from '../../formats/index.ts';
import { derivedColumns } from '../../store/configuration-row.ts';
import { DatasetWriter } from '../../store/dataset-writer.ts';
import type { Project } from '../../store/project.ts';
import { environmentsOf } from './environments.ts';
import type { StructureSet } from './measure.ts';
import {
  descriptorOf,
  descriptorSettings,
  forElements,
  kernelSettings,
  prepare,
  usedSymbols,
} from './settings.ts';

/** config_type of structures that wait for a reference calculation. */
const TO_BE_LABELLED = 'to-be-labelled';

export const guardSettings = z.object({
  ...descriptorSettings.shape,
  bandwidth: kernelSettings.shape.bandwidth,
  every: z.number().int().min(1).default(100),
  /** nats */
  threshold: z.number().default(0),
  /** Atoms that must be above the threshold. */
  atoms: z.number().int().min(1).default(1),
  action: z.enum(['mark', 'stop']).default('mark'),
  /** Most frames that are kept. */
  keep: z.number().int().min(1).default(100),
});
export type GuardSettings = z.infer<typeof guardSettings>;

/** A monitor, and how environments are compared by it. */
export interface NoveltyGuard {
  readonly monitor: NoveltyMonitor;
  /** In the descriptor's unit. */
  readonly bandwidth: number;
  readonly bandwidthRule: string;
  readonly descriptor: string;
}

/** A guard against a training set. */
export async function noveltyGuard(
  { configurations: training, frames }: StructureSet,
  settings: GuardSettings,
  signal?: AbortSignal,
): Promise<NoveltyGuard> {
  const descriptor = descriptorOf(forElements(settings, usedSymbols(training)));
  const environments = frames ?? (await environmentsOf(training, descriptor, training.length, { signal }));
  const { sets, novelty, standardisation } = prepare(
    [environments],
    descriptor,
    settings.bandwidth,
    training,
    true,
  );
  const { every, threshold, atoms, action, keep } = settings;
  const { bandwidth, rule } = novelty;
  const monitor = new NoveltyMonitor(
    descriptor,
    sets[0].matrix,
    bandwidth,
    { every, threshold, atoms, action, keep },
    standardisation,
  );
  return { monitor, bandwidth, bandwidthRule: rule, descriptor: descriptor.name };
}

/** The frames that were novel, in order of time, marked with step and novelty and without any label. */
export function novelFrames(monitor: NoveltyMonitor): Configuration[] {
  return monitor.frames
    .toSorted((a, b) => a.step - b.step)
    .map(({ step, max, configuration }) => toBeLabelled(configuration, { step, novelty_nats: max }));
}

/** A structure without any label, marked as one that is to get them. */
export function toBeLabelled(
  { symbols, kinds, positions, cell, periodic }: Configuration,
  info: Readonly<Record<string, number>>,
): Configuration {
  return { symbols, kinds, positions, cell, periodic, info: { config_type: TO_BE_LABELLED, ...info } };
}

/** Writes the novel frames; gives how many. Without any the file is not made. */
export async function writeNovelFrames(monitor: NoveltyMonitor, path: string): Promise<number> {
  const frames = novelFrames(monitor);
  if (frames.length > 0) await writeConfigurations(path, undefined, frames);
  return frames.length;
}

/** Makes a dataset "to be labelled" of the novel frames; undefined when there are none. */
export function saveNovelFrames(
  project: Project,
  monitor: NoveltyMonitor,
  name: string,
  also?: (project: Project, datasetId: number) => void,
): number | undefined {
  const frames = novelFrames(monitor);
  if (frames.length === 0) return undefined;
  return saveToBeLabelled(project, frames, name, { noveltyGuard: monitor.settings }, also);
}

/** Makes a dataset of structures that wait for a reference calculation. @returns its number */
export function saveToBeLabelled(
  project: Project,
  frames: readonly Configuration[],
  name: string,
  source: unknown,
  also?: (project: Project, datasetId: number) => void,
): number {
  using writer = new DatasetWriter(project);
  frames.forEach((configuration, k) =>
    writer.add(
      configuration,
      { sourceFile: 0, sourceFrame: k, sourceLine: 0 },
      derivedColumns(configuration),
    ),
  );
  return writer.commit({ name, reference: 'to be labelled', source }, also);
}
