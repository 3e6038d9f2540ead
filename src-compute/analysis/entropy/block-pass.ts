/** One pass over all pairs of blocks: where its arrays lie in (shared) memory, and running it. */
import {
  compileModule,
  createMemory,
  instantiate,
  type WasmExports,
  type WasmMemory,
  type WasmModule,
} from '../../backends/wasm/runtime.ts';
import { BLOCK, type PairMode } from './kernel-program.ts';
import type { PackedPoints } from './packed-points.ts';
import { PASS_CONTEXT, PASS_CONTEXT_BYTES, PASS_PHASE, passModule } from './pass-program.ts';

export type Precision = 'f64' | 'f32';

/** How large a pass's arrays are. */
export interface PassShape {
  readonly precision: Precision;
  /** Padded number of dimensions. */
  readonly dimension: number;
  readonly queryBlocks: number;
  /** Most reference blocks that will be there at a time. */
  readonly referenceBlocks: number;
  /** Queries are the references: one copy is kept. */
  readonly same: boolean;
  readonly threads: number;
  readonly shared: boolean;
}

/** Start values of `nearest`, larger than any squared distance. */
const FAR: Readonly<Record<Precision, number>> = { f64: 1e300, f32: 1e38 };

const modules = new Map<string, WasmModule>();

/** The compiled module; modules are kept, there are few. */
export function compiledPass(precision: Precision, dimension: number, shared: boolean): WasmModule {
  const key = `${precision} ${dimension} ${shared}`;
  let module = modules.get(key);
  if (!module) modules.set(key, (module = compileModule(passModule(precision, dimension, shared))));
  return module;
}

/** Memory with packed points, on which passes are run. */
export class PassMemory {
  readonly memory: WasmMemory;
  readonly module: WasmModule;
  readonly shape: PassShape;
  private readonly exports: WasmExports;
  private readonly address: Record<'queryPoints' | 'queryBoxes' | 'results' | 'shifts' | 'scratch', number>;
  private readonly references: { readonly points: number; readonly boxes: number };

  /** @throws BackendError when the machine does not give that much memory */
  constructor(shape: PassShape) {
    let end = PASS_CONTEXT_BYTES;
    const take = (bytes: number) => {
      const address = end;
      end = Math.ceil((end + bytes) / 64) * 64;
      return address;
    };
    const bytes = shape.precision === 'f64' ? 8 : 4;
    const points = (blocks: number) => take(blocks * shape.dimension * BLOCK * bytes);
    const boxes = (blocks: number) => take(blocks * shape.dimension * 16);
    const rows = shape.queryBlocks * BLOCK;
    this.shape = shape;
    this.address = {
      queryPoints: points(shape.queryBlocks),
      queryBoxes: boxes(shape.queryBlocks),
      results: take(rows * 8 * (shape.same ? shape.threads : 1)),
      shifts: take(rows * bytes),
      scratch: take(shape.threads * BLOCK * bytes),
    };
    this.references = shape.same
      ? { points: this.address.queryPoints, boxes: this.address.queryBoxes }
      : { points: points(shape.referenceBlocks), boxes: boxes(shape.referenceBlocks) };
    this.memory = createMemory(end, end, shape.shared);
    this.module = compiledPass(shape.precision, shape.dimension, shape.shared);
    this.exports = instantiate(this.module, this.memory);
  }

  setQueries(packed: PackedPoints): void {
    this.write(this.address.queryPoints, this.address.queryBoxes, packed);
  }

  setReferences(packed: PackedPoints): void {
    this.write(this.references.points, this.references.boxes, packed);
  }

  /**
   * Prepares a pass.
   * @param referenceBlocks blocks of references that are there
   * @param shifts taken off the squared distances of each query; none without it
   * @param limit squared distances (minus shift) above this are left out
   */
  begin(
    mode: PairMode,
    referenceBlocks: number,
    bandwidth: number,
    limit: number,
    shifts?: Float64Array,
  ): void {
    const { address, shape, memory } = this;
    const rows = shape.queryBlocks * BLOCK;
    const words = new Int32Array(memory.buffer, 0, PASS_CONTEXT_BYTES / 4);
    const set = (name: keyof typeof PASS_CONTEXT, value: number) => (words[PASS_CONTEXT[name] / 4] = value);
    for (const [name, value] of Object.entries(address)) set(name as keyof typeof address, value);
    set('referencePoints', this.references.points);
    set('referenceBoxes', this.references.boxes);
    set('referenceBlocks', referenceBlocks);
    set('resultsStride', mode === 'symmetric' ? rows * 8 : 0);
    set('scratchStride', BLOCK * (shape.precision === 'f64' ? 8 : 4));
    const numbers = new Float64Array(memory.buffer, PASS_CONTEXT.factor, 2);
    numbers[0] = -1 / (2 * bandwidth * bandwidth);
    numbers[1] = limit;
    const results = this.allResults();
    results.fill(mode === 'nearest' ? FAR[shape.precision] : 0);
    const own =
      shape.precision === 'f64'
        ? new Float64Array(memory.buffer, address.shifts, rows)
        : new Float32Array(memory.buffer, address.shifts, rows);
    if (shifts) own.set(shifts);
    else own.fill(0);
  }

  /** From which row of blocks chunks are counted. */
  setFirstRow(row: number): void {
    new Int32Array(this.memory.buffer, PASS_CONTEXT.firstRow, 1)[0] = row;
  }

  /** Does one row of blocks on this thread. */
  runChunk(mode: PairMode, chunk: number): void {
    this.exports.chunk(PASS_PHASE[mode], chunk, 0);
  }

  /** Runs the whole pass on this thread. */
  runHere(mode: PairMode): void {
    this.setFirstRow(0);
    for (let row = 0; row < this.shape.queryBlocks; row++) this.runChunk(mode, row);
  }

  /** Results per packed query, summed over threads. */
  results(): Float64Array {
    const rows = this.shape.queryBlocks * BLOCK;
    const all = this.allResults();
    const sum = all.slice(0, rows);
    for (let k = rows; k < all.length; k++) sum[k % rows] += all[k];
    return sum;
  }

  private allResults(): Float64Array {
    const rows = this.shape.queryBlocks * BLOCK;
    const copies = this.shape.same ? this.shape.threads : 1;
    return new Float64Array(this.memory.buffer, this.address.results, copies * rows);
  }

  private write(points: number, boxes: number, packed: PackedPoints): void {
    const target =
      packed.points instanceof Float64Array
        ? new Float64Array(this.memory.buffer, points, packed.points.length)
        : new Float32Array(this.memory.buffer, points, packed.points.length);
    target.set(packed.points);
    new Float64Array(this.memory.buffer, boxes, packed.boxes.length).set(packed.boxes);
  }
}
