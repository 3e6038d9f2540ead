/**
 * The jobs that simulate with a potential of the project: molecular dynamics and hybrid Monte Carlo. Frames go to the
 * project's trajectories as they come, so that they can be watched while the run goes on; checkpoints hold the
 * sampler's state and the number of frames that belong to it.
 */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { parsePotentialDocument } from '../../../src-compute/potentials/document.ts';
import type { PotentialModel } from '../../../src-compute/potentials/registry.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../../src-compute/sampling/checkpoint.ts';
import {
  checkIntegrator,
  diagnose,
  hybridMonteCarloSchema,
} from '../../../src-compute/sampling/hybrid-monte-carlo/index.ts';
import { MolecularDynamics, type Thermodynamics } from '../../../src-compute/sampling/molecular-dynamics.ts';
import {
  completeMolecularDynamicsSettings,
  molecularDynamicsSchema,
} from '../../../src-compute/sampling/settings.ts';
import type { ParticleSystem } from '../../../src-compute/sampling/system.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { BOLTZMANN_EV_PER_K } from '../../../src-compute/units.ts';
import type { JobPoint } from '../../store/jobs.ts';
import type { JsonValue } from '../../store/json.ts';
import { PotentialRepository } from '../../store/potentials.ts';
import { TrajectoryWriter, type TrajectoryArray } from '../../store/trajectories.ts';
import type { JobContext, JobRunner } from '../jobs/runner.ts';
import {
  BACKEND_CHOICES,
  nextStopAmong,
  openDynamicsEngine,
  openSimulationEngine,
  withSavedBackend,
  type EngineChoice,
} from './engines.ts';
import type { GuardState } from './checkpoint-file.ts';
import { JobGuard, jobGuardSettings } from './job-guard.ts';
import { CloseWatch } from './close-pairs.ts';
import { ChainSet } from './chain-set.ts';
import { buildStructure, structureSourceSchema } from './structure-source.ts';
import { requireAccepted, requireConserved } from './verdict.ts';

const common = {
  name: z.string().min(1).max(200),
  potentialId: z.int(),
  structure: structureSourceSchema,
  /** Steps (MD) or trajectories (HMC) between frames. */
  every: z.int().min(1).max(1_000_000),
  threads: z.int().min(1).max(256).optional(),
  /** A cheaper potential of the project for inner steps (MD) or proposals (HMC). */
  cheapPotentialId: z.int().optional(),
  backend: z.enum(BACKEND_CHOICES).default('auto'),
  /** Watches whether the run stays within what the potential was trained on. */
  guard: jobGuardSettings.optional(),
};

export const molecularDynamicsJob = z.object({
  ...common,
  settings: molecularDynamicsSchema,
  /** Steps whose values are left out of the means; the first fifth when left out, none under a ramp. */
  equilibration: z.int().nonnegative().optional(),
  /** Arrays of each frame besides positions and atomic energies. */
  write: z.array(z.enum(['velocities', 'forces'])).default([]),
});
export const hybridMonteCarloJob = z.object({
  ...common,
  settings: hybridMonteCarloSchema,
  /** Momenta are drawn afresh for every trajectory: there are no velocities to keep. */
  write: z.array(z.enum(['forces'])).default([]),
  /** Follow extra trajectories at the end: order of ΔH in the step, reversibility. */
  check: z.boolean().default(true),
  /** Independent chains, from random numbers of their own. */
  chains: z.int().min(1).max(32).default(1),
  /** Temperatures of replica exchange, K; that of the settings is one of them. */
  replicas: z.array(z.number().positive()).min(2).max(64).optional(),
});

/** Points per curve that a run draws, about. */
const CURVE_POINTS = 1500;
const PAUSE_INTERVAL = 100;
const CHECKPOINT_VERSION = 1;
const RUN_KIND = 'simulation-job-2';
/** With the state as base64 in the header, which must not be longer than a string can be. */
const EARLIER_RUN_KIND = 'simulation-job-1';

interface Prepared {
  readonly model: PotentialModel;
  readonly cheapModel: PotentialModel | undefined;
  readonly configuration: Configuration;
  readonly engine: EngineChoice;
}

/** Model, structure, and where forces are to be computed. */
function prepare(
  { project, lastCheckpoint }: JobContext,
  settings: z.infer<typeof molecularDynamicsJob> | z.infer<typeof hybridMonteCarloJob>,
): Prepared {
  const potentials = new PotentialRepository(project);
  const modelOf = (id: number) => parsePotentialDocument(potentials.document(id)).model;
  const model = modelOf(settings.potentialId);
  const cheapModel = settings.cheapPotentialId === undefined ? undefined : modelOf(settings.cheapPotentialId);
  const configuration = buildStructure(project, settings.structure);
  // threads cost more than they bring for few atoms
  const threads = settings.threads ?? (configuration.kinds.length < 500 ? 1 : availableParallelism());
  const saved =
    lastCheckpoint && decodeCheckpoint(lastCheckpoint.data, RUN_KIND, EARLIER_RUN_KIND).values.backend;
  const engine = withSavedBackend(
    { threads, backend: settings.backend },
    typeof saved === 'string' ? saved : undefined,
  );
  return { model, cheapModel, configuration, engine };
}

/** The trajectory of a job: a new one, or the one of the earlier attempt up to its checkpoint. */
class JobTrajectory implements Disposable {
  readonly writer: TrajectoryWriter;
  readonly restored: Uint8Array | undefined;
  private readonly context: JobContext;
  private readonly backend: string;
  private readonly guard: JobGuard | undefined;
  private readonly guardState: GuardState | undefined;

  constructor(
    context: JobContext,
    job: { name: string; potentialId: number; write: readonly TrajectoryArray[] },
    configuration: Configuration,
    backend: string,
    scalars: readonly string[],
    guard: JobGuard | undefined,
  ) {
    this.context = context;
    this.guard = guard;
    this.backend = backend;
    const saved =
      context.lastCheckpoint && decodeCheckpoint(context.lastCheckpoint.data, RUN_KIND, EARLIER_RUN_KIND);
    if (saved) {
      this.restored =
        saved.blocks?.state ?? new Uint8Array(Buffer.from(String(saved.values.state), 'base64'));
      this.guardState = Object.keys(saved.arrays).length > 0 ? saved.arrays : undefined;
      this.writer = TrajectoryWriter.resume(
        context.project,
        Number(saved.values.trajectory),
        Number(saved.values.frames),
        context.jobId,
      );
      context.log(`Goes on with ${Number(saved.values.frames)} frames that were kept.`);
      return;
    }
    const { symbols, kinds, periodic, masses } = configuration;
    this.writer = TrajectoryWriter.create(context.project, {
      name: job.name,
      symbols,
      kinds,
      periodic,
      masses,
      arrays: ['positions', 'atomEnergies', ...new Set(job.write), ...(guard ? (['novelty'] as const) : [])],
      scalars,
      potentialId: job.potentialId,
      jobId: context.jobId,
      settings: context.settings,
    });
  }

  save(state: Uint8Array): void {
    this.writer.flush();
    const values = {
      trajectory: this.writer.id,
      frames: this.writer.frames,
      backend: this.backend,
    };
    const arrays = this.guard?.save() ?? {};
    this.context.checkpoint(
      encodeCheckpoint({ kind: RUN_KIND, values, arrays, blocks: { state } }),
      CHECKPOINT_VERSION,
    );
  }

  /** Lets the guard go on with what it had seen. */
  restoreGuard(system: ParticleSystem): void {
    if (this.guardState) this.guard?.restore(this.guardState, system);
  }

  [Symbol.dispose](): void {
    this.writer[Symbol.dispose]();
  }
}

/** Part of a run that is taken for its heat-up when nobody says how long it is. */
const HEAT_UP = 0.2;

/** Steps whose values are left out of the means. */
function heatUpOf(
  asked: number | undefined,
  { steps, temperature, pressure }: { steps: number; temperature: unknown; pressure?: unknown },
): number {
  if (asked !== undefined) return Math.min(asked, Math.max(0, steps - 1));
  const ramp = typeof temperature === 'object' || typeof pressure === 'object';
  return ramp ? 0 : Math.floor(HEAT_UP * steps);
}

/** Curves of a run: x is ps. */
function thermoPoints(t: Thermodynamics, atoms: number): JobPoint[] {
  const x = t.time / 1000;
  const point = (series: string, y: number): JobPoint => ({ series, x, y });
  return [
    point('temperature', t.temperature),
    point('potential', t.potential / atoms),
    point('total', (t.potential + t.kinetic) / atoms),
    point('conserved', t.conserved / atoms),
    ...(Number.isFinite(t.pressure) ? [point('pressure', t.pressure)] : []),
    ...(Number.isFinite(t.volume) ? [point('volume', t.volume / atoms)] : []),
  ];
}

export const molecularDynamicsRunner: JobRunner = {
  kind: 'md',
  async run(context: JobContext): Promise<JsonValue> {
    const job = molecularDynamicsJob.parse(context.settings);
    const settings = completeMolecularDynamicsSettings(job.settings);
    const { model, cheapModel, configuration, engine: choice } = prepare(context, job);
    const atoms = configuration.kinds.length;
    const special = cheapModel !== undefined;
    using opened = disposable(await openDynamicsEngine(model, configuration, choice, settings, special));
    using cheap = cheapModel && disposable(await openSimulationEngine(cheapModel, configuration, choice));
    const engine = opened.value;
    context.log(`${atoms} atoms. Forces: ${engine.choice}.`);
    const thermoEvery = Math.max(1, Math.round(settings.steps / CURVE_POINTS));
    const guard = await JobGuard.open(context, job.potentialId, job.guard);
    const heatUp = heatUpOf(job.equilibration, settings);
    const stops = [
      job.every,
      thermoEvery,
      settings.checkpointEvery,
      ...(heatUp > 0 ? [heatUp] : []),
      ...(guard ? [guard.every] : []),
    ];
    const simulation = new MolecularDynamics(configuration, engine, settings, {
      cheapEngine: cheap?.value,
      nextStop: nextStopAmong(stops),
    });
    const scalars = ['step', 'time_fs', 'temperature_k', 'potential_ev', 'pressure_gpa'];
    using trajectory = new JobTrajectory(context, job, configuration, engine.backend, scalars, guard);
    if (trajectory.restored) simulation.restore(trajectory.restored);
    trajectory.restoreGuard(simulation.system);
    const began = performance.now();
    const firstStep = simulation.step;
    await simulation.initialise();
    const watch = new CloseWatch(model, configuration, settings.steps, (text) =>
      context.log(text, 'warning'),
    );
    const record = () => {
      const { step, thermodynamics: t, system } = simulation;
      watch.look(step, system);
      guard?.look(step, t.time / 1000, system);
      if (step % job.every === 0) {
        trajectory.writer.append({
          positions: system.positions,
          velocities: system.velocities,
          forces: simulation.forces,
          atomEnergies: simulation.atomEnergies,
          ...(guard ? { novelty: guard.valuesAt(step, atoms) } : {}),
          cell: system.cell,
          scalars: [step, t.time, t.temperature, t.potential, t.pressure],
        });
      }
      if (step % thermoEvery === 0) {
        const message = `step ${step} of ${settings.steps}, ${t.temperature.toFixed(0)} K`;
        context.progress({
          fraction: step / Math.max(1, settings.steps),
          message,
          points: thermoPoints(t, atoms),
        });
      }
      guard?.check(step);
    };
    let lastPause = performance.now();
    const afterStep = async () => {
      lastPause = performance.now();
      await context.pause();
      context.throwIfCancelled();
    };
    const go = async () => {
      if (!trajectory.restored) record();
      await simulation.run(() => {
        record();
        if (simulation.step === heatUp) simulation.resetAverages();
        if (simulation.step % settings.checkpointEvery === 0) trajectory.save(simulation.save());
        if (context.signal.aborted) context.throwIfCancelled();
        if (performance.now() - lastPause >= PAUSE_INTERVAL) return afterStep();
      });
    };
    await (guard ? go().catch((error: unknown) => guard.ended(error)) : go());
    trajectory.writer.finish();
    const { summary } = simulation;
    if (watch.sentence !== undefined) context.log(watch.sentence, 'warning');
    // under a ramp of the pressure work is done on the system
    if (typeof settings.pressure !== 'object') requireConserved(summary.drift, summary.time);
    const seconds = (performance.now() - began) / 1000;
    const result = {
      trajectoryId: trajectory.writer.id,
      potentialId: job.potentialId,
      atoms,
      steps: summary.steps,
      seconds,
      microsecondsPerAtomStep: (1e6 * seconds) / Math.max(1, atoms * (simulation.step - firstStep)),
      drift: number(summary.drift),
      temperature: estimate(summary.temperature),
      energy: estimate(summary.energy),
      pressure: estimate(summary.pressure),
      volume: estimate(summary.volume),
      averaged: {
        from: (heatUp / Math.max(1, summary.steps)) * (summary.time / 1000),
        to: summary.time / 1000,
        ramp: typeof settings.temperature === 'object' || typeof settings.pressure === 'object',
        assumed: job.equilibration === undefined,
      },
      backend: engine.choice,
    };
    return guard ? guard.finish(job.name, result) : result;
  },
};

export const hybridMonteCarloRunner: JobRunner = {
  kind: 'hmc',
  async run(context: JobContext): Promise<JsonValue> {
    const job = hybridMonteCarloJob.parse(context.settings);
    const prepared = prepare(context, job);
    const { configuration } = prepared;
    const atoms = configuration.kinds.length;
    using set = await ChainSet.open({ ...prepared, ...job });
    const { reported: chain, settings } = set;
    context.log(`${atoms} atoms. Forces: ${set.choice}.`);
    const guard = await JobGuard.open(context, job.potentialId, job.guard);
    const scalars = ['trajectory', 'potential_ev', 'delta_h_ev', 'accepted'];
    using trajectory = new JobTrajectory(context, job, configuration, set.backend, scalars, guard);
    if (trajectory.restored) await set.restore(trajectory.restored);
    trajectory.restoreGuard(chain.system);
    const all = settings.burnIn + settings.trajectories;
    const beta = 1 / (BOLTZMANN_EV_PER_K * settings.temperature);
    const watch = new CloseWatch(
      prepared.model,
      configuration,
      all,
      (text) => context.log(text, 'warning'),
      'trajectory',
    );
    let lastPause = performance.now();
    const each = async () => {
      const { record } = chain;
      watch.look(chain.trajectory, chain.system);
      guard?.look(chain.trajectory, chain.trajectory, chain.system);
      const last = record.potential.length - 1;
      const where = chain.burningIn
        ? `burn-in ${chain.trajectory} of ${settings.burnIn}, step ${chain.stepSize.toPrecision(3)} fs`
        : `trajectory ${chain.trajectory - settings.burnIn} of ${settings.trajectories}`;
      const points: JobPoint[] = [{ series: 'step size', x: chain.trajectory, y: chain.stepSize }];
      if (last >= 0) {
        const x = chain.trajectory;
        points.push({ series: 'potential', x, y: record.potential[last] / atoms });
        points.push({ series: 'delta h', x, y: beta * record.energyChange[last] });
        if ((last + 1) % job.every === 0) {
          trajectory.writer.append({
            positions: chain.system.positions,
            forces: chain.forces,
            atomEnergies: chain.atomEnergies,
            ...(guard ? { novelty: guard.valuesAt(chain.trajectory, atoms) } : {}),
            cell: chain.system.cell,
            scalars: [last + 1, record.potential[last], record.energyChange[last], record.accepted[last]],
          });
        }
      }
      context.progress({
        fraction: chain.trajectory / Math.max(1, all),
        message: where,
        points,
      });
      guard?.check(chain.trajectory);
      if (chain.trajectory % settings.checkpointEvery === 0) trajectory.save(set.save());
      if (performance.now() - lastPause < PAUSE_INTERVAL) return;
      lastPause = performance.now();
      await context.pause();
      context.throwIfCancelled();
    };
    const run = set.run(each);
    await (guard ? run.catch((error: unknown) => guard.ended(error)) : run);
    trajectory.writer.finish();
    const records = set.productive.map(({ record }) => record);
    const trajectories = records.reduce((sum, { potential }) => sum + potential.length, 0);
    const diagnostics = diagnose(records, beta);
    if (!settings.unadjusted) requireAccepted(diagnostics.acceptance, trajectories);
    const check = job.check && settings.trajectories > 0 ? await checkIntegrator(chain) : undefined;
    const result = {
      trajectoryId: trajectory.writer.id,
      potentialId: job.potentialId,
      atoms,
      trajectories,
      burnIn: settings.burnIn,
      chains: set.chains.length,
      exchangeAcceptance: set.exchangeAcceptance?.map(number) ?? null,
      timestep: chain.stepSize,
      forceCalls: set.chains.reduce((sum, { forceCalls }) => sum + forceCalls, 0),
      biased: settings.unadjusted,
      diagnostics: plain(diagnostics),
      check: check === undefined ? null : plain(check),
      backend: set.choice,
    };
    return guard ? guard.finish(job.name, result) : result;
  },
};

/** Something that is to be disposed of at the end of a block. */
function disposable<T extends { dispose(): void }>(value: T): Disposable & { readonly value: T } {
  return { value, [Symbol.dispose]: () => value.dispose() };
}

const number = (value: number): number | null => (Number.isFinite(value) ? value : null);
const estimate = ({ value, error }: { value: number; error: number }): JsonValue => ({
  value: number(value),
  error: number(error),
});

/** Numbers that JSON cannot hold become null; typed arrays become lists. */
function plain(value: unknown): JsonValue {
  const text = JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'number') return number(item);
    return ArrayBuffer.isView(item) ? Array.from(item as Float64Array, number) : item;
  });
  return z.json().parse(JSON.parse(text));
}
