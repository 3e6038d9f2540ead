/**
 * The GPU for programs that run in Node: Dawn, from the package `webgpu`. Under Electron a window's own navigator.gpu
 * serves instead (V8's memory cage forbids the external buffers that Dawn's binding needs).
 */
import { createRequire } from 'node:module';
import type * as Dawn from 'webgpu';
import { provideGpu } from '../../src-compute/backends/index.ts';
import { gpuOpener } from '../../src-compute/backends/gpu/index.ts';
import type { GpuProvider } from '../../src-compute/backends/gpu/device.ts';

let instance: GPU | undefined;

/**
 * Dawn's entry to WebGPU. What `create` returns is kept for the life of the program: a collected instance takes its
 * devices with it and crashes.
 * @throws what the package throws where it has no binary for this platform
 */
export const nodeGpu: GpuProvider = () => {
  if (instance) return instance;
  if (process.versions.electron !== undefined) return undefined;
  const { create, globals }: typeof Dawn = createRequire(import.meta.url)('webgpu');
  // gpu.js and applications look for GPUBuffer and the like among the globals
  Object.assign(globalThis, globals);
  instance = create([]);
  return instance;
};

/** Lets force engines of this thread use the GPU. Call once at the start of a program or job; nothing is opened yet. */
export function useNodeGpu(): void {
  provideGpu(gpuOpener(nodeGpu));
}
