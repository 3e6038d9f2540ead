/** Shortest distance between two atoms of a configuration, periodic images included. */
import { StructureError } from '../errors.ts';
import { faceDistances, inverseInto, readableCell, volume } from './cell.ts';
import type { Configuration } from './configuration.ts';

/** Periodic planes closer than this, Å, are no crystal: searching their images would not end. */
const THINNEST_CELL = 0.05;

/** Up to so many atoms every pair is looked at: making bins costs more. */
const FEW = 32;

// for structures of a few atoms, of which an import sees millions: making arrays would cost more than the search
const scratchInverse = new Float64Array(9);
// larger ones use the same room again, so that what a frame of a file leaves behind is not three times its positions
let scratchFractional = new Float64Array(3 * FEW);
let scratchSorted = new Float64Array(0);
let scratchBins = new Int32Array(0);
/** Room that is kept, numbers; more is taken anew each time. */
const MOST_KEPT = 300_000;

/** The room, or more where that does not do; it holds anything. */
function roomOf(kept: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  return length <= kept.length ? kept : new Float64Array(length);
}

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
  for (let k = 0; k < positions.length; k++)
    if (!Number.isFinite(positions[k])) throw new StructureError('A position is not a number.');
  const frame = searchFrame(configuration);
  if (n <= FEW) return shortestOfFew(frame, periodic, n, limit);
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

/**
 * All pairs of a few atoms. Nearest images by rounding give a bound R; an image with the shift k along an axis is nearer
 * than R only if |k| − ½ < R/(distance of the faces), which for most cells leaves none to look at.
 */
function shortestOfFew(
  { cell, faces, fractional }: SearchFrame,
  periodic: readonly boolean[],
  n: number,
  limit: number,
): number | undefined {
  const [periodicA, periodicB, periodicC] = periodic;
  let best = limit * limit;
  // a lattice vector is the distance of an atom to its own image
  for (let axis = 0; axis < 9; axis += 3) {
    if (!periodic[axis / 3]) continue;
    best = Math.min(best, cell[axis] ** 2 + cell[axis + 1] ** 2 + cell[axis + 2] ** 2);
  }
  for (let pass = 0; pass < 2; pass++) {
    const radius = Math.sqrt(best) * (1 + 1e-12);
    const most = (axis: number) =>
      pass === 1 && periodic[axis] ? Math.floor(radius / faces[axis] + 0.5) : 0;
    const [mostA, mostB, mostC] = [most(0), most(1), most(2)];
    if (pass === 1 && mostA + mostB + mostC === 0) break;
    for (let i = 0; i < 3 * n; i += 3) {
      // an atom and its own images in the second pass only
      for (let j = pass === 0 ? i + 3 : i; j < 3 * n; j += 3) {
        let u = fractional[j] - fractional[i];
        let v = fractional[j + 1] - fractional[i + 1];
        let w = fractional[j + 2] - fractional[i + 2];
        if (periodicA) u -= Math.round(u);
        if (periodicB) v -= Math.round(v);
        if (periodicC) w -= Math.round(w);
        for (let a = -mostA; a <= mostA; a++) {
          for (let b = -mostB; b <= mostB; b++) {
            for (let c = -mostC; c <= mostC; c++) {
              if (i === j && a === 0 && b === 0 && c === 0) continue;
              const x = (u + a) * cell[0] + (v + b) * cell[3] + (w + c) * cell[6];
              const y = (u + a) * cell[1] + (v + b) * cell[4] + (w + c) * cell[7];
              const z = (u + a) * cell[2] + (v + b) * cell[5] + (w + c) * cell[8];
              const squared = x * x + y * y + z * z;
              if (squared < best) best = squared;
            }
          }
        }
      }
    }
  }
  return best < limit * limit ? Math.sqrt(best) : undefined;
}

interface SearchFrame {
  /** Completed cell: non-periodic axes are unit vectors perpendicular to the others. */
  readonly cell: Float64Array;
  readonly faces: readonly number[];
  /** At least 3N, wrapped into [0, 1) along periodic axes, counted from the lowest atom along the others. */
  readonly fractional: Float64Array;
  /** Largest fractional coordinate along each axis that is not periodic, 1 along periodic ones. */
  readonly extent: readonly number[];
}

function searchFrame(configuration: Configuration): SearchFrame {
  const { positions, periodic } = configuration;
  const cell = readableCell(configuration.cell, periodic);
  const faces = faceDistances(cell);
  if (faces.some((distance, axis) => periodic[axis] && distance < THINNEST_CELL)) {
    throw new StructureError(`The cell is thinner than ${THINNEST_CELL} Å.`, {
      remedy: 'Check the lattice vectors and their unit: Å are expected.',
    });
  }
  const inv = inverseInto(cell, scratchInverse);
  const fractional = roomOf(scratchFractional, positions.length);
  if (fractional.length <= MOST_KEPT) scratchFractional = fractional;
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

/** Atoms sorted by bins that are at least about as wide as the radius. */
interface Bins {
  readonly counts: readonly number[];
  /** How many bins the radius reaches along each axis. */
  readonly reach: readonly number[];
  /** Where each bin begins in `positions`; one more than there are bins. */
  readonly starts: Int32Array;
  /** Wrapped Cartesian positions in order of bins, Å; at least 3N. */
  readonly positions: Float64Array;
}

function sortIntoBins(
  { cell, faces, fractional, extent }: SearchFrame,
  periodic: readonly boolean[],
  n: number,
  radius: number,
): Bins {
  const mostPerAxis = Math.max(1, Math.ceil(Math.cbrt(2 * n)));
  const widths = [0, 1, 2].map((axis) => faces[axis] * extent[axis]);
  const counts = widths.map((width) => Math.min(mostPerAxis, Math.max(1, Math.floor(width / radius))));
  const reach = counts.map((count, axis) => {
    const needed = Math.ceil((radius * count) / widths[axis]);
    // without images there is nothing beyond the last bin, however flat the structure
    return periodic[axis] ? needed : widths[axis] > 0 ? Math.min(count - 1, needed) : 0;
  });
  const binOf = n <= scratchBins.length ? scratchBins : new Int32Array(n);
  if (n <= MOST_KEPT) scratchBins = binOf;
  const starts = new Int32Array(counts[0] * counts[1] * counts[2] + 1);
  for (let atom = 0; atom < n; atom++) {
    let bin = 0;
    for (let axis = 0; axis < 3; axis++) {
      const place = Math.floor((fractional[3 * atom + axis] / (extent[axis] || 1)) * counts[axis]);
      bin = bin * counts[axis] + Math.min(counts[axis] - 1, place);
    }
    binOf[atom] = bin;
    starts[bin + 1]++;
  }
  for (let bin = 1; bin < starts.length; bin++) starts[bin] += starts[bin - 1];
  const filled = starts.slice();
  const positions = roomOf(scratchSorted, 3 * n);
  if (positions.length <= MOST_KEPT) scratchSorted = positions;
  for (let atom = 0; atom < n; atom++) {
    const place = 3 * filled[binOf[atom]]++;
    const [u, v, w] = [fractional[3 * atom], fractional[3 * atom + 1], fractional[3 * atom + 2]];
    positions[place] = u * cell[0] + v * cell[3] + w * cell[6];
    positions[place + 1] = u * cell[1] + v * cell[4] + w * cell[7];
    positions[place + 2] = u * cell[2] + v * cell[5] + w * cell[8];
  }
  return { counts, reach, starts, positions };
}

/**
 * Shortest distance below the radius, or undefined. Every pair of bins is met once: neighbours are looked for in the
 * upper half of the offsets only, the lower half being the same pairs seen from the other side.
 */
function searchWithin(
  frame: SearchFrame,
  periodic: readonly boolean[],
  n: number,
  radius: number,
): number | undefined {
  const bins = sortIntoBins(frame, periodic, n, radius);
  const { counts, reach } = bins;
  let best = radius * radius;
  for (let a = 0; a < counts[0]; a++) {
    for (let b = 0; b < counts[1]; b++) {
      for (let c = 0; c < counts[2]; c++) {
        const bin = (a * counts[1] + b) * counts[2] + c;
        if (bins.starts[bin] === bins.starts[bin + 1]) continue;
        best = closestOfPair(bins, bin, bin, 0, 0, 0, best, true);
        for (let da = 0; da <= reach[0]; da++) {
          const shiftA = Math.floor((a + da) / counts[0]);
          if (shiftA !== 0 && !periodic[0]) break;
          for (let db = da === 0 ? 0 : -reach[1]; db <= reach[1]; db++) {
            const shiftB = Math.floor((b + db) / counts[1]);
            if (shiftB !== 0 && !periodic[1]) continue;
            for (let dc = da === 0 && db === 0 ? 1 : -reach[2]; dc <= reach[2]; dc++) {
              const shiftC = Math.floor((c + dc) / counts[2]);
              if (shiftC !== 0 && !periodic[2]) continue;
              const [wrappedA, wrappedB] = [a + da - shiftA * counts[0], b + db - shiftB * counts[1]];
              const other = (wrappedA * counts[1] + wrappedB) * counts[2] + (c + dc - shiftC * counts[2]);
              const { cell } = frame;
              const x = shiftA * cell[0] + shiftB * cell[3] + shiftC * cell[6];
              const y = shiftA * cell[1] + shiftB * cell[4] + shiftC * cell[7];
              const z = shiftA * cell[2] + shiftB * cell[5] + shiftC * cell[8];
              best = closestOfPair(bins, bin, other, x, y, z, best, false);
            }
          }
        }
      }
    }
  }
  return best < radius * radius ? Math.sqrt(best) : undefined;
}

/** Smallest squared distance between atoms of two bins, the second moved by (x, y, z), or the best before. */
function closestOfPair(
  { starts, positions }: Bins,
  first: number,
  second: number,
  x: number,
  y: number,
  z: number,
  before: number,
  same: boolean,
): number {
  let best = before;
  const end = 3 * starts[second + 1];
  for (let i = 3 * starts[first]; i < 3 * starts[first + 1]; i += 3) {
    const [ux, uy, uz] = [positions[i] - x, positions[i + 1] - y, positions[i + 2] - z];
    for (let j = same ? i + 3 : 3 * starts[second]; j < end; j += 3) {
      const dx = positions[j] - ux;
      const dy = positions[j + 1] - uy;
      const dz = positions[j + 2] - uz;
      const squared = dx * dx + dy * dy + dz * dz;
      if (squared < best) best = squared;
    }
  }
  return best;
}
