/** The kernel engine that settings ask for. */
import { availableParallelism } from 'node:os';
import { gpuKernelEngine } from '../../../src-compute/analysis/entropy/gpu-engine.ts';
import { referenceEngine, type KernelEngine } from '../../../src-compute/analysis/entropy/kernel-engine.ts';
import { wasmEngine } from '../../../src-compute/analysis/entropy/wasm-engine.ts';
import { openGpu } from '../../../src-compute/backends/gpu/device.ts';
import { BackendError } from '../../../src-compute/errors.ts';
import { nodeGpu } from '../gpu-device.ts';
import { useNodeWorkers } from '../node-workers.ts';

/** Who computes kernel sums, by name; `auto`: the GPU where there is a real one, else `wasm`. */
export const KERNEL_BACKENDS = ['auto', 'wasm', 'wasm-f32', 'webgpu', 'gpujs', 'reference'] as const;

export interface EngineSettings {
  readonly backend: (typeof KERNEL_BACKENDS)[number];
  /** 0 means as many as there are cores. */
  readonly threads: number;
  /** Error bound in nats of the neighbour-search approximation; exact without it. */
  readonly tolerance?: number;
}

/**
 * An engine; dispose when done. Workers are shared by all engines of this thread and end with it.
 * @throws BackendError for a tolerance that the backend does not know
 */
export function kernelEngine(settings: EngineSettings): KernelEngine & Disposable {
  const { backend, tolerance } = settings;
  if (tolerance !== undefined && !['auto', 'wasm', 'wasm-f32'].includes(backend)) {
    throw new BackendError('Near environments alone are looked for by the WebAssembly backends only.', {
      remedy: 'Use --backend wasm or wasm-f32 with --tolerance, or leave --tolerance out.',
    });
  }
  switch (backend) {
    case 'reference':
      return disposable(referenceEngine());
    case 'wasm':
    case 'wasm-f32':
      return disposable(onThreads(settings, backend));
    case 'webgpu':
    case 'gpujs':
      return disposable(gpuKernelEngine(nodeGpu, backend, () => onThreads(settings, 'wasm')));
    case 'auto':
      return disposable(
        tolerance === undefined ? new AutomaticEngine(settings) : onThreads(settings, 'wasm'),
      );
  }
}

function onThreads(
  { threads, tolerance }: Pick<EngineSettings, 'threads' | 'tolerance'>,
  backend: 'wasm' | 'wasm-f32',
): KernelEngine {
  const count = threads || availableParallelism();
  if (count > 1) useNodeWorkers();
  return wasmEngine({ precision: backend === 'wasm-f32' ? 'f32' : 'f64', tolerance, threads: count });
}

/** Only what an engine is: `dispose` also at the end of a `using` block. */
function disposable(engine: KernelEngine): KernelEngine & Disposable {
  return Object.assign(engine, { [Symbol.dispose]: () => engine.dispose() });
}

/** Looks for a GPU at the first sum. */
class AutomaticEngine implements KernelEngine {
  private readonly settings: EngineSettings;
  private chosen: KernelEngine | undefined;

  constructor(settings: EngineSettings) {
    this.settings = settings;
  }

  /** The one in use; the one on the CPU before the first sum. */
  get backend(): string {
    return this.chosen?.backend ?? 'wasm';
  }

  get threads(): number {
    return this.chosen?.threads ?? 1;
  }

  async selfLogSums(...parameters: Parameters<KernelEngine['selfLogSums']>): Promise<Float64Array> {
    return (await this.engine()).selfLogSums(...parameters);
  }

  async crossLogSums(...parameters: Parameters<KernelEngine['crossLogSums']>): Promise<Float64Array> {
    return (await this.engine()).crossLogSums(...parameters);
  }

  dispose(): void {
    this.chosen?.dispose();
  }

  private async engine(): Promise<KernelEngine> {
    this.chosen ??= (await hasHardwareGpu())
      ? gpuKernelEngine(nodeGpu, 'webgpu', () => onThreads(this.settings, 'wasm'))
      : onThreads(this.settings, 'wasm');
    return this.chosen;
  }
}

/** Programs that imitate a GPU on the CPU are slower than WebAssembly. */
async function hasHardwareGpu(): Promise<boolean> {
  try {
    return !(await openGpu(nodeGpu)).software;
  } catch (error) {
    if (error instanceof BackendError) return false;
    throw error;
  }
}
