/**
 * The viewer's camera: a trackball without poles. Pure numbers; matrices are 16 values in OpenGL's column order,
 * right-handed, the camera looks along −z of view space.
 */
import type { ProjectionName, Vector3Tuple } from './types.ts';

export interface CameraState {
  /** Point the camera turns about, Å. */
  readonly target: Vector3Tuple;
  /** Rows are the view's right, up and backward directions in world coordinates; orthonormal, 9. */
  readonly orientation: Float64Array;
  /** From target to eye, Å. */
  readonly distance: number;
  readonly projection: ProjectionName;
}

/** Vertical field of view, radians. */
export const FIELD_OF_VIEW = (30 * Math.PI) / 180;

/** A sphere that holds the scene. */
export interface BoundingSphere {
  readonly center: Vector3Tuple;
  readonly radius: number;
}

/** Orientation that looks from direction `backward` (towards the eye) with `up` upward as far as possible. */
export function orientationFacing(backward: ArrayLike<number>, up: ArrayLike<number>): Float64Array {
  const z = unit(backward);
  let y: Vector3Tuple = perpendicular(up, z);
  if (Math.hypot(...y) < 1e-9) y = perpendicular(Math.abs(z[2]) < 0.9 ? [0, 0, 1] : [0, 1, 0], z);
  y = unit(y);
  const x = cross(y, z);
  return Float64Array.of(...x, ...y, ...z);
}

/** Directions of the camera presets. */
export type CameraPreset = 'a' | 'b' | 'c' | 'perspective';

/**
 * Orientation of a preset: along a lattice vector, as crystallographers do it (a: c up; b: c up; c: b up), or the
 * three-quarter view. Cells without vectors fall back to x, y, z.
 */
export function presetOrientation(preset: CameraPreset, cell: ArrayLike<number>): Float64Array {
  const vectors = [0, 1, 2].map((axis): Vector3Tuple => {
    const row: Vector3Tuple = [cell[3 * axis], cell[3 * axis + 1], cell[3 * axis + 2]];
    return Math.hypot(...row) > 1e-9 ? row : [Number(axis === 0), Number(axis === 1), Number(axis === 2)];
  });
  const [a, b, c] = vectors;
  if (preset === 'a') return orientationFacing(a, c);
  if (preset === 'b') return orientationFacing(b, c);
  if (preset === 'c') return orientationFacing(c, b);
  const [x, y, z] = [unit(a), unit(b), unit(c)];
  return orientationFacing(
    [0, 1, 2].map((k) => 1 * x[k] - 1.9 * y[k] + 0.75 * z[k]),
    c,
  );
}

/**
 * Camera that shows all spheres as large as the picture allows, keeping orientation and projection.
 * @param spheres x y z radius each, Å
 */
export function fitCamera(
  camera: Pick<CameraState, 'orientation' | 'projection'>,
  spheres: Float32Array,
  aspect: number,
): CameraState {
  const o = camera.orientation;
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let at = 0; at < spheres.length; at += 4) {
    for (let axis = 0; axis < 3; axis++) {
      const along =
        o[3 * axis] * spheres[at] + o[3 * axis + 1] * spheres[at + 1] + o[3 * axis + 2] * spheres[at + 2];
      if (along - spheres[at + 3] < low[axis]) low[axis] = along - spheres[at + 3];
      if (along + spheres[at + 3] > high[axis]) high[axis] = along + spheres[at + 3];
    }
  }
  const middle = low.map((value, axis) => (value + high[axis]) / 2);
  if (!middle.every(Number.isFinite)) return { ...camera, target: [0, 0, 0], distance: 10 };
  const target = [0, 1, 2].map(
    (k) => middle[0] * o[k] + middle[1] * o[3 + k] + middle[2] * o[6 + k],
  ) as Vector3Tuple;
  const slope = Math.tan(FIELD_OF_VIEW / 2) * FILLED;
  let distance = 1;
  for (let at = 0; at < spheres.length; at += 4) {
    const [x, y, z] = [0, 1, 2].map(
      (axis) =>
        o[3 * axis] * spheres[at] +
        o[3 * axis + 1] * spheres[at + 1] +
        o[3 * axis + 2] * spheres[at + 2] -
        middle[axis],
    );
    const nearer = camera.projection === 'perspective' ? z : 0;
    const radius = spheres[at + 3];
    const needed =
      Math.max((Math.abs(x) + radius) / (slope * aspect), (Math.abs(y) + radius) / slope) + nearer;
    if (needed > distance) distance = needed;
  }
  return { ...camera, target, distance };
}

/** Part of the picture that a fitted structure fills; the rest is for toolbar and legend. */
const FILLED = 0.84;

/** Turns the view about an axis in view coordinates by an angle in radians. */
export function rotateView(camera: CameraState, axis: Vector3Tuple, angle: number): CameraState {
  const [x, y, z] = unit(axis);
  const [s, c] = [Math.sin(angle), Math.cos(angle)];
  const t = 1 - c;
  // Rodrigues' rotation in view coordinates, applied from the left to the rows
  // prettier-ignore
  const rotation = [
    t * x * x + c, t * x * y - s * z, t * x * z + s * y,
    t * x * y + s * z, t * y * y + c, t * y * z - s * x,
    t * x * z - s * y, t * y * z + s * x, t * z * z + c,
  ];
  const o = camera.orientation;
  const turned = new Float64Array(9);
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      for (let k = 0; k < 3; k++) turned[3 * row + column] += rotation[3 * row + k] * o[3 * k + column];
    }
  }
  // rounding errors of many small turns must not shear the view
  return { ...camera, orientation: orientationFacing(turned.subarray(6, 9), turned.subarray(3, 6)) };
}

/** Moves target and eye by a vector in view coordinates, Å. */
export function panView(camera: CameraState, right: number, up: number): CameraState {
  const o = camera.orientation;
  const target = [0, 1, 2].map((k) => camera.target[k] + right * o[k] + up * o[3 + k]) as Vector3Tuple;
  return { ...camera, target };
}

/** Å per pixel in the plane of the target. */
export function worldPerPixel(camera: CameraState, height: number): number {
  return (2 * camera.distance * Math.tan(FIELD_OF_VIEW / 2)) / height;
}

/** World to view, column order. */
export function viewMatrix(camera: CameraState): Float32Array {
  const o = camera.orientation;
  const t = camera.target;
  const offset = (row: number) => -(o[3 * row] * t[0] + o[3 * row + 1] * t[1] + o[3 * row + 2] * t[2]);
  // prettier-ignore
  return Float32Array.of(
    o[0], o[3], o[6], 0,
    o[1], o[4], o[7], 0,
    o[2], o[5], o[8], 0,
    offset(0), offset(1), offset(2) - camera.distance, 1,
  );
}

/** Part of the picture to draw, in fractions of width and height from the lower left; for tiled export. */
export interface Window2D {
  readonly left: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}

const WHOLE: Window2D = { left: 0, bottom: 0, width: 1, height: 1 };

/** View to clip space, column order, near and far set tightly about the scene for depth precision. */
export function projectionMatrix(
  camera: CameraState,
  aspect: number,
  sphere: BoundingSphere,
  part: Window2D = WHOLE,
): Float32Array {
  const { near, far } = depthRange(camera, sphere);
  const perspective = camera.projection === 'perspective';
  const halfHeight = Math.tan(FIELD_OF_VIEW / 2) * (perspective ? near : camera.distance);
  const halfWidth = halfHeight * aspect;
  const left = -halfWidth + 2 * halfWidth * part.left;
  const right = left + 2 * halfWidth * part.width;
  const bottom = -halfHeight + 2 * halfHeight * part.bottom;
  const top = bottom + 2 * halfHeight * part.height;
  const m = new Float32Array(16);
  if (perspective) {
    m[0] = (2 * near) / (right - left);
    m[5] = (2 * near) / (top - bottom);
    m[8] = (right + left) / (right - left);
    m[9] = (top + bottom) / (top - bottom);
    m[10] = -(far + near) / (far - near);
    m[11] = -1;
    m[14] = (-2 * far * near) / (far - near);
  } else {
    m[0] = 2 / (right - left);
    m[5] = 2 / (top - bottom);
    m[10] = -2 / (far - near);
    m[12] = -(right + left) / (right - left);
    m[13] = -(top + bottom) / (top - bottom);
    m[14] = -(far + near) / (far - near);
    m[15] = 1;
  }
  return m;
}

/** Distances along the view of the nearest and farthest point of the scene; near stays positive in perspective. */
export function depthRange(camera: CameraState, sphere: BoundingSphere): { near: number; far: number } {
  const o = camera.orientation;
  const along =
    o[6] * (sphere.center[0] - camera.target[0]) +
    o[7] * (sphere.center[1] - camera.target[1]) +
    o[8] * (sphere.center[2] - camera.target[2]);
  const middle = camera.distance - along;
  const reach = 1.05 * sphere.radius + 1;
  const far = Math.max(middle + reach, 1);
  if (camera.projection === 'orthographic') return { near: Math.min(middle - reach, far - 1), far };
  return { near: Math.max(middle - reach, 0.002 * far, 0.05), far };
}

/** Where a point of the world lies in the picture, CSS pixels from the upper left; depth is the distance along the view. */
export function projectPoint(
  camera: CameraState,
  point: ArrayLike<number>,
  width: number,
  height: number,
): { x: number; y: number; depth: number } {
  const o = camera.orientation;
  const d = [0, 1, 2].map((k) => point[k] - camera.target[k]);
  const right = o[0] * d[0] + o[1] * d[1] + o[2] * d[2];
  const up = o[3] * d[0] + o[4] * d[1] + o[5] * d[2];
  const depth = camera.distance - (o[6] * d[0] + o[7] * d[1] + o[8] * d[2]);
  const reference = camera.projection === 'perspective' ? depth : camera.distance;
  const scale = height / (2 * Math.tan(FIELD_OF_VIEW / 2) * reference);
  return { x: width / 2 + right * scale, y: height / 2 - up * scale, depth };
}

/** Ray through a pixel, in world coordinates; the direction has length 1. */
export function pixelRay(
  camera: CameraState,
  x: number,
  y: number,
  width: number,
  height: number,
): { origin: Vector3Tuple; direction: Vector3Tuple } {
  const o = camera.orientation;
  const scale = worldPerPixel(camera, height);
  const [right, up] = [(x - width / 2) * scale, (height / 2 - y) * scale];
  const toWorld = (vx: number, vy: number, vz: number) =>
    [0, 1, 2].map((k) => vx * o[k] + vy * o[3 + k] + vz * o[6 + k]) as Vector3Tuple;
  const shift = (offset: Vector3Tuple) => [0, 1, 2].map((k) => camera.target[k] + offset[k]) as Vector3Tuple;
  if (camera.projection === 'perspective') {
    return {
      origin: shift(toWorld(0, 0, camera.distance)),
      direction: unit(toWorld(right, up, -camera.distance)),
    };
  }
  return { origin: shift(toWorld(right, up, camera.distance)), direction: toWorld(0, 0, -1) };
}

function unit(v: ArrayLike<number>): Vector3Tuple {
  const length = Math.hypot(v[0], v[1], v[2]) || 1;
  return [v[0] / length, v[1] / length, v[2] / length];
}

function perpendicular(v: ArrayLike<number>, to: Vector3Tuple): Vector3Tuple {
  const along = v[0] * to[0] + v[1] * to[1] + v[2] * to[2];
  return [v[0] - along * to[0], v[1] - along * to[1], v[2] - along * to[2]];
}

function cross(u: Vector3Tuple, v: Vector3Tuple): Vector3Tuple {
  return [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
}
