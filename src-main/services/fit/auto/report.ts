/** What a search of settings leaves behind: in the result, the document of the potential and its methods text. */
import { z } from 'zod';
import { trialSchema } from '../../../../src-compute/fitting/auto/choice.ts';

export const searchReportSchema = z.object({
  trials: z.array(trialSchema),
  /** Number of the trial whose settings were taken. */
  chosen: z.number(),
  reason: z.string(),
  /** µs per atom and step that a choice might cost. */
  maximumCost: z.number().nullable(),
  seconds: z.number(),
  /** Why the search ended. */
  ended: z.enum(['complete', 'time', 'trials']),
});
export type SearchReport = z.infer<typeof searchReportSchema>;
