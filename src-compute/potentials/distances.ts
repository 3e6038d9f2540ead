/** Whether a structure asks a potential for distances that it was not made for. */
import { minimumDistance } from '../structure/minimum-distance.ts';
import type { Configuration } from '../structure/configuration.ts';
import type { PotentialModelBase } from './potential.ts';
import { momentTensorPart, tensorRegressionPart } from './registry.ts';

/**
 * A sentence when two atoms are closer than r_min of a fitted potential: its radial functions extrapolate
 * there, and only a repulsive term of a sum keeps them apart.
 * @returns undefined when all distances are within what the potential knows
 */
export function closeAtomsWarning(
  model: PotentialModelBase,
  configuration: Configuration,
): string | undefined {
  const part = momentTensorPart(model) ?? tensorRegressionPart(model);
  if (!part) return undefined;
  const shortest = minimumDistance(configuration, part.minimumDistance);
  if (shortest === undefined || shortest >= part.minimumDistance) return undefined;
  return `Two atoms are ${shortest.toFixed(3)} Å apart, closer than the ${part.minimumDistance} Å down to which this potential was made: its values there are extrapolated.`;
}
