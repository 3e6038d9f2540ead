/**
 * The work of one engine in chunks, the same on the calling thread and in workers. A chunk of a search is a run of local
 * atoms; a chunk of forces is a slice.
 */
import { CONTEXT, CONTEXT_BYTES, kernelExport, SLICE } from './layout.ts';
import { instantiate } from './runtime.ts';
import type { WasmExports, WasmMemory, WasmModule } from './runtime.ts';

/** What is being computed. From `own` on a module does its chunks itself: it exports `chunk(phase, chunk, thread)`. */
export const PHASE = { search: 1, forces: 2, own: 100 } as const;

/** Local atoms of one chunk of the search. */
export const SEARCH_CHUNK = 512;

/** Atoms per call of a kernel: V8 replaces code by its optimised form between calls only. */
const ATOMS_PER_CALL = 64;

export class ChunkRunner {
  readonly exports: WasmExports;
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

  private forces(slice: number, thread: number): void {
    const base = SLICE.base + slice * SLICE.bytes;
    const [from, to] = new Int32Array(this.memory.buffer, base, 2);
    const scratch = this.word(CONTEXT.kernelScratch) + thread * this.word(CONTEXT.kernelStride);
    const kernels = this.word(CONTEXT.kernelCount);
    for (let k = 0; k < kernels; k++) {
      const kernel = this.exports[kernelExport(k)];
      for (let first = from; first < to; first += ATOMS_PER_CALL) {
        kernel(base, scratch, first, Math.min(to, first + ATOMS_PER_CALL));
      }
    }
  }
}
