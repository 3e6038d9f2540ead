/**
 * Embedding functions of an ACE potential (Lysogorskiy et al., npj Comput. Mater. 7 (2021) 97), for a density ρ and an
 * exponent m:
 *
 *   FinnisSinclair               sign(ρ) [(1 − g) |ρ|^m + w^(1−m) g |ρ|],  g = exp(−(w|ρ|)³), w = 10⁶
 *   FinnisSinclairShiftedScaled  sign(ρ) [(x e^{−|ρ|} + |ρ|)^m − y e^{−|ρ|}],  x = n^(n/(1−n)), y = n^(1/(1−n)), n = 1/m;
 *                                ρ itself for m = 1
 *
 * Both are straight through ρ = 0, so that forces stay finite there.
 */
import type { AceEmbedding } from './model.ts';

interface Value {
  readonly value: number;
  readonly slope: number;
}

/** Above it g = exp(−(w|ρ|)³) is left out. */
const NEGLIGIBLE_EXPONENT = 30;
const WIDTH = 1e6;
const SMALLEST = 1e-10;

function power(rho: number, m: number): Value {
  const straight = WIDTH ** (1 - m);
  const a = Math.abs(rho);
  if (a <= SMALLEST) return { value: straight * rho, slope: straight };
  const cube = (WIDTH * a) ** 3;
  const g = cube > NEGLIGIBLE_EXPONENT ? 0 : Math.exp(-cube);
  const dg = -3 * WIDTH ** 3 * a * a * g;
  return {
    value: Math.sign(rho) * ((1 - g) * a ** m + straight * g * a),
    slope: m * a ** (m - 1) * (1 - g) - a ** m * dg + straight * dg * a + straight * g,
  };
}

function shiftedScaled(rho: number, m: number): Value & { readonly curvature: number } {
  if (Math.abs(m - 1) < SMALLEST) return { value: rho, slope: 1, curvature: 0 };
  const a = Math.abs(rho);
  const n = 1 / m;
  const x = n ** (n / (1 - n)) * Math.exp(-a);
  const y = n ** (1 / (1 - n)) * Math.exp(-a);
  return {
    value: (rho < 0 ? -1 : 1) * ((x + a) ** m - y),
    slope: y + m * (1 - x) * (x + a) ** (m - 1),
    curvature: Math.sign(rho) * (m * (x + a) ** (m - 1) * (x - ((1 - m) * (1 - x) ** 2) / (x + a)) - y),
  };
}

/** Σ_p w_p F_p(ρ_p), eV, and its derivatives by the densities. */
export function embeddedEnergy(
  { kind, weights, exponents }: AceEmbedding,
  densities: Float64Array,
): { energy: number; slopes: Float64Array } {
  const slopes = new Float64Array(densities.length);
  let energy = 0;
  densities.forEach((rho, p) => {
    const { value, slope } = (kind === 'FinnisSinclair' ? power : shiftedScaled)(rho, exponents[p]);
    energy += weights[p] * value;
    slopes[p] = weights[p] * slope;
  });
  return { energy, slopes };
}

/**
 * Value and first two derivatives of w_p F_p of one density, for fits.
 * @throws RangeError for embeddings that no fit makes
 */
export function embeddingDerivatives(
  { kind, weights, exponents }: AceEmbedding,
  p: number,
  rho: number,
): { value: number; slope: number; curvature: number } {
  const [weight, m] = [weights[p], exponents[p]];
  // a density with the exponent 1 is straight in both kinds
  if (m !== 1 && kind !== 'FinnisSinclairShiftedScaled')
    throw new RangeError('fits use shifted and scaled embeddings');
  const { value, slope, curvature } = shiftedScaled(rho, m);
  return { value: weight * value, slope: weight * slope, curvature: weight * curvature };
}
