/** Embedding functions of ACE (potentials/ace/embedding.ts) as programs, and the end of the expansion inside the core. */
import type { Code } from '../code.ts';
import { polynomial } from '../functions.ts';

/** Exponents are multiples of this, so that powers are products and square roots. */
const POWER_STEP = 1 / 8;
const LARGEST_POWER = 8;

/** Whether ρ^m is a product of roots and whole powers. */
export const hasPower = (m: number) => m <= LARGEST_POWER && Number.isInteger(m / POWER_STEP);

/** a^m for a > 0. */
function power<R, I>(code: Code<R, I>, a: R, m: number): R {
  let whole = Math.floor(m);
  let rest = m - whole;
  let result: R | undefined;
  const times = (x: R) => {
    result = result === undefined ? x : code.let(code.mul(result, x));
  };
  for (; whole > 0; whole--) times(a);
  let root = a;
  for (let step = 0.5; rest > 0 && step >= POWER_STEP; step /= 2) {
    root = code.let(code.sqrt(root));
    if (rest >= step) {
      times(root);
      rest -= step;
    }
  }
  return result ?? code.constant(1);
}

interface Value<R> {
  readonly value: R;
  readonly slope: R;
}

/** F of 'FinnisSinclair'. */
function finnisSinclair<R, I>(code: Code<R, I>, rho: R, m: number): Value<R> {
  if (m === 1) return { value: rho, slope: code.constant(1) };
  const width = 1e6;
  const smallest = code.constant(1e-10);
  const straight = code.constant(width ** (1 - m));
  const size = code.let(code.abs(rho));
  const a = code.let(code.max(size, smallest));
  const scaled = code.let(code.mul(a, code.constant(width)));
  const cube = code.let(code.mul(code.mul(scaled, scaled), scaled));
  const raw = code.exp(code.neg(code.min(cube, code.constant(60))));
  const g = code.let(code.selectLess(code.constant(30), cube, code.constant(0), raw));
  const dg = code.let(code.mul(code.mul(code.mul(scaled, scaled), g), code.constant(-3 * width)));
  const am = power(code, a, m);
  const rest = code.let(code.sub(code.constant(1), g));
  const value = code.let(code.add(code.mul(rest, am), code.mul(code.mul(straight, g), a)));
  const signed = code.selectLess(rho, code.constant(0), code.neg(value), value);
  const slope = code.add(
    code.sub(code.mul(code.mul(code.div(am, a), code.constant(m)), rest), code.mul(am, dg)),
    code.add(code.mul(code.mul(straight, dg), a), code.mul(straight, g)),
  );
  return {
    value: code.let(code.selectLess(smallest, size, signed, code.mul(straight, rho))),
    slope: code.let(code.selectLess(smallest, size, slope, straight)),
  };
}

/** F of 'FinnisSinclairShiftedScaled'. */
function shiftedScaled<R, I>(code: Code<R, I>, rho: R, m: number): Value<R> {
  if (m === 1) return { value: rho, slope: code.constant(1) };
  const n = 1 / m;
  const a = code.let(code.abs(rho));
  // e^(−80) is 2e−35
  const small = code.let(code.exp(code.neg(code.min(a, code.constant(80)))));
  const x = code.let(code.mul(small, code.constant(n ** (n / (1 - n)))));
  const y = code.let(code.mul(small, code.constant(n ** (1 / (1 - n)))));
  const shifted = code.let(code.add(x, a));
  const raised = power(code, shifted, m);
  const value = code.let(code.sub(raised, y));
  const steep = code.mul(code.sub(code.constant(1), x), code.div(raised, shifted));
  return {
    value: code.let(code.selectLess(rho, code.constant(0), code.neg(value), value)),
    slope: code.let(code.add(y, code.mul(code.constant(m), steep))),
  };
}

const FUNCTIONS = { FinnisSinclair: finnisSinclair, FinnisSinclairShiftedScaled: shiftedScaled } as const;
export type EmbeddingKind = keyof typeof FUNCTIONS;

/** F(ρ) and F′. */
export function embedding<R, I>(
  code: Code<R, I>,
  kind: EmbeddingKind,
  { rho, exponent }: { rho: R; exponent: number },
): Value<R> {
  return FUNCTIONS[kind](code, rho, exponent);
}

/** 1 below end − width, 0 above end, and between them a polynomial of fifth degree; with its derivative. */
export function polynomialSwitch<R, I>(code: Code<R, I>, x: R, end: R, width: R): Value<R> {
  const c = (value: number) => code.constant(value);
  const inside = code.sub(c(-1), code.mul(c(2), code.div(code.sub(x, end), width)));
  const t = code.let(code.max(code.min(inside, c(1)), c(-1)));
  const square = code.let(code.mul(t, t));
  const odd = code.mul(t, polynomial(code, [1 / 4, -1 / 6, 1 / 20], square));
  const even = polynomial(code, [0.25, -0.5, 0.25], square);
  return {
    value: code.let(code.add(c(0.5), code.mul(odd, c(3.75)))),
    slope: code.let(code.div(code.mul(even, c(-7.5)), width)),
  };
}
