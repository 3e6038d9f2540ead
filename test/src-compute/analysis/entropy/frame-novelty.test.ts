/** Novelty against all other frames: the halving meets every pair of frames once, and far frames keep their digits. */
import { describe, expect, it } from 'vitest';
import { otherFramesLogSums } from '../../../../src-compute/analysis/entropy/frame-novelty.ts';
import { frameEnvironments } from '../../../../src-compute/analysis/entropy/frames.ts';
import { questsDescriptor } from '../../../../src-compute/analysis/descriptors/quests.ts';
import { referenceLogKernelSums } from '../../../../src-compute/analysis/entropy/reference.ts';
import { wasmEngine } from '../../../../src-compute/analysis/entropy/wasm-engine.ts';
import { clusters, diamond, matrix } from './structures.ts';

const engine = wasmEngine();

/** −ln Σ over all other frames, as the formula reads. */
function plain(set: { values: Float64Array; rows: number; dimension: number }, start: Int32Array, h: number) {
  const result: number[] = [];
  for (let f = 0; f + 1 < start.length; f++) {
    for (let y = start[f]; y < start[f + 1]; y++) {
      const others = Array.from({ length: set.rows }, (_, x) => x).filter(
        (x) => x < start[f] || x >= start[f + 1],
      );
      const row = (k: number) => Array.from(set.values.subarray(k * set.dimension, (k + 1) * set.dimension));
      result.push(referenceLogKernelSums(matrix([row(y)]), matrix(others.map(row)), h)[0]);
    }
  }
  return result;
}

describe('sums over the other frames', () => {
  it.each([1, 2, 3, 7])('agree with the plain sum for %i frames of unequal size', async (count) => {
    const all = clusters(60, 5, 3);
    const start = Int32Array.from({ length: count + 1 }, (_, f) => Math.round(60 * (f / count) ** 1.7));
    const sums = await otherFramesLogSums({ matrix: all, start }, 0.02, engine);
    plain(all, start, 0.02).forEach((value, y) => {
      if (count === 1) expect(sums[y]).toBe(-Infinity);
      else expect(sums[y]).toBeCloseTo(value, 9);
    });
  });

  it('finds the melt among crystals the newest, and alike crystals not new at all', async () => {
    const frames = frameEnvironments([diamond(1), diamond(1), diamond(1, 0.7, 5)], questsDescriptor());
    const sums = await otherFramesLogSums(frames, 0.015, engine);
    // the other crystal has 8 equal atoms
    for (let y = 0; y < 16; y++) expect(sums[y]).toBeCloseTo(Math.log(8), 9);
    for (let y = 16; y < 24; y++) expect(sums[y]).toBeLessThan(-5);
  });
});
