/**
 * ACE around one neighbour. The radial functions g_k are cubic pieces (potentials/ace/radial.ts); R_nl = Σ_k c_nlk g_k. With
 * û = r⃗/r, e = u_x + iu_y and Y_lm = P̄_lm(u_z) e^m, the derivatives A of E_i by the sums give
 *
 *   ∂E_i/∂r⃗ = û Σ R′_nl (Σ_m A·Y_lm) + (s⃗ − û (û·s⃗))/r,   s⃗ = ∂/∂u⃗ Σ_lm H_lm·Y_lm,   H_lm = Σ_n R_nl A_nlm
 */
import { recurrence, sectoral } from '../../potentials/ace/harmonics.ts';
import type { Code, Reals } from '../code.ts';
import { powers, type Complex } from '../complex.ts';
import type { NeighbourPart } from '../many-body.ts';
import type { SumList } from './sums.ts';

/** What the program of a neighbour depends on besides numbers. */
export interface NeighbourShape {
  readonly sums: SumList;
  /** Number of g. */
  readonly baseCount: number;
  /** Pieces of the longest table. */
  readonly pieces: number;
}

/** Numbers per piece of a table: c₀ … c₃ of every g and of the core. */
export const pieceNumbers = (shape: NeighbourShape) => 4 * (shape.baseCount + 1);

/** Numbers of a pair: the table, then these, then c_nlk in the order of the sums' radial functions. */
const BEHIND = { cutoff: 0, perLength: 1, last: 2, coefficients: 3 } as const;
export const pairPlace = (shape: NeighbourShape, which: keyof typeof BEHIND) =>
  shape.pieces * pieceNumbers(shape) + BEHIND[which];

export const pairNumberCount = (shape: NeighbourShape) =>
  pairPlace(shape, 'coefficients') + shape.sums.radial.length * shape.baseCount;

/** Kept from the first visit: 1/r, core′, g′ of the base functions, R and R′. */
const fieldPlaces = ({ sums }: NeighbourShape) => ({
  inverse: 0,
  core: 1,
  base: 2,
  radial: 2 + sums.base.length,
  end: 2 + sums.base.length + 2 * sums.radial.length,
});

export const fieldCount = (shape: NeighbourShape) => fieldPlaces(shape).end;

/** g of all functions and of the core, with derivatives. */
function radialBase<R, I>(code: Code<R, I>, shape: NeighbourShape, r: R, pair: Reals<R, I>) {
  const cutoff = code.let(pair.load(pairPlace(shape, 'cutoff')));
  const perLength = code.let(pair.load(pairPlace(shape, 'perLength')));
  const scaled = code.let(code.mul(r, perLength));
  const last = pair.load(pairPlace(shape, 'last'));
  const index = code.let(code.max(code.min(code.floor(scaled), last), code.constant(1)));
  const t = code.let(code.sub(scaled, index));
  const within = (x: R) => code.let(code.selectLess(r, cutoff, x, code.constant(0)));
  const numbers = code.gather(pair, index, pieceNumbers(shape), pieceNumbers(shape));
  const [twice, thrice] = [code.constant(2), code.constant(3)];
  return Array.from({ length: shape.baseCount + 1 }, (_, k) => {
    const [c0, c1, c2, c3] = numbers.slice(4 * k, 4 * k + 4);
    const inner = code.let(code.mul(t, c3));
    const value = code.add(c0, code.mul(t, code.add(c1, code.mul(t, code.add(c2, inner)))));
    const steep = code.add(c1, code.mul(t, code.add(code.mul(twice, c2), code.mul(thrice, inner))));
    return { value: within(value), slope: within(code.mul(steep, perLength)) };
  });
}

/** P̄_lm and, where wanted, its derivative; by l, then m. Undefined stands for 0. */
function polars<R, I>(code: Code<R, I>, lmax: number, z: R) {
  const values: R[][] = [];
  const slopes: (R | undefined)[][] = [];
  for (let l = 0; l <= lmax; l++) {
    values.push([]);
    slopes.push([]);
    for (let m = 0; m <= l; m++) {
      if (m === l) {
        values[l][m] = code.constant(sectoral(m));
        slopes[l][m] = undefined;
      } else if (m === l - 1) {
        const slope = Math.sqrt(2 * m + 3) * sectoral(m);
        values[l][m] = code.let(code.mul(z, code.constant(slope)));
        slopes[l][m] = code.constant(slope);
      } else {
        const [a, b] = recurrence(l, m).map((x) => code.constant(x));
        const one = values[l - 1][m];
        values[l][m] = code.let(code.mul(a, code.add(code.mul(z, one), code.mul(b, values[l - 2][m]))));
        const [near, far] = [slopes[l - 1][m], slopes[l - 2][m]];
        let slope = near === undefined ? one : code.add(one, code.mul(z, near));
        if (far !== undefined) slope = code.add(slope, code.mul(b, far));
        slopes[l][m] = code.let(code.mul(a, slope));
      }
    }
  }
  return { values, slopes };
}

/** Adds a neighbour to the sums. */
export function addNeighbour<R, I>(
  code: Code<R, I>,
  shape: NeighbourShape,
  at: NeighbourPart<R, I>,
  sums: Reals<R, I>,
): void {
  const { fields, pair } = at;
  const { sums: list, baseCount } = shape;
  const places = fieldPlaces(shape);
  const r = code.let(code.sqrt(at.squared));
  const inverse = code.let(code.div(code.constant(1), r));
  const base = radialBase(code, shape, r, pair);
  const add = (place: number, value: R) => {
    sums.store(place, code.add(sums.load(place), value));
  };
  fields.store(places.inverse, inverse);
  fields.store(places.core, base[baseCount].slope);
  if (list.core) add(0, base[baseCount].value);
  list.base.forEach((n, k) => {
    fields.store(places.base + k, base[n - 1].slope);
    add(list.basePlace(n), base[n - 1].value);
  });
  if (list.radial.length === 0) return;
  const unit = at.difference.map((d) => code.let(code.mul(d, inverse)));
  const { values } = polars(code, list.lmax, unit[2]);
  const azimuths = powers(code, { re: unit[0], im: unit[1] }, list.lmax);
  const coefficients = pairPlace(shape, 'coefficients');
  list.radial.forEach(({ n, l }, k) => {
    let [value, slope]: (R | undefined)[] = [undefined, undefined];
    for (let b = 0; b < baseCount; b++) {
      const c = code.let(pair.load(coefficients + k * baseCount + b));
      const [v, s] = [code.mul(c, base[b].value), code.mul(c, base[b].slope)];
      value = code.let(value === undefined ? v : code.add(value, v));
      slope = code.let(slope === undefined ? s : code.add(slope, s));
    }
    if (value === undefined || slope === undefined) return;
    fields.store(places.radial + 2 * k, value);
    fields.store(places.radial + 2 * k + 1, slope);
    for (let m = 0; m <= l; m++) {
      const polar = code.let(code.mul(value, values[l][m]));
      const power = azimuths[m];
      add(list.radialPlace(n, l, m), power ? code.mul(polar, power.re) : polar);
      if (power) add(list.radialPlace(n, l, m) + 1, code.mul(polar, power.im));
    }
  });
}

/** ∂E_i/∂r⃗. */
export function neighbourGradient<R, I>(
  code: Code<R, I>,
  shape: NeighbourShape,
  at: NeighbourPart<R, I>,
  adjoints: Reals<R, I>,
): readonly [R, R, R] {
  const { fields, difference } = at;
  const { sums: list } = shape;
  const places = fieldPlaces(shape);
  const inverse = code.let(fields.load(places.inverse));
  const unit = difference.map((d) => code.let(code.mul(d, inverse)));
  let along = code.constant(0);
  if (list.core) along = code.let(code.mul(adjoints.load(0), fields.load(places.core)));
  list.base.forEach((n, k) => {
    const term = code.mul(adjoints.load(list.basePlace(n)), fields.load(places.base + k));
    along = code.let(code.add(along, term));
  });
  const across = angular(code, shape, { unit, fields, adjoints });
  along = code.let(code.add(along, across.along));
  const dot = code.let(
    across.slopes.map((s, axis) => code.mul(s, unit[axis])).reduce((a, b) => code.add(a, b)),
  );
  const rest = code.let(code.sub(along, code.mul(dot, inverse)));
  const [x, y, z] = unit.map((u, axis) =>
    code.let(code.add(code.mul(rest, u), code.mul(across.slopes[axis], inverse))),
  );
  return [x, y, z];
}

/** Σ R′ (A·Y), and s⃗. */
function angular<R, I>(
  code: Code<R, I>,
  shape: NeighbourShape,
  at: { readonly unit: readonly R[]; readonly fields: Reals<R, I>; readonly adjoints: Reals<R, I> },
): { along: R; slopes: R[] } {
  const { sums: list } = shape;
  const zero = () => code.constant(0);
  if (list.radial.length === 0) return { along: zero(), slopes: [zero(), zero(), zero()] };
  const { values, slopes } = polars(code, list.lmax, at.unit[2]);
  const azimuths = powers(code, { re: at.unit[0], im: at.unit[1] }, list.lmax);
  const radial = fieldPlaces(shape).radial;
  const sum = (a: R | undefined, b: R) => code.let(a === undefined ? b : code.add(a, b));
  let [along, x, y, z]: (R | undefined)[] = [undefined, undefined, undefined, undefined];
  for (let m = 0; m <= list.lmax; m++) {
    /** Σ_l P̄ H, Σ_l P̄′ H and Σ_nl R′ P̄ A. */
    const plain: Partial<Complex<R>>[] = [{}, {}, {}];
    const gather = (which: number, factor: R | undefined, re: R, im: R | undefined) => {
      if (factor === undefined) return;
      const present = plain[which];
      plain[which] = {
        re: sum(present.re, code.mul(factor, re)),
        ...(im === undefined ? {} : { im: sum(present.im, code.mul(factor, im)) }),
      };
    };
    for (let l = m; l <= list.lmax; l++) {
      let [hre, him, gre, gim]: (R | undefined)[] = [undefined, undefined, undefined, undefined];
      list.radial.forEach(({ n, l: own }, k) => {
        if (own !== l) return;
        const place = list.radialPlace(n, l, m);
        const are = code.let(at.adjoints.load(place));
        const [value, slope] = [0, 1].map((part) => code.let(at.fields.load(radial + 2 * k + part)));
        hre = sum(hre, code.mul(value, are));
        gre = sum(gre, code.mul(slope, are));
        if (m === 0) return;
        const aim = code.let(at.adjoints.load(place + 1));
        him = sum(him, code.mul(value, aim));
        gim = sum(gim, code.mul(slope, aim));
      });
      if (hre === undefined || gre === undefined) continue;
      gather(0, values[l][m], hre, him);
      gather(1, slopes[l][m], hre, him);
      gather(2, values[l][m], gre, gim);
    }
    const [power, low] = [azimuths[m], m > 0 ? azimuths[m - 1] : undefined];
    const turned = ({ re, im }: Partial<Complex<R>>, by: Complex<R> | undefined): R | undefined => {
      if (re === undefined) return undefined;
      if (!by) return re;
      return im === undefined ? code.mul(re, by.re) : code.add(code.mul(re, by.re), code.mul(im, by.im));
    };
    const [bySlope, byRadial] = [turned(plain[1], power), turned(plain[2], power)];
    if (bySlope !== undefined) z = sum(z, bySlope);
    if (byRadial !== undefined) along = sum(along, byRadial);
    const { re, im } = plain[0];
    if (m === 0 || re === undefined || im === undefined) continue;
    const times = code.constant(m);
    // ∂e^m/∂u_x = m e^(m−1), ∂e^m/∂u_y = i m e^(m−1)
    const [byX, byY] = low
      ? [
          code.add(code.mul(re, low.re), code.mul(im, low.im)),
          code.sub(code.mul(im, low.re), code.mul(re, low.im)),
        ]
      : [re, im];
    x = sum(x, code.mul(times, byX));
    y = sum(y, code.mul(times, byY));
  }
  return { along: along ?? zero(), slopes: [x ?? zero(), y ?? zero(), z ?? zero()] };
}
