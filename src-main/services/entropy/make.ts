/** Making structures by what their environments are: what `forcewright generate` and the job do. */
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { frameEnvironments } from '../../../src-compute/analysis/entropy/frames.ts';
import { CORE_DEFAULTS } from '../../../src-compute/analysis/entropy/guided/core-repulsion.ts';
import { DRIVE_DEFAULTS, DRIVES } from '../../../src-compute/analysis/entropy/guided/drive.ts';
import {
  generateStructures,
  type GeneratedStructure,
  type GenerateRequest,
} from '../../../src-compute/analysis/entropy/guided/generate.ts';
import {
  momentDistance,
  type MomentDistance,
} from '../../../src-compute/analysis/entropy/guided/moment-distance.ts';
import { compositionOf } from '../../../src-compute/analysis/entropy/guided/random-start.ts';
import { REPRESENTATIVE_DEFAULTS } from '../../../src-compute/analysis/entropy/guided/terms.ts';
import type { DescriptorMatrix } from '../../../src-compute/analysis/descriptors/descriptor.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { withoutLabels } from '../../../src-compute/structure/properties.ts';
import { environmentsOf } from './environments.ts';
import { AUTOMATIC_DESCRIPTOR, descriptorOf, descriptorSettings, forElements } from './settings.ts';

export const GOALS = ['diverse', 'ordered', 'representative'] as const;

export const makeSettings = z.object({
  ...descriptorSettings.shape,
  /** 'mtp:8' for representative structures, whose search wants a smooth descriptor; else 'auto'. */
  descriptor: z.string().optional(),
  /** Si32, Ga16As16, … */
  composition: z.string().min(1),
  count: z.number().int().min(1).max(100_000),
  /** Å³ per atom, lowest and highest; the range of the reference or target structures when absent. */
  volume: z.tuple([z.number().positive(), z.number().positive()]).optional(),
  goal: z.enum(GOALS).default('diverse'),
  /** |K|, eV per atom and nat; for representative structures w, eV per atom. */
  strength: z.number().min(0).optional(),
  /** K of the novelty against the reference and earlier structures, eV per atom and nat. */
  novelty: z.number().min(0).default(0.05),
  /** Kernel width in the descriptor's unit; by the median rule over random structures when absent. */
  bandwidth: z.number().positive().optional(),
  drive: z.enum(DRIVES).default(DRIVE_DEFAULTS.drive),
  steps: z.number().int().min(1).default(DRIVE_DEFAULTS.steps),
  temperature: z.number().positive().default(DRIVE_DEFAULTS.temperature),
  timestep: z.number().positive().default(DRIVE_DEFAULTS.timestep),
  swaps: z.number().int().min(0).default(DRIVE_DEFAULTS.swaps),
  /** Kicks with a relaxation each, of which the best stays; 10 for representative structures, else none. */
  hops: z.number().int().min(0).optional(),
  coreHeight: z.number().positive().default(CORE_DEFAULTS.height),
  coreScale: z.number().positive().max(3).default(CORE_DEFAULTS.scale),
  seed: z.number().int().default(0),
});
export type MakeSettings = z.infer<typeof makeSettings>;

/** Settings with the goal's own descriptor where none was named. */
export function withMakeDescriptor(settings: MakeSettings): MakeSettings & { descriptor: string } {
  return {
    ...settings,
    descriptor: settings.descriptor ?? (settings.goal === 'representative' ? 'mtp:8' : AUTOMATIC_DESCRIPTOR),
  };
}

export interface MakeProgress {
  readonly signal?: AbortSignal;
  readonly onStructure?: (made: number, all: number) => void;
}

export interface Made {
  readonly configurations: Configuration[];
  /** Kernel width that guided, in the descriptor's unit. */
  readonly bandwidth: number;
  readonly volume: readonly [number, number];
  /** How far all structures together are from the target, for representative structures. */
  readonly distance: MomentDistance | undefined;
}

/**
 * Makes structures.
 * @param given the reference set to differ from, or the target to represent
 * @throws ForcewrightError when a target or a range of volumes is missing
 */
export async function makeStructures(
  settings: MakeSettings,
  given: readonly Configuration[] | undefined,
  progress: MakeProgress = {},
): Promise<Made> {
  const elements = Object.keys(compositionOf(settings.composition));
  const descriptor = descriptorOf(forElements(withMakeDescriptor(settings), elements));
  const range = settings.volume ?? volumeRange(given ?? []);
  if (range === undefined) {
    throw new ForcewrightError('The range of volumes per atom is not known.', {
      remedy: 'Give --volume LOW,HIGH in Å³ per atom, or periodic structures to take it from.',
    });
  }
  const environments = given && (await environmentsOf(given, descriptor, given.length, progress)).matrix;
  const request: GenerateRequest = {
    composition: compositionOf(settings.composition),
    volume: range,
    count: settings.count,
    descriptor,
    drive: { ...settings, hops: settings.hops ?? (settings.goal === 'representative' ? 10 : 0) },
    core: { height: settings.coreHeight, scale: settings.coreScale },
    seed: settings.seed,
    bandwidth: settings.bandwidth,
    goal: goalOf(settings, environments),
  };
  const { structures, bandwidth } = await generateStructures(request, {
    signal: progress.signal,
    onStructure: (_structure, done, all) => progress.onStructure?.(done, all),
  });
  const configurations = structures.map((made) => labelled(made, settings));
  const distance =
    settings.goal === 'representative' && environments
      ? momentDistance(frameEnvironments(configurations, descriptor).matrix, environments)
      : undefined;
  return { configurations, bandwidth, volume: range, distance };
}

function goalOf(settings: MakeSettings, environments: DescriptorMatrix | undefined): GenerateRequest['goal'] {
  if (settings.goal === 'representative') {
    if (environments === undefined) {
      throw new ForcewrightError('Representative structures need a target to represent.', {
        remedy: 'Give --target FILE.',
      });
    }
    const weight = settings.strength ?? REPRESENTATIVE_DEFAULTS.weight;
    return { kind: 'representative', settings: { ...REPRESENTATIVE_DEFAULTS, weight }, target: environments };
  }
  const strength = settings.strength ?? 1;
  const towardsOrder = settings.goal === 'ordered';
  return {
    kind: 'entropy',
    entropy: towardsOrder ? -strength : strength,
    novelty: towardsOrder ? 0 : settings.novelty,
    references: environments,
  };
}

function volumeRange(configurations: readonly Configuration[]): [number, number] | undefined {
  const volumes = configurations
    .filter(({ periodic }) => periodic.every(Boolean))
    .map((configuration) => volume(configuration.cell) / atomCount(configuration));
  return volumes.length === 0 ? undefined : [Math.min(...volumes), Math.max(...volumes)];
}

/** The field's energy is no label: it goes along as a key of its own. */
function labelled({ configuration, fieldEnergy }: GeneratedStructure, settings: MakeSettings): Configuration {
  return {
    ...withoutLabels(configuration),
    info: {
      config_type: `generated-${settings.goal}`,
      field_energy_per_atom: fieldEnergy / atomCount(configuration),
    },
  };
}
