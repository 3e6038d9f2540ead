/**
 * Cell algebra. A cell is a Float64Array of 9: rows are the lattice vectors a, b, c (docs/physics.md).
 * Fractional coordinates s satisfy r = s·cell (row vector times matrix).
 */
import { StructureError } from '../errors.ts';

/** Signed volume a·(b×c), Å³. */
export function signedVolume(cell: ArrayLike<number>): number {
  return (
    cell[0] * (cell[4] * cell[8] - cell[5] * cell[7]) -
    cell[1] * (cell[3] * cell[8] - cell[5] * cell[6]) +
    cell[2] * (cell[3] * cell[7] - cell[4] * cell[6])
  );
}

/** Volume, Å³. */
export function volume(cell: ArrayLike<number>): number {
  return Math.abs(signedVolume(cell));
}

/**
 * Inverse of a 3 × 3 matrix, row-major. With it s = r·inverse.
 * @throws StructureError when the matrix is singular
 */
export function inverse(cell: ArrayLike<number>): Float64Array {
  return inverseInto(cell, new Float64Array(9));
}

/**
 * As inverse(), written into an array of 9 that is there already and returned: making one costs more than filling it.
 * @throws StructureError when the matrix is singular
 */
export function inverseInto(cell: ArrayLike<number>, result: Float64Array): Float64Array {
  const determinant = signedVolume(cell);
  if (!(Math.abs(determinant) > 1e-12)) {
    throw new StructureError('The cell has no volume: its three lattice vectors lie in one plane.', {
      remedy: 'Check the Lattice of this configuration.',
    });
  }
  // element by element: an import does this several times for each of millions of frames
  const [a, b, c] = [cell[0], cell[1], cell[2]];
  const [d, e, f] = [cell[3], cell[4], cell[5]];
  const [g, h, i] = [cell[6], cell[7], cell[8]];
  result[0] = (e * i - f * h) / determinant;
  result[1] = (c * h - b * i) / determinant;
  result[2] = (b * f - c * e) / determinant;
  result[3] = (f * g - d * i) / determinant;
  result[4] = (a * i - c * g) / determinant;
  result[5] = (c * d - a * f) / determinant;
  result[6] = (d * h - e * g) / determinant;
  result[7] = (b * g - a * h) / determinant;
  result[8] = (a * e - b * d) / determinant;
  return result;
}

/**
 * The cell with every non-periodic axis replaced by a unit vector perpendicular to the others, so that it can be
 * inverted. Non-periodic axes of a slab or of a free cluster may be zero in files.
 * @throws StructureError when a periodic axis is zero or the periodic axes are linearly dependent
 */
export function completedCell(cell: ArrayLike<number>, periodic: readonly boolean[]): Float64Array {
  if (periodic[0] && periodic[1] && periodic[2]) return checkedCell(cellOf(cell));
  const rows: (number[] | undefined)[] = [0, 1, 2].map((axis) =>
    periodic[axis] ? [cell[3 * axis], cell[3 * axis + 1], cell[3 * axis + 2]] : undefined,
  );
  for (let axis = 0; axis < 3; axis++) {
    if (rows[axis] !== undefined) continue;
    rows[axis] = perpendicularUnit(rows.filter((row): row is number[] => row !== undefined));
  }
  return checkedCell(Float64Array.from(rows.flat() as number[]));
}

/**
 * As completedCell(), but the cell itself where nothing has to be completed: to be read only.
 * @throws StructureError as completedCell() does
 */
export function readableCell(cell: Float64Array, periodic: readonly boolean[]): Float64Array {
  return periodic[0] && periodic[1] && periodic[2] ? checkedCell(cell) : completedCell(cell, periodic);
}

function cellOf(cell: ArrayLike<number>): Float64Array {
  const copy = new Float64Array(9);
  for (let k = 0; k < 9; k++) copy[k] = cell[k];
  return copy;
}

function checkedCell(completed: Float64Array): Float64Array {
  // a component that is not finite shows in the volume or in the sum
  let sum = 0;
  for (let k = 0; k < 9; k++) sum += completed[k];
  if (!(volume(completed) > 1e-9) || (!Number.isFinite(sum) && !completed.every(Number.isFinite))) {
    throw new StructureError('The cell has no volume along its periodic axes.', {
      remedy: 'Check the lattice vectors and which axes are periodic.',
    });
  }
  return completed;
}

/** Unit vector perpendicular to up to two given vectors. */
function perpendicularUnit(given: number[][]): number[] {
  const normalise = (v: number[]) => {
    const length = Math.hypot(v[0], v[1], v[2]);
    return v.map((x) => x / length);
  };
  if (given.length >= 2) return normalise(cross(given[0], given[1]));
  if (given.length === 0) return [1, 0, 0];
  // the Cartesian axis least along the given vector, made perpendicular to it
  const v = normalise(given[0]);
  const least = v.map(Math.abs).indexOf(Math.min(...v.map(Math.abs)));
  const unit = [0, 0, 0];
  unit[least] = 1;
  return normalise(cross(v, unit));
}

function cross(u: number[], v: number[]): number[] {
  return [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
}

/** Distances between opposite faces of the cell along a, b, c, Å: volume / area of the face. */
export function faceDistances(cell: ArrayLike<number>): [number, number, number] {
  const v = volume(cell);
  return [v / area(cell, 3, 6), v / area(cell, 6, 0), v / area(cell, 0, 3)];
}

/** Area between the rows that begin at p and at q. */
function area(cell: ArrayLike<number>, p: number, q: number): number {
  return Math.hypot(
    cell[p + 1] * cell[q + 2] - cell[p + 2] * cell[q + 1],
    cell[p + 2] * cell[q] - cell[p] * cell[q + 2],
    cell[p] * cell[q + 1] - cell[p + 1] * cell[q],
  );
}
