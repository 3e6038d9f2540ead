/**
 * Spherical harmonics of unit vectors, Condon–Shortley's phase, normalised so that Y_00 = 1 (√4π times the usual ones), by
 * recurrence in Cartesian coordinates (Drautz, Phys. Rev. B 102 (2020) 024104, appendix):
 *
 *   Y_lm = P̄_lm(z) (x + iy)^m,  m ≥ 0;   Y_l,−m = (−1)^m Y_lm*
 *   P̄_mm = −√(1 + 1/2m) P̄_{m−1,m−1},  P̄_{m+1,m} = √(2m + 3) z P̄_mm,
 *   P̄_lm = a_lm (z P̄_{l−1,m} + b_lm P̄_{l−2,m})
 */

/** Place of (l, m), m from −l to l. */
export const harmonicPlace = (l: number, m: number): number => l * (l + 1) + m;

/** a and b of the recurrence. */
export function recurrence(l: number, m: number): readonly [number, number] {
  const before = (l - 1) ** 2;
  return [Math.sqrt((4 * l * l - 1) / (l * l - m * m)), -Math.sqrt((before - m * m) / (4 * before - 1))];
}

/** P̄_mm. */
export function sectoral(m: number): number {
  let value = 1;
  for (let k = 1; k <= m; k++) value *= -Math.sqrt(1 + 1 / (2 * k));
  return value;
}

export interface Harmonics {
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** Derivatives by x, y and z of the vector, whose length is r. */
  readonly dre: readonly Float64Array[];
  readonly dim: readonly Float64Array[];
}

/** P̄_lm and its derivative for all l from m on. */
function polar(lmax: number, m: number, z: number): { value: number; slope: number }[] {
  const list: { value: number; slope: number }[] = [];
  for (let l = m; l <= lmax; l++) {
    if (l === m) list[l] = { value: sectoral(m), slope: 0 };
    else if (l === m + 1) {
      const slope = Math.sqrt(2 * m + 3) * list[m].value;
      list[l] = { value: slope * z, slope };
    } else {
      const [a, b] = recurrence(l, m);
      const [one, two] = [list[l - 1], list[l - 2]];
      list[l] = {
        value: a * (z * one.value + b * two.value),
        slope: a * (one.value + z * one.slope + b * two.slope),
      };
    }
  }
  return list;
}

/** All Y_lm up to lmax of a vector's direction, and how they change with the vector. */
export function harmonicsOf(lmax: number, vector: readonly [number, number, number]): Harmonics {
  const r = Math.hypot(...vector);
  const [x, y, z] = vector.map((component) => component / r);
  const size = (lmax + 1) ** 2;
  const fresh = () => new Float64Array(size);
  const out = {
    re: fresh(),
    im: fresh(),
    dre: [fresh(), fresh(), fresh()],
    dim: [fresh(), fresh(), fresh()],
  };
  /** (x + iy)^(m − 1) and (x + iy)^m */
  let [lowRe, lowIm, re, im] = [0, 0, 1, 0];
  for (let m = 0; m <= lmax; m++) {
    polar(lmax, m, z).forEach(({ value, slope }, l) => {
      const gradients = [
        { re: [m * value * lowRe, -m * value * lowIm, slope * re] },
        { re: [m * value * lowIm, m * value * lowRe, slope * im] },
      ];
      const [gre, gim] = gradients.map((gradient) => tangential(gradient.re, [x, y, z], r));
      put(out, l, m, [value * re, value * im], [gre, gim]);
    });
    [lowRe, lowIm, re, im] = [re, im, re * x - im * y, re * y + im * x];
  }
  return out;
}

/** What of a gradient is left for a function of the direction alone: (g − û (û·g)) / r. */
function tangential(gradient: readonly number[], unit: readonly number[], r: number): number[] {
  const along = gradient.reduce((sum, g, axis) => sum + g * unit[axis], 0);
  return gradient.map((g, axis) => (g - along * unit[axis]) / r);
}

/** Writes Y_lm and Y_l,−m. */
function put(
  out: Harmonics,
  l: number,
  m: number,
  [re, im]: readonly [number, number],
  [gre, gim]: readonly number[][],
): void {
  const sign = m % 2 === 0 ? 1 : -1;
  const [plus, minus] = [harmonicPlace(l, m), harmonicPlace(l, -m)];
  // the negative order first: at m = 0 both are one place
  out.re[minus] = sign * re;
  out.im[minus] = -sign * im;
  out.re[plus] = re;
  out.im[plus] = im;
  for (let axis = 0; axis < 3; axis++) {
    out.dre[axis][minus] = sign * gre[axis];
    out.dim[axis][minus] = -sign * gim[axis];
    out.dre[axis][plus] = gre[axis];
    out.dim[axis][plus] = gim[axis];
  }
}
