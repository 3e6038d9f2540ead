import { describe, expect, it } from 'vitest';
import { gpuKernelEngine } from '../../../../src-compute/analysis/entropy/gpu-engine.ts';
import { referenceEngine } from '../../../../src-compute/analysis/entropy/kernel-engine.ts';
import { ArrayKernels } from '../../../../src-compute/backends/gpu/array-kernels.ts';
import { nodeGpu } from '../../../../src-main/services/gpu-device.ts';
import { randomNumbers } from '../../../conformance/random.ts';
import { hasTestGpu } from '../../../support/gpu.ts';

const random = randomNumbers(77);
const matrixOf = (rows: number, dimension: number, scale = 1) => ({
  values: Float64Array.from({ length: rows * dimension }, () => scale * random()),
  rows,
  dimension,
});

const available = await hasTestGpu();

describe.skipIf(!available)('arrays on the GPU', () => {
  const kernels = new ArrayKernels(nodeGpu);

  it('gives all squared distances, for loops beyond a thousand turns too', async () => {
    for (const [n, m, dimension] of [
      [7, 5, 3],
      [3, 4, 1500],
      [1, 1, 1],
    ]) {
      const [x, y] = [matrixOf(n, dimension), matrixOf(m, dimension)];
      const squares = await kernels.squaredDistances(x, y);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < m; j++) {
          let exact = 0;
          for (let k = 0; k < dimension; k++) {
            exact += (x.values[i * dimension + k] - y.values[j * dimension + k]) ** 2;
          }
          expect(Math.abs(squares[i * m + j] - exact)).toBeLessThan(2e-6 * exact + 1e-7);
        }
      }
    }
  });

  it('counts values as the CPU does', async () => {
    // multiples of 1/64: bins and values are exact in 32 bits, so that counts must be equal
    const values = Float64Array.from({ length: 1777 }, () => Math.floor(random() * 300) / 64 - 0.5);
    const range = { low: 0, high: 4, bins: 32 };
    const counts = new Float64Array(32);
    for (const v of values) if (v >= 0 && v < 4) counts[Math.floor(v * 8)]++;
    expect(await kernels.histogram(values, range)).toEqual(counts);
    expect(counts.reduce((a, b) => a + b)).toBeLessThan(1777);
    await expect(kernels.histogram(values, { low: 1, high: 1, bins: 4 })).rejects.toThrow(/range/);
  });

  it('sums up', async () => {
    const values = Float64Array.from({ length: 5001 }, () => random() - 0.3);
    const exact = values.reduce((a, b) => a + b, 0);
    expect(Math.abs((await kernels.sum(values)) - exact)).toBeLessThan(1e-6 * Math.abs(exact));
    expect(await kernels.sum(new Float64Array(0))).toBe(0);
  });

  it('gives the logarithms of kernel sums, also where every kernel underflows', async () => {
    const engine = gpuKernelEngine(nodeGpu);
    const references = matrixOf(600, 6, 0.3);
    const queries = matrixOf(9, 6, 0.3);
    queries.values.fill(4, 0, 6); // exp(−d²/2h²) of this one is 0 in any precision
    const exact = await referenceEngine().crossLogSums(queries, references, 0.05);
    const sums = await engine.crossLogSums(queries, references, 0.05);
    expect(exact[0]).toBeLessThan(-1e4);
    sums.forEach((sum, i) => {
      expect(Math.abs(sum - exact[i])).toBeLessThan(2e-6 * Math.abs(exact[i]) + 2e-5);
    });
    const own = await engine.selfLogSums(references, 0.05);
    const ownExact = await referenceEngine().selfLogSums(references, 0.05);
    own.forEach((sum, i) => {
      expect(Math.abs(sum - ownExact[i])).toBeLessThan(2e-5);
    });
    engine.dispose();
  });

  it('goes on when the device is lost', async () => {
    const values = Float64Array.from({ length: 300 }, () => 0.5);
    expect(await kernels.sum(values)).toBe(150);
    (await kernels.open()).device.destroy();
    expect(await kernels.sum(values)).toBe(150);
    kernels.dispose();
  });
});
