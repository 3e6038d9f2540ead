/**
 * Reference neighbour search: every pair within a cutoff, periodic images included, found by trying them all.
 * Reads like the definition; `neighbour-list.ts` is the fast one and is tested against this.
 */
import { StructureError } from '../errors.ts';
import { completedCell, faceDistances } from './cell.ts';
import { atomCount, type Configuration } from './configuration.ts';

/** Directed pairs i → j: each interacting pair appears twice, once per direction. */
export interface PairList {
  /** First pair of atom i is `start[i]`, its last is before `start[i + 1]`; N + 1. */
  readonly start: Int32Array;
  /** Neighbour's index per pair. */
  readonly neighbours: Int32Array;
  /** r_j + shift − r_i per pair, Å; 3 per pair. */
  readonly vectors: Float64Array;
}

/**
 * All pairs with 0 < |r_ij| < cutoff. Cells smaller than the cutoff contribute several images of the same atom,
 * the atom's own images included.
 * @throws StructureError for NaN positions or a cell without volume
 */
export function referencePairs(configuration: Configuration, cutoff: number): PairList {
  const n = atomCount(configuration);
  const { positions, periodic } = configuration;
  if (!positions.every(Number.isFinite)) {
    throw new StructureError('A position is not a finite number.', {
      remedy: 'Check the structure for NaN.',
    });
  }
  const cell = completedCell(configuration.cell, periodic);
  const images = imageCounts(positions, cell, periodic, cutoff);
  const start = new Int32Array(n + 1);
  const neighbours: number[] = [];
  const vectors: number[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let a = -images[0]; a <= images[0]; a++) {
        for (let b = -images[1]; b <= images[1]; b++) {
          for (let c = -images[2]; c <= images[2]; c++) {
            if (i === j && a === 0 && b === 0 && c === 0) continue;
            const x = positions[3 * j] - positions[3 * i] + a * cell[0] + b * cell[3] + c * cell[6];
            const y = positions[3 * j + 1] - positions[3 * i + 1] + a * cell[1] + b * cell[4] + c * cell[7];
            const z = positions[3 * j + 2] - positions[3 * i + 2] + a * cell[2] + b * cell[5] + c * cell[8];
            if (x * x + y * y + z * z < cutoff * cutoff) {
              neighbours.push(j);
              vectors.push(x, y, z);
            }
          }
        }
      }
    }
    start[i + 1] = neighbours.length;
  }
  return { start, neighbours: Int32Array.from(neighbours), vectors: Float64Array.from(vectors) };
}

/** How many images along each axis can reach within the cutoff, wherever the atoms lie (they may be unwrapped). */
function imageCounts(
  positions: Float64Array,
  cell: Float64Array,
  periodic: readonly boolean[],
  cutoff: number,
): [number, number, number] {
  let extent = 0;
  for (let k = 0; k < 3; k++) {
    let low = Infinity;
    let high = -Infinity;
    for (let i = k; i < positions.length; i += 3) {
      low = Math.min(low, positions[i]);
      high = Math.max(high, positions[i]);
    }
    if (high > low) extent = Math.hypot(extent, high - low);
  }
  const faces = faceDistances(cell);
  const count = (axis: number) => (periodic[axis] ? Math.ceil((cutoff + extent) / faces[axis]) : 0);
  return [count(0), count(1), count(2)];
}
