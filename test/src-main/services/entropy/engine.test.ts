/** Kernel engines by name: all give the same numbers, and `auto` takes no imitation of a GPU. */
import { afterAll, describe, expect, it } from 'vitest';
import { referenceLogKernelSums } from '../../../../src-compute/analysis/entropy/reference.ts';
import { openGpu } from '../../../../src-compute/backends/gpu/device.ts';
import { dismissWorkers } from '../../../../src-compute/workers/team.ts';
import { KERNEL_BACKENDS, kernelEngine } from '../../../../src-main/services/entropy/engine.ts';
import { nodeGpu } from '../../../../src-main/services/gpu-device.ts';
import { hasTestGpu } from '../../../support/gpu.ts';
import { clusters } from '../../../src-compute/analysis/entropy/structures.ts';

const gpu = await hasTestGpu();
afterAll(dismissWorkers);

describe.skipIf(!gpu)('kernel engines', () => {
  const points = clusters(150, 12, 1);
  const others = clusters(90, 12, 2);

  it.each(KERNEL_BACKENDS)('%s gives the sums of the plain loop', async (backend) => {
    using engine = kernelEngine({ backend, threads: 2 });
    const tolerance = ['webgpu', 'gpujs', 'wasm-f32'].includes(backend) ? 1e-4 : 1e-9;
    for (const [sums, exact] of [
      [await engine.selfLogSums(points, 0.05), referenceLogKernelSums(points, points, 0.05)],
      [await engine.crossLogSums(points, others, 0.05), referenceLogKernelSums(points, others, 0.05)],
    ]) {
      sums.forEach((sum, i) => {
        const error = Math.abs(sum - exact[i]) / Math.max(1, Math.abs(exact[i]));
        expect(error).toBeLessThan(backend === 'auto' ? 1e-4 : tolerance);
      });
    }
    if (backend !== 'auto') expect(engine.backend).toBe(backend);
    else expect(engine.backend).toBe((await openGpu(nodeGpu)).software ? 'wasm' : 'webgpu');
  });

  it('look for near environments alone where they can, and say so where not', () => {
    expect(kernelEngine({ backend: 'auto', threads: 1, tolerance: 1e-6 }).backend).toBe('wasm');
    expect(() => kernelEngine({ backend: 'webgpu', threads: 1, tolerance: 1e-6 })).toThrow(/WebAssembly/);
    expect(() => kernelEngine({ backend: 'reference', threads: 1, tolerance: 1e-6 })).toThrow(/WebAssembly/);
  });
});
