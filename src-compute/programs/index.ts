/** Which forms are written as programs. A new one is one line of the table. */
import type { PotentialModelBase } from '../potentials/potential.ts';
import type { ModelOf, TermModel } from '../potentials/registry.ts';
import { AceProgram, whyNoAceProgram } from './ace/program.ts';
import { CrowdingProgram } from './crowding/program.ts';
import { EmbeddedAtomProgram, whyNoEmbeddedAtomProgram } from './embedded-atom/program.ts';
import type { ManyBodyProgram } from './many-body.ts';
import { MomentTensorProgram } from './moment-tensor/program.ts';
import { PairProgram } from './pair/program.ts';
import { SnapProgram, whyNoSnapProgram } from './snap/program.ts';
import { StillingerWeberProgram, whyNoStillingerWeberProgram } from './stillinger-weber/program.ts';

export interface ProgramOptions {
  /** Largest number of products of moments that becomes straight-line code; default: as is fastest. */
  readonly straightLineProducts?: number;
}

/** A form as a program. */
interface ProgramForm<M> {
  /** Why a model has none, where some have none. */
  why?(model: M): string | undefined;
  /** @param species index in the model of each of the backend's species */
  make(model: M, species: readonly number[], options: ProgramOptions): ManyBodyProgram;
}

const pair: ProgramForm<ModelOf<'lennard-jones' | 'morse' | 'zbl' | 'tabulated-pair'>> = {
  make: (model, species) => new PairProgram(model, species),
};

const FORMS: { readonly [F in TermModel['form']]?: ProgramForm<ModelOf<F>> } = {
  'moment-tensor': {
    make: (model, species, { straightLineProducts }) =>
      new MomentTensorProgram(model, species, straightLineProducts),
  },
  'lennard-jones': pair,
  morse: pair,
  zbl: pair,
  'tabulated-pair': pair,
  'stillinger-weber': {
    why: whyNoStillingerWeberProgram,
    make: (model, species) => new StillingerWeberProgram(model, species),
  },
  crowding: { make: (model, species) => new CrowdingProgram(model, species) },
  snap: { why: whyNoSnapProgram, make: (model, species) => new SnapProgram(model, species) },
  ace: { why: whyNoAceProgram, make: (model, species) => new AceProgram(model, species) },
  'embedded-atom': {
    why: whyNoEmbeddedAtomProgram,
    make: (model, species) => new EmbeddedAtomProgram(model, species),
  },
};

/** Forms that are written as programs. */
export const PROGRAM_FORMS: readonly string[] = Object.keys(FORMS);

/** A model's form, whose functions take models of that form. */
function formOf(model: PotentialModelBase): ProgramForm<PotentialModelBase> | undefined {
  if (!Object.hasOwn(FORMS, model.form)) return undefined;
  return FORMS[model.form as keyof typeof FORMS] as ProgramForm<PotentialModelBase> | undefined;
}

/** Why a model has no program; undefined when it has one. */
export function whyNoProgram(model: PotentialModelBase): string | undefined {
  const form = formOf(model);
  if (!form) return `potentials of the form ${model.form} are not written as programs`;
  return form.why?.(model);
}

/** Programs by model and order of species: tables take time to make, and every backend and precision uses the same. */
const made = new WeakMap<PotentialModelBase, Map<string, ManyBodyProgram>>();

/**
 * The program of a model, made once.
 * @param species names in the order in which a backend numbers them; the model may know more
 */
export function manyBodyProgramOf(
  model: PotentialModelBase,
  species: readonly string[],
  options: ProgramOptions = {},
): ManyBodyProgram | undefined {
  if (whyNoProgram(model) !== undefined) return undefined;
  const known = made.get(model) ?? new Map<string, ManyBodyProgram>();
  made.set(model, known);
  const key = [options.straightLineProducts, ...species].join(' ');
  const own = species.map((name) => model.species.indexOf(name));
  const program = known.get(key) ?? formOf(model)?.make(model, own, options);
  if (program) known.set(key, program);
  return program;
}
