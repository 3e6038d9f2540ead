/** The kernel engine that settings ask for. */
import { referenceEngine, type KernelEngine } from '../../../src-compute/analysis/entropy/kernel-engine.ts';
import { wasmEngine } from '../../../src-compute/analysis/entropy/wasm-engine.ts';
import type { KernelSettings } from './settings.ts';

/** An engine; dispose when done. */
export async function kernelEngine(
  settings: Pick<KernelSettings, 'backend' | 'threads' | 'tolerance'>,
): Promise<KernelEngine & Disposable> {
  const engine =
    settings.backend === 'reference'
      ? referenceEngine()
      : wasmEngine({
          precision: settings.backend === 'wasm-f32' ? 'f32' : 'f64',
          tolerance: settings.tolerance,
        });
  return { ...engine, [Symbol.dispose]: () => engine.dispose() };
}
