/**
 * Ziegler–Biersack–Littmark screened nuclear repulsion, ended smoothly at an outer radius:
 *
 *   φ(r) = E(r) + S(r),   E = Z_i Z_j e²/(4πε₀ r) Σ_k c_k e^{−d_k r/a},   a = 0.46850 Å / (Z_i^0.23 + Z_j^0.23)
 *   S = C for r < r₁;  S = A/3 (r − r₁)³ + B/4 (r − r₁)⁴ + C for r₁ ≤ r < r_c
 *
 * with A, B, C such that φ, φ′ and φ″ vanish at r_c (w = r_c − r₁):
 *   A = (−3E′ + wE″)/w²,  B = (2E′ − wE″)/w³,  C = −E + wE′/2 − w²E″/12, all at r_c.
 * This is the form that LAMMPS calls pair_style zbl.
 *
 * | symbol | field | unit |
 * |---|---|---|
 * | r₁, r_c | innerRadius, cutoff | Å |
 * | Z | from the species' symbols | – |
 *
 * Source: Ziegler, Biersack, Littmark, The Stopping and Range of Ions in Matter, vol. 1 (1985).
 */
import { z } from 'zod';
import { PotentialError } from '../../errors.ts';
import type { Configuration } from '../../structure/configuration.ts';
import { atomicNumber } from '../../structure/elements.ts';
import type { PairList } from '../../structure/reference-pairs.ts';
import { COULOMB_EV_A } from '../../units.ts';
import { handoverSchema, type Handover } from '../handover.ts';
import type { Evaluation, PotentialModelBase } from '../potential.ts';
import { evaluatePairFunctions, modelBaseFields, type PairFunction } from './pair-function.ts';

const SCREENING_C = [0.02817, 0.28022, 0.50986, 0.18175];
const SCREENING_D = [0.20162, 0.4029, 0.94229, 3.1998];

export interface ZblModel extends PotentialModelBase {
  readonly form: 'zbl';
  /** Where the switch to zero starts, Å; it ends at `cutoff`. */
  readonly innerRadius: number;
  /** Radii of each pair, zi·S + zj, in place of the two that all pairs share; `cutoff` is the largest outer one. */
  readonly radii?: Handover;
}

export const zblSchema = z
  .strictObject({
    form: z.literal('zbl'),
    ...modelBaseFields,
    innerRadius: z.number().finite().positive(),
    radii: handoverSchema.optional(),
  })
  .refine(({ innerRadius, cutoff }) => innerRadius < cutoff, {
    path: ['innerRadius'],
    message: 'should be smaller than the cutoff',
  }) satisfies z.ZodType<ZblModel>;

/** Writes E, E′, E″ of the unswitched repulsion. */
export function screenedRepulsion(product: number, length: number, r: number, out: Float64Array): void {
  let f = 0;
  let fSlope = 0;
  let fCurvature = 0;
  for (let k = 0; k < 4; k++) {
    const rate = SCREENING_D[k] / length;
    const term = SCREENING_C[k] * Math.exp(-rate * r);
    f += term;
    fSlope -= rate * term;
    fCurvature += rate * rate * term;
  }
  const strength = product * COULOMB_EV_A;
  out[0] = (strength * f) / r;
  out[1] = strength * (fSlope / r - f / (r * r));
  out[2] = strength * (fCurvature / r - (2 * fSlope) / (r * r) + (2 * f) / (r * r * r));
}

/**
 * φ of two nuclei.
 * @param innerRadius r₁, Å
 * @param outerRadius r_c, Å
 * @throws PotentialError unless 0 < r₁ < r_c
 */
export function zblFunction(zi: number, zj: number, innerRadius: number, outerRadius: number): PairFunction {
  if (!(innerRadius > 0 && innerRadius < outerRadius)) {
    throw new PotentialError(
      `The ZBL switch should run from a positive inner radius to a larger outer one, and runs from ${innerRadius} to ${outerRadius} Å.`,
    );
  }
  const length = 0.4685 / (zi ** 0.23 + zj ** 0.23);
  const w = outerRadius - innerRadius;
  const end = new Float64Array(3);
  screenedRepulsion(zi * zj, length, outerRadius, end);
  const a = (-3 * end[1] + w * end[2]) / (w * w);
  const b = (2 * end[1] - w * end[2]) / (w * w * w);
  const c = -end[0] + (w * end[1]) / 2 - (w * w * end[2]) / 12;
  return {
    cutoff: outerRadius,
    evaluate(r, out) {
      if (r >= outerRadius) {
        out[0] = out[1] = out[2] = 0;
        return;
      }
      screenedRepulsion(zi * zj, length, r, out);
      out[0] += c;
      if (r <= innerRadius) return;
      const t = r - innerRadius;
      out[0] += t * t * t * (a / 3 + (b / 4) * t);
      out[1] += t * t * (a + b * t);
      out[2] += t * (2 * a + 3 * b * t);
    },
  };
}

/** r₁ and r_c of the pair of species i and j, Å. @throws PotentialError when the model has no radii for the pair */
export function zblRadii(model: ZblModel, i: number, j: number): { inner: number; outer: number } {
  if (!model.radii) return { inner: model.innerRadius, outer: model.cutoff };
  const pair = i * model.species.length + j;
  const [inner, outer] = [model.radii.inner[pair], model.radii.outer[pair]];
  if (inner === undefined || outer === undefined || outer > model.cutoff) {
    throw new PotentialError(
      `A ZBL repulsion needs radii up to its cutoff for every pair, and has none for ${model.species[i]}–${model.species[j]}.`,
      { remedy: 'The file may be cut short or edited; save it again.' },
    );
  }
  return { inner, outer };
}

/**
 * φ by zi·S + zj.
 * @throws PotentialError when a species is no element
 */
export function zblFunctions(model: ZblModel): PairFunction[] {
  const numbers = model.species.map((symbol) => {
    const z = atomicNumber(symbol);
    if (z === undefined) {
      throw new PotentialError(`The ZBL repulsion needs element symbols, and ${symbol} is none.`, {
        remedy: 'Name the types with --species.',
      });
    }
    return z;
  });
  return numbers.flatMap((zi, i) =>
    numbers.map((zj, j) => {
      const { inner, outer } = zblRadii(model, i, j);
      return zblFunction(zi, zj, inner, outer);
    }),
  );
}

/** Energy, forces and virial; see evaluatePairFunctions. @param pairs all within the cutoff at least */
export function evaluateZbl(model: ZblModel, configuration: Configuration, pairs?: PairList): Evaluation {
  return evaluatePairFunctions(model.species, zblFunctions(model), model.cutoff, configuration, pairs);
}
