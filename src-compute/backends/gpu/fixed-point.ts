/**
 * Coordinates on the GPU: 32-bit integers, multiples of a quantum of 2⁻²⁶ Å (1.5e-8 Å) for the usual cutoffs.
 *
 * Differences of integers are exact, also where they wrap around: i32 arithmetic is modulo 2³², so that the difference of
 * two atoms is right wherever they are as long as it is shorter than 2³¹ quanta (32 Å). Large systems, systems far
 * from the origin and drifting ones lose nothing, and no compiler option for fast arithmetic can spoil it, as it can the
 * sum of two floats. Only the difference becomes a float.
 */

/** Positions of atoms as integers. */
export interface FixedPoint {
  /** Quanta per Å, a power of two. */
  readonly scale: number;
}

/** The finest quantum for which differences up to `range` Å (with a margin) fit. */
export function fixedPointFor(range: number): FixedPoint {
  let exponent = 26;
  while (exponent > 0 && 1.5 * range * 2 ** exponent > 2 ** 31) exponent--;
  return { scale: 2 ** exponent };
}

/** The integer of a coordinate, modulo 2³². */
export function toFixed({ scale }: FixedPoint, coordinate: number): number {
  return Math.round(coordinate * scale) | 0;
}

/** How far a coordinate has moved between two integers, Å. */
export function fixedDifference({ scale }: FixedPoint, now: number, before: number): number {
  return ((now - before) | 0) / scale;
}
