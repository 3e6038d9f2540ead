/** Functions that targets lack, as programs. */
import type { Code } from './code.ts';

/** Σ_k c_k x^k by Horner's scheme. */
export function polynomial<R, I>(code: Code<R, I>, coefficients: readonly number[], x: R): R {
  const constants = coefficients.map((c) => code.constant(c));
  return polynomialOf(code, constants, x);
}

/** The same with coefficients that are no constants. */
export function polynomialOf<R, I>(code: Code<R, I>, coefficients: readonly R[], x: R): R {
  let sum = coefficients[coefficients.length - 1];
  for (let k = coefficients.length - 2; k >= 0; k--) sum = code.add(code.mul(sum, x), coefficients[k]);
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

/** ln x for x from 1/50 to 50 by Halley's iteration for e^y = x, which triples the number of right digits each time. */
export function logarithm<R, I>(code: Code<R, I>, x: R): R {
  const one = code.constant(1);
  const start = code.div(code.sub(x, one), code.add(x, one));
  let y = code.let(code.add(start, start));
  for (let k = 0; k < 5; k++) {
    const e = code.exp(y);
    const step = code.div(code.sub(x, e), code.add(x, e));
    y = code.let(code.add(y, code.add(step, step)));
  }
  return y;
}

/** xⁿ by n − 1 products. */
export function power<R, I>(code: Code<R, I>, x: R, n: number): R {
  let result = code.constant(1);
  for (let k = 0; k < n; k++) result = code.let(k === 0 ? x : code.mul(result, x));
  return result;
}
