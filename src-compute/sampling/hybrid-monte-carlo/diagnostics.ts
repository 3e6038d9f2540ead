/**
 * What makes a hybrid Monte Carlo run believable, computed from its own record. docs/physics.md §4.
 */
import { effectiveSampleSize, splitRHat } from '../../analysis/correlation-time.ts';
import { estimateOf, meanOfMeans, meanOfSamples, type Estimate } from '../mean-error.ts';

/** Record of one chain after burn-in: one entry per trajectory. */
export interface ChainRecord {
  /** ΔH, eV; +∞ for a lost trajectory */
  readonly energyChange: readonly number[];
  /** 1 when accepted */
  readonly accepted: readonly number[];
  /** U after the trajectory, eV */
  readonly potential: readonly number[];
  /** Å³; NaN without a periodic cell */
  readonly volume: readonly number[];
  /** GPa; NaN without a periodic cell */
  readonly pressure: readonly number[];
  /** force calls of the accurate potential since burn-in */
  readonly forceCalls: number;
}

export interface Diagnostics {
  /** Fraction of trajectories accepted. */
  readonly acceptance: number;
  /** erfc(½√⟨βΔH⟩): what it should be near. */
  readonly expectedAcceptance: number;
  /** ⟨exp(−βΔH)⟩: 1 within its error. */
  readonly meanExpMinusBetaDh: Estimate;
  /** ⟨βΔH⟩ */
  readonly meanBetaDh: Estimate;
  /** Largest split R̂ over the observables; NaN for short chains. */
  readonly splitRHat: number;
  /** Effective sample size of the potential energy, all chains. */
  readonly ess: number;
  readonly essPerForceCall: number;
  /** Trajectories that left the region where the potential is defined. */
  readonly lost: number;
}

/** Complementary error function, |error| < 1.2e-7 (Press et al., Numerical Recipes, §6.2.2). */
export function erfc(x: number): number {
  const z = Math.abs(x);
  const t = 1 / (1 + z / 2);
  const c = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
    -0.82215223, 0.17087277,
  ];
  const poly = c.reduceRight((sum, k) => sum * t + k, 0);
  const value = t * Math.exp(-z * z + poly);
  return x >= 0 ? value : 2 - value;
}

/**
 * @param chains records of chains with the same settings
 * @param beta 1/kT, 1/eV
 */
export function diagnose(chains: readonly ChainRecord[], beta: number): Diagnostics {
  const changes = chains.flatMap((chain) => chain.energyChange);
  const finite = changes.filter(Number.isFinite);
  const accepted = chains.flatMap((chain) => chain.accepted);
  // chain by chain: neighbours in a joined series would not be neighbours in any chain
  const mean = (samplesOf: (chain: ChainRecord) => number[]): Estimate =>
    estimateOf(meanOfMeans(chains.map((chain) => meanOfSamples(samplesOf(chain)))));
  const meanBetaDh = mean(({ energyChange }) => energyChange.filter(Number.isFinite).map((dh) => beta * dh));
  const ess = chains.reduce((sum, chain) => sum + chainSize(chain.potential), 0);
  const calls = chains.reduce((sum, chain) => sum + chain.forceCalls, 0);
  const observables = [
    chains.map((chain) => chain.potential),
    chains.map((chain) => chain.volume),
    chains.map((chain) => chain.pressure),
  ];
  // a quantity that never changes (the volume in NVT) says nothing about mixing
  const varying = observables.filter((series) =>
    series.some((x) => x.some((value) => value !== x[0] && !Number.isNaN(value))),
  );
  return {
    acceptance: accepted.length > 0 ? accepted.reduce((a, b) => a + b, 0) / accepted.length : NaN,
    expectedAcceptance: erfc(0.5 * Math.sqrt(Math.max(0, meanBetaDh.value))),
    meanExpMinusBetaDh: exactness(
      mean(({ energyChange }) => energyChange.map((dh) => Math.exp(-beta * dh))),
      meanBetaDh.value,
      changes.length,
    ),
    meanBetaDh,
    splitRHat: varying.length > 0 ? Math.max(...varying.map(splitRHat)) : NaN,
    ess,
    essPerForceCall: ess / calls,
    lost: changes.length - finite.length,
  };
}

/**
 * ⟨exp(−βΔH)⟩ with an error that knows of its tail: the mean is carried by rare trajectories of large negative ΔH, which a
 * short run has not seen, so that the scatter of its samples says too little. A normal ΔH of mean µ has variance 2µ/β²
 * (that is what makes the mean 1), and exp(−βΔH) the variance exp(2µ) − 1.
 */
function exactness(found: Estimate, betaDh: number, trajectories: number): Estimate {
  const tail = Math.sqrt(Math.expm1(2 * Math.max(0, betaDh)) / Math.max(1, trajectories));
  return { value: found.value, error: Math.max(found.error, tail) };
}

/** Effective size of one chain, never above its length (anticorrelation helps means, not everything). */
function chainSize(samples: readonly number[]): number {
  return samples.length < 4 ? samples.length : Math.min(samples.length, effectiveSampleSize(samples));
}
