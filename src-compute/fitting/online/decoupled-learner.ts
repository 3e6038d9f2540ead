/**
 * Per-atom heads that are learned without a joint system (docs/physics.md §2: F_i = F_self(A_i) + F_nbr({A_j})). The head of
 * atom i is that of its element plus a deviation, A_i = S_{z(i)} + D_i:
 *
 * - S comes from the normal equations of the shared mode, which are small and exact.
 * - D_i follows the residual r = F − F({A_j}), in which all other heads are those of the step before:
 *     d_i = H_i⁻¹ Σ_k B_{k,i}ᵀ r_k,   D_i ← D_i + s d_i,   s = min(η, d·Bᵀr / |B d|²),   η = max(1/(t + t₀), 1 − ω).
 *   H_i (atom-metrics.ts) is the atom's own small system; the systems are independent, and only the step length s, an
 *   exact line search on the frame's forces, looks at all atoms. The residual of the frame at hand never grows.
 *
 * Why not each A_i from the force on i alone, with F − F_nbr as its target: near a site of high symmetry F_self is of
 * second order in the displacements and F_nbr of first, and that iteration diverges on crystals
 * (test/benchmarks/online-schemes.ts shows it beside the others).
 *
 * The energy fixes one number more, shared by all atoms equally (energy-level.ts). Frozen coefficients give forces that
 * are exact gradients of the energy. What a solution leaves over along the trajectory is modelled as an autoregressive
 * sequence (autoregressive.ts) and added to predicted forces when an order is set; such forces have no potential.
 */
import type { DenseHead } from '../../potentials/tensor-regression/index.ts';
import { emptyEvaluation } from '../../potentials/potential.ts';
import type { Configuration } from '../../structure/configuration.ts';
import { AtomMetrics } from './atom-metrics.ts';
import { ErrorCalibration } from './calibration.ts';
import { mergeDecoupled } from './decoupled-merge.ts';
import { EnergyLevel } from './energy-level.ts';
import { LEADING_ROWS } from './frame-design.ts';
import type { LabelledFrame, OnlinePrediction, OnlineUpdate } from './learner.ts';
import { LinearSystem } from './linear-system.ts';
import type { OnlineLearnerSettings } from './settings.ts';
import type { Standardisation } from './standardisation.ts';
import { notReady, StandardisedLearner } from './standardised-learner.ts';
import { stateArray } from './state.ts';

/** Frames that the atoms' systems see before deviations are learned. */
const FRAMES_BEFORE_STEPS = 60;
/** t₀ */
const CAUTION = 10;
/** Weight of the errors of one frame relative to the next. */
const ERROR_MEMORY = 0.95;

export class DecoupledLearner extends StandardisedLearner {
  readonly parameters: number;
  protected readonly kind = 'decoupled-learner-1';
  protected readonly heads: Int32Array;
  readonly #shared: LinearSystem;
  readonly #metrics: AtomMetrics;
  readonly #level: EnergyLevel;
  /** D, atoms × K. */
  readonly #deviations: Float64Array;
  /** A = S + D without constants of the energy level. */
  readonly #working: DenseHead;
  /** d of one step. */
  readonly #step: DenseHead;
  readonly #scratch: ReturnType<typeof emptyEvaluation>;
  readonly #residual: Float64Array;
  readonly #features: Float64Array;
  #headRows = new Float64Array(0);
  /** Steps of D taken. */
  #steps = 0;
  /** Mean square force error of each atom one step ahead, and of the energy. */
  readonly #forceErrors: Float64Array;
  #energyError = NaN;
  readonly #calibration = new ErrorCalibration();
  #rowsOf = -1;
  /** Mean posterior variance of the last prediction, while its frame is the present one. */
  #judged: number | undefined;

  constructor(structure: Configuration, settings: OnlineLearnerSettings) {
    super(structure, settings);
    const n = this.species.length;
    const { count } = this.design.columns;
    this.heads = Int32Array.from(this.species, (_, i) => i);
    this.parameters = n * count;
    const periodic = structure.periodic.every(Boolean);
    this.#shared = new LinearSystem(settings, n, this.descriptors.species.length, count, periodic);
    this.#metrics = new AtomMetrics(n, count, 3 * n);
    this.#level = new EnergyLevel(n * count);
    this.#deviations = new Float64Array(n * count);
    this.#working = { kind: 'dense', rank: settings.rank, coefficients: new Float64Array(n * count) };
    this.#step = { kind: 'dense', rank: settings.rank, coefficients: new Float64Array(n * count) };
    this.#scratch = emptyEvaluation(n);
    this.#residual = new Float64Array(3 * n);
    this.#features = new Float64Array(n * count);
    this.#forceErrors = new Float64Array(n).fill(NaN);
  }

  protected reset(): void {
    this.#rowsOf = -1;
    this.#judged = undefined;
  }

  protected absorb(frame: LabelledFrame, present: boolean): void {
    const { positions, cell, energy } = frame;
    this.#observe(frame, present);
    this.#loadRows(positions, cell);
    this.#shared.absorb(frame, this.energyShift);
    this.#level.add(
      energy - this.species.length * this.energyShift,
      this.#gatherFeatures(),
      this.settings.forgetting,
    );
    this.#updateMetrics();
    if (this.ready && this.absorbed >= FRAMES_BEFORE_STEPS && this.#metrics.complete) this.#follow(frame);
  }

  /** Rows of the shared system; the present frame's are kept. */
  #loadRows(positions: Float64Array, cell: Float64Array): void {
    this.design.load(positions, cell);
    if (this.#rowsOf === this.design.generation) return;
    this.design.fillRows(
      this.species,
      this.descriptors.species.length,
      this.#shared.withVirials,
      this.#shared.rows,
    );
    this.#rowsOf = this.design.generation;
  }

  /** φ of every atom. */
  #gatherFeatures(): Float64Array {
    const { columns, values } = this.design;
    this.#features.fill(0);
    for (let i = 0; i < values.length; i++) {
      columns.prepare(values[i]);
      columns.addValue(this.#features, i * columns.count);
    }
    return this.#features;
  }

  /** The atoms whose turn it is. */
  #updateMetrics(): void {
    const needed = this.design.headRowLimit * this.design.columns.count;
    if (this.#headRows.length < needed) this.#headRows = new Float64Array(needed);
    const { period } = this.#metrics;
    for (let i = this.absorbed % period; i < this.species.length; i += period) {
      const count = this.design.headRows(i, this.#headRows);
      this.#metrics.update(i, this.#headRows, count, this.settings.forgetting);
    }
  }

  /** One step of all deviations along the residual of the present frame. */
  #follow({ forces }: LabelledFrame): void {
    const residual = this.#residual;
    const result = this.#scratch;
    this.design.evaluate(this.#working, this.heads, result);
    for (let k = 0; k < forces.length; k++) residual[k] = forces[k] - result.forces[k];
    const step = this.#step.coefficients;
    const { count } = this.design.columns;
    for (let i = 0; i < this.species.length; i++) {
      this.design.pull(i, residual, step, i * count);
      this.#metrics.solve(i, step, i * count);
    }
    this.design.evaluate(this.#step, this.heads, result);
    let along = 0;
    let square = 0;
    for (let k = 0; k < residual.length; k++) {
      along += result.forces[k] * residual[k];
      square += result.forces[k] ** 2;
    }
    if (!(along > 0) || !Number.isFinite(square)) return;
    const cautious = Math.max(1 / (this.#steps + CAUTION), 1 - this.settings.forgetting);
    const length = Math.min(cautious, along / square);
    for (let k = 0; k < step.length; k++) {
      this.#deviations[k] += length * step[k];
      this.#working.coefficients[k] += length * step[k];
    }
    this.#steps++;
  }

  /** Errors of the published solution on a new frame: for uncertainties and the autoregressive residual. */
  #observe({ positions, cell, energy, forces }: LabelledFrame, present: boolean): void {
    const { head } = this;
    if (!head) return;
    this.design.load(positions, cell);
    const result = this.#scratch;
    this.design.evaluate(head, this.heads, result);
    let total = 0;
    for (let i = 0; i < this.species.length; i++) {
      let square = 0;
      for (let k = 3 * i; k < 3 * i + 3; k++) {
        this.#residual[k] = forces[k] - result.forces[k];
        square += this.#residual[k] ** 2 / 3;
      }
      this.#forceErrors[i] = mean(this.#forceErrors[i], square);
      total += square / this.species.length;
    }
    this.#energyError = mean(this.#energyError, (energy - result.energy) ** 2);
    if (present && this.#judged !== undefined) this.#calibration.observe(total, this.#judged);
    this.trajectoryResidual.observe(this.#residual, present);
    this.#judged = undefined;
  }

  protected update(): Omit<OnlineUpdate, 'seconds' | 'frames'> {
    const { ridge, forceRmse, energyRmse } = this.#shared.solve();
    this.#setWorking();
    const coefficients = this.#working.coefficients.slice();
    const { count } = this.design.columns;
    const n = this.species.length;
    const constant = this.#level.residual(coefficients) / n + this.energyShift;
    for (let i = 0; i < n; i++) coefficients[i * count] += constant;
    this.head = { kind: 'dense', rank: this.settings.rank, coefficients };
    this.#judged = undefined;
    const ahead = this.#forceErrors.reduce((sum, square) => sum + square, 0) / n;
    this.#calibration.misfit = ahead || forceRmse ** 2 || 0;
    return {
      ridge,
      forceRmse: Number.isNaN(ahead) ? forceRmse : Math.sqrt(ahead),
      energyRmse: Number.isNaN(this.#energyError) ? energyRmse : Math.sqrt(this.#energyError) / n,
    };
  }

  /** A = S + D. */
  #setWorking(): void {
    const shared = this.#shared.coefficients;
    const { count } = this.design.columns;
    for (let i = 0; i < this.species.length; i++) {
      const from = this.species[i] * count;
      for (let c = 0; c < count; c++) {
        this.#working.coefficients[i * count + c] =
          (shared ? shared[from + c] : 0) + this.#deviations[i * count + c];
      }
    }
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

  /** Uncertainties of the frame whose rows are loaded: each atom's own error one step ahead, and the shared posterior. */
  #judge(): void {
    const { prediction, species } = this;
    const n = species.length;
    const { factor } = this.#calibration;
    let total = 0;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let axis = 0; axis < 3; axis++) sum += this.#shared.variance(LEADING_ROWS + 3 * i + axis) / 3;
      total += sum / n;
      const own = Number.isNaN(this.#forceErrors[i]) ? this.#calibration.misfit : this.#forceErrors[i];
      prediction.forceUncertainty[i] = Math.sqrt(own + factor * sum);
    }
    prediction.energyUncertainty = Math.sqrt((this.#energyError || 0) + factor * this.#shared.variance(0));
    this.#judged = total;
  }

  protected saveArrays(): Record<string, Float64Array> {
    const equations = this.#metrics.equations;
    return {
      ...this.#shared.save(),
      metricSums: equations.sums().slice(),
      metricRows: equations.rows,
      metricFrames: this.#metrics.frames,
      deviations: this.#deviations,
      working: this.#working.coefficients,
      level: this.#level.save(),
      forceErrors: this.#forceErrors,
      numbers: Float64Array.from([
        this.#steps,
        this.#energyError,
        this.#judged ?? NaN,
        ...this.#calibration.save(),
      ]),
      ...(this.#judged !== undefined || this.trajectoryResidual.open ? { frame: this.design.frame() } : {}),
    };
  }

  protected restoreArrays(arrays: Readonly<Record<string, Float64Array>>): void {
    const n = this.species.length;
    const numbers = stateArray(arrays, 'numbers', 6);
    this.#shared.restore(arrays);
    this.#metrics.restore(
      stateArray(arrays, 'metricSums'),
      stateArray(arrays, 'metricRows'),
      stateArray(arrays, 'metricFrames', n),
    );
    this.#deviations.set(stateArray(arrays, 'deviations', this.parameters));
    this.#working.coefficients.set(stateArray(arrays, 'working', this.parameters));
    this.#level.restore(stateArray(arrays, 'level', this.parameters + 2));
    this.#forceErrors.set(stateArray(arrays, 'forceErrors', n));
    [this.#steps, this.#energyError] = numbers;
    this.#calibration.restore(numbers, 3);
    this.reset();
    if (!Object.hasOwn(arrays, 'frame')) return;
    const frame = stateArray(arrays, 'frame', 3 * n + 9);
    this.#loadRows(frame.subarray(0, 3 * n), frame.subarray(3 * n));
    this.#judged = Number.isNaN(numbers[2]) ? undefined : numbers[2];
  }

  protected mergeArrays(
    arrays: Readonly<Record<string, Float64Array>>,
    from: Standardisation,
    energyShift: number,
    frames: number,
  ): void {
    const change = this.changeFrom(from);
    mergeDecoupled(
      { metrics: this.#metrics, deviations: this.#deviations, level: this.#level, species: this.species },
      arrays,
      { change, back: this.changeTo(from), energyShift, weight: frames / (frames + this.absorbed) },
    );
    this.#shared.merge(arrays, change, energyShift);
    this.#setWorking();
    this.#steps += stateArray(arrays, 'numbers', 6)[0];
    this.reset();
  }
}

/** Running mean with ERROR_MEMORY; starts with the first value. */
function mean(before: number, value: number): number {
  return Number.isNaN(before) ? value : ERROR_MEMORY * before + (1 - ERROR_MEMORY) * value;
}
