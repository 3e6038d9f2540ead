/** Chemical potentials of the elements: the energy per atom of a reference crystal of each. */
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { latticeMinimum } from '../recipes/crystals.ts';
import type { RecipeContext } from '../recipes/recipe.ts';
import type { ValidationSubject } from './subject.ts';

const LATTICES = ['fcc', 'bcc', 'hcp', 'diamond', 'sc'] as const;

export interface ChemicalPotentials {
  /** eV. @throws ForcewrightError where the element has no crystal */
  of(symbol: string): number;
  readonly notes: readonly string[];
}

/** Of a crystal of one element its own energy per atom; of a compound that of the elements’ own crystals. */
export function chemicalPotentials(subject: ValidationSubject, context: RecipeContext): ChemicalPotentials {
  const { crystal } = subject;
  const elements = crystal
    ? crystal.relaxed.symbols.filter((_, kind) => crystal.relaxed.kinds.includes(kind))
    : [];
  if (crystal && elements.length === 1) return { of: () => crystal.energy, notes: [] };
  const known = new Map<string, { energy: number; name: string } | undefined>(
    elements.map((symbol) => [symbol, elementCrystal(symbol, context)]),
  );
  return {
    of(symbol) {
      const found = known.get(symbol);
      if (found) return found.energy;
      throw new ForcewrightError(
        `The potential binds no crystal of ${symbol} alone, so ${symbol} has no chemical potential to tell formation energies from.`,
      );
    },
    notes: [...known].flatMap(([symbol, found]) =>
      found
        ? [
            `The chemical potential of ${symbol} is its energy in ${found.name}, ${found.energy.toFixed(3)} eV.`,
          ]
        : [],
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
