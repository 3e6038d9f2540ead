/**
 * Correlation in a series of samples: how many steps make one independent sample, effective sample size, and
 * agreement between chains.
 */

/** Normalised autocovariances ρ_t up to a lag, by the definition (biased estimator, divides by n). */
export function autocorrelation(samples: ArrayLike<number>, maximumLag: number): Float64Array {
  const n = samples.length;
  const lags = Math.min(maximumLag, n - 1);
  let mean = 0;
  for (let k = 0; k < n; k++) mean += samples[k] / n;
  const out = new Float64Array(lags + 1);
  for (let lag = 0; lag <= lags; lag++) {
    let sum = 0;
    for (let k = 0; k + lag < n; k++) sum += (samples[k] - mean) * (samples[k + lag] - mean);
    out[lag] = sum / n;
  }
  const variance = out[0];
  return variance > 0 ? out.map((c) => c / variance) : out.fill(0).fill(1, 0, 1);
}

/**
 * g = 1 + 2 Σ ρ_t, with the sum cut where the first pair ρ_2t + ρ_2t+1 turns negative and pairs forced to decrease
 * (initial monotone sequence: Geyer, Statist. Sci. 7 (1992) 473). May be below 1 for anticorrelated samples.
 */
export function integratedCorrelation(samples: ArrayLike<number>): number {
  const n = samples.length;
  if (n < 4) return 1;
  let mean = 0;
  for (let k = 0; k < n; k++) mean += samples[k] / n;
  const covariance = (lag: number) => {
    let sum = 0;
    for (let k = 0; k + lag < n; k++) sum += (samples[k] - mean) * (samples[k + lag] - mean);
    return sum / n;
  };
  const variance = covariance(0);
  if (!(variance > 0)) return 1;
  let sum = 0;
  let previous = Infinity;
  for (let t = 0; 2 * t + 1 < n; t++) {
    const even = t === 0 ? 1 : covariance(2 * t) / variance;
    const pair = even + covariance(2 * t + 1) / variance;
    if (pair <= 0) break;
    previous = Math.min(previous, pair);
    sum += previous;
  }
  const g = 2 * sum - 1;
  if (g >= ANTICORRELATED || n < LEAST_TO_PAIR) return Math.max(g, 1 / n);
  // a small difference of large covariances: those of the means of neighbours are small themselves (mean-error.ts)
  const pairs = Float64Array.from({ length: n >> 1 }, (_, k) => (samples[2 * k] + samples[2 * k + 1]) / 2);
  const middle = pairs.reduce((total, value) => total + value, 0) / pairs.length;
  const ofPairs = pairs.reduce((total, value) => total + (value - middle) ** 2, 0) / pairs.length;
  return Math.max((2 * integratedCorrelation(pairs) * ofPairs) / variance, 1 / n);
}

/** g below which neighbours are taken together, and for how many samples at least. */
const ANTICORRELATED = 0.5;
const LEAST_TO_PAIR = 64;

/** Samples per independent sample, at least 1. */
export function statisticalInefficiency(samples: ArrayLike<number>): number {
  return Math.max(1, integratedCorrelation(samples));
}

/** Effective sample size n/g of the mean; above n for anticorrelated samples. */
export function effectiveSampleSize(samples: ArrayLike<number>): number {
  return samples.length / integratedCorrelation(samples);
}

/**
 * Split R̂: each chain is cut in halves, and the spread between halves is compared with the spread within
 * (Gelman et al., Bayesian Data Analysis, 3rd ed., §11.4). 1 = mixed; above 1.01 = not yet.
 */
export function splitRHat(chains: readonly ArrayLike<number>[]): number {
  const length = Math.floor(Math.min(...chains.map((chain) => chain.length)) / 2);
  if (length < 2) return NaN;
  const halves = chains.flatMap((chain) => {
    const values = Array.from(chain);
    return [values.slice(0, length), values.slice(values.length - length)];
  });
  const means = halves.map((half) => half.reduce((a, b) => a + b, 0) / length);
  const grand = means.reduce((a, b) => a + b, 0) / means.length;
  const between = (length * means.reduce((a, m) => a + (m - grand) ** 2, 0)) / (means.length - 1);
  const within =
    halves.reduce((a, half, k) => a + half.reduce((b, x) => b + (x - means[k]) ** 2, 0) / (length - 1), 0) /
    halves.length;
  if (within === 0) return between === 0 ? 1 : Infinity;
  return Math.sqrt((length - 1) / length + between / (length * within));
}
