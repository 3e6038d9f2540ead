/**
 * gpu.js: translates kernels given as source text to WGSL. The parts of it that its type declarations leave out, and
 * kernels that it has built made recordable, so that many steps go to the device in one submit.
 *
 * Source text because minifiers break kernels that are written as functions.
 */
import type * as GpuJsModule from 'gpu.js';
import { BackendError } from '../../errors.ts';

declare module 'gpu.js' {
  /** The device that all kernels of gpu.js share. */
  export const WebGPUContext: { acquire(): Promise<WebGPUContextValue> };
  export interface WebGPUContextValue {
    readonly adapter: GPUAdapter;
    readonly device: GPUDevice;
    readonly isLost: boolean;
  }
  /** A buffer on the device as a kernel's argument. */
  export class WebGPUBufferResult {
    constructor(settings: {
      buffer: GPUBuffer;
      output: number[];
      componentCount?: number;
      context: WebGPUContextValue;
      kernel?: unknown;
    });
    readonly buffer: GPUBuffer;
  }
  export class WebGPUKernel {
    readonly computePipeline: GPUComputePipeline | null;
    readonly bindGroup: GPUBindGroup | null;
    readonly outputBuffer: GPUBuffer | null;
    readonly workgroupSize: readonly number[];
    destroy(): void;
  }
}

/** gpu.js as a module. */
export type GpuJs = typeof GpuJsModule;
export type GpuJsContext = GpuJsModule.WebGPUContextValue;

/** Loads gpu.js when it is first needed. Its browser bundle is the class GPU with everything else as static members. */
export async function loadGpuJs(): Promise<GpuJs> {
  const loaded: Partial<GpuJs> & { readonly default?: GpuJs } = await import('gpu.js');
  if (isGpuJs(loaded)) return loaded;
  if (loaded.default) return loaded.default;
  throw new BackendError('gpu.js could not be loaded.', { remedy: 'Use --backend wasm-f32.' });
}

function isGpuJs(loaded: Partial<GpuJs>): loaded is GpuJs {
  return loaded.GPU !== undefined && loaded.WebGPUContext !== undefined;
}

export interface RecordableKernelOptions {
  /** A JavaScript function as text; one thread per output element. */
  readonly source: string;
  /** Number of output elements (threads). */
  readonly output: number;
  /** Arrays that never change, read as this.constants.NAME. */
  readonly constants?: Record<string, Float32Array | number>;
  /** Bound of loops; gpu.js cuts loops with variable bounds at 1000 without a word. */
  readonly loopMaxIterations?: number;
}

/** A kernel that gpu.js has translated and bound to buffers, for recording into command buffers. */
export class RecordableKernel {
  /** What it computes: `output` elements, one or several numbers each. */
  readonly output: GPUBuffer;
  private readonly pipeline: GPUComputePipeline;
  private readonly bindings: GPUBindGroup;
  private readonly groups: readonly [number, number];
  private readonly destroyKernel: () => void;

  private constructor(
    kernel: GpuJsModule.WebGPUKernel,
    groups: readonly [number, number],
    destroyKernel: () => void,
  ) {
    const { computePipeline, bindGroup, outputBuffer } = kernel;
    if (!computePipeline || !bindGroup || !outputBuffer) {
      throw new BackendError('gpu.js did not build a kernel for the GPU.', {
        remedy: 'Use --backend wasm-f32.',
      });
    }
    this.pipeline = computePipeline;
    this.bindings = bindGroup;
    this.output = outputBuffer;
    this.groups = groups;
    this.destroyKernel = destroyKernel;
  }

  /**
   * Translates, compiles and runs once.
   * @param inputs buffers of 32-bit floats with their lengths
   * @throws BackendError when gpu.js cannot translate or the device cannot compile it
   */
  static async create(
    gpujs: GpuJs,
    context: GpuJsContext,
    options: RecordableKernelOptions,
    inputs: readonly { readonly buffer: GPUBuffer; readonly length: number }[],
  ): Promise<RecordableKernel> {
    const gpu = new gpujs.GPU({ mode: 'webgpu' });
    const settings: GpuJsModule.IGPUKernelSettings = {
      output: [options.output],
      pipeline: true,
      constants: options.constants,
    };
    const run: GpuJsModule.IKernelRunShortcut = gpu.createKernel(options.source, settings);
    run.setLoopMaxIterations(options.loopMaxIterations ?? 1000);
    try {
      const handles = inputs.map(
        ({ buffer, length }) => new gpujs.WebGPUBufferResult({ buffer, output: [length], context }),
      );
      await Reflect.apply(run, undefined, handles);
    } catch (cause) {
      throw new BackendError('A kernel could not be built for the GPU.', {
        remedy: 'Use --backend wasm-f32.',
        cause,
      });
    }
    const kernel: unknown = run.kernel;
    if (!(kernel instanceof gpujs.WebGPUKernel)) {
      throw new BackendError('gpu.js fell back to another device.', { remedy: 'Use --backend wasm-f32.' });
    }
    const limit = context.device.limits.maxComputeWorkgroupsPerDimension;
    const total = Math.ceil(options.output / kernel.workgroupSize[0]);
    // as gpu.js folds them: the kernel's parameters hold the width of a row of workgroups
    const rows = total > limit ? Math.ceil(total / limit) : 1;
    return new RecordableKernel(kernel, [Math.ceil(total / rows), rows], () => {
      kernel.destroy();
    });
  }

  record(pass: GPUComputePassEncoder): void {
    pass.setPipeline(this.pipeline);
    pass.setBindGroup(0, this.bindings);
    pass.dispatchWorkgroups(...this.groups);
  }

  destroy(): void {
    this.destroyKernel();
  }
}
