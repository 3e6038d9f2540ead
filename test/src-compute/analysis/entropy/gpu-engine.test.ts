/** Kernel sums on the GPU, through our own WGSL and through gpu.js, against the plain double loop. */
import { describe, expect, it } from 'vitest';
import { gpuKernelEngine } from '../../../../src-compute/analysis/entropy/gpu-engine.ts';
import { referenceEngine } from '../../../../src-compute/analysis/entropy/kernel-engine.ts';
import { descriptorEntropy, novelty } from '../../../../src-compute/analysis/entropy/measures.ts';
import { referenceLogKernelSums } from '../../../../src-compute/analysis/entropy/reference.ts';
import { descriptorByName } from '../../../../src-compute/analysis/descriptors/index.ts';
import { openGpu } from '../../../../src-compute/backends/gpu/device.ts';
import { CancelledError } from '../../../../src-compute/errors.ts';
import { nodeGpu } from '../../../../src-main/services/gpu-device.ts';
import { hasTestGpu } from '../../../support/gpu.ts';
import { clusters, diamond, matrix } from './structures.ts';

const available = await hasTestGpu();

/** Largest difference of nats, relative where sums are far below 1. */
function difference(a: Float64Array, b: Float64Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i]) / Math.max(1, Math.abs(b[i]))), 0);
}

describe.skipIf(!available).each(['webgpu', 'gpujs'] as const)('kernel sums by %s', (backend) => {
  const engine = gpuKernelEngine(nodeGpu, backend);

  it.each([
    [1, 1, 3],
    [65, 1100, 5],
    [130, 90, 63],
    // one reference per tile of workgroup memory
    [5, 70, 1000],
  ])('are those of the plain loop to 1e-4: %i environments, %i references, %i numbers', async (n, m, d) => {
    const [points, references] = [clusters(n, d, n), clusters(m, d, m + 1)];
    for (const bandwidth of [0.015, 0.5, 1e3]) {
      const cross = await engine.crossLogSums(points, references, bandwidth);
      expect(difference(cross, referenceLogKernelSums(points, references, bandwidth))).toBeLessThan(1e-4);
      const self = await engine.selfLogSums(points, bandwidth);
      expect(difference(self, referenceLogKernelSums(points, points, bandwidth))).toBeLessThan(1e-4);
    }
  });

  it('give H and novelty of silicon to 1e-4', async () => {
    const quests = descriptorByName('quests');
    const [crystal, melt] = [quests.compute(diamond(2, 0.05, 1)), quests.compute(diamond(2, 0.5, 2))];
    const exact = await descriptorEntropy(melt, 0.015, referenceEngine());
    const entropy = await descriptorEntropy(melt, 0.015, engine);
    expect(Math.abs(entropy.entropy - exact.entropy)).toBeLessThan(1e-4);
    expect(Math.abs(entropy.diversity - exact.diversity)).toBeLessThan(1e-4);
    const far = await novelty(melt, crystal, 0.015, engine);
    const farExact = await novelty(melt, crystal, 0.015, referenceEngine());
    expect(Math.abs(far.mean / farExact.mean - 1)).toBeLessThan(1e-4);
    expect(far.fractionPositive).toBe(farExact.fractionPositive);
  });

  it('answer for no references, identical points and outliers beyond the reach of the exponential', async () => {
    const none = { values: new Float64Array(0), rows: 0, dimension: 2 };
    expect(Array.from(await engine.crossLogSums(matrix([[1, 2]]), none, 1))).toEqual([-Infinity]);
    const same = matrix(Array.from({ length: 70 }, () => [0.3, 1]));
    const own = await engine.selfLogSums(same, 0.015);
    expect(difference(own, new Float64Array(70).fill(Math.log(70)))).toBeLessThan(1e-6);
    const far = await engine.crossLogSums(matrix([[50, 50]]), same, 0.05);
    expect(far[0]).toBeLessThan(-9e5);
    expect(difference(far, referenceLogKernelSums(matrix([[50, 50]]), same, 0.05))).toBeLessThan(1e-6);
  });

  it('are left to 64 bits where 32 cannot tell environments apart', async () => {
    const points = matrix([[0], [1e-7], [2e-7], [1]]);
    const exact = referenceLogKernelSums(points, points, 1e-7);
    expect(difference(await engine.selfLogSums(points, 1e-7), exact)).toBeLessThan(1e-9);
  });

  it('stop when cancelled, and go on when the device is lost', async () => {
    const points = clusters(200, 8, 3);
    const signal = AbortSignal.abort();
    await expect(engine.selfLogSums(points, 0.1, { signal })).rejects.toThrow(CancelledError);
    (await openGpu(nodeGpu)).device.destroy();
    const sums = await engine.selfLogSums(points, 0.1);
    expect(difference(sums, referenceLogKernelSums(points, points, 0.1))).toBeLessThan(1e-4);
  });
});
