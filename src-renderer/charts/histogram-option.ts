/** Histograms of one or several groups over common bins, as steps that may lie over each other. */
import type { EChartsCoreOption } from './echarts.ts';
import { binCentres, histogram, type Bins } from './histogram.ts';
import { niceRange, shortNumber, wholeNumber } from './numbers.ts';
import { axis, common, grid, legend, tooltip, zoom } from './option.ts';
import type { Numbers } from './statistics.ts';
import { withOpacity, type ChartTokens } from './tokens.ts';

export interface HistogramColumn {
  readonly name: string;
  readonly values: Numbers;
  /** How many values lie in each bin, where that was counted already. */
  readonly counts?: Uint32Array;
}

export interface HistogramChoices {
  readonly xName: string;
  readonly logarithmic: boolean;
  /** A smooth curve to compare with: counts at the bins' centres. */
  readonly curve?: { readonly name: string; readonly counts: Float64Array };
  /** Part that is chosen, to be shaded. */
  readonly range?: readonly [number, number];
}

/** Option of a histogram chart. */
export function histogramOption(
  columns: readonly HistogramColumn[],
  bins: Bins,
  choices: HistogramChoices,
  tokens: ChartTokens,
): EChartsCoreOption {
  const names = columns.map(({ name }) => name);
  const [low, high] = niceRange(bins.from, bins.from + bins.step * bins.count, 10);
  return {
    ...common(tokens),
    grid: grid(),
    legend: legend(tokens, choices.curve ? [...names, choices.curve.name] : names),
    tooltip: tooltip(tokens, {
      trigger: 'axis',
      formatter: (hits: unknown) => tooltipText(hits, bins, choices.xName),
    }),
    xAxis: axis({ name: choices.xName, min: low, max: high }, tokens, 'x'),
    yAxis: axis(
      {
        name: 'Count',
        logarithmic: choices.logarithmic,
        min: choices.logarithmic ? 0.7 : 0,
        // the axis begins below one so that single counts can be seen, without saying so
        format: (value) => (value < 1 && choices.logarithmic ? '' : wholeNumber(value)),
      },
      tokens,
      'y',
    ),
    dataZoom: zoom('x'),
    series: [
      ...columns.map((column, place) => stepSeries(column, place, columns.length, bins, choices, tokens)),
      ...(choices.curve ? [curveSeries(choices.curve, bins, choices, tokens)] : []),
      ...(choices.range ? [rangeSeries(choices.range, tokens)] : []),
    ],
  };
}

function stepSeries(
  column: HistogramColumn,
  place: number,
  groups: number,
  bins: Bins,
  choices: HistogramChoices,
  tokens: ChartTokens,
): Record<string, unknown> {
  const counts = column.counts ?? histogram(column.values, bins);
  // each bin from its left edge; the last edge closes the area
  const data = new Float64Array(2 * (bins.count + 1));
  for (let k = 0; k <= bins.count; k++) {
    const count = counts[Math.min(k, bins.count - 1)];
    data[2 * k] = bins.from + k * bins.step;
    data[2 * k + 1] = choices.logarithmic ? Math.max(count, 0.5) : count;
  }
  const color = tokens.series[place % tokens.series.length];
  return {
    id: `histogram-${place}`,
    name: column.name,
    type: 'line',
    step: 'end',
    data,
    dimensions: ['from', 'count'],
    symbol: 'none',
    lineStyle: { width: 1.4, color },
    itemStyle: { color },
    areaStyle: { color: withOpacity(color, groups > 1 ? 0.22 : 0.45), origin: 'start' },
    emphasis: { disabled: true },
  };
}

function curveSeries(
  curve: { readonly name: string; readonly counts: Float64Array },
  bins: Bins,
  choices: HistogramChoices,
  tokens: ChartTokens,
): Record<string, unknown> {
  const centres = binCentres(bins);
  const data = new Float64Array(2 * bins.count);
  for (let k = 0; k < bins.count; k++) {
    data[2 * k] = centres[k];
    data[2 * k + 1] = choices.logarithmic ? Math.max(curve.counts[k], 0.1) : curve.counts[k];
  }
  return {
    id: 'curve',
    name: curve.name,
    type: 'line',
    data,
    dimensions: ['centre', 'count'],
    symbol: 'none',
    smooth: true,
    lineStyle: { width: 1.4, type: 'dashed', color: tokens.text },
    itemStyle: { color: tokens.text },
    emphasis: { disabled: true },
  };
}

/** The part of ECharts' custom-series interface that shading needs. */
interface RangeApi {
  coord(point: [number, number]): [number, number];
}

function rangeSeries(range: readonly [number, number], tokens: ChartTokens): Record<string, unknown> {
  return {
    id: 'range',
    type: 'custom',
    data: [[range[0], 1]],
    clip: true,
    silent: true,
    tooltip: { show: false },
    renderItem: (parameters: { coordSys: { y: number; height: number } }, api: RangeApi) => {
      const [left] = api.coord([range[0], 1]);
      const [right] = api.coord([range[1], 1]);
      return {
        type: 'rect',
        shape: { x: left, y: parameters.coordSys.y, width: right - left, height: parameters.coordSys.height },
        style: { fill: withOpacity(tokens.accent, 0.18), stroke: tokens.accent },
      };
    },
  };
}

function tooltipText(hits: unknown, bins: Bins, xName: string): string {
  if (!Array.isArray(hits) || hits.length === 0) return '';
  const first: { value?: ArrayLike<number> } = hits[0];
  const at = Number(first.value?.[0]);
  const from = bins.from + Math.floor((at - bins.from) / bins.step + 1e-9) * bins.step;
  const lines = hits
    .map((hit: { seriesName?: string; seriesId?: string; value?: ArrayLike<number> }) => ({
      name: hit.seriesName ?? '',
      count: Number(hit.value?.[1]),
      histogram: hit.seriesId?.startsWith('histogram') ?? false,
    }))
    .filter(({ histogram: shown }) => shown)
    .map(({ name, count }) => `${name ? `${name}: ` : ''}${wholeNumber(count < 1 ? 0 : count)}`);
  return [`${xName}: ${shortNumber(from, 4)} to ${shortNumber(from + bins.step, 4)}`, ...lines].join('\n');
}
