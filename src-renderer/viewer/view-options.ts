/** What the user chooses about the drawing of a structure, and the theme's colours. */
import { faceDistances, signedVolume } from '../../src-compute/structure/cell.ts';
import { ballRadius, covalentRadius } from './element-style.ts';
import type { Repetitions } from './instances.ts';
import type { SceneStyle, SlicePlane, Vector3Tuple, ViewerTheme } from './types.ts';

/** 'auto' draws balls and sticks up to AUTOMATIC_BOND_ATOMS drawn atoms and fills space above. */
export type Representation = 'auto' | 'ball-and-stick' | 'space-filling' | 'sticks';

/** A slice as the user sets it: lattice plane (h k l), and which part of the structure along its normal is kept. */
export interface SliceChoice {
  readonly indices: Vector3Tuple;
  /** Fractions of the structure's extent along the normal, 0 to 1. */
  readonly from: number;
  readonly to: number;
}

export interface ViewOptions {
  representation: Representation;
  /** 'auto' draws bonds up to AUTOMATIC_BOND_ATOMS drawn atoms, and none in metals. */
  bonds: 'auto' | 'on' | 'off';
  /** Bonded below tolerance × sum of covalent radii. */
  tolerance: number;
  /** Move atoms into the cell. */
  wrap: boolean;
  cell: boolean;
  /** How much the back fades, 0 to 1. */
  depthCue: number;
  /** Key of the vectors that are drawn as arrows; '' for none. */
  vectors: string;
  /** Factor on the length of arrows. */
  vectorScale: number;
  polyhedra: boolean;
  repetitions: Repetitions;
  slices: readonly SliceChoice[];
}

/** Above this many drawn atoms bonds cost more than they show, unless they are asked for. */
export const AUTOMATIC_BOND_ATOMS = 20_000;

export function defaultViewOptions(): ViewOptions {
  return {
    representation: 'auto',
    bonds: 'auto',
    tolerance: 1.15,
    wrap: true,
    cell: true,
    depthCue: 0.5,
    vectors: '',
    vectorScale: 1,
    polyhedra: false,
    repetitions: [1, 1, 1],
    slices: [],
  };
}

/** Radius of the half bonds, Å. */
export const BOND_RADIUS = 0.14;

/** What 'auto' means for a number of drawn atoms. */
export function resolvedRepresentation(
  representation: Representation,
  drawnAtoms: number,
): Exclude<Representation, 'auto'> {
  if (representation !== 'auto') return representation;
  return drawnAtoms <= AUTOMATIC_BOND_ATOMS ? 'ball-and-stick' : 'space-filling';
}

/** Radius of a kind's spheres in a representation, Å. */
export function drawnRadius(symbol: string, representation: Exclude<Representation, 'auto'>): number {
  if (representation === 'space-filling') return 1.1 * covalentRadius(symbol);
  return representation === 'sticks' ? BOND_RADIUS : ballRadius(symbol);
}

/** Colours of the scene; sRGB in [0, 1]. */
export function themeStyle(theme: ViewerTheme, depthCue: number): SceneStyle {
  const dark = theme === 'dark';
  return {
    background: hexColor(SCENE_BACKGROUND[theme]),
    selection: hexColor(dark ? '#ffffff' : '#10141a'),
    cellEdges: hexColor(dark ? '#8791a1' : '#6b7480'),
    radiusScale: 1,
    bondRadius: BOND_RADIUS,
    arrows: hexColor(dark ? '#ffd27a' : '#8a3ffc'),
    arrowRadius: 0.075,
    haze: depthCue,
  };
}

/** Background of the drawing, shared with the page's style. */
export const SCENE_BACKGROUND: Record<ViewerTheme, string> = { light: '#f6f7f9', dark: '#14171c' };

/** '#rrggbb' to numbers in [0, 1]. */
export function hexColor(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

/** Reciprocal lattice direction h a* + k b* + l c* as a unit vector; Cartesian h k l without a cell. */
export function planeNormal(cell: Float64Array, indices: Vector3Tuple): Vector3Tuple {
  const [h, k, l] = indices;
  let normal: Vector3Tuple = [h, k, l];
  if (Math.abs(signedVolume(cell)) > 1e-9) {
    const sign = Math.sign(signedVolume(cell));
    const [a, b, c] = [0, 3, 6].map((at) => cell.subarray(at, at + 3));
    const [bc, ca, ab] = [cross(b, c), cross(c, a), cross(a, b)];
    normal = [0, 1, 2].map((axis) => sign * (h * bc[axis] + k * ca[axis] + l * ab[axis])) as Vector3Tuple;
  }
  const length = Math.hypot(...normal);
  return length > 0 ? [normal[0] / length, normal[1] / length, normal[2] / length] : [0, 0, 1];
}

/** Slice planes in Å from fractions of the drawn atoms' extent. Slices that keep everything are left out. */
export function slicePlanes(
  choices: readonly SliceChoice[],
  cell: Float64Array,
  atoms: Float32Array,
): SlicePlane[] {
  return choices
    .filter(({ from, to, indices }) => (from > 0 || to < 1) && indices.some((index) => index !== 0))
    .map(({ indices, from, to }) => {
      const normal = planeNormal(cell, indices);
      let [low, high] = [Infinity, -Infinity];
      for (let at = 0; at < atoms.length; at += 4) {
        const along = normal[0] * atoms[at] + normal[1] * atoms[at + 1] + normal[2] * atoms[at + 2];
        if (along < low) low = along;
        if (along > high) high = along;
      }
      const margin = 1e-3;
      return {
        normal,
        from: low - margin + from * (high - low + 2 * margin),
        to: low - margin + to * (high - low + 2 * margin),
      };
    });
}

function cross(u: ArrayLike<number>, v: ArrayLike<number>): Vector3Tuple {
  return [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
}

/** Whether the three lattice vectors span a volume. */
export function hasCell(cell: Float64Array): boolean {
  return Math.abs(signedVolume(cell)) > 1e-9 && faceDistances(cell).every((distance) => distance > 1e-6);
}
