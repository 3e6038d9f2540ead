/** What defects cost beside the vacancy: interstitials, antisites, surfaces, and the barrier of a vacancy's hop. */
import { recipeByName } from '../../recipes/index.ts';
import { requireCrystal } from '../subject.ts';
import type { Check, Measured, Variant } from '../check.ts';
import { numberAt, numbersAt, recipeContext } from './from-recipe.ts';
import { sentences } from './lattice.ts';
import { supercellAtoms } from './supercells.ts';

/** Words as a name of a value. */
const nameOf = (words: string): string =>
  words
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');

export const interstitialCheck: Check = {
  name: 'interstitials',
  title: 'Interstitials and antisites',
  question: 'What does an atom too many cost?',
  variants(subject) {
    const of = (length: number, from: Variant['from']): Variant => ({
      settings: { length },
      work: subject.crystal ? 8 * 80 * supercellAtoms(subject.crystal.relaxed, length) : 1,
      from,
    });
    return [of(15, 'long'), of(10, 'standard')];
  },
  async run(subject, { length }, context) {
    const { relaxed } = requireCrystal(subject);
    const kinds = ['interstitial', 'dumbbell', 'antisite'];
    const result = await recipeByName('defects').run({ length, kinds }, recipeContext(context, relaxed));
    const values = Object.entries(numbersAt(result.values.formation_energies_ev)).map(
      ([name, value]): Measured => ({
        name: `${nameOf(name)}_ev`,
        title: name,
        value,
        unit: 'eV',
        threshold: 'formation',
        meaning: 'Formation energy at constant volume; a negative one forms by itself.',
        ...(value < 0
          ? { grade: 'bad' as const, verdict: `${name} forms by itself (${value.toFixed(2)} eV)` }
          : {}),
      }),
    );
    return {
      values,
      figures: [],
      notes: sentences(result),
      ...(result.structures ? { structures: result.structures } : {}),
    };
  },
};

export const barrierCheck: Check = {
  name: 'barrier',
  title: 'Hop of a vacancy',
  question: 'How fast do vacancies move?',
  variants(subject) {
    const of = (length: number, from: Variant['from']): Variant => ({
      settings: { length },
      work: subject.crystal ? 400 * supercellAtoms(subject.crystal.relaxed, length) : 1,
      from,
    });
    return [of(15, 'long'), of(10, 'standard')];
  },
  async run(subject, { length }, context) {
    const { relaxed } = requireCrystal(subject);
    const result = await recipeByName('neb').run({ length, images: 5 }, recipeContext(context, relaxed));
    return {
      values: [
        {
          name: 'vacancy_barrier_ev',
          title: 'Barrier of the vacancy',
          value: numberAt(result.values, 'barrier_ev'),
          unit: 'eV',
          threshold: 'barrier',
          meaning:
            'The barrier of a vacancy’s hop to the nearest site of its element, by a climbing band of five images.',
        },
      ],
      figures: result.figures,
      notes: sentences(result),
      ...(result.structures ? { structures: result.structures } : {}),
    };
  },
};

/** Planes that are looked at, by Bravais lattice: the most closely packed ones. */
const PLANES: Readonly<Record<string, readonly (readonly number[])[]>> = {
  cF: [[1, 0, 0], [1, 1, 0], [1, 1, 1]],
  cI: [[1, 0, 0], [1, 1, 0]],
  hP: [[0, 0, 1], [1, 0, 0]],
}; // prettier-ignore

export const surfaceCheck: Check = {
  name: 'surfaces',
  title: 'Surfaces',
  question: 'What does it cost to cut the crystal?',
  variants: ({ crystal }) => [
    { settings: {}, work: crystal ? 3 * 2 * 60 * 8 * crystal.relaxed.kinds.length : 1, from: 'standard' },
  ],
  async run(subject, _settings, context) {
    const { relaxed, bravais } = requireCrystal(subject);
    const values: Measured[] = [];
    const notes: string[] = [];
    const structures = [];
    for (const miller of PLANES[bravais] ?? [[1, 0, 0]]) {
      const result = await recipeByName('surface').run({ miller }, recipeContext(context, relaxed));
      values.push({
        name: `surface_${miller.join('')}_j_per_m2`,
        title: `γ(${miller.join('')})`,
        value: numberAt(result.values, 'surface_energy_j_per_m2'),
        unit: 'J/m²',
        threshold: 'surface',
        meaning: 'Energy of the cheapest termination of the plane, atoms relaxed, not reconstructed.',
      });
      notes.push(...sentences(result));
      structures.push(...(result.structures ?? []));
    }
    return { values, figures: [], notes: [...new Set(notes)], structures };
  },
};
