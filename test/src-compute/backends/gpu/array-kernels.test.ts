import { describe, expect, it } from 'vitest';
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

  it('goes on when the device is lost', async () => {
    const values = Float64Array.from({ length: 300 }, () => 0.5);
    expect(await kernels.sum(values)).toBe(150);
    (await kernels.open()).device.destroy();
    expect(await kernels.sum(values)).toBe(150);
    kernels.dispose();
  });
});
