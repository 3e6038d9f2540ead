/** Phonons: whether the crystal is a minimum at all, and its frequencies at points of high symmetry. */
import { supercellAtoms } from './supercells.ts';
import { recipeByName } from '../../recipes/index.ts';
import { requireCrystal } from '../subject.ts';
import type { Check, Measured, Variant } from '../check.ts';
import { listsAt, numberAt, recipeContext } from './from-recipe.ts';
import { sentences } from './lattice.ts';

/** Points that are told, by Bravais lattice; all where nothing is said. */
const POINTS: Readonly<Record<string, readonly string[]>> = {
  cF: ['Γ', 'X', 'L'],
  cI: ['Γ', 'H', 'N', 'P'],
  cP: ['Γ', 'X', 'M', 'R'],
  hP: ['Γ', 'M', 'K', 'A'],
};
const WORDS: Readonly<Record<string, string>> = { Γ: 'gamma' };
/** Modes closer than this are one, THz. */
const SAME = 0.01;

export const phononCheck: Check = {
  name: 'phonons',
  title: 'Phonons',
  question: 'Is the crystal a minimum, and does it vibrate as it should?',
  variants(subject) {
    const { crystal } = subject;
    const cell = crystal?.relaxed;
    const of = (length: number, from: Variant['from']): Variant => ({
      settings: { length },
      // one displacement per atom and axis, less by symmetry, which cubic crystals have most of
      work: cell
        ? supercellAtoms(cell, length) *
          (crystal.bravais.startsWith('c') ? cell.kinds.length / 2 : 3 * cell.kinds.length)
        : 1,
      from,
    });
    return [of(22, 'long'), of(16, 'standard'), of(11, 'quick')];
  },
  async run(subject, { length }, context) {
    const { relaxed, bravais } = requireCrystal(subject);
    const result = await recipeByName('phonons').run({ length }, recipeContext(context, relaxed));
    const lowest = numberAt(result.values, 'lowest_frequency_thz') ?? 0;
    const unstable = lowest < 0 ? -lowest : 0;
    const values: Measured[] = [
      {
        name: 'imaginary_thz',
        title: 'Imaginary frequency',
        value: unstable < 1e-3 ? 0 : unstable,
        unit: 'THz',
        threshold: 'imaginary',
        meaning:
          'The softest imaginary frequency; above noise, atoms leave their places by themselves and the crystal is not stable at 0 K.',
        verdict:
          unstable > 0.05
            ? `phonons are imaginary, down to ${unstable.toFixed(2)}i THz`
            : 'phonons are stable',
      },
    ];
    const at = listsAt(result.values.frequencies_thz);
    for (const label of POINTS[bravais] ?? Object.keys(at))
      distinct(at[label] ?? []).forEach((frequency, k) =>
        values.push({
          name: `phonon_${WORDS[label] ?? label.toLowerCase().replace(/[^a-z0-9]+/g, '_')}_${k + 1}_thz`,
          title: `ν${k + 1}(${label})`,
          value: frequency,
          unit: 'THz',
          threshold: 'frequency',
          meaning: `Frequency ${k + 1} of those that differ at ${label}, from below.`,
        }),
      );
    return {
      values,
      figures: result.figures.slice(0, 2),
      notes: sentences(result),
      ...(result.structures ? { structures: result.structures } : {}),
    };
  },
};

/** Frequencies that differ, without the acoustic ones of Γ, ascending. */
function distinct(frequencies: readonly number[]): number[] {
  const found: number[] = [];
  for (const f of [...frequencies].sort((a, b) => a - b))
    if (Math.abs(f) > SAME && !(f - (found.at(-1) ?? -Infinity) < SAME)) found.push(f);
  return found;
}
