/**
 * Molecular dynamics that learns its potential while it runs: a reference engine, a learner and the dynamics, with one
 * state that can be saved after every step. When the reference fails, the state after the last whole step is what a
 * resumed run goes on from: what was learned is in it, and the step that failed is done again.
 */
import { CancelledError, FitError, SimulationError } from '../../../src-compute/errors.ts';
import type { OnlineLearner } from '../../../src-compute/fitting/online/learner.ts';
import { MolecularDynamics } from '../../../src-compute/sampling/molecular-dynamics.ts';
import { OnTheFlyEngine } from '../../../src-compute/sampling/on-the-fly/engine.ts';
import type { OnTheFlySettings } from '../../../src-compute/sampling/on-the-fly/settings.ts';
import { constantPressure, type MolecularDynamicsSettings } from '../../../src-compute/sampling/settings.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { ReferenceEngineError, type ReferenceEngine } from '../../engines/reference-engine.ts';
import { joinSections, splitSections } from './sections.ts';
import { restoring } from '../../../src-compute/sampling/checkpoint.ts';
import { onTheFlyView, type OnTheFlyView } from './view.ts';

const NO_BYTES = new Uint8Array(0);

export interface OnTheFlyParts {
  readonly configuration: Configuration;
  readonly settings: MolecularDynamicsSettings;
  readonly policy: OnTheFlySettings;
  /** What describes the learner: a checkpoint of another one is refused. */
  readonly learnerSettings: unknown;
  readonly learner: OnlineLearner;
  readonly reference: ReferenceEngine;
  readonly fixed?: Uint8Array;
  readonly thermostatted?: Uint8Array;
  readonly signal?: AbortSignal;
}

export class OnTheFlySimulation {
  readonly dynamics: MolecularDynamics;
  readonly engine: OnTheFlyEngine;
  readonly #parts: OnTheFlyParts;
  /** Dynamics and engine after the last whole step; the learner changes only in steps that come to their end. */
  #after: { readonly dynamics: Uint8Array; readonly engine: Uint8Array } | undefined;

  /** @throws SimulationError for settings that do not fit */
  constructor(parts: OnTheFlyParts) {
    const { configuration, settings, learner, reference, policy, signal } = parts;
    if (constantPressure(settings.ensemble) && !configuration.periodic.every(Boolean)) {
      throw new SimulationError('A pressure needs a cell that is periodic in all directions.');
    }
    this.#parts = parts;
    this.engine = new OnTheFlyEngine(
      configuration,
      (positions, cell) => reference.compute({ ...configuration, positions, cell }, signal),
      learner,
      policy,
    );
    this.dynamics = new MolecularDynamics(configuration, this.engine, settings, {
      fixed: parts.fixed,
      thermostatted: parts.thermostatted,
    });
  }

  get step(): number {
    return this.dynamics.step;
  }

  /** Evaluates the start. */
  async initialise(): Promise<void> {
    await this.dynamics.initialise();
    this.#remember();
  }

  /**
   * Runs to the last step.
   * @param observe called after every step; what it throws ends the run after that step
   * @throws ReferenceEngineError, LammpsError, CancelledError, SimulationError
   */
  async run(observe: () => void | Promise<void>): Promise<void> {
    await this.initialise();
    await this.dynamics.run(() => {
      this.#remember();
      return observe();
    });
  }

  #remember(): void {
    this.#after = { dynamics: this.dynamics.save(), engine: this.engine.save() };
  }

  /** The state after the last whole step; undefined before the start was evaluated. */
  save(): Uint8Array | undefined {
    if (!this.#after) return undefined;
    const settings = Buffer.from(JSON.stringify(this.#parts.learnerSettings));
    return joinSections({ ...this.#after, learner: this.#parts.learner.save(), settings });
  }

  /**
   * Goes back to a saved state.
   * @throws SimulationError when it belongs to another run
   */
  restore(bytes: Uint8Array): void {
    const { dynamics, engine, learner, settings = NO_BYTES } = splitSections(bytes);
    if (Buffer.from(settings).toString() !== JSON.stringify(this.#parts.learnerSettings)) {
      throw new SimulationError(
        'The checkpoint was made with other settings of the model than this run has.',
        {
          remedy: 'Resume with the settings that the run was started with, or start anew without --resume.',
        },
      );
    }
    // parts that are missing, or not of this kind
    restoring(() => {
      this.#parts.learner.restore(learner);
      this.engine.restore(engine);
      this.dynamics.restore(dynamics);
    });
  }

  /** Sentences on the last step: the model took over or handed back, or could not be solved anew. */
  turns(): string[] {
    const { record, policy } = this.engine;
    const sentences: string[] = [];
    if (record?.failedUpdate !== undefined)
      sentences.push(`Step ${record.step}: the model could not be solved anew: ${record.failedUpdate}`);
    const byModel = record?.reason === 'check' || record?.reason === 'uncertain';
    if (byModel && record.comparison && policy.phase === 'relearning') {
      const error = (1000 * record.comparison.forceRmse).toFixed(0);
      sentences.push(
        `Step ${record.step}: the forces of the model are off by ${error} meV/Å; the reference computes again.`,
      );
    }
    if (record?.source === 'reference' && !byModel && policy.phase === 'model') {
      const error = (1000 * policy.error).toFixed(0);
      sentences.push(`Step ${record.step}: the model takes over with an error of ${error} meV/Å.`);
    }
    return sentences;
  }

  /** What a window shows. */
  get view(): OnTheFlyView {
    const { settings, policy, reference, learner, configuration } = this.#parts;
    return onTheFlyView(this.engine, this.dynamics.thermodynamics, policy, {
      steps: settings.steps,
      atoms: configuration.kinds.length,
      reference: reference.name,
      parameters: learner.parameters,
    });
  }
}

/** Whether a run that ended so can go on from its state after the last whole step. */
export function isPause(error: unknown): boolean {
  return (
    error instanceof ReferenceEngineError ||
    error instanceof CancelledError ||
    error instanceof FitError ||
    (error instanceof Error && ['LammpsError', 'AbortError'].includes(error.name))
  );
}

/** The error of a paused run, which says what was kept. */
export function pausedError(error: unknown, step: number, frames: number): unknown {
  if (!(error instanceof ReferenceEngineError)) return error;
  return new PausedError(
    `${error.message.replace(/\.$/, '')}: the run paused after step ${step}, and all that was learned from ${frames} structures is kept.`,
    { remedy: `${error.remedy} Then continue with --resume.`.trim(), cause: error },
  );
}

/** The reference gave out; the run can go on from where it stopped. */
export class PausedError extends SimulationError {}
