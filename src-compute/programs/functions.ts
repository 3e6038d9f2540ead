/** Functions that targets lack, as programs. */
import type { Code } from './code.ts';

/** Σ_k c_k x^k by Horner's scheme. */
export function polynomial<R, I>(code: Code<R, I>, coefficients: readonly number[], x: R): R {
  let sum = code.constant(coefficients[coefficients.length - 1]);
  for (let k = coefficients.length - 2; k >= 0; k--)
    sum = code.add(code.mul(sum, x), code.constant(coefficients[k]));
  return sum;
}

/** Taylor coefficients by x² of sin x / x and of cos x, as many as matter up to |x| = π/2. */
function taylor(odd: 0 | 1, single: boolean): number[] {
  const list: number[] = [];
  const smallest = single ? 1e-9 : 1e-18;
  let factor = 1;
  for (let k = odd; Math.abs(factor) * (Math.PI / 2) ** k > smallest; k += 2) {
    list.push(factor);
    factor /= -(k + 1) * (k + 2);
  }
  return list;
}

/** sin x and cos x for |x| ≤ π, to a few units in the last place of 1: from the series at x/2. */
export function sineAndCosine<R, I>(code: Code<R, I>, x: R): { sine: R; cosine: R } {
  const half = code.let(code.mul(x, code.constant(0.5)));
  const square = code.let(code.mul(half, half));
  const s = code.let(code.mul(half, polynomial(code, taylor(1, code.single), square)));
  const c = code.let(polynomial(code, taylor(0, code.single), square));
  const twice = code.let(code.add(s, s));
  return {
    sine: code.let(code.mul(twice, c)),
    cosine: code.let(code.sub(code.constant(1), code.mul(twice, s))),
  };
}
