/**
 * The force engine of a simulation that learns while it runs: for every new set of positions either the reference or the
 * model computes (policy.ts). The last result is kept and given again for the same positions, so that a resumed run needs
 * no second call of the reference and goes on from the same bits.
 */
import { FitError } from '../../errors.ts';
import type { OnlineLearner, OnlinePrediction, OnlineUpdate } from '../../fitting/online/learner.ts';
import { emptyEvaluation, type Evaluation, type ForceEngine } from '../../potentials/potential.ts';
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  requireLengths,
  restoring,
  type Checkpoint,
} from '../checkpoint.ts';
import { PairHistogram } from './pair-histogram.ts';
import { OnTheFlyPolicy, type Comparison, type Reason } from './policy.ts';
import type { OnTheFlySettings } from './settings.ts';

/** What the reference says; structurally what a reference engine of src-main returns. */
export interface ReferenceLabels {
  readonly energy: number;
  readonly forces: Float64Array;
  readonly virial?: Float64Array;
  readonly atomEnergies?: Float64Array;
  readonly seconds: number;
}

/** Calls the reference for positions and cell. */
export type CallReference = (positions: Float64Array, cell: Float64Array) => Promise<ReferenceLabels>;

/** How one step came about. */
export interface StepRecord {
  readonly step: number;
  readonly source: 'reference' | 'model';
  readonly reason: Reason;
  /** Where model and reference computed the same positions. */
  readonly comparison?: Comparison;
  /** Largest predicted error of the force on an atom, c σ_i, eV/Å; NaN where it was not asked for. */
  readonly uncertainty: number;
  /** Where the model was solved anew after this step. */
  readonly update?: OnlineUpdate;
  /** Why it could not be. */
  readonly failedUpdate?: string;
  readonly seconds: number;
}

/** Totals of a run. */
export interface OnTheFlyTotals {
  referenceCalls: number;
  modelSteps: number;
  updates: number;
  comparisons: number;
  /** Checks that found the model beyond the tolerance. */
  handedBack: number;
  /** Calls because of uncertainty. */
  uncertain: number;
  referenceSeconds: number;
  modelSeconds: number;
  updateSeconds: number;
  longestUpdate: number;
  /** Over comparisons while the model computed: Σ MAE, Σ MSE of force components, Σ |ΔE|/N, and their number. */
  absoluteForce: number;
  squaredForce: number;
  absoluteEnergy: number;
  checks: number;
  /** Step at which the model first took over; −1 before. */
  tookOverAt: number;
}

const NO_TOTALS: OnTheFlyTotals = {
  referenceCalls: 0,
  modelSteps: 0,
  updates: 0,
  comparisons: 0,
  handedBack: 0,
  uncertain: 0,
  referenceSeconds: 0,
  modelSeconds: 0,
  updateSeconds: 0,
  longestUpdate: 0,
  absoluteForce: 0,
  squaredForce: 0,
  absoluteEnergy: 0,
  checks: 0,
  tookOverAt: -1,
};

const KIND = 'on-the-fly-1';

export class OnTheFlyEngine implements ForceEngine {
  readonly backend = 'on-the-fly';
  readonly threads = 1;
  readonly result: Evaluation;
  readonly totals: OnTheFlyTotals = { ...NO_TOTALS };
  readonly policy: OnTheFlyPolicy;
  /** Pair distances of steps of the reference and of the model. */
  readonly distributions: { readonly reference: PairHistogram; readonly model: PairHistogram };
  /** The last step; undefined before the first and right after resuming. */
  record: StepRecord | undefined;
  /** The last comparison. */
  comparison: Comparison | undefined;
  neighbourListBuilds = 0;
  readonly #structure: Configuration;
  readonly #reference: CallReference;
  readonly #learner: OnlineLearner;
  readonly #settings: OnTheFlySettings;
  #step = -1;
  readonly #positions: Float64Array;
  readonly #cell = new Float64Array(9);

  /** @param structure gives atoms and periodicity */
  constructor(
    structure: Configuration,
    reference: CallReference,
    learner: OnlineLearner,
    settings: OnTheFlySettings,
  ) {
    const n = atomCount(structure);
    this.#structure = structure;
    this.#reference = reference;
    this.#learner = learner;
    this.#settings = settings;
    this.#positions = new Float64Array(3 * n).fill(NaN);
    this.result = emptyEvaluation(n);
    this.policy = new OnTheFlyPolicy(settings);
    const histogram = () => new PairHistogram(settings.distributionRange, structure.periodic);
    this.distributions = { reference: histogram(), model: histogram() };
  }

  /**
   * @throws what the reference throws; nothing that was learned is lost then, and the same positions can be asked for
   *   again
   */
  async compute(positions: Float64Array, cell: Float64Array): Promise<void> {
    if (this.#isLast(positions, cell)) return;
    const step = this.#step + 1;
    const began = performance.now();
    const { policy } = this;
    let prediction: OnlinePrediction | undefined;
    const comparing = policy.phase === 'model' || policy.comparesNext;
    if (this.#learner.ready && comparing) {
      prediction = await this.#learner.predict(positions, cell, policy.wantsUncertainty(step));
    }
    const uncertainty = prediction ? policy.calibration * largest(prediction.forceUncertainty) : NaN;
    const reason = policy.decide(step, uncertainty);
    const source = reason === 'model' ? 'model' : 'reference';
    const record = { step, source, reason, uncertainty } as const;
    if (source === 'model' && prediction) {
      this.#take(prediction.evaluation);
      this.totals.modelSteps++;
      const seconds = (performance.now() - began) / 1000;
      this.totals.modelSeconds += seconds;
      this.record = { ...record, seconds };
    } else {
      const labels = await this.#reference(positions, cell);
      const learned = await this.#learn(step, reason, positions, cell, labels, prediction);
      this.#takeLabels(labels);
      this.record = { ...record, ...learned, seconds: (performance.now() - began) / 1000 };
    }
    this.#step = step;
    this.#positions.set(positions);
    this.#cell.set(cell);
    if (step % this.#settings.distributionEvery === 0) {
      this.distributions[source].add({ ...this.#structure, positions, cell });
    }
  }

  #isLast(positions: Float64Array, cell: Float64Array): boolean {
    const last = this.#positions;
    for (let k = 0; k < last.length; k++) if (last[k] !== positions[k]) return false;
    for (let k = 0; k < 9; k++) if (this.#cell[k] !== cell[k]) return false;
    return true;
  }

  /** Compares, adds the frame, solves where that is due, and lets the model take over. */
  async #learn(
    step: number,
    reason: Reason,
    positions: Float64Array,
    cell: Float64Array,
    labels: ReferenceLabels,
    prediction: OnlinePrediction | undefined,
  ): Promise<Pick<StepRecord, 'comparison' | 'update' | 'failedUpdate'>> {
    const { policy, totals } = this;
    const comparison = prediction && compare(step, prediction, labels);
    const { energy, forces, virial } = labels;
    await this.#learner.add({ positions, cell, energy, forces, virial });
    totals.referenceCalls++;
    totals.referenceSeconds += labels.seconds;
    if (reason === 'uncertain') totals.uncertain++;
    const byModel = policy.phase === 'model';
    policy.referenceComputed(step);
    if (comparison) {
      this.comparison = comparison;
      totals.comparisons++;
      policy.compared(comparison);
      if (byModel) this.#countCheck(comparison);
      if (byModel && policy.phase === 'relearning') totals.handedBack++;
    }
    const solved = policy.updateDue ? await this.#solve() : {};
    if (policy.takeOver(this.#learner.ready && policy.sinceUpdate === 0) && totals.tookOverAt < 0) {
      totals.tookOverAt = step + 1;
    }
    return { comparison, ...solved };
  }

  #countCheck({ forceMae, forceRmse, energyError }: Comparison): void {
    const { totals } = this;
    totals.checks++;
    totals.absoluteForce += forceMae;
    totals.squaredForce += forceRmse * forceRmse;
    totals.absoluteEnergy += Math.abs(energyError);
  }

  /** A system that cannot be solved now leaves the solution before in place; more frames may help. */
  async #solve(): Promise<Pick<StepRecord, 'update' | 'failedUpdate'>> {
    const { policy, totals } = this;
    const began = performance.now();
    try {
      const update = await this.#learner.solve();
      policy.updated();
      totals.updates++;
      return { update };
    } catch (error) {
      if (!(error instanceof FitError)) throw error;
      return { failedUpdate: error.message };
    } finally {
      const seconds = (performance.now() - began) / 1000;
      totals.updateSeconds += seconds;
      totals.longestUpdate = Math.max(totals.longestUpdate, seconds);
    }
  }

  #take(evaluation: Evaluation): void {
    this.result.energy = evaluation.energy;
    this.result.atomEnergies.set(evaluation.atomEnergies);
    this.result.forces.set(evaluation.forces);
    this.result.virial.set(evaluation.virial);
  }

  #takeLabels({ energy, forces, virial, atomEnergies }: ReferenceLabels): void {
    const n = this.result.atomEnergies.length;
    this.result.energy = energy;
    // references such as electronic structure know no energies of atoms
    if (atomEnergies) this.result.atomEnergies.set(atomEnergies);
    else this.result.atomEnergies.fill(energy / n);
    this.result.forces.set(forces);
    if (virial) this.result.virial.set(virial);
    else this.result.virial.fill(NaN);
  }

  forgetNeighbours(): void {
    this.#learner.forgetNeighbours?.();
  }

  setKinds(): void {
    throw new FitError('A simulation that learns while it runs keeps its atoms: they cannot change species.');
  }

  /** Everything but the learner, which saves itself. */
  save(): Uint8Array {
    const { energy, atomEnergies, forces, virial } = this.result;
    return encodeCheckpoint({
      kind: KIND,
      values: { ...this.totals, step: this.#step },
      arrays: {
        positions: this.#positions,
        cell: this.#cell,
        energy: Float64Array.of(energy),
        atomEnergies,
        forces,
        virial,
        policy: this.policy.save(),
        reference: this.distributions.reference.save(),
        model: this.distributions.model.save(),
      },
    });
  }

  /** @throws SimulationError when the bytes are something else */
  restore(bytes: Uint8Array): void {
    const { values, arrays } = decodeCheckpoint(bytes, KIND);
    const length = this.#positions.length;
    requireLengths(arrays, {
      positions: length,
      forces: length,
      atomEnergies: length / 3,
      cell: 9,
      virial: 9,
    });
    restoring(() => this.#restoreArrays(values, arrays));
  }

  #restoreArrays(values: Checkpoint['values'], arrays: Checkpoint['arrays']): void {
    this.#step = Number(values.step);
    for (const key of Object.keys(NO_TOTALS) as (keyof OnTheFlyTotals)[])
      this.totals[key] = Number(values[key]);
    this.#positions.set(arrays.positions);
    this.#cell.set(arrays.cell);
    this.result.energy = arrays.energy[0];
    this.result.atomEnergies.set(arrays.atomEnergies);
    this.result.forces.set(arrays.forces);
    this.result.virial.set(arrays.virial);
    this.policy.restore(arrays.policy);
    this.distributions.reference.restore(arrays.reference);
    this.distributions.model.restore(arrays.model);
  }

  dispose(): void {
    this.#learner.dispose();
  }
}

function compare(
  step: number,
  { evaluation, forceUncertainty }: OnlinePrediction,
  labels: ReferenceLabels,
): Comparison {
  const n = labels.forces.length;
  let [absolute, square] = [0, 0];
  for (let k = 0; k < n; k++) {
    const difference = evaluation.forces[k] - labels.forces[k];
    absolute += Math.abs(difference);
    square += difference * difference;
  }
  const variance = forceUncertainty.reduce((sum, sigma) => sum + sigma * sigma, 0) / forceUncertainty.length;
  return {
    step,
    forceMae: absolute / n,
    forceRmse: Math.sqrt(square / n),
    energyError: (3 * (evaluation.energy - labels.energy)) / n,
    sigma: Math.sqrt(variance),
  };
}

/** The largest number; one that is not a number counts as infinite. */
function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = value > most ? value : Number.isNaN(value) ? Infinity : most;
  return most;
}
