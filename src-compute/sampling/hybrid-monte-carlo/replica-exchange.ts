/**
 * Replica exchange in temperature (Hukushima & Nemoto, J. Phys. Soc. Jpn. 65 (1996) 1604): chains at several
 * temperatures run side by side; neighbours exchange their states with
 * min{1, exp[(β_i − β_j)(E_i − E_j)]}, E = U + PV at constant pressure.
 */
import { volume } from '../../structure/cell.ts';
import { BOLTZMANN_EV_PER_K, EV_PER_A3_IN_GPA } from '../../units.ts';
import { Random } from '../random.ts';
import type { HybridMonteCarlo } from './chain.ts';

export class ReplicaExchange {
  readonly chains: readonly HybridMonteCarlo[];
  /** Tried and accepted exchanges between neighbours k and k + 1. */
  readonly tried: number[];
  readonly accepted: number[];
  readonly #random: Random;
  #round = 0;

  /** @param chains one per temperature, in ascending order, each with an engine of its own */
  constructor(chains: readonly HybridMonteCarlo[], seed: number) {
    this.chains = chains;
    this.tried = new Array<number>(chains.length - 1).fill(0);
    this.accepted = new Array<number>(chains.length - 1).fill(0);
    this.#random = new Random(seed, 104729);
  }

  /**
   * Advances every chain by `stride` trajectories and tries the exchanges of every second pair, until all are done.
   * @param observe called after every round
   */
  async run(stride = 1, observe?: (exchange: ReplicaExchange) => void | Promise<void>): Promise<void> {
    const { burnIn, trajectories } = this.chains[0].settings;
    const last = burnIn + trajectories;
    while (this.chains[0].trajectory < last) {
      const next = Math.min(last, this.chains[0].trajectory + stride);
      for (const chain of this.chains) await chain.run(undefined, next);
      for (let k = this.#round % 2; k + 1 < this.chains.length; k += 2) this.#exchange(k);
      this.#round++;
      const pending = observe?.(this);
      if (pending) await pending;
    }
  }

  #exchange(k: number): void {
    const [cold, hot] = [this.chains[k], this.chains[k + 1]];
    const enthalpy = ({ potential, settings, system }: HybridMonteCarlo) =>
      settings.ensemble === 'npt'
        ? potential + ((settings.pressure ?? 0) / EV_PER_A3_IN_GPA) * volume(system.cell)
        : potential;
    const betas = 1 / cold.temperature - 1 / hot.temperature;
    const logRatio = (betas / BOLTZMANN_EV_PER_K) * (enthalpy(cold) - enthalpy(hot));
    this.tried[k]++;
    if (this.#random.uniform() < Math.exp(logRatio)) {
      this.accepted[k]++;
      cold.exchangeState(hot);
    }
  }
}
