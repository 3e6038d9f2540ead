/**
 * Step sizes tuned in burn-in and frozen afterwards: the chain that is used for averages is an ordinary Markov chain.
 */

/**
 * Their γ is 0.05. With it the step swings so widely that its average ends up too small in burn-ins of a few hundred
 * trajectories: silicon at 1000 K came out at an acceptance of 0.95 instead of 0.75, with 0.2 at 0.79.
 */
const GAIN = 0.2;

/**
 * Dual averaging of ln ε towards a target acceptance (Hoffman & Gelman, J. Mach. Learn. Res. 15 (2014) 1593, §3.2;
 * t₀ = 10 and κ = 0.75 as theirs; µ = ln 2ε₀ instead of ln 10ε₀, since users start from a sensible step).
 */
export class DualAveraging {
  readonly #target: number;
  readonly #centre: number;
  #updates = 0;
  #bias = 0;
  #logStep: number;
  #logAverage: number;

  constructor(initial: number, target: number) {
    this.#target = target;
    this.#centre = Math.log(2 * initial);
    this.#logStep = Math.log(initial);
    this.#logAverage = Math.log(initial);
  }

  /** @param acceptance min{1, exp(−βΔH)} of the last trajectory; 0 for a lost one */
  update(acceptance: number): void {
    const t = ++this.#updates;
    const weight = 1 / (t + 10);
    this.#bias = (1 - weight) * this.#bias + weight * (this.#target - acceptance);
    this.#logStep = this.#centre - (Math.sqrt(t) / GAIN) * this.#bias;
    const forget = t ** -0.75;
    this.#logAverage = forget * this.#logStep + (1 - forget) * this.#logAverage;
  }

  /** Step to use while tuning. */
  get current(): number {
    return Math.exp(this.#logStep);
  }

  /** Step to freeze. */
  get average(): number {
    return Math.exp(this.#logAverage);
  }

  save(): number[] {
    return [this.#updates, this.#bias, this.#logStep, this.#logAverage];
  }

  restore(saved: ArrayLike<number>): void {
    this.#updates = saved[0];
    this.#bias = saved[1];
    this.#logStep = saved[2];
    this.#logAverage = saved[3];
  }
}

/** Width of a random-walk move, tuned towards an acceptance by Robbins & Monro (Ann. Math. Statist. 22 (1951) 400). */
export class RandomWalkWidth {
  #logWidth: number;
  #updates = 0;
  readonly #target: number;

  constructor(initial: number, target = 0.4) {
    this.#logWidth = Math.log(initial);
    this.#target = target;
  }

  update(acceptance: number): void {
    this.#updates++;
    this.#logWidth += (acceptance - this.#target) * (2 / this.#updates ** 0.6);
  }

  get width(): number {
    return Math.exp(this.#logWidth);
  }

  save(): number[] {
    return [this.#logWidth, this.#updates];
  }

  restore(saved: ArrayLike<number>): void {
    this.#logWidth = saved[0];
    this.#updates = saved[1];
  }
}
