/** Is the time step small enough? Short NVE runs with the step, half and a quarter of it, from one start. */
import type { ForceEngine } from '../potentials/potential.ts';
import type { Configuration } from '../structure/configuration.ts';
import { MolecularDynamics, type MolecularDynamicsOptions } from './molecular-dynamics.ts';
import { scheduleAt, type MolecularDynamicsSettings } from './settings.ts';

export interface TimeStepCheck {
  /** fs */
  readonly timesteps: readonly number[];
  /** Root mean square deviation of the total energy from its mean, meV/atom. */
  readonly fluctuation: readonly number[];
  /** Slope of the total energy in time, meV/atom/ps. */
  readonly drift: readonly number[];
  /** Slope of ln fluctuation against ln step: 2 for a correct Verlet integration of a smooth potential. */
  readonly order: number;
}

/**
 * Runs the same stretch of time with three steps; thermostat and barostat are off.
 * @param steps number of steps with the largest of the three
 */
export async function checkTimeStep(
  configuration: Configuration,
  engine: ForceEngine,
  settings: MolecularDynamicsSettings,
  options: MolecularDynamicsOptions = {},
  steps = 200,
): Promise<TimeStepCheck> {
  const timesteps = [1, 0.5, 0.25].map((factor) => factor * settings.timestep);
  const fluctuation: number[] = [];
  const drift: number[] = [];
  for (const timestep of timesteps) {
    const run = new MolecularDynamics(
      configuration,
      engine,
      {
        ...settings,
        ensemble: 'nve',
        pressure: undefined,
        maximumDisplacement: undefined,
        temperature: scheduleAt(settings.temperature, 0),
        timestep,
        steps: Math.round((steps * settings.timestep) / timestep),
      },
      { fixed: options.fixed, cheapEngine: options.cheapEngine },
    );
    await run.initialise();
    const first = run.thermodynamics.conserved;
    let [sum, square, count] = [0, 0, 0];
    await run.run(({ thermodynamics }) => {
      const deviation = thermodynamics.conserved - first;
      sum += deviation;
      square += deviation * deviation;
      count++;
    });
    const mean = sum / count;
    fluctuation.push((Math.sqrt(Math.max(0, square / count - mean * mean)) * 1000) / run.system.count);
    drift.push(run.summary.drift);
  }
  const x = timesteps.map(Math.log);
  const y = fluctuation.map(Math.log);
  const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [average(x), average(y)];
  const order =
    x.reduce((sum, xi, k) => sum + (xi - mx) * (y[k] - my), 0) /
    x.reduce((sum, xi) => sum + (xi - mx) ** 2, 0);
  return { timesteps, fluctuation, drift, order };
}
