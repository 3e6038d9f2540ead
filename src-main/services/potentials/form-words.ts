/** What a potential is, for the eye. */
import { z } from 'zod';
import { formTitle, isFormName } from '../../../src-compute/potentials/registry.ts';
import { requestedForm } from '../../../src-compute/forms/fit-forms.ts';
import type { PotentialSummary } from '../../store/potentials.ts';
import { fitRequestSchema } from '../fit/fit-request.ts';

/** Settings of fits name their form, or in earlier versions their model. */
const fittedHere = z.union([z.object({ form: z.string() }), z.object({ model: z.string() })]);

/** The form in words: what was fitted here has a better name than that of its sum with a baseline. */
export function formWords({ form, settings }: Pick<PotentialSummary, 'form' | 'settings'>): string {
  const fitted = fittedHere.safeParse(settings).success && fitRequestSchema.safeParse(settings);
  if (fitted && fitted.success) return requestedForm(fitted.data).words;
  return isFormName(form) ? formTitle(form) : form;
}
