/** Pair potentials: the models, their JSON schemas and their plain evaluation. */
import type { PairFunction } from './pair-function.ts';
import { lennardJonesFunctions, type LennardJonesModel } from './lennard-jones.ts';
import { morseFunctions, type MorseModel } from './morse.ts';
import { tabulatedFunctions, type TabulatedPairModel } from './tabulated.ts';
import { zblFunctions, type ZblModel } from './zbl.ts';

export * from './pair-function.ts';
export * from './lennard-jones.ts';
export * from './morse.ts';
export * from './zbl.ts';
export * from './tabulated.ts';

/** Every model that is a sum of φ(r) over pairs. */
export type PairModel = LennardJonesModel | MorseModel | ZblModel | TabulatedPairModel;

/** φ by zi·S + zj of any pair model: all that a fast backend needs to know. */
export function pairFunctions(model: PairModel): PairFunction[] {
  switch (model.form) {
    case 'lennard-jones':
      return lennardJonesFunctions(model);
    case 'morse':
      return morseFunctions(model);
    case 'zbl':
      return zblFunctions(model);
    case 'tabulated-pair':
      return tabulatedFunctions(model);
  }
}
