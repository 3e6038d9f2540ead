/**
 * What an engine keeps in linear memory about its atoms: sorted entries, neighbour list, slices with their forces, scratch.
 * Everything is laid out anew when the list is built; the list itself lies behind what the search needs and before
 * what only the kernels need, so that it can grow when it turns out too small.
 */
import { PeriodicImages } from '../../structure/periodic-images.ts';
import { ChunkRunner, PHASE, REFRESH_CHUNK, SEARCH_CHUNK } from './chunks.ts';
import type { Kernel } from './kernels/kernel.ts';
import { runsBytes } from './kernels/search.ts';
import { CONTEXT, SLICE, sliceCount } from './layout.ts';
import { EngineMemory } from './memory.ts';
import type { Program } from './program.ts';

/** A slice of the local atoms: the address of its words, and the entries that it touches. */
export interface Slice {
  readonly base: number;
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
  private readonly program: Program;
  private readonly threads: number;
  private positionsAddress = 0;
  private atomPositionsAddress = 0;
  private atomForcesAddress = 0;
  private atomEnergiesAddress = 0;
  private speciesAddress = 0;
  private listCapacity = 0;
  private collected = COLLECTED;

  /** @param threads that will have scratch memory of their own */
  constructor(program: Program, threads: number) {
    this.program = program;
    this.threads = threads;
    this.memory = new EngineMemory(program.end, program.shared);
    this.runner = new ChunkRunner(program.module, this.memory.memory);
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

  /**
   * Moves all entries to where the atoms are now.
   * @param run runs the phase
   */
  refresh(
    positions: Float64Array,
    cell: ArrayLike<number>,
    periodic: readonly boolean[],
    run: RunPhase,
  ): void {
    this.memory.float64(this.atomPositionsAddress, positions.length).set(positions);
    const vectors = this.memory.float64(CONTEXT.cell, 9);
    for (let k = 0; k < 9; k++) vectors[k] = periodic[Math.floor(k / 3)] ? cell[k] : 0;
    const chunks = Math.ceil(this.images.entryCount / REFRESH_CHUNK);
    while (!run(PHASE.refresh, chunks));
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
    this.refresh(positions, cell, periodic, run);
    this.search(run);
    const longestRow = this.longestRow();
    memory.setContext('longestRow', longestRow);
    memory.setContext('kernelCount', program.kernels.length);
    const stride = Math.max(...program.kernels.map((kernel: Kernel) => kernel.scratchBytes(longestRow)));
    memory.setContext('kernelStride', memory.stride(stride));
    memory.setContext('kernelScratch', memory.reserve(this.threads * memory.stride(stride)));
    this.makeSlices();
    this.listCopies();
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
    reserve('energies', 8 * n);
    reserve('rowAddresses', 4 * n);
    reserve('rowCounts', 4 * n);
    const locals = reserve('locals', 4 * n);
    const localBins = reserve('localBins', 4 * n);
    const binStart = reserve('binStart', 4 * (binCount + 1));
    const owners = reserve('owners', 4 * entries);
    const shifts = reserve('shifts', 12 * entries);
    reserve('copyStart', 4 * (n + 1));
    reserve('copies', 8 * entries);
    reserve('localOfAtom', 4 * n);
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
    memory.setContext('entryCount', entries);
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
    const bound = (s: number) => Math.floor((n * s) / count);
    const touched = Array.from({ length: count }, (_, s) => this.touchedEntries(bound(s), bound(s + 1)));
    // ends that ascend from slice to slice make the slices of an entry contiguous
    for (let s = 1; s < count; s++) touched[s][1] = Math.max(touched[s][1], touched[s - 1][1]);
    for (let s = count - 2; s >= 0; s--) touched[s][0] = Math.min(touched[s][0], touched[s + 1][0]);
    const slices = touched.map(([firstEntry, lastEntry], s) => {
      const base = SLICE.base + s * SLICE.bytes;
      const forces = memory.reserve((lastEntry - firstEntry) * program.forceStride);
      const words = memory.int32(base, SLICE.bytes / 4);
      words.fill(0);
      words[SLICE.first / 4] = bound(s);
      words[SLICE.last / 4] = bound(s + 1);
      words[SLICE.forces / 4] = forces - firstEntry * program.forceStride;
      words[SLICE.firstEntry / 4] = firstEntry;
      words[SLICE.lastEntry / 4] = lastEntry;
      return { base, firstEntry, lastEntry };
    });
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

  /** Lists the copies of every atom and which slices touch them. */
  private listCopies(): void {
    const { images, memory, slices } = this;
    const { owners, locals, atomCount: n, entryCount } = images;
    const start = memory.int32(memory.context('copyStart'), n + 1);
    const copies = memory.int32(memory.context('copies'), 2 * entryCount);
    const localOfAtom = memory.int32(memory.context('localOfAtom'), n);
    for (let l = 0; l < n; l++) localOfAtom[owners[locals[l]]] = l;
    start.fill(0);
    for (let k = 0; k < entryCount; k++) start[owners[k] + 1]++;
    for (let i = 0; i < n; i++) start[i + 1] += start[i];
    // slices touch contiguous ranges of entries whose ends both ascend
    let first = 0;
    let last = 0;
    for (let k = 0; k < entryCount; k++) {
      while (first < slices.length && slices[first].lastEntry <= k) first++;
      while (last < slices.length && slices[last].firstEntry <= k) last++;
      const at = start[owners[k]]++;
      copies[2 * at] = k;
      copies[2 * at + 1] = first | (Math.max(first, last) << 16);
    }
    for (let i = n; i > 0; i--) start[i] = start[i - 1];
    start[0] = 0;
  }
}
