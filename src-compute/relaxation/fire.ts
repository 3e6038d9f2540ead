/**
 * FIRE: Bitzek et al., Phys. Rev. Lett. 97 (2006) 170201, with the half step back of Guénolé et al., Comput. Mater. Sci.
 * 175 (2020) 109584. Damped dynamics that need forces only, so that they also come to rest where an energy is missing
 * or too noisy for a line search.
 */
import type { Landscape } from './landscape.ts';

const FIRE = {
  start: 0.1,
  grow: 1.1,
  shrink: 0.5,
  mix: 0.99,
  delay: 5,
  longest: 0.2,
  first: 0.1,
  most: 1,
  least: 0.002,
};
/** Half steps back in a row after which it has stalled. */
const PATIENCE = 2000;

export class Fire {
  private readonly landscape: Landscape;
  private readonly x: Float64Array;
  private readonly velocity: Float64Array;
  /** D moves in units in which atoms and cell move alike: N·D. */
  private readonly weights: Float64Array;
  private dt = FIRE.first;
  private mix = FIRE.start;
  private uphill = 0;
  private downhill = 0;
  private isFirst = true;

  constructor(landscape: Landscape, x: Float64Array) {
    this.landscape = landscape;
    this.x = x;
    this.velocity = new Float64Array(x.length);
    this.weights = new Float64Array(x.length).fill(1);
    this.weights.fill(landscape.atoms, 3 * landscape.atoms);
  }

  /** One step. @returns false when it only goes back and forth */
  async step(): Promise<boolean> {
    const { landscape, velocity, x, weights } = this;
    const { force } = landscape;
    let power = 0;
    for (let k = 0; k < x.length; k++) power += (force[k] / weights[k]) * velocity[k];
    if (power > 0) {
      this.uphill = 0;
      if (++this.downhill > FIRE.delay) {
        this.dt = Math.min(this.dt * FIRE.grow, FIRE.most);
        this.mix *= FIRE.mix;
      }
    } else if (!this.isFirst) {
      this.downhill = 0;
      this.dt = Math.max(this.dt * FIRE.shrink, FIRE.least);
      this.mix = FIRE.start;
      for (let k = 0; k < x.length; k++) x[k] -= (0.5 * this.dt * velocity[k]) / weights[k];
      velocity.fill(0);
      if (++this.uphill > PATIENCE) return false;
    }
    this.isFirst = false;
    let [v, f, fastest] = [0, 0, 0];
    for (let k = 0; k < x.length; k++) {
      velocity[k] += (this.dt * force[k]) / weights[k];
      v += velocity[k] ** 2;
      f += (force[k] / weights[k]) ** 2;
    }
    const along = f > 0 ? this.mix * Math.sqrt(v / f) : 0;
    for (let k = 0; k < x.length; k++) {
      if (f > 0) velocity[k] = (1 - this.mix) * velocity[k] + (along * force[k]) / weights[k];
      fastest = Math.max(fastest, Math.abs(velocity[k]));
    }
    // no coordinate moves far at once, or a bad start would shoot atoms through each other
    const stretch = Math.min(1, FIRE.longest / Math.max(1e-300, this.dt * fastest));
    for (let k = 0; k < x.length; k++) x[k] += (stretch * this.dt * velocity[k]) / weights[k];
    await landscape.evaluate(x);
    return true;
  }
}
