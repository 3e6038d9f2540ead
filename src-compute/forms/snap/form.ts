/** Spectral neighbour analysis potentials, linear and quadratic (Thompson et al. 2015, Wood and Thompson 2018). */
import { evaluateSnap, snapSchema, validateSnapModel, type SnapModel } from '../../potentials/snap/index.ts';
import { PROVIDES, type Form } from '../form.ts';
import { snapFit } from './fit.ts';

export const snapForm: Form<SnapModel> = {
  title: 'SNAP',
  schema: snapSchema,
  validate: validateSnapModel,
  parameters: ({ coefficients }) => coefficients.length,
  provides: PROVIDES,
  evaluate: evaluateSnap,
  exports: ['kim', 'snap'],
  fit: snapFit,
  methods: ({ quadratic, twojmax, coefficients, cutoff }, { cite }) => [
    `a ${quadratic ? 'quadratic ' : ''}spectral neighbour analysis potential (SNAP) ${cite('thompson2015')}` +
      `${quadratic ? ` ${cite('wood2018')}` : ''} with 2J = ${twojmax}, ${coefficients.length} coefficients and a cutoff of ${cutoff} Å.`,
  ],
};
