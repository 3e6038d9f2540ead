/** Data range of a parity or residual plot. */
import type { DataWindow } from './density.ts';
import { niceRange } from './numbers.ts';
import { extent, padded, type Numbers } from './statistics.ts';

/** Data range of the axes: the same for both in a parity plot, so that the diagonal is a diagonal. */
export function parityWindow(x: Numbers, y: Numbers, square: boolean): DataWindow {
  const ex: readonly [number, number] = extent(x) ?? [0, 1];
  const ey: readonly [number, number] = extent(y) ?? [0, 1];
  const nice = (range: readonly [number, number]) => niceRange(...padded(range, 0.02), 10);
  if (!square) return { x: nice(ex), y: nice(ey) };
  const both = nice([Math.min(ex[0], ey[0]), Math.max(ex[1], ey[1])]);
  return { x: both, y: both };
}
