/**
 * The k nearest references of every query, exactly. Points are turned to the principal axes of the references, where a
 * few numbers hold most of a distance; references lie in the leaves of a k-d tree, whose boxes are visited nearest first
 * until the next box is farther away than the k-th neighbour found so far.
 */
import { CancelledError, StructureError } from '../../../errors.ts';
import type { DescriptorMatrix } from '../../descriptors/descriptor.ts';
import type { KernelProgress } from '../kernel-engine.ts';
import { packingAxes, packPoints, type PackedPoints } from '../packed-points.ts';
import { BLOCK } from '../kernel-program.ts';
import { project } from '../principal-axes.ts';

/** Numbers after which a distance is given up when it is too large already. */
const FIRST_NUMBERS = 8;
/** Time between two looks at the progress, ms. */
const TURN = 100;

export interface NearestNeighbours {
  /** k references per query, nearest first; rows × k. */
  readonly indices: Int32Array;
  /** Their squared distances; rows × k. */
  readonly squares: Float64Array;
  readonly count: number;
}

/**
 * Nearest neighbours by Euclidean distance; of a set with itself each point is its own first neighbour (or an equal one).
 * @throws StructureError when there are fewer references than neighbours asked for
 */
export async function nearestNeighbours(
  queries: DescriptorMatrix,
  references: DescriptorMatrix,
  count: number,
  progress: KernelProgress = {},
): Promise<NearestNeighbours> {
  if (!(count >= 1) || count > references.rows) {
    throw new StructureError(`${count} neighbours were asked for among ${references.rows} environments.`, {
      remedy: 'Ask for fewer neighbours, or give more structures.',
    });
  }
  const { dimension, rows } = queries;
  const axes = packingAxes(references);
  const packed = packPoints(references, axes, 'f64', 1e150);
  const turned = project(queries, axes, dimension);
  const search = new Search(packed, dimension, count);
  const indices = new Int32Array(rows * count);
  const squares = new Float64Array(rows * count);
  let turn = performance.now();
  for (let row = 0; row < rows; row++) {
    search.find(turned.subarray(row * dimension, (row + 1) * dimension));
    indices.set(search.indices, row * count);
    squares.set(search.squares, row * count);
    if (performance.now() - turn < TURN) continue;
    progress.onProgress?.(row / rows);
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (progress.signal?.aborted) throw new CancelledError();
    turn = performance.now();
  }
  return { indices, squares, count };
}

/** One query at a time; nothing is allocated per query. */
class Search {
  readonly indices: Int32Array;
  readonly squares: Float64Array;
  private readonly packed: PackedPoints;
  private readonly numbers: number;
  private readonly boxSquares: Float64Array;
  private readonly visited: Uint8Array;

  constructor(packed: PackedPoints, numbers: number, count: number) {
    this.packed = packed;
    this.numbers = numbers;
    this.indices = new Int32Array(count);
    this.squares = new Float64Array(count);
    this.boxSquares = new Float64Array(packed.blocks);
    this.visited = new Uint8Array(packed.blocks);
  }

  find(query: Float64Array): void {
    const { squares, boxSquares, visited } = this;
    this.indices.fill(-1);
    squares.fill(Infinity);
    visited.fill(0);
    const last = squares.length - 1;
    for (let block = 0; block < boxSquares.length; block++) boxSquares[block] = this.toBox(query, block);
    for (;;) {
      let nearest = -1;
      for (let block = 0; block < boxSquares.length; block++) {
        if (visited[block] === 0 && (nearest < 0 || boxSquares[block] < boxSquares[nearest])) nearest = block;
      }
      if (nearest < 0 || boxSquares[nearest] > squares[last]) return;
      visited[nearest] = 1;
      this.visit(query, nearest);
    }
  }

  private toBox(query: Float64Array, block: number): number {
    const { boxes, dimension } = this.packed;
    const low = 2 * block * dimension;
    let square = 0;
    for (let k = 0; k < this.numbers; k++) {
      const gap = Math.max(boxes[low + k] - query[k], query[k] - boxes[low + dimension + k], 0);
      square += gap * gap;
    }
    return square;
  }

  private visit(query: Float64Array, block: number): void {
    const { squares, indices, numbers } = this;
    const { points, order, dimension } = this.packed;
    const last = squares.length - 1;
    const first = Math.min(FIRST_NUMBERS, numbers);
    for (let slot = 0; slot < BLOCK; slot++) {
      const row = order[block * BLOCK + slot];
      if (row < 0) continue;
      const base = block * dimension * BLOCK + slot;
      let square = 0;
      let k = 0;
      for (; k < first; k++) square += (points[base + k * BLOCK] - query[k]) ** 2;
      if (square > squares[last]) continue;
      for (; k < numbers; k++) square += (points[base + k * BLOCK] - query[k]) ** 2;
      // equal distances in the order of the references, so that the answer does not depend on the tree
      if (square > squares[last] || (square === squares[last] && row > indices[last])) continue;
      let place = last;
      while (
        place > 0 &&
        (squares[place - 1] > square || (squares[place - 1] === square && indices[place - 1] > row))
      ) {
        squares[place] = squares[place - 1];
        indices[place] = indices[place - 1];
        place--;
      }
      squares[place] = square;
      indices[place] = row;
    }
  }
}
