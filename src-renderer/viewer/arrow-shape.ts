/** The triangles of an arrow of length and radius one: a shaft and a head of a few sides, closed at the foot. */
import type { ImpostorSource } from './impostor-mesh.ts';

const SIDES = 12;
/** Radius of the head's base over the shaft's. */
const HEAD = 2.3;

/** Corners as x, y about the axis and z = 0 foot, 1 neck, 2 tip; the shader puts the rings where they belong. */
export function arrowShape(): NonNullable<ImpostorSource['shape']> {
  const [corners, normals, triangles]: [number[], number[], number[]] = [[], [], []];
  const ring = (radius: number, z: number, slope: number): number => {
    const first = corners.length / 3;
    for (let side = 0; side < SIDES; side++) {
      const turn = (2 * Math.PI * side) / SIDES;
      const [x, y] = [Math.cos(turn), Math.sin(turn)];
      corners.push(radius * x, radius * y, z);
      const length = Math.hypot(1, slope) || 1;
      normals.push(x / length, y / length, slope / length);
    }
    return first;
  };
  const band = (from: number, to: number) => {
    for (let side = 0; side < SIDES; side++) {
      const next = (side + 1) % SIDES;
      triangles.push(from + side, from + next, to + next, from + side, to + next, to + side);
    }
  };
  band(ring(1, 0, 0), ring(1, 1, 0));
  // the underside of the head looks backwards
  band(ring(1, 1, -8), ring(HEAD, 1, -8));
  band(ring(HEAD, 1, 0.45), ring(0, 2, 0.45));
  return { corners, normals, triangles };
}
