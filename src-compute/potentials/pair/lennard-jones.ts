/**
 * Lennard-Jones: φ(r) = 4ε[(σ/r)¹² − (σ/r)⁶], truncated as pair-function.ts says.
 *
 * | symbol | field | unit |
 * |---|---|---|
 * | ε, σ | epsilon, sigma | eV, Å |
 * | r_c, r_s | cutoff, switchStart | Å |
 *
 * Source: J. E. Lennard-Jones, Proc. Phys. Soc. 43 (1931) 461.
 */
import { z } from 'zod';
import type { Configuration } from '../../structure/configuration.ts';
import type { Evaluation, PotentialModelBase } from '../potential.ts';
import {
  endAtCutoff,
  evaluatePairFunctions,
  modelBaseFields,
  pairEntryFields,
  pairTable,
  requireCutoff,
  type PairEntry,
  type PairFunction,
  type Truncation,
} from './pair-function.ts';

export interface LennardJonesPair extends PairEntry {
  readonly epsilon: number;
  readonly sigma: number;
}

export interface LennardJonesModel extends PotentialModelBase {
  readonly form: 'lennard-jones';
  readonly truncation: Truncation;
  /** One entry per unordered pair of species. */
  readonly pairs: readonly LennardJonesPair[];
}

export const lennardJonesSchema = z.strictObject({
  form: z.literal('lennard-jones'),
  ...modelBaseFields,
  truncation: z.enum(['truncated', 'shifted', 'switched']),
  pairs: z.array(
    z.strictObject({
      ...pairEntryFields,
      epsilon: z.number().finite().nonnegative(),
      sigma: z.number().finite().positive(),
    }),
  ),
}) satisfies z.ZodType<LennardJonesModel>;

/** One species: the usual case, and the reduced-unit fluid of the literature with ε = 1 eV, σ = 1 Å. */
export function lennardJonesModel(
  symbol: string,
  epsilon: number,
  sigma: number,
  cutoff: number,
  truncation: Truncation = 'truncated',
): LennardJonesModel {
  return {
    form: 'lennard-jones',
    species: [symbol],
    cutoff,
    truncation,
    pairs: [{ species: [symbol, symbol], epsilon, sigma, cutoff }],
  };
}

/** φ by zi·S + zj. */
export function lennardJonesFunctions(model: LennardJonesModel): PairFunction[] {
  const functions = pairTable(model.species, model.pairs).map(({ epsilon, sigma, cutoff, switchStart }) =>
    endAtCutoff(
      (r, out) => {
        const s2 = (sigma / r) * (sigma / r);
        const s6 = s2 * s2 * s2;
        out[0] = 4 * epsilon * (s6 * s6 - s6);
        out[1] = (-24 * epsilon * (2 * s6 * s6 - s6)) / r;
        out[2] = (24 * epsilon * (26 * s6 * s6 - 7 * s6)) / (r * r);
      },
      cutoff,
      model.truncation,
      switchStart,
    ),
  );
  requireCutoff(model.cutoff, functions);
  return functions;
}

/** Energy, forces and virial; see evaluatePairFunctions. */
export function evaluateLennardJones(model: LennardJonesModel, configuration: Configuration): Evaluation {
  return evaluatePairFunctions(model.species, lennardJonesFunctions(model), model.cutoff, configuration);
}

/** Energy per atom (eV) and pressure (eV/Å³) that the part beyond the cutoff adds in a uniform fluid, g = 1. */
export function lennardJonesTail(
  epsilon: number,
  sigma: number,
  cutoff: number,
  density: number,
): { energy: number; pressure: number } {
  // Allen & Tildesley, Computer Simulation of Liquids, 2nd ed., eqs. 2.143 and 2.144
  const s3 = (sigma / cutoff) ** 3;
  return {
    energy: (8 / 9) * Math.PI * epsilon * density * sigma ** 3 * (s3 ** 3 - 3 * s3),
    pressure: (32 / 9) * Math.PI * epsilon * density ** 2 * sigma ** 3 * (s3 ** 3 - 1.5 * s3),
  };
}
