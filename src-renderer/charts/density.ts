/** Point clouds too large to draw: counts per cell of a grid over the visible window. */
import type { Numbers } from './statistics.ts';

/** Part of the plane, in data coordinates. */
export interface DataWindow {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

export interface CellCounts {
  readonly window: DataWindow;
  readonly columns: number;
  readonly rows: number;
  /** Points per cell; columns × rows, row by row from small y. */
  readonly counts: Uint32Array;
  readonly largest: number;
}

export interface DensityGrid extends CellCounts {
  /** Points inside the window. */
  readonly inside: number;
}

/**
 * Counts points per cell in one pass. The upper edges of the window belong to the last cells.
 * @param columns number of cells along x, rows along y
 */
export function densityGrid(
  x: Numbers,
  y: Numbers,
  window: DataWindow,
  columns: number,
  rows: number,
): DensityGrid {
  const counts = new Uint32Array(columns * rows);
  let inside = 0;
  for (let k = 0; k < x.length; k++) {
    const cell = cellOf(x[k], y[k], window, columns, rows);
    if (cell < 0) continue;
    counts[cell]++;
    inside++;
  }
  let largest = 0;
  for (const count of counts) if (count > largest) largest = count;
  return { window, columns, rows, counts, inside, largest };
}

/** Cell of a point, or −1 outside the window. */
function cellOf(x: number, y: number, window: DataWindow, columns: number, rows: number): number {
  const [x0, x1] = window.x;
  const [y0, y1] = window.y;
  // written so that NaN fails too
  if (!(x >= x0 && x <= x1 && y >= y0 && y <= y1)) return -1;
  const column = ((x - x0) * columns) / (x1 - x0);
  const row = ((y - y0) * rows) / (y1 - y0);
  return Math.min(rows - 1, row | 0) * columns + Math.min(columns - 1, column | 0);
}

/** Mean of a number over the points of each cell; NaN in cells without a finite one. */
export function cellMeans(x: Numbers, y: Numbers, values: Numbers, grid: CellCounts): Float64Array {
  const { window, columns, rows } = grid;
  const sums = new Float64Array(columns * rows);
  const counts = new Uint32Array(columns * rows);
  for (let k = 0; k < x.length; k++) {
    const cell = cellOf(x[k], y[k], window, columns, rows);
    if (cell < 0 || !Number.isFinite(values[k])) continue;
    sums[cell] += values[k];
    counts[cell]++;
  }
  return sums.map((sum, cell) => (counts[cell] > 0 ? sum / counts[cell] : NaN));
}

/**
 * The group that each cell belongs to: the one of which the largest share lies there, so that a rare element or a small
 * test part is not drowned by what there is most of. 255 in cells without a point of a group.
 * @param groups group of each point, negative for none
 */
export function cellGroups(
  x: Numbers,
  y: Numbers,
  groups: ArrayLike<number>,
  groupCount: number,
  grid: CellCounts,
): Uint8Array {
  const { window, columns, rows } = grid;
  const cells = columns * rows;
  const counts = new Uint32Array(groupCount * cells);
  const totals = new Float64Array(groupCount);
  for (let k = 0; k < x.length; k++) {
    const group = groups[k];
    if (!(group >= 0 && group < groupCount)) continue;
    totals[group]++;
    const cell = cellOf(x[k], y[k], window, columns, rows);
    if (cell >= 0) counts[group * cells + cell]++;
  }
  const found = new Uint8Array(cells).fill(255);
  for (let cell = 0; cell < cells; cell++) {
    let largest = 0;
    for (let group = 0; group < groupCount; group++) {
      const share = counts[group * cells + cell] / totals[group];
      if (share > largest) [largest, found[cell]] = [share, group];
    }
  }
  return found;
}

/** Points in the cell at a place; 0 outside the window. */
export function countAt(grid: CellCounts, at: readonly [number, number]): number {
  const { window, columns, rows, counts } = grid;
  const column = Math.floor(((at[0] - window.x[0]) / (window.x[1] - window.x[0])) * columns);
  const row = Math.floor(((at[1] - window.y[0]) / (window.y[1] - window.y[0])) * rows);
  return column >= 0 && column < columns && row >= 0 && row < rows ? counts[row * columns + column] : 0;
}

/** Number of points inside a window. */
export function countInside(x: Numbers, y: Numbers, window: DataWindow): number {
  let inside = 0;
  const [x0, x1] = window.x;
  const [y0, y1] = window.y;
  for (let k = 0; k < x.length; k++) {
    if (x[k] >= x0 && x[k] <= x1 && y[k] >= y0 && y[k] <= y1) inside++;
  }
  return inside;
}
