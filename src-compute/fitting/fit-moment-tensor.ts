/**
 * Fits a moment tensor potential by variable projection. docs/physics.md §1, "Fit".
 *
 *  search   several starting points at a low level on a part of the data; the best goes on. The landscape of the
 *           radial coefficients has many minima (losses 10–15 % apart), and at a low level they are cheap to tell apart.
 *  climb    level by level with the radial functions found so far, new ones added, still on a part of the data.
 *  polish   Gauss–Newton on all training data until nothing is gained, or the validation configurations get worse.
 *  finish   ridge strength by cross-validation, and the linear coefficients from all data, validation included.
 */
import type { FitPool } from './fit-pool.ts';
import {
  FOLDS,
  slotsOf,
  TEST_GROUP,
  type FitCheckpoint,
  type FitPoint,
  type FitProgress,
  type MomentTensorFitResult,
  type MomentTensorFitSettings,
} from './fit-settings.ts';
import {
  CLIMB_ITERATIONS,
  estimateCost,
  LEVEL_STEP,
  makeStage,
  RACE_ITERATIONS,
  SEARCH_LEVEL,
  searchShare,
  type FitData,
  type Stage,
} from './fit-stages.ts';
import { determinacy, solveRidge } from './least-squares.ts';
import { addGroups, type GroupSums } from './normal-equations.ts';
import { extendCoefficients, normaliseCoefficients, startingCoefficients } from './radial-start.ts';
import { optimiseRadial, type OptimiseOptions, type Optimised } from './radial-optimiser.ts';
import { SeededRandom } from './random.ts';
import { chooseRidge } from './ridge-choice.ts';
import { StagePasses, type StagePoint } from './stage-passes.ts';
import { columnsOfRows } from './row-sample.ts';
import { foldEquations } from './tensor-regression/sums.ts';
import type { FoldSums } from './uncertainty/held-out.ts';
import { heldOut, heldOutParts, heldOutPart, keptColumns } from './uncertainty/parts.ts';

export interface FitHooks {
  onProgress?(progress: FitProgress): void;
  /** Called after every accepted step of the later stages. */
  onCheckpoint?(checkpoint: FitCheckpoint): void;
}

/** λ of the step that radial coefficients would take without a part of the data: keeps their gauge in place. */
const RADIAL_RIDGE = 1e-6;

/** Slow-step tolerances of the stages: a start is told apart long before it is converged. */
const TOLERANCE = { search: 3e-3, climb: 2e-3, polish: 3e-4 } as const;

/**
 * Runs a fit.
 * @param pool workers with the training data, groups as in fit-settings.ts
 * @param initial radial coefficients to start from (restart of an earlier fit); made when absent
 * @throws FitError when nothing can be fitted; CancelledError through the pool
 */
export async function fitMomentTensor(
  settings: MomentTensorFitSettings,
  pool: FitPool,
  data: FitData,
  hooks: FitHooks = {},
  resume?: FitCheckpoint,
  initial?: Float64Array,
): Promise<MomentTensorFitResult> {
  return new MomentTensorFit(settings, pool, data, hooks).run(resume, initial);
}

class MomentTensorFit {
  private readonly settings: MomentTensorFitSettings;
  private readonly data: FitData;
  private readonly hooks: FitHooks;
  private readonly passes: StagePasses;
  private readonly started = performance.now();
  private readonly curve: FitPoint[] = [];
  private costTotal = 1;

  constructor(settings: MomentTensorFitSettings, pool: FitPool, data: FitData, hooks: FitHooks) {
    this.settings = settings;
    this.data = data;
    this.hooks = hooks;
    this.passes = new StagePasses(settings, pool);
  }

  async run(resume?: FitCheckpoint, initial?: Float64Array): Promise<MomentTensorFitResult> {
    const { level, linear } = this.settings;
    const last = this.stage(level, 1);
    const direct = resume?.stage === 'polish' || initial !== undefined;
    this.costTotal = estimateCost(this.settings, this.data, last, direct);
    if (linear) {
      const c = initial ?? startingCoefficients(last.shape, 0, new SeededRandom(this.settings.seed));
      return await this.finish(last, c, 0, 'linear fit: radial functions are kept');
    }
    this.passes.passes = resume && 'passes' in resume ? resume.passes : 0;
    const start =
      resume?.stage === 'polish'
        ? Float64Array.from(resume.radialCoefficients)
        : (initial ?? (await this.searchAndClimb(last, resume)));
    const polished = await this.optimise(start, {
      stage: last,
      name: 'polish',
      iterations: this.settings.maximumIterations,
      resume: resume?.stage === 'polish' ? resume : undefined,
    });
    return await this.finish(last, polished.radialCoefficients, polished.iterations, polished.stoppedBecause);
  }

  /** Best of several starting points at a low level, then level by level up to the last. */
  private async searchAndClimb(last: Stage, resume?: FitCheckpoint): Promise<Float64Array> {
    const share = searchShare(this.data);
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
        passes: this.passes.passes,
      });
      const next = this.stage(Math.min(stage.level + LEVEL_STEP, last.level), share);
      // a seed per level, so that a resumed fit draws what an uninterrupted one draws
      const random = new SeededRandom(1000 * this.settings.seed + next.level);
      c = extendCoefficients(c, stage.shape, next.shape.functions, random);
      const found = await this.optimise(c, { stage: next, name: 'climb', iterations: CLIMB_ITERATIONS });
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
    let field: { c: Float64Array; loss: number; start: number | undefined }[] = resume
      ? resume.field.map((runner) => ({
          c: Float64Array.from(runner.radialCoefficients),
          loss: runner.loss ?? Infinity,
          start: runner.start,
        }))
      : Array.from({ length: this.settings.starts }, (_, start) => ({
          c: startingCoefficients(stage.shape, start, random),
          loss: Infinity,
          start: start + 1,
        }));
    let next = resume?.next ?? 0;
    for (let round = resume?.round ?? 0; round < RACE_ITERATIONS.length; round++) {
      for (; next < field.length; next++) {
        this.hooks.onCheckpoint?.({
          stage: 'search',
          round,
          next,
          field: field.map(({ c, loss, start }) => ({
            radialCoefficients: Array.from(c),
            loss: Number.isFinite(loss) ? loss : null,
            start,
          })),
          passes: this.passes.passes,
        });
        const found = await this.optimise(field[next].c, {
          stage,
          name: 'search',
          iterations: RACE_ITERATIONS[round],
          runner: field[next].start,
        });
        const { start } = field[next];
        field[next] = { c: found.radialCoefficients, loss: found.point.solution.objective, start };
      }
      next = 0;
      field = field.sort((a, b) => a.loss - b.loss).slice(0, Math.ceil(field.length / 3));
    }
    return field[0].c;
  }

  private optimise(
    start: Float64Array,
    {
      runner,
      ...options
    }: Pick<OptimiseOptions, 'stage' | 'name' | 'iterations' | 'resume'> & {
      /** Number of the starting point. */
      readonly runner?: number | undefined;
    },
  ): Promise<Optimised> {
    return optimiseRadial(start, this.passes, {
      ...options,
      tolerance: TOLERANCE[options.name],
      hasValidation: this.data.hasValidation,
      onStep: (at, accepted) => this.report(options.name, options.stage, at, accepted, runner),
      onCheckpoint: (checkpoint) => this.hooks.onCheckpoint?.(checkpoint),
    });
  }

  /** Ridge strength by cross-validation over the groups, then the linear coefficients from all data. */
  private async finish(
    stage: Stage,
    c: Float64Array,
    iterations: number,
    stoppedBecause: string,
  ): Promise<MomentTensorFitResult> {
    const { passes, settings } = this;
    normaliseCoefficients(c, stage.shape);
    passes.configure(stage);
    const folds = slotsOf((group) => (group === TEST_GROUP ? -1 : group % FOLDS));
    const sums = await passes.pass(c, undefined, { ...stage, slots: folds }, 1);
    const parts = [...sums.values()].map((group) => passes.equations(group, stage, 0));
    const all = passes.equations(addGroups([...sums.values()]), stage, 0);
    const ridge = settings.ridge ?? chooseRidge(parts, all, passes.free);
    const solution = solveRidge(all, ridge, passes.free);
    const fold = settings.keepSums ? await this.foldSums(stage, c, solution.x, solution.ridge) : undefined;
    this.hooks.onProgress?.({ fraction: 1, message: 'fitted' });
    return {
      radialCoefficients: c,
      speciesCoefficients: passes.speciesEnergies(solution.x),
      momentCoefficients: solution.x.slice(passes.free),
      scaling: passes.scaling(),
      ridge: solution.ridge,
      loss: solution.loss / Math.max(1, countOf(sums)),
      iterations,
      passes: passes.passes,
      determinacy: determinacy(all, solution.ridge),
      curve: this.curve,
      stoppedBecause,
      ...(fold && { sums: fold }),
      equations: all,
    };
  }

  /**
   * Sums of all columns, those of the radial coefficients included where these were fitted, over the parts of the data:
   * what is known of the errors comes from them.
   */
  private async foldSums(stage: Stage, c: Float64Array, x: Float64Array, ridge: number): Promise<FoldSums> {
    const { passes, settings } = this;
    const { free } = passes;
    const scalars = stage.graph.scalarMoments.length;
    const species = settings.species.length;
    // fixed energies of some elements only stay columns here
    const dropped = free === 0 ? species : 0;
    const linear = species - dropped + scalars;
    const n = linear + (settings.linear ? 0 : c.length);
    const slots = slotsOf((group, part) => (group === TEST_GROUP ? -1 : heldOutPart(part, n)));
    const samples = await passes.samples((number) =>
      heldOutParts(n).includes(slots[number]) ? slots[number] : -1,
    );
    const xi = settings.linear ? undefined : x.slice(free);
    const sums = await passes.pass(c, xi, { ...stage, slots }, 1, samples);
    const total = n + dropped + 1;
    return {
      all: foldEquations(new Map([[0, addGroups([...sums.values()])]]), total, n + dropped, dropped).get(0)!,
      folds: heldOut(foldEquations(sums, total, n + dropped, dropped)),
      penalties: Float64Array.from({ length: n }, (_, j) =>
        j < species - dropped ? 0 : j < linear ? 1 : Math.max(1, RADIAL_RIDGE / Math.max(ridge, 1e-13)),
      ),
      ridge,
      samples: samples.list.map((sample) => ({
        ...sample,
        rows: columnsOfRows(sample.rows, n + dropped, dropped),
      })),
      subset: keptColumns(n, () => Array.from({ length: linear }, (_, j) => j)),
    };
  }

  private stage(level: number, share: number): Stage {
    return makeStage(this.settings, this.data, level, share);
  }

  private report(
    name: FitPoint['stage'],
    stage: Stage,
    at: StagePoint,
    accepted: boolean,
    start?: number,
  ): void {
    const seconds = (performance.now() - this.started) / 1000;
    const loss = at.point.solution.loss / at.configurations;
    const point: FitPoint = {
      passes: this.passes.passes,
      seconds,
      stage: name,
      ...(start === undefined ? {} : { start }),
      level: stage.level,
      loss,
      validationLoss: at.held ? at.validation : undefined,
      accepted,
    };
    this.curve.push(point);
    const fraction = Math.min(0.99, this.passes.costDone / this.costTotal);
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
}

function countOf(sums: Map<number, GroupSums>): number {
  return [...sums.values()].reduce((sum, group) => sum + group.configurations, 0);
}
