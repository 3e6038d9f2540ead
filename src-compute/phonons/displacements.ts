/**
 * Which atoms are displaced, and where to, so that the operations of the site give the answer to every displacement: one
 * is enough for diamond.
 */
import type { PhononCrystal, SupercellOperation } from './crystal.ts';

/** A displacement of one atom of the cell 0. */
export interface Displacement {
  /** Basis atom. */
  readonly atom: number;
  /** Å */
  readonly vector: readonly [number, number, number];
}

/** Determinant of three unit vectors below which they do not span space. */
const FLAT = 0.05;

/** Operations that leave a basis atom where it is, up to lattice vectors. */
export function siteOperations(crystal: PhononCrystal, atom: number): SupercellOperation[] {
  return crystal.operations.filter(({ image }) => image[atom] === atom);
}

/** Basis atoms of which no one is the image of another; the first of each kind. */
export function inequivalentAtoms(crystal: PhononCrystal): number[] {
  const known = new Set<number>();
  const first: number[] = [];
  for (let b = 0; b < crystal.basis; b++) {
    if (known.has(b)) continue;
    first.push(b);
    for (const { image } of crystal.operations) known.add(image[b]);
  }
  return first;
}

/**
 * The displacements of a crystal. Where no operation of the site turns one round, it is made to both sides, so that
 * terms of third order cancel.
 * @param length Å
 */
export function chooseDisplacements(crystal: PhononCrystal, length: number): Displacement[] {
  return inequivalentAtoms(crystal).flatMap((atom) => {
    const rotations = siteOperations(crystal, atom).map(({ rotation }) => rotation);
    return directionsOf(crystal, rotations).map((direction): Displacement => {
      const [x, y, z] = direction.map((component) => length * component);
      return { atom, vector: [x, y, z] };
    });
  });
}

/** Unit vectors whose images span space, as few as there need be, with their opposites where these are no images. */
function directionsOf(crystal: PhononCrystal, rotations: readonly Float64Array[]): number[][] {
  const candidates = latticeDirections(crystal);
  const ways = candidates.map((direction) => {
    const images = rotations.map((r) => turned(r, direction));
    const turnsRound = images.some((image) => dot(image, direction) < -1 + 1e-6);
    return { directions: turnsRound ? [direction] : [direction, direction.map((x) => -x)], images };
  });
  let best: number[][] | undefined;
  const offer = (chosen: readonly (typeof ways)[number][]) => {
    const count = chosen.reduce((sum, { directions }) => sum + directions.length, 0);
    if (best !== undefined && best.length <= count) return;
    if (spans(chosen.flatMap(({ images }) => images))) best = chosen.flatMap(({ directions }) => directions);
  };
  for (const way of ways) offer([way]);
  if (best) return best;
  for (const [k, first] of ways.entries()) for (const second of ways.slice(k + 1)) offer([first, second]);
  if (best) return best;
  for (const [k, first] of ways.entries())
    for (const [l, second] of ways.entries())
      if (l > k) for (const third of ways.slice(l + 1)) offer([first, second, third]);
  return best ?? [];
}

/** Unit vectors along short lattice vectors: along them the operations of a site are seen. */
function latticeDirections({ primitive: { cell } }: PhononCrystal): number[][] {
  const found: number[][] = [];
  for (let code = 0; code < 27; code++) {
    const m = [(code % 3) - 1, (Math.floor(code / 3) % 3) - 1, Math.floor(code / 9) - 1];
    const v = [0, 1, 2].map((b) => m[0] * cell[b] + m[1] * cell[3 + b] + m[2] * cell[6 + b]);
    const size = Math.hypot(...v);
    if (size < 1e-6) continue;
    const unit = v.map((x) => x / size);
    if (!found.some((other) => Math.abs(dot(other, unit)) > 1 - 1e-6)) found.push(unit);
  }
  return found;
}

function spans(vectors: readonly (readonly number[])[]): boolean {
  // the matrix of second moments has no direction without any
  const m = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (const v of vectors) for (let k = 0; k < 9; k++) m[k] += v[Math.floor(k / 3)] * v[k % 3];
  const det =
    m[0] * (m[4] * m[8] - m[5] * m[7]) -
    m[1] * (m[3] * m[8] - m[5] * m[6]) +
    m[2] * (m[3] * m[7] - m[4] * m[6]);
  const trace = m[0] + m[4] + m[8];
  return det / (trace / 3) ** 3 > FLAT;
}

export const turned = (r: ArrayLike<number>, v: ArrayLike<number>): number[] =>
  [0, 1, 2].map((a) => r[3 * a] * v[0] + r[3 * a + 1] * v[1] + r[3 * a + 2] * v[2]);

const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
