/** One chain of hybrid Monte Carlo, several independent ones, or replicas at several temperatures, as one run. */
import { SimulationError } from '../../../src-compute/errors.ts';
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../../src-compute/sampling/checkpoint.ts';
import {
  completeHybridMonteCarloSettings,
  HybridMonteCarlo,
  ReplicaExchange,
  type HybridMonteCarloInput,
  type HybridMonteCarloSettings,
} from '../../../src-compute/sampling/hybrid-monte-carlo/index.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { openMonteCarloEngines, type EngineChoice, type MonteCarloEngines } from './engines.ts';

export interface ChainSetChoice {
  readonly model: PotentialModelBase;
  /** Potential that drives the proposals. */
  readonly cheapModel: PotentialModelBase | undefined;
  readonly configuration: Configuration;
  readonly engine: EngineChoice;
  readonly settings: HybridMonteCarloInput;
  /** Independent chains, where there are no replicas. */
  readonly chains: number;
  /** Temperatures of replica exchange, K; that of the settings is one of them. */
  readonly replicas?: readonly number[] | undefined;
}

const KIND = 'chains-1';

export class ChainSet implements Disposable {
  readonly chains: readonly HybridMonteCarlo[];
  /** The chain whose frames and means are kept. */
  readonly reported: HybridMonteCarlo;
  readonly settings: HybridMonteCarloSettings;
  private readonly engines: readonly MonteCarloEngines[];
  private readonly exchange: ReplicaExchange | undefined;

  private constructor(
    chains: readonly HybridMonteCarlo[],
    reported: number,
    settings: HybridMonteCarloSettings,
    engines: readonly MonteCarloEngines[],
    exchange: ReplicaExchange | undefined,
  ) {
    this.chains = chains;
    this.reported = chains[reported];
    this.settings = settings;
    this.engines = engines;
    this.exchange = exchange;
  }

  /** @throws SimulationError when the temperatures do not go together, and as openMonteCarloEngines does */
  static async open(choice: ChainSetChoice): Promise<ChainSet> {
    const replicas = choice.replicas && [...choice.replicas].sort((a, b) => a - b);
    const reported = replicas?.indexOf(choice.settings.temperature) ?? 0;
    if (replicas && (replicas.length < 2 || new Set(replicas).size < replicas.length || reported < 0)) {
      throw new SimulationError(
        `Replica exchange needs two or more different temperatures, ${choice.settings.temperature} K among them.`,
        { remedy: 'Name the temperature of the run and hotter ones, for example 300, 350, 410, 480.' },
      );
    }
    const engines: MonteCarloEngines[] = [];
    try {
      const chains: HybridMonteCarlo[] = [];
      let settings = completeHybridMonteCarloSettings(choice.settings);
      for (let k = 0; k < (replicas?.length ?? choice.chains); k++) {
        const { model, cheapModel, configuration, engine } = choice;
        const opened = await openMonteCarloEngines(model, cheapModel, configuration, engine);
        engines.push(opened);
        if (opened.singleProposals) settings = { ...settings, fidelity: 'surrogate' };
        const own = replicas ? { ...settings, temperature: replicas[k] } : settings;
        const options = { chain: k, cheapEngine: opened.cheap };
        chains.push(new HybridMonteCarlo(configuration, opened.accurate, own, options));
      }
      const exchange = replicas && new ReplicaExchange(chains, settings.seed);
      return new ChainSet(chains, reported, settings, engines, exchange);
    } catch (error) {
      for (const opened of engines) opened[Symbol.dispose]();
      throw error;
    }
  }

  get backend(): string {
    return this.engines[0].backend;
  }
  get choice(): string {
    return this.engines[0].choice;
  }

  /** What means are taken of: all independent chains, or the replica at the temperature of the settings. */
  get productive(): readonly HybridMonteCarlo[] {
    return this.exchange ? [this.reported] : this.chains;
  }

  /** Accepted exchanges between neighbouring temperatures, by tries. */
  get exchangeAcceptance(): number[] | undefined {
    const { exchange } = this;
    return exchange?.tried.map((tried, k) => (tried > 0 ? exchange.accepted[k] / tried : NaN));
  }

  /** Runs all chains side by side. @param observe called after every trajectory of all of them */
  async run(observe: () => Promise<void>): Promise<void> {
    if (this.exchange) return this.exchange.run(1, observe);
    if (this.chains.length === 1) return this.reported.run(observe);
    const { burnIn, trajectories, checkpointEvery } = this.settings;
    const last = burnIn + trajectories;
    while (this.reported.trajectory < last) {
      const next = this.reported.trajectory + 1;
      for (const chain of this.chains) await chain.run(undefined, next);
      // as at a checkpoint of one chain: what comes after must not depend on what engines remember
      if (next % checkpointEvery === 0) for (const chain of this.chains) await chain.refresh();
      await observe();
    }
  }

  save(): Uint8Array {
    if (this.exchange) return this.exchange.save();
    if (this.chains.length === 1) return this.reported.save();
    const parts = this.chains.map((chain) => chain.save());
    const lengths = Float64Array.from(parts, ({ length }) => length);
    const head = encodeCheckpoint({ kind: KIND, values: {}, arrays: { lengths } });
    return new Uint8Array(Buffer.concat([head, ...parts]));
  }

  /** @throws SimulationError when the checkpoint is of another run */
  async restore(bytes: Uint8Array): Promise<void> {
    if (this.exchange) return this.exchange.restore(bytes);
    if (this.chains.length === 1) return this.reported.restore(bytes);
    const lengths: Float64Array | undefined = decodeCheckpoint(bytes, KIND).arrays.lengths;
    if (lengths?.length !== this.chains.length) {
      throw new SimulationError(
        `The checkpoint is of ${lengths?.length ?? 0} chains, not ${this.chains.length}.`,
      );
    }
    let offset = bytes.length - lengths.reduce((total, length) => total + length, 0);
    for (const [k, chain] of this.chains.entries()) {
      await chain.restore(bytes.slice(offset, offset + lengths[k]));
      offset += lengths[k];
    }
  }

  [Symbol.dispose](): void {
    for (const opened of this.engines) opened[Symbol.dispose]();
  }
}
