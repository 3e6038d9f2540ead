/** Which points a lasso, a box or a click means. */
import type { Numbers } from './statistics.ts';

/** Corners of a closed polygon: x and y of each. */
export type Polygon = readonly (readonly [number, number])[];

/** Identity, or the logarithm of a logarithmic axis: lassos are straight in the picture, not in the data. */
export type Scaling = (value: number) => number;

export const linear: Scaling = (value) => value;
export const logarithmic: Scaling = (value) => Math.log10(value);

/**
 * Whether a point lies inside a polygon, by the parity of edges crossed to the right of it. Points on an edge may
 * count either way; a polygon that crosses itself encloses where the parity is odd.
 */
export function pointInPolygon(x: number, y: number, polygon: Polygon): boolean {
  let inside = false;
  for (let k = 0, previous = polygon.length - 1; k < polygon.length; previous = k++) {
    const [x1, y1] = polygon[k];
    const [x2, y2] = polygon[previous];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

/** Indices of all points inside a polygon, ascending. The polygon is given in data coordinates. */
export function pointsInPolygon(
  x: Numbers,
  y: Numbers,
  polygon: Polygon,
  scaleX: Scaling = linear,
  scaleY: Scaling = linear,
): Uint32Array {
  const corners = polygon.map(([px, py]): [number, number] => [scaleX(px), scaleY(py)]);
  if (corners.length < 3) return new Uint32Array(0);
  const [x0, x1] = [Math.min(...corners.map(([px]) => px)), Math.max(...corners.map(([px]) => px))];
  const [y0, y1] = [Math.min(...corners.map(([, py]) => py)), Math.max(...corners.map(([, py]) => py))];
  const found: number[] = [];
  for (let k = 0; k < x.length; k++) {
    const [px, py] = [scaleX(x[k]), scaleY(y[k])];
    // most points lie outside the box about the lasso and need no crossing test
    if (px >= x0 && px <= x1 && py >= y0 && py <= y1 && pointInPolygon(px, py, corners)) found.push(k);
  }
  return Uint32Array.from(found);
}

/** Index of the point nearest to a place in units of pixels, or −1 when none is within `reach` pixels. */
export function nearestPoint(
  x: Numbers,
  y: Numbers,
  at: readonly [number, number],
  pixelsPerUnit: readonly [number, number],
  reach: number,
  scaleX: Scaling = linear,
  scaleY: Scaling = linear,
): number {
  const [ax, ay] = [scaleX(at[0]), scaleY(at[1])];
  let nearest = reach * reach;
  let found = -1;
  for (let k = 0; k < x.length; k++) {
    const dx = (scaleX(x[k]) - ax) * pixelsPerUnit[0];
    const dy = (scaleY(y[k]) - ay) * pixelsPerUnit[1];
    const squared = dx * dx + dy * dy;
    if (squared <= nearest) {
      nearest = squared;
      found = k;
    }
  }
  return found;
}
