/** The parity plot's option: points or density about the line where prediction and reference agree. */
import { colormapHex } from '../viewer/colormaps.ts';
import { countInside, densityGrid, occupiedCells, type DataWindow } from './density.ts';
import type { EChartsCoreOption } from './echarts.ts';
import { niceRange, shortNumber, wholeNumber } from './numbers.ts';
import { axis, common, grid, legend, tooltip, zoom, type ChartSize } from './option.ts';
import { pointSeries, selectedSeries, type PointCloud } from './points.ts';
import { extent, padded, type Numbers } from './statistics.ts';
import type { ChartTokens } from './tokens.ts';

/** Above this many visible points single ones cannot be told apart, and counts per cell are drawn. */
export const DENSITY_FROM = 100_000;

export interface ParityLabels {
  readonly x: string;
  readonly y: string;
  /** Unit of both, for tooltips. */
  readonly unit: string;
}

/** Data range of the axes: the same for both in a parity plot, so that the diagonal is a diagonal. */
export function parityWindow(x: Numbers, y: Numbers, square: boolean): DataWindow {
  const ex: readonly [number, number] = extent(x) ?? [0, 1];
  const ey: readonly [number, number] = extent(y) ?? [0, 1];
  const nice = (range: readonly [number, number]) => niceRange(...padded(range, 0.02), 10);
  if (!square) return { x: nice(ex), y: nice(ey) };
  const both = nice([Math.min(ex[0], ey[0]), Math.max(ex[1], ey[1])]);
  return { x: both, y: both };
}

/**
 * Option of a parity or residual plot.
 * @param whole range of the axes
 * @param visible the part being looked at, in which density is counted
 */
export function parityOption(
  data: PointCloud,
  labels: ParityLabels,
  square: boolean,
  whole: DataWindow,
  visible: DataWindow,
  tokens: ChartTokens,
  size: ChartSize,
): EChartsCoreOption {
  const dense = data.x.length > DENSITY_FROM && countInside(data.x, data.y, visible) > DENSITY_FROM;
  // a cloud that was zoomed into draws only what can be seen
  const clip = data.x.length > DENSITY_FROM ? visible : undefined;
  const series = dense ? densitySeries(data, visible, size) : pointSeries(data, tokens, clip);
  const named = dense || !data.groups ? [] : data.groupNames;
  const option: EChartsCoreOption = {
    ...common(tokens),
    grid: grid({ right: dense ? 92 : 24 }),
    legend: legend(tokens, named),
    tooltip: tooltip(tokens, {
      trigger: 'item',
      formatter: (hit: unknown) => tooltipText(hit, labels, dense),
    }),
    xAxis: axis({ name: labels.x, min: whole.x[0], max: whole.x[1] }, tokens, 'x'),
    yAxis: axis({ name: labels.y, min: whole.y[0], max: whole.y[1] }, tokens, 'y'),
    dataZoom: zoom('both'),
    series: [...series, referenceLine(square, whole, tokens), selectedSeries(data, tokens)],
  };
  return dense ? { ...option, visualMap: densityScale(series, tokens) } : option;
}

/** y = x, or y = 0 of residuals. */
function referenceLine(square: boolean, whole: DataWindow, tokens: ChartTokens): Record<string, unknown> {
  const ends = square
    ? [
        [whole.x[0], whole.x[0]],
        [whole.x[1], whole.x[1]],
      ]
    : [
        [whole.x[0], 0],
        [whole.x[1], 0],
      ];
  return {
    id: 'agreement',
    type: 'line',
    data: ends,
    symbol: 'none',
    silent: true,
    tooltip: { show: false },
    lineStyle: { color: tokens.text, width: 1.2, type: 'dashed', opacity: 0.75 },
    z: 4,
  };
}

function densitySeries(data: PointCloud, visible: DataWindow, size: ChartSize): Record<string, unknown>[] {
  const columns = Math.max(40, Math.min(400, Math.round((size.width - 166) / 3)));
  const rows = Math.max(40, Math.min(400, Math.round((size.height - 80) / 3)));
  const cells = densityGrid(data.x, data.y, visible, columns, rows);
  const [width, height] = [(visible.x[1] - visible.x[0]) / columns, (visible.y[1] - visible.y[0]) / rows];
  return [
    {
      id: 'density',
      name: 'points per cell',
      type: 'custom',
      data: occupiedCells(cells),
      dimensions: ['x', 'y', 'log10 count'],
      encode: { x: 0, y: 1, tooltip: 2 },
      clip: true,
      progressive: 0,
      renderItem: (_parameters: unknown, api: CellApi) => {
        const [x, y] = [api.value(0), api.value(1)];
        // whole pixels, so that no seams show between cells
        const [left, bottom] = api.coord([x - width / 2, y - height / 2]).map(Math.round);
        const [right, top] = api.coord([x + width / 2, y + height / 2]).map(Math.round);
        return {
          type: 'rect',
          shape: { x: left, y: top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) },
          style: { fill: api.visual('color') },
        };
      },
    },
  ];
}

/** The part of ECharts' custom-series interface that cells need. */
interface CellApi {
  value(dimension: number): number;
  coord(point: [number, number]): [number, number];
  visual(what: 'color'): string;
}

function densityScale(series: Record<string, unknown>[], tokens: ChartTokens): Record<string, unknown> {
  const data = series[0].data;
  let largest = 0;
  if (data instanceof Float64Array)
    for (let k = 2; k < data.length; k += 3) largest = Math.max(largest, data[k]);
  return {
    type: 'continuous',
    min: 0,
    max: Math.max(largest, 0.01),
    dimension: 2,
    seriesIndex: 0,
    right: 4,
    top: 'middle',
    itemHeight: 160,
    itemWidth: 12,
    calculable: false,
    hoverLink: false,
    inRange: { color: colormapHex('dusk', 32) },
    text: [wholeNumber(10 ** largest), '1 per cell'],
    textStyle: { color: tokens.muted, fontFamily: tokens.fontFamily, fontSize: 11 },
  };
}

function tooltipText(hit: unknown, labels: ParityLabels, dense: boolean): string {
  const value = typeof hit === 'object' && hit !== null && 'value' in hit ? hit.value : undefined;
  if (!(Array.isArray(value) || ArrayBuffer.isView(value))) return '';
  const [x, y, log] = Array.from(value as ArrayLike<number>, Number);
  const lines = [`${labels.x}: ${shortNumber(x, 5)}`, `${labels.y}: ${shortNumber(y, 5)}`];
  if (dense) lines.push(`${wholeNumber(10 ** log)} points in this cell`);
  return lines.join('\n');
}
