/**
 * Molecular dynamics that stays on the GPU: velocity Verlet in the NVE ensemble, many steps per submit.
 *
 *   v ← v + F Δt/2m,  x ← x + v Δt,  F ← F(x),  v ← v + F Δt/2m
 *
 * Positions are fixed-point numbers and velocities 32-bit floats. The device checks the Verlet skin itself: when an atom
 * has drifted by more than half of it, this step's second half and all later steps of the submit do nothing, the CPU
 * rebuilds the list and finishes the step. While the CPU reads one submit back the device works on the next. Every
 * reading is a checkpoint in 64 bits; when the device is lost, the run goes on from the last one on a new device.
 *
 * Source: Swope et al., J. Chem. Phys. 76 (1982) 637 (velocity Verlet).
 */
import { CancelledError, SimulationError, StructureError } from '../../errors.ts';
import { emptyEvaluation } from '../../potentials/potential.ts';
import type { Evaluation, PotentialModelBase } from '../../potentials/potential.ts';
import { AMU_A2_PER_FS2_IN_EV } from '../../units.ts';
import type { AtomsOfEngine } from '../atoms.ts';
import { speciesOfAtoms } from '../species.ts';
import { openGpu } from './device.ts';
import type { GpuContext, GpuProvider } from './device.ts';
import { collectResult, overlapError } from './engine.ts';
import { fixedDifference } from './fixed-point.ts';
import { PairLists } from './pair-lists.ts';
import { ResidentKernels } from './resident-kernels.ts';
import type { ResidentReading } from './resident-kernels.ts';

export interface ResidentNveOptions {
  /** fs */
  readonly timestep: number;
  /** Å; default 1. */
  readonly skin?: number;
  /** Most steps that the device does without the CPU; default 50. Fewer where they would take long. */
  readonly stepsPerSubmit?: number;
}

/** Where a run begins. Arrays are copied. */
export interface ResidentStart {
  /** 3N, Å */
  readonly positions: Float64Array;
  /** 3N, Å/fs */
  readonly velocities: Float64Array;
  /** N, amu */
  readonly masses: Float64Array;
  /** 9, Å */
  readonly cell: Float64Array;
}

export interface ResidentRunOptions {
  readonly signal?: AbortSignal;
  /** Called after every reading of a whole step. */
  readonly onReading?: (run: ResidentNve) => void;
}

/** Wall time that a submit should take, ms: drivers take the device away from programs that keep it busy for seconds. */
const SUBMIT_TIME = 100;

/** A device that is lost so often without a step in between is not worth another attempt. */
const ATTEMPTS = 3;

export class ResidentNve {
  /** Steps done up to the last reading. */
  step = 0;
  /** State of the last reading, in the order of the user's atoms: Å, Å/fs, eV, eV/Å. */
  readonly positions: Float64Array;
  readonly velocities: Float64Array;
  readonly result: Evaluation;
  /** How often the device was lost and opened again. */
  deviceRecoveries = 0;

  private readonly provider: GpuProvider;
  private readonly model: PotentialModelBase;
  private readonly species: Int32Array;
  private readonly start: ResidentStart;
  private readonly options: Required<ResidentNveOptions>;
  private readonly lists: PairLists;
  private kernels: ResidentKernels | undefined;
  /** Fixed-point positions of the sorted atoms at the last reading. */
  private fixed = new Int32Array(0);
  /** The last reading stands after the drift: forces and second half of the step are still to come. */
  private drifted = false;
  /** Steps of the next submit: from one up, as long as they are quick. */
  private pace = 1;
  /** Whether the device holds the state of the last reading, with forces. */
  private resident = false;

  /**
   * @throws PotentialError for species that the potential does not have; SimulationError for settings that make no sense
   */
  constructor(
    provider: GpuProvider,
    model: PotentialModelBase,
    atoms: AtomsOfEngine,
    start: ResidentStart,
    options: ResidentNveOptions,
  ) {
    const n = atoms.kinds.length;
    const { timestep, skin = 1, stepsPerSubmit = 50 } = options;
    if (!(timestep > 0) || !Number.isInteger(stepsPerSubmit) || stepsPerSubmit < 1 || !(skin > 0)) {
      throw new SimulationError(
        `A run needs a positive time step and skin and at least one step per submit, and got ${timestep} fs, ${skin} Å and ${stepsPerSubmit}.`,
      );
    }
    if (start.positions.length !== 3 * n || start.velocities.length !== 3 * n || start.masses.length !== n) {
      throw new StructureError(`${n} atoms need ${3 * n} positions and velocities and ${n} masses.`);
    }
    if (!start.masses.every((mass) => mass > 0))
      throw new SimulationError('Every atom needs a mass above zero.');
    this.provider = provider;
    this.model = model;
    this.species = speciesOfAtoms(model.species, atoms);
    this.start = { ...start, masses: start.masses.slice(), cell: start.cell.slice() };
    this.options = { timestep, skin, stepsPerSubmit };
    this.positions = start.positions.slice();
    this.velocities = Float64Array.from(start.velocities, Math.fround);
    this.result = emptyEvaluation(n);
    this.lists = new PairLists(model.cutoff, skin, atoms.periodic);
  }

  /** The device in use, once the run has begun. */
  get context(): GpuContext | undefined {
    return this.kernels?.context;
  }

  get neighbourListBuilds(): number {
    return this.lists.builds;
  }

  /** Σ m v²/2, eV. */
  get kineticEnergy(): number {
    const { masses } = this.start;
    let sum = 0;
    for (let k = 0; k < this.velocities.length; k++) {
      sum += masses[Math.floor(k / 3)] * this.velocities[k] ** 2;
    }
    return (sum / 2) * AMU_A2_PER_FS2_IN_EV;
  }

  /** Kinetic and potential energy, eV: what the ensemble conserves. */
  get totalEnergy(): number {
    return this.kineticEnergy + this.result.energy;
  }

  /**
   * Does so many steps; can be called again to go on. With 0 it evaluates the forces.
   * @throws SimulationError when the run explodes; StructureError for unusable structures; NoGpuError without an
   *   adapter; CancelledError
   */
  async run(steps: number, options: ResidentRunOptions = {}): Promise<void> {
    const end = this.step + steps;
    let failures = 0;
    let furthest = this.step;
    while (this.step < end || !this.resident || this.drifted) {
      try {
        await this.advance(end, options);
      } catch (error) {
        const lost = this.kernels && !isVerdict(error) && (await this.kernels.context.isLost());
        failures = this.step > furthest ? 1 : failures + 1;
        furthest = this.step;
        if (!lost || failures > ATTEMPTS) throw error;
        this.kernels = undefined;
        this.resident = false;
        this.pace = 1;
        this.deviceRecoveries++;
      }
    }
  }

  /**
   * Goes on from another state of the same atoms; the neighbour list is built afresh, so that what follows depends on
   * this state alone. Velocities are rounded to 32 bits.
   * @param step number of the step that this state stands at
   */
  restart(positions: Float64Array, velocities: Float64Array, step: number): void {
    this.positions.set(positions);
    for (let k = 0; k < velocities.length; k++) this.velocities[k] = Math.fround(velocities[k]);
    this.step = step;
    this.drifted = false;
    this.resident = false;
  }

  dispose(): void {
    this.kernels?.destroy();
    this.kernels = undefined;
    this.resident = false;
  }

  /** Goes on to the end, or until the list has to be rebuilt. */
  private async advance(end: number, options: ResidentRunOptions): Promise<void> {
    if (!this.resident) await this.takeUp();
    if (this.drifted || this.step === end) options.onReading?.(this);
    this.drifted = false;
    const kernels = this.kernels;
    if (!kernels) return;
    const { stepsPerSubmit } = this.options;
    let ahead = this.step;
    let since = performance.now();
    const submit = () => {
      const count = Math.min(this.pace, stepsPerSubmit, end - ahead);
      ahead += count;
      if (count === 0) return undefined;
      const reading = kernels.submitSteps(count);
      // read later or, after a failure of the one before, never
      reading.catch(() => undefined);
      return reading;
    };
    let present = submit();
    while (present) {
      // the device works on this while the one before is read
      const next = submit();
      const reading = await present;
      if (reading.stopped || options.signal?.aborted) await next?.catch(() => undefined);
      this.accept(reading);
      const now = performance.now();
      if (now - since > 2 * SUBMIT_TIME) this.pace = Math.max(1, Math.floor(this.pace / 2));
      else if (now - since < SUBMIT_TIME / 2) this.pace = Math.min(stepsPerSubmit, 2 * this.pace);
      since = now;
      if (reading.stopped) return;
      options.onReading?.(this);
      if (options.signal?.aborted) {
        this.resident = false;
        throw new CancelledError();
      }
      present = next;
    }
  }

  /** Brings the last reading to the device: lists, positions, velocities; forces, and what is missing of a step. */
  private async takeUp(): Promise<void> {
    const { lists, start, options } = this;
    if (!this.kernels) {
      const context = await openGpu(this.provider);
      const quantum = 1 / lists.fixedPoint.scale;
      this.kernels = await ResidentKernels.open(context, this.model, { ...options, quantum });
    }
    lists.invalidate();
    lists.update(this.positions, start.cell);
    lists.refreshEntries(start.cell);
    this.fixed = lists.fixedPositions(this.positions, start.cell);
    await this.kernels.upload(lists, this.species, this.fixed, this.velocities, start.masses);
    const reading = await this.kernels.submitForces(this.drifted);
    this.accept(reading);
    this.resident = true;
  }

  /** Makes a reading the present state. */
  private accept(reading: ResidentReading): void {
    const { lists, positions, velocities } = this;
    for (let l = 0; l < lists.atomCount; l++) {
      const atom = 3 * lists.userIndex[l];
      for (let axis = 0; axis < 3; axis++) {
        const k = 3 * l + axis;
        positions[atom + axis] += fixedDifference(lists.fixedPoint, reading.positions[k], this.fixed[k]);
        velocities[atom + axis] = reading.velocities[k];
      }
    }
    this.fixed = reading.positions;
    this.step += reading.steps;
    if (reading.overlap > 0) throw overlapError(lists, reading.overlap - 1, positions);
    if (reading.exploded) {
      throw new SimulationError(
        `The simulation exploded at step ${this.step + 1}: an atom would move by more than ${(this.options.skin / 2).toFixed(2)} Å in one step.`,
        { remedy: 'Use a smaller time step, or start from a relaxed structure.' },
      );
    }
    this.drifted = reading.stopped;
    if (reading.stopped) {
      this.resident = false;
      return;
    }
    const energies = this.kernels?.atomicEnergies ?? new Float64Array(0);
    collectResult(reading.result, lists, this.species, energies, this.result);
  }
}

/** Errors about the simulation itself, which no new device would cure. */
function isVerdict(error: unknown): boolean {
  return (
    error instanceof SimulationError || error instanceof StructureError || error instanceof CancelledError
  );
}
