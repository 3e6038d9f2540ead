/** Settings of models that learn while a simulation runs, as users and jobs give them. */
import { z } from 'zod';
import { FitError } from '../../errors.ts';
import type { DescriptorSettings } from '../../potentials/tensor-regression/layout.ts';
import { DEFAULT_WEIGHTS, type FitWeights } from '../training-set.ts';
import { firstFindingOf } from '../../validation-words.ts';

const finite = z.number().finite();

export const onlineLearnerSchema = z.strictObject({
  /** One head per element (transferable), or one per atom of a system whose atoms keep their identity. */
  mode: z.enum(['shared', 'per-atom']).default('shared'),
  /**
   * Per-atom mode: `joint` solves for all heads together (exact; the square of atoms × coefficients in memory),
   * `decoupled` gives every atom a small system of its own with its neighbours' heads from the step before; `auto` is
   * joint up to 600 coefficients (molecules, small cells) and decoupled beyond.
   */
  scheme: z.enum(['auto', 'joint', 'decoupled']).default('auto'),
  /** n: degree of the polynomial in the descriptors. */
  rank: z.literal([1, 2, 3]).default(2),
  /** P */
  radial: z.int().min(1).max(40).default(6),
  /** Q */
  angular: z.int().min(0).max(20).default(4),
  /** Radial functions in the angular descriptors. */
  angularRadial: z.int().min(1).max(10).default(1),
  /** Å */
  cutoff: finite.positive().default(5),
  /** Å: where the interval of the radial functions starts; below it the polynomials go on. */
  minimumDistance: finite.nonnegative().default(1),
  elementWeighting: z.enum(['one-hot', 'atomic-number']).default('one-hot'),
  /** λ in columns of unit norm; 0 is raised just as far as the system needs; `evidence` chooses at every solve. */
  ridge: z.union([finite.nonnegative().max(1e3), z.literal('evidence')]).default(1e-8),
  /** ω: weight of a frame relative to the next one. */
  forgetting: finite.positive().max(1).default(1),
  /** w_e, w_f, w_v as in fits: 1/eV², Å²/eV², 1/eV². */
  weights: z
    .strictObject({
      energy: finite.nonnegative().default(DEFAULT_WEIGHTS.energy),
      force: finite.positive().default(DEFAULT_WEIGHTS.force),
      virial: finite.nonnegative().default(DEFAULT_WEIGHTS.virial),
    })
    .prefault({}),
  /** q of the autoregressive residual that predictions add to their forces, which then have no potential; 0: none. */
  autoregressiveOrder: z.int().min(0).max(20).default(0),
});

export type OnlineLearnerSettings = z.output<typeof onlineLearnerSchema>;
export type OnlineLearnerInput = z.input<typeof onlineLearnerSchema>;

/** Fills in defaults. @throws FitError in words */
export function completeOnlineLearnerSettings(input: OnlineLearnerInput): OnlineLearnerSettings {
  const parsed = onlineLearnerSchema.safeParse(input);
  if (!parsed.success) {
    const { place, text } = firstFindingOf(parsed.error);
    throw new FitError(`The learner's setting ${place || '(top)'} cannot be used: ${text}.`);
  }
  if (!(parsed.data.minimumDistance < parsed.data.cutoff)) {
    throw new FitError(
      `The cutoff (${parsed.data.cutoff} Å) should be larger than the minimum distance (${parsed.data.minimumDistance} Å).`,
    );
  }
  return parsed.data;
}

/** Descriptors of a learner. */
export function descriptorSettings(
  species: readonly string[],
  settings: OnlineLearnerSettings,
): DescriptorSettings {
  return {
    species,
    cutoff: settings.cutoff,
    minimumDistance: settings.minimumDistance,
    radialSize: settings.radial,
    angularSize: settings.angular,
    angularRadial: settings.angularRadial,
    elementWeighting: settings.elementWeighting,
  };
}

/** Weights of rows of a configuration of n atoms: every configuration is divided by n, as in fits. */
export function rowWeights(
  weights: OnlineLearnerSettings['weights'],
  atoms: number,
): Pick<FitWeights, 'energy' | 'force' | 'virial'> {
  return {
    energy: weights.energy / atoms,
    force: weights.force / atoms,
    virial: weights.virial / atoms,
  };
}
