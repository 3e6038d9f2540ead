/**
 * Alternating least squares for tensor trains, as a one-site sweep: in the gauge of a core the model is linear in it and
 * a ridge on the core is a ridge on the whole tensor, so that its normal equations are solved exactly and
 *
 *   J = |t − A x|² + λ τ ‖A‖²
 *
 * can only fall. Sweeps run forth and back over the cores; each solve is one pass over the data. The start is the dense
 * fit of rank 2 cut to bond χ by its singular values; bonds widen during the first sweep by directions that do not change
 * the value. λ comes from the evidence of the single solves during the first sweeps and is fixed then.
 * Holtz, Rohwedder, Schneider, SIAM J. Sci. Comput. 34 (2012) A683.
 */
import { FitError } from '../../errors.ts';
import { denseCount } from '../../potentials/tensor-regression/heads.ts';
import { descriptorLayout } from '../../potentials/tensor-regression/layout.ts';
import { TEST_GROUP, VALIDATION_GROUP, type SweepPoint } from '../fit-settings.ts';
import { lossOf } from '../least-squares.ts';
import { SeededRandom } from '../random.ts';
import {
  densePenalties,
  outcomeOf,
  summed,
  trainingSlots,
  type Standard,
  type SummedData,
  type TensorFitHooks,
  type TensorPool,
} from './fit.ts';
import { PenalisedLeastSquares, ridgeByEvidence, type PenalisedSolution } from './ridge.ts';
import type { TensorFitResult, TensorFitSettings } from './settings.ts';
import type { TensorPoint } from './tensor-pass.ts';
import type { TrainCheckpoint } from './train-checkpoint.ts';
import { Train } from './train.ts';

/** Sweeps during which λ follows the evidence. */
const SEEKING_SWEEPS = 2;
/** A sweep that lowers J by less than this share is the last (or the bond grows). */
const TOLERANCE = 2e-3;
/** Bond dimensions of an adaptive train. */
const [FIRST_BOND, LAST_BOND] = [2, 16];
/** A wider bond stays when it lowers the validation loss by this share. */
const WORTHWHILE = 0.01;
/** Singular values of bonds below this share of the norm are dropped at the end of an adaptive fit. */
const NEGLIGIBLE = 1e-4;

/** Fits a tensor train. @throws FitError for rank 1 with a bond dimension; CancelledError through the pool */
export async function fitTrain(
  settings: TensorFitSettings,
  pool: TensorPool,
  standard: Standard,
  hooks: TensorFitHooks,
  resume?: TrainCheckpoint,
): Promise<TensorFitResult> {
  if (settings.rank < 2) {
    throw new FitError('A tensor train has at least rank 2, and rank 1 was asked for.', {
      remedy: 'Leave --bond-dimension out, or choose a higher --rank.',
    });
  }
  return await new TrainFit(settings, pool, standard, hooks).run(resume);
}

class TrainFit {
  private readonly settings: TensorFitSettings;
  private readonly pool: TensorPool;
  private readonly standard: Standard;
  private readonly hooks: TensorFitHooks;
  private readonly m: number;
  private readonly adaptive: boolean;
  private readonly started = Date.now();
  private readonly curve: SweepPoint[] = [];
  private passes = 1;
  private sweep = 0;
  private chi: number;
  private ridge: number | undefined;
  private unit = 0;
  private train: Train | undefined;
  private last:
    | { problem: PenalisedLeastSquares; solution: PenalisedSolution; data: SummedData; point: TensorPoint }
    | undefined;

  constructor(settings: TensorFitSettings, pool: TensorPool, standard: Standard, hooks: TensorFitHooks) {
    this.settings = settings;
    this.pool = pool;
    this.standard = standard;
    this.hooks = hooks;
    this.m = descriptorLayout(settings.descriptors).size;
    this.adaptive = settings.bondDimension === 'auto';
    this.chi = typeof settings.bondDimension === 'number' ? settings.bondDimension : FIRST_BOND;
    this.ridge = settings.ridge;
  }

  async run(resume?: TrainCheckpoint): Promise<TensorFitResult> {
    const random = new SeededRandom(this.settings.seed);
    let best = Infinity;
    if (resume) {
      this.train = Train.fromFlat(
        this.m,
        this.settings.heads,
        resume.bonds,
        resume.cores,
        resume.constants,
        random,
      );
      this.sweep = resume.sweep;
      this.ridge = resume.ridge ?? undefined;
      this.unit = resume.unit;
      this.chi = resume.chi;
      this.passes = resume.passes;
      best = resume.bestValidation ?? Infinity;
    } else {
      this.train = await this.start(random);
    }
    this.train.gaugeToFirst();
    let before = Infinity;
    let stoppedBecause = `reached ${this.settings.sweeps} sweeps`;
    let holdsBack = this.adaptive && this.settings.hasValidation;
    while (this.sweep < this.settings.sweeps) {
      this.sweep++;
      const seeking = this.ridge === undefined;
      const { objective, validation } = await this.oneSweep(holdsBack);
      if (seeking && this.sweep >= SEEKING_SWEEPS) this.ridge = this.last!.solution.ridge;
      this.checkpoint(best);
      const gained = (before - objective) / objective;
      before = objective;
      if (seeking || gained > TOLERANCE) continue;
      if (holdsBack && validation < (1 - WORTHWHILE) * best && this.chi < LAST_BOND) {
        best = validation;
        this.chi += this.chi < 4 ? 1 : 2;
        before = Infinity;
        continue;
      }
      if (holdsBack) {
        // the last widening was not worth it: all data from here on
        holdsBack = false;
        this.train.truncate(NEGLIGIBLE);
        before = Infinity;
        continue;
      }
      stoppedBecause = `converged: a sweep lowered the objective by less than ${100 * TOLERANCE} %`;
      break;
    }
    if (holdsBack || !this.last) await this.oneSweep(false);
    return this.result(stoppedBecause);
  }

  /** The dense fit of rank 2 cut to bond χ; where that is too large, a train of χ = 1 from rank 1. */
  private async start(random: SeededRandom): Promise<Train> {
    const { heads, rank } = this.settings;
    const m = this.m;
    const affordable = heads * denseCount(m, 2) <= 3000;
    const point = { kind: 'dense', rank: affordable ? 2 : 1, ...this.standard } as const;
    const slots = trainingSlots((group) =>
      group === VALIDATION_GROUP && this.adaptive && this.settings.hasValidation ? -1 : 0,
    );
    const sums = await this.pool.pass(point, slots, (fraction) =>
      this.report(0.1 + 0.05 * fraction, 'start from a dense fit'),
    );
    this.passes++;
    const { equations, rows } = summed([...sums.values()]);
    const count = denseCount(m, point.rank);
    const problem = new PenalisedLeastSquares(equations, densePenalties(heads, count));
    const { x } = ridgeByEvidence(problem, rows);
    if (affordable) return Train.fromQuadratic(m, heads, x, rank, this.chi, random);
    const quadratic = new Float64Array(heads * denseCount(m, 2));
    // Σ_a x_a v_a = Σ_a x_a v_0 v_a: the first m monomials of rank 2
    for (let h = 0; h < heads; h++) {
      quadratic.set(x.subarray(h * m, (h + 1) * m), h * denseCount(m, 2));
    }
    return Train.fromQuadratic(m, heads, quadratic, rank, this.chi, random);
  }

  /** Forth and back over the cores; ends in the gauge of the first. */
  private async oneSweep(holdsBack: boolean): Promise<{ objective: number; validation: number }> {
    const train = this.train!;
    const cores = train.rank;
    let outcome = { objective: Infinity, validation: Infinity };
    for (let k = 0; k < cores - 1; k++) {
      train.growBehind(k, this.chi);
      outcome = await this.solveCore(k, holdsBack, k);
      train.orthogonaliseLeft(k);
    }
    for (let k = cores - 1; k > 0; k--) {
      train.growBefore(k, this.chi);
      outcome = await this.solveCore(k, holdsBack, 2 * cores - 2 - k);
      train.orthogonaliseRight(k);
    }
    return outcome;
  }

  private async solveCore(
    k: number,
    holdsBack: boolean,
    step: number,
  ): Promise<{ objective: number; validation: number }> {
    const { settings, standard } = this;
    const train = this.train!;
    const slots = trainingSlots((group) => (group === VALIDATION_GROUP && holdsBack ? 1 : 0));
    slots[TEST_GROUP] = -1;
    const point = {
      kind: 'core',
      ...standard,
      bonds: Int32Array.from(train.bonds),
      cores: train.flat(),
      core: k,
    } as const;
    const stepsPerSweep = 2 * (train.rank - 1);
    const done = ((this.sweep - 1) * stepsPerSweep + step) / (settings.sweeps * stepsPerSweep);
    const sums = await this.pool.pass(point, slots, (fraction) =>
      this.report(
        0.15 + 0.85 * (done + fraction / (settings.sweeps * stepsPerSweep)),
        `sweep ${this.sweep}, core ${k + 1} of ${train.rank}, χ = ${this.chi}`,
      ),
    );
    this.passes++;
    const held = sums.get(1);
    const data = summed([...sums].filter(([slot]) => slot === 0).map(([, group]) => group));
    const { gram, n } = data.equations;
    if (this.unit === 0) {
      for (let j = 0; j < n; j++) this.unit += gram[j * n + j] / n;
      this.unit = this.unit || 1;
    }
    // λ τ x² in scaled columns y = |A_j| x: λ (τ/|A_j|²) y²
    const size = train.columnsOf(k);
    const penalties = Float64Array.from({ length: n }, (_, j) =>
      j % size === size - 1 ? 0 : this.unit / (gram[j * n + j] || 1),
    );
    const problem = new PenalisedLeastSquares(data.equations, penalties);
    const solution =
      this.ridge === undefined ? ridgeByEvidence(problem, data.rows) : problem.solve(this.ridge);
    train.setCore(k, solution.x);
    this.last = { problem, solution, data, point };
    const validation = held ? lossOf(summed([held]).equations, solution.x) : Infinity;
    this.addPoint(solution, data, held ? validation / held.configurations : undefined);
    return { objective: solution.objective, validation };
  }

  private addPoint(solution: PenalisedSolution, data: SummedData, validationLoss: number | undefined): void {
    const point: SweepPoint = {
      passes: this.passes,
      seconds: (Date.now() - this.started) / 1000,
      stage: 'sweep',
      level: this.chi,
      loss: solution.objective / Math.max(1, data.configurations),
      validationLoss,
      accepted: true,
    };
    this.curve.push(point);
    this.hooks.onProgress?.({
      fraction: this.fraction,
      message: this.message,
      point,
    });
  }

  private fraction = 0;
  private message = '';

  private report(fraction: number, message: string): void {
    this.fraction = Math.min(1, fraction);
    this.message = message;
    this.hooks.onProgress?.({ fraction: this.fraction, message });
  }

  private checkpoint(best: number): void {
    const train = this.train!;
    this.hooks.onCheckpoint?.({
      stage: 'sweep',
      sweep: this.sweep,
      bonds: [...train.bonds],
      cores: Array.from(train.flat()),
      constants: Array.from(train.constants),
      ridge: this.ridge ?? null,
      unit: this.unit,
      chi: this.chi,
      bestValidation: Number.isFinite(best) ? best : null,
      passes: this.passes,
    });
  }

  private result(stoppedBecause: string): TensorFitResult {
    const train = this.train!;
    const { problem, solution, data, point } = this.last!;
    return {
      ...this.standard,
      head: {
        kind: 'tensor-train',
        bonds: Int32Array.from(train.bonds),
        cores: train.flat(),
        constants: train.constants,
      },
      ...outcomeOf(problem, solution, data.rows),
      point,
      configurations: data.configurations,
      passes: this.passes,
      sweeps: this.sweep,
      curve: this.curve,
      stoppedBecause,
    };
  }
}
