/**
 * The linear memory of one engine: fixed places (layout.ts), coefficients, then everything whose size depends on the
 * atoms. Regions are laid out one after another when the neighbour list is built, so that nothing needs freeing.
 */
import { align, CONTEXT } from './layout.ts';
import { createMemory, ensureMemory } from './runtime.ts';
import type { WasmMemory } from './runtime.ts';

/** Address space that an engine may grow into: what signed 32-bit addresses reach, since loops compare them. */
const MAXIMUM_BYTES = 2 ** 31;

export class EngineMemory {
  readonly memory: WasmMemory;
  private top: number;

  /** @param fixedBytes size of the fixed places and the coefficients */
  constructor(fixedBytes: number, shared: boolean) {
    this.memory = createMemory(fixedBytes, MAXIMUM_BYTES, shared);
    this.top = fixedBytes;
  }

  get buffer(): ArrayBufferLike {
    return this.memory.buffer;
  }

  /** Bytes that the engine occupies. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Forgets all regions behind an address. */
  reset(to: number): void {
    this.top = to;
  }

  /** Address of a new region. Growing makes views of an unshared memory useless: make them afterwards. */
  reserve(bytes: number): number {
    const address = align(this.top, 64);
    ensureMemory(this.memory, address + bytes);
    this.top = address + bytes;
    return address;
  }

  /** Address behind the last region, to come back to with `reset`. */
  mark(): number {
    return this.top;
  }

  /** Bytes from one thread's region to the next one's. */
  stride(bytes: number): number {
    return align(bytes, 128);
  }

  context(place: keyof typeof CONTEXT): number {
    return new Int32Array(this.buffer, CONTEXT[place], 1)[0];
  }

  setContext(place: keyof typeof CONTEXT, value: number): void {
    new Int32Array(this.buffer, CONTEXT[place], 1)[0] = value;
  }

  int32(address: number, length: number): Int32Array {
    return new Int32Array(this.buffer, address, length);
  }

  float64(address: number, length: number): Float64Array {
    return new Float64Array(this.buffer, address, length);
  }

  float32(address: number, length: number): Float32Array {
    return new Float32Array(this.buffer, address, length);
  }
}
