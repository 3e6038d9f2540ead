/** The atomic cluster expansion (Drautz 2019). */
import {
  aceParameterCount,
  aceSchema,
  evaluateAce,
  validateAceModel,
  type AceModel,
} from '../../potentials/ace/index.ts';
import { PROVIDES, type Form } from '../form.ts';
import { aceFit } from './fit.ts';

export const aceForm: Form<AceModel> = {
  title: 'atomic cluster expansion',
  schema: aceSchema,
  validate: validateAceModel,
  parameters: aceParameterCount,
  provides: PROVIDES,
  evaluate: evaluateAce,
  exports: ['kim', 'pace'],
  fit: aceFit,
  methods: ({ cutoff }, { cite, parameters }) => [
    `an atomic cluster expansion ${cite('drautz2019')} with ${parameters} parameters and a cutoff of ${cutoff} Å.`,
  ],
};
