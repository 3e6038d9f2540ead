/** Copies of a structure are found however they are moved, turned or sorted, and are chosen last. */
import { describe, expect, it } from 'vitest';
import { descriptorByName } from '../../../../src-compute/analysis/descriptors/index.ts';
import { frameKernels } from '../../../../src-compute/analysis/entropy/frame-kernels.ts';
import { frameEnvironments } from '../../../../src-compute/analysis/entropy/frames.ts';
import { selectByEntropy } from '../../../../src-compute/analysis/entropy/entropy-selection.ts';
import {
  selectByDiversity,
  selectByScore,
  selectFarthest,
  selectRandom,
} from '../../../../src-compute/analysis/entropy/selection.ts';
import { distinctFirst, firstTwins } from '../../../../src-compute/analysis/entropy/twins.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { diamond } from './structures.ts';

/** The same atoms in another order, shifted by a vector. */
function copyOf(structure: Configuration, shift: number): Configuration {
  const n = structure.kinds.length;
  const positions = new Float64Array(3 * n);
  for (let i = 0; i < n; i++) {
    for (let axis = 0; axis < 3; axis++) {
      positions[3 * i + axis] = structure.positions[3 * ((i + 3) % n) + axis] + shift * (axis + 1);
    }
  }
  return { ...structure, positions };
}

const [a, b, c] = [diamond(1, 0.1, 1), diamond(1, 0.2, 2), diamond(1, 0.3, 3)];
const structures = [a, copyOf(a, 0.7), b, copyOf(a, -2), c, b, diamond(2, 0.1, 4)];

describe('copies among frames', () => {
  it.each(['quests', 'mtp:8', 'tensor:4,3,2'])('are found by %s', (name) => {
    const frames = frameEnvironments(structures, descriptorByName(name));
    expect(Array.from(firstTwins(frames))).toEqual([0, 0, 2, 0, 4, 2, 6]);
  });

  it('are not found where structures differ by a hundredth of an ångström', () => {
    const near = { ...a, positions: a.positions.map((x, k) => x + (k === 4 ? 0.01 : 0)) };
    const frames = frameEnvironments([a, near], descriptorByName('quests'));
    expect(Array.from(firstTwins(frames))).toEqual([0, 1]);
  });

  it('are chosen last by every method, and share their weight', async () => {
    const frames = frameEnvironments(structures, descriptorByName('quests'));
    const kernels = await frameKernels(frames, 0.05);
    const methods = {
      entropy: (n: number, some: Uint8Array) =>
        selectByEntropy(frames, kernels, n, undefined, undefined, some),
      diversity: (n: number, some: Uint8Array) => selectByDiversity(frames, kernels, n, some),
      farthest: (n: number, some: Uint8Array) => selectFarthest(frames, n, undefined, some),
      random: (n: number, some: Uint8Array) => selectRandom(frames, n, 4, some),
      novelty: (n: number, some: Uint8Array) => selectByScore(Float64Array.of(9, 9, 1, 9, 2, 1, 3), n, some),
    };
    for (const method of Object.values(methods)) {
      const four = await distinctFirst(frames, 4, method);
      expect(Array.from(four.frames).sort()).toEqual([0, 2, 4, 6]);
      const all = await distinctFirst(frames, 7, method);
      expect(Array.from(all.frames).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
      expect(Array.from(all.frames.subarray(0, 4)).sort()).toEqual([0, 2, 4, 6]);
      if (!all.weights) continue;
      const weight = (frame: number) => all.weights?.[all.frames.indexOf(frame)];
      expect(weight(1)).toBe(weight(0));
      expect(all.weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(7, 10);
    }
  });
});
