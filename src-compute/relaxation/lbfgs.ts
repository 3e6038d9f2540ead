/**
 * Limited-memory quasi-Newton steps (Nocedal, Math. Comput. 35 (1980) 773) that begin with a preconditioner in place of
 * the unit matrix, Packwood et al., J. Chem. Phys. 144 (2016) 164109. A step is kept when it lowers the energy as
 * Armijo asks or, where the energy's digits end, when the slope along it has the right sign (the approximate Wolfe
 * condition of Hager and Zhang, SIAM J. Optim. 16 (2005) 170). No step moves an atom further than a tenth of the
 * shortest distance: a line search must not jump over a barrier into a core.
 */
import type { Landscape } from './landscape.ts';

/** Pairs of (step, change of slope) that are remembered. */
const MEMORY = 40;
/** Largest step, in shortest distances. */
const LONGEST = 0.1;
/** Largest change of a component of D in a step. */
const LARGEST_STRAIN = 0.03;
/** Length of the very first step, which learns the scale of the springs, in shortest distances. */
const FIRST = 0.01;
/** How much further the next step goes after one along which the slope has steepened. */
const STRIDE = 4;
const ARMIJO = 1e-4;

/** What replaces the unit matrix; solve() in place. */
export interface Preconditioner {
  readonly nearest: number | undefined;
  solve(g: Float64Array): void;
}

export class Lbfgs {
  private readonly landscape: Landscape;
  private readonly x: Float64Array;
  private readonly direction: Float64Array;
  private readonly trial: Float64Array;
  private readonly before: Float64Array;
  private steps: Float64Array[] = [];
  private changes: Float64Array[] = [];
  private products: number[] = [];
  /** Scale of the preconditioner, 1/(spring's stiffness). */
  private scale: number | undefined;

  constructor(landscape: Landscape, x: Float64Array) {
    this.landscape = landscape;
    this.x = x;
    this.direction = new Float64Array(x.length);
    this.trial = new Float64Array(x.length);
    this.before = new Float64Array(x.length);
  }

  /**
   * One step downhill.
   * @returns false when no point along the direction is lower and neither is one along the plain slope
   */
  async step(preconditioner: Preconditioner): Promise<boolean> {
    const { landscape, direction, before } = this;
    before.set(landscape.force);
    this.chooseDirection(preconditioner);
    let slope = dot(direction, before);
    if (!(slope > 0)) {
      this.forget();
      this.chooseDirection(preconditioner);
      slope = dot(direction, before);
    }
    if (await this.search(slope, this.firstLength(preconditioner))) {
      this.remember(preconditioner);
      return true;
    }
    // back to where it stood, which is lower than what was tried
    await landscape.evaluate(this.x);
    if (this.steps.length === 0) return false;
    // what was remembered may be wrong: once more without it
    this.forget();
    return await this.step(preconditioner);
  }

  /** The scale for which the preconditioned slope is the step just made. */
  private softest(preconditioner: Preconditioner): number {
    const solved = this.before.slice();
    preconditioner.solve(solved);
    let [longest, step] = [1e-300, 0];
    for (let k = 0; k < solved.length; k++) {
      longest = Math.max(longest, Math.abs(solved[k]));
      step = Math.max(step, Math.abs(this.trial[k] - this.x[k]));
    }
    return step / longest;
  }

  private forget(): void {
    this.steps = [];
    this.changes = [];
    this.products = [];
  }

  /** Two-loop recursion: direction = H·force. */
  private chooseDirection(preconditioner: Preconditioner): void {
    const { direction, steps, changes, products, landscape } = this;
    direction.set(landscape.force);
    const alpha = new Float64Array(steps.length);
    for (let m = steps.length - 1; m >= 0; m--) {
      alpha[m] = dot(steps[m], direction) / products[m];
      add(direction, changes[m], -alpha[m]);
    }
    preconditioner.solve(direction);
    const scale = this.scale ?? 1;
    for (let k = 0; k < direction.length; k++) direction[k] *= scale;
    for (let m = 0; m < steps.length; m++) {
      const beta = dot(changes[m], direction) / products[m];
      add(direction, steps[m], alpha[m] - beta);
    }
    landscape.project(direction);
  }

  /** Fraction of the direction to try first. */
  private firstLength({ nearest = 2.5 }: Preconditioner): number {
    const { direction, landscape } = this;
    const n3 = 3 * landscape.atoms;
    let longest = 0;
    for (let k = 0; k < n3; k += 3)
      longest = Math.max(longest, Math.hypot(direction[k], direction[k + 1], direction[k + 2]));
    let strain = 0;
    for (let k = n3; k < direction.length; k++) strain = Math.max(strain, Math.abs(direction[k]));
    const known = this.scale !== undefined;
    const allowed = nearest * (known ? LONGEST : FIRST);
    const allowedStrain = known ? LARGEST_STRAIN : FIRST;
    const fits = Math.min(allowed / Math.max(longest, 1e-300), allowedStrain / Math.max(strain, 1e-300));
    return known ? Math.min(1, fits) : fits;
  }

  /** Goes along the direction until the step is good; leaves the landscape there. */
  private async search(slope: number, first: number): Promise<boolean> {
    const { landscape, direction, x, trial } = this;
    const start = landscape.energy;
    const blur = landscape.roundOff * Math.max(1, Math.abs(start));
    let length = first;
    for (let attempt = 0; attempt < 25; attempt++) {
      for (let k = 0; k < x.length; k++) trial[k] = x[k] + length * direction[k];
      await landscape.evaluate(trial);
      const change = landscape.energy - start;
      const slopeThere = dot(direction, landscape.force);
      if (change <= -ARMIJO * length * slope) return true;
      if (change <= blur && Math.abs(slopeThere) <= (1 - 2 * ARMIJO) * slope) return true;
      // the parabola through both energies and the slope here, kept within bounds
      const parabola = (0.5 * length * length * slope) / Math.max(change + length * slope, 1e-300);
      length = Math.min(0.5 * length, Math.max(0.1 * length, parabola));
    }
    return false;
  }

  /** Takes the step into memory and onto the point. */
  private remember(preconditioner: Preconditioner): void {
    const { landscape, x, trial, before } = this;
    const s = trial.slice();
    const y = before.slice();
    for (let k = 0; k < s.length; k++) {
      s[k] -= x[k];
      y[k] -= landscape.force[k];
    }
    const sy = dot(s, y);
    // where the slope steepens there is no minimum along the step: nothing to remember, but further to go
    if (!(sy > 1e-12 * Math.sqrt(dot(s, s) * dot(y, y)))) {
      this.forget();
      this.scale = STRIDE * (this.scale ?? this.softest(preconditioner));
      x.set(trial);
      return;
    }
    x.set(trial);
    const solved = y.slice();
    preconditioner.solve(solved);
    this.scale = sy / dot(y, solved);
    this.steps.push(s);
    this.changes.push(y);
    this.products.push(sy);
    if (this.steps.length > MEMORY) {
      this.steps.shift();
      this.changes.shift();
      this.products.shift();
    }
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

function add(to: Float64Array, what: Float64Array, factor: number): void {
  for (let k = 0; k < to.length; k++) to[k] += factor * what[k];
}
