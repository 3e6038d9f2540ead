/**
 * Atoms on top of each other, with periodic images. The distance asked about is much smaller than the distance of
 * neighbours, so bins of about one atom each suffice, and an atom looks into the next bin only where it lies close
 * to the border: the cost is a fraction of a microsecond an atom.
 */
import { completedCell, faceDistances, inverse } from '../../src-compute/structure/cell.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';

/** Atoms closer than this, Å, are taken to be on top of each other. */
export const OVERLAP_DISTANCE = 0.3;

export interface Overlap {
  readonly first: number;
  readonly second: number;
  /** Å */
  readonly distance: number;
}

interface Bins {
  /** Bins along each axis. */
  readonly counts: [number, number, number];
  /** Coordinates in units of bins; 3N. */
  readonly coordinates: Float64Array;
  /** OVERLAP_DISTANCE in units of bins. */
  readonly margins: [number, number, number];
}

/**
 * The first pair of atoms found that is closer than OVERLAP_DISTANCE, or undefined.
 * Positions and cell must be finite, and the cell must have a volume along its periodic axes.
 */
export function closestOverlap(configuration: Configuration): Overlap | undefined {
  const atoms = configuration.kinds.length;
  const cell = completedCell(configuration.cell, configuration.periodic);
  const bins = binned(configuration, cell);
  if (bins === undefined) return undefined;
  const { counts, coordinates, margins } = bins;
  const head = new Int32Array(counts[0] * counts[1] * counts[2]).fill(-1);
  const next = new Int32Array(atoms);
  const { periodic } = configuration;
  const from = [0, 0, 0];
  const to = [0, 0, 0];
  const home = [0, 0, 0];
  for (let atom = 0; atom < atoms; atom++) {
    for (let axis = 0; axis < 3; axis++) {
      const u = coordinates[3 * atom + axis];
      const bin = Math.min(counts[axis] - 1, Math.floor(u));
      home[axis] = bin;
      from[axis] = u - bin < margins[axis] ? bin - 1 : bin;
      to[axis] = bin + 1 - u < margins[axis] ? bin + 1 : bin;
    }
    for (let x = from[0]; x <= to[0]; x++) {
      const bx = wrapped(x, counts[0], periodic[0]);
      for (let y = from[1]; bx >= 0 && y <= to[1]; y++) {
        const by = wrapped(y, counts[1], periodic[1]);
        for (let z = from[2]; by >= 0 && z <= to[2]; z++) {
          const bz = wrapped(z, counts[2], periodic[2]);
          if (bz < 0) continue;
          for (let other = head[(bx * counts[1] + by) * counts[2] + bz]; other >= 0; other = next[other]) {
            const d = distance(bins, cell, atom, other, x - bx, y - by, z - bz);
            if (d < OVERLAP_DISTANCE) return { first: other, second: atom, distance: d };
          }
        }
      }
    }
    const bin = (home[0] * counts[1] + home[1]) * counts[2] + home[2];
    next[atom] = head[bin];
    head[bin] = atom;
  }
  return undefined;
}

function wrapped(bin: number, count: number, periodic: boolean): number {
  if (bin >= 0 && bin < count) return bin;
  if (!periodic) return -1;
  return bin < 0 ? bin + count : bin - count;
}

/** Distance of two atoms, the second moved by whole bins (that is, by whole lattice vectors). */
function distance(
  bins: Bins,
  cell: Float64Array,
  atom: number,
  other: number,
  x: number,
  y: number,
  z: number,
): number {
  const { coordinates, counts } = bins;
  const a = (coordinates[3 * atom] - coordinates[3 * other] - x) / counts[0];
  const b = (coordinates[3 * atom + 1] - coordinates[3 * other + 1] - y) / counts[1];
  const c = (coordinates[3 * atom + 2] - coordinates[3 * other + 2] - z) / counts[2];
  const dx = a * cell[0] + b * cell[3] + c * cell[6];
  const dy = a * cell[1] + b * cell[4] + c * cell[7];
  const dz = a * cell[2] + b * cell[5] + c * cell[8];
  return Math.sqrt(dx * dx + dy * dy + dz * dz);
}

/** Bin coordinates; scales `cell` along free axes to the extent of the atoms, so that all axes run from 0 to 1. */
function binned(configuration: Configuration, cell: Float64Array): Bins | undefined {
  const { positions, periodic } = configuration;
  const atoms = configuration.kinds.length;
  const toFractional = inverse(cell);
  const coordinates = new Float64Array(3 * atoms);
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let atom = 0; atom < atoms; atom++) {
    const [x, y, z] = [positions[3 * atom], positions[3 * atom + 1], positions[3 * atom + 2]];
    for (let axis = 0; axis < 3; axis++) {
      const s = x * toFractional[axis] + y * toFractional[3 + axis] + z * toFractional[6 + axis];
      const value = periodic[axis] ? s - Math.floor(s) : s;
      coordinates[3 * atom + axis] = value;
      if (value < low[axis]) low[axis] = value;
      if (value > high[axis]) high[axis] = value;
    }
  }
  for (let axis = 0; axis < 3; axis++) {
    if (periodic[axis]) continue;
    const extent = Math.max(high[axis] - low[axis], 1e-3);
    for (let atom = 0; atom < atoms; atom++) {
      coordinates[3 * atom + axis] = (coordinates[3 * atom + axis] - low[axis]) / extent;
    }
    for (let k = 0; k < 3; k++) cell[3 * axis + k] *= extent;
  }
  const heights = faceDistances(cell);
  const counts = binCounts(heights, atoms);
  for (let k = 0; k < coordinates.length; k++) {
    coordinates[k] *= counts[k % 3];
    if (!Number.isFinite(coordinates[k])) return undefined;
  }
  const margins = heights.map((height, axis) => (OVERLAP_DISTANCE * counts[axis]) / height) as [
    number,
    number,
    number,
  ];
  return { counts, coordinates, margins };
}

/** About one bin for each atom, none thinner than twice the overlap distance. */
function binCounts(heights: readonly number[], atoms: number): [number, number, number] {
  const space = heights.reduce((product, height) => product * Math.max(height, 1), 1);
  const width = Math.max(2 * OVERLAP_DISTANCE, Math.cbrt(space / atoms));
  const counts = heights.map((height) => Math.max(1, Math.min(4 * atoms, Math.floor(height / width)))) as [
    number,
    number,
    number,
  ];
  while (counts[0] * counts[1] * counts[2] > 4 * atoms + 64) {
    const largest = counts.indexOf(Math.max(...counts));
    counts[largest] = Math.max(1, counts[largest] >> 1);
  }
  return counts;
}
