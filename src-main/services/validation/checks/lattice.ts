/** The crystal at rest, and how its energy changes with the volume. */
import { recipeByName, type RecipeValue } from '../../recipes/index.ts';
import { requireCrystal } from '../subject.ts';
import type { Check, Measured } from '../check.ts';
import { numberAt, recipeContext } from './from-recipe.ts';

export const latticeCheck: Check = {
  name: 'lattice',
  title: 'Crystal at rest',
  question: 'Is the lattice right?',
  variants: (subject) => [
    { settings: {}, work: 30 * (subject.crystal?.relaxed.kinds.length ?? 1), from: 'quick' },
  ],
  async run(subject) {
    const crystal = requireCrystal(subject);
    const { cell } = crystal.relaxed;
    const lengths = [0, 3, 6].map((k) => Math.hypot(...cell.subarray(k, k + 3)));
    const distinct = lengths.flatMap((length, k) =>
      k > 0 && Math.abs(length - lengths[0]) < 1e-4 * length ? [] : [{ length, axis: 'abc'[k] }],
    );
    const values: Measured[] = distinct.map(({ length, axis }) => ({
      name: axis === 'a' ? 'lattice_constant_a' : `lattice_constant_${axis}_a`,
      title: axis,
      value: length,
      unit: 'Å',
      threshold: 'length',
      meaning:
        'The lattice constant at zero pressure and temperature: an error of it is a pressure in every run at the right density.',
    }));
    values.push({
      name: 'energy_ev_per_atom',
      title: 'E',
      value: crystal.energy,
      unit: 'eV/atom',
      meaning: 'The energy that other energies of this report are told from; its zero is that of the data.',
    });
    return {
      values,
      figures: [],
      notes: crystal.converged
        ? []
        : [
            `The crystal did not come to rest: forces up to ${crystal.largestForce.toPrecision(2)} eV/Å are left.`,
          ],
      structures: [crystal.relaxed],
    };
  },
};

export const equationOfStateCheck: Check = {
  name: 'equation-of-state',
  title: 'Equation of state',
  question: 'Is the crystal as stiff against compression as it should be?',
  variants: (subject) => [
    { settings: { points: 15 }, work: 15 * 8 * (subject.crystal?.relaxed.kinds.length ?? 1), from: 'quick' },
  ],
  async run(subject, { points }, context) {
    const { relaxed } = requireCrystal(subject);
    const result = await recipeByName('ev').run({ points }, recipeContext(context, relaxed));
    const found: RecipeValue = result.values.structure;
    return {
      values: [
        {
          name: 'bulk_modulus_gpa',
          title: 'B',
          value: numberAt(found, 'bulk_modulus_gpa'),
          unit: 'GPa',
          threshold: 'stiffness',
          meaning: 'Resistance against compression, by a Birch–Murnaghan fit to ±8 % of the volume.',
        },
        {
          name: 'bulk_modulus_derivative',
          title: 'B′',
          value: numberAt(found, 'bulk_modulus_derivative'),
          unit: '',
          meaning: 'How fast it stiffens under pressure; nearly all solids have 3 to 7.',
        },
      ],
      figures: result.figures,
      notes: sentences(result),
    };
  },
};

/** Caveats and notes of a recipe, but for those that say which structure was used. */
export function sentences({
  notes,
  caveats = [],
}: {
  readonly notes: readonly string[];
  readonly caveats?: readonly { readonly text: string }[];
}): string[] {
  return [...caveats.map(({ text }) => text), ...notes].filter(
    (text) => text !== 'The structure given was used.',
  );
}
