/**
 * Relaxation of positions in a fixed cell by FIRE (Bitzek, Koskinen, Gähler, Moseler & Gumbsch, Phys. Rev. Lett. 97
 * (2006) 170201), with unit masses and a limit on the displacement per step.
 */
import { SimulationError } from '../../../errors.ts';
import type { ForceEngine } from '../../../potentials/potential.ts';

export interface RelaxationSettings {
  readonly steps: number;
  /** Largest force component at which it ends, eV/Å. */
  readonly forceTolerance: number;
  /** Largest displacement of a coordinate per step, Å. */
  readonly largestMove: number;
}

export const RELAXATION_DEFAULTS: RelaxationSettings = { steps: 200, forceTolerance: 0.05, largestMove: 0.1 };

export interface Relaxed {
  readonly positions: Float64Array;
  /** eV */
  readonly energy: number;
  /** Largest force component, eV/Å. */
  readonly largestForce: number;
  readonly steps: number;
}

/**
 * Relaxes positions; gives the lowest-energy positions met.
 * @throws SimulationError when the energy is not a number
 */
export async function relax(
  engine: ForceEngine,
  start: Float64Array,
  cell: Float64Array,
  settings: RelaxationSettings = RELAXATION_DEFAULTS,
): Promise<Relaxed> {
  const positions = start.slice();
  const velocities = new Float64Array(start.length);
  let [dt, mixing, downhill] = [0.05, 0.1, 0];
  let best: Relaxed | undefined;
  for (let step = 0; step <= settings.steps; step++) {
    await engine.compute(positions, cell);
    const { forces, energy } = engine.result;
    if (!Number.isFinite(energy))
      throw new SimulationError('The energy is not a number, so it cannot be relaxed.');
    let largestForce = 0;
    for (const f of forces) largestForce = Math.max(largestForce, Math.abs(f));
    if (!best || energy < best.energy)
      best = { positions: positions.slice(), energy, largestForce, steps: step };
    if (largestForce < settings.forceTolerance) break;
    let [power, ff, vv] = [0, 0, 0];
    for (let k = 0; k < forces.length; k++) {
      power += forces[k] * velocities[k];
      ff += forces[k] * forces[k];
      vv += velocities[k] * velocities[k];
    }
    if (power > 0) {
      const turn = mixing * Math.sqrt(vv / ff);
      for (let k = 0; k < forces.length; k++) velocities[k] = (1 - mixing) * velocities[k] + turn * forces[k];
      if (++downhill > 5) {
        dt = Math.min(1.1 * dt, 0.3);
        mixing *= 0.99;
      }
    } else {
      velocities.fill(0);
      dt *= 0.5;
      mixing = 0.1;
      downhill = 0;
    }
    for (let k = 0; k < forces.length; k++) {
      velocities[k] += dt * forces[k];
      const move = dt * velocities[k];
      positions[k] += Math.max(-settings.largestMove, Math.min(settings.largestMove, move));
    }
  }
  if (!best) throw new SimulationError('A relaxation needs at least one step.');
  return best;
}
