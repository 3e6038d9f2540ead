/** The kernel engine that settings ask for. */
import { availableParallelism } from 'node:os';
import { referenceEngine, type KernelEngine } from '../../../src-compute/analysis/entropy/kernel-engine.ts';
import { wasmEngine } from '../../../src-compute/analysis/entropy/wasm-engine.ts';
import { useNodeWorkers } from '../node-workers.ts';
import type { KernelSettings } from './settings.ts';

/** An engine; dispose when done. Workers are shared by all engines of this thread and end with it. */
export function kernelEngine(
  settings: Pick<KernelSettings, 'backend' | 'threads' | 'tolerance'>,
): KernelEngine & Disposable {
  const threads = settings.threads || availableParallelism();
  if (settings.backend !== 'reference' && threads > 1) useNodeWorkers();
  const engine =
    settings.backend === 'reference'
      ? referenceEngine()
      : wasmEngine({
          precision: settings.backend === 'wasm-f32' ? 'f32' : 'f64',
          tolerance: settings.tolerance,
          threads,
        });
  return { ...engine, [Symbol.dispose]: () => engine.dispose() };
}
