/** Ends and middle of a colour scale. */

/**
 * The 2nd and 98th percentile of the finite values, from at most 20 000 evenly spaced samples, so that one outlier
 * does not wash out the rest; [0, 1] when nothing is finite, and a small width about a single value.
 */
export function percentileRange(values: ArrayLike<number>, low = 0.02, high = 0.98): [number, number] {
  const step = Math.max(1, Math.floor(values.length / 20_000));
  const samples: number[] = [];
  for (let k = 0; k < values.length; k += step) if (Number.isFinite(values[k])) samples.push(values[k]);
  if (samples.length === 0) return [0, 1];
  const sorted = Float64Array.from(samples).sort();
  const at = (fraction: number) => sorted[Math.round(fraction * (sorted.length - 1))];
  const [from, to] = [at(low), at(high)];
  if (to > from) return [from, to];
  const width = Math.abs(from) * 0.05 || 0.5;
  return [from - width, to + width];
}

/** The number in the middle of a scale; rounding noise about zero is written as zero. */
export function scaleMiddle(from: number, to: number, logarithmic: boolean): number {
  if (logarithmic) return Math.sqrt(from * to);
  const middle = (from + to) / 2;
  return Math.abs(middle) < 2e-3 * (to - from) ? 0 : middle;
}
