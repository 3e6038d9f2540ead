/** What a format that holds one form takes of a potential. */
import { PotentialError } from '../../../src-compute/errors.ts';
import type { ZblModel } from '../../../src-compute/potentials/pair/zbl.ts';
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import { termsOf, type ModelOf, type TermForm } from '../../../src-compute/potentials/registry.ts';

/**
 * The one term of a form, and the ZBL repulsion where there is one, too.
 * @param holds what the format holds, as the beginning of a sentence
 * @throws PotentialError for anything else
 */
export function partsWithRepulsion<F extends TermForm>(
  model: PotentialModelBase,
  form: F,
  holds: string,
): { model: ModelOf<F>; zbl?: ZblModel } {
  const terms = termsOf(model);
  const part = terms.find((term): term is ModelOf<F> => term.form === form);
  const zbl = terms.find((term) => term.form === 'zbl');
  if (part && terms.length === 1) return { model: part };
  if (part && zbl && terms.length === 2) return { model: part, zbl };
  const what = model.form === 'sum' ? 'another sum of terms' : `of the form ${model.form}`;
  throw new PotentialError(`${holds}, alone or with a ZBL repulsion, and this potential is ${what}.`, {
    remedy: 'Export it for LAMMPS as a KIM model (--format kim).',
  });
}
