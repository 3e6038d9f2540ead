/** JSON form of a moment tensor potential: the fields of model.ts, arrays as flat lists of numbers. */
import { z } from 'zod';
import type { MomentTensorModel } from './model.ts';

const reals = z.array(z.number()).transform((list) => Float64Array.from(list));
const integers = z.array(z.int()).transform((list) => Int32Array.from(list));

export const momentTensorSchema = z.strictObject({
  form: z.literal('moment-tensor'),
  species: z.array(z.string().min(1)).min(1),
  cutoff: z.number().positive(),
  minimumDistance: z.number().nonnegative(),
  scaling: z.number(),
  radialBasisSize: z.int().positive(),
  radialFunctionCount: z.int().positive(),
  momentCount: z.int().positive(),
  basics: integers,
  products: integers,
  scalarMoments: integers,
  radialCoefficients: reals,
  speciesCoefficients: reals,
  momentCoefficients: reals,
}) satisfies z.ZodType<MomentTensorModel, unknown>;
