/**
 * Means with honest errors from correlated samples, in memory that does not grow: consecutive samples are added up in
 * blocks of equal length, at most MOST_BLOCKS of them. When all are in use neighbours are joined, so that the blocks cover
 * the run evenly. The mean is exact; its error is that of the series of blocks (mean-error.ts), which knows correlations
 * longer than a block, and shorter ones no longer matter.
 */
import { estimateOf, meanOfSamples, type Estimate, type MeanOfSamples } from './mean-error.ts';

export type { Estimate } from './mean-error.ts';

/** Even. */
const MOST_BLOCKS = 1024;
/** First number of a saved state; versions before began with a count, which is never negative. */
const LAYOUT = -2;
/** Numbers before the blocks in a saved state. */
const HEADER = 7;

/** Online average of one quantity. */
export class BlockAverage {
  /** Σ w x and Σ w of every block. */
  readonly #sums = new Float64Array(MOST_BLOCKS);
  readonly #weights = new Float64Array(MOST_BLOCKS);
  /** Samples in a full block, full blocks, samples in the block that is being filled. */
  #length = 1;
  #full = 0;
  #filled = 0;
  // of single samples (Welford): number, weighted mean, weighted sum of squared deviations, total weight
  #count = 0;
  #mean = 0;
  #square = 0;
  #weight = 0;

  /** @param weight such as the time that a sample stands for, where steps differ */
  add(sample: number, weight = 1): void {
    this.#count++;
    this.#weight += weight;
    const delta = sample - this.#mean;
    this.#mean += this.#weight > 0 ? (weight / this.#weight) * delta : 0;
    this.#square += weight * delta * (sample - this.#mean);
    this.#sums[this.#full] += weight * sample;
    this.#weights[this.#full] += weight;
    if (++this.#filled < this.#length) return;
    this.#filled = 0;
    if (++this.#full === MOST_BLOCKS) this.#join();
  }

  /** Joins neighbouring blocks. */
  #join(): void {
    for (const array of [this.#sums, this.#weights]) {
      for (let k = 0; k < MOST_BLOCKS / 2; k++) array[k] = array[2 * k] + array[2 * k + 1];
      array.fill(0, MOST_BLOCKS / 2);
    }
    this.#full = MOST_BLOCKS / 2;
    this.#length *= 2;
  }

  get count(): number {
    return this.#count;
  }

  get mean(): number {
    return this.#count > 0 ? this.#mean : NaN;
  }

  /** Variance of single samples. */
  get variance(): number {
    return this.#count > 1 ? (this.#square / this.#weight) * (this.#count / (this.#count - 1)) : NaN;
  }

  /** The mean with what is known of its uncertainty. */
  get meanOfSamples(): MeanOfSamples {
    const blocks = this.#full + (this.#filled > 0 ? 1 : 0);
    const weights = this.#weights.subarray(0, blocks);
    const means = Float64Array.from(weights, (weight, k) => (weight > 0 ? this.#sums[k] / weight : 0));
    return { ...meanOfSamples(means, weights), samples: this.#count, mean: this.mean };
  }

  /** ± of the mean: holds the truth in 68 % of all cases; NaN for fewer than two samples. */
  get error(): number {
    return this.estimate.error;
  }

  get estimate(): Estimate {
    return estimateOf(this.meanOfSamples);
  }

  /** How many independent samples the mean is worth: variance of a sample / variance of the mean. */
  get effectiveSamples(): number {
    if (this.#count < 2) return this.#count;
    const { variance } = this.meanOfSamples;
    return variance > 0 ? Math.min(this.#count, this.variance / variance) : this.#count;
  }

  /** The state as plain numbers, for checkpoints. */
  save(): Float64Array {
    const blocks = this.#full + 1;
    const header = [LAYOUT, this.#length, this.#filled, this.#count, this.#mean, this.#square, this.#weight];
    return Float64Array.of(
      ...header,
      ...this.#sums.subarray(0, blocks),
      ...this.#weights.subarray(0, blocks),
    );
  }

  /** Goes on from a saved state; anew from one of a version that kept no blocks, whose samples are not known any more. */
  restore(saved: Float64Array): void {
    const known = saved[0] === LAYOUT ? saved : new BlockAverage().save();
    const blocks = (known.length - HEADER) / 2;
    [, this.#length, this.#filled, this.#count, this.#mean, this.#square, this.#weight] = known;
    this.#full = blocks - 1;
    this.#sums.fill(0).set(known.subarray(HEADER, HEADER + blocks));
    this.#weights.fill(0).set(known.subarray(HEADER + blocks));
  }
}

/** Mean and ± of a whole series. */
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
