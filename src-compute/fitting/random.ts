/** A small seeded generator for starting points of fits and splits: mulberry32 with Box–Muller normals. */
export class SeededRandom {
  /** All there is to it: a generator made with this as its seed goes on with the same numbers. */
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Seed with which another generator goes on from here. */
  get position(): number {
    return this.state;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** Standard normal. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }
}
