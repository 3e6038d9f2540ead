/**
 * Fits a moment tensor potential by variable projection. PHYSICS.md §1, "Fit".
 *
 *  search   several starting points at a low level on a part of the data; the best goes on. The landscape of the
 *           radial coefficients has many minima (losses 10–15 % apart), and at a low level they are cheap to tell apart.
 *  climb    level by level with the radial functions found so far, new ones added, still on a part of the data.
 *  polish   Gauss–Newton on all training data until nothing is gained, or the validation configurations get worse.
 *  finish   ridge strength by cross-validation, and the linear coefficients from all data, validation included.
 */
import { FitError } from '../errors.ts';
import { generateMomentGraph } from '../potentials/moment-tensor/basis.ts';
import { basicCount, productCount, type MomentGraph } from '../potentials/moment-tensor/model.ts';
import type { FitPool } from './fit-pool.ts';
import {
  GROUPS,
  TEST_GROUP,
  TRAINING_GROUPS,
  VALIDATION_GROUP,
  type FitCheckpoint,
  type FitPoint,
  type FitProgress,
  type PolishCheckpoint,
  type MomentTensorFitResult,
  type MomentTensorFitSettings,
} from './fit-settings.ts';
import {
  dropLeading,
  linearPart,
  lossOf,
  determinacy,
  solveRidge,
  type NormalEquations,
} from './least-squares.ts';
import { addGroups, type GroupSums } from './normal-equations.ts';
import {
  extendCoefficients,
  normaliseCoefficients,
  startingCoefficients,
  type RadialShape,
} from './radial-start.ts';
import { SeededRandom } from './random.ts';
import { chooseRidge } from './ridge-choice.ts';
import { gaussNewtonStep, projectionPoint, type ProjectionPoint } from './variable-projection.ts';

export interface FitHooks {
  onProgress?(progress: FitProgress): void;
  /** Called after every accepted step of the later stages. */
  onCheckpoint?(checkpoint: FitCheckpoint): void;
}

/** Ridge strength while radial functions move; the final one is chosen by cross-validation. */
const WORKING_RIDGE = 1e-9;
/** Parts of the data (of the 8 training groups) that early stages use, at least this many atoms in all. */
const SEARCH_ATOMS = 4000;
const SEARCH_LEVEL = 12;
/** Iterations of each round of the race between starting points. */
const RACE_ITERATIONS = [7, 12, 12];
const CLIMB_ITERATIONS = 8;
const PATIENCE = 8;

interface Stage {
  readonly level: number;
  readonly graph: MomentGraph;
  readonly shape: RadialShape;
  /** Slot of each group in this stage. */
  readonly slots: Int32Array;
  /** Part of the data that a pass sees. */
  readonly share: number;
}

interface OptimiseOptions {
  readonly stage: Stage;
  readonly name: FitPoint['stage'];
  readonly iterations: number;
  readonly tolerance: number;
  readonly resume?: PolishCheckpoint;
}

interface Optimised {
  readonly point: ProjectionPoint;
  readonly radialCoefficients: Float64Array;
  readonly iterations: number;
  readonly stoppedBecause: string;
}

/**
 * Runs a fit.
 * @param pool workers with the training data, groups as in fit-settings.ts
 * @param initial radial coefficients to start from (restart of an earlier fit); made when absent
 * @throws FitError when nothing can be fitted; CancelledError through the pool
 */
export async function fitMomentTensor(
  settings: MomentTensorFitSettings,
  pool: FitPool,
  data: { readonly atoms: number; readonly hasValidation: boolean },
  hooks: FitHooks = {},
  resume?: FitCheckpoint,
  initial?: Float64Array,
): Promise<MomentTensorFitResult> {
  return new MomentTensorFit(settings, pool, data, hooks).run(resume, initial);
}

class MomentTensorFit {
  private readonly settings: MomentTensorFitSettings;
  private readonly pool: FitPool;
  private readonly data: { readonly atoms: number; readonly hasValidation: boolean };
  private readonly hooks: FitHooks;
  private readonly started = Date.now();
  private readonly curve: FitPoint[] = [];
  private readonly linearStart: number;
  private passes = 0;
  private costDone = 0;
  private costTotal = 1;

  constructor(
    settings: MomentTensorFitSettings,
    pool: FitPool,
    data: { readonly atoms: number; readonly hasValidation: boolean },
    hooks: FitHooks,
  ) {
    this.settings = settings;
    this.pool = pool;
    this.data = data;
    this.hooks = hooks;
    // columns of fixed reference energies take no part
    this.linearStart = settings.fixedReferenceEnergies ? settings.species.length : 0;
  }

  async run(resume?: FitCheckpoint, initial?: Float64Array): Promise<MomentTensorFitResult> {
    const { level, linear } = this.settings;
    const last = this.stage(level, 1);
    this.costTotal = this.estimateCost(last, resume?.stage === 'polish' || initial !== undefined);
    let c: Float64Array;
    let iterations = 0;
    let stoppedBecause = 'linear fit: radial functions are kept';
    if (linear) {
      c = initial ?? startingCoefficients(last.shape, 0, new SeededRandom(this.settings.seed));
    } else {
      this.passes = resume?.passes ?? 0;
      c =
        resume?.stage === 'polish'
          ? Float64Array.from(resume.radialCoefficients)
          : (initial ?? (await this.searchAndClimb(last, resume)));
      const polished = await this.optimise(c, {
        stage: last,
        name: 'polish',
        iterations: this.settings.maximumIterations,
        tolerance: 3e-4,
        resume: resume?.stage === 'polish' ? resume : undefined,
      });
      ({ radialCoefficients: c, iterations, stoppedBecause } = polished);
    }
    return await this.finish(last, c, iterations, stoppedBecause);
  }

  /** Best of several starting points at a low level, then level by level up to the last. */
  private async searchAndClimb(last: Stage, resume?: FitCheckpoint): Promise<Float64Array> {
    const share = this.searchShare();
    let stage = this.stage(Math.min(SEARCH_LEVEL, last.level), share);
    let c: Float64Array;
    if (resume?.stage === 'climb') {
      stage = this.stage(resume.level, share);
      c = Float64Array.from(resume.radialCoefficients);
    } else {
      c = await this.race(stage, resume?.stage === 'search' ? resume : undefined);
    }
    while (stage.level < last.level) {
      this.hooks.onCheckpoint?.({
        stage: 'climb',
        level: stage.level,
        radialCoefficients: Array.from(c),
        passes: this.passes,
      });
      const next = this.stage(Math.min(stage.level + 4, last.level), share);
      // a seed per level, so that a resumed fit draws what an uninterrupted one draws
      const random = new SeededRandom(1000 * this.settings.seed + next.level);
      c = extendCoefficients(c, stage.shape, next.shape.functions, random);
      const found = await this.optimise(c, {
        stage: next,
        name: 'climb',
        iterations: CLIMB_ITERATIONS,
        tolerance: 2e-3,
      });
      c = found.radialCoefficients;
      stage = next;
    }
    return c;
  }

  /** Starting points race: after a few iterations the better third goes on, then the best alone. */
  private async race(
    stage: Stage,
    resume?: Extract<FitCheckpoint, { stage: 'search' }>,
  ): Promise<Float64Array> {
    const random = new SeededRandom(this.settings.seed);
    let field = resume
      ? resume.field.map((runner) => ({
          c: Float64Array.from(runner.radialCoefficients),
          loss: runner.loss ?? Infinity,
        }))
      : Array.from({ length: this.settings.starts }, (_, start) => ({
          c: startingCoefficients(stage.shape, start, random),
          loss: Infinity,
        }));
    let next = resume?.next ?? 0;
    for (let round = resume?.round ?? 0; round < RACE_ITERATIONS.length; round++) {
      for (; next < field.length; next++) {
        this.hooks.onCheckpoint?.({
          stage: 'search',
          round,
          next,
          field: field.map(({ c, loss }) => ({
            radialCoefficients: Array.from(c),
            loss: Number.isFinite(loss) ? loss : null,
          })),
          passes: this.passes,
        });
        const found = await this.optimise(field[next].c, {
          stage,
          name: 'search',
          tolerance: 3e-3,
          iterations: RACE_ITERATIONS[round],
        });
        field[next] = { c: found.radialCoefficients, loss: found.point.solution.objective };
      }
      next = 0;
      field = field.sort((a, b) => a.loss - b.loss).slice(0, Math.ceil(field.length / 3));
    }
    return field[0].c;
  }

  /** Levenberg–Marquardt on c; one pass over the stage's data an iteration. */
  private async optimise(start: Float64Array, options: OptimiseOptions): Promise<Optimised> {
    const { stage, name, resume } = options;
    this.configure(stage);
    let c = start.slice();
    if (!resume) normaliseCoefficients(c, stage.shape);
    const x = await this.linearSolution(c, stage);
    let point = await this.evaluate(c, x, stage);
    let damping = resume?.damping ?? 1e-3;
    let stale = resume?.stale ?? 0;
    let best = {
      c: resume ? Float64Array.from(resume.bestRadialCoefficients) : c,
      validation: resume?.bestValidation ?? point.validation,
    };
    let slow = 0;
    let rejected = 0;
    let iteration = resume?.iteration ?? 0;
    let stoppedBecause = `reached ${options.iterations} iterations`;
    while (iteration < options.iterations) {
      iteration++;
      const step = gaussNewtonStep(point.point, damping);
      const nextC = c.map((value, k) => value + step.deltaRadial[k]);
      const nextX = point.point.solution.x.map((value, k) => value + step.deltaLinear[k]);
      const next = await this.evaluate(nextC, nextX, stage);
      const decrease = point.point.solution.objective - next.point.solution.objective;
      const accepted = decrease > 0;
      this.report(name, stage, accepted ? next : point, accepted);
      if (!accepted) {
        damping = Math.max(1e-6, damping * 8);
        // the derivatives were taken at the x that the last step foresaw: take them at the exact one
        if (++rejected === 2) point = await this.evaluate(c, point.point.solution.x, stage);
        if (damping > 1e4) {
          stoppedBecause = 'no step lowers the objective any more';
          break;
        }
        continue;
      }
      rejected = 0;
      const gain = decrease / step.predictedDecrease;
      damping = Math.max(1e-9, damping * (gain > 0.75 ? 0.2 : gain > 0.25 ? 0.7 : 2));
      slow = decrease < options.tolerance * point.point.solution.objective ? slow + 1 : 0;
      point = next;
      c = nextC;
      if (name === 'polish') {
        stale = next.validation < best.validation ? 0 : stale + 1;
        if (stale === 0) best = { c, validation: next.validation };
        this.hooks.onCheckpoint?.({
          stage: 'polish',
          level: stage.level,
          radialCoefficients: Array.from(c),
          damping,
          iteration,
          bestValidation: Number.isFinite(best.validation) ? best.validation : null,
          bestRadialCoefficients: Array.from(best.c),
          stale,
          passes: this.passes,
        });
        if (this.data.hasValidation && stale >= PATIENCE) {
          stoppedBecause = `the validation error did not fall for ${PATIENCE} steps`;
          break;
        }
      }
      if (slow >= 3) {
        stoppedBecause = 'converged: three steps gained almost nothing';
        break;
      }
    }
    const useBest = name === 'polish' && this.data.hasValidation;
    return {
      point: point.point,
      radialCoefficients: useBest ? best.c : c,
      iterations: iteration,
      stoppedBecause,
    };
  }

  /** Ridge strength by cross-validation over the groups, then the linear coefficients from all data. */
  private async finish(
    stage: Stage,
    c: Float64Array,
    iterations: number,
    stoppedBecause: string,
  ): Promise<MomentTensorFitResult> {
    normaliseCoefficients(c, stage.shape);
    this.configure(stage);
    const folds = Int32Array.from({ length: GROUPS }, (_, group) => (group === TEST_GROUP ? -1 : group % 4));
    const sums = await this.pass(c, undefined, { ...stage, slots: folds }, 1);
    const parts = [...sums.values()].map((group) => this.equations(group, stage, 0));
    const all = this.equations(addGroups([...sums.values()]), stage, 0);
    const free = this.settings.species.length - this.linearStart;
    const ridge = this.settings.ridge ?? chooseRidge(parts, all, free);
    const solution = solveRidge(all, ridge, free);
    const species = this.settings.species.length;
    const speciesCoefficients = new Float64Array(species);
    if (this.linearStart === 0) speciesCoefficients.set(solution.x.subarray(0, species));
    this.hooks.onProgress?.({ fraction: 1, message: 'fitted' });
    return {
      radialCoefficients: c,
      speciesCoefficients,
      momentCoefficients: solution.x.slice(free),
      scaling: this.scaling(),
      ridge: solution.ridge,
      loss: solution.loss / Math.max(1, countOf(sums)),
      iterations,
      passes: this.passes,
      determinacy: determinacy(all, solution.ridge),
      curve: this.curve,
      stoppedBecause,
    };
  }

  private stage(level: number, share: number): Stage {
    const { maximumBodyOrder, maximumRank, species, radialBasisSize } = this.settings;
    const graph = generateMomentGraph({ level, maximumBodyOrder, maximumRank });
    const used = Math.max(1, Math.round(share * TRAINING_GROUPS));
    const slots = Int32Array.from({ length: GROUPS }, (_, group) => {
      if (group === VALIDATION_GROUP) return share >= 1 && this.data.hasValidation ? 1 : -1;
      return group < used ? 0 : -1;
    });
    const shape = { species: species.length, functions: graph.radialFunctionCount, size: radialBasisSize };
    return { level, graph, shape, slots, share: used / TRAINING_GROUPS };
  }

  private searchShare(): number {
    return Math.min(0.5, Math.max(1 / TRAINING_GROUPS, SEARCH_ATOMS / this.data.atoms));
  }

  private scaling(): number {
    return 1 / (this.settings.cutoff - this.settings.minimumDistance) ** 2;
  }

  private configure(stage: Stage): void {
    const { species, radialBasisSize, minimumDistance, cutoff, weights } = this.settings;
    this.pool.configure({
      graph: stage.graph,
      species: species.length,
      radialBasisSize,
      minimumDistance,
      cutoff,
      scaling: this.scaling(),
      weights,
    });
  }

  private async pass(
    c: Float64Array,
    xi: Float64Array | undefined,
    stage: Stage,
    share: number,
  ): Promise<Map<number, GroupSums>> {
    const cost = passCost(stage, share, xi !== undefined);
    const before = this.costDone;
    const sums = await this.pool.pass(
      { radialCoefficients: c, momentCoefficients: xi },
      stage.slots,
      (part) => {
        this.costDone = before + part * cost;
      },
    );
    this.costDone = before + cost;
    this.passes += share;
    const gram = sums.values().next().value?.gram;
    if (gram?.some((value) => !Number.isFinite(value))) {
      throw new FitError(
        'The sums of this fit are not finite: a label or a position is not a number, or numbers overflow.',
        {
          remedy: 'Check the dataset for NaN and infinite labels and for atoms on top of each other.',
        },
      );
    }
    if (!gram || gram[gram.length - 1] === 0) {
      throw new FitError(
        'There is nothing to fit: no configuration has an energy, forces or a virial with a weight.',
        {
          remedy: 'Check the labels of the dataset and the weights.',
        },
      );
    }
    return sums;
  }

  /** Linear coefficients at c from a pass without radial columns. */
  private async linearSolution(c: Float64Array, stage: Stage): Promise<Float64Array> {
    const sums = await this.pass(c, undefined, stage, stage.share);
    const free = this.settings.species.length - this.linearStart;
    return solveRidge(this.equations(sums.get(0)!, stage, 0), WORKING_RIDGE, free).x;
  }

  /** Normal equations of the linear columns of a pass with `radial` radial columns. */
  private equations(group: GroupSums, stage: Stage, radial: number): NormalEquations {
    const linear = this.settings.species.length + stage.graph.scalarMoments.length;
    const total = linear + radial + 1;
    const gram = dropLeading(group.gram, total, this.linearStart);
    return linearPart(gram, total - this.linearStart, linear - this.linearStart);
  }

  private async evaluate(c: Float64Array, x: Float64Array, stage: Stage) {
    const free = this.settings.species.length - this.linearStart;
    const sums = await this.pass(c, x.slice(free), stage, stage.share);
    const total = this.settings.species.length + stage.graph.scalarMoments.length + c.length + 1;
    const gram = dropLeading(sums.get(0)!.gram, total, this.linearStart);
    const linear = free + stage.graph.scalarMoments.length;
    const point = projectionPoint(gram, linear, c, x, WORKING_RIDGE, free);
    const held = sums.get(1);
    const validation = held
      ? lossOf(this.equations(held, stage, c.length), point.solution.x) / held.configurations
      : point.solution.objective;
    return { point, validation, configurations: sums.get(0)!.configurations, held };
  }

  private report(
    name: FitPoint['stage'],
    stage: Stage,
    at: { point: ProjectionPoint; validation: number; configurations: number; held?: GroupSums },
    accepted: boolean,
  ): void {
    const seconds = (Date.now() - this.started) / 1000;
    const loss = at.point.solution.loss / at.configurations;
    const point: FitPoint = {
      passes: this.passes,
      seconds,
      stage: name,
      level: stage.level,
      loss,
      validationLoss: at.held ? at.validation : undefined,
      accepted,
    };
    this.curve.push(point);
    const fraction = Math.min(0.99, this.costDone / this.costTotal);
    const titles = {
      search: 'searching a start',
      climb: `level ${stage.level}`,
      polish: `level ${stage.level}, all data`,
    };
    this.hooks.onProgress?.({
      fraction,
      message: `${titles[name]}: loss ${loss.toPrecision(4)}`,
      etaSeconds: fraction > 0.02 ? (seconds * (1 - fraction)) / fraction : undefined,
      point,
    });
  }

  /** Work of all stages in the units of passCost; iterations are the usual ones, not the most. */
  private estimateCost(last: Stage, direct: boolean): number {
    const finish = passCost(last, 1, false);
    if (this.settings.linear) return finish;
    const polish = passCost(last, 1, true) * Math.min(this.settings.maximumIterations, 25);
    if (direct) return polish + finish;
    const share = this.searchShare();
    let total = 0;
    for (let level = Math.min(SEARCH_LEVEL, last.level); ; level = Math.min(level + 4, last.level)) {
      const stage = this.stage(level, share);
      const iterations = level <= SEARCH_LEVEL ? raceIterations(this.settings.starts) : CLIMB_ITERATIONS;
      total += passCost(stage, share, true) * iterations;
      if (level === last.level) break;
    }
    return total + polish + finish;
  }
}

/** Passes of the whole race: every round's iterations and two passes to begin with. */
function raceIterations(starts: number): number {
  let total = 0;
  for (const iterations of RACE_ITERATIONS) {
    total += starts * (iterations + 2);
    starts = Math.ceil(starts / 3);
  }
  return total;
}

/** Relative cost of a pass: tangents of the products, radial derivatives, the Gram matrix. */
function passCost(stage: Stage, share: number, radial: boolean): number {
  const columns =
    stage.graph.scalarMoments.length +
    (radial ? stage.shape.species ** 2 * stage.shape.functions * stage.shape.size : 0);
  const tangents = productCount(stage.graph) * (radial ? 3 : 1);
  const contraction = radial ? (basicCount(stage.graph) * stage.shape.size * stage.shape.species) / 2 : 0;
  return share * (tangents + contraction + 6 * columns + columns ** 2 / 60);
}

function countOf(sums: Map<number, GroupSums>): number {
  return [...sums.values()].reduce((sum, group) => sum + group.configurations, 0);
}
