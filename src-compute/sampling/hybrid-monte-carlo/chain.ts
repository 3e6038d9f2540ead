/**
 * One Markov chain of hybrid Monte Carlo (Duane, Kennedy, Pendleton & Roweth, Phys. Lett. B 195 (1987) 216):
 * draw momenta, follow a reversible volume-preserving map, accept with min{1, exp(−βΔH)}; between trajectories moves
 * of the cell and exchanges of atoms. With partial refreshment momenta are flipped on rejection (Horowitz, Phys.
 * Lett. B 268 (1991) 247).
 */
import { SimulationError, StructureError } from '../../errors.ts';
import type { ForceEngine } from '../../potentials/potential.ts';
import type { Configuration } from '../../structure/configuration.ts';
import { BOLTZMANN_EV_PER_K, EV_PER_A3_IN_GPA } from '../../units.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../checkpoint.ts';
import { Random } from '../random.ts';
import { requireUsableStart } from '../safety.ts';
import { createSystem, type ParticleSystem } from '../system.ts';
import type { ChainRecord } from './diagnostics.ts';
import { TrajectoryRunner } from './integrators.ts';
import { DiagonalMetric, type Metric } from './metric.ts';
import { proposeCell, proposeSwap } from './moves.ts';
import { ChainRecorder } from './recorder.ts';
import { TARGET_ACCEPTANCE, type HybridMonteCarloSettings } from './settings.ts';
import { DualAveraging, RandomWalkWidth } from './step-size.ts';

export interface HybridMonteCarloOptions {
  /** 1 for atoms that do not move */
  readonly fixed?: Uint8Array;
  /** cheap potential for surrogate and respa proposals */
  readonly cheapEngine?: ForceEngine;
  /** mass matrix; the physical masses when absent */
  readonly metric?: Metric;
  /** number of the chain: an independent random stream */
  readonly chain?: number;
}

/** Called after every trajectory; a promise is waited for. Throw CancelledError to stop. */
export type TrajectoryObserver = (chain: HybridMonteCarlo) => void | Promise<void>;

export class HybridMonteCarlo {
  readonly system: ParticleSystem;
  readonly settings: HybridMonteCarloSettings;
  /** Forces at the current state, eV/Å. */
  readonly forces: Float64Array;
  readonly atomEnergies: Float64Array;
  /** Trajectories done, burn-in included. */
  trajectory = 0;
  /** fs; tuned in burn-in */
  stepSize: number;
  /** K; changes only by replica exchange */
  temperature: number;
  swapsTried = 0;
  swapsAccepted = 0;
  cellMovesTried = 0;
  cellMovesAccepted = 0;
  #potential = NaN;
  readonly #virial = new Float64Array(9);
  readonly #momenta: Float64Array;
  readonly #startPositions: Float64Array;
  readonly #startMomenta: Float64Array;
  readonly #engine: ForceEngine;
  readonly #cheap: ForceEngine | undefined;
  readonly #runner: TrajectoryRunner;
  readonly #metric: Metric;
  readonly #random: Random;
  readonly #averaging: DualAveraging;
  readonly #cellWidth = new RandomWalkWidth(0.02);
  readonly #recorder: ChainRecorder;
  #callsAtBurnIn = 0;
  #ready = false;

  constructor(
    configuration: Configuration,
    engine: ForceEngine,
    settings: HybridMonteCarloSettings,
    options: HybridMonteCarloOptions = {},
  ) {
    this.settings = settings;
    // momenta are drawn afresh, so nothing is gained by holding the centre of mass
    this.system = createSystem(configuration, { fixed: options.fixed, removeMomentum: false });
    const bulk = configuration.periodic.every(Boolean);
    this.#recorder = new ChainRecorder(bulk);
    if (settings.ensemble === 'npt' && (!bulk || this.system.fixed.some(Boolean))) {
      throw new SimulationError(
        'Pressure control needs a cell that is periodic in all three directions, and no fixed atoms.',
        {
          remedy: 'Use the ensemble nvt.',
        },
      );
    }
    if (settings.fidelity !== 'single' && !options.cheapEngine) {
      throw new SimulationError('Proposals with a cheap potential need a second potential.');
    }
    const size = 3 * this.system.count;
    this.#engine = engine;
    this.#cheap = options.cheapEngine;
    this.#metric = options.metric ?? new DiagonalMetric(this.system);
    this.#runner = new TrajectoryRunner(this.system.count, () => this.#metric, engine, options.cheapEngine);
    this.#random = new Random(settings.seed, options.chain ?? 0);
    this.forces = new Float64Array(size);
    this.atomEnergies = new Float64Array(this.system.count);
    this.#momenta = new Float64Array(size);
    this.#startPositions = new Float64Array(size);
    this.#startMomenta = new Float64Array(size);
    this.stepSize = settings.timestep;
    this.temperature = settings.temperature;
    const target = settings.targetAcceptance ?? TARGET_ACCEPTANCE[settings.integrator];
    this.#averaging = new DualAveraging(settings.timestep, target);
  }

  /** U of the current state, eV. */
  get potential(): number {
    return this.#potential;
  }

  get burningIn(): boolean {
    return this.trajectory < this.settings.burnIn;
  }

  /** Force calls of the accurate potential, burn-in included. */
  get forceCalls(): number {
    return this.#runner.forceCalls;
  }

  get cheapForceCalls(): number {
    return this.#runner.cheapForceCalls;
  }

  get record(): ChainRecord {
    return this.#recorder.record(this.#runner.forceCalls - this.#callsAtBurnIn);
  }

  get #beta(): number {
    return 1 / (BOLTZMANN_EV_PER_K * this.temperature);
  }

  /** Evaluates the start. Called by run when needed. */
  async initialise(): Promise<void> {
    if (this.#ready) return;
    await this.#runner.evaluate(this.system.positions, this.system.cell);
    requireUsableStart(this.system, this.#engine.result);
    this.#adopt();
    this.#metric.draw(this.#random, BOLTZMANN_EV_PER_K * this.temperature, this.#momenta);
    this.#ready = true;
  }

  /** Runs until `last` trajectories are done (default: burn-in and production). */
  async run(
    observe?: TrajectoryObserver,
    last = this.settings.burnIn + this.settings.trajectories,
  ): Promise<void> {
    await this.initialise();
    while (this.trajectory < last) {
      const { change, accepted } = await this.#trajectoryStep();
      if (this.settings.ensemble === 'npt') await this.#cellStep();
      for (let k = 0; k < this.settings.swaps; k++) await this.#swapStep();
      if (this.burningIn) this.#tune(change);
      else this.#note(change, accepted);
      this.trajectory++;
      if (this.trajectory === this.settings.burnIn) this.#freeze();
      if (this.trajectory % this.settings.checkpointEvery === 0) await this.refresh();
      const pending = observe?.(this);
      if (pending) await pending;
    }
  }

  /** Takes the engine's results as those of the current state. */
  #adopt(): void {
    const { energy, forces, virial, atomEnergies } = this.#engine.result;
    this.#potential = energy;
    this.forces.set(forces);
    this.#virial.set(virial);
    this.atomEnergies.set(atomEnergies);
  }

  /** As in MolecularDynamics: both the run that goes on and the one that resumes start from fresh neighbour lists. */
  async refresh(): Promise<void> {
    this.#engine.forgetNeighbours();
    this.#cheap?.forgetNeighbours();
    await this.#runner.evaluate(this.system.positions, this.system.cell);
    this.#adopt();
  }

  async #trajectoryStep(): Promise<{ change: number; accepted: boolean }> {
    const { settings, system } = this;
    const random = this.#random;
    this.#refreshMomenta();
    const steps = Math.max(
      1,
      Math.round(settings.leapfrogSteps * (1 + settings.lengthJitter * (2 * random.uniform() - 1))),
    );
    const dt = this.stepSize * (1 + settings.stepJitter * (2 * random.uniform() - 1));
    this.#startPositions.set(system.positions);
    this.#startMomenta.set(this.#momenta);
    const before = this.#metric.kinetic(this.#momenta);
    const arrived = await this.#propagate(steps, dt);
    let change = Infinity;
    if (arrived) {
      change = this.#engine.result.energy - this.#potential + (this.#metric.kinetic(this.#momenta) - before);
      if (Number.isNaN(change)) change = Infinity;
    }
    // one random number per decision, whatever ΔH is, keeps streams comparable
    const toss = random.uniform();
    const accepted = settings.unadjusted ? change < Infinity : toss < Math.exp(-this.#beta * change);
    if (accepted) {
      this.#adopt();
    } else {
      system.positions.set(this.#startPositions);
      for (let k = 0; k < this.#momenta.length; k++) this.#momenta[k] = -this.#startMomenta[k];
    }
    return { change, accepted };
  }

  #refreshMomenta(): void {
    const { refreshment } = this.settings;
    const kT = BOLTZMANN_EV_PER_K * this.temperature;
    if (refreshment >= 1) {
      this.#metric.draw(this.#random, kT, this.#momenta);
      return;
    }
    const fresh = this.#startMomenta; // scratch until the trajectory starts
    this.#metric.draw(this.#random, kT, fresh);
    const keep = Math.sqrt(1 - refreshment ** 2);
    for (let k = 0; k < fresh.length; k++)
      this.#momenta[k] = keep * this.#momenta[k] + refreshment * fresh[k];
  }

  async #propagate(steps: number, dt: number): Promise<boolean> {
    const { settings, system } = this;
    const point = { positions: system.positions, momenta: this.#momenta, cell: system.cell };
    try {
      if (settings.fidelity === 'respa') {
        return await this.#runner.runMultiple(point, steps, settings.innerSteps, dt, this.forces);
      }
      const surrogate = settings.fidelity === 'surrogate';
      return await this.#runner.run(
        point,
        settings.integrator,
        steps,
        dt,
        surrogate ? undefined : this.forces,
        surrogate,
      );
    } catch (error) {
      // an engine refuses structures it cannot evaluate: such a place has no weight
      if (error instanceof StructureError) return false;
      throw error;
    }
  }

  async #cellStep(): Promise<void> {
    const { settings, system } = this;
    const move = proposeCell(
      system.positions,
      system.cell,
      settings.cellMotion,
      this.#cellWidth.width,
      this.#random,
    );
    const work = ((settings.pressure ?? 0) / EV_PER_A3_IN_GPA) * move.volumeChange;
    const probability = await this.#weigh(move.positions, move.cell, work, move.logJacobian);
    this.cellMovesTried++;
    if (this.#random.uniform() < probability) {
      this.cellMovesAccepted++;
      system.positions.set(move.positions);
      system.cell.set(move.cell);
      this.#adopt();
    }
    if (this.burningIn) this.#cellWidth.update(probability);
  }

  async #swapStep(): Promise<void> {
    const { system } = this;
    const positions = proposeSwap(system.positions, system.kinds, system.fixed, this.#random);
    if (!positions) {
      throw new SimulationError('Exchanges of atoms need at least two species that can move.', {
        remedy: 'Set the number of swaps to 0.',
      });
    }
    const probability = await this.#weigh(positions, system.cell, 0, 0);
    this.swapsTried++;
    if (this.#random.uniform() < probability) {
      this.swapsAccepted++;
      system.positions.set(positions);
      this.#adopt();
    }
  }

  /** min{1, exp(−β(ΔU + work) + logJacobian)} of a proposed state; 0 where the potential is not defined. */
  async #weigh(
    positions: Float64Array,
    cell: Float64Array,
    work: number,
    logJacobian: number,
  ): Promise<number> {
    try {
      await this.#runner.evaluate(positions, cell);
    } catch (error) {
      if (error instanceof StructureError) return 0;
      throw error;
    }
    const change = this.#engine.result.energy - this.#potential + work;
    if (!Number.isFinite(change)) return 0;
    return Math.min(1, Math.exp(-this.#beta * change + logJacobian));
  }

  #tune(change: number): void {
    if (!this.settings.adapt) return;
    this.#averaging.update(Math.min(1, Math.exp(-this.#beta * change)));
    this.stepSize = this.#averaging.current;
  }

  #freeze(): void {
    if (this.settings.adapt) this.stepSize = this.#averaging.average;
    this.#callsAtBurnIn = this.#runner.forceCalls;
  }

  #note(change: number, accepted: boolean): void {
    this.#recorder.note(this.system, this.#potential, this.#virial, this.temperature, change, accepted);
  }

  /** Exchanges the states (positions, cell, energy) of two chains of one system: replica exchange. */
  exchangeState(other: HybridMonteCarlo): void {
    const swap = (a: Float64Array, b: Float64Array) => {
      const copy = a.slice();
      a.set(b);
      b.set(copy);
    };
    swap(this.system.positions, other.system.positions);
    swap(this.system.cell, other.system.cell);
    swap(this.forces, other.forces);
    swap(this.atomEnergies, other.atomEnergies);
    swap(this.#virial, other.#virial);
    [this.#potential, other.#potential] = [other.#potential, this.#potential];
    // momenta belong to the temperature: partial refreshment goes on from fresh ones
    for (const chain of [this, other]) {
      chain.#metric.draw(chain.#random, BOLTZMANN_EV_PER_K * chain.temperature, chain.#momenta);
    }
  }

  /**
   * Follows one trajectory from the current state without changing the chain, for the checks.
   * @returns ΔH and the largest distance from the start after going back
   */
  async probe(
    steps: number,
    dt: number,
    random: Random,
    back: boolean,
  ): Promise<{ change: number; distance: number }> {
    const { system } = this;
    const saved = {
      positions: system.positions.slice(),
      momenta: this.#momenta.slice(),
      forces: this.forces.slice(),
    };
    this.#metric.draw(random, BOLTZMANN_EV_PER_K * this.temperature, this.#momenta);
    const before = this.#metric.kinetic(this.#momenta);
    const arrived = await this.#propagate(steps, dt);
    const change = arrived
      ? this.#engine.result.energy - this.#potential + (this.#metric.kinetic(this.#momenta) - before)
      : Infinity;
    let distance = NaN;
    if (back && arrived) {
      for (let k = 0; k < this.#momenta.length; k++) this.#momenta[k] = -this.#momenta[k];
      this.forces.set(this.#engine.result.forces);
      if (await this.#propagate(steps, dt)) {
        distance = 0;
        for (let k = 0; k < saved.positions.length; k++) {
          distance = Math.max(distance, Math.abs(system.positions[k] - saved.positions[k]));
        }
      }
    }
    system.positions.set(saved.positions);
    this.#momenta.set(saved.momenta);
    this.forces.set(saved.forces);
    return { change, distance };
  }

  /** All but the number of trajectories: a longer run may go on from a shorter one. */
  #comparableSettings(): string {
    return JSON.stringify({ ...this.settings, trajectories: 0 });
  }

  /** Everything needed to go on. Bit-for-bit only right after a trajectory that is a multiple of checkpointEvery. */
  save(): Uint8Array {
    const arrays: Record<string, Float64Array> = {
      positions: this.system.positions,
      momenta: this.#momenta,
      cell: this.system.cell,
      random: Float64Array.from(this.#random.state),
      clock: Float64Array.of(this.trajectory, this.stepSize, this.temperature, this.#callsAtBurnIn),
      counts: Float64Array.of(
        this.swapsTried,
        this.swapsAccepted,
        this.cellMovesTried,
        this.cellMovesAccepted,
        this.#runner.forceCalls,
        this.#runner.cheapForceCalls,
      ),
      averaging: Float64Array.from(this.#averaging.save()),
      cellWidth: Float64Array.from(this.#cellWidth.save()),
      ...this.#recorder.save(),
    };
    const values = { count: this.system.count, settings: this.#comparableSettings() };
    return encodeCheckpoint({ kind: 'hybrid-monte-carlo-1', values, arrays });
  }

  /**
   * Goes back to a checkpoint of a run with the same structure and settings.
   * @throws SimulationError when the checkpoint belongs to another run
   */
  async restore(bytes: Uint8Array): Promise<void> {
    const { arrays, values } = decodeCheckpoint(bytes, 'hybrid-monte-carlo-1');
    if (values.count !== this.system.count || values.settings !== this.#comparableSettings()) {
      throw new SimulationError(
        'The checkpoint was made with another structure or other settings than this run has.',
        {
          remedy: 'Resume with the structure and the settings that the run was started with.',
        },
      );
    }
    this.system.positions.set(arrays.positions);
    this.system.cell.set(arrays.cell);
    this.#momenta.set(arrays.momenta);
    const [a, b, c, d, spare] = arrays.random;
    this.#random.state = [a, b, c, d, spare];
    [this.trajectory, this.stepSize, this.temperature, this.#callsAtBurnIn] = arrays.clock;
    [this.swapsTried, this.swapsAccepted, this.cellMovesTried, this.cellMovesAccepted] = arrays.counts;
    this.#averaging.restore(arrays.averaging);
    this.#cellWidth.restore(arrays.cellWidth);
    this.#recorder.restore(arrays);
    await this.refresh();
    this.#runner.forceCalls = arrays.counts[4];
    this.#runner.cheapForceCalls = arrays.counts[5];
    this.#ready = true;
  }
}
