/** A recipe's settings as a form: which of them apply, what is wrong with them, what is sent. */
import type { RecipeSetting } from '../../src-main/api/types.ts';
import { isLatticeName, latticeSpecies, LATTICE_NAMES } from '../../src-compute/structure/lattices.ts';

export type SettingValue = string | number | boolean | string[] | number[] | null;
export type SettingValues = Readonly<Record<string, SettingValue | undefined>>;

export interface RecipeSituation {
  /** Elements of the potential; undefined without one. */
  readonly species: readonly string[] | undefined;
  /** Whether the structure comes from elsewhere, so that no crystal is built. */
  readonly hasStructure: boolean;
  readonly place: 'here' | 'lammps' | 'both';
}

export interface RecipeForm {
  readonly title: string;
  readonly inLammps: boolean;
  readonly settings: readonly RecipeSetting[];
}

export interface FormProblem {
  /** Setting that it is about; '' for the whole. */
  readonly name: string;
  readonly text: string;
}

/** Settings that say which crystal to build. */
const OF_THE_CRYSTAL: readonly string[] = ['lattice', 'lattices', 'elements', 'latticeConstant'];

/** 'Lattice constant' of latticeConstant. */
export function settingTitle(name: string): string {
  const words = name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Value that a setting has now: what was set, else its default. */
function valueOf(setting: RecipeSetting | undefined, values: SettingValues): SettingValue | undefined {
  if (setting === undefined) return undefined;
  const value = values[setting.name];
  if (value !== undefined && value !== null && value !== '') return value;
  return setting.fallback === '' ? undefined : (JSON.parse(setting.fallback) as SettingValue);
}

/** Settings that have an effect as the others are. */
export function applicable(
  settings: readonly RecipeSetting[],
  values: SettingValues,
  { hasStructure }: Pick<RecipeSituation, 'hasStructure'>,
): RecipeSetting[] {
  return settings.filter(
    ({ name, when }) =>
      !(hasStructure && OF_THE_CRYSTAL.includes(name)) &&
      Object.entries(when).every(([other, allowed]) => {
        const value = valueOf(
          settings.find((candidate) => candidate.name === other),
          values,
        );
        return allowed.includes(String(value ?? ''));
      }),
  );
}

/** Texts that a setting may have: lattices that the potential has elements for, its elements. */
export function choicesOf(setting: RecipeSetting, species: readonly string[] = []): readonly string[] {
  if (setting.ofSpecies) return species;
  if (!setting.name.startsWith('lattice')) return setting.choices;
  return setting.choices.filter((name) => !isLatticeName(name) || latticeSpecies(name) <= species.length);
}

/** What is wrong with the value of a setting, as a sentence; undefined when nothing is. */
export function settingProblem(
  setting: RecipeSetting,
  value: SettingValue | undefined,
  species: readonly string[] = [],
): string | undefined {
  const title = settingTitle(setting.name);
  if (value === undefined || value === null || value === '')
    return setting.required ? `${title} is missing.` : undefined;
  switch (setting.kind) {
    case 'number':
    case 'integer':
      return numberProblem(title, setting, value);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `${title}: yes or no was expected.`;
    case 'choice': {
      const known = choicesOf(setting, species);
      return known.includes(String(value)) ? undefined : `${title}: one of ${known.join(', ')} was expected.`;
    }
    case 'words': {
      const known = choicesOf(setting, species);
      const list = Array.isArray(value) ? value.map(String) : [String(value)];
      const foreign = known.length > 0 ? list.filter((word) => !known.includes(word)) : [];
      if (foreign.length === 0) return undefined;
      return `${title}: ${foreign.join(', ')} is not among ${known.join(', ')}.`;
    }
    case 'numbers': {
      const list: readonly unknown[] = Array.isArray(value) ? value : [value];
      return list.every((item) => typeof item === 'number' && Number.isFinite(item))
        ? undefined
        : `${title}: numbers were expected.`;
    }
    default:
      return typeof value === 'string' ? undefined : `${title}: a text was expected.`;
  }
}

function numberProblem(title: string, setting: RecipeSetting, value: SettingValue): string | undefined {
  const { kind, minimum, maximum, above, below, unit } = setting;
  const of = unit === '' ? '' : ` ${unit}`;
  if (typeof value !== 'number' || !Number.isFinite(value)) return `${title}: a number was expected.`;
  if (kind === 'integer' && !Number.isInteger(value)) return `${title}: a whole number was expected.`;
  if (minimum !== null && (above ? value <= minimum : value < minimum))
    return `${title}: ${above ? 'more than' : 'at least'} ${minimum}${of} was expected.`;
  if (maximum !== null && (below ? value >= maximum : value > maximum))
    return `${title}: ${below ? 'less than' : 'at most'} ${maximum}${of} was expected.`;
  return undefined;
}

/** All that keeps a recipe from being run, each as a sentence. */
export function recipeProblems(
  recipe: RecipeForm,
  values: SettingValues,
  situation: RecipeSituation,
): FormProblem[] {
  const { species, place } = situation;
  if (species === undefined) return [{ name: '', text: 'Choose a potential first.' }];
  const problems: FormProblem[] = [];
  if (place !== 'here' && !recipe.inLammps)
    problems.push({ name: '', text: 'This recipe computes here only: set “Computed” to “Here”.' });
  const shown = applicable(recipe.settings, values, situation);
  for (const setting of shown) {
    const text = settingProblem(setting, values[setting.name], species);
    if (text !== undefined) problems.push({ name: setting.name, text });
  }
  if (problems.length > 0) return problems;
  if (values.strain === 0)
    problems.push({ name: 'strain', text: 'Strain: a value other than 0 was expected.' });
  if (place !== 'here' && typeof values.motion === 'string' && values.motion !== 'static')
    problems.push({
      name: 'motion',
      text: 'In LAMMPS the atoms are strained at rest only: set Motion to static.',
    });
  if (!situation.hasStructure) problems.push(...crystalProblems(values, species));
  return problems;
}

/** Lattices take a number of elements. */
function crystalProblems(values: SettingValues, species: readonly string[]): FormProblem[] {
  const elements = Array.isArray(values.elements) ? values.elements.map(String) : undefined;
  const lattices = Array.isArray(values.lattices)
    ? values.lattices.map(String)
    : typeof values.lattice === 'string'
      ? [values.lattice]
      : [];
  const counted = elements?.length ?? species.length;
  for (const name of lattices.filter(isLatticeName)) {
    const count = latticeSpecies(name);
    if (elements ? count !== counted : count > counted)
      return [
        {
          name: 'elements',
          text: `Elements: ${name} takes ${count}, and there ${counted === 1 ? 'is' : 'are'} ${counted}.`,
        },
      ];
  }
  if (elements && lattices.length === 0 && !LATTICE_NAMES.some((name) => latticeSpecies(name) === counted))
    return [{ name: 'elements', text: 'Elements: one, two or three are taken.' }];
  return [];
}

/** What is sent: settings that apply and were set. */
export function sentSettings(
  recipe: RecipeForm,
  values: SettingValues,
  situation: Pick<RecipeSituation, 'hasStructure'>,
): Record<string, SettingValue> {
  return Object.fromEntries(
    applicable(recipe.settings, values, situation).flatMap(({ name }) => {
      const value = values[name];
      const isEmpty = value === undefined || value === null || value === '';
      return isEmpty || (Array.isArray(value) && value.length === 0) ? [] : [[name, value]];
    }),
  );
}
