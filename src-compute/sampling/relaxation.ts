/**
 * Relaxation of positions and, if wanted, the cell, by FIRE (Bitzek et al., Phys. Rev. Lett. 97 (2006) 170201; with the
 * half step back of Guénolé et al., Comput. Mater. Sci. 175 (2020) 109584).
 *
 * The cell moves as in Tadmor et al., Phys. Rev. B 59 (1999) 235: r = u·D, h = h₀·D; the force on u is F·Dᵀ, that on D
 * is D^{−T}(W − P V 1), scaled by the number of atoms so that cell and atoms move alike.
 */
import { SimulationError } from '../errors.ts';
import type { ForceEngine } from '../potentials/potential.ts';
import { inverse, volume } from '../structure/cell.ts';
import { atomCount, type Configuration } from '../structure/configuration.ts';
import { withoutLabels } from '../structure/properties.ts';
import { EV_PER_A3_IN_GPA } from '../units.ts';

export interface RelaxationSettings {
  /** which components of the cell's deformation may change, 9, row-major; none when absent */
  readonly cell?: readonly boolean[];
  /** GPa */
  readonly pressure?: number;
  /** eV/Å; also W/N of the cell in eV */
  readonly tolerance?: number;
  readonly steps?: number;
}

export interface RelaxationResult {
  readonly configuration: Configuration;
  /** eV */
  readonly energy: number;
  /** W, eV */
  readonly virial: Float64Array;
  readonly steps: number;
  readonly converged: boolean;
  /** eV/Å */
  readonly largestForce: number;
}

/** All nine components. */
export const FULL_CELL: readonly boolean[] = new Array<boolean>(9).fill(true);

const FIRE = { start: 0.1, grow: 1.1, shrink: 0.5, mix: 0.99, delay: 5, largest: 10, longest: 0.2 };

/**
 * Relaxes a structure.
 * @throws SimulationError when the energy is no number
 */
export async function relax(
  configuration: Configuration,
  engine: ForceEngine,
  settings: RelaxationSettings = {},
): Promise<RelaxationResult> {
  const n = atomCount(configuration);
  const tolerance = settings.tolerance ?? 1e-4;
  const limit = settings.steps ?? 2000;
  const free = settings.cell;
  const size = 3 * n + (free ? 9 : 0);
  const point = new Float64Array(size);
  point.set(configuration.positions);
  if (free) for (let k = 0; k < 9; k++) point[3 * n + k] = k % 4 === 0 ? n : 0;
  const state = { positions: configuration.positions.slice(), cell: configuration.cell.slice() };
  const force = new Float64Array(size);
  const velocity = new Float64Array(size);
  const evaluate = async () => {
    place(point, configuration, n, free !== undefined, state);
    const pending = engine.compute(state.positions, state.cell);
    if (pending) await pending;
    if (!Number.isFinite(engine.result.energy)) {
      throw new SimulationError('The structure cannot be relaxed: its energy is not a finite number.', {
        remedy: 'Check for overlapping atoms.',
      });
    }
    generalisedForce(point, engine, n, free, (settings.pressure ?? 0) / EV_PER_A3_IN_GPA, state.cell, force);
  };
  await evaluate();
  let dt = 0.1;
  let mix = FIRE.start;
  let uphill = 0;
  let downhill = 0;
  let step = 0;
  for (; step < limit && largest(force) > tolerance; step++) {
    let power = 0;
    for (let k = 0; k < size; k++) power += force[k] * velocity[k];
    if (power > 0) {
      uphill = 0;
      if (++downhill > FIRE.delay) {
        dt = Math.min(dt * FIRE.grow, 1);
        mix *= FIRE.mix;
      }
    } else if (step > 0) {
      downhill = 0;
      uphill++;
      dt = Math.max(dt * FIRE.shrink, 0.002);
      mix = FIRE.start;
      for (let k = 0; k < size; k++) point[k] -= 0.5 * dt * velocity[k];
      velocity.fill(0);
      if (uphill > 2000) break;
    }
    for (let k = 0; k < size; k++) velocity[k] += dt * force[k];
    const [v, f] = [norm(velocity), norm(force)];
    if (f > 0)
      for (let k = 0; k < size; k++) velocity[k] = (1 - mix) * velocity[k] + (mix * v * force[k]) / f;
    // no coordinate moves far at once, or a bad start would shoot atoms through each other
    const stretch = Math.min(1, FIRE.longest / Math.max(1e-300, dt * largest(velocity)));
    for (let k = 0; k < size; k++) point[k] += stretch * dt * velocity[k];
    await evaluate();
  }
  const { energy, virial, forces } = engine.result;
  return {
    configuration: { ...withoutLabels(configuration), positions: state.positions, cell: state.cell, energy },
    energy,
    virial: virial.slice(),
    steps: step,
    converged: largest(force) <= tolerance,
    largestForce: largest(forces),
  };
}

/** Positions and cell of a point (u, n·D). */
function place(
  point: Float64Array,
  start: Configuration,
  n: number,
  cellMoves: boolean,
  state: { positions: Float64Array; cell: Float64Array },
): void {
  if (!cellMoves) {
    state.positions.set(point);
    return;
  }
  const d = point.subarray(3 * n).map((x) => x / n);
  const apply = (source: ArrayLike<number>, target: Float64Array, count: number) => {
    for (let k = 0; k < count; k += 3) {
      for (let b = 0; b < 3; b++)
        target[k + b] = source[k] * d[b] + source[k + 1] * d[3 + b] + source[k + 2] * d[6 + b];
    }
  };
  apply(point, state.positions, 3 * n);
  apply(start.cell, state.cell, 9);
}

function generalisedForce(
  point: Float64Array,
  engine: ForceEngine,
  n: number,
  free: readonly boolean[] | undefined,
  pressure: number,
  cell: Float64Array,
  out: Float64Array,
): void {
  const { forces, virial } = engine.result;
  if (!free) {
    out.set(forces);
    return;
  }
  const d = point.subarray(3 * n).map((x) => x / n);
  for (let k = 0; k < 3 * n; k += 3) {
    for (let a = 0; a < 3; a++) {
      out[k + a] = forces[k] * d[3 * a] + forces[k + 1] * d[3 * a + 1] + forces[k + 2] * d[3 * a + 2];
    }
  }
  const inv = inverse(d);
  const pv = pressure * volume(cell);
  for (let a = 0; a < 3; a++) {
    for (let b = 0; b < 3; b++) {
      let sum = 0;
      for (let c = 0; c < 3; c++) sum += inv[3 * c + a] * (virial[3 * c + b] - (c === b ? pv : 0));
      out[3 * n + 3 * a + b] = free[3 * a + b] ? sum / n : 0;
    }
  }
}

const norm = (x: Float64Array) => Math.sqrt(x.reduce((sum, y) => sum + y * y, 0));

function largest(x: Float64Array): number {
  let most = 0;
  for (let k = 0; k < x.length; k++) most = Math.max(most, Math.abs(x[k]));
  return most;
}
