/**
 * Limited-memory quasi-Newton minimisation (Nocedal, Math. Comput. 35 (1980) 773) that begins with a preconditioner in place of
 * the unit matrix: for objectives whose every value is a pass over the data. A step is kept when it lowers the objective as
 * Armijo asks; its pair is remembered where the slope along it has risen.
 */
const MEMORY = 30;
const ARMIJO = 1e-4;
/** Trials of one line search. */
const TRIALS = 8;
/** A shorter step than this part of the quadratic's minimum is not believed. */
const SHORTEST = 0.1;

export interface ObjectiveValue {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface QuasiNewtonProblem {
  /** @throws CancelledError */
  evaluate(x: Float64Array): Promise<ObjectiveValue>;
  /** Multiplies by an approximate inverse of the second derivatives, in place. */
  precondition(direction: Float64Array): void;
}

export class QuasiNewton {
  x: Float64Array;
  at: ObjectiveValue;
  private readonly problem: QuasiNewtonProblem;
  private readonly steps: Float64Array[] = [];
  private readonly changes: Float64Array[] = [];
  private readonly products: number[] = [];

  private constructor(problem: QuasiNewtonProblem, x: Float64Array, at: ObjectiveValue) {
    this.problem = problem;
    this.x = x;
    this.at = at;
  }

  static async start(problem: QuasiNewtonProblem, x: Float64Array): Promise<QuasiNewton> {
    return new QuasiNewton(problem, x, await problem.evaluate(x));
  }

  /** One step downhill. @returns whether the objective fell */
  async step(): Promise<boolean> {
    let direction = this.direction();
    let slope = dot(direction, this.at.gradient);
    if (!(slope < 0)) {
      this.forget();
      direction = this.direction();
      slope = dot(direction, this.at.gradient);
      if (!(slope < 0)) return false;
    }
    let length = 1;
    for (let trial = 0; trial < TRIALS; trial++) {
      const x = this.x.map((value, k) => value + length * direction[k]);
      const next = await this.problem.evaluate(x);
      if (next.value <= this.at.value + ARMIJO * length * slope) {
        this.remember(x, next);
        return true;
      }
      // minimum of the parabola through both values and the slope
      const bend = next.value - this.at.value - length * slope;
      const best = Number.isFinite(bend) && bend > 0 ? (-slope * length * length) / (2 * bend) : 0;
      length = Math.min(0.5 * length, Math.max(SHORTEST * length, best));
    }
    if (this.steps.length === 0) return false;
    this.forget();
    return this.step();
  }

  private forget(): void {
    this.steps.length = this.changes.length = this.products.length = 0;
  }

  private remember(x: Float64Array, next: ObjectiveValue): void {
    const step = x.map((value, k) => value - this.x[k]);
    const change = next.gradient.map((value, k) => value - this.at.gradient[k]);
    const product = dot(step, change);
    if (product > 0) {
      this.steps.push(step);
      this.changes.push(change);
      this.products.push(product);
      if (this.steps.length > MEMORY) {
        this.steps.shift();
        this.changes.shift();
        this.products.shift();
      }
    }
    this.x = x;
    this.at = next;
  }

  private direction(): Float64Array {
    const { steps, changes, products } = this;
    const d = this.at.gradient.map((value) => -value);
    const shares = new Float64Array(steps.length);
    for (let k = steps.length - 1; k >= 0; k--) {
      shares[k] = dot(steps[k], d) / products[k];
      addTo(d, changes[k], -shares[k]);
    }
    this.problem.precondition(d);
    for (let k = 0; k < steps.length; k++) addTo(d, steps[k], shares[k] - dot(changes[k], d) / products[k]);
    return d;
  }
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

function addTo(to: Float64Array, what: Float64Array, factor: number): void {
  for (let k = 0; k < to.length; k++) to[k] += factor * what[k];
}
