/** Starting points for radial coefficients c_{zi,zj,μ,k}. */
import type { SeededRandom } from './random.ts';

export interface RadialShape {
  readonly species: number;
  readonly functions: number;
  readonly size: number;
}

/**
 * Number 0 is smooth: f_μ is the μ-th Chebyshev polynomial for all pairs of species. The others are random series
 * whose coefficients fall off as 1/(1 + k), common to all pairs of species up to a smaller part of their own. Of the
 * spectra tried (flat, 1/(1 + k/8), 1/(1 + k/3), 1/(1 + k)) this one got stuck least often and ended lowest.
 */
export function startingCoefficients(shape: RadialShape, start: number, random: SeededRandom): Float64Array {
  const { species, functions, size } = shape;
  const common = Float64Array.from({ length: functions * size }, (_, i) => {
    const [mu, k] = [Math.floor(i / size), i % size];
    if (start === 0) return k === mu % size ? 1 : 0;
    return random.normal() / (1 + k);
  });
  const own = start === 0 ? 0.05 : 0.4;
  const result = new Float64Array(species * species * functions * size);
  for (let pair = 0; pair < species * species; pair++) {
    for (let i = 0; i < common.length; i++) {
      const difference = species > 1 ? (own * random.normal()) / (1 + (i % size)) : 0;
      result[pair * common.length + i] = common[i] + difference;
    }
  }
  return result;
}

/** Adds radial functions for a higher level: the known ones are kept, the new ones are random. */
export function extendCoefficients(
  known: Float64Array,
  from: RadialShape,
  functions: number,
  random: SeededRandom,
): Float64Array {
  const { species, size } = from;
  const result = startingCoefficients({ species, functions, size }, 1, random);
  const kept = Math.min(from.functions, functions) * size;
  for (let pair = 0; pair < species * species; pair++) {
    const source = pair * from.functions * size;
    result.set(known.subarray(source, source + kept), pair * functions * size);
  }
  return result;
}

/**
 * Rescales each radial function to unit norm of its coefficients over all pairs: the scale belongs to ξ, and numbers
 * of order one keep the normal equations well conditioned. In place.
 */
export function normaliseCoefficients(c: Float64Array, shape: RadialShape): void {
  const { species, functions, size } = shape;
  for (let mu = 0; mu < functions; mu++) {
    let square = 0;
    for (let pair = 0; pair < species * species; pair++) {
      for (let k = 0; k < size; k++) square += c[(pair * functions + mu) * size + k] ** 2;
    }
    const factor = species / (Math.sqrt(square) || 1);
    for (let pair = 0; pair < species * species; pair++) {
      for (let k = 0; k < size; k++) c[(pair * functions + mu) * size + k] *= factor;
    }
  }
}
