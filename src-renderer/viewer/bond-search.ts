/**
 * Bonds by distance: atoms i and j are bonded when |r_ij| is below the limit of their kinds (bond-rules.ts), periodic
 * images included. A cell list over fractional coordinates makes the search linear in the number of atoms; cells
 * smaller than the search radius work too, because the stencil then reaches over several images.
 */
import { completedCell, faceDistances, inverse } from '../../src-compute/structure/cell.ts';

export interface BondSearchInput {
  /** Cartesian positions, Å; 3N; wrapped or not. */
  readonly positions: Float32Array | Float64Array;
  /** Kind per atom; N. */
  readonly kinds: Uint16Array;
  /** Bonded below this distance, Å; kinds × kinds, row-major. */
  readonly limits: Float64Array;
  /** Lattice vectors as rows, Å; 9. */
  readonly cell: Float64Array;
  readonly periodic: readonly [boolean, boolean, boolean];
}

/** Every bond once. The vector from i to j is r_j + shift·cell − r_i with the positions as they were given. */
export interface BondList {
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Integer cell shifts; 3 per bond. */
  readonly shifts: Int16Array;
}

/** Closer than this two atoms are the same site and no bond is drawn, Å. */
const SAME_SITE = 0.1;

/** Finds all bonds. Atoms with a position that is no number have none. */
export function findBonds(input: BondSearchInput): BondList {
  const { positions, kinds, periodic } = input;
  const kindCount = Math.round(Math.sqrt(input.limits.length));
  const limits = input.limits.map((limit) => limit * limit);
  const reach = input.limits.reduce((largest, value) => Math.max(largest, value), 0);
  if (!(reach > 0)) return { first: new Int32Array(0), second: new Int32Array(0), shifts: new Int16Array(0) };
  const cell = completedCell(input.cell, periodic);
  const grid = binAtoms(positions, cell, periodic, reach);
  const found = new BondCollector();
  const [nx, ny, nz] = grid.counts;
  for (let atom = 0; atom < kinds.length; atom++) {
    if (grid.bin[atom] < 0) continue;
    const bx = grid.bin[atom] % nx;
    const by = Math.floor(grid.bin[atom] / nx) % ny;
    const bz = Math.floor(grid.bin[atom] / (nx * ny));
    for (let dz = -grid.span[2]; dz <= grid.span[2]; dz++) {
      const sz = Math.floor((bz + dz) / nz);
      if (sz !== 0 && !periodic[2]) continue;
      for (let dy = -grid.span[1]; dy <= grid.span[1]; dy++) {
        const sy = Math.floor((by + dy) / ny);
        if (sy !== 0 && !periodic[1]) continue;
        for (let dx = -grid.span[0]; dx <= grid.span[0]; dx++) {
          const sx = Math.floor((bx + dx) / nx);
          if (sx !== 0 && !periodic[0]) continue;
          const bin = bx + dx - sx * nx + nx * (by + dy - sy * ny + ny * (bz + dz - sz * nz));
          for (let other = grid.head[bin]; other >= 0; other = grid.next[other]) {
            if (other < atom) continue;
            // from wrapped coordinates back to the positions as given
            const ax = sx - grid.wraps[3 * other] + grid.wraps[3 * atom];
            const ay = sy - grid.wraps[3 * other + 1] + grid.wraps[3 * atom + 1];
            const az = sz - grid.wraps[3 * other + 2] + grid.wraps[3 * atom + 2];
            if (other === atom && !isPositiveShift(ax, ay, az)) continue;
            const x = positions[3 * other] - positions[3 * atom] + ax * cell[0] + ay * cell[3] + az * cell[6];
            const y =
              positions[3 * other + 1] - positions[3 * atom + 1] + ax * cell[1] + ay * cell[4] + az * cell[7];
            const z =
              positions[3 * other + 2] - positions[3 * atom + 2] + ax * cell[2] + ay * cell[5] + az * cell[8];
            const squared = x * x + y * y + z * z;
            if (squared < limits[kinds[atom] * kindCount + kinds[other]] && squared > SAME_SITE * SAME_SITE) {
              found.add(atom, other, ax, ay, az);
            }
          }
        }
      }
    }
  }
  return found.list();
}

/** Of an atom's bond to its own image and the opposite one, exactly one is kept. */
function isPositiveShift(a: number, b: number, c: number): boolean {
  return a > 0 || (a === 0 && (b > 0 || (b === 0 && c > 0)));
}

interface AtomGrid {
  readonly counts: readonly [number, number, number];
  /** How many bins the stencil reaches to each side. */
  readonly span: readonly [number, number, number];
  /** Bin per atom, −1 where the position is no number. */
  readonly bin: Int32Array;
  readonly head: Int32Array;
  readonly next: Int32Array;
  /** Whole cells taken off each fractional coordinate, zero along non-periodic axes; 3N. */
  readonly wraps: Int32Array;
}

function binAtoms(
  positions: Float32Array | Float64Array,
  cell: Float64Array,
  periodic: readonly boolean[],
  reach: number,
): AtomGrid {
  const n = positions.length / 3;
  const toFractional = inverse(cell);
  const fractional = new Float32Array(3 * n);
  const wraps = new Int32Array(3 * n);
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let atom = 0; atom < n; atom++) {
    const [x, y, z] = [positions[3 * atom], positions[3 * atom + 1], positions[3 * atom + 2]];
    for (let axis = 0; axis < 3; axis++) {
      let s = x * toFractional[axis] + y * toFractional[3 + axis] + z * toFractional[6 + axis];
      if (periodic[axis]) {
        const whole = Math.floor(s);
        wraps[3 * atom + axis] = whole;
        s -= whole;
      }
      fractional[3 * atom + axis] = s;
      if (s < low[axis]) low[axis] = s;
      if (s > high[axis]) high[axis] = s;
    }
  }
  const faces = faceDistances(cell);
  const extent = (axis: number) => (periodic[axis] ? 1 : Math.max(high[axis] - low[axis], 1e-6) || 1e-6);
  const origin = (axis: number) => (periodic[axis] ? 0 : low[axis]);
  // never more bins than atoms, else a gas in a large box would spend its time on empty bins
  const most = Math.max(1, Math.ceil(Math.cbrt(2 * n)));
  const count = (axis: number) => {
    const fit = Math.floor((faces[axis] * extent(axis)) / Math.max(reach, 1e-3));
    return Math.max(1, Math.min(most, Number.isFinite(fit) ? fit : 1));
  };
  const counts: [number, number, number] = [count(0), count(1), count(2)];
  const spanOf = (axis: number) => Math.ceil((reach * counts[axis]) / (faces[axis] * extent(axis)));
  const span: [number, number, number] = [0, 1, 2].map((axis) =>
    periodic[axis] ? spanOf(axis) : Math.min(counts[axis] - 1, spanOf(axis)),
  ) as [number, number, number];
  const head = new Int32Array(counts[0] * counts[1] * counts[2]).fill(-1);
  const next = new Int32Array(n);
  const bin = new Int32Array(n);
  const place = (atom: number, axis: number) => {
    const scaled = ((fractional[3 * atom + axis] - origin(axis)) / extent(axis)) * counts[axis];
    return Math.min(counts[axis] - 1, Math.max(0, Math.floor(scaled)));
  };
  for (let atom = n - 1; atom >= 0; atom--) {
    const sum = positions[3 * atom] + positions[3 * atom + 1] + positions[3 * atom + 2];
    if (!Number.isFinite(sum)) {
      bin[atom] = -1;
      continue;
    }
    bin[atom] = place(atom, 0) + counts[0] * (place(atom, 1) + counts[1] * place(atom, 2));
    next[atom] = head[bin[atom]];
    head[bin[atom]] = atom;
  }
  return { counts, span, bin, head, next, wraps };
}

/** Growing typed arrays for a number of bonds not known beforehand. */
class BondCollector {
  private first = new Int32Array(1024);
  private second = new Int32Array(1024);
  private shifts = new Int16Array(3 * 1024);
  private count = 0;

  add(first: number, second: number, a: number, b: number, c: number): void {
    if (this.count === this.first.length) this.grow();
    this.first[this.count] = first;
    this.second[this.count] = second;
    this.shifts[3 * this.count] = a;
    this.shifts[3 * this.count + 1] = b;
    this.shifts[3 * this.count + 2] = c;
    this.count++;
  }

  list(): BondList {
    return {
      first: this.first.slice(0, this.count),
      second: this.second.slice(0, this.count),
      shifts: this.shifts.slice(0, 3 * this.count),
    };
  }

  private grow(): void {
    const size = 2 * this.first.length;
    const [first, second, shifts] = [new Int32Array(size), new Int32Array(size), new Int16Array(3 * size)];
    first.set(this.first);
    second.set(this.second);
    shifts.set(this.shifts);
    [this.first, this.second, this.shifts] = [first, second, shifts];
  }
}
