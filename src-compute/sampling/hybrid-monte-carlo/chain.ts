/**
 * One Markov chain of hybrid Monte Carlo (Duane, Kennedy, Pendleton & Roweth, Phys. Lett. B 195 (1987) 216):
 * draw momenta, follow a reversible volume-preserving map, accept with min{1, exp(−βΔH)}; between trajectories moves
 * of the cell and exchanges of atoms. With partial refreshment momenta are flipped on rejection (Horowitz, Phys.
 * Lett. B 268 (1991) 247). H is taken from the accurate engine alone, which is to be one in double precision; a cheap
 * engine may drive the trajectories.
 */
import { highestFrequency, stabilityLimit } from './stability.ts';
import { SimulationError, StructureError } from '../../errors.ts';
import type { ForceEngine } from '../../potentials/potential.ts';
import type { Configuration } from '../../structure/configuration.ts';
import { BOLTZMANN_EV_PER_K } from '../../units.ts';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  requireLengths,
  requireSameSettings,
  restoring,
  type Checkpoint,
} from '../checkpoint.ts';
import { Random } from '../random.ts';
import { requireUsableStart } from '../safety.ts';
import { createSystem, type ParticleSystem } from '../system.ts';
import type { ChainRecord } from './diagnostics.ts';
import { TrajectoryRunner } from './integrators.ts';
import { DiagonalMetric, type Metric } from './metric.ts';
import { ChainRecorder } from './recorder.ts';
import { TARGET_ACCEPTANCE, type HybridMonteCarloSettings } from './settings.ts';
import { ChainState } from './state.ts';
import { DualAveraging } from './step-size.ts';
import { StructureMoves } from './structure-moves.ts';

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

/** Systems of so few atoms have their stability limit looked at, and steps stay below this part of it. */
const FEW_ATOMS = 64;
const SAFE_PART = 0.6;

/** Called after every trajectory; a promise is waited for. Throw CancelledError to stop. */
export type TrajectoryObserver = (chain: HybridMonteCarlo) => void | Promise<void>;

const CHECKPOINT_KIND = 'hybrid-monte-carlo-1';

export class HybridMonteCarlo {
  readonly settings: HybridMonteCarloSettings;
  /** Trajectories done, burn-in included. */
  trajectory = 0;
  /** fs; tuned in burn-in */
  stepSize: number;
  /** K; changes only by replica exchange */
  temperature: number;
  /** Moves between trajectories and their counts. */
  readonly moves: StructureMoves;
  readonly #state: ChainState;
  readonly #engine: ForceEngine;
  readonly #cheap: ForceEngine | undefined;
  readonly #runner: TrajectoryRunner;
  readonly #metric: Metric;
  readonly #random: Random;
  readonly #averaging: DualAveraging;
  readonly #recorder: ChainRecorder;
  #callsAtBurnIn = 0;
  /** Tuning stays below this step, fs. */
  #longestStep = Infinity;
  #ready = false;

  /** @throws SimulationError for settings that do not fit the structure */
  constructor(
    configuration: Configuration,
    engine: ForceEngine,
    settings: HybridMonteCarloSettings,
    options: HybridMonteCarloOptions = {},
  ) {
    this.settings = settings;
    // momenta are drawn afresh, so nothing is gained by holding the centre of mass
    const system = createSystem(configuration, { fixed: options.fixed, removeMomentum: false });
    const bulk = configuration.periodic.every(Boolean);
    if (settings.ensemble === 'npt' && (!bulk || system.fixed.some(Boolean))) {
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
    this.#state = new ChainState(system);
    this.#recorder = new ChainRecorder(bulk);
    this.#engine = engine;
    this.#cheap = options.cheapEngine;
    this.#metric = options.metric ?? new DiagonalMetric(system);
    this.#runner = new TrajectoryRunner(system.count, () => this.#metric, engine, options.cheapEngine);
    this.#random = new Random(settings.seed, options.chain ?? 0);
    this.moves = new StructureMoves(settings, engine, this.#runner, this.#random);
    this.stepSize = settings.timestep;
    this.temperature = settings.temperature;
    const target = settings.targetAcceptance ?? TARGET_ACCEPTANCE[settings.integrator];
    this.#averaging = new DualAveraging(settings.timestep, target);
  }

  get system(): ParticleSystem {
    return this.#state.system;
  }

  /** U of the current state, eV. */
  get potential(): number {
    return this.#state.potential;
  }

  /** Forces at the current state, eV/Å. */
  get forces(): Float64Array {
    return this.#state.forces;
  }

  get atomEnergies(): Float64Array {
    return this.#state.atomEnergies;
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

  readonly #draw = (momenta: Float64Array): void =>
    this.#metric.draw(this.#random, BOLTZMANN_EV_PER_K * this.temperature, momenta);

  /** Evaluates the start. Called by run when needed. */
  async initialise(): Promise<void> {
    if (this.#ready) return;
    await this.#runner.evaluate(this.system.positions, this.system.cell);
    requireUsableStart(this.system, this.#engine.result);
    this.#state.adopt(this.#engine.result);
    this.#longestStep = await this.#safeStep();
    this.#draw(this.#state.momenta);
    this.#ready = true;
  }

  /** A part of the stability limit where the acceptance alone would let the step grow up to it: few atoms. */
  async #safeStep(): Promise<number> {
    const { adapt, burnIn, fidelity, integrator } = this.settings;
    if (!adapt || burnIn === 0 || fidelity !== 'single' || this.system.count > FEW_ATOMS) return Infinity;
    const frequency = await highestFrequency(
      this.#state,
      this.#metric,
      this.#runner,
      () => this.#engine.result.forces,
    );
    return frequency > 0 ? (SAFE_PART * stabilityLimit(integrator)) / frequency : Infinity;
  }

  /** Runs until `last` trajectories are done (default: burn-in and production). */
  async run(
    observe?: TrajectoryObserver,
    last = this.settings.burnIn + this.settings.trajectories,
  ): Promise<void> {
    await this.initialise();
    const state = this.#state;
    while (this.trajectory < last) {
      const { change, accepted } = await this.#trajectoryStep();
      if (this.settings.ensemble === 'npt') await this.moves.cell(state, this.#beta, this.burningIn);
      for (let k = 0; k < this.settings.swaps; k++) await this.moves.swap(state, this.#beta);
      if (this.burningIn) this.#tune(change);
      else
        this.#recorder.note(state.system, state.potential, state.virial, this.temperature, change, accepted);
      this.trajectory++;
      if (this.trajectory === this.settings.burnIn) this.#freeze();
      if (this.trajectory % this.settings.checkpointEvery === 0) await this.refresh();
      const pending = observe?.(this);
      if (pending) await pending;
    }
  }

  /** As in MolecularDynamics: both the run that goes on and the one that resumes start from fresh neighbour lists. */
  async refresh(): Promise<void> {
    this.#engine.forgetNeighbours();
    this.#cheap?.forgetNeighbours();
    await this.#runner.evaluate(this.system.positions, this.system.cell);
    this.#state.adopt(this.#engine.result);
  }

  async #trajectoryStep(): Promise<{ change: number; accepted: boolean }> {
    const { settings } = this;
    const state = this.#state;
    const random = this.#random;
    state.refreshMomenta(settings.refreshment, this.#draw);
    const steps = Math.max(
      1,
      Math.round(settings.leapfrogSteps * (1 + settings.lengthJitter * (2 * random.uniform() - 1))),
    );
    const dt = this.stepSize * (1 + settings.stepJitter * (2 * random.uniform() - 1));
    state.remember();
    const change = await this.#energyChange(steps, dt);
    // one random number per decision, whatever ΔH is, keeps streams comparable
    const toss = random.uniform();
    const accepted = settings.unadjusted ? change < Infinity : toss < Math.exp(-this.#beta * change);
    if (accepted) state.adopt(this.#engine.result);
    else state.goBack();
    return { change, accepted };
  }

  /** Moves along a trajectory; ΔH in eV, +∞ when it left the region where the potential is defined. */
  async #energyChange(steps: number, dt: number): Promise<number> {
    const before = this.#metric.kinetic(this.#state.momenta);
    if (!(await this.#propagate(steps, dt))) return Infinity;
    const kinetic = this.#metric.kinetic(this.#state.momenta) - before;
    const change = this.#engine.result.energy - this.#state.potential + kinetic;
    return Number.isNaN(change) ? Infinity : change;
  }

  async #propagate(steps: number, dt: number): Promise<boolean> {
    const { settings, system, forces } = this;
    const { fidelity, integrator, innerSteps } = settings;
    const point = { positions: system.positions, momenta: this.#state.momenta, cell: system.cell };
    try {
      if (fidelity === 'respa') return await this.#runner.runMultiple(point, steps, innerSteps, dt, forces);
      const surrogate = fidelity === 'surrogate';
      return await this.#runner.run(point, integrator, steps, dt, surrogate ? undefined : forces, surrogate);
    } catch (error) {
      // an engine refuses structures it cannot evaluate: such a place has no weight
      if (error instanceof StructureError) return false;
      throw error;
    }
  }

  #tune(change: number): void {
    if (!this.settings.adapt) return;
    this.#averaging.update(Math.min(1, Math.exp(-this.#beta * change)));
    this.stepSize = Math.min(this.#averaging.current, this.#longestStep);
  }

  #freeze(): void {
    if (this.settings.adapt) this.stepSize = Math.min(this.#averaging.average, this.#longestStep);
    this.#callsAtBurnIn = this.#runner.forceCalls;
  }

  /** Exchanges the states (positions, cell, energy) of two chains of one system: replica exchange. */
  exchangeState(other: HybridMonteCarlo): void {
    this.#state.exchangeStructure(other.#state);
    // momenta belong to the temperature: partial refreshment goes on from fresh ones
    for (const chain of [this, other]) chain.#draw(chain.#state.momenta);
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
    const { system, forces } = this;
    const { momenta } = this.#state;
    const saved = [system.positions, momenta, forces].map((array) => array.slice());
    this.#metric.draw(random, BOLTZMANN_EV_PER_K * this.temperature, momenta);
    const change = await this.#energyChange(steps, dt);
    let distance = NaN;
    if (back && change < Infinity) {
      for (let k = 0; k < momenta.length; k++) momenta[k] = -momenta[k];
      forces.set(this.#engine.result.forces);
      if (await this.#propagate(steps, dt)) {
        const [start] = saved;
        distance = start.reduce((most, x, k) => Math.max(most, Math.abs(system.positions[k] - x)), 0);
      }
    }
    [system.positions, momenta, forces].forEach((array, k) => array.set(saved[k]));
    return { change, distance };
  }

  /** Everything needed to go on. Bit-for-bit only right after a trajectory that is a multiple of checkpointEvery. */
  save(): Uint8Array {
    const { moves } = this;
    const arrays: Record<string, Float64Array> = {
      positions: this.system.positions,
      momenta: this.#state.momenta,
      cell: this.system.cell,
      random: Float64Array.from(this.#random.state),
      clock: Float64Array.of(
        this.trajectory,
        this.stepSize,
        this.temperature,
        this.#callsAtBurnIn,
        this.#longestStep,
      ),
      counts: Float64Array.of(
        moves.swapsTried,
        moves.swapsAccepted,
        moves.cellMovesTried,
        moves.cellMovesAccepted,
        this.#runner.forceCalls,
        this.#runner.cheapForceCalls,
      ),
      averaging: Float64Array.from(this.#averaging.save()),
      cellWidth: Float64Array.from(moves.cellWidth.save()),
      ...this.#recorder.save(),
    };
    const values = { count: this.system.count, settings: JSON.stringify(this.settings) };
    return encodeCheckpoint({ kind: CHECKPOINT_KIND, values, arrays });
  }

  /**
   * Goes back to a checkpoint of a run with the same structure and settings; it may have had fewer trajectories.
   * @throws SimulationError when the checkpoint belongs to another run
   */
  async restore(bytes: Uint8Array): Promise<void> {
    const { arrays, values } = decodeCheckpoint(bytes, CHECKPOINT_KIND);
    if (values.count !== this.system.count) {
      throw new SimulationError(
        `The checkpoint holds ${values.count} atoms, and the structure ${this.system.count}.`,
        { remedy: 'Resume with the structure that the run was started with.' },
      );
    }
    requireSameSettings(String(values.settings), this.settings, ['trajectories']);
    const { count } = this.system;
    requireLengths(arrays, { positions: 3 * count, momenta: 3 * count, cell: 9, random: 5 });
    restoring(() => this.#restoreArrays(arrays));
    await this.refresh();
    this.#runner.forceCalls = arrays.counts[4];
    this.#runner.cheapForceCalls = arrays.counts[5];
    this.#ready = true;
  }

  #restoreArrays(arrays: Checkpoint['arrays']): void {
    const { moves } = this;
    this.system.positions.set(arrays.positions);
    this.system.cell.set(arrays.cell);
    this.#state.momenta.set(arrays.momenta);
    const [a, b, c, d, spare] = arrays.random;
    this.#random.state = [a, b, c, d, spare];
    [this.trajectory, this.stepSize, this.temperature, this.#callsAtBurnIn] = arrays.clock;
    this.#longestStep = arrays.clock[4] ?? Infinity;
    [moves.swapsTried, moves.swapsAccepted, moves.cellMovesTried, moves.cellMovesAccepted] = arrays.counts;
    this.#averaging.restore(arrays.averaging);
    moves.cellWidth.restore(arrays.cellWidth);
    this.#recorder.restore(arrays);
  }
}
