/** Tells models apart by their form. */
import type { PotentialModelBase } from '../potentials/potential.ts';

/** Whether a model is of the form that its type says: `isForm<ZblModel>(model, 'zbl')`. */
export function isForm<M extends PotentialModelBase>(model: PotentialModelBase, form: M['form']): model is M {
  return model.form === form;
}
