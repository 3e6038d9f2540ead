/** Descriptors by name: one line each. */
import { StructureError } from '../../errors.ts';
import type { Descriptor } from './descriptor.ts';
import { momentTensorDescriptor } from './moment-tensor.ts';
import {
  TENSOR_DEFAULTS,
  tensorRegressionDescriptor,
  type TensorRegressionSizes,
} from './tensor-regression.ts';
import { QUESTS_DEFAULTS, questsDescriptor } from './quests.ts';

export interface DescriptorSettings {
  /** Å; 5 by default. */
  readonly cutoff?: number;
  /** Nearest neighbours of the QUESTS descriptor; 32 by default. */
  readonly neighbours?: number;
}

const BY_NAME: Record<string, (argument: string | undefined, settings: DescriptorSettings) => Descriptor> = {
  quests: (elements, settings) =>
    questsDescriptor({
      ...(elements === undefined ? {} : { elements: elements.split(',') }),
      neighbours: settings.neighbours ?? QUESTS_DEFAULTS.neighbours,
      cutoff: settings.cutoff ?? QUESTS_DEFAULTS.cutoff,
    }),
  mtp: (level, settings) =>
    momentTensorDescriptor(level === undefined ? 16 : Number(level), settings.cutoff ?? 5),
  tensor: (sizes, settings) => tensorRegressionDescriptor(tensorSizes(sizes), settings.cutoff ?? 5),
};

/** Sizes from a text such as '6,4,2': what is left out keeps its default. */
function tensorSizes(text: string | undefined): TensorRegressionSizes {
  const { radial, angular, angularRadial } = TENSOR_DEFAULTS;
  const [p, q, a] = text === undefined ? [] : text.split(',').map(Number);
  return { radial: p ?? radial, angular: q ?? angular, angularRadial: a ?? angularRadial };
}

/**
 * The descriptor of a text such as 'quests', 'mtp:16' or 'tensor:6,4,1'.
 * @throws StructureError for an unknown name, PotentialError or StructureError for impossible settings
 */
export function descriptorByName(text: string, settings: DescriptorSettings = {}): Descriptor {
  const [name, argument] = text.split(':');
  if (!Object.hasOwn(BY_NAME, name)) {
    throw new StructureError(`There is no descriptor ${text}.`, {
      remedy: `Known are ${Object.keys(BY_NAME).join(', ')}; quests may take the elements to keep apart, as in quests:Si,O, mtp takes a level, as in mtp:16, and tensor its sizes, as in tensor:6,4,1.`,
    });
  }
  return { ...BY_NAME[name](argument, settings), recipe: { text, ...settings } };
}
