import { describe, expect, it } from 'vitest';
import { orientationFacing, projectPoint, type CameraState } from '../../../src-renderer/viewer/camera.ts';
import { atomsInRectangle, pickInstance, type PickView } from '../../../src-renderer/viewer/picking.ts';

/** A row of three spheres along z towards the eye, and one beside. */
const atoms = Float32Array.of(0, 0, 0, 1, 0, 0, 4, 1, 0, 0, 8, 1, 5, 0, 0, 1);

function viewOf(projection: CameraState['projection'], slices: PickView['slices'] = []): PickView {
  const camera: CameraState = {
    target: [0, 0, 0],
    orientation: orientationFacing([0, 0, 1], [0, 1, 0]),
    distance: 40,
    projection,
  };
  return { camera, width: 400, height: 400, slices, radiusScale: 1 };
}

describe.each(['perspective', 'orthographic'] as const)('picking in %s', (projection) => {
  const view = viewOf(projection);
  const pixel = (x: number, y: number, z: number) => projectPoint(view.camera, [x, y, z], 400, 400);

  it('takes the sphere in front', () => {
    const { x, y } = pixel(0, 0, 0);
    expect(pickInstance(atoms, view, x, y)).toBe(2);
  });

  it('takes what a slice leaves', () => {
    const { x, y } = pixel(0, 0, 0);
    const sliced = viewOf(projection, [{ normal: [0, 0, 1], from: -1, to: 5 }]);
    expect(pickInstance(atoms, sliced, x, y)).toBe(1);
  });

  it('ends at the edge of the sphere', () => {
    const inside = pixel(5 + 0.95, 0, 0);
    const outside = pixel(5 + 1.05, 0, 0);
    expect(pickInstance(atoms, view, inside.x, inside.y)).toBe(3);
    expect(pickInstance(atoms, view, outside.x, outside.y)).toBe(-1);
  });

  it('takes all in a box, however deep, and atoms rather than images', () => {
    const { x, y } = pixel(0, 0, 0);
    const box = { x0: x + 15, y0: y + 15, x1: x - 15, y1: y - 15 };
    expect(Array.from(atomsInRectangle(atoms, 4, view, box))).toEqual([0, 1, 2]);
    // the same four spheres as two atoms in two images
    expect(Array.from(atomsInRectangle(atoms, 2, view, box))).toEqual([0, 1]);
    const none = { x0: 0, y0: 0, x1: 10, y1: 10 };
    expect(atomsInRectangle(atoms, 4, view, none)).toHaveLength(0);
  });
});

describe('a parallel view from within the structure', () => {
  it('still takes what is in front, though it lies behind the eye point', () => {
    const view = viewOf('orthographic');
    const near = { ...view, camera: { ...view.camera, distance: 3 } };
    expect(pickInstance(atoms, near, 200, 200)).toBe(2);
  });
});
