/**
 * Walks along a force that is no slope of anything (bands, dimers): limited-memory quasi-Newton steps without a line
 * search, as Sheppard, Terrell and Henkelman, J. Chem. Phys. 128 (2008) 134106 recommend for bands.
 */
import { addScaled, dot, largestTriple } from './vectors.ts';

const MEMORY = 20;
/** A force that has grown by so much tells that the step went wrong. */
const WORSE = 1.5;
/** The shortest of the longest steps, in parts of what is allowed. */
const SHORTEST = 0.02;

export class Walker {
  private readonly most: number;
  private readonly stiffness: number;
  /** Longest step at present: shorter after steps that made the force larger. */
  private longest: number;
  private steps: Float64Array[] = [];
  private changes: Float64Array[] = [];
  private before: { x: Float64Array; force: Float64Array } | undefined;

  /**
   * @param longest step of an atom, Å
   * @param stiffness first guess of the curvature, eV/Å²
   */
  constructor(longest = 0.2, stiffness = 10) {
    this.most = longest;
    this.longest = longest;
    this.stiffness = stiffness;
  }

  /** Forgets what it learnt, as when the force has become another. */
  forget(): void {
    this.steps = [];
    this.changes = [];
    this.before = undefined;
  }

  /** Moves x by one step along the force. */
  step(x: Float64Array, force: Float64Array): void {
    const { before } = this;
    if (before) {
      const s = x.slice();
      const y = before.force.slice();
      for (let k = 0; k < s.length; k++) {
        s[k] -= before.x[k];
        y[k] -= force[k];
      }
      // a step that went wrong: the next ones are shorter, and begin along the force
      const isWorse = dot(force, force) > WORSE ** 2 * dot(before.force, before.force);
      this.longest = isWorse
        ? Math.max(SHORTEST * this.most, this.longest / 2)
        : Math.min(this.most, this.longest * 1.1);
      // where the curvature along the step is not positive, the model is of no use
      if (!isWorse && dot(s, y) > 1e-10 * dot(y, y)) {
        this.steps.push(s);
        this.changes.push(y);
        if (this.steps.length > MEMORY) {
          this.steps.shift();
          this.changes.shift();
        }
      } else this.forget();
    }
    this.before = { x: x.slice(), force: force.slice() };
    const direction = this.direction(force);
    // a step against the force is a model gone wrong: begin anew, along it
    if (dot(direction, force) <= 0) {
      this.steps = [];
      this.changes = [];
      direction.set(force);
      for (let k = 0; k < direction.length; k++) direction[k] /= this.stiffness;
    }
    const length = largestTriple(direction);
    addScaled(x, direction, length > this.longest ? this.longest / length : 1);
  }

  private direction(force: Float64Array): Float64Array {
    const { steps, changes } = this;
    const q = force.slice();
    const alpha = new Float64Array(steps.length);
    for (let m = steps.length - 1; m >= 0; m--) {
      alpha[m] = dot(steps[m], q) / dot(steps[m], changes[m]);
      addScaled(q, changes[m], -alpha[m]);
    }
    const last = steps.length - 1;
    const factor =
      last < 0 ? 1 / this.stiffness : dot(steps[last], changes[last]) / dot(changes[last], changes[last]);
    for (let k = 0; k < q.length; k++) q[k] *= factor;
    for (let m = 0; m < steps.length; m++) {
      const beta = dot(changes[m], q) / dot(steps[m], changes[m]);
      addScaled(q, steps[m], alpha[m] - beta);
    }
    return q;
  }
}
