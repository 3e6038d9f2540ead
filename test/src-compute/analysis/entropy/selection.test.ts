/** Choosing frames: what each method must do on sets where the right answer is known. */
import { describe, expect, it } from 'vitest';
import { descriptorByName } from '../../../../src-compute/analysis/descriptors/index.ts';
import { selectByEntropy } from '../../../../src-compute/analysis/entropy/entropy-selection.ts';
import { duplicateGroups, frameSimilarities } from '../../../../src-compute/analysis/entropy/duplicates.ts';
import { frameKernels, FrameSums } from '../../../../src-compute/analysis/entropy/frame-kernels.ts';
import {
  byFrame,
  frameEnvironments,
  joinFrames,
  selectFrames,
  type FrameEnvironments,
} from '../../../../src-compute/analysis/entropy/frames.ts';
import { referenceEngine } from '../../../../src-compute/analysis/entropy/kernel-engine.ts';
import { descriptorEntropy } from '../../../../src-compute/analysis/entropy/measures.ts';
import { referenceLogKernelSums } from '../../../../src-compute/analysis/entropy/reference.ts';
import {
  framesForFraction,
  selectByDiversity,
  selectByScore,
  selectFarthest,
  selectionQuality,
  selectRandom,
} from '../../../../src-compute/analysis/entropy/selection.ts';
import { atoms, clusters, diamond } from './structures.ts';

const H = 0.1;

/** Frames on a line: each frame a list of 1-dimensional environments. */
function line(...frames: number[][]): FrameEnvironments {
  return joinFrames(
    frames.map((frame) => ({ values: Float64Array.from(frame), rows: frame.length, dimension: 1 })),
    1,
  );
}

describe('frame kernels', () => {
  it('are sums of kernels over the atoms of a frame', async () => {
    const matrices = [70, 1, 130, 5].map((rows, k) => clusters(rows, 7, k));
    const frames = joinFrames(matrices, 7);
    const kernels = await frameKernels(frames, 0.05);
    matrices.forEach((frame, f) => {
      const expected = referenceLogKernelSums(frames.matrix, frame, 0.05);
      expected.forEach((value, y) => {
        const exact = Math.exp(value);
        expect(Math.abs(kernels.sums[f][y] - exact)).toBeLessThan(2e-6 * Math.max(1, exact));
      });
    });
    const nearest = new FrameSums(frames, 1).nearest(3);
    const square = (a: number, b: number) =>
      Array.from(
        { length: 7 },
        (_, k) => (frames.matrix.values[7 * a + k] - frames.matrix.values[7 * b + k]) ** 2,
      ).reduce((x, y) => x + y);
    for (const y of [0, 69, 70, 199, 205]) {
      expect(nearest[y]).toBeCloseTo(Math.min(...[201, 202, 203, 204, 205].map((x) => square(y, x))), 12);
    }
  });

  it('refuse sets that would not fit into memory, and sets without environments', async () => {
    const huge = {
      matrix: { values: new Float64Array(20000), rows: 20000, dimension: 1 },
      start: new Int32Array(20001),
    };
    await expect(frameKernels(huge, H)).rejects.toThrow(/more memory/);
    const none = { matrix: { values: new Float64Array(0), rows: 0, dimension: 1 }, start: Int32Array.of(0) };
    await expect(frameKernels(none, H)).rejects.toThrow(/no environments/);
  });
});

describe('entropy-greedy choice', () => {
  it('takes one frame of each kind before a second of any, the most frequent kind first', async () => {
    const frames = line([0, 0], [0, 0], [5, 5], [0, 0], [9, 9], [5, 5], [0, 0]);
    const kernels = await frameKernels(frames, H);
    const { frames: chosen, gains } = await selectByEntropy(frames, kernels, 3);
    const kinds = Array.from(chosen, (f) => frames.matrix.values[frames.start[f]]);
    expect(kinds).toEqual([0, 5, 9]);
    expect(gains[0]).toBeGreaterThan(gains[1]);
    expect(gains[1]).toBeGreaterThan(gains[2]);
  });

  it('can be cancelled', async () => {
    const frames = joinFrames(
      Array.from({ length: 300 }, (_, k) => clusters(40, 5, k, 0.2)),
      5,
    );
    const kernels = await frameKernels(frames, 0.3);
    const signal = AbortSignal.abort();
    await expect(selectByEntropy(frames, kernels, 150, undefined, { signal })).rejects.toThrow(/Cancelled/);
  });

  it('weighs frames by what they stand for', async () => {
    const frames = line(...Array.from({ length: 60 }, (_, k) => [k < 45 ? 0 : 5, k < 45 ? 0 : 5]));
    const kernels = await frameKernels(frames, H);
    const { weights, frames: chosen } = await selectByEntropy(frames, kernels, 2, {
      floor: 1e-4,
      equalPart: 0,
    });
    expect(frames.matrix.values[2 * chosen[0]]).toBe(0);
    expect(weights![0]).toBeCloseTo(2 * 0.75, 2);
    expect(weights![1]).toBeCloseTo(2 * 0.25, 2);
    const equal = await selectByEntropy(frames, kernels, 2, { floor: 1e-4, equalPart: 1e6 });
    expect(Array.from(equal.weights!)).toEqual([expect.closeTo(1, 5), expect.closeTo(1, 5)]);
  });

  it('takes the frame that lowers the information lost most, of all', async () => {
    const frames = joinFrames(
      Array.from({ length: 30 }, (_, k) => clusters(3 + (k % 5), 5, k % 11, 0.02)),
      5,
    );
    const kernels = await frameKernels(frames, 0.03);
    const settings = { floor: 1e-4, equalPart: 0.1 };
    const size = (f: number) => frames.start[f + 1] - frames.start[f];
    const lost = (set: readonly number[], weights: readonly number[]) => {
      let result = 0;
      for (let f = 0; f < 30; f++) {
        const mix = (of: (g: number) => number) => set.reduce((sum, g, k) => sum + weights[k] * of(g), 1e-4);
        result -= (0.5 * Math.log(mix((g) => kernels.means[g][f]))) / 30;
        for (let y = frames.start[f]; y < frames.start[f + 1]; y++) {
          result -= (0.5 * Math.log(mix((g) => kernels.sums[g][y] / size(g)))) / 30 / size(f);
        }
      }
      return result;
    };
    for (const count of [1, 2, 5, 9]) {
      const { frames: chosen } = await selectByEntropy(frames, kernels, count, settings);
      const before = count === 1 ? undefined : await selectByEntropy(frames, kernels, count - 1, settings);
      const known = before ? Array.from(before.frames) : [];
      expect(Array.from(chosen.subarray(0, count - 1))).toEqual(known);
      // weights as they were while choosing differ from the final ones by the last rounds: close enough to rank
      const shares = before ? Array.from(before.weights!, (w) => (w / known.length) * (1 - 1 / count)) : [];
      const losses = Array.from({ length: 30 }, (_, f) =>
        known.includes(f) ? Infinity : lost([...known, f], [...shares, 1 / count]),
      );
      expect(losses[chosen[count - 1]]).toBeLessThan(Math.min(...losses) + 2e-3);
    }
  });

  it('minimises the information lost: by the plain formula no other weights lose less, and the gains add up', async () => {
    const frames = joinFrames(
      Array.from({ length: 25 }, (_, k) => clusters(4 + (k % 4), 5, k % 9, 0.02)),
      5,
    );
    const kernels = await frameKernels(frames, 0.03);
    const floor = 1e-4;
    const {
      frames: chosen,
      weights,
      gains,
    } = await selectByEntropy(frames, kernels, 8, { floor, equalPart: 0 });
    /** L from its definition. */
    const lost = (w: ArrayLike<number>) => {
      let result = 0;
      for (let f = 0; f < 25; f++) {
        const size = frames.start[f + 1] - frames.start[f];
        let mean = floor;
        chosen.forEach((g, k) => (mean += w[k] * kernels.means[g][f]));
        result -= (0.5 * Math.log(mean)) / 25;
        for (let y = frames.start[f]; y < frames.start[f + 1]; y++) {
          let density = floor;
          chosen.forEach((g, k) => {
            density += (w[k] * kernels.sums[g][y]) / (frames.start[g + 1] - frames.start[g]);
          });
          result -= (0.5 * Math.log(density)) / 25 / size;
        }
      }
      return result;
    };
    const best = weights!.map((w) => w / 8);
    expect(best.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    const least = lost(best);
    expect(-Math.log(floor) - least).toBeCloseTo(
      gains.reduce((a, b) => a + b),
      2,
    );
    for (let k = 0; k < 8; k++) {
      // a little of its weight given to another, or taken from it
      for (const step of [-0.05, 0.05]) {
        const moved = best.slice();
        const amount = Math.max(-moved[k], step);
        moved[k] += amount;
        moved[(k + 3) % 8] = Math.max(0, moved[(k + 3) % 8] - amount);
        const sum = moved.reduce((a, b) => a + b);
        expect(lost(moved.map((w) => w / sum))).toBeGreaterThan(least - 2e-4);
      }
    }
    expect(least).toBeLessThan(lost(new Float64Array(8).fill(1 / 8)));
  });

  it('covers more of a set than a random choice of as many frames', async () => {
    const frames = joinFrames(
      Array.from({ length: 60 }, (_, k) => clusters(4, 6, k < 45 ? 1 : k, 0.01)),
      6,
    );
    const kernels = await frameKernels(frames, 0.02);
    const lost = (chosen: ArrayLike<number>) => selectionQuality(frames, kernels, chosen);
    const choice = await selectByEntropy(frames, kernels, 12);
    const greedy = selectionQuality(frames, kernels, choice.frames, choice.weights);
    for (let seed = 0; seed < 5; seed++) {
      const random = lost(selectRandom(frames, 12, seed).frames);
      expect(greedy.covered).toBeGreaterThan(random.covered);
      expect(greedy.informationLost).toBeLessThan(random.informationLost);
    }
    const all = lost(Array.from({ length: 60 }, (_, f) => f));
    expect(all.covered).toBe(1);
    expect(all.informationLost).toBeCloseTo(0, 12);
  });
});

describe('diversity-greedy choice', () => {
  it('raises H of the chosen set by what it says', async () => {
    const frames = joinFrames(
      Array.from({ length: 12 }, (_, k) => clusters(5, 4, k % 5, 0.02)),
      4,
    );
    const kernels = await frameKernels(frames, 0.03);
    const { frames: chosen, gains } = selectByDiversity(frames, kernels, 5);
    const { entropy } = await descriptorEntropy(selectFrames(frames, chosen).matrix, 0.03, referenceEngine());
    expect(gains.reduce((a, b) => a + b)).toBeCloseTo(entropy, 5);
  });
});

describe('farthest-point choice', () => {
  it('goes to the ends first and says how far', () => {
    const { frames: chosen, gains } = selectFarthest(line([0], [0.1], [10], [4], [10.1]), 4);
    expect(Array.from(chosen)).toEqual([4, 0, 3, 1]);
    expect(gains[1]).toBeCloseTo(10.1, 12);
    expect(gains[2]).toBeCloseTo(4, 12);
    expect(gains[3]).toBeCloseTo(0.1, 12);
  });
});

describe('ranking, drawing and counting', () => {
  it('ranks by score with ties in order', () => {
    expect(Array.from(selectByScore(Float64Array.of(1, 3, 3, -Infinity, 2), 4).frames)).toEqual([1, 2, 4, 0]);
    const frames = line([1, 2], [7], []);
    const { mean, max } = byFrame(frames, Float64Array.of(1, 3, 5));
    expect(Array.from(mean)).toEqual([2, 5, NaN]);
    expect(Array.from(max)).toEqual([3, 5, -Infinity]);
  });

  it('draws without repetition, the same for the same seed', () => {
    const frames = line([1], [2], [3], [4], [5]);
    const drawn = selectRandom(frames, 5, 3).frames;
    expect([...drawn].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(selectRandom(frames, 5, 3).frames).toEqual(drawn);
  });

  it('takes all frames when more are wanted, and refuses none', async () => {
    const frames = line([1], [2], []);
    const kernels = await frameKernels(frames, H);
    const all = (await selectByEntropy(frames, kernels, 99)).frames;
    expect(all).toHaveLength(3);
    expect(all[2]).toBe(2); // a frame without atoms comes last
    expect(Array.from(selectFarthest(frames, 3).frames)[2]).toBe(2);
    for (const count of [0, -1, 1.5]) expect(() => selectFarthest(frames, count)).toThrow(/At least one/);
    expect(() => selectRandom(line(), 1, 0)).toThrow(/no frames/);
    expect(framesForFraction(214, 0.2)).toBe(43);
    expect(framesForFraction(3, 0.01)).toBe(1);
    expect(() => framesForFraction(10, 0)).toThrow(/between 0 and 1/);
  });
});

describe('near-duplicates', () => {
  it('are found through rotation, order of atoms and supercells, and nothing else', async () => {
    const a = diamond(1, 0.2, 1);
    const reversed = atoms(
      Array.from({ length: 8 }, (_, i) => [...a.positions.subarray(3 * (7 - i), 3 * (8 - i))]).flat(),
      a.cell,
    );
    const swap = (v: Float64Array) => v.map((_, k) => v[3 * Math.floor(k / 3) + ((k + 1) % 3)]);
    const turned = { ...a, positions: swap(a.positions), cell: swap(a.cell) };
    const structures = [a, diamond(1, 0.2, 2), reversed, diamond(2, 0, 1), turned, diamond(1, 0, 1)];
    const frames = frameEnvironments(structures, descriptorByName('quests'));
    const kernels = await frameKernels(frames, 0.015);
    expect(duplicateGroups(frames, kernels)).toEqual([
      [0, 2, 4],
      [3, 5],
    ]);
    const s = frameSimilarities(frames, kernels);
    expect(s[0 * 6 + 2]).toBeCloseTo(1, 5);
    expect(s[0 * 6 + 1]).toBeLessThan(0.5);
  });

  it('count identical frames as such', async () => {
    const frames = line([1, 2], [1, 2], [50]);
    expect(duplicateGroups(frames, await frameKernels(frames, H))).toEqual([[0, 1]]);
  });
});
