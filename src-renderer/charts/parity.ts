/** The parity plot's option: points or density about the line where prediction and reference agree. */
import type { DataWindow } from './density.ts';
import { densityScale, densitySeries, groupedDensity } from './density-series.ts';
import type { EChartsCoreOption } from './echarts.ts';
import { shortNumber } from './numbers.ts';
import { axis, common, grid, legend, tooltip, zoom, type ChartSize } from './option.ts';
import type { PairPicture } from './pair-analysis.ts';
import { pointSeries, selectedSeries } from './points.ts';
import type { ChartTokens } from './tokens.ts';

export interface ParityLabels {
  readonly x: string;
  readonly y: string;
  /** Unit of both, for tooltips. */
  readonly unit: string;
}

/** Cells that a density is counted in: about three pixels each. */
export function densityCells(size: ChartSize): [columns: number, rows: number] {
  const cells = (pixels: number) => Math.max(40, Math.min(400, Math.round(pixels / 3)));
  return [cells(size.width - 166), cells(size.height - 80)];
}

/**
 * Option of a parity or residual plot.
 * @param chosen the points that stand out; x, y of each
 * @param whole range of the axes
 */
export function parityOption(
  picture: PairPicture,
  chosen: Float64Array,
  groupNames: readonly string[],
  labels: ParityLabels,
  square: boolean,
  whole: DataWindow,
  tokens: ChartTokens,
): EChartsCoreOption {
  const dense = picture.kind === 'density';
  const grouped = picture.kind === 'density' ? picture.groups : undefined;
  const series = dense
    ? grouped
      ? groupedDensity(picture.grid, grouped, groupNames, tokens)
      : densitySeries(picture.grid)
    : pointSeries(picture.groups, groupNames, picture.total, tokens);
  const option: EChartsCoreOption = {
    ...common(tokens),
    grid: grid({ right: dense && !grouped ? 92 : 24 }),
    legend: legend(tokens, dense && !grouped ? [] : groupNames),
    tooltip: tooltip(tokens, {
      trigger: 'item',
      formatter: (hit: unknown) => tooltipText(hit, labels),
    }),
    xAxis: axis({ name: labels.x, min: whole.x[0], max: whole.x[1] }, tokens, 'x'),
    yAxis: axis({ name: labels.y, min: whole.y[0], max: whole.y[1] }, tokens, 'y'),
    dataZoom: zoom('both'),
    series: [...series, referenceLine(square, whole, tokens), selectedSeries(chosen, tokens)],
  };
  return dense && !grouped ? { ...option, visualMap: densityScale(picture.grid.largest, 1, tokens) } : option;
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

function tooltipText(hit: unknown, labels: ParityLabels): string {
  const value = typeof hit === 'object' && hit !== null && 'value' in hit ? hit.value : undefined;
  if (!(Array.isArray(value) || ArrayBuffer.isView(value))) return '';
  const [x, y] = Array.from(value as ArrayLike<number>, Number);
  return `${labels.x}: ${shortNumber(x, 5)}\n${labels.y}: ${shortNumber(y, 5)}`;
}
