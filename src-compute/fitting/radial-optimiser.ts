/**
 * Levenberg–Marquardt on the radial coefficients of a moment tensor potential, the linear ones eliminated exactly at
 * every point (variable projection). One pass over the stage's data an iteration.
 */
import type { FitPoint, PolishCheckpoint } from './fit-settings.ts';
import type { Stage } from './fit-stages.ts';
import { normaliseCoefficients } from './radial-start.ts';
import type { StagePasses, StagePoint } from './stage-passes.ts';
import { gaussNewtonStep, type ProjectionPoint } from './variable-projection.ts';

/** Accepted steps of the last stage without a better validation error, before it stops. */
const PATIENCE = 8;
/** Accepted steps that gain almost nothing, before a stage stops. */
const SLOW_STEPS = 3;

export interface OptimiseOptions {
  readonly stage: Stage;
  readonly name: FitPoint['stage'];
  readonly iterations: number;
  /** Relative decrease of the objective below which a step counts as slow. */
  readonly tolerance: number;
  readonly hasValidation: boolean;
  readonly resume?: PolishCheckpoint;
  /** Called after every step. */
  onStep(at: StagePoint, accepted: boolean): void;
  /** Called after every accepted step of the last stage. */
  onCheckpoint?(checkpoint: PolishCheckpoint): void;
}

export interface Optimised {
  readonly point: ProjectionPoint;
  readonly radialCoefficients: Float64Array;
  readonly iterations: number;
  readonly stoppedBecause: string;
}

/** Coefficients with the lowest validation error so far, and for how many steps it has not been beaten. */
interface Best {
  c: Float64Array;
  validation: number;
  stale: number;
}

/** Minimises the objective from `start`; returns the best coefficients by validation where there is any. */
export async function optimiseRadial(
  start: Float64Array,
  passes: StagePasses,
  options: OptimiseOptions,
): Promise<Optimised> {
  const { stage, name, resume, hasValidation } = options;
  passes.configure(stage);
  let c = start.slice();
  if (!resume) normaliseCoefficients(c, stage.shape);
  const linearisedAt = resume?.linearisedAt
    ? Float64Array.from(resume.linearisedAt)
    : await passes.linearSolution(c, stage);
  let point = await passes.evaluate(c, linearisedAt, stage);
  let damping = resume?.damping ?? 1e-3;
  const best: Best = {
    c: resume ? Float64Array.from(resume.bestRadialCoefficients) : c,
    validation: resume?.bestValidation ?? point.validation,
    stale: resume?.stale ?? 0,
  };
  let slow = resume?.slow ?? 0;
  let rejected = 0;
  let iteration = resume?.iteration ?? 0;
  let stoppedBecause = `reached ${options.iterations} iterations`;
  for (;;) {
    // looked at here and not after a step: a fit that goes on from its last checkpoint must stop where it would have
    const enough = enoughOf(slow, name === 'polish' && hasValidation ? best.stale : 0);
    stoppedBecause = enough ?? stoppedBecause;
    if (enough !== undefined || iteration >= options.iterations) break;
    iteration++;
    const step = gaussNewtonStep(point.point, damping);
    const nextC = c.map((value, k) => value + step.deltaRadial[k]);
    const nextX = point.point.solution.x.map((value, k) => value + step.deltaLinear[k]);
    const next = await passes.evaluate(nextC, nextX, stage);
    const decrease = point.point.solution.objective - next.point.solution.objective;
    const accepted = decrease > 0;
    options.onStep(accepted ? next : point, accepted);
    if (!accepted) {
      damping = Math.max(1e-6, damping * 8);
      // the derivatives were taken at the x that the last step foresaw: take them at the exact one
      if (++rejected === 2) point = await passes.evaluate(c, point.point.solution.x, stage);
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
      keepBest(best, c, next.validation);
      options.onCheckpoint?.({
        stage: 'polish',
        level: stage.level,
        radialCoefficients: Array.from(c),
        damping,
        iteration,
        bestValidation: Number.isFinite(best.validation) ? best.validation : null,
        bestRadialCoefficients: Array.from(best.c),
        stale: best.stale,
        passes: passes.passes,
        linearisedAt: Array.from(point.point.linearisedAt),
        slow,
      });
    }
  }
  return {
    point: point.point,
    radialCoefficients: name === 'polish' && hasValidation ? best.c : c,
    iterations: iteration,
    stoppedBecause,
  };
}

/** Why no further step is worth its pass; undefined while one is. */
function enoughOf(slow: number, stale: number): string | undefined {
  if (stale >= PATIENCE) return `the validation error did not fall for ${PATIENCE} steps`;
  return slow >= SLOW_STEPS ? 'converged: three steps gained almost nothing' : undefined;
}

function keepBest(best: Best, c: Float64Array, validation: number): void {
  if (validation < best.validation) {
    best.c = c;
    best.validation = validation;
    best.stale = 0;
  } else {
    best.stale++;
  }
}
