/**
 * Choosing frames of a dataset without looking at labels.
 *
 * | method | chooses next the frame that … |
 * |---|---|
 * | entropy | lowers the information lost about the whole set most; with weights: entropy-selection.ts |
 * | diversity | raises the kernel entropy H of the chosen set most |
 * | farthest | holds the environment that is farthest from all chosen ones |
 * | novelty | has the largest mean δH against a reference set; one ranking, no redundancy among the chosen |
 * | random | a uniform draw, to compare with |
 */
import { StructureError } from '../../errors.ts';
import { Random } from '../../sampling/random.ts';
import { randomSubset } from './completeness.ts';
import { FrameSums, type FrameKernels } from './frame-kernels.ts';
import { frameCount, type FrameEnvironments } from './frames.ts';
import type { KernelProgress } from './kernel-engine.ts';
import { NOVELTY_ROUND_OFF } from './measures.ts';

/** Frames in the order in which they were chosen, with what each was worth. */
export interface Selected {
  readonly frames: Int32Array;
  /** Gain of each choice in the method's own measure. */
  readonly gains: Float64Array;
  /** How much each counts in a fit, with mean 1; absent where all count the same. */
  readonly weights?: Float64Array;
}

/** Floor ε of the information lost: a point that nothing resembles costs ln(1 + 1/ε) ≈ 6.9 nats. */
export const COVERAGE_FLOOR = 1e-3;

/**
 * Number of frames for a fraction of a set, at least one.
 * @throws StructureError for fractions outside (0, 1] and for sets without frames
 */
export function framesForFraction(frames: number, fraction: number): number {
  if (!(fraction > 0 && fraction <= 1)) {
    throw new StructureError(
      `The fraction of frames to keep must lie between 0 and 1, and ${fraction} was given.`,
    );
  }
  if (frames === 0) throw new StructureError('There are no frames to choose from.');
  return Math.max(1, Math.round(fraction * frames));
}

/**
 * Checks a number of frames: more than there are means all.
 * @throws StructureError for numbers below one and for sets without frames
 */
export function wantedFrames(frames: FrameEnvironments, count: number): number {
  if (!Number.isInteger(count) || count < 1) {
    throw new StructureError(`At least one frame must be chosen, and ${count} were asked for.`);
  }
  if (frameCount(frames) === 0) throw new StructureError('There are no frames to choose from.');
  return Math.min(count, frameCount(frames));
}

/**
 * Greedy choice that raises H of the chosen set most. H can fall when common environments are added, so that gains may
 * become negative; the choice goes on to the number asked for.
 */
export function selectByDiversity(
  frames: FrameEnvironments,
  kernels: FrameKernels,
  count: number,
  candidates?: Uint8Array,
): Selected {
  const total = wantedFrames(frames, count);
  const { start } = frames;
  const sums = new Float64Array(kernels.environments);
  const left = new Set(candidateFrames(frames, candidates));
  const chosen: number[] = [];
  const gains: number[] = [];
  let [rows, entropy] = [0, 0];
  const entropyWith = (frame: number) => {
    const own = kernels.sums[frame];
    let logs = 0;
    for (const f of [...chosen, frame]) {
      for (let y = start[f]; y < start[f + 1]; y++) logs += Math.log(sums[y] + own[y]);
    }
    const n = rows + start[frame + 1] - start[frame];
    return n === 0 ? 0 : Math.log(n) - logs / n;
  };
  while (chosen.length < total && left.size > 0) {
    let best = -1;
    let bestEntropy = -Infinity;
    for (const frame of left) {
      const candidate = entropyWith(frame);
      if (candidate > bestEntropy) [best, bestEntropy] = [frame, candidate];
    }
    left.delete(best);
    chosen.push(best);
    gains.push(bestEntropy - entropy);
    entropy = bestEntropy;
    rows += start[best + 1] - start[best];
    const own = kernels.sums[best];
    for (let y = 0; y < sums.length; y++) sums[y] += own[y];
  }
  return { frames: Int32Array.from(chosen), gains: Float64Array.from(gains) };
}

/**
 * Farthest-point choice on environments: first the frame with the environment farthest from the mean of all, then always
 * the frame with the environment that is farthest from the chosen ones. Gains are those distances.
 */
export function selectFarthest(
  frames: FrameEnvironments,
  count: number,
  progress?: Pick<KernelProgress, 'onProgress'>,
  candidates?: Uint8Array,
): Selected {
  const available = candidateFrames(frames, candidates);
  const total = Math.min(wantedFrames(frames, count), available.length);
  const { matrix, start } = frames;
  const sums = new FrameSums(frames, 1);
  let nearest = squaredDistancesToMean(frames);
  const chosen: number[] = [];
  const gains: number[] = [];
  const taken = new Uint8Array(frameCount(frames));
  while (chosen.length < total) {
    let [best, far] = [-1, -Infinity];
    for (const f of available) {
      if (taken[f]) continue;
      let own = -1; // frames without atoms come last
      for (let y = start[f]; y < start[f + 1]; y++) own = Math.max(own, nearest[y]);
      if (own > far) [best, far] = [f, own];
    }
    taken[best] = 1;
    gains.push(Math.sqrt(Math.max(0, far)));
    const toBest = start[best + 1] > start[best] ? sums.nearest(best) : undefined;
    if (chosen.length === 0) nearest = new Float64Array(matrix.rows).fill(Infinity);
    if (toBest) nearest = nearest.map((square, y) => Math.min(square, toBest[y]));
    chosen.push(best);
    progress?.onProgress?.(chosen.length / total);
  }
  return { frames: Int32Array.from(chosen), gains: Float64Array.from(gains) };
}

/** Frames by falling score, such as their mean novelty; ties keep their order. */
export function selectByScore(scores: Float64Array, count: number, candidates?: Uint8Array): Selected {
  if (!Number.isInteger(count) || count < 1) {
    throw new StructureError(`At least one frame must be chosen, and ${count} were asked for.`);
  }
  const available = Array.from(scores.keys()).filter((f) => candidates?.[f] !== 0);
  const order = available.sort((a, b) => scores[b] - scores[a] || 0 || a - b);
  const frames = Int32Array.from(order.slice(0, count));
  return { frames, gains: Float64Array.from(frames, (f) => scores[f]) };
}

/** Uniform draw without repetition. */
export function selectRandom(
  frames: FrameEnvironments,
  count: number,
  seed: number,
  candidates?: Uint8Array,
): Selected {
  const available = candidateFrames(frames, candidates);
  const total = Math.min(wantedFrames(frames, count), available.length);
  const chosen = randomSubset(available.length, total, new Random(seed)).map((k) => available[k]);
  return { frames: chosen, gains: new Float64Array(total) };
}

/** Numbers of the frames that may be chosen: those marked with 1, all where nothing is marked. */
export function candidateFrames(frames: FrameEnvironments, candidates: Uint8Array | undefined): number[] {
  return Array.from({ length: frameCount(frames) }, (_, f) => f).filter((f) => candidates?.[f] !== 0);
}

/** What a choice keeps of the whole, per environment of the whole. */
export interface SelectionQuality {
  /** Fraction of all environments with δH(y|chosen) ≤ 0. */
  readonly covered: number;
  /** Mean δH(y|chosen) over all environments, each at most 6.9 nats (the floor). */
  readonly meanNovelty: number;
  /**
   * Mean over all environments of ln((S_all(y) + ε)/(S_chosen(y) + ε)), less ln(N/N_chosen): 0 is nothing lost. Weights
   * that describe the environments better than their own density does make it a little less than 0.
   */
  readonly informationLost: number;
}

/**
 * Completeness that is lost by keeping only the chosen frames.
 * @param weights how much each of them counts, for the information lost; all the same when absent
 */
export function selectionQuality(
  frames: FrameEnvironments,
  kernels: FrameKernels,
  chosen: ArrayLike<number>,
  weights?: ArrayLike<number>,
): SelectionQuality {
  const n = kernels.environments;
  const all = new Float64Array(n).fill(COVERAGE_FLOOR);
  const kept = new Float64Array(n).fill(COVERAGE_FLOOR);
  const weighted = new Float64Array(n).fill(COVERAGE_FLOOR);
  for (const own of kernels.sums) for (let y = 0; y < n; y++) all[y] += own[y];
  let rows = 0;
  for (let k = 0; k < chosen.length; k++) {
    const own = kernels.sums[chosen[k]];
    const weight = weights?.[k] ?? 1;
    rows += weight * (frames.start[chosen[k] + 1] - frames.start[chosen[k]]);
    for (let y = 0; y < n; y++) {
      kept[y] += own[y];
      weighted[y] += weight * own[y];
    }
  }
  let covered = 0;
  let meanNovelty = 0;
  let lost = 0;
  for (let y = 0; y < n; y++) {
    if (kept[y] - COVERAGE_FLOOR >= 1 - NOVELTY_ROUND_OFF) covered++;
    meanNovelty -= Math.log(kept[y]) / n;
    lost += Math.log(all[y] / weighted[y]) / n;
  }
  return { covered: covered / n, meanNovelty, informationLost: lost - Math.log(n / rows) };
}

function squaredDistancesToMean({ matrix }: FrameEnvironments): Float64Array {
  const { values, rows, dimension } = matrix;
  const mean = new Float64Array(dimension);
  for (let k = 0; k < values.length; k++) mean[k % dimension] += values[k] / rows;
  const result = new Float64Array(rows);
  for (let k = 0; k < values.length; k++)
    result[Math.floor(k / dimension)] += (values[k] - mean[k % dimension]) ** 2;
  return result;
}
