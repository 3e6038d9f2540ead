/**
 * Thermostats: maps on the velocities alone, of all atoms or of a group of them. Each returns the kinetic energy that
 * it added, so that E_total − Σ heat is conserved by the rest of the propagation.
 */
import { BOLTZMANN_EV_PER_K } from '../units.ts';
import type { Random } from './random.ts';
import {
  degreesOfFreedomOf,
  kineticEnergy,
  removeMomentum,
  scaleVelocities,
  type ParticleSystem,
} from './system.ts';

export interface Thermostat {
  /**
   * Acts for a time on the velocities.
   * @param time fs
   * @param temperature target, K
   * @returns kinetic energy added, eV
   */
  apply(system: ParticleSystem, time: number, temperature: number): number;
  /** Energy of the thermostat's own variables, eV; 0 when it has none. */
  energy(temperature: number): number;
  /** Whether E + energy() is conserved without counting heat. */
  readonly extended: boolean;
  save(): Float64Array;
  restore(saved: Float64Array): void;
}

/**
 * Langevin: the exact Ornstein–Uhlenbeck map v ← c v + √(1 − c²) √(kT/m) ξ, c = e^{−γt}: the O of BAOAB
 * (Leimkuhler & Matthews, J. Chem. Phys. 138 (2013) 174102).
 */
export class LangevinThermostat implements Thermostat {
  readonly extended = false;
  readonly #random: Random;
  readonly #friction: number;
  readonly #atoms: Uint8Array | undefined;

  /**
   * @param friction γ, 1/fs
   * @param atoms mask of the atoms that feel it; all when absent
   */
  constructor(friction: number, random: Random, atoms?: Uint8Array) {
    this.#friction = friction;
    this.#random = random;
    this.#atoms = atoms;
  }

  apply(system: ParticleSystem, time: number, temperature: number): number {
    const before = kineticEnergy(system, this.#atoms);
    const decay = Math.exp(-this.#friction * time);
    const strength = Math.sqrt((1 - decay * decay) * BOLTZMANN_EV_PER_K * temperature);
    const { velocities: v, inverseMasses } = system;
    const random = this.#random;
    for (let i = 0, k = 0; i < system.count; i++, k += 3) {
      if (inverseMasses[i] === 0 || (this.#atoms !== undefined && this.#atoms[i] === 0)) continue;
      const width = strength * Math.sqrt(inverseMasses[i]);
      v[k] = decay * v[k] + width * random.normal();
      v[k + 1] = decay * v[k + 1] + width * random.normal();
      v[k + 2] = decay * v[k + 2] + width * random.normal();
    }
    // projecting the noise on zero total momentum is the exact map on the remaining components
    if (system.momentumRemoved) removeMomentum(system);
    return kineticEnergy(system, this.#atoms) - before;
  }

  energy(): number {
    return 0;
  }

  save(): Float64Array {
    return new Float64Array(0);
  }

  restore(): void {
    // the friction is a setting; the random stream is saved by its owner
  }
}

/**
 * Stochastic velocity rescaling (Bussi, Donadio & Parrinello, J. Chem. Phys. 126 (2007) 014101, eq. A7):
 * the kinetic energy of the group follows its own exact stochastic dynamics, its velocities are scaled by one factor.
 */
export class BussiThermostat implements Thermostat {
  readonly extended = false;
  readonly #random: Random;
  readonly #relaxation: number;
  readonly #atoms: Uint8Array | undefined;

  /**
   * @param relaxation τ, fs
   * @param atoms mask of the atoms that feel it; all when absent
   */
  constructor(relaxation: number, random: Random, atoms?: Uint8Array) {
    this.#relaxation = relaxation;
    this.#random = random;
    this.#atoms = atoms;
  }

  apply(system: ParticleSystem, time: number, temperature: number): number {
    const kinetic = kineticEnergy(system, this.#atoms);
    const freedom = degreesOfFreedomOf(system, this.#atoms);
    const c = Math.exp(-time / this.#relaxation);
    const first = this.#random.normal();
    const others = this.#random.chiSquared(freedom - 1);
    if (kinetic === 0) return 0;
    const ratio = (0.5 * BOLTZMANN_EV_PER_K * temperature) / kinetic; // K̄/(N_f K)
    const square =
      c + (1 - c) * ratio * (others + first * first) + 2 * first * Math.sqrt(c * (1 - c) * ratio);
    // the sign of α matters for small systems (their eq. A8)
    const sign = first + Math.sqrt(c / ((1 - c) * ratio)) < 0 ? -1 : 1;
    scaleVelocities(system, sign * Math.sqrt(square), this.#atoms);
    return (square - 1) * kinetic;
  }

  energy(): number {
    return 0;
  }

  save(): Float64Array {
    return new Float64Array(0);
  }

  restore(): void {
    // no variables of its own
  }
}

/** Suzuki–Yoshida weights of third order. */
const YOSHIDA = [1 / (2 - 2 ** (1 / 3)), 1 - 2 / (2 - 2 ** (1 / 3)), 1 / (2 - 2 ** (1 / 3))];

/**
 * Nosé–Hoover chain (Martyna, Tuckerman, Tobias & Klein, Mol. Phys. 87 (1996) 1117, §3). Apply for half a step before
 * and half a step after the Verlet step. Conserved: H + Σ_k ½Q_k v_k² + N_f kT ξ_1 + kT Σ_{k>1} ξ_k.
 */
export class NoseHooverChain implements Thermostat {
  readonly extended = true;
  readonly #relaxation: number;
  readonly #position: Float64Array;
  readonly #velocity: Float64Array;
  readonly #atoms: Uint8Array | undefined;
  /** N_f of the atoms that feel it */
  #freedom = 0;

  /**
   * @param relaxation τ, fs: Q_1 = N_f kT τ², Q_k = kT τ²
   * @param length number of thermostats in the chain
   * @param atoms mask of the atoms that feel it; all when absent
   */
  constructor(relaxation: number, length = 3, atoms?: Uint8Array) {
    this.#relaxation = relaxation;
    this.#atoms = atoms;
    this.#position = new Float64Array(length);
    this.#velocity = new Float64Array(length);
  }

  apply(system: ParticleSystem, time: number, temperature: number): number {
    this.#freedom = degreesOfFreedomOf(system, this.#atoms);
    const before = kineticEnergy(system, this.#atoms);
    let kinetic = before;
    let scale = 1;
    for (const weight of YOSHIDA) {
      const factor = this.#advance(weight * time, kinetic, BOLTZMANN_EV_PER_K * temperature);
      scale *= factor;
      kinetic *= factor * factor;
    }
    scaleVelocities(system, scale, this.#atoms);
    return kinetic - before;
  }

  /** One symmetric sweep over the chain; returns the factor on the particle velocities. */
  #advance(time: number, kinetic: number, kT: number): number {
    const v = this.#velocity;
    const last = v.length - 1;
    const half = time / 2;
    for (let k = last; k >= 0; k--) this.#kick(k, half, this.#push(k, 2 * kinetic, kT));
    const factor = Math.exp(-v[0] * time);
    for (let k = 0; k <= last; k++) this.#position[k] += v[k] * time;
    const twice = 2 * kinetic * factor * factor;
    for (let k = 0; k <= last; k++) this.#kick(k, half, this.#push(k, twice, kT));
    return factor;
  }

  /** G_k: what drives thermostat k, over Q_k. */
  #push(k: number, twiceKinetic: number, kT: number): number {
    const tau2 = this.#relaxation ** 2;
    const freedom = this.#freedom;
    if (k === 0) return (twiceKinetic - freedom * kT) / (freedom * kT * tau2);
    const weight = k === 1 ? freedom : 1; // Q_{k−1}/(kT τ²)
    const v = this.#velocity[k - 1];
    return weight * v * v - 1 / tau2;
  }

  /** v_k under its force for a time, damped symmetrically by the next thermostat. */
  #kick(k: number, time: number, force: number): void {
    const v = this.#velocity;
    const damping = k + 1 < v.length ? Math.exp((-v[k + 1] * time) / 2) : 1;
    v[k] = (v[k] * damping + force * time) * damping;
  }

  energy(temperature: number): number {
    const kT = BOLTZMANN_EV_PER_K * temperature;
    const q = kT * this.#relaxation ** 2;
    let sum = 0;
    for (let k = 0; k < this.#velocity.length; k++) {
      const weight = k === 0 ? this.#freedom : 1;
      sum += weight * (0.5 * q * this.#velocity[k] ** 2 + kT * this.#position[k]);
    }
    return sum;
  }

  save(): Float64Array {
    return Float64Array.of(this.#freedom, ...this.#position, ...this.#velocity);
  }

  restore(saved: Float64Array): void {
    const length = this.#position.length;
    this.#freedom = saved[0];
    this.#position.set(saved.subarray(1, 1 + length));
    this.#velocity.set(saved.subarray(1 + length));
  }
}
