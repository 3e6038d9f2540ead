/** What a form needs to know about the settings of a recipe, from their zod schema. */
import { z } from 'zod';

/** One setting of a recipe, for a form. */
export interface RecipeSetting {
  readonly name: string;
  readonly description: string;
  readonly kind: 'number' | 'integer' | 'boolean' | 'choice' | 'words' | 'numbers' | 'text';
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
}

const bound = z.number().optional();
const property = z.looseObject({
  type: z.string().optional(),
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
});
type Property = z.infer<typeof property>;

const objectSchema = z.looseObject({
  properties: z.record(z.string(), property),
  required: z.array(z.string()).default([]),
});

function kindOf(value: Property): RecipeSetting['kind'] {
  if (value.enum) return 'choice';
  if (value.type === 'integer' || value.type === 'number' || value.type === 'boolean') return value.type;
  if (value.type === 'array') return value.items?.type === 'string' ? 'words' : 'numbers';
  return value.choices ? 'choice' : 'text';
}

/** zod writes the bounds of safe integers for whole numbers without bounds. */
const real = (value: number | undefined) =>
  value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? null : value;

export function settingsOf(schema: z.ZodObject): RecipeSetting[] {
  const { properties, required } = objectSchema.parse(
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  );
  return Object.entries(properties).map(([name, value]) => ({
    name,
    description: value.description ?? '',
    kind: kindOf(value),
    choices: value.enum ?? (Array.isArray(value.choices) ? value.choices : []),
    ofSpecies: value.choices === 'species',
    unit: value.unit ?? '',
    auto: value.auto ?? '',
    fallback: value.default === undefined ? '' : JSON.stringify(value.default),
    required: required.includes(name),
    minimum: real(value.exclusiveMinimum ?? value.minimum),
    maximum: real(value.exclusiveMaximum ?? value.maximum),
    above: value.exclusiveMinimum !== undefined,
    below: value.exclusiveMaximum !== undefined,
    when: value.when ?? {},
  }));
}
