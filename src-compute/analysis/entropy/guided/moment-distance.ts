/** How far the distribution of one set of environments is from that of another, by its first two moments. */
import type { DescriptorMatrix } from '../../descriptors/descriptor.ts';
import { standardise, standardisationOf } from '../../descriptors/standardise.ts';
import { addToPowerSums, momentsOf, powerSums } from './terms.ts';

export interface MomentDistance {
  /** Root mean square over components of the difference of means, in deviations of the target. */
  readonly mean: number;
  /** The same of the variances, in variances of the target. */
  readonly variance: number;
}

/** Distance of the moments of `points` from those of `target`, component by component in the target's units. */
export function momentDistance(points: DescriptorMatrix, target: DescriptorMatrix): MomentDistance {
  const rule = standardisationOf(target);
  const sums = powerSums(target.dimension);
  addToPowerSums(sums, standardise(points, rule));
  const { mean, variance } = momentsOf(sums);
  const targetSums = powerSums(target.dimension);
  addToPowerSums(targetSums, standardise(target, rule));
  const wanted = momentsOf(targetSums);
  const apart = (x: Float64Array, y: Float64Array) =>
    Math.hypot(...x.map((value, k) => value - y[k])) / Math.sqrt(target.dimension);
  return { mean: apart(mean, wanted.mean), variance: apart(variance, wanted.variance) };
}
