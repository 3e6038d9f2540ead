/**
 * Every form of the window ends in a procedure of the router. Whatever is wrong with what a form sends, the window shows
 * a sentence and never what the validator says among its own.
 */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { validationSentence } from '../../../src-compute/validation-words.ts';
import { appRouter } from '../../../src-main/api/router.ts';

const json = z.json();
type Json = z.infer<typeof json>;
const node = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  properties: z.record(z.string(), json).optional(),
  items: json.optional(),
  prefixItems: z.array(json).optional(),
  anyOf: z.array(json).optional(),
  oneOf: z.array(json).optional(),
  enum: z.array(json).optional(),
  const: json.optional(),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
});

/** A value that a schema may take, as far as its JSON schema tells. */
function sample(schema: Json): Json {
  const s = node.parse(schema);
  if (s.const !== undefined) return s.const;
  if (s.enum) return s.enum[0];
  const branch = s.anyOf ?? s.oneOf;
  if (branch) return sample(branch[0]);
  if (s.properties) return Object.fromEntries(Object.entries(s.properties).map(([k, v]) => [k, sample(v)]));
  if (s.prefixItems) return s.prefixItems.map(sample);
  const type = Array.isArray(s.type) ? s.type[0] : s.type;
  if (type === 'array') return s.items === undefined ? [] : [sample(s.items)];
  if (type === 'integer' || type === 'number') return Math.max(1, (s.minimum ?? s.exclusiveMinimum ?? 0) + 1);
  if (type === 'string') return 'text';
  if (type === 'boolean') return true;
  return null;
}

const WRONG: readonly Json[] = [null, '', 'nonsense', -1e12, 0.5, 1e12, true, [], [null], {}, { a: 1 }];

/** Copies of a value with one place after the other put wrong. */
function* broken(value: Json): Generator<Json> {
  yield* WRONG;
  if (Array.isArray(value)) {
    for (const [k, item] of value.entries()) for (const wrong of broken(item)) yield value.with(k, wrong);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      for (const wrong of broken(item)) yield { ...value, [key]: wrong };
      yield Object.fromEntries(Object.entries(value).filter(([other]) => other !== key));
    }
    yield { ...value, notKnown: 1 };
  }
}

const procedures = Object.entries(appRouter._def.procedures).flatMap(([name, procedure]) =>
  (procedure as unknown as { _def: { inputs: unknown[] } })._def.inputs.map((input) => ({
    name,
    input: input as z.ZodType,
  })),
);

/** What the window would say; undefined when the value is taken. */
function refusal(input: z.ZodType, value: Json): string | undefined {
  try {
    const parsed = input.safeParse(value);
    return parsed.success ? undefined : validationSentence(parsed.error);
  } catch (error) {
    if (error instanceof ForcewrightError) return error.message;
    throw error;
  }
}

describe('what the window says of values that are refused', () => {
  it('walks all procedures', () => {
    expect(procedures.length).toBeGreaterThan(50);
  });

  it.each(procedures)('$name: in words', ({ input }) => {
    const schema = json.parse(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }));
    let refused = 0;
    for (const value of broken(sample(schema))) {
      const sentence = refusal(input, value);
      if (sentence === undefined) continue;
      refused++;
      const words = `${JSON.stringify(value).slice(0, 200)} gives: ${sentence}`;
      expect(sentence, words).not.toMatch(
        /invalid|received|undefined|too_|unrecognized|expected (string|number|array|object)|something else|\[object/i,
      );
      // a sentence may name the place and must say what was expected
      expect(sentence, words).toMatch(
        / (expected|known here|fits|must|needs?|should|name|not |may |at |is |are )/,
      );
    }
    expect(refused).toBeGreaterThan(0);
  });
});
