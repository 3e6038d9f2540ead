/** eˣ in lanes. */
import type { FunctionBody, LaneType, Lanes, Local, Vector } from '../encoder/index.ts';

/** ln 2 in two parts: the first has so few bits that multiples of it are exact. */
const LN2_HIGH = { 8: 6.9314718036912381649e-1, 4: 0.693359375 } as const;
const LN2_LOW = { 8: 1.90821492927058770002e-10, 4: -2.1219444e-4 } as const;

/**
 * eˣ = 2ⁿ eᵗ with n = round(x/ln 2) and |t| ≤ ½ ln 2, eᵗ by its Taylor series, to about 1 unit in the last place.
 * Below −700 (f64) or −86 (f32) it gives e⁻⁷⁰⁰ or e⁻⁸⁶, above 700 or 86 likewise.
 */
export function exponential(code: FunctionBody, lanes: Lanes, x: Vector): Local<LaneType> {
  const limit = lanes.bytes === 8 ? 700 : 86;
  const clamped = code.let(lanes.min(lanes.max(x, lanes.constant(-limit)), lanes.constant(limit)));
  const n = code.let(lanes.nearest(lanes.mul(clamped, lanes.constant(Math.LOG2E))));
  const high = lanes.mul(n, lanes.constant(LN2_HIGH[lanes.bytes]));
  const low = lanes.mul(n, lanes.constant(LN2_LOW[lanes.bytes]));
  const t = code.let(lanes.sub(lanes.sub(clamped, high), low));
  const degree = lanes.bytes === 8 ? 13 : 7;
  let factorial = 1;
  for (let k = 2; k <= degree; k++) factorial *= k;
  const series = code.let(lanes.constant(1 / factorial));
  for (let k = degree; k >= 1; k--) {
    factorial /= k;
    code.set(series, lanes.add(lanes.mul(series, t), lanes.constant(1 / factorial)));
  }
  return code.let(lanes.mul(series, lanes.powerOfTwo(n)));
}
