/**
 * One time step as a sequence of maps with force calls in between. A propagator never calls an engine itself: it says
 * which engine is to be evaluated next, so that one driver serves engines that answer at once and those that do not.
 *
 *   for (stage = 0 … stages − 1) { engine = prepare(stage, dt); engine.compute(positions, cell); }  finish(dt);
 *
 * A kick is v += t F/m, a drift r += t v.
 */
import type { ForceEngine } from '../potentials/potential.ts';
import type { ParticleSystem } from './system.ts';
import type { Thermostat } from './thermostats.ts';

export interface Targets {
  /** K */
  temperature: number;
  /** eV/Å³ */
  pressure: number;
}

export interface Propagator {
  /** Force calls per step. */
  readonly stages: number;
  prepare(stage: number, dt: number, targets: Targets): ForceEngine;
  finish(dt: number, targets: Targets): void;
  /** Kinetic energy that thermostats have added since the start, eV. */
  readonly heat: number;
  /** What has to be added to E_total − heat to make a conserved quantity, eV. */
  extraEnergy(targets: Targets): number;
  save(): Float64Array;
  restore(saved: Float64Array): void;
}

/** v += time · F/m. */
export function kick(system: ParticleSystem, forces: Float64Array, time: number): void {
  const { velocities: v, inverseMasses, count } = system;
  for (let i = 0, k = 0; i < count; i++, k += 3) {
    const factor = time * inverseMasses[i];
    v[k] += factor * forces[k];
    v[k + 1] += factor * forces[k + 1];
    v[k + 2] += factor * forces[k + 2];
  }
}

/** v += time · (F − F′)/m: the slow part in multiple time steps. */
export function kickDifference(
  system: ParticleSystem,
  forces: Float64Array,
  others: Float64Array,
  time: number,
): void {
  const { velocities: v, inverseMasses, count } = system;
  for (let i = 0, k = 0; i < count; i++, k += 3) {
    const factor = time * inverseMasses[i];
    v[k] += factor * (forces[k] - others[k]);
    v[k + 1] += factor * (forces[k + 1] - others[k + 1]);
    v[k + 2] += factor * (forces[k + 2] - others[k + 2]);
  }
}

/** r += time · v. */
export function drift(system: ParticleSystem, time: number): void {
  const { velocities: v, positions: r } = system;
  for (let k = 0; k < r.length; k++) r[k] += time * v[k];
}

/** Where a thermostat acts within a step. */
export type ThermostatPlace = 'none' | 'middle' | 'both-ends' | 'end';

/**
 * Velocity Verlet (Swope et al., J. Chem. Phys. 76 (1982) 637) with a thermostat at its place:
 *
 * | thermostat | step |
 * |---|---|
 * | none | B½ A1 B½ |
 * | Langevin, 'middle' | B½ A½ O1 A½ B½ (BAOAB) |
 * | Nosé–Hoover chain, 'both-ends' | T½ B½ A1 B½ T½ |
 * | Bussi, 'end' | B½ A1 B½ T1 |
 */
export class VerletPropagator implements Propagator {
  readonly stages = 1;
  heat = 0;
  readonly #system: ParticleSystem;
  readonly #engine: ForceEngine;
  readonly #thermostat: Thermostat | undefined;
  readonly #place: ThermostatPlace;

  constructor(
    system: ParticleSystem,
    engine: ForceEngine,
    thermostat?: Thermostat,
    place: ThermostatPlace = 'none',
  ) {
    this.#system = system;
    this.#engine = engine;
    this.#thermostat = thermostat;
    this.#place = thermostat ? place : 'none';
  }

  prepare(_stage: number, dt: number, targets: Targets): ForceEngine {
    if (this.#place === 'both-ends') this.#thermalise(dt / 2, targets);
    kick(this.#system, this.#engine.result.forces, dt / 2);
    if (this.#place === 'middle') {
      drift(this.#system, dt / 2);
      this.#thermalise(dt, targets);
      drift(this.#system, dt / 2);
    } else {
      drift(this.#system, dt);
    }
    return this.#engine;
  }

  finish(dt: number, targets: Targets): void {
    kick(this.#system, this.#engine.result.forces, dt / 2);
    if (this.#place === 'both-ends') this.#thermalise(dt / 2, targets);
    else if (this.#place === 'end') this.#thermalise(dt, targets);
  }

  #thermalise(time: number, targets: Targets): void {
    const added = this.#thermostat?.apply(this.#system, time, targets.temperature) ?? 0;
    if (!this.#thermostat?.extended) this.heat += added;
  }

  extraEnergy(targets: Targets): number {
    return this.#thermostat?.energy(targets.temperature) ?? 0;
  }

  save(): Float64Array {
    return Float64Array.of(this.heat, ...(this.#thermostat?.save() ?? []));
  }

  restore(saved: Float64Array): void {
    this.heat = saved[0];
    this.#thermostat?.restore(saved.subarray(1));
  }
}

/**
 * Reversible multiple time steps (Tuckerman, Berne & Martyna, J. Chem. Phys. 97 (1992) 1990): the cheap potential
 * drives n inner Verlet steps, the difference accurate − cheap kicks at both ends of the outer step. The thermostat,
 * if any, acts for half a step at each end.
 */
export class RespaPropagator implements Propagator {
  readonly stages: number;
  heat = 0;
  readonly #system: ParticleSystem;
  readonly #accurate: ForceEngine;
  readonly #cheap: ForceEngine;
  readonly #thermostat: Thermostat | undefined;

  constructor(
    system: ParticleSystem,
    accurate: ForceEngine,
    cheap: ForceEngine,
    innerSteps: number,
    thermostat?: Thermostat,
  ) {
    this.stages = innerSteps + 1;
    this.#system = system;
    this.#accurate = accurate;
    this.#cheap = cheap;
    this.#thermostat = thermostat;
  }

  prepare(stage: number, dt: number, targets: Targets): ForceEngine {
    const inner = dt / (this.stages - 1);
    const cheap = this.#cheap.result.forces;
    if (stage === 0) {
      this.#thermalise(dt / 2, targets);
      kickDifference(this.#system, this.#accurate.result.forces, cheap, dt / 2);
    } else {
      kick(this.#system, cheap, inner / 2);
    }
    if (stage === this.stages - 1) return this.#accurate;
    kick(this.#system, cheap, inner / 2);
    drift(this.#system, inner);
    return this.#cheap;
  }

  finish(dt: number, targets: Targets): void {
    kickDifference(this.#system, this.#accurate.result.forces, this.#cheap.result.forces, dt / 2);
    this.#thermalise(dt / 2, targets);
  }

  #thermalise(time: number, targets: Targets): void {
    const added = this.#thermostat?.apply(this.#system, time, targets.temperature) ?? 0;
    if (!this.#thermostat?.extended) this.heat += added;
  }

  extraEnergy(targets: Targets): number {
    return this.#thermostat?.energy(targets.temperature) ?? 0;
  }

  save(): Float64Array {
    return Float64Array.of(this.heat, ...(this.#thermostat?.save() ?? []));
  }

  restore(saved: Float64Array): void {
    this.heat = saved[0];
    this.#thermostat?.restore(saved.subarray(1));
  }
}
