/** Kernel sums of the entropy measures on a GPU, in 32 bits; see backends/gpu/array-kernels.ts. */
import { ArrayKernels } from '../../backends/gpu/array-kernels.ts';
import type { GpuProvider } from '../../backends/gpu/device.ts';
import { CancelledError } from '../../errors.ts';
import type { DescriptorMatrix } from '../descriptors/descriptor.ts';
import { checkKernelInput } from './kernel-engine.ts';
import type { KernelEngine, KernelProgress } from './kernel-engine.ts';

/** Queries per dispatch: a pause for progress and cancelling, and short enough for a driver's watchdog. */
const QUERIES = 4096;

/**
 * The engine of a host's GPU. Nothing is opened before the first sum.
 * The sums throw NoGpuError without an adapter, and otherwise what every engine throws.
 */
export function gpuKernelEngine(provider: GpuProvider): KernelEngine {
  const kernels = new ArrayKernels(provider);
  const crossLogSums = async (
    queries: DescriptorMatrix,
    references: DescriptorMatrix,
    bandwidth: number,
    progress: KernelProgress = {},
  ) => {
    checkKernelInput(queries, references, bandwidth);
    const { rows, dimension } = queries;
    const result = new Float64Array(rows);
    for (let first = 0; first < rows; first += QUERIES) {
      if (progress.signal?.aborted) throw new CancelledError();
      const end = Math.min(rows, first + QUERIES);
      const some = {
        values: queries.values.subarray(first * dimension, end * dimension),
        rows: end - first,
        dimension,
      };
      result.set(await kernels.logKernelSums(some, references, bandwidth), first);
      progress.onProgress?.(end / rows);
    }
    return result;
  };
  return {
    backend: 'webgpu',
    threads: 1,
    selfLogSums: (points, bandwidth, progress) => crossLogSums(points, points, bandwidth, progress),
    crossLogSums,
    dispose: () => {
      kernels.dispose();
    },
  };
}
