/**
 * Novelty of every environment against all other frames of its own set: what a frame brings that no other one has.
 *
 *   δH(y | X \ f) = −ln Σ_{x ∉ f} K(y, x),   f the frame of y
 *
 * Leaving out the whole frame and not only y: all atoms of a crystal are alike, and would hide each other. The sum is
 * not taken as a difference, which would lose all digits where the other frames add little. Instead frames are halved
 * again and again, and each half is compared with the other: every pair of frames meets exactly once.
 */
import { CancelledError } from '../../errors.ts';
import { frameCount, frameRange, type FrameEnvironments } from './frames.ts';
import type { KernelEngine, KernelProgress } from './kernel-engine.ts';

/**
 * ln Σ K over the environments of all other frames, per environment; −∞ where there is no other frame.
 * @throws CancelledError when the signal aborts
 */
export async function otherFramesLogSums(
  frames: FrameEnvironments,
  bandwidth: number,
  engine: KernelEngine,
  progress: KernelProgress = {},
): Promise<Float64Array> {
  const result = new Float64Array(frames.matrix.rows).fill(-Infinity);
  const all = pairsBetween(frames, 0, frameCount(frames));
  let done = 0;
  const compare = async (from: number, middle: number, to: number) => {
    const [lower, upper] = [frameRange(frames, from, middle), frameRange(frames, middle, to)];
    add(result, frames.start[from], await engine.crossLogSums(lower, upper, bandwidth));
    add(result, frames.start[middle], await engine.crossLogSums(upper, lower, bandwidth));
    done += lower.rows * upper.rows;
    progress.onProgress?.(done / Math.max(1, all));
    if (progress.signal?.aborted) throw new CancelledError();
  };
  const visit = async (from: number, to: number): Promise<void> => {
    if (to - from < 2) return;
    const middle = (from + to) >> 1;
    await compare(from, middle, to);
    await visit(from, middle);
    await visit(middle, to);
  };
  await visit(0, frameCount(frames));
  return result;
}

/** Pairs of environments of different frames. */
function pairsBetween({ start }: FrameEnvironments, from: number, to: number): number {
  let pairs = 0;
  for (let f = from; f < to; f++) pairs += (start[f + 1] - start[f]) * (start[to] - start[f + 1]);
  return pairs;
}

/** ln(e^a + e^b) into the target, from `at` on. */
function add(target: Float64Array, at: number, values: Float64Array): void {
  for (let k = 0; k < values.length; k++) {
    const [high, low] = [Math.max(target[at + k], values[k]), Math.min(target[at + k], values[k])];
    target[at + k] = low === -Infinity ? high : high + Math.log1p(Math.exp(low - high));
  }
}
