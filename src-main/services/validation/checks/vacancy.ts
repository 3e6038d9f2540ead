/** The vacancy: what an atom that is missing costs. */
import { ForcewrightError } from '../../../../src-compute/errors.ts';
import { relax } from '../../../../src-compute/relaxation/index.ts';
import { atomCount, symbolOf, type Configuration } from '../../../../src-compute/structure/configuration.ts';
import { vacancy } from '../../../../src-compute/structure/defects.ts';
import { recipeEngine } from '../../recipes/engine.ts';
import { throwIfCancelled, type RecipeContext } from '../../recipes/recipe.ts';
import { crystalSymmetry } from '../../symmetry/crystal-symmetry.ts';
import { elementPotentials } from '../../recipes/chemical-potentials.ts';
import { requireCrystal } from '../subject.ts';
import type { Check, Measured, Variant } from '../check.ts';
import { supercellAtoms, supercellOf } from './supercells.ts';

/**
 * How far the neighbours of the vacancy are moved inwards at the start, in their distance. Where they lie is often a
 * point of rest by symmetry alone, and the minimum is where they bind to each other.
 */
const INWARDS = [0, 0.1, 0.2];

export const vacancyCheck: Check = {
  name: 'vacancy',
  title: 'Vacancy',
  question: 'What does a missing atom cost?',
  variants(subject) {
    const of = (length: number, from: Variant['from']): Variant => ({
      settings: { length },
      work: subject.crystal ? 3 * 40 * supercellAtoms(subject.crystal.relaxed, length) : 1,
      from,
    });
    return [of(21, 'long'), of(15, 'standard'), of(10, 'quick')];
  },
  async run(subject, { length }, context) {
    const crystal = requireCrystal(subject);
    const perfect = supercellOf(crystal.relaxed, length);
    const sites = [...new Set(crystalSymmetry(crystal.relaxed).orbits)];
    const elements = crystal.relaxed.symbols.filter((_, kind) => crystal.relaxed.kinds.includes(kind));
    const own = elements.length === 1 ? { [elements[0]]: crystal.energy } : {};
    const potentials = elementPotentials(elements, own, context);
    const values: Measured[] = [];
    const structures: Configuration[] = [];
    const notes: string[] = [...potentials.notes];
    for (const site of sites) {
      const symbol = symbolOf(perfect, site);
      const found = await lowest(perfect, site, context);
      const total = crystal.energy * atomCount(perfect);
      const energy = found.energy - total + potentials.of(symbol);
      const several = sites.length > 1;
      values.push({
        name: several ? `vacancy_${symbol.toLowerCase()}_${site + 1}_ev` : 'vacancy_ev',
        title: several ? `E_f(vacancy ${symbol}, site ${site + 1})` : 'E_f(vacancy)',
        value: energy,
        unit: 'eV',
        threshold: 'formation',
        meaning: `Formation energy of a vacancy at constant volume in ${atomCount(perfect)} sites: how many there are at temperature, and how well broken bonds are known.`,
        ...(energy < 0
          ? {
              grade: 'bad' as const,
              verdict: `vacancies of ${symbol} form by themselves (${energy.toFixed(2)} eV)`,
            }
          : {}),
      });
      structures.push(found.configuration);
      notes.push(...found.notes.map((text) => (several ? `${symbol}, site ${site + 1}: ${text}` : text)));
    }
    return { values, figures: [], notes, structures };
  },
};

/** The lowest of the minima next to the ideal vacancy and to ones whose neighbours have moved inwards. */
async function lowest(
  perfect: Configuration,
  site: number,
  context: RecipeContext,
): Promise<{ energy: number; configuration: Configuration; notes: string[] }> {
  const found: { inwards: number; energy: number; configuration: Configuration }[] = [];
  const notes: string[] = [];
  for (const [k, inwards] of INWARDS.entries()) {
    throwIfCancelled(context);
    context.onProgress(k / INWARDS.length, `vacancy, neighbours ${(100 * inwards).toFixed(0)} % inwards`);
    const start = vacancy(perfect, site, inwards);
    const engine = await recipeEngine(context, start);
    try {
      const result = await relax(start, engine, { tolerance: 1e-3, signal: context.signal });
      if (!result.converged)
        notes.push(
          `The vacancy did not come to rest: forces up to ${result.largestForce.toPrecision(2)} eV/Å are left.`,
        );
      found.push({ inwards, energy: result.energy, configuration: result.configuration });
    } finally {
      engine.dispose();
    }
  }
  const best = found.reduce((a, b) => (b.energy < a.energy - 1e-3 ? b : a), found[0]);
  if (!Number.isFinite(best.energy)) throw new ForcewrightError('The energy of the vacancy is not a number.');
  if (best.inwards > 0) {
    const ideal = found[0].energy - best.energy;
    notes.push(
      `Its neighbours have bound to each other: without a push inwards they would stay where they were, ${ideal.toFixed(2)} eV higher.`,
    );
  }
  return { ...best, notes };
}
