/** Buffers on the device, their read-back, and the dispatch of many workgroups. */
import { BackendError } from '../../errors.ts';

// the numbers of the WebGPU standard, so that no global is needed
const USAGE = { mapRead: 0x1, copySource: 0x4, copyDestination: 0x8, uniform: 0x40, storage: 0x80 };
const MAP_READ = 1;

/** What a buffer is made from. */
export type BufferData = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/**
 * Buffers that belong together: made, checked and destroyed as one. Between the constructor and settle() nothing may be
 * awaited, because error scopes are a stack of the device.
 */
export class BufferSet {
  private readonly device: GPUDevice;
  private readonly buffers: GPUBuffer[] = [];

  constructor(device: GPUDevice) {
    this.device = device;
    device.pushErrorScope('out-of-memory');
  }

  /**
   * A storage buffer of so many 32-bit words, at least one.
   * @throws BackendError when the device allows no buffer of this size
   */
  storage(words: number, what: string): GPUBuffer {
    const size = 4 * Math.max(4, Math.ceil(words / 4) * 4);
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits;
    const allowed = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    if (size > allowed) {
      throw new BackendError(
        `The GPU allows buffers of ${megabytes(allowed)}, and ${what} of this structure need ${megabytes(size)}.`,
        { remedy: 'Use --backend wasm-f32, a smaller structure or a smaller skin.' },
      );
    }
    const usage = USAGE.storage | USAGE.copySource | USAGE.copyDestination;
    return this.keep(this.device.createBuffer({ size, usage }));
  }

  /** A storage buffer with contents. */
  filled(data: BufferData, what: string): GPUBuffer {
    const buffer = this.storage(data.length, what);
    this.device.queue.writeBuffer(buffer, 0, data);
    return buffer;
  }

  /** A uniform buffer with contents; a multiple of four words. */
  uniform(data: Uint32Array<ArrayBuffer>): GPUBuffer {
    const size = Math.max(16, Math.ceil(data.byteLength / 16) * 16);
    const buffer = this.device.createBuffer({ size, usage: USAGE.uniform | USAGE.copyDestination });
    this.device.queue.writeBuffer(buffer, 0, data);
    return this.keep(buffer);
  }

  /**
   * Waits until the device has said whether all of them fit.
   * @throws BackendError when they do not
   */
  async settle(): Promise<void> {
    const error = await this.device.popErrorScope();
    if (error) {
      throw new BackendError('The memory of the GPU does not suffice for this structure.', {
        remedy: 'Use --backend wasm-f32, or a smaller structure.',
        cause: error,
      });
    }
  }

  destroy(): void {
    for (const buffer of this.buffers) buffer.destroy();
    this.buffers.length = 0;
  }

  private keep(buffer: GPUBuffer): GPUBuffer {
    this.buffers.push(buffer);
    return buffer;
  }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MB`;
}

/** Copies of buffers that the CPU can read; reused from one reading to the next. */
export class ReadBack {
  private readonly device: GPUDevice;
  private readonly free: GPUBuffer[] = [];

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /**
   * Records the copy of the first words of some buffers one after another.
   * @returns call it after the submit: resolves with the words when the device has finished
   */
  record(
    encoder: GPUCommandEncoder,
    sources: readonly { readonly buffer: GPUBuffer; readonly words: number }[],
  ): () => Promise<ArrayBuffer> {
    const size = 4 * sources.reduce((sum, { words }) => sum + words, 0);
    const staging = this.acquire(size);
    let offset = 0;
    for (const { buffer, words } of sources) {
      encoder.copyBufferToBuffer(buffer, 0, staging, offset, 4 * words);
      offset += 4 * words;
    }
    return async () => {
      await staging.mapAsync(MAP_READ, 0, size);
      const copy = staging.getMappedRange(0, size).slice(0);
      staging.unmap();
      this.free.push(staging);
      return copy;
    };
  }

  destroy(): void {
    for (const buffer of this.free) buffer.destroy();
    this.free.length = 0;
  }

  private acquire(size: number): GPUBuffer {
    const known = this.free.findIndex((buffer) => buffer.size >= size);
    if (known >= 0) return this.free.splice(known, 1)[0];
    this.destroy();
    return this.device.createBuffer({
      size: Math.ceil((1.1 * size) / 16) * 16,
      usage: USAGE.mapRead | USAGE.copyDestination,
    });
  }
}

/** A compute pipeline with its buffers, ready to be recorded. */
export interface BoundKernel {
  readonly pipeline: GPUComputePipeline;
  readonly bindings: GPUBindGroup;
  /** Workgroups, folded into two dimensions. */
  readonly groups: readonly [number, number];
}

/**
 * Workgroups for so many threads or atoms. A dimension holds 65535 at most; kernels compute the index from
 * both (see INDEX in shaders.ts).
 */
export function foldGroups(device: GPUDevice, count: number): readonly [number, number] {
  const limit = device.limits.maxComputeWorkgroupsPerDimension;
  const rows = Math.max(1, Math.ceil(count / limit));
  return [Math.max(1, Math.ceil(count / rows)), rows];
}

/** Pipelines by source, so that many engines of one potential compile once. */
const pipelines = new WeakMap<GPUDevice, Map<string, Promise<GPUComputePipeline>>>();

/**
 * Compiles a shader with the entry point `main`, once per device.
 * @throws BackendError when the driver refuses it
 */
export async function compile(device: GPUDevice, label: string, code: string): Promise<GPUComputePipeline> {
  const known = pipelines.get(device) ?? new Map<string, Promise<GPUComputePipeline>>();
  pipelines.set(device, known);
  const pipeline = known.get(code) ?? compileAfresh(device, label, code);
  known.set(code, pipeline);
  pipeline.catch(() => known.delete(code));
  return await pipeline;
}

async function compileAfresh(device: GPUDevice, label: string, code: string): Promise<GPUComputePipeline> {
  // scopes are a stack of the device: pushed and popped without a pause in between
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label, code });
  const pipeline = device.createComputePipelineAsync({
    label,
    layout: 'auto',
    compute: { module, entryPoint: 'main' },
  });
  const validation = device.popErrorScope();
  try {
    return await pipeline;
  } catch (cause) {
    const info = await module.getCompilationInfo();
    const said = info.messages.map(({ lineNum, message }) => `line ${lineNum}: ${message}`).join('; ');
    throw new BackendError(`The driver of the GPU could not compile the kernel ${label}. ${said}`, {
      remedy: 'Use --backend wasm-f32.',
      cause,
    });
  } finally {
    await validation;
  }
}

/** Binds buffers to a pipeline in the order of their binding numbers. */
export function bind(
  device: GPUDevice,
  pipeline: GPUComputePipeline,
  buffers: readonly GPUBuffer[],
  groups: readonly [number, number],
): BoundKernel {
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  return {
    pipeline,
    bindings: device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }),
    groups,
  };
}

export function record(pass: GPUComputePassEncoder, kernel: BoundKernel): void {
  pass.setPipeline(kernel.pipeline);
  pass.setBindGroup(0, kernel.bindings);
  pass.dispatchWorkgroups(...kernel.groups);
}
