/** The checks behind `hmc --check`: the order of ΔH in the step, and reversibility. */
import { Random } from '../random.ts';
import type { HybridMonteCarlo } from './chain.ts';
import { INTEGRATOR_ORDER } from './integrators.ts';

export interface StepCheck {
  /** Steps tried, fs. */
  readonly timesteps: readonly number[];
  /** Root mean square ΔH at each, eV. */
  readonly rmsEnergyChange: readonly number[];
  /** Slope of ln rms ΔH against ln dt. */
  readonly order: number;
  readonly expectedOrder: number;
  /** Largest distance from the start after going forth and back, Å. */
  readonly reversibility: number;
}

/**
 * Follows trajectories of one length in time with the chain's step and fractions of it, from the current state, with
 * the same momenta at every step size. The chain itself does not move.
 * @param draws momenta per step size
 */
export async function checkIntegrator(chain: HybridMonteCarlo, draws = 8): Promise<StepCheck> {
  await chain.initialise();
  const { leapfrogSteps, integrator, seed, fidelity } = chain.settings;
  const fractions = [1, 1 / 2, 1 / 4];
  const timesteps = fractions.map((f) => f * chain.stepSize);
  const rms: number[] = [];
  let reversibility = 0;
  for (const fraction of fractions) {
    const random = new Random(seed, 7919);
    let sum = 0;
    for (let k = 0; k < draws; k++) {
      const back = fraction === 1;
      const steps = Math.round(leapfrogSteps / fraction);
      const { change, distance } = await chain.probe(steps, fraction * chain.stepSize, random, back);
      sum += change * change;
      if (back) reversibility = Math.max(reversibility, distance);
    }
    rms.push(Math.sqrt(sum / draws));
  }
  const x = timesteps.map(Math.log);
  const y = rms.map(Math.log);
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const order =
    x.reduce((sum, xi, k) => sum + (xi - mx) * (y[k] - my), 0) /
    x.reduce((sum, xi) => sum + (xi - mx) ** 2, 0);
  return {
    timesteps,
    rmsEnergyChange: rms,
    order,
    // a trajectory driven by another potential keeps the difference of the potentials as dt → 0
    expectedOrder: fidelity === 'surrogate' ? 0 : fidelity === 'respa' ? 2 : INTEGRATOR_ORDER[integrator],
    reversibility,
  };
}
