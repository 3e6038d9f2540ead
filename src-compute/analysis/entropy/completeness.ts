/**
 * Completeness curve: H of growing random fractions of a set at one bandwidth. Where the curve is flat, more of the same
 * data would add nothing; where it still rises, the set is not complete. docs/physics.md §5.
 */
import { StructureError } from '../../errors.ts';
import { Random } from '../../sampling/random.ts';
import { selectRows, type DescriptorMatrix } from '../descriptors/descriptor.ts';
import type { KernelEngine, KernelProgress } from './kernel-engine.ts';
import { descriptorEntropy } from './measures.ts';

export interface CompletenessOptions {
  /** 0 … 1; 0.1, 0.2, … 0.9 by default. */
  readonly fractions?: readonly number[];
  /** Random subsets per fraction; 3 by default. */
  readonly resamples?: number;
  readonly seed?: number;
}

export interface CompletenessPoint {
  readonly fraction: number;
  readonly environments: number;
  /** Mean of H over the subsets, nats. */
  readonly entropy: number;
  /** Standard deviation of H over the subsets, nats; 0 for the full set. */
  readonly deviation: number;
  /** The same for the diversity D. */
  readonly diversity: number;
}

/**
 * H at each fraction, and for the full set as the last point.
 * @throws StructureError for an empty set or fractions outside (0, 1]
 */
export async function completenessCurve(
  points: DescriptorMatrix,
  bandwidth: number,
  engine: KernelEngine,
  options: CompletenessOptions = {},
  progress?: KernelProgress,
): Promise<CompletenessPoint[]> {
  const fractions = options.fractions ?? [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
  const resamples = options.resamples ?? 3;
  if (fractions.some((fraction) => !(fraction > 0 && fraction <= 1)) || !(resamples >= 1)) {
    throw new StructureError(
      'Fractions of a completeness curve lie between 0 and 1, with at least one subset each.',
    );
  }
  const random = new Random(options.seed ?? 0);
  // pairs to be computed, for the progress
  const total = resamples * fractions.reduce((sum, f) => sum + f * f, 0) + 1;
  let done = 0;
  const curve: CompletenessPoint[] = [];
  for (const fraction of fractions) {
    const environments = Math.max(1, Math.round(fraction * points.rows));
    const entropies: number[] = [];
    let diversity = 0;
    for (let k = 0; k < resamples; k++) {
      const subset = selectRows(points, randomSubset(points.rows, environments, random));
      const result = await descriptorEntropy(subset, bandwidth, engine, { signal: progress?.signal });
      entropies.push(result.entropy);
      diversity += result.diversity / resamples;
      done += fraction * fraction;
      progress?.onProgress?.(done / total);
    }
    curve.push({ fraction, environments, ...meanAndDeviation(entropies), diversity });
  }
  const full = await descriptorEntropy(points, bandwidth, engine, { signal: progress?.signal });
  curve.push({
    fraction: 1,
    environments: points.rows,
    entropy: full.entropy,
    deviation: 0,
    diversity: full.diversity,
  });
  progress?.onProgress?.(1);
  return curve;
}

function meanAndDeviation(values: number[]): { entropy: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { entropy: mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}

/** `count` different numbers below n, in random order: the beginning of a Fisher–Yates shuffle. */
export function randomSubset(n: number, count: number, random: Random): Int32Array {
  const all = Int32Array.from({ length: n }, (_, i) => i);
  for (let k = 0; k < count; k++) {
    const other = k + random.below(n - k);
    [all[k], all[other]] = [all[other], all[k]];
  }
  return all.slice(0, count);
}
