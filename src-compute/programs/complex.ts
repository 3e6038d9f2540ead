/** Complex numbers as pairs of reals of a program. */
import type { Code } from './code.ts';

export interface Complex<R> {
  readonly re: R;
  readonly im: R;
}

export function complexLet<R, I>(code: Code<R, I>, z: Complex<R>): Complex<R> {
  return { re: code.let(z.re), im: code.let(z.im) };
}

export function multiply<R, I>(code: Code<R, I>, a: Complex<R>, b: Complex<R>): Complex<R> {
  return {
    re: code.sub(code.mul(a.re, b.re), code.mul(a.im, b.im)),
    im: code.add(code.mul(a.re, b.im), code.mul(a.im, b.re)),
  };
}

/** a b*. */
export function multiplyConjugate<R, I>(code: Code<R, I>, a: Complex<R>, b: Complex<R>): Complex<R> {
  return {
    re: code.add(code.mul(a.re, b.re), code.mul(a.im, b.im)),
    im: code.sub(code.mul(a.im, b.re), code.mul(a.re, b.im)),
  };
}

/** z¹ … zⁿ, each computed once; the zeroth is undefined. */
export function powers<R, I>(code: Code<R, I>, z: Complex<R>, n: number): (Complex<R> | undefined)[] {
  const list: (Complex<R> | undefined)[] = [undefined];
  for (let k = 1; k <= n; k++) {
    const before = list[k - 1];
    list.push(before ? complexLet(code, multiply(code, before, z)) : z);
  }
  return list;
}
