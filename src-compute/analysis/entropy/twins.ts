/**
 * Frames that hold the same environments: copies of one structure, moved, turned or in another order of atoms. A choice
 * gains nothing from a second one, so that it comes only when nothing else is left.
 */
import { frameCount, type FrameEnvironments } from './frames.ts';
import type { Selected } from './selection.ts';

/** Numbers that differ by less, relative to their size or to 1, are equal: what files round. */
const EQUAL = 1e-7;

/**
 * For every frame the first one that it equals, itself where there is none before it. Frames count as equal when they
 * have the same number of atoms and the same mean and mean square of every number of the descriptor.
 */
export function firstTwins(frames: FrameEnvironments): Int32Array {
  const count = frameCount(frames);
  const { start, matrix } = frames;
  const width = 2 * matrix.dimension;
  const moments = momentsOf(frames);
  // equal frames are neighbours in the order of any one number; the sum of all is different where the frames are
  const key = Float64Array.from({ length: count }, (_, f) =>
    moments.subarray(f * width, (f + 1) * width).reduce((sum, x) => sum + x, 0),
  );
  const order = Array.from(key.keys()).sort((a, b) => key[a] - key[b] || a - b);
  const first = Int32Array.from(key.keys());
  const close = (x: number, y: number, terms: number) =>
    Math.abs(x - y) <= EQUAL * terms * Math.max(1, Math.abs(x), Math.abs(y));
  const equal = (a: number, b: number) => {
    if (start[a + 1] - start[a] !== start[b + 1] - start[b]) return false;
    for (let k = 0; k < width; k++)
      if (!close(moments[a * width + k], moments[b * width + k], 1)) return false;
    return true;
  };
  for (let k = 0; k < count; k++) {
    const a = order[k];
    if (first[a] !== a) continue;
    for (let l = k + 1; l < count && close(key[a], key[order[l]], width); l++) {
      const b = order[l];
      if (first[b] === b && equal(a, b)) first[Math.max(a, b)] = Math.min(a, b);
    }
  }
  // chains end at the first of all
  for (let f = 0; f < count; f++) while (first[first[f]] !== first[f]) first[f] = first[first[f]];
  return first;
}

/** Mean and mean square of every column over each frame. */
function momentsOf({ matrix, start }: FrameEnvironments): Float64Array {
  const { values, dimension } = matrix;
  const count = start.length - 1;
  const moments = new Float64Array(2 * count * dimension);
  for (let f = 0; f < count; f++) {
    const rows = start[f + 1] - start[f];
    for (let row = start[f]; row < start[f + 1]; row++) {
      for (let k = 0; k < dimension; k++) {
        const x = values[row * dimension + k];
        moments[2 * (f * dimension + k)] += x / rows;
        moments[2 * (f * dimension + k) + 1] += (x * x) / rows;
      }
    }
  }
  return moments;
}

/**
 * A choice in which a frame comes a second time only when no other is left.
 * @param choose the method: chooses so many among the frames marked with 1
 */
export async function distinctFirst(
  frames: FrameEnvironments,
  count: number,
  choose: (count: number, candidates: Uint8Array) => Promise<Selected> | Selected,
): Promise<Selected> {
  const first = firstTwins(frames);
  const candidates = Uint8Array.from(first, (f, k) => (f === k ? 1 : 0));
  const distinct = candidates.reduce((sum, x) => sum + x, 0);
  const chosen = await choose(Math.min(count, distinct), candidates);
  const rest = Array.from(first.keys()).filter((f) => first[f] !== f);
  const again = rest.slice(0, Math.max(0, count - distinct));
  if (again.length === 0) return chosen;
  const { weights } = chosen;
  return {
    frames: Int32Array.from([...chosen.frames, ...again]),
    gains: Float64Array.from([...chosen.gains, ...again.map(() => 0)]),
    ...(weights && { weights: sharedWeights(chosen.frames, weights, first, again) }),
  };
}

/** Copies share the weight of what they are copies of; the mean is 1 again. */
function sharedWeights(
  chosen: Int32Array,
  weights: Float64Array,
  first: Int32Array,
  again: readonly number[],
): Float64Array {
  const copies = new Map<number, number>();
  for (const f of again) copies.set(first[f], (copies.get(first[f]) ?? 1) + 1);
  const own = new Map(Array.from(chosen, (f, k) => [f, weights[k] / (copies.get(f) ?? 1)]));
  const all = [...chosen, ...again].map((f) => own.get(first[f]) ?? 0);
  const scale = all.length / all.reduce((sum, w) => sum + w, 0);
  return Float64Array.from(all, (w) => w * scale);
}
