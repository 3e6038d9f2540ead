/**
 * LAMMPS wants the first lattice vector along x and the second in the xy plane, lattice vectors that are
 * right-handed, and tilts only towards periodic axes. Any configuration is brought there by choosing an order of the
 * axes (periodic ones first) and an orthogonal matrix Q: r' = (r − r₀) Qᵀ. Where the result would be left-handed, Q
 * holds a reflection; energies do not notice, and vectors are turned back with the same Q.
 */
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { withoutLabels } from '../../../src-compute/structure/properties.ts';
import { completedCell } from '../../../src-compute/structure/cell.ts';
import { StructureError } from '../../../src-compute/errors.ts';

/** A configuration as LAMMPS sees it, and the way back. */
export interface LammpsFrame {
  /** Turned and shifted: box from the origin, lower-triangular cell with a positive diagonal. */
  readonly configuration: Configuration;
  /** Argument of the boundary command. */
  readonly boundary: string;
  /** Turns vectors (3 per row) back into the frame of the original, in place. */
  restoreVectors(vectors: Float64Array): void;
  /** Positions of LAMMPS in the frame of the original, in place. */
  restorePositions(positions: Float64Array): void;
  /** A symmetric or general tensor (9) of LAMMPS in the frame of the original. */
  restoreTensor(tensor: ArrayLike<number>): Float64Array;
  /** A cell (9) of LAMMPS, with axes in the original order and frame; free axes as they were given. */
  restoreCell(cell: ArrayLike<number>): Float64Array;
}

/** Room between the outermost atom and the end of the box along an axis that is not periodic, Å. */
const MARGIN = 10;

/**
 * @param shrink whether boxes follow the atoms along axes that are not periodic (for dynamics)
 * @throws StructureError for unusable cells and positions
 */
export function lammpsFrame(configuration: Configuration, shrink = false): LammpsFrame {
  const { periodic, positions } = configuration;
  if (!positions.every(Number.isFinite)) {
    throw new StructureError('A position is not a finite number.', {
      remedy: 'Check the structure for NaN.',
    });
  }
  const completed = completedCell(configuration.cell, periodic);
  const order = [0, 1, 2].sort((a, b) => Number(periodic[b]) - Number(periodic[a]) || a - b);
  const rows = order.map((axis) => completed.subarray(3 * axis, 3 * axis + 3));
  const q = orthonormalRows(rows);
  const turned = (vectors: ArrayLike<number>, shift: readonly number[]): Float64Array => {
    const result = new Float64Array(vectors.length);
    for (let k = 0; k < vectors.length; k += 3) {
      for (let axis = 0; axis < 3; axis++) {
        for (let c = 0; c < 3; c++) result[k + axis] += (vectors[k + c] - shift[c]) * q[axis][c];
      }
    }
    return result;
  };
  const cell = turned(
    rows.flatMap((row) => Array.from(row)),
    [0, 0, 0],
  );
  cell[1] = cell[2] = cell[5] = 0; // zero but for round-off
  const moved = turned(positions, [0, 0, 0]);
  const offset = encloseFreeAxes(
    cell,
    moved,
    order.map((axis) => periodic[axis]),
  );
  return {
    configuration: {
      ...withoutLabels(configuration),
      positions: moved,
      cell,
      periodic: [periodic[order[0]], periodic[order[1]], periodic[order[2]]],
      velocities: configuration.velocities && turned(configuration.velocities, [0, 0, 0]),
    },
    boundary: order.map((axis) => (periodic[axis] ? 'p' : shrink ? 's' : 'f')).join(' '),
    restoreVectors: (vectors) => restore(vectors, q, [0, 0, 0]),
    restorePositions: (vectors) => restore(vectors, q, offset),
    restoreTensor(tensor) {
      const result = new Float64Array(9);
      for (let a = 0; a < 3; a++) {
        for (let b = 0; b < 3; b++) {
          for (let c = 0; c < 3; c++) {
            for (let d = 0; d < 3; d++) result[3 * a + b] += q[c][a] * tensor[3 * c + d] * q[d][b];
          }
        }
      }
      return result;
    },
    restoreCell(lammpsCell) {
      const back = Float64Array.from(lammpsCell);
      restore(back, q, [0, 0, 0]);
      const result = Float64Array.from(configuration.cell);
      order.forEach((axis, k) => {
        if (periodic[axis]) result.set(back.subarray(3 * k, 3 * k + 3), 3 * axis);
      });
      return result;
    },
  };
}

/** Rows of Q: x along the first vector, y in the plane of the first two, z to the side of the third. */
function orthonormalRows(rows: readonly ArrayLike<number>[]): number[][] {
  const q: number[][] = [];
  for (const row of rows) {
    const v = Array.from(row);
    // twice, so that the result is orthogonal to round-off even for slender cells
    for (let pass = 0; pass < 2; pass++) {
      for (const u of q) {
        const along = u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
        for (let c = 0; c < 3; c++) v[c] -= along * u[c];
      }
    }
    const length = Math.hypot(v[0], v[1], v[2]);
    q.push(v.map((x) => x / length));
  }
  return q;
}

/** r = Qᵀ (r' + offset), in place. */
function restore(vectors: Float64Array, q: readonly number[][], offset: readonly number[]): void {
  for (let k = 0; k < vectors.length; k += 3) {
    const v = [vectors[k] + offset[0], vectors[k + 1] + offset[1], vectors[k + 2] + offset[2]];
    for (let c = 0; c < 3; c++) vectors[k + c] = v[0] * q[0][c] + v[1] * q[1][c] + v[2] * q[2][c];
  }
}

/**
 * Makes the box long enough along free axes (they are orthogonal to all others by completedCell) and shifts the atoms
 * into it. Returns the shift that was taken off.
 */
function encloseFreeAxes(
  cell: Float64Array,
  positions: Float64Array,
  periodic: readonly boolean[],
): number[] {
  const offset = [0, 0, 0];
  for (let axis = 0; axis < 3; axis++) {
    if (periodic[axis]) continue;
    let low = Infinity;
    let high = -Infinity;
    for (let k = axis; k < positions.length; k += 3) {
      low = Math.min(low, positions[k]);
      high = Math.max(high, positions[k]);
    }
    offset[axis] = low - MARGIN;
    cell[4 * axis] = high - low + 2 * MARGIN;
    for (let k = axis; k < positions.length; k += 3) positions[k] -= offset[axis];
  }
  return offset;
}

/** Throws when there is nothing to simulate. */
export function requireAtoms(configuration: Configuration): void {
  if (atomCount(configuration) === 0) throw new StructureError('The structure has no atoms.');
}
