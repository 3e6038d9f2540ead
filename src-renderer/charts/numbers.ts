/** Numbers as people read them on axes, in tooltips and in corners. */

/** About three significant digits, powers of ten for the very small and large: 0.00123 → '1.23e−3'. For reading only. */
export function shortNumber(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  // a true minus sign, as wide as a plus
  const signed = (text: string) => text.replaceAll('-', '\u2212');
  if (size >= 1e6 || size < 1e-3) {
    const [mantissa, power] = value.toExponential(digits - 1).split('e');
    return signed(`${Number(mantissa)}e${Number(power)}`);
  }
  return signed(size >= 10 ** digits ? String(Math.round(value)) : String(Number(value.toPrecision(digits))));
}

/** A whole number with thousands separated: 1 234 567. */
export function wholeNumber(value: number): string {
  return Math.round(value).toLocaleString('en').replaceAll(',', '\u202f');
}

/** Ticks of a logarithmic axis inside [low, high]: 1, 2 and 5 times powers of ten, only the powers over many decades. */
export function logTicks(low: number, high: number): number[] {
  if (!(low > 0) || !(high > low)) return [];
  const factors = Math.log10(high / low) > 3.5 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
    for (const factor of factors) {
      const tick = Number((factor * 10 ** power).toPrecision(12));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks;
}

/** [low, high] widened to the ticks around it, so that an axis begins and ends on a readable number. */
export function niceRange(low: number, high: number, wanted = 6): [number, number] {
  if (!(high > low)) return [low - 0.5, high + 0.5];
  const rough = (high - low) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const round = (value: number) => Number((value * step).toPrecision(12));
  return [round(Math.floor(low / step + 1e-9)), round(Math.ceil(high / step - 1e-9))];
}
