/** What a validation keeps between its checks, as JSON: a killed run goes on from it. */
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import type { Figure } from '../figures/figure.ts';
import { GRADES, type Measured } from './check.ts';
import { THRESHOLD_NAMES } from './thresholds.ts';
import type { ValidationState } from './validate.ts';

// JSON has null where nothing could be measured
const numbers = z.array(z.number().nullable()).transform((list) => list.map((value) => value ?? NaN));
const axis = z.object({
  label: z.string(),
  name: z.string().optional(),
  logarithmic: z.boolean().optional(),
});
const figure = z.object({
  title: z.string(),
  caption: z.string().optional(),
  x: axis,
  y: axis,
  references: z
    .array(z.object({ axis: z.enum(['x', 'y']), value: z.number(), label: z.string() }))
    .optional(),
  series: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['line', 'points', 'step']),
      x: numbers,
      y: numbers,
      of: z.string().optional(),
      outside: z.boolean().optional(),
      error: numbers.optional(),
    }),
  ),
}) satisfies z.ZodType<Figure>;

const structure = z
  .object({
    symbols: z.array(z.string()),
    kinds: z.array(z.int().min(0)),
    positions: z.array(z.number()),
    cell: z.array(z.number()).length(9),
    periodic: z.tuple([z.boolean(), z.boolean(), z.boolean()]),
  })
  .transform(({ kinds, positions, cell, ...rest }): Configuration => ({
    ...rest,
    kinds: Uint16Array.from(kinds),
    positions: Float64Array.from(positions),
    cell: Float64Array.from(cell),
  }));

const measured = z.object({
  name: z.string(),
  title: z.string(),
  value: z.number().nullable(),
  error: z.number().optional(),
  unit: z.string(),
  shown: z.string().optional(),
  meaning: z.string(),
  threshold: z.enum(THRESHOLD_NAMES).optional(),
  grade: z.enum(GRADES).optional(),
  verdict: z.string().optional(),
}) satisfies z.ZodType<Measured>;

const stateSchema = z.object({
  validation: z.literal(1),
  key: z.string(),
  cost: z.array(z.number()),
  outcomes: z.record(
    z.string(),
    z.object({
      findings: z
        .object({
          values: z.array(measured),
          figures: z.array(figure),
          notes: z.array(z.string()),
          structures: z.array(structure).optional(),
        })
        .optional(),
      failed: z.string().optional(),
      seconds: z.number(),
      evaluations: z.number(),
      atomEvaluations: z.number(),
    }),
  ),
});

/** Typed arrays as lists; JSON.stringify makes null of what is no number. */
const plain = (_key: string, value: unknown): unknown =>
  value instanceof Float64Array || value instanceof Uint16Array ? Array.from(value) : value;

export function stateToJson({ key, cost, outcomes }: ValidationState): string {
  const structures = (list: readonly Configuration[] | undefined) =>
    list?.map(({ symbols, kinds, positions, cell, periodic }) => ({
      symbols,
      kinds,
      positions,
      cell,
      periodic,
    }));
  return JSON.stringify(
    {
      validation: 1,
      key,
      cost,
      outcomes: Object.fromEntries(
        [...outcomes].map(([id, outcome]) => [
          id,
          outcome.findings
            ? {
                ...outcome,
                findings: { ...outcome.findings, structures: structures(outcome.findings.structures) },
              }
            : outcome,
        ]),
      ),
    },
    plain,
  );
}

/** @throws ForcewrightError when it is no state */
export function stateFromJson(text: string): ValidationState {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const parsed = stateSchema.safeParse(json);
  if (!parsed.success) {
    throw new ForcewrightError('What was kept of the validation cannot be read.', {
      remedy: 'Start it anew.',
    });
  }
  const { key, cost, outcomes } = parsed.data;
  return { key, cost, outcomes: new Map(Object.entries(outcomes)) };
}
