/** Chemical potentials of the elements: the energy per atom of a reference crystal of each. */
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { latticeMinimum } from './crystals.ts';
import type { RecipeContext } from './recipe.ts';

const LATTICES = ['fcc', 'bcc', 'hcp', 'diamond', 'sc'] as const;

export interface ChemicalPotentials {
  /** eV. @throws ForcewrightError where the element has no crystal */
  of(symbol: string): number;
  readonly notes: readonly string[];
}

/**
 * The energy per atom of the elements' own crystals.
 * @param known of elements whose crystal is at hand, eV
 */
export function elementPotentials(
  elements: readonly string[],
  known: Readonly<Record<string, number>>,
  context: RecipeContext,
): ChemicalPotentials {
  const found = new Map(
    elements.flatMap((symbol) => {
      if (Object.hasOwn(known, symbol)) return [];
      const crystal = elementCrystal(symbol, context);
      return crystal ? [[symbol, crystal] as const] : [];
    }),
  );
  return {
    of(symbol) {
      const energy = Object.hasOwn(known, symbol) ? known[symbol] : found.get(symbol)?.energy;
      if (energy !== undefined) return energy;
      throw new ForcewrightError(
        `The potential binds no crystal of ${symbol} alone, so ${symbol} has no chemical potential to tell formation energies from.`,
      );
    },
    notes: [...found].map(
      ([symbol, { name, energy }]) =>
        `The chemical potential of ${symbol} is its energy in ${name}, ${energy.toFixed(3)} eV.`,
    ),
  };
}

function elementCrystal(
  symbol: string,
  context: RecipeContext,
): { energy: number; name: string } | undefined {
  const found = LATTICES.flatMap((name) => {
    try {
      return [{ name, energy: latticeMinimum(context, name, [symbol]).eos.energy }];
    } catch (error) {
      if (!(error instanceof ForcewrightError)) throw error;
      return [];
    }
  });
  return found.sort((a, b) => a.energy - b.energy).at(0);
}
