/** Which atoms the pointer means. Plain loops over all instances: a million take a few milliseconds, once per click. */
import { FIELD_OF_VIEW, pixelRay, type CameraState } from './camera.ts';
import { insideSlices } from './instances.ts';
import type { SlicePlane } from './types.ts';

/** The view that pixels refer to; CSS pixels. */
export interface PickView {
  readonly camera: CameraState;
  readonly width: number;
  readonly height: number;
  readonly slices: readonly SlicePlane[];
  /** Factor on the spheres' radii. */
  readonly radiusScale: number;
}

/**
 * Instance whose sphere the ray through a pixel meets first, or −1.
 * |o + t d − c| = R with |d| = 1: t = −b − √(b² − (|o−c|² − R²)), b = d·(o−c).
 */
export function pickInstance(atoms: Float32Array, view: PickView, x: number, y: number): number {
  const { origin, direction } = pixelRay(view.camera, x, y, view.width, view.height);
  const [ox, oy, oz] = origin;
  const [dx, dy, dz] = direction;
  // parallel projection has no eye: a deep structure may reach behind where the rays begin
  const behind = view.camera.projection === 'perspective' ? 0 : -Infinity;
  let nearest = Infinity;
  let picked = -1;
  for (let at = 0; at < atoms.length; at += 4) {
    const px = ox - atoms[at];
    const py = oy - atoms[at + 1];
    const pz = oz - atoms[at + 2];
    const radius = atoms[at + 3] * view.radiusScale;
    const b = dx * px + dy * py + dz * pz;
    const root = b * b - (px * px + py * py + pz * pz - radius * radius);
    if (root < 0) continue;
    const t = -b - Math.sqrt(root);
    if (t < nearest && t > behind && insideSlices(atoms[at], atoms[at + 1], atoms[at + 2], view.slices)) {
      nearest = t;
      picked = at / 4;
    }
  }
  return picked;
}

/** A rectangle in CSS pixels, corners in any order. */
export interface PixelRectangle {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Atoms (not instances) with an image whose centre lies in the rectangle, however deep; ascending. */
export function atomsInRectangle(
  atoms: Float32Array,
  atomCount: number,
  view: PickView,
  rectangle: PixelRectangle,
): Uint32Array {
  const { camera, width, height, slices } = view;
  const o = camera.orientation;
  const [tx, ty, tz] = camera.target;
  const focal = height / (2 * Math.tan(FIELD_OF_VIEW / 2));
  const [left, right] = [Math.min(rectangle.x0, rectangle.x1), Math.max(rectangle.x0, rectangle.x1)];
  const [top, bottom] = [Math.min(rectangle.y0, rectangle.y1), Math.max(rectangle.y0, rectangle.y1)];
  const inside = new Uint8Array(atomCount);
  for (let at = 0; at < atoms.length; at += 4) {
    const [dx, dy, dz] = [atoms[at] - tx, atoms[at + 1] - ty, atoms[at + 2] - tz];
    const depth = camera.distance - (o[6] * dx + o[7] * dy + o[8] * dz);
    if (camera.projection === 'perspective' && depth <= 0) continue;
    const scale = focal / (camera.projection === 'perspective' ? depth : camera.distance);
    const x = width / 2 + (o[0] * dx + o[1] * dy + o[2] * dz) * scale;
    const y = height / 2 - (o[3] * dx + o[4] * dy + o[5] * dz) * scale;
    if (x < left || x > right || y < top || y > bottom) continue;
    if (insideSlices(atoms[at], atoms[at + 1], atoms[at + 2], slices)) inside[(at / 4) % atomCount] = 1;
  }
  const found: number[] = [];
  for (let atom = 0; atom < atomCount; atom++) if (inside[atom]) found.push(atom);
  return Uint32Array.from(found);
}
