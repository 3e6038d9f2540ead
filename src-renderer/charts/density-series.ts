/**
 * Counts per cell as coloured cells: one shape per colour instead of one per cell, which the canvas fills in a few
 * milliseconds and a file for paper keeps as vectors.
 */
import { colormapHex } from '../viewer/colormaps.ts';
import { graphic } from './echarts.ts';
import type { CellCounts } from './density.ts';
import { wholeNumber } from './numbers.ts';
import type { ChartTokens } from './tokens.ts';

/** Number of colours. */
const LEVELS = 32;

interface CellShape {
  /** left, top, right, bottom of each cell, whole pixels so that no seams show */
  cells: Int32Array;
}

graphic.registerShape(
  'cells',
  graphic.extendShape({
    shape: { cells: new Int32Array(0) },
    buildPath(path: CanvasRenderingContext2D, { cells }: CellShape) {
      for (let k = 0; k < cells.length; k += 4) {
        path.rect(cells[k], cells[k + 1], cells[k + 2] - cells[k], cells[k + 3] - cells[k + 1]);
      }
    },
  }),
);

/** The part of ECharts' custom-series interface that cells need. */
interface CellApi {
  value(dimension: number): number;
  coord(point: [number, number]): [number, number];
}

/** Occupied cells by colour: column and row of each. */
function cellsByLevel({ counts, columns, largest }: CellCounts): Uint16Array[] {
  const scale = LEVELS / Math.max(1e-9, Math.log10(largest));
  const levels = Array.from({ length: LEVELS }, (): number[] => []);
  for (let k = 0; k < counts.length; k++) {
    if (counts[k] === 0) continue;
    const level = Math.min(LEVELS - 1, Math.floor(scale * Math.log10(counts[k])));
    levels[level].push(k % columns, Math.floor(k / columns));
  }
  return levels.map((cells) => Uint16Array.from(cells));
}

/** Pixels of cells, from where the corners of the window lie: axes are linear. */
function cellPixels(list: Uint16Array, grid: CellCounts, api: CellApi): Int32Array {
  const { window, columns, rows } = grid;
  const [left, bottom] = api.coord([window.x[0], window.y[0]]);
  const [right, top] = api.coord([window.x[1], window.y[1]]);
  const [stepX, stepY] = [(right - left) / columns, (bottom - top) / rows];
  const pixels = new Int32Array(2 * list.length);
  for (let k = 0; k < list.length; k += 2) {
    const [x, y] = [left + list[k] * stepX, bottom - list[k + 1] * stepY];
    pixels[2 * k] = Math.round(x);
    pixels[2 * k + 1] = Math.round(y - stepY);
    pixels[2 * k + 2] = Math.max(Math.round(x + stepX), Math.round(x) + 1);
    pixels[2 * k + 3] = Math.max(Math.round(y), Math.round(y - stepY) + 1);
  }
  return pixels;
}

/** The cells, and an empty series that carries the colour scale. */
export function densitySeries(grid: CellCounts): Record<string, unknown>[] {
  const levels = cellsByLevel(grid);
  const colors = colormapHex('dusk', LEVELS);
  const shown = levels.flatMap((cells, level) => (cells.length > 0 ? [level] : []));
  return [
    {
      id: 'density',
      name: 'points per cell',
      type: 'custom',
      data: shown.map((level) => [level, 0]),
      encode: { x: -1, y: -1 },
      clip: true,
      silent: true,
      renderItem: (_parameters: unknown, api: CellApi) => {
        const level = api.value(0);
        return {
          type: 'cells',
          shape: { cells: cellPixels(levels[level], grid, api) },
          style: { fill: colors[level], stroke: null },
        };
      },
    },
    { id: 'scale', type: 'scatter', data: [], silent: true },
  ];
}

/** Scale of the colours, for the series at a place among all. */
export function densityScale(
  largest: number,
  seriesIndex: number,
  tokens: ChartTokens,
): Record<string, unknown> {
  return {
    type: 'continuous',
    min: 0,
    max: Math.max(Math.log10(largest), 0.01),
    dimension: 1,
    seriesIndex,
    right: 4,
    top: 'middle',
    itemHeight: 160,
    itemWidth: 12,
    calculable: false,
    hoverLink: false,
    inRange: { color: colormapHex('dusk', LEVELS) },
    text: [wholeNumber(largest), '1 per cell'],
    textStyle: { color: tokens.muted, fontFamily: tokens.fontFamily, fontSize: 11 },
  };
}
