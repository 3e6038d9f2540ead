/** Recipes as parts of checks. */
import { z } from 'zod';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import type { RecipeContext, RecipeValue } from '../../recipes/recipe.ts';

/** The context of a recipe that works on a given structure. */
export const recipeContext = (context: RecipeContext, structure: Configuration): RecipeContext => ({
  ...context,
  structure,
});

/** A number inside the values of a recipe; null where there is none. */
export function numberAt(values: RecipeValue | undefined, ...path: readonly string[]): number | null {
  let at: unknown = values;
  for (const key of path) at = z.record(z.string(), z.unknown()).safeParse(at).data?.[key];
  return typeof at === 'number' && Number.isFinite(at) ? at : null;
}

/** Lists of numbers by name inside the values of a recipe. */
export function listsAt(value: RecipeValue | undefined): Readonly<Record<string, readonly number[]>> {
  return z.record(z.string(), z.array(z.number())).safeParse(value).data ?? {};
}

/** Numbers by name inside the values of a recipe. */
export function numbersAt(value: RecipeValue | undefined): Readonly<Record<string, number>> {
  return z.record(z.string(), z.number()).safeParse(value).data ?? {};
}
