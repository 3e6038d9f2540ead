/** Descriptors by name: one line each. */
import { StructureError } from '../../errors.ts';
import type { Descriptor } from './descriptor.ts';
import { momentTensorDescriptor } from './moment-tensor.ts';
import { QUESTS_DEFAULTS, questsDescriptor } from './quests.ts';

export interface DescriptorSettings {
  /** Å; 5 by default. */
  readonly cutoff?: number;
  /** Nearest neighbours of the QUESTS descriptor; 32 by default. */
  readonly neighbours?: number;
}

const BY_NAME: Record<string, (argument: string | undefined, settings: DescriptorSettings) => Descriptor> = {
  quests: (_argument, settings) =>
    questsDescriptor({
      neighbours: settings.neighbours ?? QUESTS_DEFAULTS.neighbours,
      cutoff: settings.cutoff ?? QUESTS_DEFAULTS.cutoff,
    }),
  mtp: (level, settings) =>
    momentTensorDescriptor(level === undefined ? 16 : Number(level), settings.cutoff ?? 5),
};

/**
 * The descriptor of a text such as 'quests' or 'mtp:16'.
 * @throws StructureError for an unknown name, PotentialError or StructureError for impossible settings
 */
export function descriptorByName(text: string, settings: DescriptorSettings = {}): Descriptor {
  const [name, argument] = text.split(':');
  if (!Object.hasOwn(BY_NAME, name)) {
    throw new StructureError(`There is no descriptor ${text}.`, {
      remedy: `Known are ${Object.keys(BY_NAME).join(', ')}; mtp takes a level, as in mtp:16.`,
    });
  }
  return BY_NAME[name](argument, settings);
}
