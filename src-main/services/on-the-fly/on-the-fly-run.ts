/** An on-the-fly run with its files: trajectory with a flag per frame, log table, checkpoint. */
import { setImmediate as nextTask } from 'node:timers/promises';
import { CancelledError, SimulationError } from '../../../src-compute/errors.ts';
import type { OnlineLearner } from '../../../src-compute/fitting/online/learner.ts';
import type { MolecularDynamicsSummary } from '../../../src-compute/sampling/molecular-dynamics.ts';
import { onTheFlySchema, type OnTheFlyInput } from '../../../src-compute/sampling/on-the-fly/settings.ts';
import {
  completeMolecularDynamicsSettings,
  type MolecularDynamicsInput,
} from '../../../src-compute/sampling/settings.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { writeWholeFile } from '../../platform/whole-file.ts';
import type { ReferenceEngine } from '../../engines/reference-engine.ts';
import {
  readRunCheckpoint,
  requireNothingToLose,
  writeRunCheckpoint,
  type Recording,
} from '../simulations/checkpoint-file.ts';
import { runIdentity, type RunIdentity } from '../simulations/run-identity.ts';
import { OutputFile } from '../simulations/output-file.ts';
import {
  frameOf,
  frameText,
  trajectoryFormat,
  writtenColumns,
  type FrameColumn,
} from '../simulations/trajectory-file.ts';
import { isPause, OnTheFlySimulation, pausedError } from './on-the-fly-simulation.ts';
import type { OnTheFlyView } from './view.ts';
import { firstFindingOf } from '../../../src-compute/validation-words.ts';

export interface OnTheFlyRun {
  readonly configuration: Configuration;
  readonly settings: MolecularDynamicsInput;
  readonly policy: OnTheFlyInput;
  readonly learnerSettings: unknown;
  readonly learner: OnlineLearner;
  readonly reference: ReferenceEngine;
  readonly fixed?: Uint8Array;
  readonly thermostatted?: Uint8Array;
  readonly out?: string;
  readonly every?: number;
  readonly columns?: readonly FrameColumn[];
  /** Log table (CSV): who computed each step, errors, updates. */
  readonly log?: string;
  readonly checkpoint?: string;
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (view: OnTheFlyView) => void;
  readonly onNote?: (sentence: string) => void;
}

export interface OnTheFlyRunResult {
  readonly summary: MolecularDynamicsSummary;
  readonly view: OnTheFlyView;
  readonly atoms: number;
  readonly seconds: number;
  readonly final: Configuration;
}

const LOG_COLUMNS = [
  'step',
  'time_fs',
  'source',
  'reason',
  'temperature_k',
  'potential_ev',
  'conserved_ev',
  'force_mae_ev_per_a',
  'force_rmse_ev_per_a',
  'energy_error_ev_per_atom',
  'uncertainty_ev_per_a',
  'update_ms',
  'ridge',
] as const;

/** Time between two looks at signals and progress, ms. */
const PAUSE_INTERVAL = 200;

/**
 * Runs on the fly.
 * @throws PausedError when the reference gives out (a checkpoint is there), SimulationError, CancelledError
 */
export async function runOnTheFly(run: OnTheFlyRun): Promise<OnTheFlyRunResult> {
  const settings = completeMolecularDynamicsSettings(run.settings);
  const policy = checkedPolicy(run.policy);
  const simulation = new OnTheFlySimulation({ ...run, settings, policy });
  const identity = identityOf(run);
  const recording: Recording = {
    ...(run.out !== undefined && {
      '--every': String(run.every ?? 1),
      '--write': writtenColumns(run.columns),
    }),
    ...(run.log !== undefined && { '--log': 'at every step' }),
  };
  const saved =
    run.resume && run.checkpoint !== undefined
      ? readRunCheckpoint(run.checkpoint, identity, recording)
      : undefined;
  if (run.resume && !saved) requireNothingToLose([run.out, run.log], run.checkpoint ?? '');
  if (saved) simulation.restore(saved.state);
  if (run.resume) {
    run.onNote?.(
      saved
        ? `Resumed at step ${simulation.step}, with what was learned from ${run.learner.frames} structures.`
        : 'There is no checkpoint yet: the run begins at its first step.',
    );
  }
  run.onNote?.(`Reference: ${run.reference.name}.`);
  if (run.reference.waitsFor !== undefined) run.onNote?.(run.reference.waitsFor);
  using files = openFiles(run, saved?.outputs);
  const began = performance.now();
  let saveable = false;
  const checkpoint = () => {
    const state = simulation.save();
    if (run.checkpoint === undefined || state === undefined || !saveable) return;
    files.sync();
    writeRunCheckpoint(run.checkpoint, { state, outputs: files.bytes, identity, recording });
  };
  try {
    await simulation.initialise();
    if (!saved) await files.record(simulation);
    saveable = true;
    let lastPause = performance.now();
    await simulation.run(async () => {
      for (const sentence of simulation.turns()) run.onNote?.(sentence);
      await files.record(simulation);
      if (simulation.step % settings.checkpointEvery === 0) checkpoint();
      if (performance.now() - lastPause < PAUSE_INTERVAL) return;
      lastPause = performance.now();
      run.onProgress?.(simulation.view);
      await nextTask();
      if (run.signal?.aborted) throw new CancelledError();
    });
    checkpoint();
    files.sync();
  } catch (error) {
    if (!isPause(error)) throw error;
    checkpoint();
    throw saveable ? pausedError(error, simulation.step, run.learner.frames) : error;
  }
  const { system } = simulation.dynamics;
  return {
    summary: simulation.dynamics.summary,
    view: simulation.view,
    atoms: system.count,
    seconds: (performance.now() - began) / 1000,
    final: {
      ...run.configuration,
      positions: system.positions.slice(),
      velocities: system.velocities.slice(),
      cell: system.cell.slice(),
    },
  };
}

/** The model changes while the run goes on: structure and masks make a run. */
function identityOf({ configuration, fixed, thermostatted }: OnTheFlyRun): RunIdentity {
  const model = { form: 'on-the-fly', species: [], cutoff: 0 };
  return runIdentity({ model, configuration, fixed, thermostatted });
}

function checkedPolicy(input: OnTheFlyInput) {
  const parsed = onTheFlySchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { place, text } = firstFindingOf(parsed.error);
  throw new SimulationError(`The setting ${place || '(top)'} cannot be used: ${text}.`);
}

interface RunFiles extends Disposable {
  record(simulation: OnTheFlySimulation): Promise<void> | undefined;
  sync(): void;
  readonly bytes: Record<string, number>;
}

function openFiles(run: OnTheFlyRun, outputs: Readonly<Record<string, number>> | undefined): RunFiles {
  const every = run.every ?? 1;
  const stack = new DisposableStack();
  const format = run.out === undefined ? undefined : trajectoryFormat(run.out);
  const trajectory =
    run.out === undefined ? undefined : stack.use(new OutputFile(run.out, outputs?.out ?? 0));
  let log: OutputFile | undefined;
  try {
    log = run.log === undefined ? undefined : stack.use(new OutputFile(run.log, outputs?.log ?? 0));
    log?.heading(LOG_COLUMNS.join(',') + '\n');
  } catch (error) {
    stack.dispose();
    throw error;
  }
  return {
    record(simulation) {
      log?.append(logRow(simulation));
      const { step, dynamics, engine } = simulation;
      if (!trajectory || !format || step % every !== 0) return undefined;
      const { thermodynamics: t, system } = dynamics;
      const info = {
        step,
        time_fs: t.time,
        temperature_k: t.temperature,
        source: engine.record?.source ?? 'reference',
      };
      const frame = frameOf(
        system,
        t.potential,
        dynamics.forces,
        dynamics.atomEnergies,
        run.columns ?? [],
        info,
      );
      return frameText(format, frame, trajectory.path).then((text) => trajectory.append(text));
    },
    sync() {
      trajectory?.sync();
      log?.sync();
    },
    get bytes() {
      return { ...(trajectory ? { out: trajectory.bytes } : {}), ...(log ? { log: log.bytes } : {}) };
    },
    [Symbol.dispose]: () => stack.dispose(),
  };
}

function logRow({ dynamics, engine }: OnTheFlySimulation): string {
  const { thermodynamics: t } = dynamics;
  const { record } = engine;
  const { comparison, update } = record ?? {};
  const cells = [
    t.step,
    t.time,
    record?.source,
    record?.reason,
    t.temperature,
    t.potential,
    t.conserved,
    comparison?.forceMae,
    comparison?.forceRmse,
    comparison?.energyError,
    record?.uncertainty,
    update && 1000 * update.seconds,
    update?.ridge,
  ];
  return cells.map((x) => (x === undefined || Number.isNaN(x) ? '' : String(x))).join(',') + '\n';
}

/** Writes a file in one step: a process killed at any moment leaves the old or the new one. */
export async function replaceFile(
  path: string,
  content: string | Uint8Array | Iterable<string>,
): Promise<void> {
  await writeWholeFile(path, content);
}
