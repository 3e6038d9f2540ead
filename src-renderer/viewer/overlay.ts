/** Lines and labels over the drawing, as plain numbers, so that the page and exported pictures show the same. */
import { projectPoint, type CameraState } from './camera.ts';
import { measure, type Measurement } from './measurements.ts';

export interface OverlayLine {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly color: string;
  readonly width: number;
  readonly dashed: boolean;
}

export interface OverlayLabel {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly color: string;
  readonly bold: boolean;
  /** On a plate, so that it can be read over atoms. */
  readonly plate: boolean;
  /** Centred on its place where absent. */
  readonly align?: 'left' | 'center' | 'right';
}

/** A filled rectangle or disc below the labels; in the colour behind labels where it has none. */
export interface OverlayMark {
  readonly kind: 'plate';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly color?: string;
  readonly round?: boolean;
}

export interface Overlay {
  readonly lines: readonly OverlayLine[];
  readonly labels: readonly OverlayLabel[];
  readonly marks?: readonly OverlayMark[];
}

/** Size of the picture in CSS pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

export interface OverlayColors {
  readonly measure: string;
  readonly axes: readonly [string, string, string];
}

export const OVERLAY_COLORS: Record<'light' | 'dark', OverlayColors> = {
  light: { measure: '#b3261e', axes: ['#b5402f', '#2f7d4f', '#2f5fb5'] },
  dark: { measure: '#ffb3a7', axes: ['#ff9a86', '#7fd6a0', '#8fb8ff'] },
};

/** Dashed lines between picked points in picking order, and their distance, angle or dihedral beside them. */
export function measurementOverlay(
  points: readonly ArrayLike<number>[],
  camera: CameraState,
  size: PictureSize,
  color: string,
): Overlay & { measurement: Measurement | undefined } {
  const measurement = measure(points);
  const pixels = points.map((point) => projectPoint(camera, point, size.width, size.height));
  const lines: OverlayLine[] = [];
  for (let k = 0; k + 1 < pixels.length; k++) {
    const [p, q] = [pixels[k], pixels[k + 1]];
    lines.push({ x1: p.x, y1: p.y, x2: q.x, y2: q.y, color, width: 2, dashed: true });
  }
  const label = (at: { x: number; y: number }, text: string): OverlayLabel => ({
    ...at,
    text,
    color,
    bold: true,
    plate: true,
  });
  const numbers = pixels.map((pixel, k) => label({ x: pixel.x, y: pixel.y }, String(k + 1)));
  if (!measurement) return { lines, labels: numbers, measurement };
  const between = (p: { x: number; y: number }, q: { x: number; y: number }) => ({
    x: (p.x + q.x) / 2,
    y: (p.y + q.y) / 2 - 14,
  });
  const [first, second, third] = pixels;
  const place =
    pixels.length === 2
      ? between(first, second)
      : pixels.length === 3
        ? { x: second.x, y: second.y - 24 }
        : between(second, third);
  return { lines, labels: [...numbers, label(place, measurement.text)], measurement };
}

/** The directions of a, b and c in the lower left corner; those that point at the reader shrink to a dot. */
export function axesOverlay(
  cell: ArrayLike<number>,
  camera: CameraState,
  size: PictureSize,
  colors: OverlayColors,
): Overlay {
  const o = camera.orientation;
  const origin = { x: 48, y: size.height - 48 };
  const lines: (OverlayLine & { depth: number })[] = [];
  const labels: OverlayLabel[] = [];
  for (let axis = 0; axis < 3; axis++) {
    let v = [cell[3 * axis], cell[3 * axis + 1], cell[3 * axis + 2]];
    const length = Math.hypot(...v);
    const named = length > 1e-6;
    v = named ? v.map((x) => x / length) : [0, 1, 2].map((k) => Number(k === axis));
    const [right, up, backward] = [0, 3, 6].map(
      (row) => o[row] * v[0] + o[row + 1] * v[1] + o[row + 2] * v[2],
    );
    const color = colors.axes[axis];
    const [x, y] = [origin.x + 28 * right, origin.y - 28 * up];
    lines.push({
      x1: origin.x,
      y1: origin.y,
      x2: x,
      y2: y,
      color,
      width: 2.5,
      dashed: false,
      depth: backward,
    });
    const [lx, ly] = [origin.x + 38 * right, origin.y - 38 * up];
    const text = (named ? ['a', 'b', 'c'] : ['x', 'y', 'z'])[axis];
    // an axis along the view has its letter beside the dot, not on it
    const aside = Math.hypot(right, up) < 0.25 ? 12 : 0;
    labels.push({ x: lx - aside, y: ly + aside, text, color, bold: true, plate: false });
  }
  // far axes first, near ones over them
  lines.sort((p, q) => p.depth - q.depth);
  return { lines, labels };
}
