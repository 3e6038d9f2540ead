/** Tells models apart by their form; the type follows from the name. */
import type { PotentialModelBase } from '../potentials/potential.ts';
import type { PotentialModel } from '../potentials/registry.ts';

/** Whether a model is of a form. */
export function isForm<F extends PotentialModel['form']>(
  model: PotentialModelBase,
  form: F,
): model is Extract<PotentialModel, { readonly form: F }> {
  return model.form === form;
}
