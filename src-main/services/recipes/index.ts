/** All recipes. A new one is one line here. */
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { defects } from './defects.ts';
import { elastic } from './elastic.ts';
import { energyVolume } from './energy-volume.ts';
import { melting } from './melting.ts';
import { canonicalRun } from './nvt.ts';
import { neb } from './neb.ts';
import { phonons } from './phonons.ts';
import { radialDistribution } from './radial-distribution.ts';
import type { Recipe } from './recipe.ts';
import { saddle } from './saddle.ts';
import { seed } from './seed.ts';
import { stressStrain } from './stress-strain.ts';
import { surface } from './surface.ts';

export { runInBoth } from './compare.ts';
export type { Recipe, RecipeContext, RecipeResult, RecipeTable, RecipeValue } from './recipe.ts';

export const RECIPES: readonly Recipe[] = [
  energyVolume,
  elastic,
  phonons,
  neb,
  saddle,
  defects,
  surface,
  radialDistribution,
  canonicalRun,
  stressStrain,
  melting,
  seed,
];

/** Where a recipe computes: here, in LAMMPS, or in both with the curves laid over each other. */
export const RECIPE_PLACES = ['here', 'lammps', 'both'] as const;
export type RecipePlace = (typeof RECIPE_PLACES)[number];

/** Recipes that can compute in LAMMPS. */
export const IN_LAMMPS: readonly string[] = ['ev', 'elastic', 'phonons', 'rdf', 'nvt', 'stress-strain'];

/** @throws ForcewrightError when the recipe has no way to compute there */
export function checkPlace(recipe: Recipe, place: RecipePlace): void {
  if (place === 'here' || IN_LAMMPS.includes(recipe.name)) return;
  throw new ForcewrightError(`The recipe ${recipe.name} computes here only.`, {
    remedy: `In LAMMPS: ${IN_LAMMPS.join(', ')}.`,
  });
}

/** @throws ForcewrightError when there is none of this name */
export function recipeByName(name: string): Recipe {
  const recipe = RECIPES.find((candidate) => candidate.name === name);
  if (recipe) return recipe;
  throw new ForcewrightError(`There is no recipe "${name}".`, {
    remedy: `Known are ${RECIPES.map((candidate) => candidate.name).join(', ')}.`,
  });
}
