/**
 * How long a step may be before the map of a trajectory is no longer bounded. With few degrees of freedom ΔH stays small
 * on average up to that limit, so that a step tuned by its acceptance alone would end there, where trajectories resonate
 * and ⟨exp(−βΔH)⟩ is carried by rare events. With many, acceptance falls long before.
 */
import { Random } from '../random.ts';
import { INTEGRATOR_WORDS, type TrajectoryRunner } from './integrators.ts';
import type { IntegratorName } from './settings.ts';
import type { ChainState } from './state.ts';
import type { Metric } from './metric.ts';

/** Iterations of the power method: the largest eigenvalue to some per cent. */
const ITERATIONS = 16;
/** Length of the displacement that curvatures are measured with, per √(atoms), Å. */
const DISPLACEMENT = 1e-3;

/**
 * Largest ωh at which an integrator keeps a harmonic oscillator bounded: 2 for velocity Verlet, 2.55 for OMF2. The trace
 * of the matrix that a step multiplies (q, p) with lies between −2 and 2 up to there (Leimkuhler & Reich, Simulating
 * Hamiltonian Dynamics (2004), §2.6).
 */
export function stabilityLimit(name: IntegratorName): number {
  const trace = (h: number): number => {
    const column = (q: number, p: number): [number, number] => {
      for (const { kind, weight } of INTEGRATOR_WORDS[name]) {
        if (kind === 'drift') q += weight * h * p;
        else if (kind === 'kick') p -= weight * h * q;
        else p -= weight * h * q * (1 - (h * h) / 24);
      }
      return [q, p];
    };
    return column(1, 0)[0] + column(0, 1)[1];
  };
  let h = 0;
  while (h < 10 && Math.abs(trace(h + 1e-3)) <= 2 + 1e-12) h += 1e-3;
  return h;
}

/**
 * Highest frequency ω at the present positions, 1/fs: the power method on M⁻¹∂²U, products with it from differences of
 * forces. Costs some force calls; positions are as before.
 * @param metric the masses that the trajectories move with
 */
export async function highestFrequency(
  state: ChainState,
  metric: Metric,
  runner: TrajectoryRunner,
  forcesNow: () => Float64Array,
): Promise<number> {
  const { positions, cell } = state.system;
  const start = positions.slice();
  const forces = state.forces.slice();
  const random = new Random(0);
  // fixed atoms have no velocity
  let direction = new Float64Array(start.length);
  metric.velocity(
    Float64Array.from(start, () => random.normal()),
    direction,
  );
  let squared = 0;
  for (let k = 0; k < ITERATIONS; k++) {
    const length = Math.hypot(...direction);
    if (!(length > 0)) break;
    const step = (DISPLACEMENT * Math.sqrt(start.length / 3)) / length;
    for (let i = 0; i < start.length; i++) positions[i] = start[i] + step * direction[i];
    await runner.evaluate(positions, cell);
    const now = forcesNow();
    const next = new Float64Array(start.length);
    metric.velocity(
      Float64Array.from(now, (f, i) => -(f - forces[i]) / step),
      next,
    );
    squared = Math.hypot(...next) / length;
    direction = next;
  }
  positions.set(start);
  return Math.sqrt(squared);
}
