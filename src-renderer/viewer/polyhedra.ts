/**
 * Coordination polyhedra: the convex hull of the neighbours of an atom that is bonded to four or more smaller atoms of
 * other kinds (SiO₄, TiO₆, InP₄ …), in triangles.
 */
import type { BondList } from './bond-search.ts';
import { covalentRadius } from './element-style.ts';
import type { ViewerStructure } from './types.ts';

/** Fewer neighbours span no body; more are a metal's, and would hide everything. */
const [FEWEST, MOST] = [4, 14];

/** Corners of triangles with the normal of their face and the kind of the atom in the middle. */
export interface Polyhedra {
  /** 9 per triangle, Å */
  readonly corners: Float32Array;
  /** 9 per triangle */
  readonly normals: Float32Array;
  /** Place of the atom in the middle; 9 per triangle. */
  readonly middles: Float32Array;
  /** One per corner. */
  readonly kinds: Float32Array;
  /** Bodies drawn, without images. */
  readonly count: number;
}

type Point = readonly [number, number, number];

/** Faces of the convex hull of a few points, each a list of places in order around the face; none for flat sets. */
export function hullFaces(points: readonly Point[]): number[][] {
  const faces: number[][] = [];
  const seen = new Set<string>();
  const size = Math.max(...points.flat().map(Math.abs), 1e-9);
  const tolerance = 1e-3 * size;
  for (let i = 0; i < points.length; i++) {
    for (let j = i + 1; j < points.length; j++) {
      for (let k = j + 1; k < points.length; k++) {
        const normal = unit(cross(minus(points[j], points[i]), minus(points[k], points[i])));
        if (!normal) continue;
        const heights = points.map((point) => dot(minus(point, points[i]), normal));
        const [above, below] = [
          heights.some((height) => height > tolerance),
          heights.some((height) => height < -tolerance),
        ];
        if (above === below) continue;
        const outward: Point = above ? [-normal[0], -normal[1], -normal[2]] : normal;
        // a face of more than three corners is met by several triples
        const corners = heights.flatMap((height, place) => (Math.abs(height) <= tolerance ? [place] : []));
        if (seen.has(corners.join())) continue;
        seen.add(corners.join());
        faces.push(around(points, corners, outward));
      }
    }
  }
  return faces;
}

/** Corners of a flat face in order, seen from outside counter-clockwise. */
function around(points: readonly Point[], corners: number[], outward: Point): number[] {
  const middle = [0, 1, 2].map(
    (axis) => corners.reduce((sum, corner) => sum + points[corner][axis], 0) / corners.length,
  ) as unknown as Point;
  const right = unit(minus(points[corners[0]], middle)) ?? [1, 0, 0];
  const up = cross(outward, right);
  const turn = (corner: number) => {
    const from = minus(points[corner], middle);
    return Math.atan2(dot(from, up), dot(from, right));
  };
  return corners.toSorted((a, b) => turn(a) - turn(b));
}

/**
 * Polyhedra about all atoms that have one.
 * @param shown positions as drawn; 3N
 * @param raw positions that the bonds were found in; 3N
 */
export function coordinationPolyhedra(
  structure: Pick<ViewerStructure, 'symbols' | 'kinds'>,
  raw: Float32Array | Float64Array,
  shown: Float32Array,
  cell: Float64Array,
  bonds: BondList,
  offsets: Float32Array,
): Polyhedra {
  const { symbols, kinds } = structure;
  const radii = symbols.map(covalentRadius);
  const neighbours = new Map<number, Point[]>();
  const spoiled = new Set<number>();
  const add = (atom: number, other: number, sign: 1 | -1, bond: number) => {
    if (kinds[atom] === kinds[other] || radii[kinds[other]] >= radii[kinds[atom]]) {
      spoiled.add(atom);
      return;
    }
    const list = neighbours.get(atom) ?? [];
    neighbours.set(atom, list);
    const [x, y, z] = [0, 1, 2].map((k) => {
      let shift = 0;
      for (let axis = 0; axis < 3; axis++) shift += bonds.shifts[3 * bond + axis] * cell[3 * axis + k];
      return raw[3 * other + k] - raw[3 * atom + k] + sign * shift;
    });
    list.push([x, y, z]);
  };
  for (let bond = 0; bond < bonds.first.length; bond++) {
    add(bonds.first[bond], bonds.second[bond], 1, bond);
    add(bonds.second[bond], bonds.first[bond], -1, bond);
  }
  const [corners, normals, middles, kindOf]: number[][] = [[], [], [], []];
  let count = 0;
  for (const [atom, points] of neighbours) {
    if (spoiled.has(atom) || points.length < FEWEST || points.length > MOST) continue;
    const faces = hullFaces(points);
    if (faces.length < 4) continue;
    count++;
    for (const face of faces) {
      const normal = unit(
        cross(minus(points[face[1]], points[face[0]]), minus(points[face[2]], points[face[0]])),
      ) ?? [0, 0, 1];
      for (let k = 1; k + 1 < face.length; k++) {
        for (const corner of [face[0], face[k], face[k + 1]]) {
          corners.push(...points[corner].map((x, axis) => x + shown[3 * atom + axis]));
          normals.push(...normal);
          middles.push(shown[3 * atom], shown[3 * atom + 1], shown[3 * atom + 2]);
          kindOf.push(kinds[atom]);
        }
      }
    }
  }
  return { ...repeated(corners, normals, middles, kindOf, offsets), count };
}

function repeated(
  corners: number[],
  normals: number[],
  middles: number[],
  kinds: number[],
  offsets: Float32Array,
) {
  const images = offsets.length / 3;
  const moved = (block: number[]) => {
    const all = new Float32Array(block.length * images);
    for (let image = 0; image < images; image++) {
      for (let k = 0; k < block.length; k++)
        all[image * block.length + k] = block[k] + offsets[3 * image + (k % 3)];
    }
    return all;
  };
  const copies = (block: number[]) =>
    Float32Array.from({ length: block.length * images }, (_, k) => block[k % block.length]);
  return { corners: moved(corners), middles: moved(middles), normals: copies(normals), kinds: copies(kinds) };
}

function minus(p: Point, q: Point): Point {
  return [p[0] - q[0], p[1] - q[1], p[2] - q[2]];
}

function cross(u: Point, v: Point): Point {
  return [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
}

function dot(u: Point, v: Point): number {
  return u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
}

/** Undefined for vectors that have no direction. */
function unit(v: Point): Point | undefined {
  const length = Math.hypot(...v);
  return length > 1e-6 ? [v[0] / length, v[1] / length, v[2] / length] : undefined;
}
