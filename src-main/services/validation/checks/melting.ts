/** The melting point by coexistence, as the recipe finds it. */
import { recipeByName } from '../../recipes/index.ts';
import { requireCrystal } from '../subject.ts';
import type { Check } from '../check.ts';
import { numberAt, recipeContext } from './from-recipe.ts';
import { sentences } from './lattice.ts';
import { supercellAtoms } from './supercells.ts';

export const meltingCheck: Check = {
  name: 'melting',
  title: 'Melting point',
  question: 'Does it melt where it should?',
  variants(subject) {
    const { crystal } = subject;
    // a box of 18 × 18 × 54 Å, up to three runs of 20 000 steps after preparations of 3000
    const atoms = crystal ? 3 * supercellAtoms(crystal.relaxed, 18) : 1;
    return [{ settings: { rounds: 3, steps: 20_000 }, work: atoms * 3 * 26_000, from: 'long' }];
  },
  async run(subject, { rounds, steps }, context) {
    const { relaxed } = requireCrystal(subject);
    const result = await recipeByName('melting').run({ rounds, steps }, recipeContext(context, relaxed));
    const found = result.values.melting_temperature_k;
    const error = numberAt(found, 'error');
    return {
      values: [
        {
          name: 'melting_k',
          title: 'T_m',
          value: numberAt(found, 'value'),
          ...(error === null ? {} : { error }),
          unit: 'K',
          threshold: 'melting',
          meaning: 'Where solid and liquid stay side by side at zero pressure.',
        },
      ],
      figures: result.figures,
      notes: sentences(result),
      ...(result.structures ? { structures: result.structures } : {}),
    };
  },
};
