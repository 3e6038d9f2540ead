/**
 * Clebsch–Gordan coefficients of half-integer angular momenta, all given doubled so that they are whole numbers
 * (Varshalovich, Moskalev and Khersonskii, Quantum Theory of Angular Momentum (1988), eq. 8.2.1(3)).
 */

/** n! as a double; exact to 22!, relative error 1e-15 beyond. */
export function factorial(n: number): number {
  let product = 1;
  for (let k = 2; k <= n; k++) product *= k;
  return product;
}

/**
 * C(j₁ m₁; j₂ m₂ | j m) with m = m₁ + m₂; Condon–Shortley phase.
 * @param twoJ1 2j₁, and so on; zero where the triangle or a projection does not fit
 */
export function clebschGordan(
  twoJ1: number,
  twoM1: number,
  twoJ2: number,
  twoM2: number,
  twoJ: number,
): number {
  const twoM = twoM1 + twoM2;
  if (twoJ < Math.abs(twoJ1 - twoJ2) || twoJ > twoJ1 + twoJ2 || (twoJ1 + twoJ2 + twoJ) % 2 !== 0) return 0;
  if (Math.abs(twoM1) > twoJ1 || Math.abs(twoM2) > twoJ2 || Math.abs(twoM) > twoJ) return 0;
  /** Factorial of half of a sum. */
  const f = (twice: number) => factorial(twice / 2);
  const triangle =
    (f(twoJ1 + twoJ2 - twoJ) * f(twoJ1 - twoJ2 + twoJ) * f(-twoJ1 + twoJ2 + twoJ)) /
    f(twoJ1 + twoJ2 + twoJ + 2);
  const projections =
    f(twoJ1 + twoM1) *
    f(twoJ1 - twoM1) *
    f(twoJ2 + twoM2) *
    f(twoJ2 - twoM2) *
    f(twoJ + twoM) *
    f(twoJ - twoM) *
    (twoJ + 1);
  const from = Math.max(0, (twoJ2 - twoJ - twoM1) / 2, (twoJ1 - twoJ + twoM2) / 2);
  const to = Math.min((twoJ1 + twoJ2 - twoJ) / 2, (twoJ1 - twoM1) / 2, (twoJ2 + twoM2) / 2);
  let sum = 0;
  for (let z = from; z <= to; z++) {
    const denominator =
      factorial(z) *
      factorial((twoJ1 + twoJ2 - twoJ) / 2 - z) *
      factorial((twoJ1 - twoM1) / 2 - z) *
      factorial((twoJ2 + twoM2) / 2 - z) *
      factorial((twoJ - twoJ2 + twoM1) / 2 + z) *
      factorial((twoJ - twoJ1 - twoM2) / 2 + z);
    sum += (z % 2 === 0 ? 1 : -1) / denominator;
  }
  return Math.sqrt(triangle * projections) * sum;
}
