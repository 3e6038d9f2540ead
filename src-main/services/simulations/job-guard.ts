/** The novelty guard of a simulation job: looks while the run goes on, draws its curves, keeps what is new for labelling. */
import { z } from 'zod';
import {
  NoveltyLimitReached,
  type NoveltyMonitor,
  type NoveltySample,
} from '../../../src-compute/analysis/entropy/novelty-monitor.ts';
import { toConfiguration, type ParticleSystem } from '../../../src-compute/sampling/system.ts';
import type { JobPoint } from '../../store/jobs.ts';
import type { JsonValue } from '../../store/json.ts';
import type { Project } from '../../store/project.ts';
import { partsOf, referencePart } from '../entropy/dataset-part.ts';
import { referenceStructures } from '../entropy/dataset-choice.ts';
import { guardSettings, noveltyGuard, saveNovelFrames } from '../entropy/novelty-guard.ts';
import { trainingPart } from '../entropy/training-set.ts';
import type { JobContext } from '../jobs/runner.ts';
import type { GuardState } from './checkpoint-file.ts';
import { forDatasets } from '../entropy/settings.ts';

export const jobGuardSettings = z.object({
  ...guardSettings.shape,
  /** What the run is to stay within; what its potential was trained on when absent. */
  reference: referencePart.optional(),
});
type JobGuardSettings = z.infer<typeof jobGuardSettings>;

/** What the guard saw, for the result of the job. */
export interface GuardSummary {
  /** Looks that were taken, and how many of them were above the threshold. */
  readonly looks: number;
  readonly novel: number;
  /** nats */
  readonly largest: number;
  /** Why the run ended early, in a sentence. */
  readonly stopped: string | null;
  /** Dataset of the frames to be labelled. */
  readonly datasetId: number | null;
  readonly [key: string]: number | string | null;
}

export class JobGuard {
  /** Steps between two looks. */
  readonly every: number;
  private readonly context: JobContext;
  private readonly monitor: NoveltyMonitor;
  private sample: NoveltySample | undefined;
  private stopped: string | undefined;

  private constructor(context: JobContext, monitor: NoveltyMonitor) {
    this.context = context;
    this.monitor = monitor;
    this.every = monitor.settings.every;
  }

  /** The guard of a job, if it has one. @throws ForcewrightError when there is nothing to compare with */
  static async open(
    context: JobContext,
    potentialId: number,
    settings: JobGuardSettings | undefined,
  ): Promise<JobGuard | undefined> {
    if (settings === undefined) return undefined;
    const { project, signal } = context;
    const part = settings.reference ?? trainingPart(project, potentialId);
    context.progress({ message: 'describing the training set for the novelty guard' });
    const described = forDatasets(project, settings, partsOf(part));
    const training = await referenceStructures(project, part, described, { signal });
    const { monitor, bandwidth, descriptor } = await noveltyGuard(training, described, signal);
    context.log(
      `Novelty is measured every ${settings.every} against ${training.frames.matrix.rows} environments by ${descriptor}, bandwidth ${Number(bandwidth.toPrecision(4))}.`,
    );
    return new JobGuard(context, monitor);
  }

  /**
   * Looks where it is due; call before the frame is recorded.
   * @param x of the run's curves: time in ps, or the number of the trajectory
   */
  look(step: number, x: number, system: ParticleSystem): void {
    if (!this.monitor.due(step)) return;
    const sample = this.monitor.look(step, toConfiguration(system));
    this.sample = sample;
    const point = (series: string, y: number): JobPoint => ({ series, x, y });
    this.context.progress({
      points: [point('novelty largest', sample.max), point('novelty mean', sample.mean)],
    });
  }

  /** Novelty of the atoms at a step, for its frame; NaN where the guard did not look. */
  valuesAt(step: number, atoms: number): Float32Array {
    const { sample } = this;
    return sample?.step === step ? Float32Array.from(sample.values) : new Float32Array(atoms).fill(NaN);
  }

  /** @throws NoveltyLimitReached when the run is to end; call after the frame was recorded */
  check(step: number): void {
    const { sample, monitor } = this;
    if (monitor.settings.action !== 'stop' || sample?.step !== step || !sample.novel) return;
    throw new NoveltyLimitReached(sample, monitor.settings.threshold);
  }

  /** Takes the guard's own stop as the end of the run; other errors go on. */
  ended(error: unknown): void {
    if (!(error instanceof NoveltyLimitReached)) throw error;
    this.stopped = error.message;
    this.context.log(`${error.message} The run ends here.`, 'warning');
  }

  save(): GuardState {
    return this.monitor.save();
  }

  restore(state: GuardState, system: ParticleSystem): void {
    this.monitor.restore(state, toConfiguration(system));
  }

  /**
   * Ends the job, in one transaction with the dataset of the novel frames where there are any.
   * @param result of the job, to which what the guard saw is added
   */
  finish(name: string, result: Readonly<Record<string, JsonValue>>): JsonValue {
    const { context, monitor } = this;
    const { series, settings } = monitor;
    let [novel, largest] = [0, -Infinity];
    for (let k = 0; k < series.length; k += 4) {
      if (series[k + 2] > settings.threshold) novel++;
      largest = Math.max(largest, series[k + 2]);
    }
    const end = (datasetId: number | null, project: Project): JsonValue => {
      const guard: GuardSummary = {
        looks: series.length / 4,
        novel,
        largest: series.length > 0 ? largest : 0,
        stopped: this.stopped ?? null,
        datasetId,
      };
      return context.finish({ ...result, guard }, project);
    };
    let ended: JsonValue = null;
    const made = saveNovelFrames(context.project, monitor, `${name}, to be labelled`, (project, id) => {
      ended = end(id, project);
    });
    return made === undefined ? end(null, context.project) : ended;
  }
}
