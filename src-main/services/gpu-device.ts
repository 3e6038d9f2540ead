/**
 * The GPU for programs that run in Node: Dawn, from the package `webgpu`. Under Electron the GPU is not used, and the
 * window says so: V8's memory cage forbids the external buffers that Dawn's binding needs (electron/electron #35801).
 */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
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

/** Device files of GPUs: Mesa's and Nvidia's drivers, Windows' subsystem for Linux. */
const DEVICES = ['/dev/dri', '/dev/nvidiactl', '/dev/dxg'];
/** Where the Vulkan loader looks for drivers. */
const DRIVER_FOLDERS = ['/usr/share', '/usr/local/share', '/etc', join(homedir(), '.local/share')].map(
  (folder) => join(folder, 'vulkan', 'icd.d'),
);

/**
 * Whether it is worth asking Dawn for an adapter where nobody has asked for the GPU by name: on Linux, without a device
 * and a driver for it, it could only print warnings of its own.
 */
export function mayHaveGpu(): boolean {
  if (process.versions.electron !== undefined) return false;
  if (process.platform !== 'linux') return true;
  const named = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  if (named !== undefined) return named.split(':').some((file) => existsSync(file));
  const drivers = () => DRIVER_FOLDERS.some((folder) => existsSync(folder) && readdirSync(folder).length > 0);
  return DEVICES.some((device) => existsSync(device)) && drivers();
}
