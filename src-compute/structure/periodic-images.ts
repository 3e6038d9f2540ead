/**
 * Atoms and those of their periodic images that matter, sorted by bins.
 *
 * All atoms are wrapped into the cell and copied wherever an image may lie within `range` of an atom of the cell;
 * copies are called entries. Distances between entries are plain Cartesian differences, whatever the cell's shape,
 * its periodicity, and however small it is: a cell smaller than the range simply has more copies of the same atom.
 * Entries are sorted by bins of a grid in fractional coordinates, so that neighbours in space are neighbours in memory,
 * and a row of bins along c is one contiguous run of entries. O(N).
 *
 * Memory: 16 bytes per entry for owner and shift, 4 per bin and per atom. Bulk silicon with a range of 6 Å has
 * 1.14 entries per atom at 10⁶ atoms, 1.8 at 8000, 3.0 at 1000.
 */
import { StructureError } from '../errors.ts';
import { completedCell, faceDistances, inverse } from './cell.ts';

/** Positions of entries are four numbers each: x, y, z, 0. */
export const ENTRY_STRIDE = 4;

/** More entries than this cannot be addressed by the backends (and would not fit any memory). */
const MAXIMUM_ENTRIES = 2 ** 27;

export class PeriodicImages {
  /** Number of atoms. */
  atomCount = 0;
  /** Number of entries, atoms of the cell and copies together. */
  entryCount = 0;
  /** Atom that an entry is a copy of; entryCount numbers are valid. */
  owners = new Int32Array(0);
  /** Lattice translations from the atom's given position to the entry; 3 per entry. */
  shifts = new Int32Array(0);
  /** Entries that are the atoms of the cell themselves, ascending; atomCount numbers. */
  locals = new Int32Array(0);
  /** Number of bins along a, b, c. */
  readonly bins: [number, number, number] = [1, 1, 1];
  /** Neighbours within `range` are at most so many bins away along a, b, c. */
  readonly reach: [number, number, number] = [1, 1, 1];
  /** First entry of every bin, c fastest; bins + 1. */
  binStart = new Int32Array(2);
  /** Bin of every local atom, in the order of `locals`. */
  localBins = new Int32Array(0);

  private fractional = new Float64Array(0);
  private wraps = new Int32Array(0);
  private counts = new Int32Array(0);

  /**
   * Wraps, copies and sorts.
   * @param positions 3N, Å, wrapped or not
   * @param cell 9, Å; axes that are not periodic may be zero
   * @param range largest distance that matters, Å
   * @throws StructureError naming the first atom whose position is no number; for cells without volume
   */
  build(positions: Float64Array, cell: ArrayLike<number>, periodic: readonly boolean[], range: number): void {
    const n = positions.length / 3;
    this.atomCount = n;
    const full = completedCell(cell, periodic);
    const faces = faceDistances(full);
    const { low, high } = this.wrap(positions, full, periodic);
    const margin = faces.map((distance, axis) => (periodic[axis] ? range / distance : 0));
    this.entryCount = this.countEntries(low, high, margin, faces, range);
    this.makeGrid(low, high, margin, faces, range);
    this.sortEntries(low, high, margin);
  }

  /**
   * Positions of all entries for the present positions of the atoms.
   * @param out 4 per entry: x, y, z, 0
   */
  refresh(
    positions: Float64Array,
    cell: ArrayLike<number>,
    periodic: readonly boolean[],
    out: Float64Array,
  ): void {
    const { owners, shifts, entryCount } = this;
    // axes that are not periodic are never shifted, whatever the file says they are
    const [ax, ay, az] = periodic[0] ? [cell[0], cell[1], cell[2]] : [0, 0, 0];
    const [bx, by, bz] = periodic[1] ? [cell[3], cell[4], cell[5]] : [0, 0, 0];
    const [cx, cy, cz] = periodic[2] ? [cell[6], cell[7], cell[8]] : [0, 0, 0];
    for (let k = 0; k < entryCount; k++) {
      const atom = 3 * owners[k];
      const [a, b, c] = [shifts[3 * k], shifts[3 * k + 1], shifts[3 * k + 2]];
      out[4 * k] = positions[atom] + a * ax + b * bx + c * cx;
      out[4 * k + 1] = positions[atom + 1] + a * ay + b * by + c * cy;
      out[4 * k + 2] = positions[atom + 2] + a * az + b * bz + c * cz;
      out[4 * k + 3] = 0;
    }
  }

  /** Fractional coordinates in [0, 1) along periodic axes; their extent. */
  private wrap(positions: Float64Array, cell: Float64Array, periodic: readonly boolean[]) {
    const n = this.atomCount;
    const inv = inverse(cell);
    if (this.fractional.length < 3 * n) {
      this.fractional = new Float64Array(3 * n);
      this.wraps = new Int32Array(3 * n);
    }
    const low = [Infinity, Infinity, Infinity];
    const high = [-Infinity, -Infinity, -Infinity];
    for (let i = 0; i < n; i++) {
      const [x, y, z] = [positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]];
      for (let axis = 0; axis < 3; axis++) {
        let s = x * inv[axis] + y * inv[3 + axis] + z * inv[6 + axis];
        let turns = 0;
        if (periodic[axis]) {
          turns = Math.floor(s);
          s -= turns;
        }
        if (!(Math.abs(s) < 1e9) || Math.abs(turns) > 1e9) throw badPosition(i, x, y, z);
        this.fractional[3 * i + axis] = s;
        this.wraps[3 * i + axis] = turns;
        if (s < low[axis]) low[axis] = s;
        if (s > high[axis]) high[axis] = s;
      }
    }
    return { low, high };
  }

  private countEntries(
    low: number[],
    high: number[],
    margin: number[],
    faces: number[],
    range: number,
  ): number {
    let total = 0;
    for (let i = 0; i < this.atomCount; i++) {
      let images = 1;
      for (let axis = 0; axis < 3; axis++) {
        if (margin[axis] === 0) continue;
        const s = this.fractional[3 * i + axis];
        images *= lastImage(s, high[axis], margin[axis]) - firstImage(s, low[axis], margin[axis]) + 1;
      }
      total += images;
    }
    if (total > MAXIMUM_ENTRIES) {
      throw new StructureError(
        `The cell is only ${Math.min(...faces).toPrecision(3)} Å thick: within ${range.toFixed(1)} Å its atoms have ${total.toExponential(1)} periodic images, too many to compute.`,
        { remedy: 'Check the cell and its units (Å).' },
      );
    }
    return total;
  }

  private makeGrid(low: number[], high: number[], margin: number[], faces: number[], range: number): void {
    const extent = [0, 1, 2].map((k) => Math.max((high[k] - low[k] + 2 * margin[k]) * faces[k], 1e-3));
    // bins of half the range, but not many more bins than entries: gases and drifting clusters are mostly empty
    let size = range / 2;
    const wanted = extent.reduce((product, length) => product * Math.max(1, length / size), 1);
    const affordable = 2 * this.entryCount + 64;
    if (wanted > affordable) size *= Math.cbrt(wanted / affordable);
    for (let axis = 0; axis < 3; axis++) {
      const count = Math.min(Math.max(1, Math.floor(extent[axis] / size)), affordable);
      this.bins[axis] = count;
      // 1e-9: round-off at bin borders
      this.reach[axis] = Math.min(count - 1, Math.ceil((range / extent[axis]) * count + 1e-9));
    }
    const binCount = this.bins[0] * this.bins[1] * this.bins[2];
    if (this.binStart.length < binCount + 1) this.binStart = new Int32Array(binCount + 1);
    this.binStart.fill(0, 0, binCount + 1);
  }

  /** Counting sort of all entries by bin. */
  private sortEntries(low: number[], high: number[], margin: number[]): void {
    const { bins, binStart, fractional, wraps } = this;
    const binCount = bins[0] * bins[1] * bins[2];
    if (this.owners.length < this.entryCount) {
      const capacity = Math.ceil(1.05 * this.entryCount);
      this.owners = new Int32Array(capacity);
      this.shifts = new Int32Array(3 * capacity);
    }
    if (this.locals.length !== this.atomCount) {
      this.locals = new Int32Array(this.atomCount);
      this.localBins = new Int32Array(this.atomCount);
    }
    if (this.counts.length < binCount) this.counts = new Int32Array(binCount);
    const origin = low.map((value, axis) => value - margin[axis]);
    const scale = bins.map(
      (count, axis) => count / Math.max(high[axis] - low[axis] + 2 * margin[axis], 1e-300),
    );
    const binAlong = (axis: number, s: number) =>
      Math.min(bins[axis] - 1, Math.max(0, Math.floor((s - origin[axis]) * scale[axis])));
    const { owners, shifts, locals, localBins, counts } = this;
    const localOfAtom = new Int32Array(this.atomCount);
    for (const filling of [false, true]) {
      for (let i = 0; i < this.atomCount; i++) {
        const [sa, sb, sc] = [fractional[3 * i], fractional[3 * i + 1], fractional[3 * i + 2]];
        const [fa, la] = margin[0]
          ? [firstImage(sa, low[0], margin[0]), lastImage(sa, high[0], margin[0])]
          : [0, 0];
        const [fb, lb] = margin[1]
          ? [firstImage(sb, low[1], margin[1]), lastImage(sb, high[1], margin[1])]
          : [0, 0];
        const [fc, lc] = margin[2]
          ? [firstImage(sc, low[2], margin[2]), lastImage(sc, high[2], margin[2])]
          : [0, 0];
        for (let a = fa; a <= la; a++) {
          const binA = binAlong(0, sa + a) * bins[1];
          for (let b = fb; b <= lb; b++) {
            const binB = (binA + binAlong(1, sb + b)) * bins[2];
            for (let c = fc; c <= lc; c++) {
              const bin = binB + binAlong(2, sc + c);
              if (!filling) {
                binStart[bin + 1]++;
                continue;
              }
              const entry = counts[bin]++;
              owners[entry] = i;
              shifts[3 * entry] = a - wraps[3 * i];
              shifts[3 * entry + 1] = b - wraps[3 * i + 1];
              shifts[3 * entry + 2] = c - wraps[3 * i + 2];
              if (a === 0 && b === 0 && c === 0) localOfAtom[i] = entry;
            }
          }
        }
      }
      if (!filling) {
        for (let bin = 0; bin < binCount; bin++) binStart[bin + 1] += binStart[bin];
        counts.set(binStart.subarray(0, binCount));
      }
    }
    locals.set(localOfAtom);
    locals.sort();
    let bin = 0;
    for (let l = 0; l < locals.length; l++) {
      while (binStart[bin + 1] <= locals[l]) bin++;
      localBins[l] = bin;
    }
  }
}

/** First and last n with s + n within the margin of the occupied range. */
function firstImage(s: number, low: number, margin: number): number {
  return Math.ceil(low - margin - s);
}

function lastImage(s: number, high: number, margin: number): number {
  return Math.floor(high + margin - s);
}

function badPosition(atom: number, x: number, y: number, z: number): StructureError {
  return new StructureError(
    `The position of atom ${atom + 1} is (${x}, ${y}, ${z}) Å: finite numbers near the cell were expected.`,
    {
      remedy:
        'The structure holds NaN, or the simulation has exploded: use a smaller time step or start from a relaxed structure.',
    },
  );
}
