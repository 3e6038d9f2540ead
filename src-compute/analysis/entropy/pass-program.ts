/**
 * A pass over all pairs of blocks as a WebAssembly module. `chunk(phase, row, thread)` does one row of blocks, so that
 * threads can share a pass by taking rows from a counter; what it works on is written at the start of memory.
 */
import {
  call,
  f64,
  F32X4,
  f64x2,
  F64X2,
  i32,
  ModuleBuilder,
  v128,
  type Callable,
  type Expression,
  type FunctionBody,
  type Lanes,
  type Local,
} from '../../backends/wasm/encoder/index.ts';
import { PHASE } from '../../backends/wasm/chunks.ts';
import { BLOCK, defineBlockPair, type PairMode } from './kernel-program.ts';
import { exponential } from './lane-exponential.ts';

/** Phases of a pass: what is computed for every pair of blocks. */
export const PASS_PHASE: Readonly<Record<PairMode, number>> = {
  symmetric: PHASE.own,
  oneSided: PHASE.own + 1,
  nearest: PHASE.own + 2,
};

/**
 * What a pass works on, by address: words of 4 bytes, then two f64. All but the last rows are addresses. Results of
 * `symmetric` are one array per thread, `resultsStride` bytes apart.
 */
export const PASS_CONTEXT = {
  queryPoints: 0,
  referencePoints: 4,
  queryBoxes: 8,
  referenceBoxes: 12,
  referenceBlocks: 16,
  results: 20,
  resultsStride: 24,
  shifts: 28,
  scratch: 32,
  scratchStride: 36,
  /** Added to the number of a chunk. */
  firstRow: 40,
  /** −1/2h² */
  factor: 48,
  /** Squared distances (minus shift) above this are left out. */
  limit: 56,
} as const;

export const PASS_CONTEXT_BYTES = 64;

/** WebAssembly module for one precision and padded dimension; its memory is imported as env.memory. */
export function passModule(
  precision: 'f64' | 'f32',
  dimension: number,
  shared: boolean,
): Uint8Array<ArrayBuffer> {
  const lanes = precision === 'f64' ? F64X2 : F32X4;
  const module = new ModuleBuilder();
  module.importMemory({ shared });
  const kernels: Kernels = {
    lanes,
    dimension,
    symmetric: defineBlockPair(module, lanes, dimension, 'symmetric'),
    oneSided: defineBlockPair(module, lanes, dimension, 'oneSided'),
    nearest: defineBlockPair(module, lanes, dimension, 'nearest'),
    boxDistance: defineBoxDistance(module, dimension),
  };
  const rows = {
    symmetric: defineRow(module, kernels, symmetricRow),
    oneSided: defineRow(module, kernels, oneSidedRow),
    nearest: defineRow(module, kernels, nearestRow),
  };
  module.function({ export: 'chunk', parameters: ['i32', 'i32', 'i32'] }, (code, phase, chunk, thread) => {
    const row = code.let(i32.add(chunk, i32.load(0, PASS_CONTEXT.firstRow)));
    for (const mode of ['symmetric', 'oneSided', 'nearest'] as const) {
      code.if(i32.eq(phase, PASS_PHASE[mode]), () => code.call(rows[mode], row, thread));
    }
  });
  module.function({ export: 'exponential', parameters: ['i32'] }, (code, address) => {
    code.store(v128, address, exponential(code, lanes, code.let(v128.load(address))));
  });
  return module.encode();
}

interface Kernels {
  readonly lanes: Lanes;
  readonly dimension: number;
  readonly symmetric: Callable;
  readonly oneSided: Callable;
  readonly nearest: Callable;
  readonly boxDistance: Callable & { readonly result: 'f64' };
}

/** Smallest squared distance between the boxes at two addresses: per dimension the gap, if there is one. */
function defineBoxDistance(module: ModuleBuilder, dimension: number): Callable & { readonly result: 'f64' } {
  return module.function({ parameters: ['i32', 'i32'], result: 'f64' }, (code, a, b) => {
    const sum = code.local('v128');
    const k = code.local('i32');
    const high = 8 * dimension;
    code.for(k, 0, high, 16, () => {
      const [first, second] = [code.let(i32.add(a, k)), code.let(i32.add(b, k))];
      const above = f64x2.sub(v128.load(second), v128.load(first, high));
      const below = f64x2.sub(v128.load(first), v128.load(second, high));
      const gap = code.let(f64x2.max(f64x2.max(above, below), f64x2.splat(0)));
      code.set(sum, f64x2.add(sum, f64x2.mul(gap, gap)));
    });
    code.return(f64.add(f64x2.extract(sum, 0), f64x2.extract(sum, 1)));
  });
}

/** What the loop over one row of blocks needs. */
interface Row {
  readonly code: FunctionBody;
  readonly kernels: Kernels;
  readonly row: Local<'i32'>;
  readonly column: Local<'i32'>;
  /** Number of reference blocks. */
  readonly columns: Local<'i32'>;
  readonly limit: Local<'f64'>;
  /** Squared distance of the row's box to the column's. */
  distance(): Expression<'f64'>;
  /** Address of the row's results, f64. */
  readonly own: Local<'i32'>;
  /** Calls a block-pair kernel for (row, column). */
  visit(kernel: Callable, limit: Expression<'f64'>): void;
}

function defineRow(module: ModuleBuilder, kernels: Kernels, write: (row: Row) => void): Callable {
  const { lanes, dimension } = kernels;
  return module.function({ parameters: ['i32', 'i32'] }, (code, row, thread) => {
    const word = (name: keyof typeof PASS_CONTEXT) => i32.load(0, PASS_CONTEXT[name]);
    const column = code.local('i32');
    const columns = code.let(word('referenceBlocks'));
    const limit = code.let(f64.load(0, PASS_CONTEXT.limit));
    const results = code.let(i32.add(word('results'), i32.mul(thread, word('resultsStride'))));
    const scratch = code.let(i32.add(word('scratch'), i32.mul(thread, word('scratchStride'))));
    const pointsStride = dimension * BLOCK * lanes.bytes;
    const own = code.let(i32.add(results, i32.mul(row, BLOCK * 8)));
    write({
      code,
      kernels,
      row,
      column,
      columns,
      limit,
      own,
      distance: () =>
        call(
          kernels.boxDistance,
          i32.add(word('queryBoxes'), i32.mul(row, 16 * dimension)),
          i32.add(word('referenceBoxes'), i32.mul(column, 16 * dimension)),
        ),
      visit: (kernel, visited) =>
        code.call(
          kernel,
          i32.add(word('queryPoints'), i32.mul(row, pointsStride)),
          i32.add(word('referencePoints'), i32.mul(column, pointsStride)),
          own,
          i32.add(results, i32.mul(column, BLOCK * 8)),
          i32.add(word('shifts'), i32.mul(row, BLOCK * lanes.bytes)),
          scratch,
          f64.load(0, PASS_CONTEXT.factor),
          visited,
        ),
    });
  });
}

/** Pairs (I, J ≥ I) of one set with itself; the diagonal is done one-sidedly with shifts of zero. */
function symmetricRow({ code, kernels, row, column, columns, limit, distance, visit }: Row): void {
  code.set(column, row);
  visit(kernels.oneSided, limit);
  code.for(column, i32.add(row, 1), columns, 1, () => {
    code.if(f64.le(distance(), limit), () => visit(kernels.symmetric, limit));
  });
}

function oneSidedRow({ code, kernels, row, column, columns, limit, distance, visit }: Row): void {
  const { lanes } = kernels;
  // the row's largest shift widens the search
  const [slot, address] = [code.local('i32'), code.local('i32')];
  const largest = code.local('f64');
  code.set(address, i32.add(i32.load(0, PASS_CONTEXT.shifts), i32.mul(row, BLOCK * lanes.bytes)));
  code.for(slot, 0, BLOCK, lanes.width, () => {
    const shifts = code.let(v128.load(address));
    for (let l = 0; l < lanes.width; l++) code.set(largest, f64.max(largest, lanes.extractF64(shifts, l)));
    code.set(address, i32.add(address, 16));
  });
  const reach = code.let(f64.add(limit, largest));
  code.for(column, 0, columns, 1, () => {
    code.if(f64.le(distance(), reach), () => visit(kernels.oneSided, limit));
  });
}

/** The block with the nearest box first, then all whose boxes could hold something nearer than the worst of the row. */
function nearestRow({ code, kernels, own, column, columns, distance, visit }: Row): void {
  const [best, slot] = [code.local('i32'), code.local('i32')];
  const [smallest, worst] = [code.local('f64'), code.local('f64')];
  const updateWorst = () => {
    code.set(worst, 0);
    code.for(slot, 0, 8 * BLOCK, 8, () => code.set(worst, f64.max(worst, f64.load(i32.add(own, slot)))));
  };
  code.set(smallest, Infinity);
  code.for(column, 0, columns, 1, () => {
    const here = code.let(distance());
    code.if(f64.lt(here, smallest), () => {
      code.set(smallest, here);
      code.set(best, column);
    });
  });
  code.set(column, best);
  updateWorst();
  visit(kernels.nearest, worst);
  updateWorst();
  code.for(column, 0, columns, 1, () => {
    code.if(f64.le(distance(), worst), () => {
      visit(kernels.nearest, worst);
      updateWorst();
    });
  });
}
