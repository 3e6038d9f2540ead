/**
 * Settings as a form or a command line needs to know them, from their zod schema: kind, bounds, default, and the words of
 * their `meta` (common-settings.ts).
 */
import { z } from 'zod';

/** One setting. */
export interface SettingDescription {
  readonly name: string;
  /** '' where it is to be made from the name. */
  readonly title: string;
  readonly description: string;
  readonly kind:
    | 'number'
    | 'integer'
    | 'boolean'
    | 'choice'
    | 'words'
    | 'numbers'
    /** A number for some names, such as elements. */
    | 'named-numbers'
    | 'text';
  /** Texts that it may be; those of the potential's elements when `ofSpecies`. */
  readonly choices: readonly string[];
  readonly ofSpecies: boolean;
  readonly unit: string;
  /** What is taken when it is left out: the default, or words. */
  readonly auto: string;
  /** JSON text of the default, or '' for none. */
  readonly fallback: string;
  readonly required: boolean;
  readonly minimum: number | null;
  readonly maximum: number | null;
  /** Whether the bounds themselves are not allowed. */
  readonly above: boolean;
  readonly below: boolean;
  /** Settings and their values with which alone it has an effect. */
  readonly when: Readonly<Record<string, readonly string[]>>;
  /** Words for values: choices, yes and no. */
  readonly words: Readonly<Record<string, string>>;
  /** Words that a number may be instead, such as auto. */
  readonly instead: readonly string[];
  readonly group: string;
  readonly advanced: boolean;
  /** Step of the arrows of a number; 0 for the usual one. */
  readonly step: number;
  /** Quantity that explains a number drawn on a scale; '' for a field. */
  readonly slider: string;
  /** Largest value while another setting is unset. */
  readonly without: { readonly setting: string; readonly maximum: number } | null;
  readonly option: SettingOption | null;
}

/** How the command line names a setting. */
export interface SettingOption {
  readonly flags: string;
  readonly help: string;
  readonly hideDefault: boolean;
  /** Option without which it has no effect, or ''. */
  readonly needs: string;
}

const bound = z.number().optional();
const property = z.looseObject({
  type: z.string().optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  enum: z.array(z.string()).optional(),
  default: z.json().optional(),
  items: z.looseObject({ type: z.string().optional() }).optional(),
  minimum: bound,
  maximum: bound,
  exclusiveMinimum: bound,
  exclusiveMaximum: bound,
  unit: z.string().optional(),
  auto: z.string().optional(),
  choices: z.union([z.array(z.string()), z.literal('species')]).optional(),
  when: z.record(z.string(), z.array(z.string())).optional(),
  words: z.record(z.string(), z.string()).default({}),
  group: z.string().default(''),
  advanced: z.boolean().default(false),
  step: z.number().default(0),
  slider: z.string().default(''),
  without: z.object({ setting: z.string(), maximum: z.number() }).nullable().default(null),
  option: z
    .object({
      flags: z.string(),
      help: z.string(),
      hideDefault: z.boolean().default(false),
      needs: z.string().default(''),
    })
    .nullable()
    .default(null),
  anyOf: z
    .array(
      z.looseObject({
        type: z.string().optional(),
        const: z.json().optional(),
        minimum: bound,
        maximum: bound,
      }),
    )
    .optional(),
  additionalProperties: z.unknown().optional(),
  properties: z.unknown().optional(),
});
type Property = z.infer<typeof property>;

const objectSchema = z.looseObject({
  properties: z.record(z.string(), property),
  required: z.array(z.string()).default([]),
});

function kindOf(value: Property): SettingDescription['kind'] | undefined {
  if (value.enum) return 'choice';
  if (value.type === 'integer' || value.type === 'number' || value.type === 'boolean') return value.type;
  if (value.type === 'object') return value.properties ? undefined : 'named-numbers';
  if (value.type === 'array') return value.items?.type === 'string' ? 'words' : 'numbers';
  return value.choices ? 'choice' : 'text';
}

/** zod writes the bounds of safe integers for whole numbers without bounds. */
const real = (value: number | undefined) =>
  value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? null : value;

/** A union of a number and words counts as the number. */
function merged(value: Property): Property {
  const number = value.anyOf?.find(({ type }) => type === 'integer' || type === 'number');
  return number ? { ...value, ...number } : value;
}

/**
 * The settings of a schema in its order; the form's own name, and objects of several settings, are left out.
 */
export function settingsOf(schema: z.ZodObject): SettingDescription[] {
  const { properties, required } = objectSchema.parse(
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  );
  return Object.entries(properties).flatMap(([name, given]) => {
    const value = merged(given);
    const kind = 'const' in given ? undefined : kindOf(value);
    return kind === undefined ? [] : [described(name, kind, value, required.includes(name))];
  });
}

function described(
  name: string,
  kind: SettingDescription['kind'],
  value: Property,
  required: boolean,
): SettingDescription {
  const { words, group, advanced, step, slider, without, option } = value;
  return {
    name,
    title: value.title ?? '',
    description: value.description ?? '',
    kind,
    choices: value.enum ?? (Array.isArray(value.choices) ? value.choices : []),
    ofSpecies: value.choices === 'species',
    unit: value.unit ?? '',
    auto: value.auto ?? '',
    fallback: value.default === undefined ? '' : JSON.stringify(value.default),
    required,
    minimum: real(value.exclusiveMinimum ?? value.minimum),
    maximum: real(value.exclusiveMaximum ?? value.maximum),
    above: value.exclusiveMinimum !== undefined,
    below: value.exclusiveMaximum !== undefined,
    when: value.when ?? {},
    ...{ words, group, advanced, step, slider, without, option },
    instead: value.anyOf?.flatMap((part) => (typeof part.const === 'string' ? [part.const] : [])) ?? [],
  };
}
