/**
 * Entropy, diversity and novelty of sets of atom environments. docs/physics.md §5; definitions in reference.ts.
 */
import { StructureError } from '../../errors.ts';
import type { DescriptorMatrix } from '../descriptors/descriptor.ts';
import type { KernelEngine, KernelProgress } from './kernel-engine.ts';

export interface EntropyResult {
  readonly environments: number;
  /** H, nats. */
  readonly entropy: number;
  /** ln N, nats: H of environments that are all far apart. */
  readonly maximum: number;
  /** D = ln Σ_i 1/Σ_j K_ij, nats: logarithm of the number of different environments. */
  readonly diversity: number;
  /** h, in the descriptor's unit. */
  readonly bandwidth: number;
  /** ln Σ_j K(x_i, x_j) per environment: the higher, the more often this environment occurs. */
  readonly logSums: Float64Array;
}

/**
 * H and D of a set of environments.
 * @throws StructureError for an empty set, where entropy is not defined
 */
export async function descriptorEntropy(
  points: DescriptorMatrix,
  bandwidth: number,
  engine: KernelEngine,
  progress?: KernelProgress,
): Promise<EntropyResult> {
  requireRows(points, 'The entropy of no environments is not defined.');
  const logSums = await engine.selfLogSums(points, bandwidth, progress);
  return { ...entropyOfLogSums(logSums), bandwidth, logSums };
}

/** H, ln N and D from ln Σ_j K_ij. */
export function entropyOfLogSums(
  logSums: Float64Array,
): Pick<EntropyResult, 'environments' | 'entropy' | 'maximum' | 'diversity'> {
  const n = logSums.length;
  let sum = 0;
  let distinct = 0;
  for (const value of logSums) {
    sum += value;
    distinct += Math.exp(-value);
  }
  const maximum = Math.log(n);
  return { environments: n, entropy: maximum - sum / n, maximum, diversity: Math.log(distinct) };
}

export interface NoveltyResult {
  /** δH(y|X) per environment; +∞ against an empty reference set. */
  readonly values: Float64Array;
  readonly mean: number;
  readonly max: number;
  /** Fraction of environments with δH > 0: not covered by the reference set. */
  readonly fractionPositive: number;
}

/**
 * Novelty of environments against a reference set.
 * @throws StructureError when there are no environments to ask about
 */
export async function novelty(
  queries: DescriptorMatrix,
  references: DescriptorMatrix,
  bandwidth: number,
  engine: KernelEngine,
  progress?: KernelProgress,
): Promise<NoveltyResult> {
  requireRows(queries, 'There are no environments whose novelty could be asked.');
  const logSums = await engine.crossLogSums(queries, references, bandwidth, progress);
  return noveltyOfLogSums(logSums);
}

/** Tolerance below which δH counts as zero: an environment that the references hold once has δH = 0 up to round-off. */
export const NOVELTY_ROUND_OFF = 1e-5;

/** δH = −ln Σ K with its summary. */
export function noveltyOfLogSums(logSums: Float64Array): NoveltyResult {
  const values = logSums.map((value) => 0 - value);
  let mean = 0;
  let max = -Infinity;
  let positive = 0;
  for (const value of values) {
    mean += value / values.length;
    max = Math.max(max, value);
    if (value > NOVELTY_ROUND_OFF) positive++;
  }
  return { values, mean, max, fractionPositive: positive / values.length };
}

export interface OverlapResult {
  /** Fraction of A's environments that B covers (δH(a|B) ≤ 0), and the reverse. */
  readonly coveredByB: number;
  readonly coveredByA: number;
  /** Jensen–Shannon divergence, nats: H(A ∪ B) − [N_A H(A) + N_B H(B)]/(N_A + N_B); 0 for equal distributions. */
  readonly divergence: number;
  /** Largest possible divergence, the entropy of the mixing weights: reached when A and B share nothing. */
  readonly maximumDivergence: number;
}

/**
 * How much two sets of environments have in common.
 * @throws StructureError when one of them is empty
 */
export async function overlap(
  a: DescriptorMatrix,
  b: DescriptorMatrix,
  bandwidth: number,
  engine: KernelEngine,
): Promise<OverlapResult> {
  return overlapOfLogSums(await pairLogSums(a, b, bandwidth, engine));
}

/** ln Σ K of two sets within themselves and across; per environment of A and of B. */
export interface PairLogSums {
  readonly own: readonly [Float64Array, Float64Array];
  /** Of A's environments over B, of B's over A. */
  readonly crossed: readonly [Float64Array, Float64Array];
}

/**
 * The four sums from which everything about two sets follows.
 * @throws StructureError when one of them is empty
 */
export async function pairLogSums(
  a: DescriptorMatrix,
  b: DescriptorMatrix,
  bandwidth: number,
  engine: KernelEngine,
  progress: KernelProgress = {},
): Promise<PairLogSums> {
  requireRows(a, 'The first of the two sets has no environments.');
  requireRows(b, 'The second of the two sets has no environments.');
  const total = (a.rows + b.rows) ** 2;
  let done = 0;
  const step = (pairs: number): KernelProgress => {
    const from = done;
    done += pairs / total;
    return {
      signal: progress.signal,
      onProgress: (fraction) => progress.onProgress?.(from + (fraction * pairs) / total),
    };
  };
  const own = [
    await engine.selfLogSums(a, bandwidth, step(a.rows ** 2)),
    await engine.selfLogSums(b, bandwidth, step(b.rows ** 2)),
  ] as const;
  const crossed = [
    await engine.crossLogSums(a, b, bandwidth, step(a.rows * b.rows)),
    await engine.crossLogSums(b, a, bandwidth, step(a.rows * b.rows)),
  ] as const;
  return { own, crossed };
}

/** Overlap of two sets from their sums. */
export function overlapOfLogSums({ own, crossed }: PairLogSums): OverlapResult {
  const n = own[0].length + own[1].length;
  // Σ over A ∪ B of the kernel is the sum over A plus the sum over B
  let divergence = 0;
  for (let set = 0; set < 2; set++) {
    const share = Math.log(n / own[set].length);
    for (let i = 0; i < own[set].length; i++) {
      divergence += (share - Math.log1p(Math.exp(crossed[set][i] - own[set][i]))) / n;
    }
  }
  const [weightA, weightB] = [own[0].length / n, own[1].length / n];
  return {
    coveredByB: 1 - noveltyOfLogSums(crossed[0]).fractionPositive,
    coveredByA: 1 - noveltyOfLogSums(crossed[1]).fractionPositive,
    divergence,
    maximumDivergence: -weightA * Math.log(weightA) - weightB * Math.log(weightB),
  };
}

function requireRows(matrix: DescriptorMatrix, message: string): void {
  if (matrix.rows === 0) {
    throw new StructureError(message, { remedy: 'Choose at least one structure that has atoms.' });
  }
}
