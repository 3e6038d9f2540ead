/**
 * A neighbour on the 3-sphere and its harmonics, the Wigner matrices u^j_{mm'}(θ₀, θ, φ)
 * (Thompson et al., J. Comput. Phys. 285 (2015) 316, eqs. 1–4; recursion: Varshalovich et al. (1988), 4.8.2):
 *
 *   θ₀ = rfac0 π (r − rmin0)/(R − rmin0),  z₀ = r/tan θ₀,  r₀ = √(r² + z₀²)
 *   a = (z₀ − iz)/r₀,  b = (y − ix)/r₀
 *   u^j_{m m'} = √((j−m')/(j−m)) a* u^{j−½}_{m m'} − √(m'/(j−m)) b* u^{j−½}_{m m'−1}
 *
 * with 2j in place of j and rows and columns counted from 0; rows below the middle follow from
 * u_{j−m, j−m'} = (−1)^{m+m'} u*_{m m'}.
 */
import { matrixStarts } from './bispectrum.ts';

/** What places a neighbour at distance r on the sphere and weighs it. */
export interface SphereSettings {
  /** Cutoff of the pair, Å. */
  readonly cutoff: number;
  readonly rfac0: number;
  /** Å */
  readonly rmin0: number;
  /** Whether the cosine switch takes neighbours out at the cutoff. */
  readonly switching: boolean;
  /** Inner switch: 0 below centre − width, 1 above centre + width, Å. */
  readonly inner?: { readonly centre: number; readonly width: number };
}

/** Matrices of one neighbour, times its weight and switch, with their derivatives by its position. */
export interface SphereHarmonics {
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** ∂/∂x, ∂/∂y, ∂/∂z of both. */
  readonly dre: readonly [Float64Array, Float64Array, Float64Array];
  readonly dim: readonly [Float64Array, Float64Array, Float64Array];
}

/** f_c(r) and its derivative: ½[1 + cos π(r − rmin0)/(R − rmin0)], times the inner switch where there is one. */
export function switchOf(settings: SphereSettings, r: number): { value: number; slope: number } {
  const outer = outerSwitch(settings, r);
  if (!settings.inner) return outer;
  const { centre, width } = settings.inner;
  if (r >= centre + width) return outer;
  if (r <= centre - width) return { value: 0, slope: 0 };
  const angle = (Math.PI / 2) * (1 + (r - centre) / width);
  const value = (1 - Math.cos(angle)) / 2;
  const slope = (Math.sin(angle) * Math.PI) / (4 * width);
  return { value: outer.value * value, slope: outer.slope * value + outer.value * slope };
}

function outerSwitch({ cutoff, rmin0, switching }: SphereSettings, r: number) {
  if (!switching || r <= rmin0) return { value: 1, slope: 0 };
  const rate = Math.PI / (cutoff - rmin0);
  const angle = (r - rmin0) * rate;
  return { value: (1 + Math.cos(angle)) / 2, slope: (-rate * Math.sin(angle)) / 2 };
}

/**
 * The matrices up to 2J of a neighbour at x, y, z.
 * @param weight multiplies all of them
 */
export function harmonicsOf(
  twojmax: number,
  settings: SphereSettings,
  weight: number,
  [x, y, z]: readonly [number, number, number],
): SphereHarmonics {
  const { cutoff, rfac0, rmin0 } = settings;
  const r = Math.hypot(x, y, z);
  const rate = (rfac0 * Math.PI) / (cutoff - rmin0);
  const theta = rate * (r - rmin0);
  const z0 = r / Math.tan(theta);
  const z0Slope = 1 / Math.tan(theta) - (r * rate) / Math.sin(theta) ** 2;
  const r0 = Math.hypot(r, z0);
  const unit = [x / r, y / r, z / r];
  // values and derivatives of a* and b*: [re, im], then by x, y, z
  const aRe = new Float64Array(4);
  const aIm = new Float64Array(4);
  const bRe = new Float64Array(4);
  const bIm = new Float64Array(4);
  [aRe[0], aIm[0], bRe[0], bIm[0]] = [z0 / r0, z / r0, y / r0, x / r0];
  const shrink = (r + z0 * z0Slope) / (r0 * r0);
  for (let k = 0; k < 3; k++) {
    const relative = shrink * unit[k];
    aRe[k + 1] = (z0Slope * unit[k]) / r0 - aRe[0] * relative;
    aIm[k + 1] = (k === 2 ? 1 / r0 : 0) - aIm[0] * relative;
    bRe[k + 1] = (k === 1 ? 1 / r0 : 0) - bRe[0] * relative;
    bIm[k + 1] = (k === 0 ? 1 / r0 : 0) - bIm[0] * relative;
  }
  const start = matrixStarts(twojmax);
  const size = start[twojmax + 1];
  const re = Array.from({ length: 4 }, () => new Float64Array(size));
  const im = Array.from({ length: 4 }, () => new Float64Array(size));
  re[0][0] = 1;
  /** Adds factor · c · u of the smaller matrix, and the derivatives of that product. */
  const add = (to: number, from: number, factor: number, cRe: Float64Array, cIm: Float64Array) => {
    for (let d = 0; d < 4; d++) {
      re[d][to] += factor * (cRe[0] * re[d][from] - cIm[0] * im[d][from]);
      im[d][to] += factor * (cRe[0] * im[d][from] + cIm[0] * re[d][from]);
      if (d === 0) continue;
      re[d][to] += factor * (cRe[d] * re[0][from] - cIm[d] * im[0][from]);
      im[d][to] += factor * (cRe[d] * im[0][from] + cIm[d] * re[0][from]);
    }
  };
  for (let j = 1; j <= twojmax; j++) {
    for (let m = 0; 2 * m <= j; m++)
      for (let n = 0; n <= j; n++) {
        const to = start[j] + m * (j + 1) + n;
        const from = start[j - 1] + m * j + n;
        if (n < j) add(to, from, Math.sqrt((j - n) / (j - m)), aRe, aIm);
        if (n > 0) add(to, from - 1, -Math.sqrt(n / (j - m)), bRe, bIm);
        // the middle row is its own mirror image, and has been computed whole
        if (2 * m === j) continue;
        const mirror = start[j] + (j - m) * (j + 1) + (j - n);
        const sign = (m + n) % 2 === 0 ? 1 : -1;
        for (let d = 0; d < 4; d++) {
          re[d][mirror] = sign * re[d][to];
          im[d][mirror] = -sign * im[d][to];
        }
      }
  }
  const { value, slope } = switchOf(settings, r);
  for (let k = 0; k < size; k++) {
    for (let d = 1; d < 4; d++) {
      re[d][k] = weight * (value * re[d][k] + slope * unit[d - 1] * re[0][k]);
      im[d][k] = weight * (value * im[d][k] + slope * unit[d - 1] * im[0][k]);
    }
    re[0][k] *= weight * value;
    im[0][k] *= weight * value;
  }
  return { re: re[0], im: im[0], dre: [re[1], re[2], re[3]], dim: [im[1], im[2], im[3]] };
}
