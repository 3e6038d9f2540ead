/**
 * The work of one engine in chunks, the same on the calling thread and in workers. A chunk of forces is a slice, other
 * chunks are runs of atoms or entries. A step is refresh, forces, collect; a new list needs refresh and search.
 */
import { CONTEXT, CONTEXT_BYTES, kernelExport, SLICE } from './layout.ts';
import { instantiate } from './runtime.ts';
import type { WasmExports, WasmMemory, WasmModule } from './runtime.ts';

/** What is being computed. From `own` on a module does its chunks itself: it exports `chunk(phase, chunk, thread)`. */
export const PHASE = { search: 1, refresh: 2, forces: 3, collect: 4, own: 100 } as const;

/** Local atoms of one chunk of the search. */
export const SEARCH_CHUNK = 512;

/** Entries of one chunk of the refresh, atoms of one chunk of the collection. */
export const REFRESH_CHUNK = 4096;
export const COLLECT_CHUNK = 2048;

/** Atoms per call of a kernel: V8 replaces code by its optimised form between calls only. */
const ATOMS_PER_CALL = 64;

export class ChunkRunner {
  private readonly exports: WasmExports;
  private readonly memory: WasmMemory;
  private words: Int32Array = new Int32Array(0);

  constructor(module: WasmModule, memory: WasmMemory) {
    this.memory = memory;
    this.exports = instantiate(module, memory);
  }

  /**
   * Computes one chunk.
   * @param thread number of the thread, 0 for the calling one: selects its scratch memory
   */
  run(phase: number, chunk: number, thread: number): void {
    if (phase >= PHASE.own) {
      this.exports.chunk(phase, chunk, thread);
      return;
    }
    // an unshared memory that has grown has a new buffer
    if (this.words.buffer !== this.memory.buffer) {
      this.words = new Int32Array(this.memory.buffer, 0, CONTEXT_BYTES >>> 2);
    }
    if (phase === PHASE.search) this.search(chunk, thread);
    else if (phase === PHASE.refresh) this.range('refresh', chunk, REFRESH_CHUNK, CONTEXT.entryCount);
    else if (phase === PHASE.collect) this.range('collect', chunk, COLLECT_CHUNK, CONTEXT.atomCount);
    else this.forces(chunk, thread);
  }

  private word(address: number): number {
    return this.words[address >>> 2];
  }

  private search(chunk: number, thread: number): void {
    const scratch = this.word(CONTEXT.searchScratch) + thread * this.word(CONTEXT.searchStride);
    const first = chunk * SEARCH_CHUNK;
    this.exports.search(scratch, first, Math.min(this.word(CONTEXT.atomCount), first + SEARCH_CHUNK));
  }

  /** Calls a function of (first, last) for a chunk of so many things. */
  private range(name: string, chunk: number, size: number, count: number): void {
    this.exports[name](chunk * size, Math.min(this.word(count), (chunk + 1) * size));
  }

  private forces(slice: number, thread: number): void {
    const base = SLICE.base + slice * SLICE.bytes;
    const [from, to] = new Int32Array(this.memory.buffer, base, 2);
    const scratch = this.word(CONTEXT.kernelScratch) + thread * this.word(CONTEXT.kernelStride);
    const kernels = this.word(CONTEXT.kernelCount);
    this.exports.clearSlice(base);
    for (let k = 0; k < kernels; k++) {
      const kernel = this.exports[kernelExport(k)];
      for (let first = from; first < to; first += ATOMS_PER_CALL) {
        kernel(base, scratch, first, Math.min(to, first + ATOMS_PER_CALL));
      }
    }
  }
}
