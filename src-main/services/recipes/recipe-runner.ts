/** The job that runs a recipe on a potential of the project and keeps its result as an analysis. */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { caveatSentence } from '../../../src-compute/caveats.ts';
import { parsePotentialDocument } from '../../../src-compute/potentials/document.ts';
import { AnalysisRepository } from '../../store/analyses.ts';
import type { JsonValue } from '../../store/json.ts';
import { PotentialRepository } from '../../store/potentials.ts';
import type { JobContext, JobRunner } from '../jobs/runner.ts';
import { buildStructure, structureSourceSchema } from '../simulations/structure-source.ts';
import { LammpsSession } from '../export/lammps-session.ts';
import { knowledgeOf } from './recipe.ts';
import {
  checkPlace,
  recipeByName,
  RECIPE_PLACES,
  runInBoth,
  type Recipe,
  type RecipeContext,
  type RecipePlace,
  type RecipeResult,
} from './index.ts';

export const recipeJob = z.object({
  recipe: z.string(),
  potentialId: z.int(),
  /** settings of the recipe; the recipe itself checks them */
  settings: z.record(z.string(), z.json()),
  structure: structureSourceSchema.optional(),
  threads: z.int().min(1).max(256).optional(),
  /** Where to compute. */
  place: z.enum(RECIPE_PLACES).default('here'),
});

/** Kind under which results are kept. Their JSON has values, tables, figures and notes, as RecipeResult. */
export const RECIPE_ANALYSIS = 'recipe';

async function runAt(
  place: RecipePlace,
  recipe: Recipe,
  settings: unknown,
  context: RecipeContext,
): Promise<RecipeResult> {
  if (place === 'here') return await recipe.run(settings, context);
  context.onProgress(0, 'preparing LAMMPS');
  await using session = await LammpsSession.open(context.model, { signal: context.signal });
  return place === 'both'
    ? await runInBoth(recipe, settings, context, session)
    : await recipe.run(settings, { ...context, lammps: session });
}

export const recipeRunner: JobRunner = {
  kind: 'recipe',
  async run(context: JobContext): Promise<JsonValue> {
    const job = recipeJob.parse(context.settings);
    const recipe = recipeByName(job.recipe);
    const { project } = context;
    const document = parsePotentialDocument(new PotentialRepository(project).document(job.potentialId));
    checkPlace(recipe, job.place);
    const result = await runAt(job.place, recipe, job.settings, {
      ...knowledgeOf(document),
      structure: job.structure && buildStructure(project, job.structure),
      engine: { threads: job.threads ?? availableParallelism() },
      signal: context.signal,
      onProgress: (fraction, message) => context.progress({ fraction, message }),
    });
    for (const caveat of result.caveats ?? []) context.log(caveatSentence(caveat), 'warning');
    for (const note of result.notes) context.log(note);
    const { values, tables, figures, notes, caveats = [] } = result;
    // JSON knows no NaN: what could not be measured becomes null
    const plain = z.json().parse(
      JSON.parse(
        JSON.stringify({
          recipe: recipe.name,
          title: recipe.title,
          values,
          tables,
          figures,
          notes,
          caveats,
        }),
      ),
    );
    const analysisId = new AnalysisRepository(project).save(
      RECIPE_ANALYSIS,
      context.settings,
      { result: plain },
      context.jobId,
    );
    return { analysisId };
  },
};
