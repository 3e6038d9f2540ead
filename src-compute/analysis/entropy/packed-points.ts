/**
 * Points as the block kernels want them: turned to principal axes, so that the first few numbers hold most of a
 * distance; ordered by a k-d tree, so that the 64 points of a block lie close together; with a box around each block.
 * Block pairs whose boxes are far apart are never looked at.
 */
import type { DescriptorMatrix } from '../descriptors/descriptor.ts';
import { BLOCK, paddedDimension } from './kernel-program.ts';
import { principalAxes, project, type PrincipalAxes } from './principal-axes.ts';

/** Rows that the principal axes are computed from, and how well: any orthonormal axes are right. */
const AXES_SAMPLE = 4000;
const AXES_PRECISION = 1e-3;

export interface PackedPoints {
  readonly rows: number;
  readonly blocks: number;
  /** Padded number of dimensions. */
  readonly dimension: number;
  /** Row of the original matrix at each place; −1 for padding. */
  readonly order: Int32Array;
  /** Block by block, dimension by dimension, 64 points each. */
  readonly points: Float64Array | Float32Array;
  /** Per block the lowest, then the highest coordinates; 2 × dimension each. */
  readonly boxes: Float64Array;
}

/** Axes for packing points that are compared with each other. */
export function packingAxes(matrix: DescriptorMatrix): PrincipalAxes {
  return principalAxes(matrix, AXES_SAMPLE, AXES_PRECISION);
}

/**
 * Packs points.
 * @param farAway distance from all points at which the padding is put, where its kernel vanishes
 */
export function packPoints(
  matrix: DescriptorMatrix,
  axes: PrincipalAxes,
  precision: 'f64' | 'f32',
  farAway: number,
): PackedPoints {
  const { rows, dimension: numbers } = matrix;
  const dimension = paddedDimension(numbers);
  const turned = project(matrix, axes, numbers);
  const order = treeOrder(turned, rows, numbers);
  const blocks = Math.ceil(rows / BLOCK);
  const points = new (precision === 'f64' ? Float64Array : Float32Array)(blocks * dimension * BLOCK);
  const boxes = new Float64Array(blocks * dimension * 2);
  const padded = new Int32Array(blocks * BLOCK).fill(-1);
  padded.set(order);
  for (let block = 0; block < blocks; block++) {
    const low = boxes.subarray(2 * block * dimension, (2 * block + 1) * dimension);
    const high = boxes.subarray((2 * block + 1) * dimension, (2 * block + 2) * dimension);
    low.fill(Infinity, 0, numbers);
    high.fill(-Infinity, 0, numbers);
    for (let slot = 0; slot < BLOCK; slot++) {
      const row = padded[block * BLOCK + slot];
      const base = block * dimension * BLOCK + slot;
      if (row < 0) {
        points[base] = farAway;
        continue;
      }
      for (let k = 0; k < numbers; k++) {
        points[base + k * BLOCK] = turned[row * numbers + k];
        const x = points[base + k * BLOCK]; // as rounded
        if (x < low[k]) low[k] = x;
        if (x > high[k]) high[k] = x;
      }
    }
  }
  return { rows, blocks, dimension, order: padded, points, boxes };
}

/** Order of the rows in which every run of 64 is a leaf of a k-d tree: halved along the widest coordinate. */
function treeOrder(turned: Float64Array, rows: number, numbers: number): Int32Array {
  const order = Int32Array.from({ length: rows }, (_, i) => i);
  const keys = new Float64Array(rows);
  const stack: [number, number][] = [[0, rows]];
  for (let range = stack.pop(); range; range = stack.pop()) {
    const [from, to] = range;
    if (to - from <= BLOCK) continue;
    const axis = widestAxis(turned, order, from, to, numbers);
    for (let i = from; i < to; i++) keys[i] = turned[order[i] * numbers + axis];
    const half = from + Math.ceil((to - from) / (2 * BLOCK)) * BLOCK;
    selectNth(keys, order, from, to - 1, half);
    stack.push([from, half], [half, to]);
  }
  return order;
}

function widestAxis(
  turned: Float64Array,
  order: Int32Array,
  from: number,
  to: number,
  numbers: number,
): number {
  // the axes are sorted by variance, so that the widest is nearly always among the first
  const looked = Math.min(numbers, 12);
  let widest = 0;
  let width = -1;
  const step = Math.max(1, Math.floor((to - from) / 256));
  for (let k = 0; k < looked; k++) {
    let low = Infinity;
    let high = -Infinity;
    for (let i = from; i < to; i += step) {
      const x = turned[order[i] * numbers + k];
      if (x < low) low = x;
      if (x > high) high = x;
    }
    if (high - low > width) {
      width = high - low;
      widest = k;
    }
  }
  return widest;
}

/** Partial sort (Hoare's selection): afterwards everything before place n is ≤ everything from n on. */
function selectNth(keys: Float64Array, order: Int32Array, left: number, right: number, n: number): void {
  while (left < right) {
    const pivot = keys[(left + right) >> 1];
    let [i, j] = [left, right];
    while (i <= j) {
      while (keys[i] < pivot) i++;
      while (keys[j] > pivot) j--;
      if (i <= j) {
        [keys[i], keys[j]] = [keys[j], keys[i]];
        [order[i], order[j]] = [order[j], order[i]];
        i++;
        j--;
      }
    }
    if (n <= j) right = j;
    else if (n >= i) left = i;
    else return;
  }
}
