/** The memory of the kernel of SNAP's design rows (rows-kernel.ts): its tables, and room for one atom. */
import {
  compileModule,
  createMemory,
  ensureMemory,
  instantiate,
  type WasmExports,
  type WasmMemory,
} from '../../backends/wasm/runtime.ts';
import { matrixStarts } from '../../potentials/snap/bispectrum.ts';
import type { Block, Product, RowsPlan } from './plan.ts';
import { encodeRowsKernel } from './rows-kernel.ts';
import {
  COMPLEX_PAIR,
  countedElements,
  CouplingTables,
  halfRows,
  halfStarts,
  recursionTables,
  TableWriter,
  TURN_NUMBERS,
  type CouplingRange,
  type RecursionTables,
} from './tables.ts';

/** Bytes of a number of four neighbours, and of an element of theirs. */
export const PANEL = 32;
const ELEMENT = 2 * PANEL;
const MAXIMUM_BYTES = 2 ** 31 - 65536;

/** Where a product's tables lie. */
export interface ProductPlaces {
  readonly product: Product;
  /** Of all its Z, and of each. */
  readonly start: number;
  readonly z: readonly number[];
  /** What is multiplied for all j, and for those alone that components are made of. */
  readonly all: readonly CouplingRange[];
  readonly forValues: readonly CouplingRange[];
}

export interface BlockPlaces {
  readonly block: Block;
  readonly start: number;
  readonly targets: number;
  readonly fours: number;
  /** Numbers of the matrix that count, and where they begin in a panel, bytes. */
  readonly numbers: number;
  readonly offset: number;
}

export class RowsMemory {
  readonly memory: WasmMemory;
  readonly kernel: WasmExports;
  readonly recursion: RecursionTables;
  readonly products: readonly ProductPlaces[];
  readonly blocks: readonly BlockPlaces[];
  /** Numbers of a neighbour, and their bytes in a panel. */
  readonly numbers: number;
  readonly panelBytes: number;
  /** Whole matrices of all channels, and components, of two atoms. */
  readonly expansion: number;
  readonly components: number;
  /** Of one atom: sums over neighbours of all channels, and derivatives of a combination of components by them. */
  readonly sums: number;
  readonly slopes: number;
  readonly weights: number;
  /** All Z, and all blocks. */
  readonly z: readonly [number, number];
  readonly block: readonly [number, number];
  /** Of two atoms: numbers of neighbours, values, gradients; results of one. */
  turn = 0;
  values = 0;
  gradients = 0;
  out = 0;
  private readonly start: number;
  private view: Float64Array = new Float64Array(0);

  constructor(twojmax: number, plan: RowsPlan) {
    const writer = new TableWriter(ELEMENT);
    const starts = halfStarts(twojmax);
    this.numbers = 2 * starts[twojmax + 1];
    this.panelBytes = this.numbers * PANEL;
    this.recursion = recursionTables(writer, twojmax, ELEMENT);
    this.expansion = writer.room(COMPLEX_PAIR * plan.channels * matrixStarts(twojmax)[twojmax + 1]);
    this.components = writer.room(16 * plan.components.length);
    this.sums = writer.room(8 * plan.channels * this.numbers);
    this.slopes = writer.room(8 * plan.channels * this.numbers);
    this.weights = writer.room(8 * (4 + plan.components.length));
    const firstBlock = writer.bytes;
    this.blocks = plan.blocks.map((block) => this.placeBlock(writer, block, starts));
    this.block = [firstBlock, writer.bytes];
    this.blocks = this.blocks.map((places) => ({
      ...places,
      targets: writer.ints(targetsOf(places.block, places.fours)),
    }));
    const most = Math.max(...plan.products.map(({ js }) => js.length));
    const firstZ = writer.bytes;
    const z = plan.products.map(({ js }) => js.map((j) => writer.room(COMPLEX_PAIR * halfRows(j) * (j + 1))));
    this.z = [firstZ, writer.bytes];
    const tables = new Map<string, CouplingTables>();
    this.products = plan.products.map((product, k) => placeProduct(writer, product, z[k], tables));
    this.start = writer.bytes;
    this.memory = createMemory(this.start, MAXIMUM_BYTES, false);
    writer.fill(this.memory.buffer);
    this.kernel = instantiate(compileModule(encodeRowsKernel(most)), this.memory);
  }

  private placeBlock(writer: TableWriter, block: Block, starts: Int32Array): BlockPlaces {
    const numbers = 2 * countedElements(block.twoJ);
    const fours = Math.ceil(block.components.length / 4);
    const start = writer.room(fours * numbers * PANEL);
    return { block, start, targets: 0, fours, numbers, offset: starts[block.twoJ] * ELEMENT };
  }

  /**
   * Room for an atom with some panels of neighbours.
   * @param m numbers of a row of results
   */
  reserve(panels: number, m: number): void {
    this.turn = this.start;
    this.values = this.turn + panels * TURN_NUMBERS * PANEL;
    this.gradients = this.values + panels * this.panelBytes;
    this.out = this.gradients + 3 * panels * this.panelBytes;
    ensureMemory(this.memory, this.out + 96 * panels * Math.max(m, 1));
  }

  /** All numbers of the memory. */
  get reals(): Float64Array {
    if (this.view.buffer !== this.memory.buffer) {
      const { buffer } = this.memory;
      this.view = new Float64Array(buffer, 0, Math.floor(buffer.byteLength / 8));
    }
    return this.view;
  }
}

/** Bytes of every component in a row of results; rows that fill up a four add nothing to the first number. */
function targetsOf({ components }: Block, fours: number): number[] {
  return Array.from({ length: 4 * fours }, (_, k) => (k < components.length ? 8 * (1 + components[k]) : 0));
}

function placeProduct(
  writer: TableWriter,
  product: Product,
  z: readonly number[],
  tables: Map<string, CouplingTables>,
): ProductPlaces {
  const { left, right, js, overlaps } = product;
  const key = `${left.twoJ} ${right.twoJ}`;
  const table = tables.get(key) ?? new CouplingTables(writer, left.twoJ, right.twoJ, js);
  tables.set(key, table);
  const [start] = z;
  const places = z.map((at) => at - start);
  const primary = Math.max(0, ...overlaps.map(({ place }) => place + 1));
  const all = table.ranges(writer, places, js.length);
  const forValues = primary === js.length ? all : table.ranges(writer, places, primary);
  return { product, start, z, all, forValues };
}
