/** A hybrid Monte Carlo run: one or several chains with their files, checks, resume. */
import { setImmediate as nextTask } from 'node:timers/promises';
import { CancelledError, SimulationError } from '../../../src-compute/errors.ts';
import { closeAtomsWarning } from '../../../src-compute/potentials/distances.ts';
import type { ForceEngine, PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import { BlockAverage, type Estimate } from '../../../src-compute/sampling/averages.ts';
import {
  checkIntegrator,
  completeHybridMonteCarloSettings,
  diagnose,
  DiagonalMetric,
  hessianOf,
  HessianMetric,
  HybridMonteCarlo,
  ReplicaExchange,
  type Diagnostics,
  type HybridMonteCarloInput,
  type HybridMonteCarloSettings,
  type Metric,
  type StepCheck,
} from '../../../src-compute/sampling/hybrid-monte-carlo/index.ts';
import { createSystem, type ParticleSystem } from '../../../src-compute/sampling/system.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { BOLTZMANN_EV_PER_K } from '../../../src-compute/units.ts';
import { readRunCheckpoint, writeRunCheckpoint } from './checkpoint-file.ts';
import { simulationEngine, type EngineChoice } from './engines.ts';
import { OutputFile } from './output-file.ts';
import { frameOf, frameText, trajectoryFormat, type FrameColumn } from './trajectory-file.ts';

/** Kinetic energies that can be chosen by name. */
export const MASS_CHOICES = ['physical', 'equal', 'hessian'] as const;
export type MassChoice = (typeof MASS_CHOICES)[number];

export interface HybridMonteCarloRun {
  readonly model: PotentialModelBase;
  readonly configuration: Configuration;
  readonly settings: HybridMonteCarloInput;
  readonly engine?: EngineChoice;
  /** cheap potential for surrogate and respa proposals */
  readonly cheapModel?: PotentialModelBase;
  readonly masses?: MassChoice;
  /** independent chains; ignored with replicas */
  readonly chains?: number;
  /** temperatures of replica exchange, ascending, K; the first replaces settings.temperature */
  readonly replicas?: readonly number[];
  readonly fixed?: Uint8Array;
  readonly out?: string;
  /** trajectories between frames */
  readonly every?: number;
  readonly columns?: readonly FrameColumn[];
  /** table with one row per trajectory, CSV */
  readonly thermo?: string;
  readonly checkpoint?: string;
  readonly resume?: boolean;
  /** follow extra trajectories for the order of ΔH and reversibility */
  readonly check?: boolean;
  /** called after every trajectory of every chain, such as the novelty guard; what it throws ends the run */
  readonly guard?: (trajectory: number, system: ParticleSystem) => void;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, all: number, message: string) => void;
  readonly onNote?: (sentence: string) => void;
}

export interface HybridMonteCarloRunResult {
  readonly diagnostics: Diagnostics;
  readonly check: StepCheck | undefined;
  /** eV/atom */
  readonly potential: Estimate;
  /** GPa */
  readonly pressure: Estimate;
  /** Å³ */
  readonly volume: Estimate;
  /** fs, tuned, per chain */
  readonly timestep: readonly number[];
  /** accurate force calls, burn-in included */
  readonly forceCalls: number;
  readonly cheapForceCalls: number;
  readonly trajectories: number;
  readonly chains: number;
  readonly atoms: number;
  readonly swapAcceptance: number | undefined;
  readonly cellMoveAcceptance: number | undefined;
  readonly replicaAcceptance: readonly number[] | undefined;
  /** true for unadjusted runs: the step error biases the sample */
  readonly biased: boolean;
  readonly seconds: number;
  readonly backend: string;
  readonly threads: number;
  readonly choice: string;
  readonly final: Configuration;
}

const PAUSE_INTERVAL = 200;

/**
 * Runs hybrid Monte Carlo.
 * @throws SimulationError for settings that cannot work and files that cannot be written; CancelledError
 */
export async function runHybridMonteCarlo(run: HybridMonteCarloRun): Promise<HybridMonteCarloRunResult> {
  const began = performance.now();
  await using setup = await prepare(run);
  const { chains, settings } = setup;
  run.onNote?.(`Forces: ${setup.choice}.`);
  const close = closeAtomsWarning(run.model, run.configuration);
  if (close !== undefined) run.onNote?.(`Warning: ${close}`);
  let replicaAcceptance: number[] | undefined;
  if (run.replicas) replicaAcceptance = await runReplicas(run, chains, settings);
  else for (const [k, chain] of chains.entries()) await runChain(run, chain, k, chains.length);
  const productive = run.replicas ? [chains[0]] : chains;
  const records = productive.map((chain) => chain.record);
  const check = run.check ? await checkIntegrator(productive[0]) : undefined;
  const sum = (read: (chain: HybridMonteCarlo) => number) =>
    chains.reduce((total, chain) => total + read(chain), 0);
  const [swaps, cellMoves] = [sum((c) => c.swapsTried), sum((c) => c.cellMovesTried)];
  const { system } = productive[0];
  const mean = (name: 'potential' | 'pressure' | 'volume', scale = 1): Estimate => {
    const parts = records.map((record) => {
      const average = new BlockAverage();
      for (const x of record[name]) average.add(x * scale);
      return average.estimate;
    });
    // chains are independent
    return {
      value: parts.reduce((a, part) => a + part.value, 0) / parts.length,
      error: Math.sqrt(parts.reduce((a, part) => a + part.error ** 2, 0)) / parts.length,
    };
  };
  return {
    diagnostics: diagnose(records, 1 / (BOLTZMANN_EV_PER_K * productive[0].temperature)),
    check,
    potential: mean('potential', 1 / system.count),
    pressure: mean('pressure'),
    volume: mean('volume'),
    timestep: chains.map((chain) => chain.stepSize),
    forceCalls: sum((c) => c.forceCalls) + setup.hessianCalls,
    cheapForceCalls: sum((c) => c.cheapForceCalls),
    trajectories: records.reduce((total, record) => total + record.potential.length, 0),
    chains: chains.length,
    atoms: system.count,
    swapAcceptance: swaps > 0 ? sum((c) => c.swapsAccepted) / swaps : undefined,
    cellMoveAcceptance: cellMoves > 0 ? sum((c) => c.cellMovesAccepted) / cellMoves : undefined,
    replicaAcceptance,
    biased: settings.unadjusted,
    seconds: (performance.now() - began) / 1000,
    backend: setup.engines[0].backend,
    threads: setup.engines[0].threads,
    choice: setup.choice,
    final: { ...run.configuration, positions: system.positions.slice(), cell: system.cell.slice() },
  };
}

interface Setup extends AsyncDisposable {
  readonly chains: readonly HybridMonteCarlo[];
  readonly engines: readonly ForceEngine[];
  readonly settings: HybridMonteCarloSettings;
  readonly choice: string;
  readonly hessianCalls: number;
}

/** Makes chains and engines. A single-precision backend only proposes: ΔH is always taken in double precision. */
async function prepare(run: HybridMonteCarloRun): Promise<Setup> {
  const single = run.engine?.backend === 'wasm-f32';
  const accurateChoice: EngineChoice = single ? { ...run.engine, backend: 'wasm' } : (run.engine ?? {});
  const cheapModel = run.cheapModel ?? (single ? run.model : undefined);
  const fidelity = run.settings.fidelity ?? (single ? 'surrogate' : undefined);
  const settings = completeHybridMonteCarloSettings({ ...run.settings, ...(fidelity ? { fidelity } : {}) });
  const replicas = run.replicas;
  if (replicas && (replicas.length < 2 || replicas.some((t, k) => !(t > (replicas[k - 1] ?? 0))))) {
    throw new SimulationError('Replica exchange needs two or more temperatures in ascending order.');
  }
  const count = replicas?.length ?? run.chains ?? 1;
  const engines: ForceEngine[] = [];
  const cheapEngines: ForceEngine[] = [];
  const dispose = () => [...engines, ...cheapEngines].forEach((engine) => engine.dispose());
  try {
    let choice = '';
    let hessianCalls = 0;
    let metric: Metric | undefined;
    const chains: HybridMonteCarlo[] = [];
    for (let k = 0; k < count; k++) {
      const engine = simulationEngine(run.model, run.configuration, accurateChoice);
      engines.push(engine);
      choice = engine.choice;
      if (cheapModel) cheapEngines.push(simulationEngine(cheapModel, run.configuration, run.engine ?? {}));
      if (k === 0 && run.masses !== undefined && run.masses !== 'physical') {
        metric = await chooseMetric(run, engine);
        if (run.masses === 'hessian') hessianCalls = 6 * run.configuration.kinds.length;
      }
      chains.push(
        new HybridMonteCarlo(
          run.configuration,
          engine,
          replicas ? { ...settings, temperature: replicas[k] } : settings,
          { fixed: run.fixed, cheapEngine: cheapEngines[k], metric, chain: k },
        ),
      );
    }
    const proposals = single ? '; proposals in single precision, acceptance in double' : '';
    return {
      chains,
      engines,
      settings,
      choice: choice + proposals,
      hessianCalls,
      [Symbol.asyncDispose]: async () => Promise.resolve(dispose()),
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

async function chooseMetric(run: HybridMonteCarloRun, engine: ForceEngine): Promise<Metric> {
  const system = createSystem(run.configuration, { fixed: run.fixed, removeMomentum: false });
  if (run.masses === 'equal') {
    const mean = system.masses.reduce((a, b) => a + b, 0) / system.count;
    return new DiagonalMetric(system, new Float64Array(system.count).fill(mean));
  }
  run.onNote?.(`Computing the Hessian of the start: ${6 * system.count} force calls.`);
  return new HessianMetric(await hessianOf(system, engine), 10);
}

/** File name of chain k: the first keeps the name, others get .chain2, .chain3 before the extension. */
function chainPath(path: string, k: number): string {
  if (k === 0) return path;
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/')
    ? `${path.slice(0, dot)}.chain${k + 1}${path.slice(dot)}`
    : `${path}.chain${k + 1}`;
}

async function runChain(
  run: HybridMonteCarloRun,
  chain: HybridMonteCarlo,
  k: number,
  chains: number,
): Promise<void> {
  const { settings } = chain;
  const checkpoint = run.checkpoint === undefined ? undefined : chainPath(run.checkpoint, k);
  const saved = run.resume && checkpoint !== undefined ? readRunCheckpoint(checkpoint) : undefined;
  if (saved) await chain.restore(saved.state);
  if (run.resume) {
    run.onNote?.(
      saved
        ? `Chain ${k + 1} resumed at trajectory ${chain.trajectory}.`
        : `Chain ${k + 1} has no checkpoint yet: it begins at its first trajectory.`,
    );
  }
  using files = openFiles(run, k, saved?.outputs);
  const all = settings.burnIn + settings.trajectories;
  let lastPause = performance.now();
  await chain.run(async () => {
    await files.record(chain);
    run.guard?.(chain.trajectory, chain.system);
    if (checkpoint !== undefined && chain.trajectory % settings.checkpointEvery === 0) {
      files.sync();
      writeRunCheckpoint(checkpoint, { state: chain.save(), outputs: files.bytes });
    }
    if (performance.now() - lastPause < PAUSE_INTERVAL) return;
    lastPause = performance.now();
    const phase = chain.burningIn ? `burn-in, step ${chain.stepSize.toPrecision(3)} fs` : 'sampling';
    const message = `chain ${k + 1}/${chains}, trajectory ${chain.trajectory}/${all}, ${phase}`;
    run.onProgress?.(k * all + chain.trajectory, chains * all, message);
    await nextTask();
    if (run.signal?.aborted) throw new CancelledError();
  });
}

async function runReplicas(
  run: HybridMonteCarloRun,
  chains: readonly HybridMonteCarlo[],
  settings: HybridMonteCarloSettings,
): Promise<number[]> {
  const exchange = new ReplicaExchange(chains, settings.seed);
  const { checkpoint } = run;
  const saved = run.resume && checkpoint !== undefined ? readRunCheckpoint(checkpoint) : undefined;
  if (saved) await exchange.restore(saved.state);
  if (run.resume) {
    run.onNote?.(
      saved
        ? `${chains.length} replicas resumed at trajectory ${chains[0].trajectory}.`
        : 'The replicas have no checkpoint yet: they begin at their first trajectory.',
    );
  }
  using files = openFiles(run, 0, saved?.outputs);
  const all = settings.burnIn + settings.trajectories;
  await exchange.run(1, async () => {
    await files.record(chains[0]);
    run.guard?.(chains[0].trajectory, chains[0].system);
    if (checkpoint !== undefined && chains[0].trajectory % settings.checkpointEvery === 0) {
      files.sync();
      writeRunCheckpoint(checkpoint, { state: exchange.save(), outputs: files.bytes });
    }
    run.onProgress?.(
      chains[0].trajectory,
      all,
      `${chains.length} replicas, trajectory ${chains[0].trajectory}/${all}`,
    );
    await nextTask();
    if (run.signal?.aborted) throw new CancelledError();
  });
  return exchange.tried.map((tried, k) => (tried > 0 ? exchange.accepted[k] / tried : NaN));
}

function openFiles(
  run: HybridMonteCarloRun,
  k: number,
  outputs: Readonly<Record<string, number>> | undefined,
) {
  const every = run.every ?? 10;
  const format = run.out === undefined ? undefined : trajectoryFormat(run.out);
  const out = run.out === undefined ? undefined : new OutputFile(chainPath(run.out, k), outputs?.out ?? 0);
  let thermo: OutputFile | undefined;
  try {
    thermo =
      run.thermo === undefined ? undefined : new OutputFile(chainPath(run.thermo, k), outputs?.thermo ?? 0);
    if (thermo?.bytes === 0)
      thermo.append('trajectory,potential_ev,delta_h_ev,accepted,pressure_gpa,volume_a3\n');
  } catch (error) {
    out?.[Symbol.dispose]();
    throw error;
  }
  const cell = (x: number) => (Number.isFinite(x) ? String(x) : '');
  return {
    async record(chain: HybridMonteCarlo): Promise<void> {
      const { record } = chain;
      const last = record.potential.length - 1;
      if (last < 0) return; // burn-in leaves no trace in the results
      thermo?.append(
        [
          last + 1,
          record.potential[last],
          cell(record.energyChange[last]),
          record.accepted[last],
          cell(record.pressure[last]),
          cell(record.volume[last]),
        ].join(',') + '\n',
      );
      if (!out || !format || (last + 1) % every !== 0) return;
      const { system, potential, forces, atomEnergies, temperature } = chain;
      const info = { trajectory: last + 1, temperature_k: temperature };
      const frame = frameOf(system, potential, forces, atomEnergies, run.columns ?? [], info);
      out.append(await frameText(format, frame, out.path));
    },
    sync(): void {
      out?.sync();
      thermo?.sync();
    },
    get bytes(): Record<string, number> {
      return { ...(out ? { out: out.bytes } : {}), ...(thermo ? { thermo: thermo.bytes } : {}) };
    },
    [Symbol.dispose](): void {
      out?.[Symbol.dispose]();
      thermo?.[Symbol.dispose]();
    },
  };
}
