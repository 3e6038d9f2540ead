/** The weight of a configuration as files carry it: the key config_weight of a frame, which MACE uses as well. */
import type { Configuration } from '../../structure/configuration.ts';

export const WEIGHT_KEY = 'config_weight';

/** How much a configuration counts in a fit; 1 where its file says nothing, or nothing that could be a weight. */
export function weightOf({ info }: Configuration): number {
  const value = info?.[WEIGHT_KEY];
  return typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : 1;
}

/** The configuration, counting so many times as much as before. */
export function weighted(configuration: Configuration, factor: number): Configuration {
  return {
    ...configuration,
    info: { ...configuration.info, [WEIGHT_KEY]: factor * weightOf(configuration) },
  };
}
