/**
 * What an engine keeps in linear memory about its atoms: sorted entries, neighbour list, slices with their forces, scratch.
 * Everything is laid out anew when the list is built; the list itself lies behind what the search needs and before
 * what only the kernels need, so that it can grow when it turns out too small.
 */
import { PeriodicImages } from '../../structure/periodic-images.ts';
import { ChunkRunner, PHASE, SEARCH_CHUNK } from './chunks.ts';
import type { Kernel } from './kernels/kernel.ts';
import { runsBytes } from './kernels/search.ts';
import { CONTEXT, SLICE, sliceCount } from './layout.ts';
import { EngineMemory } from './memory.ts';
import type { Program } from './program.ts';
import type { WasmExports } from './runtime.ts';

/** A slice of the local atoms and where its forces lie. */
export interface Slice {
  /** Address of the slice's words. */
  readonly base: number;
  readonly first: number;
  readonly last: number;
  /** Address of the force on its first touched entry. */
  readonly forces: number;
  readonly firstEntry: number;
  readonly lastEntry: number;
}

/** Runs a phase of so many chunks on all threads; false when it must be done again. */
export type RunPhase = (phase: number, chunks: number) => boolean;

/** Room for collected neighbours per thread in the search, entries. */
const COLLECTED = 1 << 16;

export class AtomTables {
  readonly images = new PeriodicImages();
  readonly memory: EngineMemory;
  slices: readonly Slice[] = [];
  /** Number of listed neighbours. */
  listed = 0;
  /** Runs chunks on the calling thread. */
  readonly runner: ChunkRunner;
  private readonly exports: WasmExports;
  private readonly program: Program;
  private readonly threads: number;
  private positionsAddress = 0;
  private atomPositionsAddress = 0;
  private atomForcesAddress = 0;
  private atomEnergiesAddress = 0;
  private speciesAddress = 0;
  private energiesAddress = 0;
  private listCapacity = 0;
  private collected = COLLECTED;

  /** @param threads that will have scratch memory of their own */
  constructor(program: Program, threads: number) {
    this.program = program;
    this.threads = threads;
    this.memory = new EngineMemory(program.end, program.shared);
    this.runner = new ChunkRunner(program.module, this.memory.memory);
    this.exports = this.runner.exports;
  }

  /** x, y, z, 0 of every entry. */
  get entryPositions(): Float64Array {
    return this.memory.float64(this.positionsAddress, 4 * this.images.entryCount);
  }

  /** Energies and forces in the order of the atoms, after they have been collected. */
  get atomEnergies(): Float64Array {
    return this.memory.float64(this.atomEnergiesAddress, this.images.atomCount);
  }

  get atomForces(): Float64Array {
    return this.memory.float64(this.atomForcesAddress, 3 * this.images.atomCount);
  }

  /** Moves all entries to where the atoms are now. */
  refresh(positions: Float64Array, cell: ArrayLike<number>, periodic: readonly boolean[]): void {
    this.memory.float64(this.atomPositionsAddress, positions.length).set(positions);
    const vectors = this.memory.float64(CONTEXT.cell, 9);
    for (let k = 0; k < 9; k++) vectors[k] = periodic[Math.floor(k / 3)] ? cell[k] : 0;
    this.exports.refresh(this.images.entryCount);
  }

  /** Adds up the forces and energies of all slices in the order of the atoms; gives the total energy. */
  collect(): number {
    this.atomForces.fill(0);
    for (const slice of this.slices) this.exports.collectForces(slice.base);
    return this.exports.collectEnergies(this.images.atomCount);
  }

  /** Forces of a slice, four numbers per entry. */
  forcesOf(slice: Slice): Float64Array | Float32Array {
    const length = 4 * (slice.lastEntry - slice.firstEntry);
    return this.program.lanes.bytes === 8
      ? this.memory.float64(slice.forces, length)
      : this.memory.float32(slice.forces, length);
  }

  /**
   * Sorts, copies, lists neighbours within a range.
   * @param species index per atom
   * @throws StructureError for unusable structures; BackendError when memory does not suffice
   */
  build(
    positions: Float64Array,
    cell: ArrayLike<number>,
    periodic: readonly boolean[],
    range: number,
    species: Int32Array,
    run: RunPhase,
  ): void {
    const { images, memory, program } = this;
    images.build(positions, cell, periodic, range);
    memory.reset(program.end);
    this.layOutEntries(range);
    this.writeSpecies(species);
    this.refresh(positions, cell, periodic);
    this.search(run);
    const longestRow = this.longestRow();
    memory.setContext('longestRow', longestRow);
    memory.setContext('kernelCount', program.kernels.length);
    const stride = Math.max(...program.kernels.map((kernel: Kernel) => kernel.scratchBytes(longestRow)));
    memory.setContext('kernelStride', memory.stride(stride));
    memory.setContext('kernelScratch', memory.reserve(this.threads * memory.stride(stride)));
    this.makeSlices();
  }

  writeSpecies(species: Int32Array): void {
    const { owners, entryCount } = this.images;
    const view = this.memory.int32(this.speciesAddress, entryCount);
    for (let k = 0; k < entryCount; k++) view[k] = species[owners[k]];
  }

  /** Regions that the search reads and writes, but the list. */
  private layOutEntries(range: number): void {
    const { images, memory } = this;
    const [n, entries] = [images.atomCount, images.entryCount];
    const binCount = images.bins[0] * images.bins[1] * images.bins[2];
    const reserve = (name: keyof typeof CONTEXT, bytes: number) => {
      const address = memory.reserve(bytes);
      memory.setContext(name, address);
      return address;
    };
    this.positionsAddress = reserve('positions', 32 * entries);
    this.speciesAddress = reserve('species', 4 * entries);
    this.energiesAddress = reserve('energies', 8 * n);
    reserve('rowAddresses', 4 * n);
    reserve('rowCounts', 4 * n);
    const locals = reserve('locals', 4 * n);
    const localBins = reserve('localBins', 4 * n);
    const binStart = reserve('binStart', 4 * (binCount + 1));
    const owners = reserve('owners', 4 * entries);
    const shifts = reserve('shifts', 12 * entries);
    this.atomPositionsAddress = reserve('atomPositions', 24 * n);
    this.atomForcesAddress = reserve('atomForces', 24 * n);
    this.atomEnergiesAddress = reserve('atomEnergies', 8 * n);
    // views only now: reserving may have moved an unshared memory
    memory.int32(locals, n).set(images.locals);
    memory.int32(localBins, n).set(images.localBins);
    memory.int32(owners, entries).set(images.owners.subarray(0, entries));
    memory.int32(shifts, 3 * entries).set(images.shifts.subarray(0, 3 * entries));
    memory.int32(binStart, binCount + 1).set(images.binStart.subarray(0, binCount + 1));
    memory.setContext('atomCount', n);
    memory.int32(CONTEXT.bins, 3).set(images.bins);
    memory.int32(CONTEXT.reach, 3).set(images.reach);
    memory.float64(CONTEXT.rangeSquared, 1)[0] = range * range;
  }

  /** Fills the list, with more room as long as it does not suffice. */
  private search(run: RunPhase): void {
    const { memory, images } = this;
    const n = images.atomCount;
    this.listCapacity = Math.max(this.listCapacity, 4 * 64 * Math.min(n, 4096));
    const top = memory.mark();
    for (;;) {
      memory.reset(top);
      const runs = runsBytes(images.reach);
      const stride = memory.stride(runs + 4 * this.collected);
      memory.setContext('runsBytes', runs);
      memory.setContext('collectedBytes', 4 * this.collected);
      memory.setContext('searchStride', stride);
      memory.setContext('searchScratch', memory.reserve(this.threads * stride));
      const list = memory.reserve(this.listCapacity);
      memory.setContext('listNext', list);
      memory.setContext('listEnd', list + this.listCapacity);
      memory.setContext('neededCandidates', 0);
      if (!run(PHASE.search, Math.ceil(n / SEARCH_CHUNK))) continue;
      const needed = memory.context('listNext') - list;
      const candidates = memory.context('neededCandidates');
      if (candidates === 0 && needed <= this.listCapacity) {
        this.listed = needed / 4;
        // what is left of the room goes to what follows
        memory.reset(list + needed);
        return;
      }
      if (candidates > 0) this.collected = 2 * candidates;
      this.listCapacity = Math.max(this.listCapacity, Math.ceil(1.1 * needed));
    }
  }

  private longestRow(): number {
    const { memory, images } = this;
    const counts = memory.int32(memory.context('rowCounts'), images.atomCount);
    let longest = 0;
    for (let l = 0; l < counts.length; l++) if (counts[l] > longest) longest = counts[l];
    return longest;
  }

  /** Cuts the local atoms into slices and gives each forces for the entries that it touches. */
  private makeSlices(): void {
    const { images, memory, program } = this;
    const n = images.atomCount;
    const count = sliceCount(n);
    const slices: Slice[] = [];
    for (let s = 0; s < count; s++) {
      const base = SLICE.base + s * SLICE.bytes;
      const first = Math.floor((n * s) / count);
      const last = Math.floor((n * (s + 1)) / count);
      const [firstEntry, lastEntry] = this.touchedEntries(first, last);
      const forces = memory.reserve((lastEntry - firstEntry) * program.forceStride);
      const words = memory.int32(base, SLICE.bytes / 4);
      words.fill(0);
      words[SLICE.first / 4] = first;
      words[SLICE.last / 4] = last;
      words[SLICE.forces / 4] = forces - firstEntry * program.forceStride;
      words[SLICE.firstEntry / 4] = firstEntry;
      words[SLICE.lastEntry / 4] = lastEntry;
      slices.push({ base, first, last, forces, firstEntry, lastEntry });
    }
    this.slices = slices;
  }

  /** Rows are ascending, so that their ends tell which entries a slice touches. */
  private touchedEntries(first: number, last: number): [number, number] {
    const { memory, images, program } = this;
    const n = images.atomCount;
    let low = images.locals[first];
    let high = images.locals[last - 1];
    if (!program.kernels.some((kernel) => kernel.scattersForces)) return [low, high + 1];
    const addresses = memory.int32(memory.context('rowAddresses'), n);
    const counts = memory.int32(memory.context('rowCounts'), n);
    const words = memory.int32(0, memory.bytes >>> 2);
    for (let l = first; l < last; l++) {
      if (counts[l] === 0) continue;
      const row = addresses[l] >>> 2;
      if (words[row] < low) low = words[row];
      if (words[row + counts[l] - 1] > high) high = words[row + counts[l] - 1];
    }
    return [low, high + 1];
  }

  /** Zeroes everything that kernels add to. */
  clear(): void {
    const { memory } = this;
    memory.float64(this.energiesAddress, this.images.atomCount).fill(0);
    for (const slice of this.slices) {
      this.forcesOf(slice).fill(0);
      memory.int32(slice.base + SLICE.tooClose, 1)[0] = 0;
      memory.float64(slice.base + SLICE.virial, 6).fill(0);
    }
  }
}
