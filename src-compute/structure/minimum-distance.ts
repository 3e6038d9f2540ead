/** Shortest distance between two atoms of a configuration, periodic images included. */
import { StructureError } from '../errors.ts';
import { completedCell, faceDistances, inverse, volume } from './cell.ts';
import type { Configuration } from './configuration.ts';

/** Periodic planes closer than this, Å, are no crystal: searching their images would not end. */
const THINNEST_CELL = 0.05;

/**
 * Shortest interatomic distance, Å, by a linked-cell search whose radius starts near the mean spacing and doubles
 * until a pair is found: O(N) for any unit of length the file may have been in.
 * @param limit distances above this are not of interest, Å
 * @returns undefined when no two atoms (or images) are closer than the limit
 * @throws StructureError when the cell is collapsed or a position is not a number
 */
export function minimumDistance(configuration: Configuration, limit = 4): number | undefined {
  const { positions, periodic } = configuration;
  const n = configuration.kinds.length;
  if (n === 0) return undefined;
  if (!positions.every(Number.isFinite)) throw new StructureError('A position is not a number.');
  const frame = searchFrame(configuration);
  let spaceForOne = volume(frame.cell) / n;
  for (let axis = 0; axis < 3; axis++) if (!periodic[axis]) spaceForOne *= Math.max(frame.extent[axis], 0.5);
  let radius = Math.min(limit, 1.13 * Math.cbrt(spaceForOne));
  for (;;) {
    const found = searchWithin(frame, periodic, n, radius);
    if (found !== undefined) return found;
    if (radius >= limit) return undefined;
    radius = Math.min(limit, 2 * radius);
  }
}

interface SearchFrame {
  /** Completed cell: non-periodic axes are unit vectors perpendicular to the others. */
  readonly cell: Float64Array;
  readonly faces: readonly number[];
  /** 3N, wrapped into [0, 1) along periodic axes, counted from the lowest atom along the others. */
  readonly fractional: Float64Array;
  /** Largest fractional coordinate along each axis that is not periodic, 1 along periodic ones. */
  readonly extent: readonly number[];
}

function searchFrame(configuration: Configuration): SearchFrame {
  const { positions, periodic } = configuration;
  const cell = completedCell(configuration.cell, periodic);
  const faces = faceDistances(cell);
  if (faces.some((distance, axis) => periodic[axis] && distance < THINNEST_CELL)) {
    throw new StructureError(`The cell is thinner than ${THINNEST_CELL} Å.`, {
      remedy: 'Check the lattice vectors and their unit: Å are expected.',
    });
  }
  const inv = inverse(cell);
  const fractional = new Float64Array(positions.length);
  const extent = [1, 1, 1];
  for (let axis = 0; axis < 3; axis++) {
    let low = Infinity;
    let high = -Infinity;
    for (let k = 0; k < positions.length; k += 3) {
      let s = positions[k] * inv[axis] + positions[k + 1] * inv[3 + axis] + positions[k + 2] * inv[6 + axis];
      if (periodic[axis]) {
        s -= Math.floor(s);
        if (s >= 1) s = 0; // −1e−17 wraps to exactly 1
      }
      fractional[k + axis] = s;
      low = Math.min(low, s);
      high = Math.max(high, s);
    }
    if (periodic[axis]) continue;
    for (let k = axis; k < positions.length; k += 3) fractional[k] -= low;
    extent[axis] = high - low;
  }
  return { cell, faces, fractional, extent };
}

/** Atoms sorted into bins at least as wide as about the radius, as linked lists. */
interface Bins {
  readonly counts: readonly number[];
  /** How many bins the radius reaches along each axis. */
  readonly reach: readonly number[];
  /** Bin of each atom along each axis; 3N. */
  readonly places: Int32Array;
  /** First atom of each bin, and the next one behind each atom; −1 at the end. */
  readonly heads: Int32Array;
  readonly next: Int32Array;
}

function sortIntoBins(frame: SearchFrame, periodic: readonly boolean[], n: number, radius: number): Bins {
  const { faces, fractional, extent } = frame;
  const mostPerAxis = Math.max(1, Math.ceil(Math.cbrt(2 * n)));
  const widths = [0, 1, 2].map((axis) => faces[axis] * extent[axis]);
  const counts = widths.map((width) => Math.min(mostPerAxis, Math.max(1, Math.floor(width / radius))));
  const reach = counts.map((count, axis) => {
    const needed = Math.ceil((radius * count) / widths[axis]);
    // without images there is nothing beyond the last bin, however flat the structure
    return periodic[axis] ? needed : widths[axis] > 0 ? Math.min(count - 1, needed) : 0;
  });
  const places = new Int32Array(3 * n);
  const heads = new Int32Array(counts[0] * counts[1] * counts[2]).fill(-1);
  const next = new Int32Array(n);
  for (let atom = 0; atom < n; atom++) {
    for (let axis = 0; axis < 3; axis++) {
      const place = Math.floor((fractional[3 * atom + axis] / (extent[axis] || 1)) * counts[axis]);
      places[3 * atom + axis] = Math.min(counts[axis] - 1, place);
    }
    const bin = (places[3 * atom] * counts[1] + places[3 * atom + 1]) * counts[2] + places[3 * atom + 2];
    next[atom] = heads[bin];
    heads[bin] = atom;
  }
  return { counts, reach, places, heads, next };
}

/** Shortest distance below the radius, or undefined. */
function searchWithin(
  frame: SearchFrame,
  periodic: readonly boolean[],
  n: number,
  radius: number,
): number | undefined {
  const { cell, fractional } = frame;
  const { counts, reach, places, heads, next } = sortIntoBins(frame, periodic, n, radius);
  const wrapped = cartesian(fractional, cell);
  let best = radius * radius;
  let found = false;
  for (let atom = 0; atom < n; atom++) {
    for (let a = places[3 * atom] - reach[0]; a <= places[3 * atom] + reach[0]; a++) {
      const shiftA = Math.floor(a / counts[0]);
      if (shiftA !== 0 && !periodic[0]) continue;
      for (let b = places[3 * atom + 1] - reach[1]; b <= places[3 * atom + 1] + reach[1]; b++) {
        const shiftB = Math.floor(b / counts[1]);
        if (shiftB !== 0 && !periodic[1]) continue;
        for (let c = places[3 * atom + 2] - reach[2]; c <= places[3 * atom + 2] + reach[2]; c++) {
          const shiftC = Math.floor(c / counts[2]);
          if (shiftC !== 0 && !periodic[2]) continue;
          const itself = shiftA === 0 && shiftB === 0 && shiftC === 0;
          // the atom seen from the cell that the bin's image lies in
          const x = wrapped[3 * atom] - shiftA * cell[0] - shiftB * cell[3] - shiftC * cell[6];
          const y = wrapped[3 * atom + 1] - shiftA * cell[1] - shiftB * cell[4] - shiftC * cell[7];
          const z = wrapped[3 * atom + 2] - shiftA * cell[2] - shiftB * cell[5] - shiftC * cell[8];
          const bin =
            ((a - shiftA * counts[0]) * counts[1] + (b - shiftB * counts[1])) * counts[2] +
            (c - shiftC * counts[2]);
          for (let other = heads[bin]; other >= 0; other = next[other]) {
            if (other < atom || (other === atom && itself)) continue;
            const dx = wrapped[3 * other] - x;
            const dy = wrapped[3 * other + 1] - y;
            const dz = wrapped[3 * other + 2] - z;
            const squared = dx * dx + dy * dy + dz * dz;
            if (squared >= best) continue;
            best = squared;
            found = true;
          }
        }
      }
    }
  }
  return found ? Math.sqrt(best) : undefined;
}

function cartesian(fractional: Float64Array, cell: Float64Array): Float64Array {
  const positions = new Float64Array(fractional.length);
  for (let k = 0; k < fractional.length; k += 3) {
    for (let axis = 0; axis < 3; axis++) {
      positions[k + axis] =
        fractional[k] * cell[axis] + fractional[k + 1] * cell[3 + axis] + fractional[k + 2] * cell[6 + axis];
    }
  }
  return positions;
}
