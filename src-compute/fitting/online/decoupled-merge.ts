/**
 * Merging per-atom heads that were learned apart. Every head is the minimum of a quadratic form with its own metric H_i,
 * so that the merged head minimises the sum of both: A_i = (H_i + H′_i)⁻¹ (H_i A_i + H′_i A′_i).
 */
import { FitError } from '../../errors.ts';
import { cholesky, choleskySolve } from '../linear-algebra.ts';
import { AccumulatedEquations } from './accumulated-equations.ts';
import type { AtomMetrics } from './atom-metrics.ts';
import type { EnergyLevel } from './energy-level.ts';
import { transformSums, type SparseRows } from './standardisation.ts';
import { stateArray } from './state.ts';

/** Ridge relative to the diagonal: keeps directions that neither has seen. */
const RIDGE = 1e-8;

/**
 * Adds a stored learner's heads, metrics and energy level.
 * @param change monomials of the other standardisation to those here, by species; `back` the other way
 * @param energyShift the other's energy shift less the one here
 */
export function mergeDeviations(
  own: {
    readonly metrics: AtomMetrics;
    readonly working: Float64Array;
    readonly level: EnergyLevel;
    readonly species: Int32Array;
  },
  arrays: Readonly<Record<string, Float64Array>>,
  carry: {
    readonly change: readonly SparseRows[];
    readonly back: readonly SparseRows[];
    readonly energyShift: number;
  },
): void {
  const { metrics, working, level, species } = own;
  const k = metrics.columns;
  const n = species.length;
  const other = new AccumulatedEquations(k, n);
  other.restore(stateArray(arrays, 'metricSums'), stateArray(arrays, 'metricRows'));
  const frames = stateArray(arrays, 'metricFrames', n);
  const theirs = stateArray(arrays, 'working', n * k);
  for (let i = 0; i < n; i++) {
    const matrix = transformSums(other.matrix([i]), k + 1, [carry.change[species[i]]]);
    other.setMatrix(i, matrix);
    const head = transposedTimes(carry.back[species[i]], theirs.subarray(i * k, (i + 1) * k));
    const mine = working.subarray(i * k, (i + 1) * k);
    mine.set(weightedMean(metrics.equations.matrix([i]), mine, matrix, head, k));
  }
  metrics.equations.merge(other);
  for (let i = 0; i < n; i++) {
    metrics.frames[i] += frames[i];
    if (metrics.frames[i] > 0) metrics.factorise(i);
  }
  mergeLevel(level, stateArray(arrays, 'level', n * k + 2), species, carry);
}

/** (H + H′)⁻¹ (H a + H′ a′) of matrices with one row and column too many. */
function weightedMean(
  h: Float64Array,
  a: Float64Array,
  other: Float64Array,
  b: Float64Array,
  k: number,
): Float64Array {
  const sum = new Float64Array(k * k);
  const right = new Float64Array(k);
  for (let r = 0; r < k; r++) {
    for (let c = 0; c < k; c++) {
      const [x, y] = [h[r * (k + 1) + c], other[r * (k + 1) + c]];
      sum[r * k + c] = x + y;
      right[r] += x * a[c] + y * b[c];
    }
  }
  // unit columns; where there is no data the mean of both is kept
  const scale = Float64Array.from({ length: k }, (_, r) => Math.sqrt(sum[r * k + r]) || 1);
  for (let r = 0; r < k; r++) {
    for (let c = 0; c < k; c++) sum[r * k + c] /= scale[r] * scale[c];
    sum[r * k + r] += RIDGE;
    right[r] = right[r] / scale[r] + (RIDGE * scale[r] * (a[r] + b[r])) / 2;
  }
  const factor = cholesky(sum, k);
  if (!factor) {
    throw new FitError('The two learned states cannot be merged: their sums are not finite.', {
      remedy: 'Look at both on their own; one of them has learned from impossible labels.',
    });
  }
  return choleskySolve(factor, k, right).map((value, r) => value / scale[r]);
}

/** Mᵀ x */
function transposedTimes({ start, columns, factors }: SparseRows, x: Float64Array): Float64Array {
  const result = new Float64Array(x.length);
  for (let t = 0; t < x.length; t++) {
    for (let k = start[t]; k < start[t + 1]; k++) result[columns[k]] += factors[k] * x[t];
  }
  return result;
}

function mergeLevel(
  level: EnergyLevel,
  saved: Float64Array,
  species: Int32Array,
  { change, energyShift }: { readonly change: readonly SparseRows[]; readonly energyShift: number },
): void {
  const n = species.length;
  const size = (saved.length - 2) / n;
  const features = new Float64Array(saved.length - 2);
  for (let i = 0; i < n; i++) {
    const { start, columns, factors } = change[species[i]];
    for (let t = 0; t < size; t++) {
      for (let k = start[t]; k < start[t + 1]; k++) {
        features[i * size + t] += factors[k] * saved[2 + i * size + columns[k]];
      }
    }
  }
  level.merge(saved[0], saved[1] + saved[0] * n * energyShift, features);
}
