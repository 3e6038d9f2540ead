import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  depthRange,
  fitCamera,
  orientationFacing,
  panView,
  pixelRay,
  presetOrientation,
  projectionMatrix,
  projectPoint,
  rotateView,
  viewMatrix,
  worldPerPixel,
  type CameraState,
} from '../../../src-renderer/viewer/camera.ts';

const [width, height] = [800, 600];
const sphere = { center: [1, 2, 3] as [number, number, number], radius: 12 };
const component = fc.double({ min: -1, max: 1, noNaN: true });
const direction = fc
  .tuple(component, component, component)
  .filter((v) => Math.hypot(...v) > 0.2)
  .map((v): [number, number, number] => [v[0], v[1], v[2]]);

function cameraFacing(toEye: [number, number, number], projection: CameraState['projection']): CameraState {
  return { target: [1, 2, 3], orientation: orientationFacing(toEye, [0, 0, 1]), distance: 40, projection };
}

/** Column-order matrix times point. */
function apply(m: Float32Array, p: readonly number[]): number[] {
  return [0, 1, 2, 3].map(
    (row) => m[row] * p[0] + m[4 + row] * p[1] + m[8 + row] * p[2] + m[12 + row] * p[3],
  );
}

function orthonormal(o: Float64Array): void {
  for (let p = 0; p < 3; p++) {
    for (let q = 0; q < 3; q++) {
      const dot = [0, 1, 2].reduce((sum, k) => sum + o[3 * p + k] * o[3 * q + k], 0);
      expect(dot).toBeCloseTo(p === q ? 1 : 0, 9);
    }
  }
  const [x, y, z] = [o.subarray(0, 3), o.subarray(3, 6), o.subarray(6, 9)];
  const determinant =
    x[0] * (y[1] * z[2] - y[2] * z[1]) +
    x[1] * (y[2] * z[0] - y[0] * z[2]) +
    x[2] * (y[0] * z[1] - y[1] * z[0]);
  // a mirror would turn left-handed crystals into right-handed ones
  expect(determinant).toBeCloseTo(1, 9);
}

describe('camera', () => {
  it.each(['perspective', 'orthographic'] as const)('%s: matrices, pixels and rays agree', (projection) => {
    fc.assert(
      fc.property(direction, direction, (toEye, point) => {
        const camera = cameraFacing(toEye, projection);
        const world = point.map((value, k) => 8 * value + camera.target[k]);
        const pixel = projectPoint(camera, world, width, height);
        const clip = apply(
          projectionMatrix(camera, width / height, sphere),
          apply(viewMatrix(camera), [...world, 1]),
        );
        expect(((clip[0] / clip[3] + 1) / 2) * width).toBeCloseTo(pixel.x, 2);
        expect(((1 - clip[1] / clip[3]) / 2) * height).toBeCloseTo(pixel.y, 2);
        expect(Math.abs(clip[2] / clip[3])).toBeLessThanOrEqual(1.0001);
        // the ray through the pixel passes the point
        const ray = pixelRay(camera, pixel.x, pixel.y, width, height);
        const d = world.map((value, k) => value - ray.origin[k]);
        const along = d.reduce((sum, value, k) => sum + value * ray.direction[k], 0);
        const off = Math.hypot(...d.map((value, k) => value - along * ray.direction[k]));
        expect(off).toBeLessThan(1e-6);
        expect(along).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });

  it('stays a rotation after ten thousand small turns', () => {
    let camera = cameraFacing([1, 1, 1], 'perspective');
    for (let k = 0; k < 10_000; k++) camera = rotateView(camera, [Math.sin(k), Math.cos(3 * k), 0.2], 0.01);
    orthonormal(camera.orientation);
  });

  it('turns what faces the eye to the right when dragged right', () => {
    const camera = cameraFacing([0, 0, 1], 'orthographic');
    const front = [1, 2, 3 + 5];
    const before = projectPoint(camera, front, width, height);
    const after = projectPoint(rotateView(camera, [0, 1, 0], 0.1), front, width, height);
    expect(after.x).toBeGreaterThan(before.x);
  });

  it('moves the scene with the hand', () => {
    const camera = cameraFacing([0.3, -1, 0.4], 'orthographic');
    const before = projectPoint(camera, sphere.center, width, height);
    const after = projectPoint(panView(camera, -2, 0), sphere.center, width, height);
    expect(after.x).toBeGreaterThan(before.x);
    expect(after.y).toBeCloseTo(before.y, 6);
  });

  it('looks along the lattice vectors, also of skewed cells', () => {
    const cell = [4, 0, 0, 1.5, 5, 0, -0.5, 0.8, 6];
    for (const [preset, axis] of [
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ] as const) {
      const o = presetOrientation(preset, cell);
      orthonormal(o);
      const vector = cell.slice(3 * axis, 3 * axis + 3);
      const length = Math.hypot(...vector);
      vector.forEach((value, k) => expect(o[6 + k]).toBeCloseTo(value / length, 9));
    }
    // along c, b points up in the picture
    const o = presetOrientation('c', [4, 0, 0, 0, 5, 0, 0, 0, 6]);
    expect(o[4]).toBeCloseTo(1, 9);
    orthonormal(presetOrientation('perspective', new Float64Array(9)));
  });

  it.each(['perspective', 'orthographic'] as const)('%s: a fitted view holds every sphere', (projection) => {
    fc.assert(
      fc.property(
        direction,
        fc.array(fc.tuple(component, component, component), { minLength: 2, maxLength: 12 }),
        (toEye, points) => {
          const spheres = Float32Array.from(points.flatMap((p) => [20 * p[0], 5 * p[1], 9 * p[2], 0.8]));
          const camera = fitCamera(cameraFacing(toEye, projection), spheres, width / height);
          let reach = 0;
          for (let at = 0; at < spheres.length; at += 4) {
            const { x, y, depth } = projectPoint(camera, spheres.subarray(at, at + 3), width, height);
            if (projection === 'perspective') expect(depth).toBeGreaterThan(0);
            const nearer = projection === 'perspective' ? depth : camera.distance;
            const radius = 0.8 / worldPerPixel({ ...camera, distance: nearer }, height);
            reach = Math.max(
              reach,
              (Math.abs(x - width / 2) + radius) / (width / 2),
              (Math.abs(y - height / 2) + radius) / (height / 2),
            );
          }
          expect(reach).toBeLessThan(1);
          // parallel projection can be fitted exactly
          if (projection === 'orthographic') expect(reach).toBeGreaterThan(0.8);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps the near plane in front of the eye', () => {
    const inside = { ...cameraFacing([0, 0, 1], 'perspective'), distance: 2 };
    const { near, far } = depthRange(inside, sphere);
    expect(near).toBeGreaterThan(0);
    expect(far).toBeGreaterThan(near);
  });

  it('draws a tile as the part of the picture that it is', () => {
    const camera = cameraFacing([1, -1, 0.5], 'perspective');
    const whole = projectionMatrix(camera, 2, sphere);
    const part = projectionMatrix(camera, 2, sphere, { left: 0.5, bottom: 0.25, width: 0.25, height: 0.5 });
    const view = apply(viewMatrix(camera), [3, 1, 4, 1]);
    const [a, b] = [apply(whole, view), apply(part, view)];
    const inWhole = [(a[0] / a[3] + 1) / 2, (a[1] / a[3] + 1) / 2];
    const inPart = [(b[0] / b[3] + 1) / 2, (b[1] / b[3] + 1) / 2];
    expect(0.5 + 0.25 * inPart[0]).toBeCloseTo(inWhole[0], 4);
    expect(0.25 + 0.5 * inPart[1]).toBeCloseTo(inWhole[1], 4);
  });
});
