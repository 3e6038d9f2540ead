/**
 * The GPU device: one for everything in this program, shared with gpu.js. Where it comes from is the host's affair: Node
 * takes it from the package `webgpu`, a window from its own navigator.gpu.
 */
import { BackendError } from '../../errors.ts';
import { loadGpuJs } from './gpujs.ts';
import type { GpuJs, GpuJsContext } from './gpujs.ts';

/** Gives the host's entry to WebGPU, or undefined where there is none. */
export type GpuProvider = () => Promise<GPU | undefined> | GPU | undefined;

/** No adapter, no driver: callers may fall back to the CPU. */
export class NoGpuError extends BackendError {}

/** An open device. */
export interface GpuContext {
  readonly device: GPUDevice;
  /** For people: which GPU it is. */
  readonly name: string;
  /** Whether the adapter is a program that imitates a GPU on the CPU. */
  readonly software: boolean;
  readonly gpujs: GpuJs;
  readonly gpujsContext: GpuJsContext;
  /** Whether the device has been lost. */
  isLost(): Promise<boolean>;
}

const REMEDY = 'Use --backend wasm-f32, or install a Vulkan, Metal or Direct3D 12 driver for the GPU.';

/** Limits that are raised to what the adapter offers; gpu.js and the defaults of WebGPU never raise them. */
const RAISED = [
  'maxStorageBuffersPerShaderStage',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
] as const;

/** Whether an adapter is a program on the CPU: it says so, or it is known by name. */
export function isSoftwareAdapter(info: GPUAdapterInfo): boolean {
  const fallback = 'isFallbackAdapter' in info && info.isFallbackAdapter;
  const name = [info.vendor, info.architecture, info.device, info.description].join(' ');
  return fallback || /swiftshader|llvmpipe|lavapipe|softpipe|microsoft basic render|\bwarp\b/i.test(name);
}

function nameOf(info: GPUAdapterInfo): string {
  const parts = [info.description || info.device, info.vendor, info.architecture].filter((part) => part);
  return parts.length > 0 ? [...new Set(parts)].join(', ') : 'unnamed GPU';
}

/** An adapter whose devices have the raised limits, whatever the caller asks for. */
function raisedAdapter(
  adapter: GPUAdapter,
): Pick<GPUAdapter, 'info' | 'limits' | 'features' | 'requestDevice'> {
  return {
    info: adapter.info,
    limits: adapter.limits,
    features: adapter.features,
    requestDevice: (descriptor) =>
      adapter.requestDevice({
        ...descriptor,
        requiredLimits: {
          ...descriptor?.requiredLimits,
          ...Object.fromEntries(RAISED.map((limit) => [limit, adapter.limits[limit]])),
        },
      }),
  };
}

/** Adapters in use: the garbage collector must not take them while their devices live. */
const keptAdapters = new Set<GPUAdapter>();

/** Makes gpu.js, which asks navigator.gpu, find the host's entry. */
function publish(gpu: GPU): void {
  const requestAdapter = async (options?: GPURequestAdapterOptions) => {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance', ...options });
    if (adapter) keptAdapters.add(adapter);
    return adapter && raisedAdapter(adapter);
  };
  const entry = { requestAdapter };
  Object.defineProperty(globalThis.navigator, 'gpu', { configurable: true, value: entry });
  // a window's provider finds this entry from now on
  published.add(gpu).add(entry);
}

const published = new WeakSet<object>();

/** The provider of windows and their workers. */
export const windowGpu: GpuProvider = () =>
  'gpu' in globalThis.navigator ? globalThis.navigator.gpu : undefined;

/**
 * Opens the device, or gives the open one.
 * @throws NoGpuError when there is no WebGPU, no adapter, or the adapter gives no device
 */
export async function openGpu(provider: GpuProvider): Promise<GpuContext> {
  let gpu: GPU | undefined;
  try {
    gpu = await provider();
  } catch (cause) {
    throw new NoGpuError('WebGPU could not be started.', { remedy: REMEDY, cause });
  }
  if (!gpu) throw new NoGpuError('This program has no WebGPU.', { remedy: REMEDY });
  if (!published.has(gpu)) publish(gpu);
  const gpujs = await loadGpuJs();
  let gpujsContext: GpuJsContext;
  try {
    gpujsContext = await gpujs.WebGPUContext.acquire();
  } catch (cause) {
    throw new NoGpuError('There is no GPU adapter that WebGPU can use.', { remedy: REMEDY, cause });
  }
  const { adapter, device } = gpujsContext;
  return {
    device,
    name: nameOf(adapter.info),
    software: isSoftwareAdapter(adapter.info),
    gpujs,
    gpujsContext,
    isLost: () =>
      Promise.race([
        device.lost.then(() => true),
        // the loss is told a little after the operations that fail of it
        new Promise<boolean>((resolve) => setTimeout(() => resolve(gpujsContext.isLost), 50)),
      ]),
  };
}
