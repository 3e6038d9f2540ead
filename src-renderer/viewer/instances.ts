/**
 * Packs a structure into the arrays the graphics card draws from: spheres as x y z radius, half bonds as start and
 * half vector, both with a colour coordinate and flags. Periodic images repeat the atoms; instance m·N + i is atom i
 * in image m.
 */
import { completedCell, inverse } from '../../src-compute/structure/cell.ts';
import type { BondList } from './bond-search.ts';
import type { BoundingSphere } from './camera.ts';
import type { SlicePlane, ViewerStructure } from './types.ts';

/** How often the cell is repeated along a, b and c. */
export type Repetitions = readonly [number, number, number];

/** Positions as drawn: wrapped into the cell where asked, without images. 3N, Å. Written into `into` where it fits. */
export function displayedPositions(
  positions: Float32Array | Float64Array,
  cell: Float64Array,
  periodic: readonly [boolean, boolean, boolean],
  wrap: boolean,
  into?: Float32Array,
): Float32Array {
  const shown = into?.length === positions.length ? into : new Float32Array(positions.length);
  shown.set(positions);
  if (!wrap || !periodic.some(Boolean)) return shown;
  const full = completedCell(cell, periodic);
  const inv = inverse(full);
  for (let k = 0; k < shown.length; k += 3) {
    const [x, y, z] = [positions[k], positions[k + 1], positions[k + 2]];
    for (let axis = 0; axis < 3; axis++) {
      if (!periodic[axis]) continue;
      // a hair of tolerance keeps atoms that sit on a face by rounding from jumping to the opposite one
      const whole = Math.floor(x * inv[axis] + y * inv[3 + axis] + z * inv[6 + axis] + 1e-6);
      if (whole === 0) continue;
      shown[k] -= whole * full[3 * axis];
      shown[k + 1] -= whole * full[3 * axis + 1];
      shown[k + 2] -= whole * full[3 * axis + 2];
    }
  }
  return shown;
}

/** Cartesian offsets of the images, image 0 first; 3 per image. */
export function imageOffsets(cell: Float64Array, repetitions: Repetitions): Float32Array {
  const offsets: number[] = [];
  for (let c = 0; c < repetitions[2]; c++) {
    for (let b = 0; b < repetitions[1]; b++) {
      for (let a = 0; a < repetitions[0]; a++) {
        for (let k = 0; k < 3; k++) offsets.push(a * cell[k] + b * cell[3 + k] + c * cell[6 + k]);
      }
    }
  }
  return Float32Array.from(offsets);
}

/** Spheres as x y z radius; 4 per instance, images behind one another. Written into `into` where it fits. */
export function packAtoms(
  shown: Float32Array,
  kinds: Uint16Array,
  radii: readonly number[],
  offsets: Float32Array,
  into?: Float32Array,
): Float32Array {
  const n = kinds.length;
  const images = offsets.length / 3;
  const packed = into?.length === 4 * n * images ? into : new Float32Array(4 * n * images);
  let at = 0;
  for (let image = 0; image < images; image++) {
    const [ox, oy, oz] = [offsets[3 * image], offsets[3 * image + 1], offsets[3 * image + 2]];
    for (let atom = 0; atom < n; atom++) {
      packed[at] = shown[3 * atom] + ox;
      packed[at + 1] = shown[3 * atom + 1] + oy;
      packed[at + 2] = shown[3 * atom + 2] + oz;
      packed[at + 3] = radii[kinds[atom]];
      at += 4;
    }
  }
  return packed;
}

/** Bits of an instance's flags. */
export const FLAG_SELECTED = 1;
export const FLAG_UNKNOWN = 2;

/**
 * Colour coordinate and flags per atom, without images; 2N. The coordinate is the kind, or the scalar's value where
 * one is given. Written into `into` where it fits.
 */
export function packStates(
  kinds: Uint16Array,
  values: ArrayLike<number> | undefined,
  selected: Iterable<number>,
  into?: Float32Array,
): Float32Array {
  const states = into?.length === 2 * kinds.length ? into : new Float32Array(2 * kinds.length);
  for (let atom = 0; atom < kinds.length; atom++) {
    const value = values ? values[atom] : kinds[atom];
    const known = Number.isFinite(value);
    states[2 * atom] = known ? value : 0;
    states[2 * atom + 1] = known ? 0 : FLAG_UNKNOWN;
  }
  for (const atom of selected) if (atom < kinds.length) states[2 * atom + 1] += FLAG_SELECTED;
  return states;
}

/** The same block once per image. */
export function repeatBlock(block: Float32Array, images: number): Float32Array {
  if (images === 1) return block;
  const repeated = new Float32Array(block.length * images);
  for (let image = 0; image < images; image++) repeated.set(block, image * block.length);
  return repeated;
}

/** Half bonds: start (3), half vector (3), colour coordinate and flags of the atom they start at (2); 8 per instance. */
export interface HalfBonds {
  readonly packed: Float32Array;
  readonly count: number;
}

/** Longest bond that is still drawn when atoms moved since the search, in units of its search limit. */
const STRETCH = 1.25;

/**
 * Half bonds of one frame from a list of bonds found in this frame or an earlier one. Each end gets its own half,
 * so that bonds through a face of the cell show as stubs on both sides. Vectors longer than the search limit are
 * brought to the nearest image first (a trajectory that was written wrapped jumps between frames); bonds that stay
 * too long are left out.
 */
export function packHalfBonds(
  structure: Pick<ViewerStructure, 'kinds' | 'cell' | 'periodic'>,
  raw: Float32Array | Float64Array,
  shown: Float32Array,
  states: Float32Array,
  bonds: BondList,
  limits: Float64Array,
  offsets: Float32Array,
): HalfBonds {
  const { kinds, periodic } = structure;
  const cell = periodic.some(Boolean) ? completedCell(structure.cell, periodic) : structure.cell;
  const inv = periodic.some(Boolean) ? inverse(cell) : undefined;
  const kindCount = Math.round(Math.sqrt(limits.length));
  const images = offsets.length / 3;
  const single = new Float32Array(16 * bonds.first.length);
  const v = [0, 0, 0];
  let at = 0;
  for (let bond = 0; bond < bonds.first.length; bond++) {
    const [i, j] = [bonds.first[bond], bonds.second[bond]];
    const limit = STRETCH * limits[kinds[i] * kindCount + kinds[j]];
    for (let k = 0; k < 3; k++) {
      v[k] = raw[3 * j + k] - raw[3 * i + k];
      for (let axis = 0; axis < 3; axis++) v[k] += bonds.shifts[3 * bond + axis] * cell[3 * axis + k];
    }
    if (inv && Math.hypot(v[0], v[1], v[2]) > limit) nearestImage(v, cell, inv, periodic);
    if (!(Math.hypot(v[0], v[1], v[2]) <= limit)) continue;
    at = writeHalf(single, at, shown, states, i, v, 0.5);
    at = writeHalf(single, at, shown, states, j, v, -0.5);
  }
  const block = single.subarray(0, at);
  if (images === 1) return { packed: block.slice(), count: at / 8 };
  const packed = repeatBlock(block, images);
  for (let image = 1; image < images; image++) {
    for (let k = image * at; k < (image + 1) * at; k += 8) {
      for (let axis = 0; axis < 3; axis++) packed[k + axis] += offsets[3 * image + axis];
    }
  }
  return { packed, count: (at / 8) * images };
}

function writeHalf(
  into: Float32Array,
  at: number,
  shown: Float32Array,
  states: Float32Array,
  atom: number,
  vector: number[],
  part: number,
): number {
  for (let k = 0; k < 3; k++) {
    into[at + k] = shown[3 * atom + k];
    into[at + 3 + k] = part * vector[k];
  }
  into[at + 6] = states[2 * atom];
  into[at + 7] = states[2 * atom + 1];
  return at + 8;
}

function nearestImage(
  v: number[],
  cell: Float64Array,
  inv: Float64Array,
  periodic: readonly boolean[],
): void {
  const whole = [0, 1, 2].map((axis) =>
    periodic[axis] ? Math.round(v[0] * inv[axis] + v[1] * inv[3 + axis] + v[2] * inv[6 + axis]) : 0,
  );
  for (let k = 0; k < 3; k++) v[k] -= whole[0] * cell[k] + whole[1] * cell[3 + k] + whole[2] * cell[6 + k];
}

/** Edges of the cell and its images as start and vector; 8 per edge like half bonds. None for a missing cell. */
export function packCellEdges(cell: Float64Array, offsets: Float32Array): Float32Array {
  const vectors = [cell.subarray(0, 3), cell.subarray(3, 6), cell.subarray(6, 9)];
  if (vectors.some((v) => Math.hypot(v[0], v[1], v[2]) < 1e-6)) return new Float32Array(0);
  const seen = new Set<string>();
  const edges: number[] = [];
  for (let image = 0; image < offsets.length / 3; image++) {
    for (let axis = 0; axis < 3; axis++) {
      const [u, w] = [vectors[(axis + 1) % 3], vectors[(axis + 2) % 3]];
      for (const [p, q] of [
        [0, 0],
        [1, 0],
        [0, 1],
        [1, 1],
      ] as const) {
        const start = [0, 1, 2].map((k) => offsets[3 * image + k] + p * u[k] + q * w[k]);
        const key = axis + ':' + start.map((x) => Math.round(1e3 * x)).join(',');
        if (seen.has(key)) continue;
        seen.add(key);
        edges.push(...start, ...vectors[axis], 0, 0);
      }
    }
  }
  return Float32Array.from(edges);
}

/** Sphere about all drawn atoms and the cell. */
export function boundingSphere(atoms: Float32Array, edges: Float32Array): BoundingSphere {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let k = 0; k < 3; k++) {
    let [from, to] = [Infinity, -Infinity];
    for (let at = 0; at < atoms.length; at += 4) {
      const [x, radius] = [atoms[at + k], atoms[at + 3]];
      if (x - radius < from) from = x - radius;
      if (x + radius > to) to = x + radius;
    }
    for (let at = k; at < edges.length; at += 8) {
      const [x, end] = [edges[at], edges[at] + edges[at + 3]];
      from = Math.min(from, x, end);
      to = Math.max(to, x, end);
    }
    [low[k], high[k]] = [from, to];
  }
  if (!Number.isFinite(low[0] + high[0] + low[1] + high[1] + low[2] + high[2])) {
    return { center: [0, 0, 0], radius: 1 };
  }
  const center = [0, 1, 2].map((k) => (low[k] + high[k]) / 2) as [number, number, number];
  return { center, radius: Math.max(0.5, Math.hypot(...[0, 1, 2].map((k) => (high[k] - low[k]) / 2))) };
}

/** Whether a point lies inside all slices. */
export function insideSlices(x: number, y: number, z: number, slices: readonly SlicePlane[]): boolean {
  for (const { normal, from, to } of slices) {
    const along = normal[0] * x + normal[1] * y + normal[2] * z;
    if (along < from || along > to) return false;
  }
  return true;
}

/** Spheres and corners of the cell that a view of everything must hold: x y z radius each. */
export function viewedSpheres(atoms: Float32Array, edges: Float32Array): Float32Array {
  const spheres = new Float32Array(atoms.length + edges.length);
  spheres.set(atoms);
  for (let edge = 0; edge < edges.length / 8; edge++) {
    for (let k = 0; k < 3; k++) {
      spheres[atoms.length + 8 * edge + k] = edges[8 * edge + k];
      spheres[atoms.length + 8 * edge + 4 + k] = edges[8 * edge + k] + edges[8 * edge + 3 + k];
    }
  }
  return spheres;
}
