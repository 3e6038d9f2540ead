/**
 * Hand-over of a learnt potential to a repulsion of bare nuclei. Data have no pairs closer than some distance, and what a
 * polynomial says below it is chance. So the radial functions of a pair see, in place of r, the distance
 *
 *   s(r) = r                                    r ≥ r₂
 *   s(r) = r̄ + w u³ (1 − u/2),  u = (r − r₁)/w   r₁ < r < r₂
 *   s(r) = r̄                                    r ≤ r₁            w = r₂ − r₁,  r̄ = (r₁ + r₂)/2
 *
 * with s′ = u²(3 − 2u): twice continuously differentiable, and nothing is learnt or forgotten above r₂. Below r₁ a
 * neighbour counts as one at r̄, which lies just below the closest that the data have, so that the many-body part stays
 * what it is at the edge of the data, and a pair repulsion (pair/zbl.ts) decides what happens between the two.
 *
 * A pair that the data never have is handed over at the cutoff, r₁ = r₂ = r_c: all radial functions vanish there, and the
 * learnt part does not know the pair at all.
 *
 * | symbol | field | shape | unit |
 * |---|---|---|---|
 * | r₁, r₂ | inner, outer | species × species, symmetric | Å |
 */
import { z } from 'zod';

export interface Handover {
  readonly inner: Float64Array;
  readonly outer: Float64Array;
}

const radii = z.array(z.number().finite().positive()).transform((list) => Float64Array.from(list));

export const handoverSchema = z.strictObject({ inner: radii, outer: radii });

/**
 * The distance that radial functions see, and its derivative by r.
 * @param out overwritten: s (Å) and s′
 */
export function handedOver(inner: number, outer: number, r: number, out: Float64Array): void {
  if (r >= outer) {
    out[0] = r;
    out[1] = 1;
    return;
  }
  const w = outer - inner;
  out[0] = (inner + outer) / 2;
  out[1] = 0;
  if (r <= inner) return;
  const u = (r - inner) / w;
  out[0] += w * u * u * u * (1 - u / 2);
  out[1] = u * u * (3 - 2 * u);
}

/** Numbers of one pair as kernels read them: r₂, r₁, 1/w (0 where w is 0) and w. */
export const HANDOVER_NUMBERS = 4;

/** The numbers of the pair (zi, zj) of a model with `species` species. */
export function handoverNumbers(
  { inner, outer }: Handover,
  species: number,
  zi: number,
  zj: number,
): [number, number, number, number] {
  const [r1, r2] = [inner[zi * species + zj], outer[zi * species + zj]];
  return [r2, r1, r2 > r1 ? 1 / (r2 - r1) : 0, r2 - r1];
}

/**
 * What is wrong with the radii of a model, in words; undefined when nothing is.
 * @param cutoff of the model, Å
 */
export function handoverFault(handover: Handover, species: number, cutoff: number): string | undefined {
  const { inner, outer } = handover;
  const count = species * species;
  if (inner.length !== count || outer.length !== count) {
    return `${count} radii of hand-over were expected and ${inner.length} and ${outer.length} found`;
  }
  for (let k = 0; k < count; k++) {
    if (!(inner[k] > 0 && inner[k] <= outer[k] && outer[k] <= cutoff)) {
      return `the hand-over should run from a positive radius up to the cutoff, and runs from ${inner[k]} to ${outer[k]} Å`;
    }
    const mirrored = (k % species) * species + Math.floor(k / species);
    if (inner[k] !== inner[mirrored] || outer[k] !== outer[mirrored]) {
      return 'the radii of hand-over of a pair depend on the order of its elements';
    }
  }
  return undefined;
}
