/** What a user may ask of a fit: one schema for the command line, jobs and the window. */
import { z } from 'zod';
import { DEFAULT_FIT_SETTINGS } from '../../../src-compute/fitting/fit-settings.ts';
import { MAXIMUM_LEVEL } from '../../../src-compute/potentials/moment-tensor/basis.ts';

const weight = z.number().nonnegative();

export const fitRequestSchema = z.object({
  model: z.literal('mtp').default('mtp'),
  level: z.int().min(2).max(MAXIMUM_LEVEL).multipleOf(2).default(DEFAULT_FIT_SETTINGS.level),
  /** Å */
  cutoff: z.number().min(1).max(20).default(DEFAULT_FIT_SETTINGS.cutoff),
  /** r_min of the radial basis, Å; a little below the shortest distance of the data when absent. */
  minimumDistance: z.number().min(0.1).optional(),
  radialBasisSize: z.int().min(2).max(32).default(DEFAULT_FIT_SETTINGS.radialBasisSize),
  maximumBodyOrder: z.int().min(2).max(7).optional(),
  maximumRank: z.int().min(0).max(12).optional(),
  weights: z
    .object({
      energy: weight.default(DEFAULT_FIT_SETTINGS.weights.energy),
      force: weight.default(DEFAULT_FIT_SETTINGS.weights.force),
      virial: weight.default(DEFAULT_FIT_SETTINGS.weights.virial),
      energyScaling: z.number().min(0).max(2).default(DEFAULT_FIT_SETTINGS.weights.energyScaling),
      forceScaling: z.number().min(0).max(2).default(DEFAULT_FIT_SETTINGS.weights.forceScaling),
    })
    .prefault({}),
  linear: z.boolean().default(false),
  /** Relative ridge strength; by cross-validation when absent. */
  ridge: z.number().positive().max(1).optional(),
  zbl: z.boolean().default(true),
  seed: z.int().min(0).default(DEFAULT_FIT_SETTINGS.seed),
  threads: z.int().min(1).max(256).optional(),
  maximumIterations: z.int().min(1).max(10_000).default(DEFAULT_FIT_SETTINGS.maximumIterations),
  starts: z.int().min(1).max(100).default(DEFAULT_FIT_SETTINGS.starts),
  /** Share of the training data that decides when to stop; back in the data for the last solve. */
  validation: z.number().min(0).max(0.5).default(0.1),
});
export type FitRequest = z.infer<typeof fitRequestSchema>;
/** A request before defaults are filled in. */
export type FitRequestInput = z.input<typeof fitRequestSchema>;
