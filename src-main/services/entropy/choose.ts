/** Choosing frames of a set by what they cover: what `forcewright select` and the selection job do. */
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { selectByEntropy } from '../../../src-compute/analysis/entropy/entropy-selection.ts';
import { duplicateGroups } from '../../../src-compute/analysis/entropy/duplicates.ts';
import { frameKernels, type FrameKernels } from '../../../src-compute/analysis/entropy/frame-kernels.ts';
import { byFrame, frameCount, type FrameEnvironments } from '../../../src-compute/analysis/entropy/frames.ts';
import type { KernelProgress } from '../../../src-compute/analysis/entropy/kernel-engine.ts';
import { novelty } from '../../../src-compute/analysis/entropy/measures.ts';
import { distinctFirst } from '../../../src-compute/analysis/entropy/twins.ts';
import type { Descriptor } from '../../../src-compute/analysis/descriptors/descriptor.ts';
import {
  framesForFraction,
  selectByDiversity,
  selectByScore,
  selectFarthest,
  selectionQuality,
  selectRandom,
  type Selected,
  type SelectionQuality,
} from '../../../src-compute/analysis/entropy/selection.ts';
import { kernelEngine } from './engine.ts';
import { environmentsOf } from './environments.ts';
import type { StructureSet } from './measure.ts';
import {
  AUTOMATIC_DESCRIPTOR,
  descriptorOf,
  forElements,
  kernelSettings,
  prepare,
  usedSymbols,
} from './settings.ts';

export const SELECTION_METHODS = ['entropy', 'diversity', 'farthest', 'novelty', 'random'] as const;

export const selectionSettings = z.object({
  ...kernelSettings.shape,
  /** By the method when absent: see DEFAULT_DESCRIPTORS. */
  descriptor: z.string().optional(),
  method: z.enum(SELECTION_METHODS).default('entropy'),
  /** Number of frames; or the fraction of all of them. */
  count: z.number().int().positive().optional(),
  fraction: z.number().positive().max(1).optional(),
  seed: z.number().int().default(0),
  /** Weigh the chosen frames by what they stand for, where the method knows that (entropy). */
  weights: z.boolean().default(true),
  /** Also say what a choice by farthest points keeps; the other methods always do. */
  quality: z.boolean().default(false),
  /** Also look for near-duplicates, with at least this similarity. */
  duplicates: z.number().min(0).max(1).optional(),
});
export type SelectionSettings = z.infer<typeof selectionSettings>;

/**
 * Moment tensor scalars for what a fit is to be made of: they are what potentials see. The published descriptor for
 * everything else.
 */
const DEFAULT_DESCRIPTORS: Partial<Record<SelectionSettings['method'], string>> = { entropy: 'mtp:12' };

/**
 * Settings with the method's own descriptor where none was named.
 * @param elements of each set of structures
 */
export function withDescriptor(
  settings: SelectionSettings,
  ...elements: readonly Iterable<string>[]
): SelectionSettings & { descriptor: string } {
  const { descriptor = AUTOMATIC_DESCRIPTOR, method } = settings;
  const own = descriptor === AUTOMATIC_DESCRIPTOR ? DEFAULT_DESCRIPTORS[method] : undefined;
  return forElements({ ...settings, descriptor: own ?? descriptor }, ...elements);
}

/** Choosing wants a kernel that reaches from frame to frame: where sets are judged, the rules of `prepare` hold. */
function widthFor({ bandwidth, method }: SelectionSettings, descriptor: Descriptor) {
  const judges = method === 'novelty' || !descriptor.needsStandardisation;
  return bandwidth === 'default' && !judges ? 'median' : bandwidth;
}

export interface Choice {
  readonly selected: Selected;
  readonly frames: number;
  readonly environments: number;
  readonly chosenEnvironments: number;
  readonly descriptor: string;
  readonly bandwidth: number;
  readonly bandwidthRule: string;
  /** What the choice keeps of the whole; absent for sets too large for it. */
  readonly quality: SelectionQuality | undefined;
  readonly duplicates: number[][] | undefined;
}

/**
 * Chooses frames.
 * @param references for the method novelty: what the frames are to be new against
 * @throws ForcewrightError when neither count nor fraction is given, or novelty has nothing to compare with
 */
export async function chooseFrames(
  structures: StructureSet,
  references: StructureSet | undefined,
  settings: SelectionSettings,
  progress: KernelProgress = {},
): Promise<Choice> {
  if (settings.method === 'novelty' && !references) {
    throw new ForcewrightError('Choosing by novelty needs a reference set to be new against.', {
      remedy: 'Give --reference, or use the method entropy.',
    });
  }
  const elements = [structures, ...(references ? [references] : [])].map(({ configurations }) =>
    usedSymbols(configurations),
  );
  const descriptor = descriptorOf(withDescriptor(settings, ...elements));
  const { signal, onProgress } = progress;
  const describe = (set: StructureSet, from: number, size: number) =>
    set.frames ??
    environmentsOf(set.configurations, descriptor, set.configurations.length, {
      threads: settings.threads,
      signal,
      onProgress: (f) => onProgress?.(from + size * f),
    });
  const own = await describe(structures, 0, 0.3);
  const other = references && (await describe(references, 0.3, 0.2));
  const reference = (references ?? structures).configurations;
  const common = prepare(
    other ? [own, other] : [own],
    descriptor,
    widthFor(settings, descriptor),
    reference,
    settings.method === 'novelty',
  );
  const frames = common.sets[0];
  const count = wantedCount(frames, settings);
  const part = (from: number) => ({ signal, onProgress: (f: number) => onProgress?.(from + 0.25 * f) });
  const kernels = needsKernels(settings)
    ? await frameKernels(frames, common.bandwidth, part(0.5))
    : undefined;
  const selected = await distinctFirst(frames, count, (some, candidates) =>
    select(frames, kernels, common.sets[1], common.novelty.bandwidth, some, candidates, settings, part(0.75)),
  );
  let chosenEnvironments = 0;
  for (const f of selected.frames) chosenEnvironments += frames.start[f + 1] - frames.start[f];
  return {
    selected,
    frames: frameCount(frames),
    environments: frames.matrix.rows,
    chosenEnvironments,
    descriptor: descriptor.name,
    bandwidth: common.bandwidth,
    bandwidthRule: common.rule,
    quality: kernels && selectionQuality(frames, kernels, selected.frames, selected.weights),
    duplicates:
      kernels && settings.duplicates !== undefined
        ? duplicateGroups(frames, kernels, settings.duplicates)
        : undefined,
  };
}

function wantedCount(frames: FrameEnvironments, settings: SelectionSettings): number {
  if (settings.count !== undefined) return settings.count;
  if (settings.fraction !== undefined) return framesForFraction(frameCount(frames), settings.fraction);
  throw new ForcewrightError('How many frames are to be chosen was not said.', {
    remedy: 'Give --count N or --fraction 0.2.',
  });
}

/** Farthest-point choice is the one for sets that are too large for frame kernels. */
function needsKernels({ method, quality, duplicates }: SelectionSettings): boolean {
  return method !== 'farthest' || quality || duplicates !== undefined;
}

async function select(
  frames: FrameEnvironments,
  kernels: FrameKernels | undefined,
  references: FrameEnvironments | undefined,
  bandwidth: number,
  count: number,
  candidates: Uint8Array,
  settings: SelectionSettings,
  progress: KernelProgress,
): Promise<Selected> {
  if (settings.method === 'random') return selectRandom(frames, count, settings.seed, candidates);
  if (settings.method === 'novelty' && references) {
    using engine = kernelEngine(settings);
    const { values } = await novelty(frames.matrix, references.matrix, bandwidth, engine, progress);
    return selectByScore(byFrame(frames, values).mean, Math.min(count, frameCount(frames)), candidates);
  }
  if (kernels && settings.method === 'entropy') {
    const chosen = await selectByEntropy(frames, kernels, count, undefined, progress, candidates);
    return settings.weights ? chosen : { frames: chosen.frames, gains: chosen.gains };
  }
  if (kernels && settings.method === 'diversity')
    return selectByDiversity(frames, kernels, count, candidates);
  return selectFarthest(frames, count, progress, candidates);
}
