/**
 * One pass over all pairs of blocks: what a thread needs to know, where it lies in (shared) memory, and the loop that
 * every thread runs. Threads take rows of blocks from a common counter.
 */
import {
  compileModule,
  instantiate,
  type WasmExports,
  type WasmMemory,
  type WasmModule,
} from '../../backends/wasm/runtime.ts';
import { BLOCK, kernelModule } from './kernel-program.ts';
import { boxDistance, type PackedPoints } from './packed-points.ts';

export type PassMode = 'symmetric' | 'oneSided' | 'nearest';

/** Where one set of packed points lies, in bytes. */
export interface PlacedPoints {
  readonly blocks: number;
  readonly points: number;
  readonly boxes: number;
}

/** Plain data: may be posted to a worker. */
export interface BlockPass {
  readonly mode: PassMode;
  readonly precision: 'f64' | 'f32';
  readonly dimension: number;
  readonly shared: boolean;
  readonly queries: PlacedPoints;
  readonly references: PlacedPoints;
  /** Results, f64 per query; with `symmetric` one such array per thread, one after the other. */
  readonly results: number;
  /** Shifts per query in the lane type; oneSided only. */
  readonly shifts: number;
  /** Scratch of 64 numbers in the lane type per thread. */
  readonly scratch: number;
  /** i32: the next row of blocks to take. */
  readonly counter: number;
  /** −1/2h² */
  readonly factor: number;
  /** Squared distances (minus shift) above this are left out. */
  readonly limit: number;
}

/** Lays arrays out in memory one after the other. */
export class MemoryLayout {
  private end = 64;

  /** Address of a new region. */
  take(bytes: number): number {
    const address = this.end;
    this.end = Math.ceil((this.end + bytes) / 64) * 64;
    return address;
  }

  get bytes(): number {
    return this.end;
  }

  takePoints(packed: PackedPoints): PlacedPoints {
    return {
      blocks: packed.blocks,
      points: this.take(packed.points.byteLength),
      boxes: this.take(packed.boxes.byteLength),
    };
  }
}

/** Copies packed points to their place. */
export function writePoints(memory: WasmMemory, place: PlacedPoints, packed: PackedPoints): void {
  const target =
    packed.points instanceof Float64Array
      ? new Float64Array(memory.buffer, place.points, packed.points.length)
      : new Float32Array(memory.buffer, place.points, packed.points.length);
  target.set(packed.points);
  new Float64Array(memory.buffer, place.boxes, packed.boxes.length).set(packed.boxes);
}

const modules = new Map<string, WasmModule>();
const instances = new WeakMap<WasmMemory, Map<string, WasmExports>>();

/** Instance of the kernel on a memory; one per memory, precision and number of dimensions. */
export function kernelInstance(
  memory: WasmMemory,
  pass: Pick<BlockPass, 'precision' | 'dimension' | 'shared'>,
): WasmExports {
  const key = `${pass.precision} ${pass.dimension} ${pass.shared}`;
  const own = instances.get(memory) ?? new Map<string, WasmExports>();
  instances.set(memory, own);
  let instance = own.get(key);
  if (!instance) {
    let module = modules.get(key);
    if (!module) {
      module = compileModule(kernelModule(pass.precision, pass.dimension, pass.shared));
      modules.set(key, module);
    }
    instance = instantiate(module, memory);
    own.set(key, instance);
  }
  return instance;
}

/** The loop of one thread over the rows of blocks it can get; made once per pass and thread. */
export class PassRunner {
  private readonly kernel: WasmExports;
  private readonly pass: BlockPass;
  private readonly counter: Int32Array;
  private readonly boxesA: Float64Array;
  private readonly boxesB: Float64Array;
  private readonly results: Float64Array;
  private readonly shifts: Float64Array | Float32Array;
  private readonly resultsAddress: number;
  private readonly scratchAddress: number;
  private readonly distances: Float64Array;
  private readonly visit: Int32Array;

  constructor(pass: BlockPass, memory: WasmMemory, thread: number) {
    const { queries, references, dimension } = pass;
    const bytes = pass.precision === 'f64' ? 8 : 4;
    const rows = queries.blocks * BLOCK;
    this.pass = pass;
    this.kernel = kernelInstance(memory, pass);
    this.counter = new Int32Array(memory.buffer, pass.counter, 1);
    this.boxesA = new Float64Array(memory.buffer, queries.boxes, queries.blocks * 2 * dimension);
    this.boxesB = new Float64Array(memory.buffer, references.boxes, references.blocks * 2 * dimension);
    this.resultsAddress = pass.results + (pass.mode === 'symmetric' ? thread * rows * 8 : 0);
    this.results = new Float64Array(memory.buffer, this.resultsAddress, rows);
    this.shifts =
      bytes === 8
        ? new Float64Array(memory.buffer, pass.shifts, rows)
        : new Float32Array(memory.buffer, pass.shifts, rows);
    this.scratchAddress = pass.scratch + thread * BLOCK * bytes;
    this.distances = new Float64Array(references.blocks);
    this.visit = new Int32Array(references.blocks);
  }

  /** Takes one row of blocks and does it. False when none is left. */
  step(): boolean {
    const row = Atomics.add(this.counter, 0, 1);
    if (row >= this.pass.queries.blocks) return false;
    if (this.pass.mode === 'symmetric') this.symmetricRow(row);
    else if (this.pass.mode === 'oneSided') this.oneSidedRow(row);
    else this.nearestRow(row);
    return true;
  }

  private call(mode: PassMode, row: number, column: number, limit: number): void {
    const { pass } = this;
    const bytes = pass.precision === 'f64' ? 8 : 4;
    const stride = pass.dimension * BLOCK * bytes;
    this.kernel[mode](
      pass.queries.points + row * stride,
      pass.references.points + column * stride,
      this.resultsAddress + row * BLOCK * 8,
      this.resultsAddress + column * BLOCK * 8,
      pass.shifts + row * BLOCK * bytes,
      this.scratchAddress,
      pass.factor,
      limit,
    );
  }

  private distance(row: number, column: number, limit: number): number {
    return boxDistance(this.boxesA, row, this.boxesB, column, this.pass.dimension, limit);
  }

  /** Pairs (I, J ≥ I) of one set with itself; the diagonal is done one-sidedly with shifts of zero. */
  private symmetricRow(row: number): void {
    const { limit, references } = this.pass;
    this.call('oneSided', row, row, limit);
    for (let column = row + 1; column < references.blocks; column++) {
      if (this.distance(row, column, limit) <= limit) this.call('symmetric', row, column, limit);
    }
  }

  private oneSidedRow(row: number): void {
    const { limit, references } = this.pass;
    let largest = 0;
    for (let slot = 0; slot < BLOCK; slot++) largest = Math.max(largest, this.shifts[row * BLOCK + slot]);
    for (let column = 0; column < references.blocks; column++) {
      if (this.distance(row, column, limit + largest) <= limit + largest)
        this.call('oneSided', row, column, limit);
    }
  }

  /** The nearest boxes first, until none can hold anything nearer. */
  private nearestRow(row: number): void {
    const { blocks } = this.pass.references;
    for (let column = 0; column < blocks; column++) {
      this.visit[column] = column;
      this.distances[column] = this.distance(row, column, Infinity);
    }
    this.visit.sort((a, b) => this.distances[a] - this.distances[b]);
    const own = this.results.subarray(row * BLOCK, (row + 1) * BLOCK);
    for (const column of this.visit) {
      let worst = 0;
      for (const value of own) worst = Math.max(worst, value);
      if (this.distances[column] > worst) break;
      this.call('nearest', row, column, worst);
    }
  }
}
