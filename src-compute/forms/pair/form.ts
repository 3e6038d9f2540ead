/** Potentials that are a sum of φ(r) over pairs. */
import {
  evaluatePairFunctions,
  lennardJonesSchema,
  morseSchema,
  pairFunctions,
  tabulatedPairSchema,
  zblSchema,
  type LennardJonesModel,
  type MorseModel,
  type PairModel,
  type TabulatedPairModel,
  type ZblModel,
} from '../../potentials/pair/index.ts';
import type { Evaluation } from '../../potentials/potential.ts';
import type { Configuration } from '../../structure/configuration.ts';
import { PROVIDES, type Form } from '../form.ts';

const evaluate = (model: PairModel, configuration: Configuration): Evaluation =>
  evaluatePairFunctions(model.species, pairFunctions(model), model.cutoff, configuration);

export const lennardJonesForm: Form<LennardJonesModel> = {
  title: 'Lennard-Jones',
  schema: lennardJonesSchema,
  provides: PROVIDES,
  evaluate,
  exports: ['kim'],
};

export const morseForm: Form<MorseModel> = {
  title: 'Morse',
  schema: morseSchema,
  provides: PROVIDES,
  evaluate,
  exports: ['kim'],
};

export const zblForm: Form<ZblModel> = {
  title: 'ZBL repulsion',
  schema: zblSchema,
  provides: PROVIDES,
  evaluate,
  exports: ['kim'],
};

export const tabulatedPairForm: Form<TabulatedPairModel> = {
  title: 'tabulated pair potential',
  schema: tabulatedPairSchema,
  provides: PROVIDES,
  evaluate,
  exports: ['kim'],
};
