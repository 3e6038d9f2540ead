/** Metropolis moves of the structure between trajectories: cell moves and exchanges of atoms, with their counts. */
import { SimulationError, StructureError } from '../../errors.ts';
import type { ForceEngine } from '../../potentials/potential.ts';
import { EV_PER_A3_IN_GPA } from '../../units.ts';
import type { Random } from '../random.ts';
import type { TrajectoryRunner } from './integrators.ts';
import { proposeCell, proposeSwap } from './moves.ts';
import type { HybridMonteCarloSettings } from './settings.ts';
import type { ChainState } from './state.ts';
import { RandomWalkWidth } from './step-size.ts';

export class StructureMoves {
  swapsTried = 0;
  swapsAccepted = 0;
  cellMovesTried = 0;
  cellMovesAccepted = 0;
  readonly cellWidth = new RandomWalkWidth(0.02);
  readonly #settings: HybridMonteCarloSettings;
  readonly #engine: ForceEngine;
  readonly #runner: TrajectoryRunner;
  readonly #random: Random;

  constructor(
    settings: HybridMonteCarloSettings,
    engine: ForceEngine,
    runner: TrajectoryRunner,
    random: Random,
  ) {
    this.#settings = settings;
    this.#engine = engine;
    this.#runner = runner;
    this.#random = random;
  }

  /**
   * Tries a move of the cell.
   * @param beta 1/kT, 1/eV
   * @param tune adapt the width of the moves
   */
  async cell(state: ChainState, beta: number, tune: boolean): Promise<void> {
    const settings = this.#settings;
    const { system } = state;
    const move = proposeCell(
      system.positions,
      system.cell,
      settings.cellMotion,
      this.cellWidth.width,
      this.#random,
    );
    const work = ((settings.pressure ?? 0) / EV_PER_A3_IN_GPA) * move.volumeChange;
    const probability = await this.#weigh(state, beta, move.positions, move.cell, work, move.logJacobian);
    this.cellMovesTried++;
    if (this.#random.uniform() < probability) {
      this.cellMovesAccepted++;
      system.positions.set(move.positions);
      system.cell.set(move.cell);
      state.adopt(this.#engine.result);
    }
    if (tune) this.cellWidth.update(probability);
  }

  /**
   * Tries to exchange two unlike atoms.
   * @throws SimulationError when all atoms that can move are alike
   */
  async swap(state: ChainState, beta: number): Promise<void> {
    const { system } = state;
    const positions = proposeSwap(system.positions, system.kinds, system.fixed, this.#random);
    if (!positions) {
      throw new SimulationError('Exchanges of atoms need at least two species that can move.', {
        remedy: 'Set the number of swaps to 0.',
      });
    }
    const probability = await this.#weigh(state, beta, positions, system.cell, 0, 0);
    this.swapsTried++;
    if (this.#random.uniform() < probability) {
      this.swapsAccepted++;
      system.positions.set(positions);
      state.adopt(this.#engine.result);
    }
  }

  /** min{1, exp(−β(ΔU + work) + logJacobian)} of a proposed structure; 0 where the potential is not defined. */
  async #weigh(
    state: ChainState,
    beta: number,
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
    const change = this.#engine.result.energy - state.potential + work;
    if (!Number.isFinite(change)) return 0;
    return Math.min(1, Math.exp(-beta * change + logJacobian));
  }
}
