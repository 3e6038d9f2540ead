/**
 * Means with honest errors from correlated samples, in memory that grows with the logarithm of their number.
 *
 * Blocking (Flyvbjerg & Petersen, J. Chem. Phys. 91 (1989) 461): average neighbours pairwise again and again; the
 * standard error of the mean grows with the block length until blocks are independent. The error taken is the one of
 * the first level from which on no later level is significantly larger (their plateau); levels with fewer than 16
 * blocks are left out.
 */

/** A mean and its standard error. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

const LEVELS = 40;
const FEWEST_BLOCKS = 16;

/** Online blocking average of one quantity. */
export class BlockAverage {
  // per level: number of blocks, mean, sum of squared deviations (Welford), pending half of a pair (NaN: none)
  readonly #count = new Float64Array(LEVELS);
  readonly #mean = new Float64Array(LEVELS);
  readonly #square = new Float64Array(LEVELS);
  readonly #pending = new Float64Array(LEVELS).fill(NaN);

  add(sample: number): void {
    let value = sample;
    for (let level = 0; level < LEVELS; level++) {
      const n = ++this.#count[level];
      const delta = value - this.#mean[level];
      this.#mean[level] += delta / n;
      this.#square[level] += delta * (value - this.#mean[level]);
      const waiting = this.#pending[level];
      if (Number.isNaN(waiting)) {
        this.#pending[level] = value;
        return;
      }
      this.#pending[level] = NaN;
      value = (waiting + value) / 2;
    }
  }

  get count(): number {
    return this.#count[0];
  }

  get mean(): number {
    return this.#count[0] > 0 ? this.#mean[0] : NaN;
  }

  /** Variance of single samples. */
  get variance(): number {
    return this.#count[0] > 1 ? this.#square[0] / (this.#count[0] - 1) : NaN;
  }

  /** Standard error of the mean by blocking; NaN for fewer than two samples. */
  get error(): number {
    const levels: { error: number; spread: number }[] = [];
    for (let level = 0; level < LEVELS && this.#count[level] >= 2; level++) {
      const n = this.#count[level];
      if (level > 0 && n < FEWEST_BLOCKS) break;
      const error = Math.sqrt(this.#square[level] / ((n - 1) * n));
      levels.push({ error, spread: error / Math.sqrt(2 * (n - 1)) });
    }
    if (levels.length === 0) return NaN;
    const plateau = levels.findIndex(({ error }, k) =>
      levels.slice(k + 1).every((later) => later.error <= error + 2 * later.spread),
    );
    return levels[plateau].error;
  }

  get estimate(): Estimate {
    return { value: this.mean, error: this.error };
  }

  /** How many independent samples the mean is worth: variance / error². */
  get effectiveSamples(): number {
    const { error, variance } = this;
    return error > 0 ? Math.min(this.count, variance / (error * error)) : this.count;
  }

  /** The state as plain numbers, for checkpoints. */
  save(): Float64Array {
    const out = new Float64Array(4 * LEVELS);
    [this.#count, this.#mean, this.#square, this.#pending].forEach((part, k) => out.set(part, k * LEVELS));
    return out;
  }

  restore(saved: Float64Array): void {
    [this.#count, this.#mean, this.#square, this.#pending].forEach((part, k) =>
      part.set(saved.subarray(k * LEVELS, (k + 1) * LEVELS)),
    );
  }
}

/** Blocking average of a whole series. */
export function blockAverage(samples: ArrayLike<number>): Estimate {
  const average = new BlockAverage();
  for (let k = 0; k < samples.length; k++) average.add(samples[k]);
  return average.estimate;
}

/** Least-squares slope of a quantity in time, online; used for the drift of conserved quantities. */
export class LinearTrend {
  // n, mean t, mean y, Σ(t − t̄)², Σ(t − t̄)(y − ȳ), first y
  readonly #sums = new Float64Array(6);

  add(t: number, y: number): void {
    const s = this.#sums;
    if (s[0] === 0) s[5] = y;
    // relative to the first value, so that a large total energy costs no digits
    const relative = y - s[5];
    s[0]++;
    const dt = t - s[1];
    s[1] += dt / s[0];
    s[2] += (relative - s[2]) / s[0];
    s[3] += dt * (t - s[1]);
    s[4] += dt * (relative - s[2]);
  }

  /** dy/dt; NaN for fewer than two points. */
  get slope(): number {
    return this.#sums[0] > 1 ? this.#sums[4] / this.#sums[3] : NaN;
  }

  save(): Float64Array {
    return this.#sums.slice();
  }

  restore(saved: Float64Array): void {
    this.#sums.set(saved);
  }
}
