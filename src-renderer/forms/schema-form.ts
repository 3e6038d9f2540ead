/** A form made from the descriptions of settings: which of them apply, how they are shown. */
import type { SettingDescription } from '../../src-compute/forms/describe.ts';
import type { PressureUnit } from '../state/preferences.ts';

export type FormValues = Readonly<Record<string, unknown>>;

/** Whether nothing is set. */
export const isUnset = (value: unknown) => value === undefined || value === null || value === '';

/** What a condition of a setting calls a value: its text, '' where it is unset, 'number' for numbers among words. */
function named(setting: SettingDescription | undefined, given: unknown): string {
  const value: unknown =
    isUnset(given) && setting !== undefined && setting.fallback !== '' ? JSON.parse(setting.fallback) : given;
  if (isUnset(value)) return '';
  if (typeof value === 'number' && setting && setting.instead.length > 0) return 'number';
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}

/** Whether a setting has an effect as the others are. */
export function hasEffect(
  { when }: SettingDescription,
  settings: readonly SettingDescription[],
  values: FormValues,
): boolean {
  return Object.entries(when).every(([other, allowed]) =>
    allowed.includes(
      named(
        settings.find(({ name }) => name === other),
        values[other],
      ),
    ),
  );
}

/** Largest value that a number may have as the others are. */
export function largestOf({ maximum, without }: SettingDescription, values: FormValues): number | undefined {
  if (without && isUnset(values[without.setting])) return without.maximum;
  return maximum ?? undefined;
}

/** Word for a number on a scale: that of the largest value below it which has one. */
export function wordOf({ words }: SettingDescription, value: number): string {
  const known = Object.keys(words)
    .map(Number)
    .filter((from) => from <= value)
    .sort((a, b) => b - a);
  return known.length > 0 ? words[String(known[0])] : '';
}

/** Settings under their headings, in order; those without a heading first. */
export function grouped(settings: readonly SettingDescription[]): [string, SettingDescription[]][] {
  return [...Map.groupBy(settings, ({ group }) => group)].sort(
    ([a], [b]) => Number(a !== '') - Number(b !== ''),
  );
}

/** 'Si=1, O=0.5' of numbers by name, and back; undefined for a text that is none. */
export function namedNumbersText(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? Object.entries(value)
        .map(([name, number]) => `${name}=${String(number)}`)
        .join(', ')
    : '';
}
export function namedNumbersOf(text: string): Record<string, number> | undefined {
  const pairs = text.split(',').map((part) => part.split('=').map((word) => word.trim()));
  if (pairs.some(([name, value]) => !name || !value || !Number.isFinite(Number(value)))) return undefined;
  return Object.fromEntries(pairs.map(([name, value]) => [name, Number(value)]));
}

/** Numbers in a row, as they are typed; undefined for a text that has others. */
export function numbersOf(text: string): number[] | undefined {
  const numbers = text
    .split(/[\s,;]+/)
    .filter((word) => word !== '')
    .map(Number);
  return numbers.every(Number.isFinite) ? numbers : undefined;
}

/** The unit that a setting is shown in, and the factor from its own: pressures as the user prefers them. */
export function shownIn(unit: string, pressureUnit: PressureUnit): { name: string; factor: number } {
  return unit === 'GPa' && pressureUnit === 'kbar' ? { name: 'kbar', factor: 10 } : { name: unit, factor: 1 };
}

/** What is said below a field: its meaning without what the field itself shows. */
export function explanation({ description, unit }: SettingDescription): string {
  const text = description
    .replace(/^without a structure: /, '')
    .replace(/; [^;]* when left out$/, '')
    .replace(/, one of [^;]*$/, '');
  return text === unit ? '' : text;
}
