/**
 * Merging per-atom heads that were learned apart: metrics and energy levels are sums and are added; deviations are
 * averaged with the numbers of frames as weights. With one weight for all atoms the merged model predicts the weighted
 * mean of what both predict (heads are linear), so that its squared error is at most the mean of theirs; weights by
 * each atom's metric would break what neighbouring heads have settled between them.
 */
import { AccumulatedEquations } from './accumulated-equations.ts';
import type { AtomMetrics } from './atom-metrics.ts';
import type { EnergyLevel } from './energy-level.ts';
import { transformSums, type SparseRows } from './standardisation.ts';
import { stateArray } from './state.ts';

/** What is merged into. */
export interface DecoupledParts {
  readonly metrics: AtomMetrics;
  readonly deviations: Float64Array;
  readonly level: EnergyLevel;
  readonly species: Int32Array;
}

/** How the other learner's numbers become those here. */
export interface CarryOver {
  /** Its monomials to those here, by species. */
  readonly change: readonly SparseRows[];
  /** The other way. */
  readonly back: readonly SparseRows[];
  /** Its energy shift less the one here, eV/atom. */
  readonly energyShift: number;
  /** Weight of its deviations, 0 … 1. */
  readonly weight: number;
}

/** Adds a stored learner's deviations, metrics and energy level. */
export function mergeDecoupled(
  own: DecoupledParts,
  arrays: Readonly<Record<string, Float64Array>>,
  carry: CarryOver,
): void {
  const { metrics, deviations, species } = own;
  const k = metrics.columns;
  const n = species.length;
  const other = new AccumulatedEquations(k, n);
  other.restore(stateArray(arrays, 'metricSums'), stateArray(arrays, 'metricRows'));
  const frames = stateArray(arrays, 'metricFrames', n);
  const theirs = stateArray(arrays, 'deviations', n * k);
  const level = stateArray(arrays, 'level', n * k + 2);
  for (let i = 0; i < n; i++) {
    other.setMatrix(i, transformSums(other.matrix([i]), k + 1, [carry.change[species[i]]]));
    const head = transposedTimes(carry.back[species[i]], theirs.subarray(i * k, (i + 1) * k));
    for (let c = 0; c < k; c++) {
      deviations[i * k + c] = (1 - carry.weight) * deviations[i * k + c] + carry.weight * head[c];
    }
  }
  metrics.equations.merge(other);
  for (let i = 0; i < n; i++) {
    metrics.frames[i] += frames[i];
    if (metrics.frames[i] > 0) metrics.factorise(i);
  }
  mergeLevel(own.level, level, species, carry);
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
  { change, energyShift }: CarryOver,
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
