/**
 * Replica exchange in temperature (Hukushima & Nemoto, J. Phys. Soc. Jpn. 65 (1996) 1604): chains at several
 * temperatures run side by side; neighbours exchange their states with
 * min{1, exp[(β_i − β_j)(E_i − E_j)]}, E = U + PV at constant pressure.
 */
import { SimulationError } from '../../errors.ts';
import { volume } from '../../structure/cell.ts';
import { BOLTZMANN_EV_PER_K, EV_PER_A3_IN_GPA } from '../../units.ts';
import { decodeCheckpoint, encodeCheckpoint, requireLengths } from '../checkpoint.ts';
import { Random } from '../random.ts';
import type { HybridMonteCarlo } from './chain.ts';

const KIND = 'replica-exchange-1';

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
    const { burnIn, trajectories, checkpointEvery } = this.chains[0].settings;
    const last = burnIn + trajectories;
    while (this.chains[0].trajectory < last) {
      const next = Math.min(last, this.chains[0].trajectory + stride);
      for (const chain of this.chains) await chain.run(undefined, next);
      for (let k = this.#round % 2; k + 1 < this.chains.length; k += 2) this.#exchange(k);
      this.#round++;
      // chains refresh before the exchange; after it their engines must not remember the state given away
      if (next % checkpointEvery === 0) for (const chain of this.chains) await chain.refresh();
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

  /**
   * Everything needed to go on: a checkpoint of the exchanges, then those of the chains, one after another.
   * Bit-for-bit only right after a round that ends at a multiple of checkpointEvery.
   */
  save(): Uint8Array {
    const parts = this.chains.map((chain) => chain.save());
    const own = encodeCheckpoint({
      kind: KIND,
      values: { round: this.#round },
      arrays: {
        lengths: Float64Array.from(parts, ({ length }) => length),
        tried: Float64Array.from(this.tried),
        accepted: Float64Array.from(this.accepted),
        random: Float64Array.from(this.#random.state),
      },
    });
    const bytes = new Uint8Array(parts.reduce((total, { length }) => total + length, own.length));
    let offset = 0;
    for (const part of [own, ...parts]) {
      bytes.set(part, offset);
      offset += part.length;
    }
    return bytes;
  }

  /**
   * Goes back to a checkpoint of a run with the same structure, settings and temperatures.
   * @throws SimulationError when the checkpoint is damaged or belongs to another run
   */
  async restore(bytes: Uint8Array): Promise<void> {
    const { arrays, values } = decodeCheckpoint(bytes, KIND);
    const { tried, accepted, random } = arrays;
    const lengths: Float64Array | undefined = arrays.lengths;
    if (lengths?.length !== this.chains.length) {
      throw new SimulationError(
        `The checkpoint was made with ${lengths?.length ?? 0} temperatures, and this run has ${this.chains.length}.`,
        { remedy: 'Resume with the temperatures that the run was started with.' },
      );
    }
    requireLengths(arrays, { tried: this.tried.length, accepted: this.accepted.length, random: 5 });
    let offset = bytes.length - lengths.reduce((total, length) => total + length, 0);
    for (const [k, chain] of this.chains.entries()) {
      await chain.restore(bytes.slice(offset, offset + lengths[k]));
      offset += lengths[k];
    }
    for (let k = 0; k < tried.length; k++) [this.tried[k], this.accepted[k]] = [tried[k], accepted[k]];
    const [a, b, c, d, spare] = random;
    this.#random.state = [a, b, c, d, spare];
    this.#round = Number(values.round);
  }
}
