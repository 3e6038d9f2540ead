/** Curves over a common axis, with error bands and reference lines: loss, thermo and curve charts share this. */
import type { EChartsCoreOption } from './echarts.ts';
import { shortNumber } from './numbers.ts';
import { axis, common, grid, legend, tooltip, zoom, type AxisChoice } from './option.ts';
import type { Numbers } from './statistics.ts';
import { withOpacity, type ChartTokens } from './tokens.ts';

/** One curve. */
export interface Curve {
  readonly name: string;
  readonly x: Numbers;
  readonly y: Numbers;
  /** Standard error or half width of a band about y. */
  readonly error?: Numbers;
  readonly style?: 'line' | 'dashed' | 'points' | 'hollow-points' | 'line-and-points';
  /** Index of the series colour; the curve's place where absent. */
  readonly color?: number;
}

/** A line across the drawing. */
export interface ReferenceLine {
  readonly axis: 'x' | 'y';
  readonly value: number;
  readonly label: string;
}

export interface LineChoices {
  readonly x: AxisChoice;
  readonly y: AxisChoice;
  readonly references?: readonly ReferenceLine[];
}

/** Option of a chart of curves. Values that a logarithmic axis cannot show are left out. */
export function linesOption(
  curves: readonly Curve[],
  choices: LineChoices,
  tokens: ChartTokens,
): EChartsCoreOption {
  return {
    ...common(tokens),
    grid: grid(),
    legend: legend(
      tokens,
      curves.map(({ name }) => name),
    ),
    tooltip: tooltip(tokens, {
      trigger: 'axis',
      valueFormatter: (value: unknown) => (typeof value === 'number' ? shortNumber(value, 5) : ''),
    }),
    xAxis: axis(choices.x, tokens, 'x'),
    yAxis: axis(choices.y, tokens, 'y'),
    dataZoom: zoom('both'),
    series: [
      // the legend takes the colour of the first series of a name: curves before bands
      ...curves.map((curve, place) => curveSeries(curve, place, choices, tokens)),
      ...curves.flatMap((curve, place) => (curve.error ? [bandSeries(curve, place, choices, tokens)] : [])),
      ...(choices.references?.length ? [referenceSeries(choices.references, tokens)] : []),
    ],
  };
}

function colorOf(curve: Curve, place: number, tokens: ChartTokens): string {
  return tokens.series[(curve.color ?? place) % tokens.series.length];
}

function curveSeries(
  curve: Curve,
  place: number,
  choices: LineChoices,
  tokens: ChartTokens,
): Record<string, unknown> {
  const style = curve.style ?? 'line';
  const scatter = style === 'points' || style === 'hollow-points';
  const points = scatter || style === 'line-and-points';
  const color = colorOf(curve, place, tokens);
  return {
    id: `curve-${place}`,
    name: curve.name,
    type: scatter ? 'scatter' : 'line',
    data: interleaved(curve.x, curve.y, choices),
    dimensions: ['x', 'y'],
    showSymbol: points,
    symbol: 'circle',
    symbolSize: points ? 6 : 0,
    // three points per pixel column keep every peak of long series and draw at once
    sampling: points ? undefined : 'lttb',
    progressive: 0,
    lineStyle: { color, width: 1.8, type: style === 'dashed' ? 'dashed' : 'solid' },
    itemStyle:
      style === 'hollow-points' ? { color: 'transparent', borderColor: color, borderWidth: 1.5 } : { color },
    emphasis: { disabled: true },
    z: 3,
  };
}

/** x and y alternating; points that the axes cannot show become gaps. */
function interleaved(x: Numbers, y: Numbers, choices: LineChoices): Float64Array {
  const length = Math.min(x.length, y.length);
  const data = new Float64Array(2 * length);
  for (let k = 0; k < length; k++) {
    data[2 * k] = choices.x.logarithmic && !(x[k] > 0) ? NaN : x[k];
    data[2 * k + 1] = choices.y.logarithmic && !(y[k] > 0) ? NaN : y[k];
  }
  return data;
}

/** The part of ECharts' custom-series interface that bands need. */
interface BandApi {
  coord(point: [number, number]): [number, number];
}

/** The area between y − error and y + error, as one polygon. */
function bandSeries(
  curve: Curve,
  place: number,
  choices: LineChoices,
  tokens: ChartTokens,
): Record<string, unknown> {
  const { x, y, error = [] } = curve;
  const fill = withOpacity(colorOf(curve, place, tokens), tokens.theme === 'dark' ? 0.22 : 0.17);
  const floor = choices.y.logarithmic ? 1e-300 : -Infinity;
  return {
    id: `band-${place}`,
    name: curve.name,
    type: 'custom',
    // the first item draws the whole polygon, the others only make the axis reach over it
    data: bandExtent(curve),
    clip: true,
    silent: true,
    tooltip: { show: false },
    itemStyle: { color: fill },
    renderItem: ({ dataIndex }: { dataIndex: number }, api: BandApi) => {
      if (dataIndex > 0) return undefined;
      const upper: [number, number][] = [];
      const lower: [number, number][] = [];
      for (let k = 0; k < x.length; k++) {
        if (!Number.isFinite(x[k] + y[k] + error[k])) continue;
        upper.push(api.coord([x[k], Math.max(floor, y[k] + error[k])]));
        lower.push(api.coord([x[k], Math.max(floor, y[k] - error[k])]));
      }
      return { type: 'polygon', shape: { points: [...upper, ...lower.reverse()] }, style: { fill } };
    },
    z: 2,
  };
}

/** Highest and lowest point of a band. */
function bandExtent({ x, y, error = [] }: Curve): number[][] {
  let [low, high] = [Infinity, -Infinity];
  for (let k = 0; k < x.length; k++) {
    if (y[k] - error[k] < low) low = y[k] - error[k];
    if (y[k] + error[k] > high) high = y[k] + error[k];
  }
  return high >= low
    ? [
        [x[0], high],
        [x[0], low],
      ]
    : [];
}

/** Along their lines, so that the labels of lines that lie close together stay apart. */
const PLACES = ['insideEndTop', 'insideMiddleTop', 'insideStartTop', 'insideEndBottom'] as const;

/** Rank of a line among those of its axis, in order of their values: neighbours have other places. */
function placeOf(references: readonly ReferenceLine[], k: number): number {
  const { axis: along, value } = references[k];
  const before = references.filter(
    (other, j) => other.axis === along && (other.value < value || (other.value === value && j < k)),
  );
  return before.length % PLACES.length;
}

function referenceSeries(references: readonly ReferenceLine[], tokens: ChartTokens): Record<string, unknown> {
  return {
    id: 'references',
    type: 'line',
    data: [],
    silent: true,
    markLine: {
      symbol: 'none',
      silent: true,
      animation: false,
      lineStyle: { color: tokens.muted, type: 'dashed', width: 1.2 },
      label: { color: tokens.muted, fontFamily: tokens.fontFamily, position: 'insideEndTop' },
      data: references.map(({ axis: along, value, label }, k) => ({
        [along === 'x' ? 'xAxis' : 'yAxis']: value,
        label: { formatter: label, position: PLACES[placeOf(references, k)] },
      })),
    },
  };
}
