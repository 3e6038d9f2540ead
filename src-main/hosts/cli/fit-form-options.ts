/** Options of `forcewright fit` from the settings of the forms: one description serves the command line and the window. */
import { InvalidArgumentError, type Command } from 'commander';
import { FitError } from '../../../src-compute/errors.ts';
import {
  settingsOf,
  type SettingDescription,
  type SettingOption,
} from '../../../src-compute/forms/describe.ts';
import { FIT_FORMS, formOfTag, type FittableForm } from '../../../src-compute/forms/fit-forms.ts';
import { oneOf, real, whole } from './options.ts';

/** A setting of a form that has an option. */
interface FormOption {
  readonly tag: string;
  readonly setting: SettingDescription;
  readonly option: SettingOption;
}

/** Options by their flags, each with the settings of the forms that have it. */
function optionsByFlags(): Map<string, FormOption[]> {
  const all = Object.values(FIT_FORMS).flatMap(({ tag, settings }) =>
    settingsOf(settings).flatMap((setting) =>
      setting.option ? [{ tag, setting, option: setting.option }] : [],
    ),
  );
  return Map.groupBy(all, ({ option }) => option.flags);
}

/** Names of the forms as --model takes them: 'mtp, tensor or snap'. */
export function tagList(): string {
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
    Object.values(FIT_FORMS).map(({ tag }) => tag),
  );
}

/** What --help says of the forms. */
export function formsHelp(): string {
  const width = Math.max(...Object.values(FIT_FORMS).map(({ tag }) => tag.length)) + 2;
  return Object.values(FIT_FORMS)
    .map(({ tag, help }) => help.map((line, k) => (k === 0 ? tag : '').padEnd(width) + line).join('\n'))
    .join('\n');
}

/** Adds the options of all forms. */
export function addFormOptions(command: Command): void {
  for (const [flags, entries] of optionsByFlags()) {
    const help = helpOf(entries);
    const parse = flags.includes('<') ? parserOf(entries.map(({ setting }) => setting)) : undefined;
    if (!parse) {
      command.option(flags, help);
      continue;
    }
    const [{ setting, option }] = entries;
    const fallback: unknown =
      option.hideDefault || setting.fallback === '' ? undefined : JSON.parse(setting.fallback);
    command.option(flags, help, parse, fallback);
  }
}

/** The words of the forms that have the option, with the forms' names unless all mean the same. */
function helpOf(entries: readonly FormOption[]): string {
  const texts = Map.groupBy(entries, ({ option }) => option.help);
  if (texts.size === 1 && entries.length === Object.keys(FIT_FORMS).length) return entries[0].option.help;
  return [...texts].map(([text, having]) => `${having.map(({ tag }) => tag).join(', ')}: ${text}`).join('; ');
}

/** Parser of an option's value: what any of the forms would take. */
function parserOf(settings: readonly SettingDescription[]): (text: string) => unknown {
  const [{ kind, choices, instead }] = settings;
  const low = Math.min(...settings.map(({ minimum }) => minimum ?? -Infinity));
  const high = Math.max(...settings.map(({ maximum }) => maximum ?? Infinity));
  switch (kind) {
    case 'integer': {
      const number = whole(Number.isFinite(low) ? low : 0, Number.isFinite(high) ? high : undefined);
      return (text) => (instead.includes(text) ? text : number(text));
    }
    case 'number':
      return real(low, high);
    case 'choice':
      return oneOf(...choices);
    case 'named-numbers':
      return namedNumbers;
    default:
      return (text) => text;
  }
}

/** name=number pairs, such as In=1,P=0.9. */
function namedNumbers(text: string): Record<string, number> {
  const pairs = text.split(',').map((part) => part.split('=').map((word) => word.trim()));
  for (const [name, value, ...rest] of pairs)
    if (!name || !value || rest.length > 0 || !Number.isFinite(Number(value)))
      throw new InvalidArgumentError('Pairs like In=1,P=0.9 were expected.');
  return Object.fromEntries(pairs.map(([name, value]) => [name, Number(value)]));
}

/** The form that --model names. @throws FitError for another name */
export function formOfModel(model: string): FittableForm {
  const form = formOfTag(model);
  if (form === undefined) {
    throw new FitError(`There is no model ${model}.`, { remedy: `Use --model ${tagList()}.` });
  }
  return form;
}

/**
 * The settings that options ask of a form; defaults are left to its schema.
 * @param given values of the options that were given, by commander's names
 * @throws FitError for options without effect on the form, and for values that it does not take
 */
export function formRequest(
  form: FittableForm,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { tag } = FIT_FORMS[form];
  const request: Record<string, unknown> = { form };
  for (const [flags, entries] of optionsByFlags()) {
    const name = optionName(flags);
    const value = given[name];
    if (value === undefined) continue;
    const own = entries.find((entry) => entry.tag === tag);
    if (own) {
      const { needs } = own.option;
      if (needs !== '' && given[optionName(needs)] === undefined)
        throw new FitError(`${flags.split(' ')[0]} needs ${needs}: without it it has no effect.`, {
          remedy: `Add ${needs}, or leave it out.`,
        });
      request[own.setting.name] = checked(own, flags, value);
      continue;
    }
    // what has a default in --help was always passed over by the other forms
    if (!entries[0].option.hideDefault && entries[0].setting.fallback !== '' && flags.includes('<')) continue;
    refuse(
      flags.split(' ')[0],
      tag,
      entries.map((entry) => entry.tag),
    );
  }
  return request;
}

/** An option without effect is a mistake of the user: say so. */
export function refuse(option: string, tag: string, having: readonly string[]): never {
  throw new FitError(
    `${option} is an option of --model ${having.join(' and ')} and has no effect on ${tag}.`,
    { remedy: `Leave it out, or add --model ${having.join(' or ')}.` },
  );
}

/** @throws FitError for a number that another form would take, and this one does not */
function checked({ tag, setting }: FormOption, flags: string, value: unknown): unknown {
  const { minimum, maximum } = setting;
  const outside =
    typeof value === 'number' &&
    ((minimum !== null && value < minimum) || (maximum !== null && value > maximum));
  if (outside) {
    const [option] = flags.split(' ');
    throw new FitError(
      `${option} of --model ${tag} should be ${minimum ?? 'anything'} to ${maximum ?? 'anything'}, and is ${value}.`,
      { remedy: setting.fallback === '' ? 'Choose another value.' : `Use ${option} ${setting.fallback}.` },
    );
  }
  return value;
}

/** What commander calls the value of an option: maxIterations of `--max-iterations <n>`, switch of `--no-switch`. */
export function optionName(flags: string): string {
  const [long] = flags.split(' ');
  return long.replace(/^--(no-)?/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
