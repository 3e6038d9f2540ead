/** JSON form of a tensor-regression potential: the fields of model.ts, arrays as flat lists of numbers. */
import { z } from 'zod';
import type { TensorRegressionModel } from './model.ts';

const reals = z.array(z.number()).transform((list) => Float64Array.from(list));
const integers = z.array(z.int()).transform((list) => Int32Array.from(list));

export const tensorRegressionSchema = z.strictObject({
  form: z.literal('tensor-regression'),
  species: z.array(z.string().min(1)).min(1),
  cutoff: z.number().positive(),
  minimumDistance: z.number().nonnegative(),
  radialSize: z.int().positive(),
  angularSize: z.int().nonnegative(),
  angularRadial: z.int().positive(),
  elementWeighting: z.enum(['one-hot', 'atomic-number']),
  mode: z.enum(['shared', 'per-atom']),
  atomSpecies: integers.optional(),
  shift: reals,
  scale: reals,
  head: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('dense'),
      rank: z.literal([1, 2, 3]),
      coefficients: reals,
    }),
    z.strictObject({ kind: z.literal('tensor-train'), bonds: integers, cores: reals, constants: reals }),
  ]),
}) satisfies z.ZodType<TensorRegressionModel, unknown>;
