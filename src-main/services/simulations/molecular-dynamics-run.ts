/** A molecular dynamics run with its files: trajectory, thermodynamics table, checkpoint, resume. */
import { setImmediate as nextTask } from 'node:timers/promises';
import { CancelledError, SimulationError } from '../../../src-compute/errors.ts';
import { closeAtomsWarning } from '../../../src-compute/potentials/distances.ts';
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import {
  MolecularDynamics,
  type MolecularDynamicsSummary,
  type Thermodynamics,
} from '../../../src-compute/sampling/molecular-dynamics.ts';
import {
  completeMolecularDynamicsSettings,
  type MolecularDynamicsInput,
} from '../../../src-compute/sampling/settings.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { CloseWatch, type SeenPair } from './close-pairs.ts';
import {
  readRunCheckpoint,
  requireNothingToLose,
  writeRunCheckpoint,
  type Recording,
  type RunCheckpoint,
} from './checkpoint-file.ts';
import {
  nextStopAmong,
  openDynamicsEngine,
  openSimulationEngine,
  withSavedBackend,
  type EngineChoice,
  type SimulationEngine,
} from './engines.ts';
import { OutputFile } from './output-file.ts';
import type { RunGuard } from './run-guard.ts';
import { requireConserved } from './verdict.ts';
import { runIdentity } from './run-identity.ts';
import { frameOf, frameText, trajectoryFormat, writtenColumns, type FrameColumn } from './trajectory-file.ts';

export interface MolecularDynamicsRun {
  readonly model: PotentialModelBase;
  readonly configuration: Configuration;
  readonly settings: MolecularDynamicsInput;
  readonly engine?: EngineChoice;
  /** cheap potential for multiple time steps */
  readonly cheapModel?: PotentialModelBase;
  readonly fixed?: Uint8Array;
  readonly thermostatted?: Uint8Array;
  /** trajectory */
  readonly out?: string;
  /** steps between frames */
  readonly every?: number;
  readonly columns?: readonly FrameColumn[];
  /** table of thermodynamics, CSV */
  readonly thermo?: string;
  /** steps between rows of the table; as `every` when absent */
  readonly thermoEvery?: number;
  /** checkpoint file; none is written when absent */
  readonly checkpoint?: string;
  readonly resume?: boolean;
  readonly guard?: RunGuard;
  readonly signal?: AbortSignal;
  /** called a few times a second */
  readonly onProgress?: (step: number, steps: number, now: Thermodynamics) => void;
  readonly onNote?: (sentence: string) => void;
}

export interface MolecularDynamicsRunResult extends MolecularDynamicsSummary {
  readonly atoms: number;
  /** wall-clock time of this process */
  readonly seconds: number;
  readonly forceCalls: number;
  readonly backend: string;
  readonly threads: number;
  /** which backend computes, and why */
  readonly choice: string;
  /** steps that this process did, less than `steps` after resuming */
  readonly stepsHere: number;
  readonly final: Configuration;
  /** The closest pair that was seen, where atoms came closer than the potential's data. */
  readonly closest?: SeenPair;
}

const THERMO_COLUMNS = [
  'step',
  'time_fs',
  'temperature_k',
  'potential_ev',
  'kinetic_ev',
  'conserved_ev',
  'pressure_gpa',
  'volume_a3',
] as const;

const thermoRow = (t: Thermodynamics) =>
  [t.step, t.time, t.temperature, t.potential, t.kinetic, t.conserved, t.pressure, t.volume]
    .map((x) => (Number.isNaN(x) ? '' : String(x)))
    .join(',') + '\n';

/** Time between two looks at signals and progress, ms. */
const PAUSE_INTERVAL = 200;

/**
 * Runs molecular dynamics.
 * @throws SimulationError when it explodes, when its conserved energy changed by eV per atom, when files cannot be written, when a checkpoint does not fit;
 *   CancelledError on the signal. What was written before stays.
 */
export async function runMolecularDynamics(run: MolecularDynamicsRun): Promise<MolecularDynamicsRunResult> {
  const settings = completeMolecularDynamicsSettings(run.settings);
  const identity = runIdentity(run);
  const { checkpoint: path, guard } = run;
  const recording = recordingOf(run);
  const saved = run.resume && path !== undefined ? readRunCheckpoint(path, identity, recording) : undefined;
  if (run.resume && !saved) requireNothingToLose([run.out, run.thermo], path ?? '');
  const choice = withSavedBackend(run.engine ?? {}, saved?.backend);
  const special = run.cheapModel !== undefined || (run.fixed?.some(Boolean) ?? false);
  const engine = await openDynamicsEngine(run.model, run.configuration, choice, settings, special);
  let cheap: SimulationEngine | undefined;
  try {
    cheap = run.cheapModel && (await openSimulationEngine(run.cheapModel, run.configuration, choice));
    const simulation = new MolecularDynamics(run.configuration, engine, settings, {
      fixed: run.fixed,
      thermostatted: run.thermostatted,
      cheapEngine: cheap,
      nextStop: nextStopAmong([
        settings.checkpointEvery,
        ...(run.out === undefined ? [] : [frameInterval(run)]),
        ...(run.thermo === undefined ? [] : [rowInterval(run)]),
        ...(guard ? [guard.every] : []),
      ]),
    });
    if (saved) simulation.restore(saved.state);
    if (saved?.guard) guard?.restore(saved.guard, simulation.system);
    sayWhatRuns(run, engine, simulation, saved);
    const watch = new CloseWatch(run.model, run.configuration, settings.steps, (sentence) =>
      run.onNote?.(`Warning: ${sentence}`),
    );
    using files = openFiles(run, saved?.outputs);
    const began = performance.now();
    const firstStep = simulation.step;
    await simulation.initialise();
    if (!saved) await files.record(simulation, engine.result.forces);
    let lastPause = performance.now();
    const afterStep = async (recorded: Promise<void> | undefined) => {
      if (recorded) {
        await recorded;
        guard?.observe(simulation.step, simulation.system);
      }
      if (path !== undefined && simulation.step % settings.checkpointEvery === 0) {
        files.sync();
        const { backend } = engine;
        const [state, outputs] = [simulation.save(), files.bytes];
        writeRunCheckpoint(path, { state, outputs, identity, backend, recording, guard: guard?.save() });
      }
      if (performance.now() - lastPause < PAUSE_INTERVAL) return;
      lastPause = performance.now();
      run.onProgress?.(simulation.step, settings.steps, simulation.thermodynamics);
      await nextTask();
      if (run.signal?.aborted) throw new CancelledError();
    };
    await simulation.run(() => {
      watch.look(simulation.step, simulation.system);
      const recorded = files.record(simulation, engine.result.forces);
      // a guard that ends the run must not do so before the frame is in the file
      if (!recorded) guard?.observe(simulation.step, simulation.system);
      const due = simulation.step % settings.checkpointEvery === 0;
      // most steps have nothing to wait for, and then cost no promise
      if (recorded || due || performance.now() - lastPause >= PAUSE_INTERVAL) return afterStep(recorded);
    });
    files.sync();
    if (watch.sentence !== undefined) run.onNote?.(`Warning: ${watch.sentence}`);
    const { drift, time } = simulation.summary;
    // under a ramp of the pressure work is done on the system
    const ramped = typeof settings.pressure === 'object';
    if (!ramped) requireConserved(drift, time);
    const seconds = (performance.now() - began) / 1000;
    const result = resultOf(run, simulation, engine, firstStep, seconds);
    return { ...result, ...(watch.closest && { closest: watch.closest }) };
  } finally {
    engine.dispose();
    cheap?.dispose();
  }
}

/** Which forces, whether atoms are too close for them, and where the run goes on. */
function sayWhatRuns(
  run: MolecularDynamicsRun,
  engine: SimulationEngine,
  simulation: MolecularDynamics,
  saved: RunCheckpoint | undefined,
): void {
  run.onNote?.(`Forces: ${engine.choice}.`);
  const close = closeAtomsWarning(run.model, run.configuration);
  if (close !== undefined) run.onNote?.(`Warning: ${close}`);
  if (!run.resume) return;
  if (!saved) {
    run.onNote?.('There is no checkpoint yet: the run begins at its first step.');
    return;
  }
  run.onNote?.(`Resumed at step ${simulation.step}.`);
  if (saved.backend !== undefined && saved.backend !== engine.backend) {
    run.onNote?.(
      `Warning: the run was begun with ${saved.backend} and goes on with ${engine.backend}, so that it is not, bit for bit, the run without a break.`,
    );
  }
}

function resultOf(
  run: MolecularDynamicsRun,
  simulation: MolecularDynamics,
  engine: SimulationEngine,
  firstStep: number,
  seconds: number,
): MolecularDynamicsRunResult {
  const { system } = simulation;
  return {
    ...simulation.summary,
    atoms: system.count,
    seconds,
    forceCalls: simulation.step - firstStep + 1,
    backend: engine.backend,
    threads: engine.threads,
    choice: engine.choice,
    stepsHere: simulation.step - firstStep,
    final: {
      ...run.configuration,
      positions: system.positions.slice(),
      velocities: system.velocities.slice(),
      cell: system.cell.slice(),
    },
  };
}

/** Steps between frames, and between rows of the table. */
const frameInterval = (run: MolecularDynamicsRun) => run.every ?? 1000;
const rowInterval = (run: MolecularDynamicsRun) => run.thermoEvery ?? run.every ?? 10;

function recordingOf(run: MolecularDynamicsRun): Recording {
  return {
    ...(run.out !== undefined && {
      '--every': String(frameInterval(run)),
      '--write': writtenColumns(run.columns),
    }),
    ...(run.thermo !== undefined && { '--thermo-every': String(rowInterval(run)) }),
  };
}

interface RunFiles extends Disposable {
  /** Writes what is due at this step; forces are those of the present positions. */
  record(simulation: MolecularDynamics, forces: Float64Array): Promise<void> | undefined;
  sync(): void;
  readonly bytes: Record<string, number>;
}

function openFiles(
  run: MolecularDynamicsRun,
  outputs: Readonly<Record<string, number>> | undefined,
): RunFiles {
  const [every, thermoEvery] = [frameInterval(run), rowInterval(run)];
  if (!(every >= 1) || !(thermoEvery >= 1))
    throw new SimulationError('Frames and rows are written every 1 or more steps.');
  const format = run.out === undefined ? undefined : trajectoryFormat(run.out);
  const trajectory = run.out === undefined ? undefined : new OutputFile(run.out, outputs?.out ?? 0);
  let thermo: OutputFile | undefined;
  try {
    thermo = run.thermo === undefined ? undefined : new OutputFile(run.thermo, outputs?.thermo ?? 0);
    thermo?.heading(THERMO_COLUMNS.join(',') + '\n');
  } catch (error) {
    trajectory?.[Symbol.dispose]();
    throw error;
  }
  return {
    record(simulation, forces) {
      const { step, thermodynamics: t } = simulation;
      if (thermo && step % thermoEvery === 0) thermo.append(thermoRow(t));
      if (!trajectory || !format || step % every !== 0) return undefined;
      const frame = frameOf(
        simulation.system,
        t.potential,
        forces,
        simulation.atomEnergies,
        run.columns ?? [],
        {
          step,
          time_fs: t.time,
          temperature_k: t.temperature,
        },
      );
      return frameText(format, frame, trajectory.path).then((text) => trajectory.append(text));
    },
    sync() {
      trajectory?.sync();
      thermo?.sync();
    },
    get bytes() {
      return {
        ...(trajectory ? { out: trajectory.bytes } : {}),
        ...(thermo ? { thermo: thermo.bytes } : {}),
      };
    },
    [Symbol.dispose]() {
      trajectory?.[Symbol.dispose]();
      thermo?.[Symbol.dispose]();
    },
  };
}
