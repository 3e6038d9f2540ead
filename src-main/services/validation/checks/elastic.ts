/** Elastic constants, with the atoms relaxed in the strained cell. */
import { recipeByName } from '../../recipes/index.ts';
import { requireCrystal } from '../subject.ts';
import type { Check, Measured } from '../check.ts';
import { numberAt, recipeContext } from './from-recipe.ts';
import { sentences } from './lattice.ts';

export const elasticCheck: Check = {
  name: 'elastic',
  title: 'Elastic constants',
  question: 'Does it carry load, bend and shear as it should?',
  variants: (subject) => [
    { settings: {}, work: 12 * 12 * (subject.crystal?.relaxed.kinds.length ?? 1), from: 'quick' },
  ],
  async run(subject, _settings, context) {
    const { relaxed } = requireCrystal(subject);
    const result = await recipeByName('elastic').run({}, recipeContext(context, relaxed));
    const { constants_gpa: constants, stable } = result.values;
    const names = typeof constants === 'object' && constants !== null ? Object.keys(constants) : [];
    const values: Measured[] = names.map((name) => ({
      name: `${name.toLowerCase()}_gpa`,
      title: name,
      value: numberAt(constants, name),
      unit: 'GPa',
      threshold: 'stiffness',
      meaning:
        'An elastic constant, atoms relaxed: sound, strain fields of defects and buckling follow from it.',
    }));
    values.push({
      name: 'mechanically_stable',
      title: 'Mechanical stability',
      value: stable === true ? 1 : 0,
      unit: '',
      shown: stable === true ? 'yes' : 'no',
      grade: stable === true ? 'good' : 'bad',
      meaning:
        'Whether all eigenvalues of C are positive (Born): 1, or 0 for a crystal that shears by itself.',
      ...(stable === true ? {} : { verdict: 'the crystal is mechanically unstable' }),
    });
    return { values, figures: result.figures, notes: sentences(result), structures: [relaxed] };
  },
};
