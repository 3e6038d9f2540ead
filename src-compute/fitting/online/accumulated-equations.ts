/**
 * Normal equations of a stream of rows, with exponential forgetting: for every new frame
 *
 *   G ← ω G + Σ_r w_r a_r a_rᵀ,   b ← ω b + Σ_r w_r a_r y_r,   c ← ω c + Σ_r w_r y_r²,   0 < ω ≤ 1,
 *
 * which is least squares with the weight w_r ω^(age of r in frames). Old rows are never needed again, and the sums of
 * two streams are added to merge them. docs/physics.md §2, "Online learning".
 *
 * (G, b; bᵀ, c) is held as one matrix of n + 1 columns, the label last, in the tiles of the WebAssembly Gram kernel. A
 * set holds several such systems of the same size (blocks), for example of forces and of energies.
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
import type { NormalEquations } from '../least-squares.ts';

const ROW_BYTES = 32;
/** Addresses are compared as signed numbers. */
const MAXIMUM_BYTES = 2 ** 31 - 65536;

export class AccumulatedEquations {
  /** n, without the label. */
  readonly columns: number;
  readonly blocks: number;
  /** Rows in each block, Σ ω^age. */
  readonly rows: Float64Array;
  readonly #memory: WasmMemory;
  readonly #kernel: WasmExports;
  readonly #panels: number;
  /** Numbers in the tiles of one block. */
  readonly #tileSize: number;

  /** @throws FitError when the sums need more memory than there may be */
  constructor(columns: number, blocks: number) {
    this.columns = columns;
    this.blocks = blocks;
    this.rows = new Float64Array(blocks);
    this.#panels = Math.ceil((columns + 1) / 4);
    this.#tileSize = 8 * this.#panels * (this.#panels + 1);
    if (8 * this.#tileSize * blocks > MAXIMUM_BYTES / 2) {
      throw new FitError(`Normal equations of ${columns} coefficients do not fit into memory.`, {
        remedy: 'Use fewer descriptors or a lower rank, or the decoupled scheme.',
      });
    }
    this.#memory = createMemory(0, MAXIMUM_BYTES, false);
    this.#kernel = instantiate(compileModule(encodeGramKernel()), this.#memory);
    ensureMemory(this.#memory, 8 * this.#tileSize * blocks);
  }

  /** The sums of all blocks as they are stored: for saving and for adding. Valid until the next `add`. */
  sums(): Float64Array {
    return new Float64Array(this.#memory.buffer, 0, this.#tileSize * this.blocks);
  }

  /** Multiplies what was learned by the forgetting ratio ω. */
  forget(ratio: number): void {
    if (ratio === 1) return;
    const sums = this.sums();
    for (let k = 0; k < sums.length; k++) sums[k] *= ratio;
    for (let k = 0; k < this.rows.length; k++) this.rows[k] *= ratio;
  }

  /** The same for one block alone. */
  forgetBlock(block: number, ratio: number): void {
    if (ratio === 1) return;
    const sums = this.sums().subarray(block * this.#tileSize, (block + 1) * this.#tileSize);
    for (let k = 0; k < sums.length; k++) sums[k] *= ratio;
    this.rows[block] *= ratio;
  }

  /**
   * Adds rows of one weight to a block.
   * @param rows row-major, n columns; the rows `from` … `from + count − 1` are taken
   * @param labels y of the row `from` is `labels[label]`, and so on
   */
  add(
    block: number,
    rows: Float64Array,
    from: number,
    count: number,
    labels: ArrayLike<number>,
    label: number,
    weight: number,
  ): void {
    const n = this.columns;
    const start = 8 * this.#tileSize * this.blocks;
    const panelBytes = count * ROW_BYTES;
    ensureMemory(this.#memory, start + this.#panels * panelBytes);
    const panels = new Float64Array(this.#memory.buffer, start, this.#panels * count * 4);
    panels.fill(0, (this.#panels - 1) * count * 4);
    const factor = Math.sqrt(weight);
    for (let r = 0; r < count; r++) {
      const row = (from + r) * n;
      for (let c = 0; c < n; c++) panels[(c >> 2) * count * 4 + 4 * r + (c & 3)] = factor * rows[row + c];
      panels[(n >> 2) * count * 4 + 4 * r + (n & 3)] = factor * labels[label + r];
    }
    this.#kernel.gram(start, this.#panels, panelBytes, count, block * this.#tileSize * 8);
    this.rows[block] += count;
  }

  /** Adds the sums of another stream over the same columns. */
  merge(other: AccumulatedEquations): void {
    const sums = this.sums();
    other.sums().forEach((value, k) => (sums[k] += value));
    other.rows.forEach((count, k) => (this.rows[k] += count));
  }

  /** Goes back to stored sums. @throws FitError for sums of other sizes */
  restore(sums: Float64Array, rows: Float64Array): void {
    if (sums.length !== this.#tileSize * this.blocks || rows.length !== this.blocks) {
      throw new FitError('The stored normal equations belong to a model of another size.', {
        remedy: 'Continue with the settings that the state was made with.',
      });
    }
    this.sums().set(sums);
    this.rows.set(rows);
  }

  /** The full matrix (G, b; bᵀ, c) of the sum of some blocks, (n + 1)², row-major. */
  matrix(blocks: readonly number[]): Float64Array {
    const n = this.columns + 1;
    const sums = this.sums();
    const full = new Float64Array(n * n);
    for (const block of blocks) {
      let tile = block * this.#tileSize;
      for (let p = 0; p < this.#panels; p++) {
        for (let q = p; q < this.#panels; q++, tile += 16) {
          for (let a = 0; a < 4 && 4 * p + a < n; a++) {
            for (let b = 0; b < 4 && 4 * q + b < n; b++) {
              const [i, j] = [4 * p + a, 4 * q + b];
              full[i * n + j] += sums[tile + 4 * a + b];
              if (p !== q) full[j * n + i] += sums[tile + 4 * a + b];
            }
          }
        }
      }
    }
    return full;
  }

  /** Lower triangle of G of one block, without the label, into an n × n matrix from `at` on. */
  lowerTriangle(block: number, target: Float64Array, at: number): void {
    const n = this.columns;
    const sums = this.sums();
    let tile = block * this.#tileSize;
    for (let p = 0; p < this.#panels; p++) {
      for (let q = p; q < this.#panels; q++, tile += 16) {
        for (let b = 0; b < 4 && 4 * q + b < n; b++) {
          const row = at + (4 * q + b) * n + 4 * p;
          for (let a = 0; a < 4 && 4 * p + a <= 4 * q + b; a++) target[row + a] = sums[tile + 4 * a + b];
        }
      }
    }
  }

  /** Overwrites one block by a full symmetric (n + 1)² matrix. */
  setMatrix(block: number, full: Float64Array): void {
    const n = this.columns + 1;
    const sums = this.sums();
    let tile = block * this.#tileSize;
    for (let p = 0; p < this.#panels; p++) {
      for (let q = p; q < this.#panels; q++, tile += 16) {
        for (let a = 0; a < 4 && 4 * p + a < n; a++) {
          for (let b = 0; b < 4 && 4 * q + b < n; b++)
            sums[tile + 4 * a + b] = full[(4 * p + a) * n + 4 * q + b];
        }
      }
    }
  }
}

/** Cuts the label's column off a full matrix. */
export function normalEquationsOf(full: Float64Array, columns: number): NormalEquations {
  const total = columns + 1;
  const gram = new Float64Array(columns * columns);
  const right = new Float64Array(columns);
  for (let i = 0; i < columns; i++) {
    gram.set(full.subarray(i * total, i * total + columns), i * columns);
    right[i] = full[i * total + columns];
  }
  return { n: columns, gram, right, target: full[total * total - 1] };
}
