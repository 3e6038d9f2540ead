/** Stillinger–Weber potentials (1985). */
import {
  evaluateStillingerWeber,
  stillingerWeberSchema,
  type StillingerWeberModel,
} from '../../potentials/stillinger-weber/index.ts';
import { PROVIDES, type Form } from '../form.ts';

export const stillingerWeberForm: Form<StillingerWeberModel> = {
  title: 'Stillinger–Weber',
  schema: stillingerWeberSchema,
  provides: PROVIDES,
  evaluate: evaluateStillingerWeber,
  exports: ['kim'],
  methods: ({ cutoff }, { cite }) => [
    `a Stillinger–Weber potential ${cite('stillinger1985')} with a cutoff of ${cutoff} Å.`,
  ],
};
