/** JSON form of a moment tensor potential: the fields of model.ts, arrays as flat lists of numbers. */
import { z } from 'zod';
import {
  cutoffField,
  indicesField as integers,
  MOST_MOMENTS,
  radialCountField,
  realsField as reals,
  speciesField,
} from '../bounds.ts';
import { handoverSchema } from '../handover.ts';
import type { MomentTensorModel } from './model.ts';

export const momentTensorSchema = z.strictObject({
  form: z.literal('moment-tensor'),
  species: speciesField,
  cutoff: cutoffField,
  minimumDistance: z.number().nonnegative(),
  scaling: z.number(),
  radialBasisSize: radialCountField,
  radialFunctionCount: radialCountField,
  momentCount: z.int().positive().max(MOST_MOMENTS),
  basics: integers,
  products: integers,
  scalarMoments: integers,
  radialCoefficients: reals,
  speciesCoefficients: reals,
  momentCoefficients: reals,
  handover: handoverSchema.optional(),
}) satisfies z.ZodType<MomentTensorModel, unknown>;
