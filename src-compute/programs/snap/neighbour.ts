/**
 * SNAP around one neighbour. With û = r⃗/r, θ₀ = rate (r − rmin0), c = cos θ₀, v⃗ = û sin θ₀:
 *
 *   α = c + i v_z,  β = v_y + i v_x,  s = 2|α|² − 1,  sums S = Σ w f_c polar(α, s) β^q  (elements.ts)
 *
 * and, from the derivatives A of E_i by the sums, Q = Σ A polar β^q and its gradient in (c, v⃗); then
 *   ∂E_i/∂r⃗ = w f_c′ Q û + w f_c [rate (c Q_v·û − sin θ₀ Q_c) û + (sin θ₀ / r)(Q_v − (Q_v·û) û)].
 * Left of rmin0 the sine is negative, and the sphere is turned by the sign (r₀ is a length in hyperspherical.ts).
 */
import type { Code, Reals } from '../code.ts';
import { complexLet, multiplyConjugate, powers, type Complex } from '../complex.ts';
import { sineAndCosine } from '../functions.ts';
import type { NeighbourPart } from '../many-body.ts';
import type { ElementList } from './elements.ts';

/** Numbers of a pair of species. */
export const PAIR = {
  cutoff: 0,
  /** dθ₀/dr and that of the switch's angle, 1/Å. */
  rate: 1,
  switchRate: 2,
  /** w of the neighbour, times 1 where the cosine switch is off. */
  weight: 3,
  innerCentre: 4,
  innerWidth: 5,
} as const;
export const PAIR_NUMBERS = 6;

/** Kept from the first visit: c, sin θ₀, w f_c, w f_c′, 1/r. */
const FIELD = { cosine: 0, sine: 1, share: 2, slope: 3, inverse: 4 } as const;
export const FIELDS = 5;

/** What the program of a neighbour depends on besides numbers. */
export interface SphereShape {
  readonly list: ElementList;
  readonly rmin0: number;
  readonly switching: boolean;
  readonly inner: boolean;
}

/** T_0 … T_n at s; T_0 = 1 is left out. */
function chebyshev<R, I>(code: Code<R, I>, s: R, n: number): (R | undefined)[] {
  const values: (R | undefined)[] = [undefined, s];
  const twice = code.let(code.add(s, s));
  for (let k = 2; k <= n; k++) {
    const [near, far] = [values[k - 1] ?? code.constant(1), values[k - 2] ?? code.constant(1)];
    values.push(code.let(code.sub(code.mul(twice, near), far)));
  }
  return values.slice(0, n + 1);
}

/** T_k′ by T_0 … T_{k−1}: T_k′ = 2k (T_{k−1} + T_{k−3} + …), the last halved if it is T_0. */
function chebyshevSlopes<R, I>(code: Code<R, I>, values: readonly (R | undefined)[]): (R | undefined)[] {
  return values.map((_, k) => {
    if (k === 0) return undefined;
    let sum: R | undefined;
    for (let i = k - 1; i >= 0; i -= 2) {
      const value = values[i];
      const term = value === undefined ? code.constant(0.5) : value;
      sum = sum === undefined ? term : code.add(sum, term);
    }
    return sum === undefined ? undefined : code.let(code.mul(sum, code.constant(2 * k)));
  });
}

const times = <R, I>(code: Code<R, I>, a: R, b: R | undefined): R => (b === undefined ? a : code.mul(a, b));

/** w f_c and its derivative. */
function switched<R, I>(
  code: Code<R, I>,
  shape: SphereShape,
  r: R,
  pair: Reals<R, I>,
): { share: R; slope: R } {
  const weight = code.let(pair.load(PAIR.weight));
  let [share, slope] = [weight, code.constant(0)];
  if (shape.switching) {
    const rate = code.let(pair.load(PAIR.switchRate));
    // constant left of rmin0
    const distance = code.max(code.sub(r, code.constant(shape.rmin0)), code.constant(0));
    const { sine, cosine } = sineAndCosine(code, code.let(code.mul(distance, rate)));
    const half = code.let(code.mul(weight, code.constant(0.5)));
    share = code.let(code.add(half, code.mul(half, cosine)));
    slope = code.let(code.neg(code.mul(code.mul(half, rate), sine)));
  }
  if (!shape.inner) return { share, slope };
  // ½[1 − cos ½π(1 + t)] = ½(1 + sin ½πt), t = (r − centre)/width from −1 to 1
  const width = code.let(pair.load(PAIR.innerWidth));
  const t = code.div(code.sub(r, pair.load(PAIR.innerCentre)), width);
  const inside = code.let(code.max(code.min(t, code.constant(1)), code.constant(-1)));
  const { sine, cosine } = sineAndCosine(code, code.let(code.mul(inside, code.constant(Math.PI / 2))));
  const value = code.let(code.mul(code.add(sine, code.constant(1)), code.constant(0.5)));
  const rise = code.let(code.div(code.mul(cosine, code.constant(Math.PI / 4)), width));
  // flat outside
  const steep = code.selectLess(code.abs(inside), code.constant(1), rise, code.constant(0));
  return {
    slope: code.let(code.add(code.mul(slope, value), code.mul(share, steep))),
    share: code.let(code.mul(share, value)),
  };
}

/** Adds a neighbour to the sums. */
export function addNeighbour<R, I>(
  code: Code<R, I>,
  shape: SphereShape,
  at: NeighbourPart<R, I>,
  sums: Reals<R, I>,
): void {
  const { fields, pair, squared } = at;
  const distance = code.let(code.sqrt(squared));
  const inverse = code.let(code.div(code.constant(1), distance));
  const cutoff = code.let(pair.load(PAIR.cutoff));
  const r = code.let(code.min(distance, cutoff));
  const angle = code.mul(code.sub(r, code.constant(shape.rmin0)), pair.load(PAIR.rate));
  const turned = sineAndCosine(code, code.let(angle));
  const sign = code.let(code.selectLess(turned.sine, code.constant(0), code.constant(-1), code.constant(1)));
  const sine = code.let(code.mul(turned.sine, sign));
  const cosine = code.let(code.mul(turned.cosine, sign));
  const weight = switched(code, shape, r, pair);
  const within = (x: R) => code.let(code.selectLess(distance, cutoff, x, code.constant(0)));
  const share = within(weight.share);
  fields.store(FIELD.cosine, cosine);
  fields.store(FIELD.sine, sine);
  fields.store(FIELD.share, share);
  fields.store(FIELD.slope, within(weight.slope));
  fields.store(FIELD.inverse, inverse);
  const length = code.let(code.mul(sine, inverse));
  const [x, y, z] = at.difference.map((d) => code.let(code.mul(d, length)));
  const { polars, azimuths } = functionsOf(code, shape.list, { re: cosine, im: z }, { re: y, im: x });
  const shared = azimuths.map((power) =>
    power
      ? complexLet(code, { re: code.mul(power.re, share), im: code.mul(power.im, share) })
      : { re: share, im: share },
  );
  shape.list.sums.forEach(({ polar, q, imaginary }, k) => {
    const term = times(code, imaginary ? shared[q].im : shared[q].re, polars[polar]);
    sums.store(k, code.add(sums.load(k), term));
  });
}

/** Polar functions (undefined where 1) and powers of β. */
function functionsOf<R, I>(code: Code<R, I>, list: ElementList, alpha: Complex<R>, beta: Complex<R>) {
  const n = list.twojmax;
  const s = code.sub(
    code.mul(code.add(code.mul(alpha.re, alpha.re), code.mul(alpha.im, alpha.im)), code.constant(2)),
    code.constant(1),
  );
  const series = chebyshev(code, code.let(s), Math.floor(n / 2));
  const alphas = powers(code, alpha, n);
  const polars = list.polars.map(({ p, k, imaginary }) => {
    const power = alphas[p];
    if (!power) return series[k];
    const part = imaginary ? power.im : power.re;
    return series[k] === undefined ? part : code.let(code.mul(part, series[k]));
  });
  return { polars, series, alphas, azimuths: powers(code, beta, n) };
}

/** ∂E_i/∂r⃗. */
export function neighbourGradient<R, I>(
  code: Code<R, I>,
  shape: SphereShape,
  at: NeighbourPart<R, I>,
  adjoints: Reals<R, I>,
): readonly [R, R, R] {
  const { fields, pair, difference } = at;
  const { list } = shape;
  const [cosine, sine, inverse] = [FIELD.cosine, FIELD.sine, FIELD.inverse].map((field) =>
    code.let(fields.load(field)),
  );
  const u = difference.map((d) => code.let(code.mul(d, inverse)));
  const [x, y, z] = u.map((component) => code.let(code.mul(component, sine)));
  const [alpha, beta] = [
    { re: cosine, im: z },
    { re: y, im: x },
  ];
  const functions = functionsOf(code, list, alpha, beta);
  const weights = polarWeights(code, list, functions.azimuths, adjoints);
  const value = code.let(
    list.polars.reduce<R>(
      (sum, _, f) => code.add(sum, times(code, weights[f], functions.polars[f])),
      code.constant(0),
    ),
  );
  const byAlpha = polarSlopes(code, list, functions, alpha, weights);
  const byBeta = azimuthSlopes(code, list, functions, adjoints);
  const along = code.let(
    code.add(code.mul(byAlpha.im, u[2]), code.add(code.mul(byBeta.re, u[1]), code.mul(byBeta.im, u[0]))),
  );
  const share = code.let(fields.load(FIELD.share));
  const turning = code.sub(code.mul(cosine, along), code.mul(sine, byAlpha.re));
  const radial = code.add(
    code.mul(fields.load(FIELD.slope), value),
    code.mul(share, code.mul(turning, pair.load(PAIR.rate))),
  );
  const across = code.let(code.mul(share, code.mul(sine, inverse)));
  const rest = code.let(code.sub(radial, code.mul(across, along)));
  const component = (axis: number, slope: R) =>
    code.let(code.add(code.mul(rest, u[axis]), code.mul(across, slope)));
  return [component(0, byBeta.im), component(1, byBeta.re), component(2, byAlpha.im)];
}

/** Σ_q A β^q of every polar function. */
function polarWeights<R, I>(
  code: Code<R, I>,
  list: ElementList,
  azimuths: readonly (Complex<R> | undefined)[],
  adjoints: Reals<R, I>,
): R[] {
  const weights: (R | undefined)[] = [];
  list.sums.forEach(({ polar, q, imaginary }, k) => {
    const power = azimuths[q];
    const term = times(code, adjoints.load(k), power && (imaginary ? power.im : power.re));
    const present = weights[polar];
    weights[polar] = present === undefined ? term : code.add(present, term);
  });
  return weights.map((weight) => code.let(weight ?? code.constant(0)));
}

/** ∂Q/∂(c, v_z) as a complex number. */
function polarSlopes<R, I>(
  code: Code<R, I>,
  list: ElementList,
  functions: { series: readonly (R | undefined)[]; alphas: readonly (Complex<R> | undefined)[] },
  alpha: Complex<R>,
  weights: readonly R[],
): Complex<R> {
  const slopes = chebyshevSlopes(code, functions.series);
  let bySeries: R | undefined;
  let sum: Complex<R> | undefined;
  for (let p = 0; p <= list.twojmax; p++) {
    let [re, im]: (R | undefined)[] = [undefined, undefined];
    let [reSlope, imSlope]: (R | undefined)[] = [undefined, undefined];
    const add = (a: R | undefined, b: R) => (a === undefined ? b : code.add(a, b));
    list.polars.forEach((polar, f) => {
      if (polar.p !== p) return;
      const term = times(code, weights[f], functions.series[polar.k]);
      const slope = slopes[polar.k];
      if (polar.imaginary) im = add(im, term);
      else re = add(re, term);
      if (slope === undefined) return;
      if (polar.imaginary) imSlope = add(imSlope, code.mul(weights[f], slope));
      else reSlope = add(reSlope, code.mul(weights[f], slope));
    });
    const power = functions.alphas[p];
    const parts: [R | undefined, R | undefined][] = [
      [reSlope, power?.re],
      [imSlope, power?.im],
    ];
    for (const [slope, part] of parts)
      if (slope !== undefined) bySeries = code.let(add(bySeries, times(code, slope, part)));
    if (p === 0 || re === undefined || im === undefined) continue;
    const scaled = complexLet(code, {
      re: code.mul(re, code.constant(p)),
      im: code.mul(im, code.constant(p)),
    });
    sum = addConjugatePower(code, sum, scaled, functions.alphas[p - 1]);
  }
  const total = sum ?? { re: code.constant(0), im: code.constant(0) };
  if (bySeries === undefined) return complexLet(code, total);
  // ∂s/∂(c, v_z) = 4 (c, v_z)
  const four = code.let(code.mul(bySeries, code.constant(4)));
  return complexLet(code, {
    re: code.add(total.re, code.mul(four, alpha.re)),
    im: code.add(total.im, code.mul(four, alpha.im)),
  });
}

/** sum + factor · power*. */
function addConjugatePower<R, I>(
  code: Code<R, I>,
  sum: Complex<R> | undefined,
  factor: Complex<R>,
  power: Complex<R> | undefined,
): Complex<R> {
  const term = power ? multiplyConjugate(code, factor, power) : factor;
  if (!sum) return complexLet(code, term);
  return complexLet(code, { re: code.add(sum.re, term.re), im: code.add(sum.im, term.im) });
}

/** ∂Q/∂(v_y, v_x) as a complex number. */
function azimuthSlopes<R, I>(
  code: Code<R, I>,
  list: ElementList,
  functions: { polars: readonly (R | undefined)[]; azimuths: readonly (Complex<R> | undefined)[] },
  adjoints: Reals<R, I>,
): Complex<R> {
  let total: Complex<R> | undefined;
  for (let q = 1; q <= list.twojmax; q++) {
    const parts: (R | undefined)[] = [undefined, undefined];
    list.sums.forEach((sum, k) => {
      if (sum.q !== q) return;
      const term = times(code, adjoints.load(k), functions.polars[sum.polar]);
      const part = sum.imaginary ? 1 : 0;
      const present = parts[part];
      parts[part] = present === undefined ? term : code.add(present, term);
    });
    const [re, im] = parts;
    if (re === undefined || im === undefined) continue;
    const scaled = complexLet(code, {
      re: code.mul(re, code.constant(q)),
      im: code.mul(im, code.constant(q)),
    });
    total = addConjugatePower(code, total, scaled, functions.azimuths[q - 1]);
  }
  return total ?? { re: code.constant(0), im: code.constant(0) };
}
