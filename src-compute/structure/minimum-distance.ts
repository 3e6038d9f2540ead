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

/** Shortest distance below the radius, or undefined. */
function searchWithin(
  frame: SearchFrame,
  periodic: readonly boolean[],
  n: number,
  radius: number,
): number | undefined {
  const { cell, faces, fractional, extent } = frame;
  const perAxis = Math.max(1, Math.ceil(Math.cbrt(2 * n)));
  const width = [0, 1, 2].map((axis) => faces[axis] * extent[axis]);
  const bins = width.map((w) => Math.min(perAxis, Math.max(1, Math.floor(w / radius))));
  const binOf = (k: number, axis: number) =>
    Math.min(bins[axis] - 1, Math.floor((fractional[k + axis] / (extent[axis] || 1)) * bins[axis]));
  const heads = new Int32Array(bins[0] * bins[1] * bins[2]).fill(-1);
  const next = new Int32Array(n);
  for (let atom = 0; atom < n; atom++) {
    const bin = (binOf(3 * atom, 0) * bins[1] + binOf(3 * atom, 1)) * bins[2] + binOf(3 * atom, 2);
    next[atom] = heads[bin];
    heads[bin] = atom;
  }
  // how many bins the radius reaches; along axes that are not periodic never past the last bin
  const reach = bins.map((count, axis) => (width[axis] > 0 ? Math.ceil((radius * count) / width[axis]) : 0));
  let best = radius * radius;
  let found = false;
  for (let atom = 0; atom < n; atom++) {
    for (let da = -reach[0]; da <= reach[0]; da++) {
      const a = binOf(3 * atom, 0) + da;
      if (!periodic[0] && (a < 0 || a >= bins[0])) continue;
      for (let db = -reach[1]; db <= reach[1]; db++) {
        const b = binOf(3 * atom, 1) + db;
        if (!periodic[1] && (b < 0 || b >= bins[1])) continue;
        for (let dc = -reach[2]; dc <= reach[2]; dc++) {
          const c = binOf(3 * atom, 2) + dc;
          if (!periodic[2] && (c < 0 || c >= bins[2])) continue;
          const shift = [Math.floor(a / bins[0]), Math.floor(b / bins[1]), Math.floor(c / bins[2])];
          const bin =
            ((a - shift[0] * bins[0]) * bins[1] + (b - shift[1] * bins[1])) * bins[2] +
            (c - shift[2] * bins[2]);
          const image = shift[0] !== 0 || shift[1] !== 0 || shift[2] !== 0;
          for (let other = heads[bin]; other >= 0; other = next[other]) {
            if (other < atom || (other === atom && !image)) continue;
            const squared = squaredDistance(cell, fractional, atom, other, shift);
            if (squared < best) {
              best = squared;
              found = true;
            }
          }
        }
      }
    }
  }
  return found ? Math.sqrt(best) : undefined;
}

function squaredDistance(
  cell: Float64Array,
  fractional: Float64Array,
  atom: number,
  other: number,
  shift: readonly number[],
): number {
  const u = fractional[3 * other] + shift[0] - fractional[3 * atom];
  const v = fractional[3 * other + 1] + shift[1] - fractional[3 * atom + 1];
  const w = fractional[3 * other + 2] + shift[2] - fractional[3 * atom + 2];
  const x = u * cell[0] + v * cell[3] + w * cell[6];
  const y = u * cell[1] + v * cell[4] + w * cell[7];
  const z = u * cell[2] + v * cell[5] + w * cell[8];
  return x * x + y * y + z * z;
}
