/** Forms of all recipes: what they refuse is what the recipe refuses, in words, and as shipped they can be run. */
import { describe, expect, it } from 'vitest';
import { LATTICE_NAMES } from '../../../src-compute/structure/lattices.ts';
import { IN_LAMMPS, RECIPES } from '../../../src-main/services/recipes/index.ts';
import { settingsOf, type SettingDescription } from '../../../src-compute/forms/describe.ts';
import {
  applicable,
  choicesOf,
  recipeProblems,
  sentSettings,
  settingProblem,
  type SettingValue,
  type SettingValues,
} from '../../../src-renderer/forms/recipe-form.ts';

const forms = RECIPES.map((recipe) => ({
  recipe,
  title: recipe.title,
  inLammps: IN_LAMMPS.includes(recipe.name),
  settings: settingsOf(recipe.settings),
}));
const here = { species: ['Si'], hasStructure: false, place: 'here' as const };

/** What validators say among themselves. */
const RAW = /invalid|received|undefined|null|NaN|expected (string|number|array)|too_|regex|\[|\{/i;

/** Values on both sides of what a setting may be. */
function probes({ kind, minimum, maximum, choices }: SettingDescription): SettingValue[] {
  if (kind === 'choice') return [...choices, 'nonsense'];
  if (kind === 'boolean') return [true, false, 'perhaps'];
  if (kind === 'words') return [[...choices.slice(0, 2)], ['Si']];
  if (kind === 'numbers') return [[1, 2]];
  if (kind === 'text') return ['text'];
  const bounds = [minimum, maximum].filter((value) => value !== null);
  return [...bounds.flatMap((b) => [b - 1, b, b + 1, b + 0.5]), -7, 0, 0.5, 3, 1e6, 'many', Infinity];
}

describe('forms of recipes', () => {
  it.each(forms)('$title: can be run as shipped, by any number of elements', ({ recipe, ...form }) => {
    for (const species of [['Si'], ['O', 'Si'], ['O', 'Ti', 'Sr'], ['Al', 'Co', 'Cr', 'Fe', 'Ni']])
      expect(recipeProblems(form, {}, { ...here, species })).toEqual([]);
    expect(() => recipe.check(sentSettings(form, {}, here))).not.toThrow();
    expect(recipeProblems(form, {}, { ...here, species: undefined })[0].text).toMatch(/potential/);
  });

  it.each(forms)(
    '$title: every setting is refused where the recipe would refuse it',
    ({ recipe, settings }) => {
      for (const setting of settings) {
        for (const value of probes(setting)) {
          const problem = settingProblem(setting, value, ['Si']);
          const parsed = recipe.settings.shape[setting.name].safeParse(value);
          // lattices and elements depend on the potential, and the form knows it
          const ofPotential = setting.ofSpecies || setting.name.startsWith('lattice');
          if (!ofPotential && !(setting.name === 'strain' && value === 0))
            expect(
              problem === undefined,
              `${recipe.name} ${setting.name} = ${String(value)}: ${problem ?? 'taken'}`,
            ).toBe(parsed.success);
          if (problem !== undefined) {
            expect(problem).toMatch(/^[A-Z].*\.$/);
            expect(problem).not.toMatch(RAW);
          }
          if (parsed.success) continue;
          try {
            recipe.check({ [setting.name]: value });
            expect.fail(`${setting.name} should be refused`);
          } catch (error) {
            expect((error as Error).message).toMatch(
              /^The setting [a-zA-Z.0-9]+ cannot be used: .* was expected\.$/,
            );
            expect((error as Error).message).not.toMatch(RAW);
          }
        }
      }
    },
  );

  it.each(forms)('$title: texts that may only be one of some are chosen from a list', ({ settings }) => {
    for (const setting of settings) {
      expect(setting.kind).not.toBe('text');
      if (setting.kind === 'choice' || setting.kind === 'words')
        expect(choicesOf(setting, ['O', 'Si']).length).toBeGreaterThan(1);
    }
  });

  const form = (name: string) => forms.find(({ recipe }) => recipe.name === name) ?? forms[0];

  it('offers lattices that the potential has elements for', () => {
    const lattice = form('elastic').settings.find(({ name }) => name === 'lattice');
    if (lattice === undefined) throw new Error('elastic has no lattice');
    expect(choicesOf(lattice, ['Si'])).toEqual(['sc', 'fcc', 'bcc', 'hcp', 'diamond']);
    expect(choicesOf(lattice, ['O', 'Si', 'Sr'])).toEqual([...LATTICE_NAMES]);
  });

  it('compares the elements with what the lattice takes', () => {
    const problems = (values: SettingValues, species: readonly string[]) =>
      recipeProblems(form('elastic'), values, { ...here, species }).map(({ text }) => text);
    expect(problems({ lattice: 'rocksalt', elements: ['O'] }, ['O', 'Mg'])).toEqual([
      'Elements: rocksalt takes 2, and there is 1.',
    ]);
    expect(problems({ lattice: 'rocksalt' }, ['O', 'Mg'])).toEqual([]);
    expect(problems({ lattice: 'fcc' }, ['O', 'Mg'])).toEqual([]);
    expect(problems({ elements: ['O', 'Mg', 'Si', 'Al'] }, ['O', 'Mg', 'Si', 'Al'])).toEqual([
      'Elements: one, two or three are taken.',
    ]);
  });

  it('shows and sends what has an effect', () => {
    const tension = form('stress-strain');
    const names = (values: SettingValues, hasStructure = false) =>
      applicable(tension.settings, values, { hasStructure }).map(({ name }) => name);
    expect(names({})).not.toContain('temperature');
    expect(names({ motion: 'both' })).toContain('temperature');
    expect(names({}, true)).not.toContain('lattice');
    // a temperature that was set before the atoms were put to rest again is not sent
    const values = { motion: 'static', temperature: 500, strain: 0.1, elements: [] };
    expect(sentSettings(tension, values, here)).toEqual({ motion: 'static', strain: 0.1 });
    expect(recipeProblems(tension, { strain: 0 }, here)[0].text).toMatch(/other than 0/);
  });

  it('says where a recipe cannot compute', () => {
    const texts = (name: string, values: SettingValues = {}) =>
      recipeProblems(form(name), values, { ...here, place: 'lammps' }).map(({ text }) => text);
    expect(texts('melting')[0]).toMatch(/computes here only/);
    expect(texts('stress-strain', { motion: 'both' })[0]).toMatch(/at rest only/);
    expect(texts('elastic')).toEqual([]);
  });
});
