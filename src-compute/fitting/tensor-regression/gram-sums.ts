/**
 * Gram matrices of weighted design rows and their targets, summed by slot in the memory of the WebAssembly kernel: tiles of
 * every slot one after the other, then panels of four columns for the rows of one structure.
 */
import { FitError } from '../../errors.ts';
import {
  compileModule,
  createMemory,
  ensureMemory,
  instantiate,
  type WasmExports,
  type WasmMemory,
} from '../../backends/wasm/runtime.ts';
import { encodeGramKernel } from '../kernels/gram-kernel.ts';
import { unpackTiles } from '../normal-equations.ts';

/** Addresses are compared as signed numbers. */
const MAXIMUM_BYTES = 2 ** 31 - 65536;
const ROW_BYTES = 32;

export class GramSums {
  private readonly memory: WasmMemory;
  private readonly kernel: WasmExports;
  private columns = 0;
  private slots = 0;

  constructor() {
    this.memory = createMemory(0, MAXIMUM_BYTES, false);
    this.kernel = instantiate(compileModule(encodeGramKernel()), this.memory);
  }

  /**
   * Starts sums of zero.
   * @param columns of the design matrix, without the target
   * @throws FitError when they do not fit into memory
   */
  begin(columns: number, slots: number): void {
    this.columns = columns;
    this.slots = slots;
    if (this.tileBytes() * slots > MAXIMUM_BYTES / 2) throw tooLarge(columns);
    ensureMemory(this.memory, this.tileBytes() * slots);
    for (let slot = 0; slot < slots; slot++) this.tiles(slot).fill(0);
  }

  /**
   * Adds rows to the sums of a slot.
   * @param values rows × columns, row-major
   * @param weight factor on row r and its target; 0 leaves the row out
   * @param target of row r
   */
  add(
    slot: number,
    values: Float64Array,
    rows: number,
    weight: (row: number) => number,
    target: (row: number) => number,
  ): void {
    const n = this.columns;
    const panels = Math.ceil((n + 1) / 4);
    const panelBytes = rows * ROW_BYTES;
    const start = this.tileBytes() * this.slots;
    if (start + panels * panelBytes > MAXIMUM_BYTES) throw tooLarge(n);
    ensureMemory(this.memory, start + panels * panelBytes);
    const view = new Float64Array(this.memory.buffer, start, (panels * panelBytes) / 8);
    // columns that fill up the last panel
    view.fill(0, (panels - 1) * rows * 4);
    for (let r = 0; r < rows; r++) {
      const factor = weight(r);
      for (let c = 0; c < n; c++) {
        view[(c >> 2) * rows * 4 + 4 * r + (c & 3)] = factor === 0 ? 0 : factor * values[r * n + c];
      }
      view[(n >> 2) * rows * 4 + 4 * r + (n & 3)] = factor === 0 ? 0 : factor * target(r);
    }
    this.kernel.gram(start, panels, panelBytes, rows, slot * this.tileBytes());
  }

  /** Full symmetric matrix of a slot; the target is the last column. */
  gramOf(slot: number): Float64Array {
    const n = this.columns + 1;
    return unpackTiles(this.tiles(slot), Math.ceil(n / 4), n);
  }

  private tileBytes(): number {
    const panels = Math.ceil((this.columns + 1) / 4);
    return (panels * (panels + 1) * 128) / 2;
  }

  private tiles(slot: number): Float64Array {
    return new Float64Array(this.memory.buffer, slot * this.tileBytes(), this.tileBytes() / 8);
  }
}

function tooLarge(columns: number): FitError {
  return new FitError(`A fit of ${columns} coefficients does not fit into memory at once.`, {
    remedy: 'Use fewer descriptors, a lower rank, or a tensor train (--bond-dimension).',
  });
}
