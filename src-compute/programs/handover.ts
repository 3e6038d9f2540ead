/**
 * The distance that radial functions see below the data: potentials/handover.ts. Pairs that close are rare, so that groups
 * of neighbours without any cost one comparison.
 */
import type { Code } from './code.ts';

/** What a program makes of a distance. */
export interface SeenDistance<R> {
  /** s(r) */
  readonly distance: R;
  /** Slopes by r, of slopes by s. */
  chain(slopes: readonly R[]): readonly R[];
}

/**
 * s(r), and what makes slopes by s those by r.
 * @param number of the pair: handoverNumbers; undefined for models without a hand-over
 */
export function seenDistance<R, I>(
  code: Code<R, I>,
  r: R,
  number: ((k: number) => R) | undefined,
): SeenDistance<R> {
  if (number === undefined) return { distance: r, chain: (slopes) => slopes };
  const one = code.constant(1);
  const zero = code.constant(0);
  const distance = code.variable(r);
  const slope = code.variable(zero);
  const outer = code.let(number(0));
  code.whenAnyLess(r, outer, () => {
    const width = code.let(number(3));
    const part = code.mul(code.sub(r, number(1)), number(2));
    const u = code.let(code.min(code.max(part, zero), one));
    const square = code.let(code.mul(u, u));
    const half = code.constant(0.5);
    // r̄ + w u³ (1 − u/2), which is r₂ at u = 1, and what lies beyond
    const bend = code.mul(code.mul(square, u), code.sub(one, code.mul(u, half)));
    const inside = code.sub(outer, code.mul(width, code.sub(half, bend)));
    distance.set(code.add(inside, code.max(code.sub(r, outer), zero)));
    slope.set(code.mul(square, code.sub(code.constant(3), code.add(u, u))));
  });
  return {
    distance: distance.value,
    chain: (slopes) => {
      const chained = slopes.map((value) => code.variable(value));
      code.whenAnyLess(r, outer, () => {
        for (const value of chained) value.set(code.mul(value.value, slope.value));
      });
      return chained.map(({ value }) => value);
    },
  };
}
