/**
 * Near-duplicate frames: frames whose environments are the same distribution, whatever their orientation, order of atoms
 * or choice of cell. Similarity of frames a and b is the cosine of their mean kernel embeddings,
 *
 *   s(a, b) = K_ab/√(K_aa K_bb),   K_ab = Σ_{y ∈ a} Σ_{x ∈ b} K(y, x),   0 ≤ s ≤ 1,
 *
 * (Gretton et al., J. Mach. Learn. Res. 13 (2012) 723). It does not depend on the number of atoms: a supercell is a
 * duplicate of its cell.
 */
import type { FrameKernels } from './frame-kernels.ts';
import { frameCount, type FrameEnvironments } from './frames.ts';

/** Similarity above which frames count as near-duplicates. */
export const DUPLICATE_SIMILARITY = 0.99;

/** s(a, b) of all pairs of frames; frames × frames, symmetric. Frames without atoms resemble nothing. */
export function frameSimilarities(frames: FrameEnvironments, kernels: FrameKernels): Float64Array {
  const count = frameCount(frames);
  const sums = new Float64Array(count * count);
  for (let b = 0; b < count; b++) {
    for (let a = 0; a < count; a++) {
      for (let y = frames.start[a]; y < frames.start[a + 1]; y++) sums[a * count + b] += kernels.sums[b][y];
    }
  }
  const result = new Float64Array(count * count);
  for (let a = 0; a < count; a++) {
    for (let b = a; b < count; b++) {
      const norm = Math.sqrt(sums[a * count + a] * sums[b * count + b]);
      const s = norm > 0 ? (sums[a * count + b] + sums[b * count + a]) / (2 * norm) : 0;
      result[a * count + b] = result[b * count + a] = Math.min(1, s);
    }
  }
  return result;
}

/**
 * Groups of near-duplicates, each with at least two frames, ascending. Frames are grouped with the first earlier frame
 * they resemble, so that every member resembles its group's first frame.
 */
export function duplicateGroups(
  frames: FrameEnvironments,
  kernels: FrameKernels,
  threshold = DUPLICATE_SIMILARITY,
): number[][] {
  const count = frameCount(frames);
  const similarities = frameSimilarities(frames, kernels);
  const groups: number[][] = [];
  for (let f = 0; f < count; f++) {
    const group = groups.find(([first]) => similarities[first * count + f] >= threshold);
    if (group) group.push(f);
    else groups.push([f]);
  }
  return groups.filter((group) => group.length > 1);
}
