/** All recipes. A new one is one line here. */
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { elastic } from './elastic.ts';
import { energyVolume } from './energy-volume.ts';
import { melting } from './melting.ts';
import { canonicalRun } from './nvt.ts';
import { radialDistribution } from './radial-distribution.ts';
import type { Recipe } from './recipe.ts';
import { seed } from './seed.ts';
import { stressStrain } from './stress-strain.ts';

export { runInBoth } from './compare.ts';
export type { Recipe, RecipeContext, RecipeResult, RecipeTable, RecipeValue } from './recipe.ts';

export const RECIPES: readonly Recipe[] = [
  energyVolume,
  elastic,
  radialDistribution,
  canonicalRun,
  stressStrain,
  melting,
  seed,
];

/** @throws ForcewrightError when there is none of this name */
export function recipeByName(name: string): Recipe {
  const recipe = RECIPES.find((candidate) => candidate.name === name);
  if (recipe) return recipe;
  throw new ForcewrightError(`There is no recipe "${name}".`, {
    remedy: `Known are ${RECIPES.map((candidate) => candidate.name).join(', ')}.`,
  });
}
