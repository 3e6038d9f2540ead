/** Recipes: what there is, start as a job, results with tables and figures. */
import { z } from 'zod';
import { CAVEAT_KINDS } from '../../../src-compute/caveats.ts';
import { checkPlace, IN_LAMMPS, recipeByName, RECIPE_PLACES, RECIPES } from '../../services/recipes/index.ts';
import { RECIPE_ANALYSIS } from '../../services/recipes/recipe-runner.ts';
import { settingsOf, type SettingDescription } from '../../../src-compute/forms/describe.ts';
import { structureSourceSchema } from '../../services/simulations/structure-source.ts';
import { requireElements, sourceElements } from '../../services/potentials/elements.ts';
import { StoreError } from '../../store/store-error.ts';
import { projectProcedure, router } from '../trpc.ts';

export type RecipeSetting = SettingDescription;

const cell = z.union([z.string(), z.number(), z.null()]);
const number = z.number().nullable();
const axis = z.object({ label: z.string(), logarithmic: z.boolean().optional() });
/** A figure as it is kept: null where nothing could be measured. */
export const recipeFigure = z.object({
  title: z.string(),
  x: axis,
  y: axis,
  caption: z.string().optional(),
  references: z
    .array(z.object({ axis: z.enum(['x', 'y']), value: z.number(), label: z.string() }))
    .optional(),
  series: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['line', 'points', 'step']),
      x: z.array(number),
      y: z.array(number),
      of: z.string().optional(),
      outside: z.boolean().optional(),
      error: z.array(number).optional(),
    }),
  ),
});
const resultSchema = z.object({
  title: z.string(),
  tables: z.array(
    z.object({ title: z.string(), columns: z.array(z.string()), rows: z.array(z.array(cell)) }),
  ),
  figures: z.array(recipeFigure),
  notes: z.array(z.string()),
  // results of earlier versions have none
  caveats: z.array(z.object({ kind: z.enum(CAVEAT_KINDS), text: z.string() })).default([]),
});
export type RecipeOutcome = z.infer<typeof resultSchema>;

export const recipesRouter = router({
  list: projectProcedure.query(() =>
    RECIPES.map(({ name, title, description, settings }) => ({
      name,
      title,
      description: description.replace(/\s+/g, ' '),
      settings: settingsOf(settings),
      inLammps: IN_LAMMPS.includes(name),
    })),
  ),

  start: projectProcedure
    .input(
      z.object({
        recipe: z.string().min(1).max(60),
        potentialId: z.number().int().positive(),
        settings: z.record(z.string(), z.json()),
        structure: structureSourceSchema.optional(),
        place: z.enum(RECIPE_PLACES).default('here'),
      }),
    )
    .mutation(({ ctx, input }) => {
      const recipe = recipeByName(input.recipe);
      checkPlace(recipe, input.place);
      recipe.check(input.settings);
      const { title } = recipe;
      const potential = ctx.open.potentials.get(input.potentialId);
      if (input.structure) requireElements(potential, sourceElements(ctx.open.project, input.structure));
      const { name } = potential;
      const { id: jobId, finished } = ctx.open.jobs.submit('recipe', `${title}: ${name}`, { ...input });
      finished.catch(() => undefined);
      ctx.workspace.touched();
      return { jobId };
    }),

  /** Tables and figures of a recipe that is done. */
  result: projectProcedure
    .input(z.object({ analysisId: z.number().int().positive() }))
    .query(({ ctx, input }) => {
      const analysis = ctx.open.analyses.get(input.analysisId);
      if (analysis?.kind !== RECIPE_ANALYSIS) {
        throw new StoreError('not-found', 'This result is not in the project any more.', {
          remedy: 'Run the recipe again.',
        });
      }
      return resultSchema.parse(analysis.result);
    }),
});
