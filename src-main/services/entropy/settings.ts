/** How entropy is to be measured: the settings that the command line, jobs and the window share. */
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { descriptorByName } from '../../../src-compute/analysis/descriptors/index.ts';
import type { Descriptor, DescriptorMatrix } from '../../../src-compute/analysis/descriptors/descriptor.ts';
import {
  standardise,
  standardisationOf,
  type Standardisation,
} from '../../../src-compute/analysis/descriptors/standardise.ts';
import {
  meanAtomicVolume,
  medianBandwidth,
  QUESTS_BANDWIDTH,
  volumeBandwidth,
} from '../../../src-compute/analysis/entropy/bandwidth.ts';
import type { FrameEnvironments } from '../../../src-compute/analysis/entropy/frames.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { KERNEL_BACKENDS } from './engine.ts';

export const descriptorSettings = z.object({
  /** 'quests', 'mtp:16', … */
  descriptor: z.string().default('quests'),
  /** Å */
  cutoff: z.number().positive().default(5),
  /** Nearest neighbours of the QUESTS descriptor. */
  neighbours: z.number().int().min(1).max(255).default(32),
});
export type DescriptorSettings = z.infer<typeof descriptorSettings>;

export const kernelSettings = z.object({
  ...descriptorSettings.shape,
  /** A number in the descriptor's unit, 'median' or 'volume'; 'default' is 0.015 1/Å for QUESTS, else 'median'. */
  bandwidth: z.union([z.number().positive(), z.enum(['default', 'median', 'volume'])]).default('default'),
  /** wasm: 64 bits; wasm-f32, webgpu and gpujs: 32 bits, to 1e-4 nats; auto: a GPU where there is a real one. */
  backend: z.enum(KERNEL_BACKENDS).default('wasm'),
  /** 0 means as many as there are cores. */
  threads: z.number().int().min(0).default(0),
  /** Error bound in nats of the neighbour-search approximation; exact without it. */
  tolerance: z.number().positive().max(1).optional(),
});
export type KernelSettings = z.infer<typeof kernelSettings>;

/** The descriptor that settings name; the published one where they name none. */
export function descriptorOf(
  settings: Omit<DescriptorSettings, 'descriptor'> & { readonly descriptor?: string },
): Descriptor {
  const { descriptor = 'quests', cutoff, neighbours } = settings;
  return descriptorByName(descriptor, { cutoff, neighbours });
}

/** Sets of environments, standardised where the descriptor needs it, with mean and deviation of the last set. */
export function inCommonUnits(
  sets: readonly FrameEnvironments[],
  descriptor: Descriptor,
): Pick<Prepared, 'sets' | 'standardisation'> {
  if (!descriptor.needsStandardisation) return { sets, standardisation: undefined };
  const standardisation = standardisationOf(sets[sets.length - 1].matrix);
  return {
    sets: sets.map((set) => ({ ...set, matrix: standardise(set.matrix, standardisation) })),
    standardisation,
  };
}

/** Sets of environments in common units, and the bandwidth to compare them with. */
export interface Prepared {
  readonly sets: readonly FrameEnvironments[];
  readonly bandwidth: number;
  /** How the bandwidth was chosen, in words. */
  readonly rule: string;
  readonly standardisation: Standardisation | undefined;
}

/**
 * Standardises sets where the descriptor needs it and chooses the bandwidth. Mean, deviation and rules come from the last
 * set: the reference set where there is one.
 */
export function prepare(
  sets: readonly FrameEnvironments[],
  descriptor: Descriptor,
  bandwidth: KernelSettings['bandwidth'],
  referenceConfigurations: readonly Configuration[],
): Prepared {
  const { sets: common, standardisation } = inCommonUnits(sets, descriptor);
  const chosen = chooseBandwidth(
    common[common.length - 1].matrix,
    descriptor,
    bandwidth,
    referenceConfigurations,
  );
  return { sets: common, ...chosen, standardisation };
}

function chooseBandwidth(
  reference: DescriptorMatrix,
  descriptor: Descriptor,
  rule: KernelSettings['bandwidth'],
  configurations: readonly Configuration[],
): { bandwidth: number; rule: string } {
  if (typeof rule === 'number') return { bandwidth: rule, rule: 'given' };
  const quests = descriptor.name === 'quests';
  if (rule === 'volume') {
    if (!quests) {
      throw new ForcewrightError(
        'The volume rule for the bandwidth is known for the QUESTS descriptor only.',
        {
          remedy: 'Use --bandwidth median, or give a number.',
        },
      );
    }
    const volume = meanAtomicVolume(configurations);
    if (volume === undefined) {
      throw new ForcewrightError(
        'The volume rule for the bandwidth needs structures that are periodic in all directions.',
        {
          remedy: 'Give a number: 0.015 is the published default.',
        },
      );
    }
    return { bandwidth: volumeBandwidth(volume), rule: `by volume, ${volume.toFixed(2)} Å³/atom` };
  }
  if (rule === 'default' && quests) return { bandwidth: QUESTS_BANDWIDTH, rule: 'published default' };
  return { bandwidth: medianBandwidth(reference), rule: 'median rule' };
}

/** Elements that occur in the first set of structures and not in the second, in order of appearance. */
export function unknownElements(
  configurations: readonly Configuration[],
  references: readonly Configuration[],
): string[] {
  const known = usedSymbols(references);
  return [...usedSymbols(configurations)].filter((symbol) => !known.has(symbol));
}

function usedSymbols(configurations: readonly Configuration[]): Set<string> {
  const used = new Set<string>();
  for (const { symbols, kinds } of configurations) {
    const seen = new Uint8Array(symbols.length);
    for (const kind of kinds) seen[kind] = 1;
    symbols.forEach((symbol, kind) => seen[kind] && used.add(symbol));
  }
  return used;
}
