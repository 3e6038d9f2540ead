/** The repulsion of crowded atoms that fits add against holes in their data. */
import {
  crowdingSchema,
  evaluateCrowding,
  validateCrowdingModel,
  type CrowdingModel,
} from '../../potentials/crowding/model.ts';
import { PROVIDES, type Form } from '../form.ts';

export const crowdingForm: Form<CrowdingModel> = {
  title: 'crowding repulsion',
  schema: crowdingSchema,
  validate: validateCrowdingModel,
  provides: PROVIDES,
  evaluate: evaluateCrowding,
  exports: ['kim'],
};
