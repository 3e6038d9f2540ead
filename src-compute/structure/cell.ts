/**
 * Cell algebra. A cell is a Float64Array of 9: rows are the lattice vectors a, b, c (PHYSICS.md).
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
  const determinant = signedVolume(cell);
  if (!(Math.abs(determinant) > 1e-12)) {
    throw new StructureError('The cell has no volume: its three lattice vectors lie in one plane.', {
      remedy: 'Check the Lattice of this configuration.',
    });
  }
  const [a, b, c, d, e, f, g, h, i] = Array.from({ length: 9 }, (_, k) => cell[k]);
  return Float64Array.of(
    (e * i - f * h) / determinant,
    (c * h - b * i) / determinant,
    (b * f - c * e) / determinant,
    (f * g - d * i) / determinant,
    (a * i - c * g) / determinant,
    (c * d - a * f) / determinant,
    (d * h - e * g) / determinant,
    (b * g - a * h) / determinant,
    (a * e - b * d) / determinant,
  );
}

/**
 * The cell with every non-periodic axis replaced by a unit vector perpendicular to the others, so that it can be
 * inverted. Non-periodic axes of a slab or of a free cluster may be zero in files.
 * @throws StructureError when a periodic axis is zero or the periodic axes are linearly dependent
 */
export function completedCell(cell: ArrayLike<number>, periodic: readonly boolean[]): Float64Array {
  const rows: (number[] | undefined)[] = [0, 1, 2].map((axis) =>
    periodic[axis] ? [cell[3 * axis], cell[3 * axis + 1], cell[3 * axis + 2]] : undefined,
  );
  for (let axis = 0; axis < 3; axis++) {
    if (rows[axis] !== undefined) continue;
    rows[axis] = perpendicularUnit(rows.filter((row): row is number[] => row !== undefined));
  }
  const completed = Float64Array.from(rows.flat() as number[]);
  if (!(volume(completed) > 1e-9) || !completed.every(Number.isFinite)) {
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
  const row = (k: number) => [cell[3 * k], cell[3 * k + 1], cell[3 * k + 2]];
  const v = volume(cell);
  const area = (k: number) => Math.hypot(...cross(row((k + 1) % 3), row((k + 2) % 3)));
  return [v / area(0), v / area(1), v / area(2)];
}
