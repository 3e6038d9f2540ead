/** JSON form of a tensor-regression potential: the fields of model.ts, arrays as flat lists of numbers. */
import { z } from 'zod';
import {
  cutoffField,
  indicesField as integers,
  MOST_RADIAL,
  radialCountField,
  realsField as reals,
  speciesField,
} from '../bounds.ts';
import { handoverSchema } from '../handover.ts';
import type { TensorRegressionModel } from './model.ts';

export const tensorRegressionSchema = z.strictObject({
  form: z.literal('tensor-regression'),
  species: speciesField,
  cutoff: cutoffField,
  minimumDistance: z.number().nonnegative(),
  radialSize: radialCountField,
  angularSize: z.int().nonnegative().max(MOST_RADIAL),
  angularRadial: radialCountField,
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
  handover: handoverSchema.optional(),
}) satisfies z.ZodType<TensorRegressionModel, unknown>;
