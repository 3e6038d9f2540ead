/** Ends of a colour scale and the numbers written on its legend. */

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

/** A number as short as a legend can take it: four significant digits, powers of ten for the very small and large. */
export function shortNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) {
    return value
      .toExponential(1)
      .replace('e+', 'e')
      .replace(/\.0(?=e)/, '');
  }
  return String(Number(value.toPrecision(3)));
}
