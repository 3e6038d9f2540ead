/** Vectors of atoms as arrows: how long they are drawn, and what the graphics card draws them from. */
import { completedCell, inverse } from '../../src-compute/structure/cell.ts';
import type { ViewerStructure, ViewerVectors } from './types.ts';

/** Å that a long vector (the 95th percentile) is drawn with at scale 1. */
const LONG_ARROW = 1.6;

/** Shorter arrows than this are left out, Å: they would be dots inside their atoms. */
const SHORTEST = 0.02;

/** Where one arrow of the whole structure begins, and how long it is drawn, so that atoms do not hide it; Å. */
export function middleOf(shown: Float32Array): { readonly start: Float32Array; readonly reach: number } {
  const start = new Float32Array(3);
  for (let k = 0; k < shown.length; k++) start[k % 3] += (3 * shown[k]) / shown.length;
  let far = 0;
  for (let k = 0; k < shown.length; k += 3)
    far = Math.max(far, Math.hypot(shown[k] - start[0], shown[k + 1] - start[1], shown[k + 2] - start[2]));
  return { start, reach: far + LONG_ARROW };
}

/**
 * Å per unit of the vectors, so that a long one (95th percentile of the lengths) reaches beyond its atom.
 * @param reach Å that it is drawn with
 */
export function arrowScale(vectors: ArrayLike<number>, reach: number = LONG_ARROW): number {
  const lengths = new Float64Array(vectors.length / 3);
  let known = 0;
  for (let atom = 0; atom < lengths.length; atom++) {
    const length = Math.hypot(vectors[3 * atom], vectors[3 * atom + 1], vectors[3 * atom + 2]);
    if (Number.isFinite(length)) lengths[known++] = length;
  }
  if (known === 0) return 0;
  const sorted = lengths.subarray(0, known).sort();
  const long = sorted[Math.min(known - 1, Math.floor(0.95 * known))] || sorted[known - 1];
  return long > 0 ? reach / long : 0;
}

/**
 * Arrows as start (3), vector (3), and two zeros; 8 per arrow, images behind one another.
 * @param shown positions as drawn, without images; 3N, Å
 * @param scale Å per unit of the vectors
 */
export function packArrows(
  shown: Float32Array,
  vectors: ArrayLike<number>,
  scale: number,
  offsets: Float32Array,
): Float32Array {
  const [atoms, images] = [Math.min(shown.length, vectors.length) / 3, offsets.length / 3];
  const packed = new Float32Array(8 * atoms * images);
  let at = 0;
  for (let image = 0; image < images; image++) {
    for (let atom = 0; atom < atoms; atom++) {
      const [x, y, z] = [0, 1, 2].map((k) => scale * vectors[3 * atom + k]);
      if (!(Math.hypot(x, y, z) > SHORTEST)) continue;
      for (let k = 0; k < 3; k++) packed[at + k] = shown[3 * atom + k] + offsets[3 * image + k];
      packed[at + 3] = x;
      packed[at + 4] = y;
      packed[at + 5] = z;
      at += 8;
    }
  }
  return packed.subarray(0, at);
}

/**
 * How far atoms moved from where they were, Å; 3N. Through a face of the cell the shorter way counts: exact as long as
 * no atom went farther than half the cell.
 */
export function displacements(
  from: Float32Array | Float64Array,
  to: Float32Array | Float64Array,
  cell: Float64Array,
  periodic: readonly [boolean, boolean, boolean],
): Float32Array {
  const moved = new Float32Array(to.length);
  const some = periodic.some(Boolean);
  const full = some ? completedCell(cell, periodic) : cell;
  const inv = some ? inverse(full) : undefined;
  for (let k = 0; k < to.length; k += 3) {
    const [x, y, z] = [to[k] - from[k], to[k + 1] - from[k + 1], to[k + 2] - from[k + 2]];
    moved[k] = x;
    moved[k + 1] = y;
    moved[k + 2] = z;
    if (!inv) continue;
    for (let axis = 0; axis < 3; axis++) {
      if (!periodic[axis]) continue;
      const whole = Math.round(x * inv[axis] + y * inv[3 + axis] + z * inv[6 + axis]);
      if (whole !== 0) for (let i = 0; i < 3; i++) moved[k + i] -= whole * full[3 * axis + i];
    }
  }
  return moved;
}

/** Displacements of the frame that is shown against the structure it began with. */
export const DISPLACEMENT: Omit<ViewerVectors, 'values'> = {
  key: 'displacement',
  label: 'Displacement since the first frame',
  unit: 'Å',
};

/** The vectors of a frame under a key: its own, or how far its atoms have moved. */
export function frameVectors(
  chosen: ViewerVectors | undefined,
  given: Float32Array | Float64Array | undefined,
  structure: ViewerStructure,
  raw: Float32Array | Float64Array,
  cell: Float64Array,
): ArrayLike<number> | undefined {
  if (!chosen) return undefined;
  if (chosen.key === DISPLACEMENT.key)
    return displacements(structure.positions, raw, cell, structure.periodic);
  return given ?? chosen.values;
}
