/**
 * Morse: φ(r) = D[e^{−2a(r − r₀)} − 2e^{−a(r − r₀)}], truncated as pair-function.ts says.
 *
 * | symbol | field | unit |
 * |---|---|---|
 * | D | depth | eV |
 * | a | steepness | 1/Å |
 * | r₀ | equilibriumDistance | Å |
 *
 * Source: P. M. Morse, Phys. Rev. 34 (1929) 57.
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

export interface MorsePair extends PairEntry {
  readonly depth: number;
  readonly steepness: number;
  readonly equilibriumDistance: number;
}

export interface MorseModel extends PotentialModelBase {
  readonly form: 'morse';
  readonly truncation: Truncation;
  /** One entry per unordered pair of species. */
  readonly pairs: readonly MorsePair[];
}

export const morseSchema = z.strictObject({
  form: z.literal('morse'),
  ...modelBaseFields,
  truncation: z.enum(['truncated', 'shifted', 'switched']),
  pairs: z.array(
    z.strictObject({
      ...pairEntryFields,
      depth: z.number().finite().nonnegative(),
      steepness: z.number().finite().positive(),
      equilibriumDistance: z.number().finite().positive(),
    }),
  ),
}) satisfies z.ZodType<MorseModel>;

/** φ by zi·S + zj. */
export function morseFunctions(model: MorseModel): PairFunction[] {
  const table = pairTable(model.species, model.pairs);
  const functions = table.map(({ depth, steepness, equilibriumDistance, cutoff, switchStart }) =>
    endAtCutoff(
      (r, out) => {
        const e = Math.exp(-steepness * (r - equilibriumDistance));
        out[0] = depth * (e * e - 2 * e);
        out[1] = 2 * depth * steepness * (e - e * e);
        out[2] = 2 * depth * steepness ** 2 * (2 * e * e - e);
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
export function evaluateMorse(model: MorseModel, configuration: Configuration): Evaluation {
  return evaluatePairFunctions(model.species, morseFunctions(model), model.cutoff, configuration);
}
