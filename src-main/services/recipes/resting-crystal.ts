/** The crystal of a recipe in its conventional cell, cell and atoms at rest. */
import { FULL_CELL, relax } from '../../../src-compute/relaxation/index.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { crystalSymmetry, type CrystalSymmetry } from '../symmetry/crystal-symmetry.ts';
import { startingCrystal, type CrystalSettings } from './crystals.ts';
import { recipeEngine } from './engine.ts';
import type { RecipeContext } from './recipe.ts';

/** How far atoms of a given structure may lie from their ideal places, Å. */
const PRECISION = 0.01;
/** Largest force left, eV/Å. */
const AT_REST = 1e-5;

export interface RestingCrystal {
  readonly cell: Configuration;
  readonly group: CrystalSymmetry;
  /** eV/atom */
  readonly energy: number;
  /** Which crystal it is, a sentence. */
  readonly note: string;
}

/** @throws ForcewrightError when there is no crystal to start from; CancelledError */
export async function restingCrystal(
  options: CrystalSettings,
  context: RecipeContext,
): Promise<RestingCrystal> {
  const { crystal, note } = startingCrystal(options, context);
  const { conventional } = crystalSymmetry(crystal, PRECISION);
  const engine = await recipeEngine(context, conventional);
  try {
    const { configuration, energy } = await relax(conventional, engine, {
      cell: FULL_CELL,
      symmetry: crystalSymmetry(conventional).operations,
      tolerance: AT_REST,
      signal: context.signal,
    });
    const group = crystalSymmetry(configuration);
    return { cell: configuration, group, energy: energy / atomCount(configuration), note };
  } finally {
    engine.dispose();
  }
}
