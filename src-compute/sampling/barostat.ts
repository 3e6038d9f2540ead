/**
 * Constant pressure: the equations of Martyna, Tobias & Klein, J. Chem. Phys. 101 (1994) 4177, with stochastic
 * thermostats on particles and cell in place of chains, as Langevin pistons have:
 *
 *   ṙ = v + v_g r,   v̇ = F/m − v_g v − (tr v_g/N_f) v,   ḣ = h v_g (rows of h),
 *   W_g v̇_g = Σ m v vᵀ + W − P V 1 + (1/N_f) Σ m v² 1
 *
 * isotropic: v_g = v_ε 1 and W = (N_f + 3) kT τ²; otherwise W_g = (N_f + 3) kT τ²/3 and v_g symmetric (full cell) or
 * diagonal. Conserved: K + U + P V + ½W v_ε² (or ½W_g tr v_g²) − Σ heat; the parts conserve it exactly in the limit
 * dt → 0, and each is solved exactly in the eigenframe of v_g.
 *
 * Step: T½ G½ B½ A1 (force) B½ G½ T½, with G the kick of v_g, T thermostats on particles and piston.
 *
 * | symbol | code | unit |
 * |---|---|---|
 * | v_g | #rate (9) | 1/fs |
 * | W_g | #inertia | eV fs² |
 * | τ | relaxation | fs |
 */
import { SimulationError } from '../errors.ts';
import type { ForceEngine } from '../potentials/potential.ts';
import { volume } from '../structure/cell.ts';
import { AMU_A2_PER_FS2_IN_EV, BOLTZMANN_EV_PER_K } from '../units.ts';
import type { Propagator, Targets } from './propagators.ts';
import type { Random } from './random.ts';
import { fromEigen, symmetricEigen } from './symmetric-matrix.ts';
import type { ParticleSystem } from './system.ts';
import type { Thermostat } from './thermostats.ts';

/**
 * Which cell motions are allowed: volume only, the three lengths, the third length alone, all six strains, or the two
 * lengths across an axis along which the cell is held (as under tension).
 */
export const CELL_MOTIONS = [
  'isotropic',
  'orthorhombic',
  'normal',
  'full',
  'transverse-x',
  'transverse-y',
  'transverse-z',
] as const;
export type CellMotion = (typeof CELL_MOTIONS)[number];

/** Diagonal components of v_g that are free, by motion; an isotropic cell has one for all. */
const FREE_LENGTHS: Readonly<Record<CellMotion, readonly number[]>> = {
  isotropic: [0, 4, 8],
  orthorhombic: [0, 4, 8],
  normal: [8],
  full: [0, 4, 8],
  'transverse-x': [4, 8],
  'transverse-y': [0, 8],
  'transverse-z': [0, 4],
};

/** sinh(x)/x. */
function sinhc(x: number): number {
  if (Math.abs(x) > 1e-3) return Math.sinh(x) / x;
  const square = x * x;
  return 1 + (square / 6) * (1 + square / 20);
}

export interface BarostatSettings {
  readonly motion: CellMotion;
  /** τ of the cell, fs */
  readonly relaxation: number;
  /** friction on the cell's velocity, 1/fs; 0 without thermostats (constant enthalpy) */
  readonly friction: number;
  /** temperature used for the inertia, K; stays fixed under ramps so that the inertia is a constant */
  readonly inertiaTemperature: number;
}

/** Particles with a thermostat in a cell that moves under pressure. */
export class BarostatPropagator implements Propagator {
  readonly stages = 1;
  heat = 0;
  readonly #system: ParticleSystem;
  readonly #engine: ForceEngine;
  readonly #thermostat: Thermostat | undefined;
  readonly #random: Random;
  readonly #settings: BarostatSettings;
  readonly #inertia: number;
  readonly #lengths: readonly number[];
  readonly #rate = new Float64Array(9);
  readonly #eigenvalues = new Float64Array(3);
  readonly #frame = new Float64Array(9);
  readonly #factors = new Float64Array(3);
  readonly #stretch = new Float64Array(9);
  readonly #shift = new Float64Array(9);
  readonly #kinetic = new Float64Array(9);

  constructor(
    system: ParticleSystem,
    engine: ForceEngine,
    thermostat: Thermostat | undefined,
    random: Random,
    settings: BarostatSettings,
  ) {
    if (!system.periodic.every(Boolean)) {
      throw new SimulationError('Pressure control needs a cell that is periodic in all three directions.', {
        remedy: 'Use a constant-volume ensemble, or make the structure periodic.',
      });
    }
    if (system.fixed.some(Boolean)) {
      throw new SimulationError('Pressure control cannot move the cell around fixed atoms.', {
        remedy: 'Use a constant-volume ensemble, or free the atoms.',
      });
    }
    this.#system = system;
    this.#engine = engine;
    this.#thermostat = thermostat;
    this.#random = random;
    this.#settings = settings;
    this.#lengths = FREE_LENGTHS[settings.motion];
    const kT = BOLTZMANN_EV_PER_K * settings.inertiaTemperature;
    const isotropic = (system.degreesOfFreedom + 3) * kT * settings.relaxation ** 2;
    this.#inertia = settings.motion === 'isotropic' ? isotropic : isotropic / 3;
  }

  prepare(_stage: number, dt: number, targets: Targets): ForceEngine {
    this.#thermalise(dt / 2, targets);
    this.#kickCell(dt / 2, targets.pressure);
    this.#kickParticles(dt / 2);
    this.#drift(dt);
    return this.#engine;
  }

  finish(dt: number, targets: Targets): void {
    this.#kickParticles(dt / 2);
    this.#kickCell(dt / 2, targets.pressure);
    this.#thermalise(dt / 2, targets);
  }

  /** PV plus the kinetic energy of the cell. */
  extraEnergy(targets: Targets): number {
    return targets.pressure * volume(this.#system.cell) + this.#cellKinetic();
  }

  #cellKinetic(): number {
    const g = this.#rate;
    if (this.#settings.motion === 'isotropic') return 0.5 * this.#inertia * g[0] * g[0];
    let sum = 0;
    for (let k = 0; k < 9; k++) sum += g[k] * g[k];
    return 0.5 * this.#inertia * sum;
  }

  #thermalise(time: number, targets: Targets): void {
    if (!this.#thermostat) return;
    this.heat += this.#thermostat.apply(this.#system, time, targets.temperature);
    const before = this.#cellKinetic();
    const decay = Math.exp(-this.#settings.friction * time);
    const width = Math.sqrt(((1 - decay * decay) * BOLTZMANN_EV_PER_K * targets.temperature) / this.#inertia);
    const g = this.#rate;
    const random = this.#random;
    if (this.#settings.motion === 'isotropic') {
      g[0] = g[4] = g[8] = decay * g[0] + width * random.normal();
    } else {
      for (const k of this.#lengths) g[k] = decay * g[k] + width * random.normal();
      if (this.#settings.motion === 'full') {
        // an off-diagonal component stands twice in tr v_g²
        g[1] = g[3] = decay * g[1] + width * Math.SQRT1_2 * random.normal();
        g[2] = g[6] = decay * g[2] + width * Math.SQRT1_2 * random.normal();
        g[5] = g[7] = decay * g[5] + width * Math.SQRT1_2 * random.normal();
      }
    }
    this.heat += this.#cellKinetic() - before;
  }

  /** G: v_g under the imbalance of internal and external pressure. */
  #kickCell(time: number, pressure: number): void {
    const { velocities: v, masses, count, cell, degreesOfFreedom } = this.#system;
    const { virial } = this.#engine.result;
    const s = this.#kinetic;
    s.fill(0);
    for (let i = 0, k = 0; i < count; i++, k += 3) {
      const m = masses[i] * AMU_A2_PER_FS2_IN_EV;
      const x = v[k];
      const y = v[k + 1];
      const z = v[k + 2];
      s[0] += m * x * x;
      s[4] += m * y * y;
      s[8] += m * z * z;
      s[1] += m * x * y;
      s[2] += m * x * z;
      s[5] += m * y * z;
    }
    const trace = s[0] + s[4] + s[8];
    const pv = pressure * volume(cell);
    const g = this.#rate;
    if (this.#settings.motion === 'isotropic') {
      const force = (1 + 3 / degreesOfFreedom) * trace + virial[0] + virial[4] + virial[8] - 3 * pv;
      g[0] += (time * force) / this.#inertia;
      g[4] = g[8] = g[0];
      return;
    }
    for (const k of this.#lengths)
      g[k] += (time * (s[k] + virial[k] - pv + trace / degreesOfFreedom)) / this.#inertia;
    if (this.#settings.motion !== 'full') return;
    g[1] = g[3] = g[1] + (time * (s[1] + virial[1])) / this.#inertia;
    g[2] = g[6] = g[2] + (time * (s[2] + virial[2])) / this.#inertia;
    g[5] = g[7] = g[5] + (time * (s[5] + virial[5])) / this.#inertia;
  }

  /** B: v̇ = F/m − (v_g + tr v_g/N_f) v, exactly for constant F and v_g. */
  #kickParticles(time: number): void {
    const { velocities: v, inverseMasses, count, degreesOfFreedom } = this.#system;
    const forces = this.#engine.result.forces;
    const extra = (this.#rate[0] + this.#rate[4] + this.#rate[8]) / degreesOfFreedom;
    symmetricEigen(this.#rate, this.#eigenvalues, this.#frame);
    for (let k = 0; k < 3; k++) this.#factors[k] = Math.exp(-time * (this.#eigenvalues[k] + extra));
    fromEigen(this.#factors, this.#frame, this.#stretch);
    for (let k = 0; k < 3; k++) {
      const x = (time * (this.#eigenvalues[k] + extra)) / 2;
      this.#factors[k] = time * Math.exp(-x) * sinhc(x);
    }
    fromEigen(this.#factors, this.#frame, this.#shift);
    for (let i = 0, k = 0; i < count; i++, k += 3) {
      applyPair(this.#stretch, this.#shift, v, forces, k, inverseMasses[i]);
    }
  }

  /** A: ṙ = v + v_g r and the cell with it, exactly for constant v and v_g. */
  #drift(time: number): void {
    const { positions: r, velocities: v, cell, count } = this.#system;
    symmetricEigen(this.#rate, this.#eigenvalues, this.#frame);
    for (let k = 0; k < 3; k++) this.#factors[k] = Math.exp(time * this.#eigenvalues[k]);
    fromEigen(this.#factors, this.#frame, this.#stretch);
    for (let k = 0; k < 3; k++) {
      const x = (time * this.#eigenvalues[k]) / 2;
      this.#factors[k] = time * Math.exp(x) * sinhc(x);
    }
    fromEigen(this.#factors, this.#frame, this.#shift);
    for (let i = 0, k = 0; i < count; i++, k += 3) applyPair(this.#stretch, this.#shift, r, v, k, 1);
    for (let k = 0; k < 9; k += 3) applyPair(this.#stretch, this.#shift, cell, cell, k, 0);
  }

  save(): Float64Array {
    return Float64Array.of(this.heat, ...this.#rate, ...(this.#thermostat?.save() ?? []));
  }

  restore(saved: Float64Array): void {
    this.heat = saved[0];
    this.#rate.set(saved.subarray(1, 10));
    this.#thermostat?.restore(saved.subarray(10));
  }
}

/** x ← S x + factor · T y for the triples at `at`; S and T symmetric. */
function applyPair(
  s: Float64Array,
  t: Float64Array,
  x: Float64Array,
  y: Float64Array,
  at: number,
  factor: number,
): void {
  const x0 = x[at];
  const x1 = x[at + 1];
  const x2 = x[at + 2];
  const y0 = factor * y[at];
  const y1 = factor * y[at + 1];
  const y2 = factor * y[at + 2];
  x[at] = s[0] * x0 + s[1] * x1 + s[2] * x2 + t[0] * y0 + t[1] * y1 + t[2] * y2;
  x[at + 1] = s[3] * x0 + s[4] * x1 + s[5] * x2 + t[3] * y0 + t[4] * y1 + t[5] * y2;
  x[at + 2] = s[6] * x0 + s[7] * x1 + s[8] * x2 + t[6] * y0 + t[7] * y1 + t[8] * y2;
}
