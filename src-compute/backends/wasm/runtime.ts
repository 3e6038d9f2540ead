/**
 * The few things of the host's WebAssembly that we use, typed for every host (Node has no DOM types, a browser has
 * its own), and what this machine's engine can do.
 */
import { BackendError } from '../../errors.ts';
import { f64x2, i32, ModuleBuilder } from './encoder/index.ts';

/** Linear memory. `buffer` must be read again after every `grow` (of an unshared memory also by others). */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

/** A compiled module: may be posted to workers and instantiated there. */
export type WasmModule = object & { readonly __wasmModule?: never };

export type WasmExports = Readonly<Record<string, (...args: number[]) => number>>;

interface WebAssemblyHost {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: WasmExports };
  readonly Memory: new (descriptor: { initial: number; maximum?: number; shared?: boolean }) => WasmMemory;
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}

const PAGE = 65536;

function host(): WebAssemblyHost {
  const found = (globalThis as unknown as { WebAssembly?: WebAssemblyHost }).WebAssembly;
  if (!found) {
    throw new BackendError('This JavaScript engine has no WebAssembly.', {
      remedy: 'Use --backend reference, or a Node or browser that has WebAssembly.',
    });
  }
  return found;
}

/** Whether there is WebAssembly at all. */
export function hasWebAssembly(): boolean {
  return 'WebAssembly' in globalThis;
}

let simd: boolean | undefined;

/** Whether vectors (f64x2, f32x4) run here. */
export function hasSimd(): boolean {
  if (simd === undefined) {
    const probe = new ModuleBuilder();
    probe.function({ parameters: [], result: 'f64' }, (code) =>
      code.return(f64x2.extract(f64x2.splat(1), 0)),
    );
    simd = hasWebAssembly() && host().validate(probe.encode());
  }
  return simd;
}

let threads: boolean | undefined;

/** Whether memory can be shared between threads here (in a browser: cross-origin isolation). */
export function hasSharedMemory(): boolean {
  if (threads === undefined) {
    const probe = new ModuleBuilder();
    probe.importMemory({ shared: true });
    probe.function({ parameters: [] }, (code) => code.drop(i32.atomicAdd(0, 1)));
    threads = typeof SharedArrayBuffer === 'function' && hasWebAssembly() && host().validate(probe.encode());
  }
  return threads;
}

/** Compiles a module; synchronous. Modules run here are made by our encoder, so that an error is a bug of ours. */
export function compileModule(bytes: Uint8Array<ArrayBuffer>): WasmModule {
  return new (host().Module)(bytes);
}

/** Instance of a module with `{ env: { memory, ...functions } }`. */
export function instantiate(
  module: WasmModule,
  memory: WasmMemory,
  functions: Record<string, unknown> = {},
): WasmExports {
  return new (host().Instance)(module, { env: { memory, ...functions } }).exports;
}

/**
 * Memory of at least the given size.
 * @param maximumBytes address space reserved for growth; at most 4 GiB
 * @throws BackendError when the machine cannot give it
 */
export function createMemory(bytes: number, maximumBytes: number, shared: boolean): WasmMemory {
  const initial = Math.max(1, Math.ceil(bytes / PAGE));
  const maximum = Math.min(65536, Math.max(initial, Math.ceil(maximumBytes / PAGE)));
  if (initial > 65536) throw outOfMemory(bytes);
  try {
    return new (host().Memory)({ initial, maximum, shared });
  } catch (cause) {
    throw outOfMemory(bytes, cause);
  }
}

/**
 * Grows a memory to at least the given size.
 * @throws BackendError when it cannot grow that far
 */
export function ensureMemory(memory: WasmMemory, bytes: number): void {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch (cause) {
    throw outOfMemory(bytes, cause);
  }
}

function outOfMemory(bytes: number, cause?: unknown): BackendError {
  return new BackendError(
    `The calculation needs ${(bytes / 2 ** 20).toFixed(0)} MiB of memory in one piece, and the machine (or the limit of 2 GiB of this backend) does not give it.`,
    { remedy: 'Use fewer atoms, fewer threads, a smaller skin, or --backend wasm-f32.', cause },
  );
}
