/** A first guess of a melting point, for recipes that find it or stay below it. */
import type { PotentialModel } from '../../../src-compute/potentials/registry.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { deform } from '../../../src-compute/structure/lattices.ts';
import { BOLTZMANN_EV_PER_K } from '../../../src-compute/units.ts';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { energyPerAtom } from './crystals.ts';
import type { RecipeContext } from './recipe.ts';

/** k_B T_m over B V of an atom: 0.006 (lead) to 0.02 (sodium), 0.011 for argon, aluminium, copper and tungsten alike. */
const LINDEMANN = 0.011;
const STRAIN = 0.01;

/**
 * Lindemann's rule (Phys. Z. 11 (1910) 609): a crystal melts when its atoms swing by a tenth of their distance, which for
 * springs as stiff as its bulk modulus is k_B T_m = 0.011 B V, V the volume of an atom. Right within a factor of two.
 * @returns K, two digits; undefined when the crystal is not stable against compression
 */
export function meltingGuess(model: PotentialModel, crystal: Configuration): number | undefined {
  const [less, here, more] = [-STRAIN, 0, STRAIN].map((strain) => {
    const stretched = deform(crystal, [strain, 0, 0, 0, strain, 0, 0, 0, strain]);
    return { v: volume(stretched.cell) / atomCount(crystal), energy: energyPerAtom(model, stretched) };
  });
  // second derivative on three points of different distance
  const slope = (a: typeof less, b: typeof less) => (b.energy - a.energy) / (b.v - a.v);
  const second = (2 * (slope(here, more) - slope(less, here))) / (more.v - less.v);
  const kelvin = (LINDEMANN * here.v ** 2 * second) / BOLTZMANN_EV_PER_K;
  return kelvin > 0 ? Number(kelvin.toPrecision(2)) : undefined;
}

/**
 * The guess as a setting that nobody gave: a caveat says so.
 * @throws ForcewrightError when there is none
 */
export function assumedMeltingPoint(crystal: Configuration, context: RecipeContext): number {
  const kelvin = meltingGuess(context.model, crystal);
  if (kelvin === undefined) {
    throw new ForcewrightError(
      'No melting point can be estimated: the crystal is not stable against compression.',
      {
        remedy: 'Give the temperature, or another crystal.',
      },
    );
  }
  const text = `A melting point of about ${kelvin} K, by Lindemann’s rule from the stiffness of the crystal (right within a factor of two).`;
  context.onCaveat?.({ kind: 'assumed', text });
  return kelvin;
}
