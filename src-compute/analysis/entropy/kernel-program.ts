/**
 * The all-pairs kernel as generated WebAssembly. Points lie in blocks of 64, each block dimension by dimension, so that
 * lanes are points and one number of a query is a splat load from the same layout. A tile of 2 queries × 4 vectors of
 * references keeps 8 distances in registers. Distances are sums of squared differences: no cancellation, as the form
 * ‖x‖² + ‖y‖² − 2x·y would have at bandwidths of a hundredth of the norms.
 *
 * | mode | what it does for the block pair (I, J) |
 * |---|---|
 * | symmetric | adds Σ_j K to the rows of I and Σ_i K to the rows of J |
 * | oneSided | adds Σ_j exp(−(d² − shift_i)/2h²) to the rows of I |
 * | nearest | lowers the rows' smallest d² |
 *
 * A tile whose squared distances all exceed `limit` after the first numbers, or after all, adds nothing.
 */
import {
  f32,
  f32x4,
  f64x2,
  i32,
  f64,
  v128,
  type Callable,
  type Expression,
  type FunctionBody,
  type Lanes,
  type Local,
  type ModuleBuilder,
} from '../../backends/wasm/encoder/index.ts';
import { exponential } from './lane-exponential.ts';

/** Points per block. */
export const BLOCK = 64;
const QUERIES = 2;
const VECTORS = 4;

type V = Expression<'v128'>;

/** Numbers after which a tile is given up when it is too far away already. */
const FIRST_NUMBERS = 16;

/** Dimensions are padded with zeros to a multiple of this: the loop's unrolling. */
export const DIMENSION_STEP = 4;

/** Padded number of dimensions. */
export function paddedDimension(dimension: number): number {
  return Math.ceil(dimension / DIMENSION_STEP) * DIMENSION_STEP;
}

/** The vector instructions of a lane type. */
export const operators = (lanes: Lanes) => (lanes.width === 2 ? f64x2 : f32x4);

export type PairMode = 'symmetric' | 'oneSided' | 'nearest';

/**
 * Parameters: addresses of the two blocks' points, of the per-row results (f64) of I and J, of the rows' shifts (lane
 * type), of a scratch block for column sums (lane type); then −1/2h² and the limit on the shifted squared distance.
 */
export function defineBlockPair(
  module: ModuleBuilder,
  lanes: Lanes,
  dimension: number,
  mode: PairMode,
): Callable {
  return module.function(
    { parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'f64', 'f64'] },
    (code, pointsI, pointsJ, rowsI, rowsJ, shifts, columns, factor, limit) => {
      const op = operators(lanes);
      const splat = (value: Expression<'f64'>) =>
        lanes.width === 2 ? f64x2.splat(value) : f32x4.splat(f32.demoteF64(value));
      const factors = code.let(splat(factor));
      const limits = code.let(splat(limit));
      const tile: Tile = {
        lanes,
        dimension,
        sums: Array.from({ length: QUERIES * VECTORS }, () => code.local('v128')),
        results: Array.from({ length: QUERIES }, () => code.local('v128')),
        a: code.local('i32'),
        b: code.local('i32'),
        k: code.local('i32'),
      };
      const [i, j] = [code.local('i32'), code.local('i32')];
      if (mode === 'symmetric') code.memoryFill(columns, 0, BLOCK * lanes.bytes);
      code.for(i, 0, BLOCK, QUERIES, () => {
        const start =
          mode === 'nearest' ? lanes.constant(lanes.width === 2 ? 1e300 : 1e38) : lanes.constant(0);
        for (const result of tile.results) code.set(result, start as V);
        code.for(j, 0, BLOCK, VECTORS * lanes.width, () => {
          code.block((next) => {
            accumulateDistances(
              code,
              tile,
              i,
              j,
              pointsI,
              pointsJ,
              mode === 'oneSided' ? shifts : undefined,
              () => code.branchIf(next, i32.eqz(v128.anyTrue(op.le(smallest(lanes, tile.sums), limits)))),
            );
            if (mode === 'nearest') lowerMinimum(code, tile);
            else addKernels(code, tile, factors, mode === 'symmetric' ? { columns, j } : undefined);
          });
        });
        for (let q = 0; q < QUERIES; q++) {
          const address = code.let(i32.add(rowsI, i32.shl(i32.add(i, q), 3)));
          const value =
            mode === 'nearest'
              ? f64.min(f64.load(address), minimumLane(lanes, tile.results[q]))
              : f64.add(f64.load(address), lanes.sumF64(tile.results[q]));
          code.store(f64, address, value);
        }
      });
      if (mode === 'symmetric') addColumns(code, lanes, j, rowsJ, columns);
    },
  );
}

interface Tile {
  readonly lanes: Lanes;
  readonly dimension: number;
  /** Squared distances, query by query. */
  readonly sums: readonly Local<'v128'>[];
  /** Per query: Σ K or the smallest d². */
  readonly results: readonly Local<'v128'>[];
  readonly a: Local<'i32'>;
  readonly b: Local<'i32'>;
  readonly k: Local<'i32'>;
}

/** d² − shift of a tile; `check` may leave the tile after the first numbers and at the end. */
function accumulateDistances(
  code: FunctionBody,
  tile: Tile,
  i: Local<'i32'>,
  j: Local<'i32'>,
  pointsI: Local<'i32'>,
  pointsJ: Local<'i32'>,
  shifts: Local<'i32'> | undefined,
  check: () => void,
): void {
  const { lanes, dimension, sums, a, b, k } = tile;
  const op = operators(lanes);
  const log2Bytes = lanes.bytes === 8 ? 3 : 2;
  const stride = BLOCK * lanes.bytes;
  code.set(a, i32.add(pointsI, i32.shl(i, log2Bytes)));
  code.set(b, i32.add(pointsJ, i32.shl(j, log2Bytes)));
  for (let q = 0; q < QUERIES; q++) {
    const start = shifts
      ? op.neg(lanes.loadSplat(i32.add(shifts, i32.shl(i, log2Bytes)), q * lanes.bytes) as V)
      : (lanes.constant(0) as V);
    for (let v = 0; v < VECTORS; v++) code.set(sums[q * VECTORS + v], start);
  }
  const numbers = (from: number, to: number) => {
    if (to <= from) return;
    code.for(k, from, to, DIMENSION_STEP, () => {
      for (let d = 0; d < DIMENSION_STEP; d++) {
        const queries = Array.from({ length: QUERIES }, (_, q) =>
          code.let(lanes.loadSplat(a, d * stride + q * lanes.bytes) as V),
        );
        for (let v = 0; v < VECTORS; v++) {
          const reference = code.let(lanes.load(b, d * stride + v * 16) as V);
          for (let q = 0; q < QUERIES; q++) {
            const difference = code.let(op.sub(reference, queries[q]));
            const sum = sums[q * VECTORS + v];
            code.set(sum, op.add(sum, op.mul(difference, difference)));
          }
        }
      }
      code.set(a, i32.add(a, DIMENSION_STEP * stride));
      code.set(b, i32.add(b, DIMENSION_STEP * stride));
    });
  };
  const first = Math.min(FIRST_NUMBERS, dimension);
  numbers(0, first);
  check();
  if (first < dimension) {
    numbers(first, dimension);
    check();
  }
}

/** Adds exp(factor · d²) to the rows' sums, and to the columns' sums of the other block. */
function addKernels(
  code: FunctionBody,
  tile: Tile,
  factors: Local<'v128'>,
  other: { columns: Local<'i32'>; j: Local<'i32'> } | undefined,
): void {
  const { lanes, sums, results } = tile;
  const op = operators(lanes);
  for (let v = 0; v < VECTORS; v++) {
    const kernels = Array.from({ length: QUERIES }, (_, q) =>
      code.let(exponential(code, lanes, code.let(op.mul(sums[q * VECTORS + v], factors)))),
    );
    for (let q = 0; q < QUERIES; q++) code.set(results[q], op.add(results[q], kernels[q]));
    if (!other) continue;
    const address = code.let(i32.add(other.columns, i32.shl(other.j, lanes.bytes === 8 ? 3 : 2)));
    const both = kernels.reduce<V>((x, y) => op.add(x, y), v128.load(address, v * 16));
    code.store(v128, address, both, v * 16);
  }
}

function lowerMinimum(code: FunctionBody, tile: Tile): void {
  const op = operators(tile.lanes);
  for (let q = 0; q < QUERIES; q++) {
    for (let v = 0; v < VECTORS; v++) {
      code.set(tile.results[q], op.min(tile.results[q], tile.sums[q * VECTORS + v]));
    }
  }
}

/** Adds the scratch column sums to the rows of J in f64. */
function addColumns(
  code: FunctionBody,
  lanes: Lanes,
  j: Local<'i32'>,
  rowsJ: Local<'i32'>,
  columns: Local<'i32'>,
): void {
  code.for(j, 0, BLOCK, lanes.width, () => {
    const vector = code.let(lanes.load(i32.add(columns, i32.shl(j, lanes.bytes === 8 ? 3 : 2))) as V);
    const address = code.let(i32.add(rowsJ, i32.shl(j, 3)));
    for (let l = 0; l < lanes.width; l++) {
      code.store(f64, address, f64.add(f64.load(address, 8 * l), lanes.extractF64(vector, l)), 8 * l);
    }
  });
}

function smallest(lanes: Lanes, values: readonly V[]): V {
  const op = operators(lanes);
  return values.reduce((x, y) => op.min(x, y));
}

function minimumLane(lanes: Lanes, vector: Local<'v128'>): Expression<'f64'> {
  let result = lanes.extractF64(vector, 0);
  for (let l = 1; l < lanes.width; l++) result = f64.min(result, lanes.extractF64(vector, l));
  return result;
}
