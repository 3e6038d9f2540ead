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
  coverageBandwidth,
  DISPLACEMENT,
  displacementNoise,
  meanAtomicVolume,
  medianBandwidth,
  QUESTS_BANDWIDTH,
  volumeBandwidth,
} from '../../../src-compute/analysis/entropy/bandwidth.ts';
import type { FrameEnvironments } from '../../../src-compute/analysis/entropy/frames.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { atomicNumber } from '../../../src-compute/structure/elements.ts';
import { DatasetRepository } from '../../store/datasets.ts';
import type { Project } from '../../store/project.ts';
import { KERNEL_BACKENDS } from './engine.ts';

/** The descriptor that looks at elements where there are several: quests, or quests with their list. */
export const AUTOMATIC_DESCRIPTOR = 'auto';

export const descriptorSettings = z.object({
  /** 'quests', 'quests:In,P', 'mtp:16', …; 'auto' is quests, with the elements of the data where they are several. */
  descriptor: z.string().default(AUTOMATIC_DESCRIPTOR),
  /** Å */
  cutoff: z.number().positive().default(5),
  /** Nearest neighbours of the QUESTS descriptor. */
  neighbours: z.number().int().min(1).max(255).default(32),
});
export type DescriptorSettings = z.infer<typeof descriptorSettings>;

export const kernelSettings = z.object({
  ...descriptorSettings.shape,
  /**
   * A number in the descriptor's unit, 'median', 'volume' or 'coverage'; 'default' is 0.015 1/Å for QUESTS, else what a
   * displacement of 0.02 Å makes, and 'coverage' for novelty against a reference set.
   */
  bandwidth: z
    .union([z.number().positive(), z.enum(['default', 'median', 'volume', 'coverage'])])
    .default('default'),
  /** wasm: 64 bits; wasm-f32, webgpu and gpujs: 32 bits, to 1e-4 nats; auto: a GPU where there is a real one. */
  backend: z.enum(KERNEL_BACKENDS).default('wasm'),
  /** 0 means as many as there are cores. */
  threads: z.number().int().min(0).default(0),
  /** Error bound in nats of the neighbour-search approximation; exact without it. */
  tolerance: z.number().positive().max(1).optional(),
});
export type KernelSettings = z.infer<typeof kernelSettings>;

/** The descriptor that settings name; the published one where they name none, or leave the choice and no data is known. */
export function descriptorOf(
  settings: Omit<DescriptorSettings, 'descriptor'> & { readonly descriptor?: string },
): Descriptor {
  const { descriptor = AUTOMATIC_DESCRIPTOR, cutoff, neighbours } = settings;
  return descriptorByName(descriptor === AUTOMATIC_DESCRIPTOR ? 'quests' : descriptor, {
    cutoff,
    neighbours,
  });
}

/**
 * Settings whose descriptor is named: where it is left to the data, QUESTS as published for one element, and with the
 * elements kept apart where one of the sets has several, because the published one takes shuffled InP for ordered InP.
 * @param sets elements of each set that is to be compared
 */
export function forElements<Settings extends { readonly descriptor?: string }>(
  settings: Settings,
  ...sets: readonly Iterable<string>[]
): Settings & { readonly descriptor: string } {
  const { descriptor = AUTOMATIC_DESCRIPTOR } = settings;
  if (descriptor !== AUTOMATIC_DESCRIPTOR) return { ...settings, descriptor };
  const elements = sets.map((set) => new Set(set));
  if (elements.every((set) => set.size <= 1)) return { ...settings, descriptor: 'quests' };
  const list = [...new Set(elements.flatMap((set) => [...set]))].sort(
    (a, b) => (atomicNumber(a) ?? Infinity) - (atomicNumber(b) ?? Infinity) || a.localeCompare(b),
  );
  return { ...settings, descriptor: `quests:${list.join(',')}` };
}

/** Settings for parts of datasets: see `forElements`. */
export function forDatasets<Settings extends { readonly descriptor?: string }>(
  project: Project,
  settings: Settings,
  parts: readonly ({ readonly datasetId: number } | undefined)[],
): Settings & { readonly descriptor: string } {
  const store = new DatasetRepository(project);
  return forElements(settings, ...parts.flatMap((part) => (part ? [store.get(part.datasetId).species] : [])));
}

/**
 * Sets of environments, standardised where the descriptor needs it, with mean and deviation of the last set.
 * @param noise what changes of a column do not matter (`displacementNoise`): its unit is not smaller
 */
export function inCommonUnits(
  sets: readonly FrameEnvironments[],
  descriptor: Descriptor,
  noise?: Float64Array,
): Pick<Prepared, 'sets' | 'standardisation'> {
  if (!descriptor.needsStandardisation) return { sets, standardisation: undefined };
  const standardisation = standardisationOf(sets[sets.length - 1].matrix, noise);
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
  /** The bandwidth that novelty against the last set is measured with, and its rule. */
  readonly novelty: { readonly bandwidth: number; readonly rule: string };
  readonly standardisation: Standardisation | undefined;
}

/**
 * Standardises sets where the descriptor needs it and chooses the bandwidth. Mean, deviation and rules come from the last
 * set: the reference set where there is one.
 * @param against whether the last set is what novelty is judged by: by default 95 % of its own environments are then not
 *   new. H and what else is measured of the others does not depend on it.
 */
export function prepare(
  sets: readonly FrameEnvironments[],
  descriptor: Descriptor,
  bandwidth: KernelSettings['bandwidth'],
  referenceConfigurations: readonly Configuration[],
  against = false,
): Prepared {
  const published = descriptor.name === 'quests';
  // only scales and rules ask for it, and it describes structures anew
  const asked =
    descriptor.needsStandardisation ||
    bandwidth === 'median' ||
    bandwidth === 'coverage' ||
    (against && !published);
  const noise = asked
    ? displacementNoise(descriptor, referenceConfigurations)
    : new Float64Array(descriptor.dimension);
  const { sets: common, standardisation } = inCommonUnits(sets, descriptor, noise);
  const unit = standardisation?.scale;
  const displacement = Math.hypot(...noise.map((change, k) => (unit ? change / unit[k] : change)));
  const choice = { descriptor, configurations: referenceConfigurations, displacement };
  const last = common[common.length - 1].matrix;
  const chosen = chooseBandwidth(last, bandwidth, choice);
  const judges = against && bandwidth === 'default' && !published;
  const novelty = judges ? chooseBandwidth(last, 'coverage', choice) : chosen;
  const gap = centreGap(sets, descriptor);
  if (!standardisation || descriptor.centreColumn === undefined || gap === undefined) {
    return { sets: common, ...chosen, novelty, standardisation };
  }
  // atoms of two elements are never alike, however wide the kernel
  const scale = standardisation.scale.slice();
  const apart = gap / (CENTRES_APART * Math.max(chosen.bandwidth, novelty.bandwidth));
  scale[descriptor.centreColumn] = Math.min(scale[descriptor.centreColumn], apart);
  const final = { mean: standardisation.mean, scale };
  return {
    sets: sets.map((set) => ({ ...set, matrix: standardise(set.matrix, final) })),
    ...chosen,
    novelty,
    standardisation: final,
  };
}

/** Kernel widths between atoms of different elements with the same surroundings: exp(−8²/2) = 1e-14. */
const CENTRES_APART = 8;

/** Smallest difference between the numbers of two elements that occur as centres; undefined for one element. */
function centreGap(
  sets: readonly FrameEnvironments[],
  { centreColumn, dimension }: Descriptor,
): number | undefined {
  if (centreColumn === undefined) return undefined;
  const seen = new Set<number>();
  for (const { matrix } of sets) {
    for (let row = 0; row < matrix.rows; row++) seen.add(matrix.values[row * dimension + centreColumn]);
  }
  const sorted = Float64Array.from(seen).sort();
  const gaps = Array.from(sorted.subarray(1), (value, k) => value - sorted[k]);
  return gaps.length === 0 ? undefined : Math.min(...gaps);
}

interface BandwidthChoice {
  readonly descriptor: Descriptor;
  readonly configurations: readonly Configuration[];
  /** What a displacement of 0.02 Å makes, in the units of the environments. */
  readonly displacement: number;
}

function bandwidthByVolume({ descriptor, configurations }: BandwidthChoice): {
  bandwidth: number;
  rule: string;
} {
  if (descriptor.needsStandardisation) {
    throw new ForcewrightError('The volume rule for the bandwidth is known for the QUESTS descriptor only.', {
      remedy: 'Use --bandwidth median, or give a number.',
    });
  }
  const volume = meanAtomicVolume(configurations);
  if (volume === undefined) {
    throw new ForcewrightError(
      'The volume rule for the bandwidth needs structures that are periodic in all directions.',
      { remedy: 'Give a number: 0.015 is the published default.' },
    );
  }
  return { bandwidth: volumeBandwidth(volume), rule: `by volume, ${volume.toFixed(2)} Å³/atom` };
}

/** The published number for QUESTS, by elements or not; else what a displacement makes that does not matter. */
const leastBandwidth = ({ descriptor, displacement }: BandwidthChoice) =>
  descriptor.needsStandardisation ? displacement || 1 : QUESTS_BANDWIDTH;

function chooseBandwidth(
  reference: DescriptorMatrix,
  rule: KernelSettings['bandwidth'],
  choice: BandwidthChoice,
): { bandwidth: number; rule: string } {
  if (typeof rule === 'number') return { bandwidth: rule, rule: 'given' };
  const published = choice.descriptor.name === 'quests';
  if (rule === 'volume') return bandwidthByVolume(choice);
  if (rule === 'median') {
    // a tenth of what does not matter is nothing
    return { bandwidth: medianBandwidth(reference, 0.1 * choice.displacement), rule: 'median rule' };
  }
  if (rule === 'default' && published) return { bandwidth: QUESTS_BANDWIDTH, rule: 'published default' };
  const least = leastBandwidth(choice);
  if (rule === 'coverage') {
    const most = Math.max(least, medianBandwidth(reference, 0.1 * choice.displacement));
    const bandwidth = coverageBandwidth(reference, least, most);
    return { bandwidth, rule: 'coverage rule: 95 % of the reference set are like the rest of it' };
  }
  const words = choice.descriptor.needsStandardisation
    ? `displacement rule, ${DISPLACEMENT} Å`
    : 'as published for one element';
  return { bandwidth: least, rule: words };
}
/** Elements that occur in the first set of structures and not in the second, in order of appearance. */
export function unknownElements(
  configurations: readonly Configuration[],
  references: readonly Configuration[],
): string[] {
  const known = usedSymbols(references);
  return [...usedSymbols(configurations)].filter((symbol) => !known.has(symbol));
}

/** Elements of some structures that have atoms there. */
export function usedSymbols(configurations: readonly Configuration[]): Set<string> {
  const used = new Set<string>();
  for (const { symbols, kinds } of configurations) {
    const seen = new Uint8Array(symbols.length);
    for (const kind of kinds) seen[kind] = 1;
    symbols.forEach((symbol, kind) => seen[kind] && used.add(symbol));
  }
  return used;
}
