/** The job that learns a potential while it simulates; trajectory and potential stay in the project. */
import { z } from 'zod';
import { SimulationError } from '../../../src-compute/errors.ts';
import {
  completeOnlineLearnerSettings,
  createOnlineLearner,
  onlineLearnerSchema,
} from '../../../src-compute/fitting/online/index.ts';
import { formatPotentialDocument } from '../../../src-compute/potentials/document.ts';
import { onTheFlySchema } from '../../../src-compute/sampling/on-the-fly/settings.ts';
import {
  completeMolecularDynamicsSettings,
  molecularDynamicsSchema,
} from '../../../src-compute/sampling/settings.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { openReferenceEngine, referenceEngineSchema } from '../../engines/registry.ts';
import { windowEngineSchema } from '../../engines/window-engines.ts';
import type { JobPoint } from '../../store/jobs.ts';
import type { JsonValue } from '../../store/json.ts';
import { PotentialRepository } from '../../store/potentials.ts';
import { TrajectoryWriter } from '../../store/trajectories.ts';
import type { JobContext, JobRunner } from '../jobs/runner.ts';
import { buildStructure, structureSourceSchema } from '../simulations/structure-source.ts';
import { learnedDocument } from './document.ts';
import { isPause, OnTheFlySimulation, pausedError } from './on-the-fly-simulation.ts';
import { joinSections, splitSections } from './sections.ts';

const common = {
  name: z.string().min(1).max(200),
  structure: structureSourceSchema,
  settings: molecularDynamicsSchema,
  policy: onTheFlySchema.prefault({}),
  learner: onlineLearnerSchema.prefault({}),
  /** Steps between frames. */
  every: z.int().min(1).max(1_000_000).default(10),
};

export const onTheFlyJob = z.object({ ...common, engine: referenceEngineSchema });
/** The job as a user interface may ask for it. */
export const windowOnTheFlyJob = z.object({ ...common, engine: windowEngineSchema });

const CHECKPOINT_VERSION = 1;
const PAUSE_INTERVAL = 250;
/** Points per curve that a run draws, about. */
const CURVE_POINTS = 1500;

const SCALARS = [
  'step',
  'time_fs',
  'temperature_k',
  'potential_ev',
  'reference',
  'uncertainty_ev_per_a',
  'force_rmse_ev_per_a',
] as const;

export const onTheFlyRunner: JobRunner = {
  kind: 'on-the-fly',
  async run(context: JobContext): Promise<JsonValue> {
    const job = onTheFlyJob.parse(context.settings);
    const settings = completeMolecularDynamicsSettings(job.settings);
    const learnerSettings = completeOnlineLearnerSettings(job.learner);
    const configuration = buildStructure(context.project, job.structure);
    const learner = createOnlineLearner(configuration, learnerSettings);
    const reference = await openReferenceEngine(job.engine, configuration);
    try {
      const { policy } = job;
      const { signal } = context;
      const simulation = new OnTheFlySimulation({
        configuration,
        settings,
        policy,
        learnerSettings,
        learner,
        reference,
        signal,
      });
      using trajectory = new LearningTrajectory(context, job.name, configuration);
      if (trajectory.state) simulation.restore(trajectory.state);
      context.log(`${configuration.kinds.length} atoms. Reference: ${reference.name}.`);
      if (reference.waitsFor !== undefined) context.log(reference.waitsFor);
      await simulate(context, simulation, trajectory, job.every).catch((error: unknown) => {
        if (!isPause(error)) throw error;
        trajectory.save(simulation.save());
        throw pausedError(error, simulation.step, learner.frames);
      });
      trajectory.writer.finish();
      const document = learnedDocument(learner, simulation.view, learnerSettings, job.name);
      const potential = {
        name: job.name,
        form: document.model.form,
        species: document.model.species,
        document: formatPotentialDocument(document),
        settings: document.provenance.settings as JsonValue,
        provenance: z.json().parse(JSON.parse(JSON.stringify(document.provenance))),
        jobId: context.jobId,
      };
      const { summary } = simulation.dynamics;
      return context.project.transaction(() =>
        context.finish(
          plain({
            ...simulation.view,
            trajectoryId: trajectory.writer.id,
            potentialId: new PotentialRepository(context.project).add(potential),
            drift: summary.drift,
            meanTemperature: summary.temperature,
            meanPotential: summary.potential,
          }),
        ),
      );
    } finally {
      await reference.close();
      learner.dispose();
    }
  },
};

async function simulate(
  context: JobContext,
  simulation: OnTheFlySimulation,
  trajectory: LearningTrajectory,
  every: number,
): Promise<void> {
  const { dynamics } = simulation;
  const { steps, checkpointEvery } = dynamics.settings;
  const drawEvery = Math.max(1, Math.round(steps / CURVE_POINTS));
  let points: JobPoint[] = [];
  const record = () => {
    points.push(...pointsOf(simulation, drawEvery));
    logTurns(context, simulation);
    if (simulation.step % every === 0) trajectory.append(simulation);
  };
  const report = () => {
    const { step, view } = simulation;
    context.progress({
      fraction: step / Math.max(1, steps),
      message: `step ${step} of ${steps}, ${view.temperature?.toFixed(0) ?? '–'} K, ${view.phase}, ${view.referenceCalls} reference calls`,
      detail: plain(view),
      points,
    });
    points = [];
  };
  await simulation.initialise();
  if (!trajectory.state) record();
  let lastPause = performance.now();
  await simulation.run(async () => {
    record();
    if (simulation.step % checkpointEvery === 0) trajectory.save(simulation.save());
    if (performance.now() - lastPause >= PAUSE_INTERVAL) {
      lastPause = performance.now();
      report();
      await context.pause();
    }
    context.throwIfCancelled();
  });
  report();
}

/** Curves: x is ps. */
function pointsOf({ engine, dynamics }: OnTheFlySimulation, drawEvery: number): JobPoint[] {
  const { thermodynamics: t, system } = dynamics;
  const x = t.time / 1000;
  const points: JobPoint[] = [];
  if (t.step % drawEvery === 0) {
    points.push(
      { series: 'temperature', x, y: t.temperature },
      { series: 'potential', x, y: t.potential / system.count },
      { series: 'conserved', x, y: t.conserved / system.count },
      { series: 'reference calls', x, y: engine.totals.referenceCalls },
    );
    const uncertainty = engine.record?.uncertainty;
    if (uncertainty !== undefined && Number.isFinite(uncertainty))
      points.push({ series: 'uncertainty', x, y: uncertainty });
  }
  const comparison = engine.record?.comparison;
  if (comparison)
    points.push(
      { series: 'force error', x, y: comparison.forceRmse },
      { series: 'energy error', x, y: Math.abs(comparison.energyError) },
    );
  return points;
}

/** Lines of the job's log: take-overs, hand-backs, solutions that failed. */
function logTurns(context: JobContext, simulation: OnTheFlySimulation): void {
  for (const sentence of simulation.turns()) context.log(sentence);
}

/** @throws SimulationError when a checkpoint has none, or another kind of run's */
function headOf(head: Uint8Array | undefined): z.output<typeof headSchema> {
  try {
    return headSchema.parse(JSON.parse(Buffer.from(head ?? []).toString()));
  } catch (cause) {
    throw new SimulationError('This checkpoint cannot be used: it is damaged or of another kind of run.', {
      remedy: 'Start the run again.',
      cause,
    });
  }
}

/** Frames of the project with who computed them, and the checkpoint that belongs to them. */
class LearningTrajectory implements Disposable {
  readonly writer: TrajectoryWriter;
  /** State to go on from. */
  readonly state: Uint8Array | undefined;
  readonly #context: JobContext;

  constructor(context: JobContext, name: string, configuration: Configuration) {
    this.#context = context;
    const saved = context.lastCheckpoint;
    if (saved) {
      const { head, state } = splitSections(saved.data);
      const { trajectory, frames } = headOf(head);
      this.state = state;
      this.writer = TrajectoryWriter.resume(context.project, trajectory, frames, context.jobId);
      context.log(`Goes on with ${frames} frames that were kept.`);
      return;
    }
    const { symbols, kinds, periodic, masses } = configuration;
    this.writer = TrajectoryWriter.create(context.project, {
      name,
      symbols,
      kinds,
      periodic,
      masses,
      arrays: ['positions', 'atomEnergies'],
      scalars: [...SCALARS],
      jobId: context.jobId,
      settings: context.settings,
    });
  }

  append({ dynamics, engine }: OnTheFlySimulation): void {
    const { thermodynamics: t, system } = dynamics;
    const { record } = engine;
    this.writer.append({
      positions: system.positions,
      atomEnergies: dynamics.atomEnergies,
      cell: system.cell,
      scalars: [
        t.step,
        t.time,
        t.temperature,
        t.potential,
        record?.source === 'model' ? 0 : 1,
        record?.uncertainty ?? NaN,
        record?.comparison?.forceRmse ?? NaN,
      ],
    });
  }

  save(state: Uint8Array | undefined): void {
    if (state === undefined) return;
    this.writer.flush();
    const head = Buffer.from(JSON.stringify({ trajectory: this.writer.id, frames: this.writer.frames }));
    this.#context.checkpoint(joinSections({ head, state }), CHECKPOINT_VERSION);
  }

  [Symbol.dispose](): void {
    this.writer[Symbol.dispose]();
  }
}

const headSchema = z.object({ trajectory: z.int(), frames: z.int() });

/** Numbers that JSON cannot hold become null. */
function plain(value: unknown): JsonValue {
  return z
    .json()
    .parse(JSON.parse(JSON.stringify(value, (_key, item: unknown) => (Number.isNaN(item) ? null : item))));
}
