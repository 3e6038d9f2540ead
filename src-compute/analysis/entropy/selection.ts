/**
 * Choosing frames of a dataset without looking at labels.
 *
 * | method | chooses next the frame that … |
 * |---|---|
 * | entropy | lowers the information lost most, L = L_environments + L_frames |
 * | diversity | raises the kernel entropy H of the chosen set most |
 * | farthest | holds the environment that is farthest from all chosen ones |
 * | novelty | has the largest mean δH against a reference set; one ranking, no redundancy among the chosen |
 * | random | a uniform draw, to compare with |
 *
 * L is the cross-entropy of all points under the kernel density of the chosen ones, up to a constant,
 *
 *   L = −(1/N) Σ_y ln(S(y) + ε),   S(y) = Σ_{x chosen} K(y, x),
 *
 * with a floor ε, so that a point that nothing resembles costs a finite amount. It is taken twice: over environments,
 * which is what forces depend on, and over the frames' mean environments, which is what energies depend on (without the
 * second, strained crystals count for nothing beside a liquid). L is monotone and submodular in the chosen set: greedy
 * choice is within 1 − 1/e of the best gain (Nemhauser, Wolsey & Fisher, Math. Program. 14 (1978) 265), and gains may be
 * evaluated lazily (Minoux 1978).
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

/** Checks a number of frames: more than there are means all. */
function wanted(frames: FrameEnvironments, count: number): number {
  if (!Number.isInteger(count) || count < 1) {
    throw new StructureError(`At least one frame must be chosen, and ${count} were asked for.`);
  }
  if (frameCount(frames) === 0) throw new StructureError('There are no frames to choose from.');
  return Math.min(count, frameCount(frames));
}

/** Greedy choice that lowers the information lost L most. Frames without atoms gain nothing and come last. */
export function selectByEntropy(
  frames: FrameEnvironments,
  kernels: FrameKernels,
  count: number,
  floor = COVERAGE_FLOOR,
): Selected {
  const total = wanted(frames, count);
  const levels = [kernels.sums, kernels.means].map((sums) => ({
    sums,
    covered: new Float64Array(sums[0].length).fill(floor),
  }));
  const gainOf = (frame: number) => {
    if (frames.start[frame + 1] === frames.start[frame]) return 0;
    let gain = 0;
    for (const { sums, covered } of levels) {
      const own = sums[frame];
      let sum = 0;
      for (let y = 0; y < own.length; y++) if (own[y] > 0) sum += Math.log1p(own[y] / covered[y]);
      gain += sum / own.length;
    }
    return gain;
  };
  return lazyGreedy(frameCount(frames), total, gainOf, (frame) => {
    for (const { sums, covered } of levels)
      for (let y = 0; y < covered.length; y++) covered[y] += sums[frame][y];
  });
}

/**
 * Greedy choice that raises H of the chosen set most. H can fall when common environments are added, so that gains may
 * become negative; the choice goes on to the number asked for.
 */
export function selectByDiversity(frames: FrameEnvironments, kernels: FrameKernels, count: number): Selected {
  const total = wanted(frames, count);
  const { start } = frames;
  const sums = new Float64Array(kernels.environments);
  const left = new Set(Array.from({ length: frameCount(frames) }, (_, f) => f));
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
  while (chosen.length < total) {
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
): Selected {
  const total = wanted(frames, count);
  const { matrix, start } = frames;
  const sums = new FrameSums(frames, 1);
  let nearest = squaredDistancesToMean(frames);
  const chosen: number[] = [];
  const gains: number[] = [];
  const taken = new Uint8Array(frameCount(frames));
  while (chosen.length < total) {
    let [best, far] = [-1, -Infinity];
    for (let f = 0; f < taken.length; f++) {
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
export function selectByScore(scores: Float64Array, count: number): Selected {
  if (!Number.isInteger(count) || count < 1) {
    throw new StructureError(`At least one frame must be chosen, and ${count} were asked for.`);
  }
  const order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || 0 || a - b);
  const frames = Int32Array.from(order.slice(0, count));
  return { frames, gains: Float64Array.from(frames, (f) => scores[f]) };
}

/** Uniform draw without repetition. */
export function selectRandom(frames: FrameEnvironments, count: number, seed: number): Selected {
  const total = wanted(frames, count);
  const chosen = randomSubset(frameCount(frames), total, new Random(seed));
  return { frames: chosen, gains: new Float64Array(total) };
}

/** What a choice keeps of the whole, per environment of the whole. */
export interface SelectionQuality {
  /** Fraction of all environments with δH(y|chosen) ≤ 0. */
  readonly covered: number;
  /** Mean δH(y|chosen) over all environments, each at most 6.9 nats (the floor). */
  readonly meanNovelty: number;
  /** Mean over all environments of ln((S_all(y) + ε)/(S_chosen(y) + ε)), less ln(N/N_chosen): 0 is nothing lost. */
  readonly informationLost: number;
}

/** Completeness that is lost by keeping only the chosen frames. */
export function selectionQuality(
  frames: FrameEnvironments,
  kernels: FrameKernels,
  chosen: ArrayLike<number>,
): SelectionQuality {
  const n = kernels.environments;
  const all = new Float64Array(n).fill(COVERAGE_FLOOR);
  const kept = new Float64Array(n).fill(COVERAGE_FLOOR);
  for (const own of kernels.sums) for (let y = 0; y < n; y++) all[y] += own[y];
  let rows = 0;
  for (let k = 0; k < chosen.length; k++) {
    const own = kernels.sums[chosen[k]];
    rows += frames.start[chosen[k] + 1] - frames.start[chosen[k]];
    for (let y = 0; y < n; y++) kept[y] += own[y];
  }
  let covered = 0;
  let meanNovelty = 0;
  let lost = 0;
  for (let y = 0; y < n; y++) {
    if (kept[y] - COVERAGE_FLOOR >= 1 - NOVELTY_ROUND_OFF) covered++;
    meanNovelty -= Math.log(kept[y]) / n;
    lost += Math.log(all[y] / kept[y]) / n;
  }
  return { covered: covered / n, meanNovelty, informationLost: lost - Math.log(n / rows) };
}

/** Greedy choice for submodular gains: a gain computed earlier is an upper bound, so only the top is recomputed. */
function lazyGreedy(
  candidates: number,
  total: number,
  gainOf: (frame: number) => number,
  take: (frame: number) => void,
): Selected {
  const bounds = Float64Array.from({ length: candidates }, (_, f) => gainOf(f));
  const fresh = new Int32Array(candidates); // number of frames chosen when the bound was computed
  const chosen: number[] = [];
  const gains: number[] = [];
  while (chosen.length < total) {
    let best = -1;
    for (;;) {
      best = -1;
      for (let f = 0; f < candidates; f++)
        if (fresh[f] >= 0 && (best < 0 || bounds[f] > bounds[best])) best = f;
      if (fresh[best] === chosen.length) break;
      bounds[best] = gainOf(best);
      fresh[best] = chosen.length;
    }
    take(best);
    fresh[best] = -1;
    chosen.push(best);
    gains.push(bounds[best]);
  }
  return { frames: Int32Array.from(chosen), gains: Float64Array.from(gains) };
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
