/** Tells models apart by their form. */
import type { PairModel } from '../potentials/pair/index.ts';
import type { PotentialModelBase } from '../potentials/potential.ts';

/** Whether a model is of the form that its type says: `isForm<ZblModel>(model, 'zbl')`. */
export function isForm<M extends PotentialModelBase>(model: PotentialModelBase, form: M['form']): model is M {
  return model.form === form;
}

/** Whether a model is a sum of φ(r) over pairs. */
export function isPairModel(model: PotentialModelBase): model is PairModel {
  return ['lennard-jones', 'morse', 'zbl', 'tabulated-pair'].includes(model.form);
}
