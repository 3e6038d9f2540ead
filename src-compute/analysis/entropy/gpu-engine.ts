/**
 * Kernel sums of the entropy measures on a GPU, in 32 bits: through our own WGSL (backends/gpu/kernel-sums.ts) or
 * through gpu.js (backends/gpu/array-kernels.ts). Points are taken from the references' mean first, which costs no
 * digits and saves some. What 32 bits cannot resolve goes to another engine.
 */
import { ArrayKernels } from '../../backends/gpu/array-kernels.ts';
import type { GpuProvider } from '../../backends/gpu/device.ts';
import { DeviceKernelSums } from '../../backends/gpu/kernel-sums.ts';
import { CancelledError } from '../../errors.ts';
import type { DescriptorMatrix } from '../descriptors/descriptor.ts';
import { checkKernelInput } from './kernel-engine.ts';
import type { KernelEngine, KernelProgress } from './kernel-engine.ts';
import { SINGLE_PRECISION_LIMIT, wasmEngine } from './wasm-engine.ts';

/** Pairs per dispatch: a pause for progress and cancelling, and short enough for a driver's watchdog. */
const PAIRS = 2 ** 28;
const MOST_QUERIES = 16384;

export type GpuKernels = 'webgpu' | 'gpujs';

/**
 * The engine of a host's GPU. Nothing is opened before the first sum.
 * The sums throw NoGpuError without an adapter, and otherwise what every engine throws.
 * @param fallback computes where the bandwidth is too small for 32 bits; WebAssembly in 64 bits by default
 */
export function gpuKernelEngine(
  provider: GpuProvider,
  backend: GpuKernels = 'webgpu',
  fallback: () => KernelEngine = () => wasmEngine(),
): KernelEngine {
  const arrays = backend === 'gpujs' ? new ArrayKernels(provider) : undefined;
  const sums = arrays ?? new DeviceKernelSums(provider);
  const crossLogSums = async (
    queries: DescriptorMatrix,
    references: DescriptorMatrix,
    bandwidth: number,
    progress: KernelProgress = {},
  ) => {
    checkKernelInput(queries, references, bandwidth);
    const { mean, spread } = meanAndSpread(references);
    if (bandwidth < SINGLE_PRECISION_LIMIT * spread) {
      return fallback().crossLogSums(queries, references, bandwidth, progress);
    }
    const { rows, dimension } = queries;
    const centredReferences = centred(references, mean);
    const result = new Float64Array(rows);
    const step = Math.max(64, Math.min(MOST_QUERIES, Math.floor(PAIRS / Math.max(1, references.rows))));
    for (let first = 0; first < rows; first += step) {
      if (progress.signal?.aborted) throw new CancelledError();
      const end = Math.min(rows, first + step);
      const values = queries.values.subarray(first * dimension, end * dimension);
      const some = centred({ values, rows: end - first, dimension }, mean);
      result.set(await sums.logKernelSums(some, centredReferences, bandwidth), first);
      progress.onProgress?.(end / rows);
    }
    return result;
  };
  return {
    backend,
    threads: 1,
    selfLogSums: (points, bandwidth, progress) => crossLogSums(points, points, bandwidth, progress),
    crossLogSums,
    dispose: () => arrays?.dispose(),
  };
}

/** Mean of the rows, and the root of their summed variances. */
function meanAndSpread({ values, rows, dimension }: DescriptorMatrix): {
  mean: Float64Array;
  spread: number;
} {
  const mean = new Float64Array(dimension);
  for (let k = 0; k < values.length; k++) mean[k % dimension] += values[k] / rows;
  let square = 0;
  for (let k = 0; k < values.length; k++) square += (values[k] - mean[k % dimension]) ** 2 / rows;
  return { mean, spread: Math.sqrt(square) };
}

/** Rows less the mean, in 32 bits. */
function centred({ values, rows, dimension }: DescriptorMatrix, mean: Float64Array) {
  const result = new Float32Array(values.length);
  for (let k = 0; k < values.length; k++) result[k] = values[k] - mean[k % dimension];
  return { values: result, rows, dimension };
}
