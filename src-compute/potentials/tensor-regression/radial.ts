/**
 * Radial functions O_p, p = 1 … P. docs/physics.md §2: the family (x − 1)^p with p ≥ 3, x = r/r_c, made orthonormal on
 * [x_min, 1] with weight 1:
 *
 *   ∫_{x_min}^1 O_p(x) O_q(x) dx = δ_pq
 *
 * Every member has the factor (1 − x)³, so O_p = (1 − x)³ q_{p−1}(x) where the q_n are orthogonal under the weight
 * (1 − x)⁶: Jacobi polynomials P_n^{(6,0)}(t) of t = (2x − 1 − x_min)/(1 − x_min). Their three-term recurrence is stable
 * where Gram–Schmidt on powers loses all digits at P ≈ 12. O, O′ and O″ vanish at x = 1.
 * Recurrence and norm: Abramowitz and Stegun, 22.7.1 and 22.2.1.
 */

/**
 * Coefficients of q_n(r) = (slope_n r + offset_n) q_{n−1}(r) − previous_n q_{n−2}(r), normalised, in terms of r itself;
 * O_p(r) = (1 − r/r_c)³ q_{p−1}(r), q_0 = `first`, q_{−1} = 0.
 */
export interface RadialRecurrence {
  readonly count: number;
  /** Å */
  readonly cutoff: number;
  readonly first: number;
  /** 1/Å; index n from 1, entry 0 unused. */
  readonly slope: Float64Array;
  readonly offset: Float64Array;
  readonly previous: Float64Array;
}

/**
 * Recurrence of the first `count` radial functions.
 * @param minimumDistance r_min = x_min r_c, Å: where the interval of orthogonality starts
 * @param cutoff r_c, Å
 */
export function radialRecurrence(count: number, minimumDistance: number, cutoff: number): RadialRecurrence {
  const alpha = 6;
  const interval = 1 - minimumDistance / cutoff;
  // ∫ (1−t)^α P_n² dt = 2^{α+1}/(2n + α + 1), dx = ½(1 − x_min) dt, (1 − x)³ = ((1 − x_min)/2)³ (1 − t)³
  const norm = (n: number) => Math.sqrt(((2 / interval) ** 7 * (2 * n + alpha + 1)) / 2 ** (alpha + 1));
  // t = stretch·r + shift
  const stretch = 2 / (interval * cutoff);
  const shift = -(1 + minimumDistance / cutoff) / interval;
  const slope = new Float64Array(count);
  const offset = new Float64Array(count);
  const previous = new Float64Array(count);
  for (let n = 1; n < count; n++) {
    const divisor = 2 * n * (n + alpha) * (2 * n + alpha - 2);
    const linear = ((2 * n + alpha - 1) * (2 * n + alpha) * (2 * n + alpha - 2)) / divisor;
    const constant = ((2 * n + alpha - 1) * alpha * alpha) / divisor;
    const back = (2 * (n + alpha - 1) * (n - 1) * (2 * n + alpha)) / divisor;
    const ratio = norm(n) / norm(n - 1);
    slope[n] = ratio * linear * stretch;
    offset[n] = ratio * (linear * shift + constant);
    previous[n] = n === 1 ? 0 : back * (norm(n) / norm(n - 2));
  }
  return { count, cutoff, first: norm(0), slope, offset, previous };
}

/**
 * O_p(r) for p = 1 … count and dO_p/dr, 1/Å; zero from the cutoff on. Below r_min the polynomials are continued.
 * @param value overwritten, count
 * @param derivative overwritten, count
 */
export function evaluateRadial(
  recurrence: RadialRecurrence,
  r: number,
  value: Float64Array,
  derivative: Float64Array,
): void {
  const { count, cutoff, slope, offset, previous } = recurrence;
  if (r >= cutoff) {
    value.fill(0, 0, count);
    derivative.fill(0, 0, count);
    return;
  }
  const y = 1 - r / cutoff;
  const smooth = y * y * y;
  const smoothSlope = (-3 * y * y) / cutoff;
  let q = recurrence.first;
  let qSlope = 0;
  let qBefore = 0;
  let qSlopeBefore = 0;
  for (let n = 0; n < count; n++) {
    if (n > 0) {
      const factor = slope[n] * r + offset[n];
      const next = factor * q - previous[n] * qBefore;
      const nextSlope = factor * qSlope + slope[n] * q - previous[n] * qSlopeBefore;
      qBefore = q;
      qSlopeBefore = qSlope;
      q = next;
      qSlope = nextSlope;
    }
    value[n] = smooth * q;
    derivative[n] = smooth * qSlope + smoothSlope * q;
  }
}
