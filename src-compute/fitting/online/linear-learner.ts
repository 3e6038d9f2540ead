/**
 * Learning by one linear system: a head per element (shared mode), or the exact joint solution of per-atom heads. Per
 * frame the normal equations take one energy, 3N force and up to six virial rows; solving them needs no frame again.
 * docs/physics.md §2, "Fit" and "Online learning".
 */
import { emptyEvaluation, type Evaluation } from '../../potentials/potential.ts';
import type { Configuration } from '../../structure/configuration.ts';
import { ErrorCalibration } from './calibration.ts';
import { LEADING_ROWS } from './frame-design.ts';
import type { LabelledFrame, OnlinePrediction, OnlineUpdate } from './learner.ts';
import { LinearSystem } from './linear-system.ts';
import type { OnlineLearnerSettings } from './settings.ts';
import type { Standardisation } from './standardisation.ts';
import { notReady, StandardisedLearner } from './standardised-learner.ts';
import { stateArray } from './state.ts';

export class LinearLearner extends StandardisedLearner {
  readonly parameters: number;
  protected readonly kind = 'linear-learner-1';
  protected readonly heads: Int32Array;
  readonly #headCount: number;
  readonly #system: LinearSystem;
  readonly #residual: Float64Array;
  readonly #scratch: Evaluation;
  readonly #forceError = new ErrorCalibration();
  readonly #energyError = new ErrorCalibration();
  /** Generation of the design whose rows the system holds. */
  #rowsOf = -1;
  /** Posterior variances of the last prediction (mean force component, energy), while its frame is the present one. */
  #judged: readonly [number, number] | undefined;

  /** @throws FitError when the joint system is too large */
  constructor(structure: Configuration, settings: OnlineLearnerSettings) {
    super(structure, settings);
    const { species } = this;
    const perAtom = settings.mode === 'per-atom';
    this.heads = perAtom ? Int32Array.from(species, (_, i) => i) : species;
    this.#headCount = perAtom ? species.length : this.descriptors.species.length;
    this.#system = new LinearSystem(
      settings,
      species.length,
      this.#headCount,
      this.design.columns.count,
      structure.periodic.every(Boolean),
    );
    this.parameters = this.#system.size;
    this.#residual = new Float64Array(3 * species.length);
    this.#scratch = emptyEvaluation(species.length);
  }

  protected absorb(frame: LabelledFrame, predicted: boolean): void {
    if (this.#judged && predicted) this.#calibrate(frame, this.#judged);
    this.#judged = undefined;
    this.#followResidual(frame, predicted);
    this.#loadRows(frame.positions, frame.cell);
    this.#system.absorb(frame, this.energyShift);
  }

  /** Shows the residual of the present solution to its autoregressive model. */
  #followResidual({ positions, cell, forces }: LabelledFrame, predicted: boolean): void {
    if (!this.head || !this.trajectoryResidual.active) return;
    this.design.load(positions, cell);
    this.design.evaluate(this.head, this.heads, this.#scratch);
    for (let k = 0; k < forces.length; k++) this.#residual[k] = forces[k] - this.#scratch.forces[k];
    this.trajectoryResidual.observe(this.#residual, predicted);
  }

  protected reset(): void {
    this.#rowsOf = -1;
    this.#judged = undefined;
  }

  #loadRows(positions: Float64Array, cell: Float64Array): void {
    this.design.load(positions, cell);
    if (this.#rowsOf === this.design.generation) return;
    this.design.fillRows(this.heads, this.#headCount, this.#system.withVirials, this.#system.rows);
    this.#rowsOf = this.design.generation;
  }

  /** Compares the last prediction with the labels of the same frame. */
  #calibrate({ energy, forces }: LabelledFrame, [force, total]: readonly [number, number]): void {
    const { evaluation } = this.prediction;
    let square = 0;
    for (let k = 0; k < forces.length; k++) square += (evaluation.forces[k] - forces[k]) ** 2;
    this.#forceError.observe(square / forces.length, force);
    this.#energyError.observe((evaluation.energy - energy) ** 2, total);
  }

  protected update(): Omit<OnlineUpdate, 'seconds' | 'frames'> {
    const update = this.#system.solve();
    const coefficients = this.#system.coefficients!.slice();
    for (let h = 0; h < this.#headCount; h++) {
      coefficients[h * this.design.columns.count] += this.energyShift;
    }
    this.head = { kind: 'dense', rank: this.settings.rank, coefficients };
    this.#forceError.misfit = update.forceRmse ** 2 || 0;
    this.#energyError.misfit = (update.energyRmse * this.species.length) ** 2 || 0;
    this.#judged = undefined;
    return update;
  }

  predict(positions: Float64Array, cell: Float64Array, withUncertainty: boolean): OnlinePrediction {
    if (!this.head) throw notReady();
    const { prediction } = this;
    prediction.energyUncertainty = NaN;
    prediction.forceUncertainty.fill(NaN);
    this.#judged = undefined;
    if (!withUncertainty && this.predictQuickly(positions, cell)) return prediction;
    this.design.load(positions, cell);
    this.design.evaluate(this.head, this.heads, prediction.evaluation);
    this.trajectoryResidual.correct(prediction.evaluation.forces);
    if (withUncertainty) {
      this.#loadRows(positions, cell);
      this.#judge();
    }
    return prediction;
  }

  /** Uncertainties of the frame whose rows are loaded. */
  #judge(): void {
    const { prediction, species } = this;
    let total = 0;
    for (let i = 0; i < species.length; i++) {
      let sum = 0;
      for (let axis = 0; axis < 3; axis++) sum += this.#system.variance(LEADING_ROWS + 3 * i + axis);
      total += sum;
      prediction.forceUncertainty[i] = this.#forceError.deviation(sum / 3);
    }
    const energy = this.#system.variance(0);
    prediction.energyUncertainty = this.#energyError.deviation(energy);
    this.#judged = [total / (3 * species.length), energy];
  }

  protected saveArrays(): Record<string, Float64Array> {
    const { evaluation } = this.prediction;
    return {
      ...this.#system.save(),
      calibration: Float64Array.from([...this.#forceError.save(), ...this.#energyError.save()]),
      // the frame of the last prediction may be added after a restart
      ...(this.#judged || this.trajectoryResidual.open ? { frame: this.design.frame() } : {}),
      ...(this.#judged
        ? { judged: Float64Array.from([...this.#judged, evaluation.energy, ...evaluation.forces]) }
        : {}),
    };
  }

  protected restoreArrays(arrays: Readonly<Record<string, Float64Array>>): void {
    this.#system.restore(arrays);
    const calibration = stateArray(arrays, 'calibration', 6);
    this.#forceError.restore(calibration, 0);
    this.#energyError.restore(calibration, 3);
    this.reset();
    if (!Object.hasOwn(arrays, 'frame')) return;
    const n = this.species.length;
    const frame = stateArray(arrays, 'frame', 3 * n + 9);
    this.#loadRows(frame.subarray(0, 3 * n), frame.subarray(3 * n));
    if (!Object.hasOwn(arrays, 'judged')) return;
    const judged = stateArray(arrays, 'judged', 3 + 3 * n);
    this.prediction.evaluation.energy = judged[2];
    this.prediction.evaluation.forces.set(judged.subarray(3));
    this.#judged = [judged[0], judged[1]];
  }

  protected mergeArrays(
    arrays: Readonly<Record<string, Float64Array>>,
    from: Standardisation,
    energyShift: number,
  ): void {
    const change = this.changeFrom(from);
    const heads = this.settings.mode === 'shared' ? change : Array.from(this.species, (z) => change[z]);
    this.#system.merge(arrays, heads, energyShift);
  }
}
