/**
 * Pairs within a cutoff for analyses: a cell grid, every unordered pair of atoms and images once. Any cell shape, any
 * cutoff (cells smaller than the cutoff contribute several images), any periodicity, positions wrapped or not.
 */
import { StructureError } from '../errors.ts';
import { completedCell, faceDistances, inverse } from '../structure/cell.ts';
import { atomCount, type Configuration } from '../structure/configuration.ts';

/** Neighbours of every atom, both directions. */
export interface NeighbourTable {
  /** First neighbour of atom i is `start[i]`, its last is before `start[i + 1]`. */
  readonly start: Int32Array;
  readonly neighbours: Int32Array;
  /** r_j + shift − r_i, Å; 3 per entry. */
  readonly vectors: Float64Array;
  /** Å */
  readonly distances: Float64Array;
}

/**
 * Calls back once per unordered pair of atoms (and images, the atom's own included) closer than the cutoff.
 * @param visit receives i, j, distance and the vector from i to the image of j
 * @throws StructureError for NaN positions and cells without volume
 */
export function forEachPair(
  configuration: Configuration,
  cutoff: number,
  visit: (i: number, j: number, r: number, x: number, y: number, z: number) => void,
): void {
  const n = atomCount(configuration);
  if (n === 0) return;
  const grid = sortIntoGrid(configuration, cutoff);
  const { cell, wrapped, count, reach, head, next, periodic } = grid;
  const limit = cutoff * cutoff;
  for (let i = 0; i < n; i++) {
    const ca = grid.place[3 * i];
    const cb = grid.place[3 * i + 1];
    const cc = grid.place[3 * i + 2];
    for (let da = -reach[0]; da <= reach[0]; da++) {
      const [a, sa] = fold(ca + da, count[0]);
      if (sa !== 0 && !periodic[0]) continue;
      for (let db = -reach[1]; db <= reach[1]; db++) {
        const [b, sb] = fold(cb + db, count[1]);
        if (sb !== 0 && !periodic[1]) continue;
        for (let dc = -reach[2]; dc <= reach[2]; dc++) {
          const [c, sc] = fold(cc + dc, count[2]);
          if (sc !== 0 && !periodic[2]) continue;
          const sx = sa * cell[0] + sb * cell[3] + sc * cell[6] - wrapped[3 * i];
          const sy = sa * cell[1] + sb * cell[4] + sc * cell[7] - wrapped[3 * i + 1];
          const sz = sa * cell[2] + sb * cell[5] + sc * cell[8] - wrapped[3 * i + 2];
          // of the two directions of a pair keep i < j; for own images the lexically positive shift
          const ownForward = sa > 0 || (sa === 0 && (sb > 0 || (sb === 0 && sc > 0)));
          for (let j = head[(a * count[1] + b) * count[2] + c]; j >= 0; j = next[j]) {
            if (j < i || (j === i && !ownForward)) continue;
            const x = wrapped[3 * j] + sx;
            const y = wrapped[3 * j + 1] + sy;
            const z = wrapped[3 * j + 2] + sz;
            const square = x * x + y * y + z * z;
            if (square < limit) visit(i, j, Math.sqrt(square), x, y, z);
          }
        }
      }
    }
  }
}

/** [index within 0 … count − 1, image shift] of a grid coordinate. */
function fold(k: number, count: number): [number, number] {
  const shift = Math.floor(k / count);
  return [k - shift * count, shift];
}

function sortIntoGrid(configuration: Configuration, cutoff: number) {
  const n = atomCount(configuration);
  const { positions } = configuration;
  if (!positions.every(Number.isFinite)) throw new StructureError('A position is not a finite number.');
  if (!(cutoff > 0)) throw new StructureError(`The cutoff should be a positive length, and is ${cutoff} Å.`);
  // open directions get a box that just holds the atoms, so that the grid covers them
  const periodic = configuration.periodic;
  const cell = completedCell(configuration.cell, periodic);
  const inv = inverse(cell);
  const fractions = new Float64Array(3 * n);
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < n; i++) {
    for (let b = 0; b < 3; b++) {
      let s = 0;
      for (let a = 0; a < 3; a++) s += positions[3 * i + a] * inv[3 * a + b];
      if (periodic[b]) s -= Math.floor(s);
      fractions[3 * i + b] = s;
      low[b] = Math.min(low[b], s);
      high[b] = Math.max(high[b], s);
    }
  }
  const faces = faceDistances(cell);
  const span = [0, 1, 2].map((b) => (periodic[b] ? 1 : Math.max(high[b] - low[b], 1e-9)));
  const origin = [0, 1, 2].map((b) => (periodic[b] ? 0 : low[b]));
  const most = Math.max(1, Math.cbrt(n));
  const count = [0, 1, 2].map((b) =>
    Math.max(1, Math.min(Math.floor((faces[b] * span[b]) / cutoff), Math.ceil(2 * most))),
  );
  const reach = [0, 1, 2].map((b) => Math.ceil(cutoff / ((faces[b] * span[b]) / count[b])));
  for (let b = 0; b < 3; b++) if (!periodic[b]) reach[b] = Math.min(reach[b], count[b] - 1);
  const wrapped = new Float64Array(3 * n);
  const place = new Int32Array(3 * n);
  const head = new Int32Array(count[0] * count[1] * count[2]).fill(-1);
  const next = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    for (let b = 0; b < 3; b++) {
      const s = (fractions[3 * i + b] - origin[b]) / span[b];
      place[3 * i + b] = Math.min(count[b] - 1, Math.max(0, Math.floor(s * count[b])));
      for (let a = 0; a < 3; a++) wrapped[3 * i + a] += fractions[3 * i + b] * cell[3 * b + a];
    }
    const bin = (place[3 * i] * count[1] + place[3 * i + 1]) * count[2] + place[3 * i + 2];
    next[i] = head[bin];
    head[bin] = i;
  }
  return { cell, wrapped, count, reach, head, next, place, periodic };
}

/**
 * Neighbours of every atom within a cutoff, each pair in both directions. Two passes over the grid, the first counts:
 * the table is all the memory that it takes.
 */
export function neighbourTable(configuration: Configuration, cutoff: number): NeighbourTable {
  const n = atomCount(configuration);
  const start = new Int32Array(n + 1);
  forEachPair(configuration, cutoff, (i, j) => {
    start[i + 1]++;
    start[j + 1]++;
  });
  for (let i = 0; i < n; i++) start[i + 1] += start[i];
  const fill = start.slice();
  const total = start[n];
  const neighbours = new Int32Array(total);
  const vectors = new Float64Array(3 * total);
  const distances = new Float64Array(total);
  const put = (i: number, j: number, r: number, x: number, y: number, z: number) => {
    const at = fill[i]++;
    neighbours[at] = j;
    distances[at] = r;
    vectors[3 * at] = x;
    vectors[3 * at + 1] = y;
    vectors[3 * at + 2] = z;
  };
  forEachPair(configuration, cutoff, (i, j, r, x, y, z) => {
    put(i, j, r, x, y, z);
    put(j, i, r, -x, -y, -z);
  });
  return { start, neighbours, vectors, distances };
}

/** Where the search for nearest neighbours begins, by how much it widens, where it ends, Å. */
const SEARCH = { first: 3, factor: 1.4, last: 24 };
/** Atoms that must have found their neighbours; the others may be a gas. */
const MOST_ATOMS = 0.95;
/** Neighbours per atom at which a search stops: what is missing then has none nearby. */
const ENOUGH = 120;

/**
 * Neighbours within a radius that is just wide enough for nearly every atom to have at least k, whatever the size of the
 * atoms: 3 Å hold them in carbon, 6 Å do not in caesium.
 */
export function tableWithNearest(
  configuration: Configuration,
  k: number,
): { table: NeighbourTable; radius: number } {
  const n = atomCount(configuration);
  for (let radius = SEARCH.first; ; radius *= SEARCH.factor) {
    const table = neighbourTable(configuration, radius);
    let served = 0;
    for (let i = 0; i < n; i++) if (table.start[i + 1] - table.start[i] >= k) served++;
    const enough = served >= MOST_ATOMS * n || table.neighbours.length >= ENOUGH * n;
    if (enough || radius >= SEARCH.last) return { table, radius };
  }
}
