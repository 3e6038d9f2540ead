/** Histograms over common bins. */
import { extent, type Numbers } from './statistics.ts';

export interface Bins {
  readonly from: number;
  /** Width of a bin. */
  readonly step: number;
  readonly count: number;
}

/**
 * Bins for several columns together: width 2·IQR/∛n (D. Freedman and P. Diaconis, 1981), rounded to 1, 2 or 5 times a
 * power of ten so that edges can be read, between 8 and 120 bins.
 */
export function chooseBins(columns: readonly Numbers[], wanted?: number): Bins {
  const extents = columns.map(extent).filter((range) => range !== undefined);
  if (extents.length === 0) return { from: 0, step: 1, count: 1 };
  const low = Math.min(...extents.map(([from]) => from));
  const high = Math.max(...extents.map(([, to]) => to));
  // values that differ only by rounding cannot be divided further
  const scale = Math.max(Math.abs(low), Math.abs(high));
  // nor can those whose bins would be too narrow for a double
  const unit = scale > 1e-290 ? scale : 1;
  if (!(high - low > 1e-11 * unit)) return { from: low - 0.5 * unit, step: unit, count: 1 };
  const samples = sampled(columns);
  const at = (fraction: number) => samples[Math.round(fraction * (samples.length - 1))];
  const total = columns.reduce((sum, column) => sum + column.length, 0);
  const freedman = (2 * (at(0.75) - at(0.25))) / Math.cbrt(total);
  const range = high - low;
  const width = wanted ? range / wanted : Math.min(range / 8, Math.max(range / 120, freedman));
  const step = roundStep(width, range);
  const from = Math.min(low, Math.floor(low / step) * step);
  return { from, step, count: Math.max(1, Math.floor((high - from) / step) + 1) };
}

/** 1, 2 or 5 times a power of ten, next above a width, as long as that leaves some bins. */
function roundStep(width: number, range: number): number {
  const power = 10 ** Math.floor(Math.log10(width));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= width * 0.999);
  return step && range / step >= 4 ? step : width;
}

/** Up to 20 000 finite values of all columns, sorted. */
function sampled(columns: readonly Numbers[]): Float64Array {
  const total = columns.reduce((sum, column) => sum + column.length, 0);
  const stride = Math.max(1, Math.floor(total / 20_000));
  const values: number[] = [];
  for (const column of columns) {
    for (let k = 0; k < column.length; k += stride) if (Number.isFinite(column[k])) values.push(column[k]);
  }
  return Float64Array.from(values).sort();
}

/** How many values lie in each bin; the last bin includes its upper edge. Values outside or not finite are left out. */
export function histogram(values: Numbers, bins: Bins): Uint32Array {
  const counts = new Uint32Array(bins.count);
  // the upper edge as computed may lie a rounding error below the largest value
  const high = bins.from + bins.step * (bins.count + 1e-9);
  for (let k = 0; k < values.length; k++) {
    const value = values[k];
    if (!(value >= bins.from && value <= high)) continue;
    counts[Math.min(bins.count - 1, Math.floor((value - bins.from) / bins.step))]++;
  }
  return counts;
}

/** Middle of each bin. */
export function binCentres(bins: Bins): Float64Array {
  return Float64Array.from({ length: bins.count }, (_, k) => bins.from + (k + 0.5) * bins.step);
}
