/**
 * Counts, or means, per cell as coloured cells: one shape per colour instead of one per cell, which the canvas fills in a few
 * milliseconds and a file for paper keeps as vectors.
 */
import { colormapHex } from '../viewer/colormaps.ts';
import type { ColormapName } from '../viewer/types.ts';
import { graphic } from './echarts.ts';
import type { CellCounts } from './density.ts';
import { wholeNumber } from './numbers.ts';
import { withOpacity, type ChartTokens } from './tokens.ts';

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

/** Cells by colour: column and row of each. @param level of each cell in 0 … 1; NaN cells are left empty */
function cellsByLevel({ counts, columns }: CellCounts, level: (cell: number) => number): Uint16Array[] {
  const levels = Array.from({ length: LEVELS }, (): number[] => []);
  for (let k = 0; k < counts.length; k++) {
    if (counts[k] === 0) continue;
    const at = Math.floor(LEVELS * Math.min(1, Math.max(0, level(k))));
    levels[Math.min(LEVELS - 1, at)]?.push(k % columns, Math.floor(k / columns));
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

/** Cells coloured by how many points they hold, and an empty series that carries the colour scale. */
export function densitySeries(grid: CellCounts): Record<string, unknown>[] {
  const scale = 1 / Math.max(1e-9, Math.log10(grid.largest));
  return cellSeries(grid, (cell) => scale * Math.log10(grid.counts[cell]), 'dusk');
}

/** Cells coloured by a number each, and an empty series that carries the colour scale. */
export function meanSeries(
  grid: CellCounts,
  means: Float64Array,
  [from, to]: readonly [number, number],
  colormap: ColormapName,
): Record<string, unknown>[] {
  return cellSeries(grid, (cell) => (means[cell] - from) / (to - from), colormap);
}

/** Strengths of a colour by the number of points in a cell, the weakest first. */
const STRENGTHS = [0.3, 0.5, 0.75, 1];

/** Cells in the colours of groups, stronger where more points lie: one series per group, which the legend knows. */
export function groupedDensity(
  grid: CellCounts,
  groups: Uint8Array,
  names: readonly string[],
  tokens: ChartTokens,
): Record<string, unknown>[] {
  const scale = STRENGTHS.length / Math.max(1e-9, Math.log10(grid.largest + 1));
  const cells = names.map(() => STRENGTHS.map((): number[] => []));
  for (let k = 0; k < grid.counts.length; k++) {
    if (grid.counts[k] === 0) continue;
    const strength = Math.min(STRENGTHS.length - 1, Math.floor(scale * Math.log10(grid.counts[k])));
    cells.at(groups[k])?.[strength].push(k % grid.columns, Math.floor(k / grid.columns));
  }
  return names.map((name, group) => {
    const color = tokens.series[group % tokens.series.length];
    const levels = cells[group].map((list) => Uint16Array.from(list));
    return {
      id: `density-${group}`,
      name,
      type: 'custom',
      data: STRENGTHS.flatMap((_, strength) => (levels[strength].length > 0 ? [[strength, 0]] : [])),
      encode: { x: -1, y: -1 },
      clip: true,
      silent: true,
      itemStyle: { color },
      renderItem: (_parameters: unknown, api: CellApi) => {
        const strength = api.value(0);
        return {
          type: 'cells',
          shape: { cells: cellPixels(levels[strength], grid, api) },
          style: { fill: withOpacity(color, STRENGTHS[strength]), stroke: null },
        };
      },
    };
  });
}

function cellSeries(
  grid: CellCounts,
  level: (cell: number) => number,
  colormap: ColormapName,
): Record<string, unknown>[] {
  const levels = cellsByLevel(grid, level);
  const colors = colormapHex(colormap, LEVELS);
  const shown = levels.flatMap((cells, place) => (cells.length > 0 ? [place] : []));
  return [
    {
      id: 'density',
      name: 'cells',
      type: 'custom',
      data: shown.map((place) => [place, 0]),
      encode: { x: -1, y: -1 },
      clip: true,
      silent: true,
      renderItem: (_parameters: unknown, api: CellApi) => {
        const place = api.value(0);
        return {
          type: 'cells',
          shape: { cells: cellPixels(levels[place], grid, api) },
          style: { fill: colors[place], stroke: null },
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
