/**
 * Molecular dynamics: the driver that every ensemble shares. It owns the system, the propagator and the running
 * averages; the caller owns engines, files and the job around it.
 *
 * Conserved quantity: E = U + K + (thermostat, barostat) − heat; its slope in time is reported as the drift.
 */
import { SimulationError, StructureError } from '../errors.ts';
import type { ForceEngine } from '../potentials/potential.ts';
import { isSteppingEngine, type SteppingEngine } from '../potentials/stepping-engine.ts';
import { volume } from '../structure/cell.ts';
import type { Configuration } from '../structure/configuration.ts';
import { EV_PER_A3_IN_GPA } from '../units.ts';
import type { Estimate } from './averages.ts';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  requireLengths,
  requireSameSettings,
  restoring,
  type Checkpoint,
} from './checkpoint.ts';
import { createPropagator, thermostatGroup } from './create-propagator.ts';
import type { Propagator, Targets } from './propagators.ts';
import { Random } from './random.ts';
import { explosionMessage, requireUsableStart } from './safety.ts';
import { isRamp, scheduleAt, type MolecularDynamicsSettings } from './settings.ts';
import {
  createSystem,
  fastestAtom,
  kineticEnergy,
  maxwellVelocities,
  pressureOf,
  removeMomentum,
  temperatureOf,
  type ParticleSystem,
} from './system.ts';
import { ThermodynamicAverages, type Thermodynamics } from './thermodynamics.ts';

/** Largest distance that an atom may travel in one step before the run counts as exploded, Å. */
const LARGEST_STEP = 1;

export type { Thermodynamics } from './thermodynamics.ts';

export interface MolecularDynamicsSummary {
  readonly steps: number;
  /** fs */
  readonly time: number;
  /** meV/atom/ps; NaN for fewer than two steps */
  readonly drift: number;
  /** K */
  readonly temperature: Estimate;
  /** potential + kinetic, eV/atom */
  readonly energy: Estimate;
  /** eV/atom */
  readonly potential: Estimate;
  /** GPa */
  readonly pressure: Estimate;
  /** Å³ */
  readonly volume: Estimate;
}

export interface MolecularDynamicsOptions {
  /** 1 for atoms that do not move */
  readonly fixed?: Uint8Array;
  /** 1 for atoms that feel the thermostat; all when absent. Constant volume only. */
  readonly thermostatted?: Uint8Array;
  /** cheap potential for multiple time steps */
  readonly cheapEngine?: ForceEngine;
  /**
   * Step at which the run has to be looked at next, above the one given. With it, an engine that can carry out stretches
   * of constant energy by itself does so; averages then take one sample per stretch.
   */
  readonly nextStop?: (step: number) => number;
}

/** Called after a step; a promise is waited for. Throw CancelledError to stop. */
export type StepObserver = (simulation: MolecularDynamics) => void | Promise<void>;

export class MolecularDynamics {
  readonly system: ParticleSystem;
  readonly settings: MolecularDynamicsSettings;
  /** Overwritten after every step. */
  readonly thermodynamics: Thermodynamics;
  readonly #engine: ForceEngine;
  readonly #cheap: ForceEngine | undefined;
  readonly #random: Random;
  readonly #propagator: Propagator;
  readonly #targets: Targets = { temperature: 0, pressure: 0 };
  readonly #averages = new ThermodynamicAverages();
  readonly #bulk: boolean;
  readonly #stepper: SteppingEngine | undefined;
  readonly #nextStop: ((step: number) => number) | undefined;
  /** Heat put in by moving targets: −∫V dP and the like. */
  #work = 0;
  /** Steps up to here are done one by one, since a stretch of them failed. */
  #singleUntil = 0;
  #ready = false;

  /**
   * @param configuration starting structure; its velocities are used when settings.keepVelocities
   * @param engine made for this structure
   * @throws SimulationError for settings that do not fit the structure
   */
  constructor(
    configuration: Configuration,
    engine: ForceEngine,
    settings: MolecularDynamicsSettings,
    options: MolecularDynamicsOptions = {},
  ) {
    this.settings = settings;
    const group = thermostatGroup(configuration.kinds.length, settings, options);
    this.system = createSystem(configuration, {
      fixed: options.fixed,
      // forces between the group and the others carry momentum that the thermostat does not keep
      removeMomentum: settings.removeMomentum ?? (group ? false : undefined),
    });
    this.#engine = engine;
    this.#cheap = options.cheapEngine;
    this.#random = new Random(settings.seed);
    this.#bulk = configuration.periodic.every(Boolean);
    this.#propagator = createPropagator(settings, this.system, engine, this.#random, {
      cheap: options.cheapEngine,
      group,
    });
    this.#nextStop = options.nextStop;
    this.#stepper = options.nextStop && this.#stepperOf(engine);
    this.thermodynamics = {
      step: 0,
      time: 0,
      temperature: NaN,
      potential: NaN,
      kinetic: NaN,
      conserved: NaN,
      pressure: NaN,
      volume: NaN,
    };
    this.#setTargets(0);
    const temperature = scheduleAt(settings.temperature, 0);
    if (!(settings.keepVelocities && configuration.velocities)) {
      maxwellVelocities(this.system, temperature, this.#random, true);
    } else if (this.system.momentumRemoved) {
      removeMomentum(this.system);
    }
  }

  /** Number of steps done. */
  get step(): number {
    return this.thermodynamics.step;
  }

  /** Results of the last force call, for trajectories. */
  get forces(): Float64Array {
    return this.#engine.result.forces;
  }

  get atomEnergies(): Float64Array {
    return this.#engine.result.atomEnergies;
  }

  /** W of the last force call, eV; 9. */
  get virial(): Float64Array {
    return this.#engine.result.virial;
  }

  /** Evaluates the start. Called by run when needed. */
  async initialise(): Promise<void> {
    if (this.#ready) return;
    await this.#evaluate(this.#engine);
    if (this.#cheap) await this.#evaluate(this.#cheap);
    requireUsableStart(this.system, this.#engine.result);
    this.#ready = true;
    this.#measure(false);
  }

  /**
   * Advances until `lastStep` (default: the run's last one).
   * @param observe called after every step
   * @throws SimulationError with step, atom and force when the run explodes
   */
  async run(observe?: StepObserver, lastStep = this.settings.steps): Promise<void> {
    await this.initialise();
    const thermo = this.thermodynamics;
    const { timestep, checkpointEvery } = this.settings;
    while (thermo.step < lastStep) {
      if (this.#stepper && (await this.#stretch(this.#stepper, lastStep))) {
        const pending = observe?.(this);
        if (pending) await pending;
        continue;
      }
      const dt = this.settings.maximumDisplacement === undefined ? timestep : this.#adaptedStep();
      this.#setTargets(thermo.step);
      for (let stage = 0; stage < this.#propagator.stages; stage++) {
        const engine = this.#propagator.prepare(stage, dt, this.#targets);
        this.#requireCalm(dt);
        const pending = engine.compute(this.system.positions, this.system.cell);
        if (pending) await pending;
      }
      this.#propagator.finish(dt, this.#targets);
      thermo.step++;
      thermo.time += dt;
      if (thermo.step % checkpointEvery === 0) await this.#refresh();
      this.#measure(true, dt);
      const pending = observe?.(this);
      if (pending) await pending;
    }
  }

  /** The engine, where it can do this run's steps by itself. */
  #stepperOf(engine: ForceEngine): SteppingEngine | undefined {
    const { ensemble, maximumDisplacement, timestep } = this.settings;
    const plain = ensemble === 'nve' && maximumDisplacement === undefined && this.#cheap === undefined;
    if (!plain || this.system.fixed.some(Boolean)) return undefined;
    return isSteppingEngine(engine) && engine.timestep === timestep ? engine : undefined;
  }

  /**
   * A stretch of steps by the engine itself.
   * @returns false when it failed: the same steps one by one then say which atom and force did it
   */
  async #stretch(stepper: SteppingEngine, lastStep: number): Promise<boolean> {
    const thermo = this.thermodynamics;
    if (thermo.step < this.#singleUntil) return false;
    const end = Math.min(lastStep, this.#nextStop?.(thermo.step) ?? lastStep);
    const steps = end - thermo.step;
    try {
      await stepper.advance(this.system, steps, thermo.step);
    } catch (error) {
      if (!(error instanceof SimulationError || error instanceof StructureError)) throw error;
      this.#singleUntil = end;
      await this.#evaluate(stepper);
      return false;
    }
    thermo.step = end;
    thermo.time += steps * this.settings.timestep;
    if (thermo.step % this.settings.checkpointEvery === 0) await this.#refresh();
    this.#measure(true);
    return true;
  }

  /**
   * At checkpoints the forces are evaluated with a fresh neighbour list, in the run that goes on as in the one that
   * resumes there: both continue from the same bits.
   */
  async #refresh(): Promise<void> {
    for (const engine of [this.#engine, this.#cheap]) {
      if (!engine) continue;
      engine.forgetNeighbours();
      await this.#evaluate(engine);
    }
  }

  async #evaluate(engine: ForceEngine): Promise<void> {
    const pending = engine.compute(this.system.positions, this.system.cell);
    if (pending) await pending;
  }

  #setTargets(step: number): void {
    const { temperature, pressure, steps } = this.settings;
    const fraction = steps > 0 ? step / steps : 0;
    this.#targets.temperature = scheduleAt(temperature, fraction);
    const next = scheduleAt(pressure ?? 0, fraction) / EV_PER_A3_IN_GPA;
    if (step > 0 && next !== this.#targets.pressure) {
      this.#work += (next - this.#targets.pressure) * volume(this.system.cell);
    }
    this.#targets.pressure = next;
  }

  /** Largest step up to the set one in which no atom moves farther than allowed. */
  #adaptedStep(): number {
    const limit = this.settings.maximumDisplacement ?? Infinity;
    const { velocities: v, inverseMasses, count } = this.system;
    const f = this.#engine.result.forces;
    let dt = this.settings.timestep;
    for (let i = 0, k = 0; i < count; i++, k += 3) {
      if (inverseMasses[i] === 0) continue;
      const speed = Math.sqrt(v[k] ** 2 + v[k + 1] ** 2 + v[k + 2] ** 2);
      const acceleration = inverseMasses[i] * Math.sqrt(f[k] ** 2 + f[k + 1] ** 2 + f[k + 2] ** 2);
      // smallest positive root of speed·t + ½ acceleration·t² = limit
      dt = Math.min(dt, (2 * limit) / (speed + Math.sqrt(speed * speed + 2 * acceleration * limit)));
    }
    return dt;
  }

  #requireCalm(dt: number): void {
    const { atom, speed } = fastestAtom(this.system);
    const result = this.#engine.result;
    if (speed * dt < LARGEST_STEP && Number.isFinite(result.energy)) return;
    throw new SimulationError(explosionMessage(this.system, result, this.step + 1, atom, speed * dt), {
      remedy: 'Use a smaller time step, relax the structure first, or limit the displacement per step.',
    });
  }

  /** @param duration of the step that led here, where steps differ */
  #measure(sample: boolean, duration = this.settings.timestep): void {
    const { system, thermodynamics: thermo } = this;
    const { energy, virial } = this.#engine.result;
    thermo.kinetic = kineticEnergy(system);
    thermo.temperature = temperatureOf(system, thermo.kinetic);
    thermo.potential = energy;
    if (this.#bulk) {
      thermo.pressure = pressureOf(system, thermo.kinetic, virial) * EV_PER_A3_IN_GPA;
      thermo.volume = volume(system.cell);
    }
    const extra = this.#propagator.extraEnergy(this.#targets);
    thermo.conserved = energy + thermo.kinetic + extra - this.#propagator.heat - this.#work;
    if (!sample) return;
    const { maximumDisplacement, timestep } = this.settings;
    const adaptive = maximumDisplacement !== undefined;
    this.#averages.add(thermo, system.count, adaptive ? { duration, sample: timestep } : undefined);
  }

  /** Forgets the averages so far, such as those of the equilibration. */
  resetAverages(): void {
    this.#averages.reset();
  }

  get summary(): MolecularDynamicsSummary {
    // a Nosé–Hoover chain's own energy changes with its target, so a ramp has no conserved quantity
    const meaningless = this.settings.ensemble === 'nvt-nose-hoover' && isRamp(this.settings.temperature);
    return {
      steps: this.thermodynamics.step,
      time: this.thermodynamics.time,
      drift: meaningless ? NaN : (this.#averages.drift * 1e6) / this.system.count,
      ...this.#averages.estimates,
    };
  }

  /** Everything needed to go on. Bit-for-bit only right after a step that is a multiple of checkpointEvery. */
  save(): Uint8Array {
    const arrays: Record<string, Float64Array> = {
      positions: this.system.positions,
      velocities: this.system.velocities,
      cell: this.system.cell,
      random: Float64Array.from(this.#random.state),
      propagator: this.#propagator.save(),
      ...this.#averages.save(),
      clock: Float64Array.of(this.step, this.thermodynamics.time, this.#work, this.#targets.pressure),
    };
    const values = { count: this.system.count, settings: JSON.stringify(this.settings) };
    return encodeCheckpoint({ kind: 'molecular-dynamics-1', values, arrays });
  }

  /**
   * Goes back to a checkpoint of a run with the same structure and settings.
   * @throws SimulationError when the checkpoint belongs to another run
   */
  restore(bytes: Uint8Array): void {
    const checkpoint: Checkpoint = decodeCheckpoint(bytes, 'molecular-dynamics-1');
    const { arrays, values } = checkpoint;
    if (values.count !== this.system.count) {
      throw new SimulationError(
        `The checkpoint holds ${values.count} atoms, and the structure ${this.system.count}.`,
        {
          remedy: 'Resume with the structure that the run was started with.',
        },
      );
    }
    // a longer run may go on from a shorter one unless a ramp depends on its length
    const ramped = isRamp(this.settings.temperature) || isRamp(this.settings.pressure ?? 0);
    requireSameSettings(String(values.settings), this.settings, ramped ? [] : ['steps']);
    const { count } = this.system;
    requireLengths(arrays, { positions: 3 * count, velocities: 3 * count, cell: 9, random: 5 });
    restoring(() => this.#restoreArrays(arrays));
    this.#engine.forgetNeighbours();
    this.#cheap?.forgetNeighbours();
    this.#ready = false;
  }

  #restoreArrays(arrays: Checkpoint['arrays']): void {
    this.system.positions.set(arrays.positions);
    this.system.velocities.set(arrays.velocities);
    this.system.cell.set(arrays.cell);
    const [a, b, c, d, spare] = arrays.random;
    this.#random.state = [a, b, c, d, spare];
    this.#propagator.restore(arrays.propagator);
    this.#averages.restore(arrays);
    const [step, time, work, pressure] = arrays.clock;
    this.thermodynamics.step = step;
    this.thermodynamics.time = time;
    this.#work = work;
    this.#targets.pressure = pressure;
  }
}
