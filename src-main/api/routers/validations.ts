/** Validations: which checks there are, start as a job, the result with verdict, values, figures and structures. */
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { writeFileAtomically } from '../../services/potentials/potential-file.ts';
import { requireElements, sourceElements } from '../../services/potentials/elements.ts';
import { GRADES } from '../../services/validation/check.ts';
import { CHECKS } from '../../services/validation/checks/index.ts';
import { BUDGETS } from '../../services/validation/plan.ts';
import { changedThresholds, DEFAULT_THRESHOLDS } from '../../services/validation/thresholds.ts';
import { validationJob, VALIDATION_ANALYSIS } from '../../services/validation/validation-runner.ts';
import { StoreError } from '../../store/store-error.ts';
import { safeName } from '../file-grants.ts';
import { projectProcedure, router } from '../trpc.ts';
import type { OpenProject } from '../workspace.ts';
import { recipeFigure } from './recipes.ts';

const valueSchema = z.object({
  name: z.string(),
  check: z.string(),
  title: z.string(),
  value: z.number().nullable(),
  error: z.number().nullable().optional(),
  unit: z.string(),
  shown: z.string().optional(),
  reference: z.number().nullable(),
  source: z.string().nullable(),
  deviation: z.number().nullable(),
  deviation_unit: z.string(),
  grade: z.enum(GRADES).nullable(),
  meaning: z.string(),
});

const resultSchema = z.object({
  plan: z.string(),
  seconds: z.number(),
  potentials: z.array(
    z.object({
      potential: z.string(),
      material: z.string(),
      origin: z.string(),
      verdict: z.array(z.string()),
      checks: z.array(valueSchema),
      left_out: z.array(z.string()),
      us_per_atom: z.number().nullable(),
    }),
  ),
  sections: z.array(
    z.object({
      potentialId: z.number(),
      name: z.string(),
      checks: z.array(
        z.object({
          name: z.string(),
          title: z.string(),
          question: z.string(),
          figures: z.array(recipeFigure),
          notes: z.array(z.string()),
          failed: z.string().nullable(),
          seconds: z.number(),
          evaluations: z.number(),
          structures: z.array(
            z.object({
              symbols: z.array(z.string()),
              kinds: z.array(z.number()),
              positions: z.array(z.number()),
              cell: z.array(z.number()),
              periodic: z.tuple([z.boolean(), z.boolean(), z.boolean()]),
            }),
          ),
        }),
      ),
    }),
  ),
  comparison: z.array(recipeFigure),
});
export type ValidationOutcome = z.infer<typeof resultSchema>;
export type ValidationValue = z.infer<typeof valueSchema>;

const byAnalysis = z.object({ analysisId: z.number().int().positive() });

function found(open: OpenProject, analysisId: number): unknown {
  const analysis = open.analyses.get(analysisId);
  if (analysis?.kind === VALIDATION_ANALYSIS) return analysis.result;
  throw new StoreError('not-found', 'This validation is not in the project any more.', {
    remedy: 'Run it again.',
  });
}

export const validationsRouter = router({
  /** Checks, plans with their time in seconds, and thresholds with their reasons. */
  checks: projectProcedure.query(() => ({
    checks: CHECKS.map(({ name, title, question }) => ({ name, title, question })),
    plans: Object.entries(BUDGETS).map(([name, seconds]) => ({ name, seconds })),
    thresholds: Object.entries(DEFAULT_THRESHOLDS).map(([name, row]) => ({ name, ...row })),
  })),

  start: projectProcedure.input(validationJob).mutation(({ ctx, input }) => {
    const potentials = input.potentialIds.map((id) => ctx.open.potentials.get(id));
    const unknown = input.checks?.find((name) => !CHECKS.some((check) => check.name === name));
    if (unknown !== undefined) throw new ForcewrightError(`There is no check "${unknown}".`);
    if (input.thresholds) changedThresholds(input.thresholds);
    if (input.structure) requireElements(potentials[0], sourceElements(ctx.open.project, input.structure));
    const title = `Validation: ${potentials.map(({ name }) => name).join(', ')}`.slice(0, 200);
    const settings = z.json().parse(JSON.parse(JSON.stringify(input)));
    const { id: jobId, finished } = ctx.open.jobs.submit('validation', title, settings);
    finished.catch(() => undefined);
    ctx.workspace.touched();
    return { jobId };
  }),

  result: projectProcedure
    .input(byAnalysis)
    .query(({ ctx, input }) => resultSchema.parse(found(ctx.open, input.analysisId))),

  /** The report as one HTML file under /data/exports/KEY. */
  report: projectProcedure.input(byAnalysis).mutation(async ({ ctx, input }) => {
    const { html, potentials } = z
      .object({ html: z.string(), potentials: z.array(z.object({ potential: z.string() })) })
      .parse(found(ctx.open, input.analysisId));
    const fileName = safeName(`${potentials[0].potential}-validation.html`);
    const { key, path } = await ctx.workspace.exports.place(fileName);
    await writeFileAtomically(path, html);
    return { key, fileName };
  }),
});
