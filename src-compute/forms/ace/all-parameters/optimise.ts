/**
 * Fit of all parameters of an ACE potential: weights of functions and densities, radial coefficients c_nlk, energies of isolated
 * atoms, from a linear start. Quasi-Newton steps whose preconditioner knows the linear problem: the normal equations of the
 * weights at the starting radial functions, and the curvature of every radial function by random probes (Hutchinson's diagonal).
 * First on a part of the data, then on all of it until nothing is gained or the validation configurations get worse.
 */
import type { FitPool } from '../../../fitting/fit-pool.ts';
import { slotsOf, TRAINING_GROUPS, VALIDATION_GROUP, type FitPoint } from '../../../fitting/fit-settings.ts';
import { choleskySolve } from '../../../fitting/linear-algebra.ts';
import { QuasiNewton, type ObjectiveValue, type QuasiNewtonProblem } from '../../../fitting/quasi-newton.ts';
import { SeededRandom } from '../../../fitting/random.ts';
import type { AcePassSettings } from './pass.ts';
import type { AceParameters } from './structure.ts';

export type AcePool = FitPool<AcePassSettings, AceParameters>;

/** The linear problem at the start, in columns of unit norm of standardised functions: constant and functions by species. */
export interface LinearProblem {
  readonly shift: Float64Array;
  readonly scale: Float64Array;
  /** Cholesky factor of G + λΠ and the norms of its columns. */
  readonly factor: Float64Array;
  readonly norms: Float64Array;
}

export interface OptimiseRequest {
  readonly settings: AcePassSettings;
  readonly start: AceParameters;
  /** Steps at most on a part of the data, and on all of it. */
  readonly iterations: { readonly part: number; readonly all: number };
  /** Share of the training groups of the first stage. */
  readonly share: number;
  readonly hasValidation: boolean;
  readonly seed: number;
  /** The linear problem at radial functions, and (one density) the parameters with its solution. */
  solve(parameters: AceParameters): Promise<{ linear: LinearProblem; parameters: AceParameters }>;
  onStep?(point: FitPoint, fraction: number): void;
}

/** Steps without a better validation error, before it stops; and the part of the objective that a round should gain. */
const PATIENCE = 20;
const SLOW = 3e-3;
const PROBES = 4;
/** Steps after which the linear problem is solved anew. */
const ROUND = 25;

export interface Optimised {
  readonly parameters: AceParameters;
  readonly iterations: number;
  readonly curve: readonly FitPoint[];
  readonly stoppedBecause: string;
}

export async function optimiseAce(pool: AcePool, request: OptimiseRequest): Promise<Optimised> {
  pool.configure(request.settings);
  return await new AceOptimiser(pool, request).run();
}

class AceOptimiser {
  private readonly pool: AcePool;
  private readonly request: OptimiseRequest;
  private readonly started = performance.now();
  private readonly curve: FitPoint[] = [];
  private passes = 0;
  /** Objective of the validation configurations in the last pass. */
  private validation: number | undefined;
  private configurations = 1;
  /** Inverse curvature of every radial coefficient. */
  private readonly radialStep: Float64Array;
  private share = 1;
  private linear: LinearProblem | undefined;
  private slots: Int32Array = new Int32Array(0);

  constructor(pool: AcePool, request: OptimiseRequest) {
    this.pool = pool;
    this.request = request;
    this.radialStep = new Float64Array(request.start.radial.length);
  }

  async run(): Promise<Optimised> {
    const { iterations, share } = this.request;
    let x = this.flat(this.request.start);
    let total = 0;
    if (share < 1 && iterations.part > 0) {
      const first = await this.stage(x, share, iterations.part, 'climb');
      x = first.x;
      total += first.iterations;
    }
    const last = await this.stage(x, 1, iterations.all, 'polish');
    return {
      parameters: this.parameters(last.x),
      iterations: total + last.iterations,
      curve: this.curve,
      stoppedBecause: last.stoppedBecause,
    };
  }

  /** Rounds of steps; each begins with the linear problem solved exactly. */
  private async stage(start: Float64Array, share: number, iterations: number, name: FitPoint['stage']) {
    this.see(share);
    const problem: QuasiNewtonProblem = {
      evaluate: (x) => this.evaluate(x),
      precondition: (direction) => this.precondition(direction),
    };
    let best = { x: start, validation: Infinity, stale: 0 };
    let iteration = 0;
    let x = start;
    let stoppedBecause = `reached ${iterations} iterations`;
    let lowest = Infinity;
    while (iteration < iterations) {
      const { linear, parameters } = await this.request.solve(this.parameters(x));
      this.linear = linear;
      x = this.flat(parameters);
      await this.measureCurvature(x);
      const search = await QuasiNewton.start(problem, x);
      const end = Math.min(iterations, iteration + ROUND);
      let moved = true;
      while (iteration < end && moved) {
        iteration++;
        moved = await search.step();
        this.report(name, search.at.value, iteration / iterations);
        if (this.validation === undefined) continue;
        if (this.validation < best.validation) best = { x: search.x, validation: this.validation, stale: 0 };
        else best.stale++;
      }
      x = search.x;
      const gained = lowest - search.at.value;
      lowest = search.at.value;
      if (best.stale >= PATIENCE) {
        stoppedBecause = `the validation error did not fall for ${best.stale} steps`;
        break;
      }
      if (!moved || gained < SLOW * lowest) {
        stoppedBecause = moved
          ? `converged: ${ROUND} steps gained almost nothing`
          : 'no step lowers the objective any more';
        break;
      }
    }
    return { x: this.validation === undefined ? x : best.x, iterations: iteration, stoppedBecause };
  }

  private see(share: number): void {
    const used = Math.max(1, Math.round(share * TRAINING_GROUPS));
    this.share = used / TRAINING_GROUPS;
    this.slots = slotsOf((group) => {
      if (group === VALIDATION_GROUP) return share >= 1 && this.request.hasValidation ? 1 : -1;
      return group < used ? 0 : -1;
    });
  }

  private async evaluate(x: Float64Array): Promise<ObjectiveValue> {
    const sums = await this.pool.pass(this.parameters(x), this.slots);
    this.passes += this.share;
    const own = sums.get(0);
    if (!own) throw new Error('no training data in a pass');
    this.configurations = own.configurations;
    const held = sums.get(1);
    this.validation = held && held.configurations > 0 ? held.gram[0] / held.configurations : undefined;
    return { value: own.gram[0], gradient: own.gram.slice(1) };
  }

  /** Curvature of every radial function by differences of gradients along random signs. */
  private async measureCurvature(x: Float64Array): Promise<void> {
    const { radial } = this.request.start;
    const from = x.length - radial.length;
    const random = new SeededRandom(this.request.seed);
    const here = await this.evaluate(x);
    const curvature = new Float64Array(radial.length);
    for (let probe = 0; probe < PROBES; probe++) {
      const step = 1e-4;
      const signs = radial.map(() => (random.uniform() < 0.5 ? -1 : 1));
      const there = await this.evaluate(
        x.map((value, k) => (k < from ? value : value + step * signs[k - from])),
      );
      for (let k = 0; k < radial.length; k++)
        curvature[k] += (signs[k] * (there.gradient[from + k] - here.gradient[from + k])) / step / PROBES;
    }
    // functions that the probes say nothing of, or that bend the wrong way, go as their kin do
    const base = this.request.settings.descriptors.bonds[0].baseCount;
    const typical = curvature.reduce((sum, value) => sum + Math.abs(value), 0) / curvature.length;
    for (let row = 0; row < radial.length; row += base) {
      let sum = 0;
      for (let k = row; k < row + base; k++) sum += curvature[k];
      const own = Math.max(sum / base, 1e-3 * typical);
      this.radialStep.fill(1 / own, row, row + base);
    }
  }

  /** (2 share G)⁻¹ for constants and weights of every density; measured curvatures for radial coefficients. */
  private precondition(direction: Float64Array): void {
    const { linear } = this;
    if (!linear) throw new Error('a step before the linear problem is known');
    const { start, settings } = this.request;
    const { shift, scale, factor, norms } = linear;
    const species = start.constants.length;
    const m = shift.length / species;
    const count = settings.embeddings[0].weights.length;
    const functions = m - 1;
    for (let p = 0; p < count; p++) {
      const standard = new Float64Array(species * m);
      const at = (s: number, f: number) => species + (s * functions + f) * count + p;
      for (let s = 0; s < species; s++) {
        const constant = p === 0 ? direction[s] : 0;
        standard[s * m] = constant;
        for (let f = 0; f < functions; f++) {
          const k = s * m + 1 + f;
          // x_raw = T x: the transpose takes derivatives along
          standard[k] = scale[k] * (direction[at(s, f)] - shift[k] * constant);
        }
      }
      const solved = choleskySolve(
        factor,
        species * m,
        standard.map((value, k) => value / norms[k]),
      );
      for (let s = 0; s < species; s++) {
        let constant = solved[s * m] / norms[s * m];
        for (let f = 0; f < functions; f++) {
          const k = s * m + 1 + f;
          const weight = (solved[k] / norms[k]) * scale[k];
          constant -= weight * shift[k];
          direction[at(s, f)] = weight / (2 * this.share);
        }
        if (p === 0) direction[s] = constant / (2 * this.share);
      }
    }
    const from = direction.length - this.radialStep.length;
    for (let k = 0; k < this.radialStep.length; k++) direction[from + k] *= this.radialStep[k];
  }

  private flat({ constants, weights, radial }: AceParameters): Float64Array {
    return Float64Array.from([...constants, ...weights, ...radial]);
  }

  private parameters(x: Float64Array): AceParameters {
    const { constants, weights } = this.request.start;
    const end = constants.length + weights.length;
    return {
      constants: x.slice(0, constants.length),
      weights: x.slice(constants.length, end),
      radial: x.slice(end),
    };
  }

  private report(stage: FitPoint['stage'], value: number, fraction: number): void {
    const point: FitPoint = {
      passes: this.passes,
      seconds: (performance.now() - this.started) / 1000,
      ...{ stage, level: 0, loss: value / this.configurations, accepted: true },
      ...(this.validation !== undefined && { validationLoss: this.validation }),
    };
    this.curve.push(point);
    this.request.onStep?.(point, fraction);
  }
}
