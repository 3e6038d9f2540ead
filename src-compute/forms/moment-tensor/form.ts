/** Moment tensor potentials (Shapeev 2016). */
import { validateMomentTensorModel, type MomentTensorModel } from '../../potentials/moment-tensor/model.ts';
import { evaluateMomentTensor } from '../../potentials/moment-tensor/reference.ts';
import { momentTensorSchema } from '../../potentials/moment-tensor/schema.ts';
import { PROVIDES, type Form } from '../form.ts';
import { momentTensorFit } from './fit.ts';

export const momentTensorForm: Form<MomentTensorModel> = {
  title: 'moment tensor potential',
  schema: momentTensorSchema,
  validate: validateMomentTensorModel,
  parameters: ({ radialCoefficients, momentCoefficients, speciesCoefficients }) =>
    radialCoefficients.length + momentCoefficients.length + speciesCoefficients.length,
  provides: PROVIDES,
  evaluate: evaluateMomentTensor,
  exports: ['kim', 'mlip'],
  fit: momentTensorFit,
  methods: ({ cutoff }, { cite, parameters, settings }) => [
    `a moment tensor potential ${cite('shapeev2016')} with ${parameters} fitted parameters and a cutoff of ${cutoff} Å.`,
    ...(settings.linear === false
      ? [`Its radial functions were optimised by variable projection ${cite('golub2003')}.`]
      : []),
  ],
};
