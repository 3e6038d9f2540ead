/** Settings of hybrid Monte Carlo, as users and jobs give them. docs/physics.md §4. */
import { z } from 'zod';
import { SimulationError } from '../../errors.ts';
import { firstFindingOf } from '../../validation-words.ts';

export const INTEGRATORS = ['verlet', 'omf2', 'forcegradient4'] as const;
export type IntegratorName = (typeof INTEGRATORS)[number];

/** Force calls per step. */
export const CALLS_PER_STEP: Record<IntegratorName, number> = { verlet: 1, omf2: 2, forcegradient4: 3 };

const finite = z.number().finite();

export const hybridMonteCarloSchema = z.strictObject({
  /** K */
  temperature: finite.positive(),
  /** nvt: fixed cell; npt: volume or cell moves between trajectories */
  ensemble: z.enum(['nvt', 'npt']).default('nvt'),
  /** GPa; npt only */
  pressure: finite.optional(),
  cellMotion: z.enum(['isotropic', 'full']).default('isotropic'),
  /** trajectories after burn-in */
  trajectories: z.number().int().nonnegative(),
  /** trajectories in which the step size is tuned; they count for nothing else */
  burnIn: z.number().int().nonnegative().default(0),
  /** integrator steps per trajectory */
  leapfrogSteps: z.number().int().positive(),
  integrator: z.enum(INTEGRATORS).default('verlet'),
  /** fs; the first guess when it is tuned */
  timestep: finite.positive(),
  /** tune the step size in burn-in */
  adapt: z.boolean().default(true),
  /** acceptance aimed at; by integrator when absent */
  targetAcceptance: finite.gt(0).lt(1).optional(),
  /** the length of each trajectory is uniform in (1 ± this) × leapfrogSteps */
  lengthJitter: finite.min(0).max(0.99).default(0.25),
  /** the step of each trajectory is uniform in (1 ± this) × timestep */
  stepJitter: finite.min(0).max(0.9).default(0.05),
  /** α in p ← √(1 − α²) p + α ξ; 1 draws all momenta afresh, less is generalised HMC */
  refreshment: finite.gt(0).max(1).default(1),
  /** proposals: the accurate potential alone, a cheap one alone, or both with multiple time steps */
  fidelity: z.enum(['single', 'surrogate', 'respa']).default('single'),
  /** respa: cheap steps per accurate one */
  innerSteps: z.number().int().min(1).max(1000).default(4),
  /** exchanges of two atoms of different species tried after each trajectory */
  swaps: z.number().int().nonnegative().default(0),
  /** accept every trajectory: no correction, so the step error biases the sample */
  unadjusted: z.boolean().default(false),
  seed: z.number().int(),
  checkpointEvery: z.number().int().positive().default(100),
});

export type HybridMonteCarloSettings = z.output<typeof hybridMonteCarloSchema>;
export type HybridMonteCarloInput = z.input<typeof hybridMonteCarloSchema>;

/** Acceptance that dual averaging aims at where the user names none: higher orders pay off at higher acceptance. */
export const TARGET_ACCEPTANCE: Record<IntegratorName, number> = {
  verlet: 0.68,
  omf2: 0.75,
  forcegradient4: 0.85,
};

/**
 * Fills in defaults and checks what types cannot say.
 * @throws SimulationError in words
 */
export function completeHybridMonteCarloSettings(input: HybridMonteCarloInput): HybridMonteCarloSettings {
  if (typeof input.temperature === 'number' && !(input.temperature > 0)) {
    throw new SimulationError(`The temperature must be above 0 K, and is ${input.temperature} K.`);
  }
  const parsed = hybridMonteCarloSchema.safeParse(input);
  if (!parsed.success) {
    const { place, text } = firstFindingOf(parsed.error);
    throw new SimulationError(`The setting ${place || '(top)'} cannot be used: ${text}.`);
  }
  const settings = parsed.data;
  if (settings.pressure !== undefined && settings.ensemble !== 'npt') {
    throw new SimulationError('A pressure was given, and the ensemble nvt keeps the volume.', {
      remedy: 'Use the ensemble npt, or leave the pressure out.',
    });
  }
  if (settings.unadjusted && settings.refreshment < 1) {
    throw new SimulationError('Partial refreshment needs the acceptance step.', {
      remedy: 'Draw all momenta afresh, or keep the acceptance step.',
    });
  }
  return settings;
}
