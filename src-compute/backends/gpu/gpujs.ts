/**
 * gpu.js: translates kernels given as source text to WGSL. The part of it that its type declarations leave out.
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
