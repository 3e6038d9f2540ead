/**
 * Fits a tensor train. In the gauge of a core the model is linear in it and a ridge on the core is a ridge on the whole
 * tensor, so that its normal equations are solved exactly and
 *
 *   J = |t − A x|² + λ τ ‖A‖²
 *
 * can only fall.
 *
 *  start     the dense fit of rank 2 cut to bond χ by its singular values.
 *  sweeps    one-site alternating least squares, forth and back over the cores, one pass over the data a solve (Holtz,
 *            Rohwedder, Schneider, SIAM J. Sci. Comput. 34 (2012) A683). Bonds widen during the first sweep by directions
 *            that do not change the value. λ comes from the evidence of the single solves and is fixed then.
 *  steps     all cores at once (train-step.ts), taken when they lower J: where sweeps creep these do not.
 *  sweep     a last one, which solves every core exactly.
 *
 * With χ = 'auto' sweeps and steps repeat with wider bonds while configurations held back are predicted better.
 */
import { FitError } from '../../errors.ts';
import { denseCount, trainCount } from '../../potentials/tensor-regression/heads.ts';
import type { TensorTrainHead } from '../../potentials/tensor-regression/model.ts';
import { descriptorCount } from './families.ts';
import { VALIDATION_GROUP, type SweepPoint } from '../fit-settings.ts';
import { lossOf } from '../least-squares.ts';
import { SeededRandom } from '../random.ts';
import { RowSamples } from '../row-sample.ts';
import { around, type FoldSums } from '../uncertainty/held-out.ts';
import { heldOut, heldOutPart, heldOutParts, keptColumns } from '../uncertainty/parts.ts';
import {
  densePenalties,
  foldEquations,
  outcomeOf,
  summed,
  trainingSlots,
  type Standard,
  type SummedData,
  type TensorFitHooks,
  type TensorPool,
} from './sums.ts';
import { PenalisedLeastSquares, ridgeByEvidence, type PenalisedSolution } from './ridge.ts';
import type { TensorFitResult, TensorFitSettings } from './settings.ts';
import type { TensorPoint } from './tensor-pass.ts';
import type { TrainCheckpoint, TrainPhase } from './train-checkpoint.ts';
import { columnStarts, presentCoefficients, squareOf, stepped, trainStep } from './train-step.ts';
import { Train } from './train.ts';

/** Sweeps before steps: λ follows the evidence in them, and bonds widen. */
const FIRST_SWEEPS = 2;
/** So many steps in a row that lower J by less than this share are the last. */
const [SLOW_STEPS, TOLERANCE] = [2, 2e-3];
/** Bond dimensions of an adaptive train. */
const [FIRST_BOND, LAST_BOND] = [2, 16];
/** A wider bond stays when it lowers the validation loss by this share. */
const WORTHWHILE = 0.01;
/** Singular values of bonds below this share of the norm are dropped at the end of an adaptive fit. */
const NEGLIGIBLE = 1e-4;
/** Damping μ of the first step. */
const FIRST_DAMPING = 1e-3;
const FIRST_PHASE: TrainPhase = { sweeps: 0, validation: null, evidence: null };

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
  private readonly started = performance.now();
  private readonly curve: SweepPoint[] = [];
  private passes = 1;
  /** Sweeps and steps so far. */
  private round = 0;
  /** Smallest validation loss of narrower bonds. */
  private best = Infinity;
  private chi: number;
  private ridge: number | undefined;
  private unit = 0;
  private train: Train | undefined;
  private phase = FIRST_PHASE;
  private random: SeededRandom;
  private last:
    | { problem: PenalisedLeastSquares; solution: PenalisedSolution; data: SummedData; point: TensorPoint }
    | undefined;

  constructor(settings: TensorFitSettings, pool: TensorPool, standard: Standard, hooks: TensorFitHooks) {
    this.settings = settings;
    this.pool = pool;
    this.standard = standard;
    this.hooks = hooks;
    this.m = descriptorCount(settings.descriptors);
    this.adaptive = settings.bondDimension === 'auto';
    this.chi = typeof settings.bondDimension === 'number' ? settings.bondDimension : FIRST_BOND;
    this.ridge = settings.ridge;
    this.random = new SeededRandom(settings.seed);
  }

  async run(resume?: TrainCheckpoint): Promise<TensorFitResult> {
    // a checkpoint is in the gauge of the first core: doing it again would change the last bits
    if (resume) this.train = this.restored(resume);
    else (this.train = await this.start(this.random)).gaugeToFirst();
    let stoppedBecause = await this.converge(this.adaptive && this.settings.hasValidation);
    if (this.adaptive) {
      if (this.train.truncate(NEGLIGIBLE)) stoppedBecause += '; bonds cut to what they carry';
      this.chi = Math.max(...this.train.bonds);
    }
    // every core once more exactly, with all data
    await this.oneSweep(false);
    const sums = this.settings.keepSums ? await this.foldSums() : undefined;
    const core = this.settings.keepCore ? await this.firstCore() : undefined;
    return { ...this.result(stoppedBecause, sums), ...(core && { core }) };
  }

  private restored(resume: TrainCheckpoint): Train {
    this.checkSizes(resume);
    this.round = resume.sweep;
    this.ridge = resume.ridge ?? undefined;
    this.unit = resume.unit;
    this.chi = resume.chi;
    this.passes = resume.passes;
    this.best = resume.bestValidation ?? Infinity;
    this.phase = resume.phase ?? FIRST_PHASE;
    this.random = new SeededRandom(resume.random ?? this.settings.seed);
    const { bonds, cores, constants } = resume;
    return Train.fromFlat(this.m, this.settings.heads, bonds, cores, constants, this.random);
  }

  /** A checkpoint goes on only where it came from. */
  private checkSizes({ bonds, cores, constants }: TrainCheckpoint): void {
    const { heads, rank } = this.settings;
    if (
      bonds.length !== rank + 1 ||
      constants.length !== heads ||
      cores.length !== heads * trainCount(this.m, bonds)
    ) {
      throw new FitError('The checkpoint is of a fit with other descriptors, elements or rank.', {
        remedy: 'Give the settings of that fit, or start anew without --resume.',
      });
    }
  }

  /** Sweeps and steps until they gain nothing; with wider bonds while that pays. */
  private async converge(holdsBack: boolean): Promise<string> {
    const { sweeps } = this.settings;
    while (this.round < sweeps || this.phase.sweeps > 0) {
      while (this.phase.sweeps < FIRST_SWEEPS && this.round < sweeps) {
        this.round++;
        const { validation } = await this.oneSweep(holdsBack);
        this.phase = {
          sweeps: this.phase.sweeps + 1,
          validation: Number.isFinite(validation) ? validation : null,
          evidence: this.last!.solution.ridge,
        };
        this.checkpoint();
      }
      this.ridge ??= this.phase.evidence ?? undefined;
      const converged = await this.steps(holdsBack);
      const validation = Math.min(this.phase.validation ?? Infinity, converged.validation);
      if (!converged.done) break;
      const wider = holdsBack && this.chi < LAST_BOND && validation < (1 - WORTHWHILE) * this.best;
      this.best = Math.min(this.best, validation);
      if (!wider) {
        return holdsBack
          ? `wider bonds did not lower the validation error by ${100 * WORTHWHILE} % any more`
          : `converged: a step lowered the objective by less than ${100 * TOLERANCE} %`;
      }
      this.chi += this.chi < 4 ? 1 : 2;
      // less noise is left, and λ goes with it
      this.ridge = this.settings.ridge;
      this.phase = FIRST_PHASE;
      this.checkpoint();
    }
    return `reached ${sweeps} sweeps and steps`;
  }

  /** Levenberg–Marquardt steps on all cores; each one counts as a round. */
  private async steps(holdsBack: boolean): Promise<{ done: boolean; validation: number }> {
    const { settings } = this;
    let present = await this.tangent(holdsBack);
    let { damping, slow } = this.phase.steps ?? { damping: FIRST_DAMPING, slow: 0 };
    while (slow < SLOW_STEPS) {
      if (this.round >= settings.sweeps) return { done: false, validation: present.validation };
      this.round++;
      const delta = trainStep(this.train!, present.data.equations, this.ridge! * this.unit, damping);
      const before = this.train!;
      let next: typeof present | undefined;
      if (delta) {
        this.train = stepped(before, delta);
        this.train.gaugeToFirst();
        next = await this.tangent(holdsBack);
      }
      if (!next || next.objective >= present.objective) {
        this.train = before;
        damping = Math.max(1e-5, damping * 5);
        if (damping > 1e3) return { done: true, validation: present.validation };
        continue;
      }
      const gained = (present.objective - next.objective) / next.objective;
      damping = Math.max(1e-8, damping * 0.4);
      present = next;
      this.addPoint(present.objective, present.data, present.held);
      slow = gained < TOLERANCE ? slow + 1 : 0;
      this.phase = { ...this.phase, steps: { damping, slow } };
      this.checkpoint();
    }
    return { done: true, validation: present.validation };
  }

  /** Normal equations of all cores at the present train. */
  private async tangent(holdsBack: boolean) {
    const { train, data, held } = await this.equations(undefined, holdsBack);
    const x = presentCoefficients(train);
    return {
      data,
      held: held && { loss: lossOf(held.equations, x), configurations: held.configurations },
      objective: lossOf(data.equations, x) + this.ridge! * this.unit * squareOf(train),
      validation: held ? lossOf(held.equations, x) : Infinity,
    };
  }

  /** The dense fit of rank 2 cut to bond χ; where that is too large, the one of rank 1. */
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
      outcome = await this.solveCore(k, holdsBack);
      train.orthogonaliseLeft(k);
    }
    for (let k = cores - 1; k > 0; k--) {
      train.growBefore(k, this.chi);
      outcome = await this.solveCore(k, holdsBack);
      train.orthogonaliseRight(k);
    }
    return outcome;
  }

  private async solveCore(k: number, holdsBack: boolean): Promise<{ objective: number; validation: number }> {
    const { train, data, held, point } = await this.equations(k, holdsBack);
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
    const validation = held ? lossOf(held.equations, solution.x) : Infinity;
    this.addPoint(
      solution.objective,
      data,
      held && { loss: validation, configurations: held.configurations },
    );
    return { objective: solution.objective, validation };
  }

  /** One pass: normal equations of a core, or of all of them. */
  private async equations(core: number | undefined, holdsBack: boolean) {
    const train = this.train!;
    const slots = trainingSlots((group) => (group === VALIDATION_GROUP && holdsBack ? 1 : 0));
    const point = { ...this.tangentPoint(), core };
    const what = core === undefined ? 'all cores' : `core ${core + 1} of ${train.rank}`;
    const sums = await this.pool.pass(point, slots, () =>
      this.report(
        0.15 + (0.85 * Math.max(0, this.round - 1)) / (this.settings.sweeps + 1),
        `round ${this.round}, ${what}, χ = ${this.chi}`,
      ),
    );
    this.passes++;
    const held = sums.get(1);
    const data = summed([...sums].filter(([slot]) => slot === 0).map(([, group]) => group));
    return { train, data, point, held: held && summed([held]) };
  }

  /** All cores at once, at the present train. */
  private tangentPoint() {
    const train = this.train!;
    return {
      kind: 'core',
      ...this.standard,
      bonds: Int32Array.from(train.bonds),
      cores: train.flat(),
    } as const;
  }

  private addPoint(
    objective: number,
    data: SummedData,
    held: { loss: number; configurations: number } | undefined,
  ): void {
    const point: SweepPoint = {
      passes: this.passes,
      seconds: (performance.now() - this.started) / 1000,
      stage: 'sweep',
      level: this.chi,
      loss: objective / Math.max(1, data.configurations),
      validationLoss: held && held.loss / Math.max(1, held.configurations),
      accepted: true,
    };
    this.curve.push(point);
    this.hooks.onProgress?.({ fraction: this.fraction, message: this.message, point });
  }

  private fraction = 0;
  private message = '';

  private report(fraction: number, message: string): void {
    this.fraction = Math.min(1, fraction);
    this.message = message;
    this.hooks.onProgress?.({ fraction: this.fraction, message });
  }

  private checkpoint(): void {
    const train = this.train!;
    this.hooks.onCheckpoint?.({
      stage: 'sweep',
      sweep: this.round,
      bonds: [...train.bonds],
      cores: Array.from(train.flat()),
      constants: Array.from(train.constants),
      ridge: this.ridge ?? null,
      unit: this.unit,
      chi: this.chi,
      bestValidation: Number.isFinite(this.best) ? this.best : null,
      passes: this.passes,
      phase: this.phase,
      random: this.random.position,
    });
  }

  /**
   * Sums of the parts of the data along all cores, around the fitted ones: to first order a fit without a part of the data
   * takes a step from there (Laplace's approximation for the posterior).
   */
  private async foldSums(): Promise<FoldSums> {
    const train = this.train!;
    const { last, pool } = this;
    const { perHead } = columnStarts(train);
    const n = train.heads * perHead;
    const slots = trainingSlots((_, part) => heldOutPart(part, n));
    const samples = await RowSamples.choose(pool.source, (number) =>
      heldOutParts(n).includes(slots[number]) ? slots[number] : -1,
    );
    const sums = await pool.pass(this.tangentPoint(), slots, undefined, samples);
    this.passes++;
    const origin = presentCoefficients(train);
    const folds = heldOut(foldEquations(sums, n + 1, n));
    const all = around(summed([...sums.values()]).equations, origin);
    const first = train.columnsOf(0) - 1;
    return {
      all,
      folds: new Map([...folds].map(([part, equations]) => [part, around(equations, origin)])),
      penalties: Float64Array.from({ length: n }, (_, j) =>
        j % perHead === perHead - 1 ? 0 : this.unit / (all.gram[j * n + j] || 1),
      ),
      ridge: last!.solution.ridge,
      samples: samples.list,
      origin,
      // of a wide one the first core and the constant
      subset: keptColumns(n, () =>
        Array.from({ length: n }, (_, j) => j).filter(
          (j) => j % perHead < first || j % perHead === perHead - 1,
        ),
      ),
    };
  }

  /** The equations of the first core, whose gauge the train is in. */
  private async firstCore() {
    const { train, data, point } = await this.equations(0, false);
    const size = train.columnsOf(0);
    const x = new Float64Array(train.heads * size);
    train.cores.forEach((cores, h) => {
      x.set(cores[0], h * size);
      x[(h + 1) * size - 1] = train.constants[h];
    });
    return { point, equations: data.equations, x };
  }

  private result(stoppedBecause: string, sums: FoldSums | undefined): TensorFitResult {
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
      point: sums ? this.tangentPoint() : point,
      ...(sums && { sums }),
      configurations: data.configurations,
      passes: this.passes,
      sweeps: this.round,
      curve: this.curve,
      stoppedBecause,
    };
  }
}

/** A tensor train with another first core and other constants. @param x as of `core` of a fit's result */
export function withFirstCore(head: TensorTrainHead, m: number, x: Float64Array): TensorTrainHead {
  const { bonds, cores, constants } = head;
  const train = Train.fromFlat(m, constants.length, bonds, cores, constants, new SeededRandom(1));
  train.setCore(0, x);
  return { ...head, cores: train.flat(), constants: train.constants };
}
