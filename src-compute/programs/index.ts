/** Which forms are written as programs. A new one is one line in each function. */
import type { AceModel } from '../potentials/ace/index.ts';
import type { EmbeddedAtomModel } from '../potentials/embedded-atom/index.ts';
import type { PotentialModelBase } from '../potentials/potential.ts';
import type { SnapModel } from '../potentials/snap/index.ts';
import { AceProgram, whyNoAceProgram } from './ace/program.ts';
import { EmbeddedAtomProgram, whyNoEmbeddedAtomProgram } from './embedded-atom/program.ts';
import type { ManyBodyProgram } from './many-body.ts';
import { SnapProgram, whyNoSnapProgram } from './snap/program.ts';

/** Forms that are written as programs. */
export const PROGRAM_FORMS: readonly string[] = ['snap', 'ace', 'embedded-atom'];

const isSnap = (model: PotentialModelBase): model is SnapModel => model.form === 'snap';
const isAce = (model: PotentialModelBase): model is AceModel => model.form === 'ace';
const isEmbeddedAtom = (model: PotentialModelBase): model is EmbeddedAtomModel =>
  model.form === 'embedded-atom';

/** Why a model has no program; undefined when it has one. */
export function whyNoProgram(model: PotentialModelBase): string | undefined {
  if (isSnap(model)) return whyNoSnapProgram(model);
  if (isAce(model)) return whyNoAceProgram(model);
  if (isEmbeddedAtom(model)) return whyNoEmbeddedAtomProgram(model);
  return `potentials of the form ${model.form} are not written as programs`;
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
): ManyBodyProgram | undefined {
  if (whyNoProgram(model) !== undefined) return undefined;
  const known = made.get(model) ?? new Map<string, ManyBodyProgram>();
  made.set(model, known);
  const key = species.join(' ');
  const program = known.get(key) ?? makeProgram(model, species);
  if (program) known.set(key, program);
  return program;
}

function makeProgram(model: PotentialModelBase, species: readonly string[]): ManyBodyProgram | undefined {
  const own = species.map((name) => model.species.indexOf(name));
  if (isSnap(model)) return new SnapProgram(model, own);
  if (isAce(model)) return new AceProgram(model, own);
  if (isEmbeddedAtom(model)) return new EmbeddedAtomProgram(model, own);
  return undefined;
}
