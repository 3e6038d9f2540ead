/**
 * How far the mean of correlated samples may be from the truth: the one place where a stated ± is made.
 *
 * Variance of the mean of n samples x̂ with autocovariances C_t about their own mean:
 *
 *   σ²(x̂) = (C_0 + 2 Σ_{t ≤ W} C_t)/n / (1 − (2W + 1)/n),
 *
 * W where the sum over pairs C_2t + C_2t+1 first turns negative, pairs forced to decrease (initial monotone sequence:
 * Geyer, Statist. Sci. 7 (1992) 473). The last factor undoes the bias that comes from taking the covariances about the
 * mean of the samples instead of the true one, −σ²(x̂) in each of them (Wolff, Comput. Phys. Commun. 156 (2004) 143,
 * eq. 49).
 *
 * Strongly anticorrelated samples are taken together in pairs first, as often as needed.
 *
 * An estimate from few independent samples is itself uncertain, so that ± σ(x̂) would hold the truth too rarely. What is
 * stated is σ(x̂) times the quantile of Student's t that holds 68.3 %, with ν = 1.5 n/(2W + 1) − 1 degrees of freedom: a
 * sum of W covariances has a relative variance ≤ 2(2W + 1)/n (Madras & Sokal, J. Stat. Phys. 50 (1988) 109), 2/ν of a χ²
 * variable; 1.5 is what autoregressive series of 3 to 1000 independent samples show (test/src-compute/sampling).
 */

/** A mean and the half-width of the interval that holds the truth in 68.3 % of all cases ("± 1 σ"). */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

/** A mean with what is known of its uncertainty. */
export interface MeanOfSamples {
  readonly samples: number;
  readonly mean: number;
  /** Variance of the mean, σ²(x̂). */
  readonly variance: number;
  /** ν, at least 1. */
  readonly degreesOfFreedom: number;
  /** How many independent samples the mean is worth. */
  readonly effectiveSamples: number;
}

/** Least of 1 − (2W + 1)/n: a window over most of the samples says nothing about what lies beyond. */
const LEAST_SHARE = 0.3;
/** Degrees of freedom per n/(2W + 1). */
const FREEDOM_PER_WINDOW = 1.5;

/** Variance of the mean over that of independent samples, below which neighbours are taken together. */
const ANTICORRELATED = 0.5;
/** Fewer samples are not taken together: their noise looks like anticorrelation. */
const LEAST_TO_PAIR = 64;

/**
 * Mean of samples in the order in which they were taken.
 * @param weights of the samples, such as the times they stand for; equal when absent
 */
export function meanOfSamples(samples: ArrayLike<number>, weights?: ArrayLike<number>): MeanOfSamples {
  const n = samples.length;
  let [total, sum] = [0, 0];
  for (let k = 0; k < n; k++) {
    const weight = weights?.[k] ?? 1;
    total += weight;
    sum += weight * samples[k];
  }
  const mean = n > 0 ? sum / total : NaN;
  if (n < 2) return { samples: n, mean, variance: NaN, degreesOfFreedom: NaN, effectiveSamples: n };
  // with weights, what a sample moves the mean by; to first order its mean is that of these residuals
  const residuals = Float64Array.from(
    { length: n },
    (_, k) => ((weights?.[k] ?? 1) / (total / n)) * (samples[k] - mean),
  );
  return { samples: n, mean, ...varianceOfMean(residuals) };
}

/** @param residuals of mean zero, two or more */
function varianceOfMean(residuals: Float64Array): Omit<MeanOfSamples, 'mean' | 'samples'> {
  const n = residuals.length;
  const covariance = (lag: number): number => {
    let sum = 0;
    for (let k = 0; k + lag < n; k++) sum += residuals[k] * residuals[k + lag];
    return sum / n;
  };
  const single = covariance(0);
  if (!(single > 0)) return { variance: single, degreesOfFreedom: n - 1, effectiveSamples: n };
  let pairs = 0;
  let window = 0;
  if (n >= 4) {
    let previous = Infinity;
    for (let t = 0; 2 * t + 1 < n; t++) {
      const pair = (t === 0 ? single : covariance(2 * t)) + covariance(2 * t + 1);
      if (pair <= 0) break;
      previous = Math.min(previous, pair);
      pairs += previous;
      window = 2 * t + 1;
    }
  }
  // for strongly anticorrelated samples the sum is a small difference of large covariances: those of the means of
  // neighbours, which have the same mean, are small themselves
  if (2 * pairs - single < ANTICORRELATED * single && n >= LEAST_TO_PAIR) {
    const paired = varianceOfMean(meansOfNeighbours(residuals));
    return { ...paired, effectiveSamples: single / paired.variance };
  }
  const width = 2 * window + 1;
  // anticorrelated samples can be worth more than n, but hardly more than n²
  const sum = Math.max(window > 0 ? 2 * pairs - single : single, single / n);
  const variance = sum / n / Math.max(1 - width / n, LEAST_SHARE);
  return {
    variance,
    degreesOfFreedom: n < 4 ? n - 1 : Math.max(1, (FREEDOM_PER_WINDOW * n) / width - 1),
    effectiveSamples: single / variance,
  };
}

/** Means of samples 0 and 1, 2 and 3, …, about their own mean. */
function meansOfNeighbours(samples: Float64Array): Float64Array {
  const means = Float64Array.from(
    { length: samples.length >> 1 },
    (_, k) => (samples[2 * k] + samples[2 * k + 1]) / 2,
  );
  const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
  return means.map((value) => value - mean);
}

/** The mean with its ± (see the head of this file). */
export function estimateOf({ mean, variance, degreesOfFreedom }: MeanOfSamples): Estimate {
  if (variance === 0) return { value: mean, error: 0 };
  return { value: mean, error: Math.sqrt(variance) * studentFactor(degreesOfFreedom) };
}

/**
 * Mean over independent series, such as chains from different seeds, each with the weight of its samples. Degrees of
 * freedom by Welch and Satterthwaite, ν = (Σ v)²/Σ(v²/ν) (Biometrika 34 (1947) 28), v the variance a series contributes.
 */
export function meanOfMeans(parts: readonly MeanOfSamples[]): MeanOfSamples {
  const used = parts.filter(({ samples }) => samples > 0);
  const sum = (of: (part: MeanOfSamples) => number) => used.reduce((total, part) => total + of(part), 0);
  const samples = sum((part) => part.samples);
  const contribution = (part: MeanOfSamples) => (part.samples / samples) ** 2 * part.variance;
  const variance = used.length > 0 ? sum(contribution) : NaN;
  const spread = sum((part) => contribution(part) ** 2 / part.degreesOfFreedom);
  return {
    samples,
    mean: used.length > 0 ? sum((part) => (part.samples / samples) * part.mean) : NaN,
    variance,
    degreesOfFreedom: spread > 0 ? variance ** 2 / spread : sum((part) => part.degreesOfFreedom),
    effectiveSamples: sum((part) => part.effectiveSamples),
  };
}

/** Mean and ± of values that do not depend on each other; NaN as error of a single one. */
export function independentMean(values: ArrayLike<number>): Estimate {
  const n = values.length;
  let mean = 0;
  for (let k = 0; k < n; k++) mean += values[k] / n;
  let square = 0;
  for (let k = 0; k < n; k++) square += (values[k] - mean) ** 2;
  const variance = n > 1 ? square / (n - 1) / n : NaN;
  return estimateOf({ samples: n, mean, variance, degreesOfFreedom: n - 1, effectiveSamples: n });
}

/** Probability of |z| ≤ 1 for a Gaussian. */
const ONE_SIGMA = 0.6826894921370859;

/** Half-width, in standard errors, that holds 68.3 % of Student's distribution with ν ≥ 1 degrees of freedom. */
export function studentFactor(degreesOfFreedom: number): number {
  if (!(degreesOfFreedom >= 1)) return NaN;
  if (degreesOfFreedom > 1e4) return 1;
  // monotone in t: 1.84 for ν = 1, 1 for ν → ∞
  let [low, high] = [0.9, 2];
  for (let k = 0; k < 50; k++) {
    const middle = (low + high) / 2;
    if (studentInside(middle, degreesOfFreedom) < ONE_SIGMA) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * P(|T| ≤ t). With T = √ν tan θ the density is ∝ cos^(ν−1) θ on (−π/2, π/2): a smooth integrand, by Simpson's rule over
 * the part inside and the part outside, whose sum normalises it.
 */
function studentInside(t: number, degreesOfFreedom: number): number {
  const edge = Math.atan(t / Math.sqrt(degreesOfFreedom));
  const integrand = (theta: number) => Math.max(0, Math.cos(theta)) ** (degreesOfFreedom - 1);
  // beyond ten standard deviations of the peak nothing is left
  const end = Math.min(Math.PI / 2, Math.max(2 * edge, 10 / Math.sqrt(degreesOfFreedom)));
  const inside = simpson(integrand, 0, edge);
  return inside / (inside + simpson(integrand, edge, end));
}

const PANELS = 64;

function simpson(f: (x: number) => number, from: number, to: number): number {
  const h = (to - from) / (2 * PANELS);
  let sum = f(from) + f(to);
  for (let k = 1; k < 2 * PANELS; k++) sum += (k % 2 === 1 ? 4 : 2) * f(from + k * h);
  return (sum * h) / 3;
}
