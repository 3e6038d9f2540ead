/** What a user may ask of a fit: one schema for the command line, jobs and the window. */
import { z } from 'zod';
import { DEFAULT_FIT_SETTINGS } from '../../../src-compute/fitting/fit-settings.ts';
import { MAXIMUM_LEVEL } from '../../../src-compute/potentials/moment-tensor/basis.ts';

const weight = z.number().nonnegative();

/** Settings of tensor-regression potentials (model 'tensor'); docs/physics.md §2. */
const tensorSchema = z.object({
  /** 1–3 dense; any with a bond dimension. */
  rank: z.int().min(1).max(8).default(2),
  /** P; from the data when absent. */
  radialSize: z.int().min(1).max(20).optional(),
  /** Q; from the data when absent. */
  angularSize: z.int().min(0).max(12).optional(),
  /** Radial functions of the angular channels; from the data when absent. */
  angularRadial: z.int().min(1).max(8).optional(),
  elements: z.enum(['one-hot', 'atomic-number']).default('one-hot'),
  /** A head per atom index instead of one per element: for one system whose atoms keep their identity. */
  perAtom: z.boolean().default(false),
  /** Bond dimension χ of a tensor train, or 'auto'; dense when absent. */
  bondDimension: z.union([z.int().min(1).max(64), z.literal('auto')]).optional(),
  /** How the ridge strength is found when it is not given. */
  ridgeChoice: z.enum(['evidence', 'cross-validation']).default('evidence'),
  /** Sweeps of a tensor train at most. */
  sweeps: z.int().min(1).max(1000).default(30),
});

/** A search of settings before the fit. */
const autoSchema = z.object({
  /** Budget of the search, s of two quiet cores, counted and not measured: where it ends does not depend on the machine. */
  seconds: z.number().nonnegative().default(90),
  /** Trials at most; counted instead of time, the same data and seed give the same choice. */
  trials: z.int().min(1).optional(),
  /** µs per atom and step of one core, counted; 2.5 times the default settings when absent. */
  maximumCost: z.number().positive().optional(),
  /** What stays as the request says. */
  fixed: z.array(z.enum(['cutoff', 'sizes', 'weights'])).default([]),
});
export type AutoRequest = z.infer<typeof autoSchema>;
/** Budget of the search that the window proposes, s. */
export const WINDOW_SEARCH_SECONDS = 60;

export const fitRequestSchema = z.object({
  model: z.enum(['mtp', 'tensor']).default('mtp'),
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
  tensor: tensorSchema.prefault({}),
  /** Search cutoff, sizes and weights first; as the request says when absent. */
  auto: autoSchema.optional(),
  linear: z.boolean().default(false),
  /** Relative ridge strength; by cross-validation or evidence when absent. */
  ridge: z.number().nonnegative().max(1).optional(),
  /** Keep what predicts the errors of the potential with it. */
  uncertainty: z.boolean().default(true),
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

/** What a potential is called when nobody names it. */
export function defaultFitName(dataset: string, { model, level, tensor }: FitRequest): string {
  if (model === 'mtp') return `${dataset} MTP ${level}`;
  const kind = tensor.bondDimension === undefined ? 'tensor' : 'tensor train';
  return `${dataset} ${kind} rank ${tensor.rank}${tensor.perAtom ? ' per atom' : ''}`;
}
