/** A hybrid Monte Carlo run: one or several chains with their files, checks, resume. */
import { setImmediate as nextTask } from 'node:timers/promises';
import { CancelledError, SimulationError } from '../../../src-compute/errors.ts';
import { closeAtomsWarning } from '../../../src-compute/potentials/distances.ts';
import type { ForceEngine, PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import {
  estimateOf,
  meanOfMeans,
  meanOfSamples,
  type Estimate,
} from '../../../src-compute/sampling/mean-error.ts';
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
import { createSystem } from '../../../src-compute/sampling/system.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { BOLTZMANN_EV_PER_K } from '../../../src-compute/units.ts';
import { chainPath, FRAME_INTERVAL, openChainFiles, type ChainOutputs } from './chain-files.ts';
import { writtenColumns } from './trajectory-file.ts';
import {
  readRunCheckpoint,
  requireNothingToLose,
  writeRunCheckpoint,
  type Recording,
  type RunCheckpoint,
} from './checkpoint-file.ts';
import {
  openMonteCarloEngines,
  withSavedBackend,
  type EngineChoice,
  type MonteCarloEngines,
} from './engines.ts';
import type { RunGuard } from './run-guard.ts';
import { CloseWatch, type SeenPair } from './close-pairs.ts';
import { requireAccepted } from './verdict.ts';
import { runIdentity, type RunIdentity } from './run-identity.ts';

/** Kinetic energies that can be chosen by name. */
export const MASS_CHOICES = ['physical', 'equal', 'hessian'] as const;
export type MassChoice = (typeof MASS_CHOICES)[number];

export interface HybridMonteCarloRun extends ChainOutputs {
  readonly model: PotentialModelBase;
  readonly configuration: Configuration;
  readonly settings: HybridMonteCarloInput;
  readonly engine?: EngineChoice;
  /** cheap potential for surrogate and respa proposals */
  readonly cheapModel?: PotentialModelBase;
  readonly masses?: MassChoice;
  /** independent chains; ignored with replicas */
  readonly chains?: number;
  /** temperatures of replica exchange, ascending, K; settings.temperature, one of them, is the one that is reported */
  readonly replicas?: readonly number[];
  readonly fixed?: Uint8Array;
  readonly checkpoint?: string;
  readonly resume?: boolean;
  /** follow extra trajectories for the order of ΔH and reversibility */
  readonly check?: boolean;
  /** sees every trajectory of every chain */
  readonly guard?: RunGuard;
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
  /** The closest pair that was seen in any chain, where atoms came closer than the potential's data; counted in trajectories. */
  readonly closest?: SeenPair;
}

const PAUSE_INTERVAL = 200;

/**
 * Runs hybrid Monte Carlo.
 * @throws SimulationError for settings that cannot work, files that cannot be written, and chains that accepted nothing;
 *   CancelledError
 */
export async function runHybridMonteCarlo(run: HybridMonteCarloRun): Promise<HybridMonteCarloRunResult> {
  const began = performance.now();
  using setup = await prepare(run);
  const { chains, settings } = setup;
  run.onNote?.(`Forces: ${setup.choice}.`);
  const close = closeAtomsWarning(run.model, run.configuration);
  if (close !== undefined) run.onNote?.(`Warning: ${close}`);
  const watch = new CloseWatch(
    run.model,
    run.configuration,
    settings.burnIn + settings.trajectories,
    (sentence) => run.onNote?.(`Warning: ${sentence}`),
    'trajectory',
  );
  let replicaAcceptance: number[] | undefined;
  if (run.replicas) replicaAcceptance = await runReplicas(run, setup, watch);
  else for (const k of chains.keys()) await runChain(run, setup, k, watch);
  const productive = run.replicas ? [chains[setup.reported]] : chains;
  const records = productive.map((chain) => chain.record);
  const check = run.check ? await checkIntegrator(productive[0]) : undefined;
  const sum = (read: (chain: HybridMonteCarlo) => number) =>
    chains.reduce((total, chain) => total + read(chain), 0);
  const [swaps, cellMoves] = [sum(({ moves }) => moves.swapsTried), sum(({ moves }) => moves.cellMovesTried)];
  const { system } = productive[0];
  const mean = (name: 'potential' | 'pressure' | 'volume', scale = 1): Estimate =>
    // chains are independent
    estimateOf(meanOfMeans(records.map((record) => meanOfSamples(record[name].map((x) => x * scale)))));
  const diagnostics = diagnose(records, 1 / (BOLTZMANN_EV_PER_K * productive[0].temperature));
  const trajectories = records.reduce((total, record) => total + record.potential.length, 0);
  if (watch.sentence !== undefined) run.onNote?.(`Warning: ${watch.sentence}`);
  if (!settings.unadjusted) requireAccepted(diagnostics.acceptance, trajectories);
  return {
    ...(watch.closest && { closest: watch.closest }),
    diagnostics,
    check,
    potential: mean('potential', 1 / system.count),
    pressure: mean('pressure'),
    volume: mean('volume'),
    timestep: chains.map((chain) => chain.stepSize),
    forceCalls: sum((c) => c.forceCalls) + setup.hessianCalls,
    cheapForceCalls: sum((c) => c.cheapForceCalls),
    trajectories,
    chains: chains.length,
    atoms: system.count,
    swapAcceptance: swaps > 0 ? sum(({ moves }) => moves.swapsAccepted) / swaps : undefined,
    cellMoveAcceptance: cellMoves > 0 ? sum(({ moves }) => moves.cellMovesAccepted) / cellMoves : undefined,
    replicaAcceptance,
    biased: settings.unadjusted,
    seconds: (performance.now() - began) / 1000,
    backend: setup.engines[0].accurate.backend,
    threads: setup.engines[0].accurate.threads,
    choice: setup.choice,
    final: { ...run.configuration, positions: system.positions.slice(), cell: system.cell.slice() },
  };
}

interface Setup extends Disposable {
  readonly chains: readonly HybridMonteCarlo[];
  readonly engines: readonly MonteCarloEngines[];
  readonly settings: HybridMonteCarloSettings;
  readonly identity: RunIdentity;
  /** Number of the replica at the temperature of the settings. */
  readonly reported: number;
  readonly choice: string;
  readonly hessianCalls: number;
}

/** Makes chains and engines. */
async function prepare(run: HybridMonteCarloRun): Promise<Setup> {
  const replicas = run.replicas;
  if (replicas && (replicas.length < 2 || replicas.some((t, k) => !(t > (replicas[k - 1] ?? 0))))) {
    throw new SimulationError('Replica exchange needs two or more temperatures in ascending order.');
  }
  const reported = replicas?.indexOf(run.settings.temperature) ?? 0;
  if (reported < 0) {
    throw new SimulationError(
      `The temperature ${run.settings.temperature} K, at which averages are taken, is none of the replicas'.`,
      { remedy: `Choose one of ${replicas?.join(', ')} K, or add it to the replicas.` },
    );
  }
  const count = replicas?.length ?? run.chains ?? 1;
  const identity = runIdentity(run);
  const begun =
    run.resume &&
    run.checkpoint !== undefined &&
    readRunCheckpoint(run.checkpoint, identity, recordingOf(run));
  // another chain than the first may have been stopped before its first checkpoint: its files belong to this run
  if (run.resume && !begun) requireNothingToLose([run.out, run.thermo], run.checkpoint ?? '');
  const choice = withSavedBackend(run.engine ?? {}, begun ? begun.backend : undefined);
  const engines: MonteCarloEngines[] = [];
  const all = { [Symbol.dispose]: () => engines.forEach((each) => each[Symbol.dispose]()) };
  try {
    let settings = completeHybridMonteCarloSettings(run.settings);
    let metric: Metric | undefined;
    const chains: HybridMonteCarlo[] = [];
    for (let k = 0; k < count; k++) {
      const opened = await openMonteCarloEngines(run.model, run.cheapModel, run.configuration, choice);
      engines.push(opened);
      const { accurate, cheap, singleProposals } = opened;
      if (singleProposals && run.settings.fidelity === undefined)
        settings = completeHybridMonteCarloSettings({ ...run.settings, fidelity: 'surrogate' });
      if (k === 0) metric = await chooseMetric(run, accurate);
      chains.push(
        new HybridMonteCarlo(
          run.configuration,
          accurate,
          replicas ? { ...settings, temperature: replicas[k] } : settings,
          { fixed: run.fixed, cheapEngine: cheap, metric, chain: k },
        ),
      );
    }
    return {
      ...all,
      chains,
      engines,
      settings,
      reported,
      identity,
      choice: engines[0].choice,
      hessianCalls: run.masses === 'hessian' ? 6 * run.configuration.kinds.length : 0,
    };
  } catch (error) {
    all[Symbol.dispose]();
    throw error;
  }
}

/** The kinetic energy that was asked for; undefined for the physical masses. */
async function chooseMetric(run: HybridMonteCarloRun, engine: ForceEngine): Promise<Metric | undefined> {
  if (run.masses === undefined || run.masses === 'physical') return undefined;
  const system = createSystem(run.configuration, { fixed: run.fixed, removeMomentum: false });
  if (run.masses === 'equal') {
    const mean = system.masses.reduce((a, b) => a + b, 0) / system.count;
    return new DiagonalMetric(system, new Float64Array(system.count).fill(mean));
  }
  run.onNote?.(`Computing the Hessian of the start: ${6 * system.count} force calls.`);
  return new HessianMetric(await hessianOf(system, engine), 10);
}

function recordingOf({ out, every, columns, thermo }: HybridMonteCarloRun): Recording {
  return {
    ...(out !== undefined && {
      '--every': String(every ?? FRAME_INTERVAL),
      '--write': writtenColumns(columns),
    }),
    ...(thermo !== undefined && { '--thermo-every': '1' }),
  };
}

/** Reads the checkpoint of a chain or of all replicas, and says what happens. */
function readState(
  run: HybridMonteCarloRun,
  path: string | undefined,
  identity: RunIdentity,
  who: string,
): RunCheckpoint | undefined {
  if (!run.resume) return undefined;
  const saved = path === undefined ? undefined : readRunCheckpoint(path, identity, recordingOf(run));
  if (!saved) run.onNote?.(`There is no checkpoint of ${who} yet: the first trajectory comes first.`);
  return saved;
}

function checkpointOf(
  run: HybridMonteCarloRun,
  { identity, engines }: Setup,
  state: Uint8Array,
  outputs: Readonly<Record<string, number>>,
): RunCheckpoint {
  const { backend } = engines[0];
  return { state, outputs, identity, backend, recording: recordingOf(run), guard: run.guard?.save() };
}

async function runChain(run: HybridMonteCarloRun, setup: Setup, k: number, watch: CloseWatch): Promise<void> {
  watch.begin();
  const { identity, settings } = setup;
  const [chain, chains] = [setup.chains[k], setup.chains.length];
  const path = run.checkpoint === undefined ? undefined : chainPath(run.checkpoint, k);
  const saved = readState(run, path, identity, `chain ${k + 1}`);
  if (saved) {
    await chain.restore(saved.state);
    if (saved.guard) run.guard?.restore(saved.guard, chain.system);
    run.onNote?.(`Chain ${k + 1} resumed at trajectory ${chain.trajectory}.`);
  }
  using files = openChainFiles(run, k, saved?.outputs);
  const all = settings.burnIn + settings.trajectories;
  let lastPause = performance.now();
  await chain.run(async () => {
    await files.record(chain);
    watch.look(chain.trajectory, chain.system);
    run.guard?.observe(chain.trajectory, chain.system);
    if (path !== undefined && chain.trajectory % settings.checkpointEvery === 0) {
      files.sync();
      writeRunCheckpoint(path, checkpointOf(run, setup, chain.save(), files.bytes));
    }
    if (performance.now() - lastPause < PAUSE_INTERVAL) return;
    lastPause = performance.now();
    const phase = chain.burningIn ? `burn-in, step ${chain.stepSize.toPrecision(3)} fs` : 'sampling';
    const message = `chain ${k + 1}/${chains}, trajectory ${chain.trajectory}/${all}, ${phase}`;
    run.onProgress?.(k * all + chain.trajectory, chains * all, message);
    await nextTask();
    if (run.signal?.aborted) throw new CancelledError();
  });
  files.sync();
}

async function runReplicas(run: HybridMonteCarloRun, setup: Setup, watch: CloseWatch): Promise<number[]> {
  const { chains, settings, identity } = setup;
  const exchange = new ReplicaExchange(chains, settings.seed);
  const reported = chains[setup.reported];
  const saved = readState(run, run.checkpoint, identity, 'the replicas');
  if (saved) {
    await exchange.restore(saved.state);
    if (saved.guard) run.guard?.restore(saved.guard, reported.system);
    run.onNote?.(`${chains.length} replicas resumed at trajectory ${reported.trajectory}.`);
  }
  using files = openChainFiles(run, 0, saved?.outputs);
  const all = settings.burnIn + settings.trajectories;
  await exchange.run(1, async () => {
    const { trajectory } = reported;
    await files.record(reported);
    watch.look(trajectory, reported.system);
    run.guard?.observe(trajectory, reported.system);
    if (run.checkpoint !== undefined && trajectory % settings.checkpointEvery === 0) {
      files.sync();
      writeRunCheckpoint(run.checkpoint, checkpointOf(run, setup, exchange.save(), files.bytes));
    }
    run.onProgress?.(trajectory, all, `${chains.length} replicas, trajectory ${trajectory}/${all}`);
    await nextTask();
    if (run.signal?.aborted) throw new CancelledError();
  });
  files.sync();
  return exchange.tried.map((tried, k) => (tried > 0 ? exchange.accepted[k] / tried : NaN));
}
