/** The option of a map: points in two coordinates, or cells where there are too many to tell apart. */
import { COLORMAP_SIZE, colormapHex } from '../viewer/colormaps.ts';
import type { ColormapName } from '../viewer/types.ts';
import { percentileRange } from '../viewer/scalar-range.ts';
import { cellGroups, cellMeans, densityGrid, type DataWindow } from './density.ts';
import { densityScale, densitySeries, groupedDensity, meanSeries } from './density-series.ts';
import type { EChartsCoreOption } from './echarts.ts';
import { niceRange, shortNumber } from './numbers.ts';
import { axis, common, grid, legend, tooltip, zoom, type ChartSize } from './option.ts';
import { densityCells } from './parity.ts';
import { chosenPoints, groupedPoints, pointSeries, selectedSeries, type PointCloud } from './points.ts';
import { extent, padded, type Numbers } from './statistics.ts';
import { withOpacity, type ChartTokens } from './tokens.ts';

/** A number per point to colour by. */
export interface MapScalar {
  readonly name: string;
  readonly values: Numbers;
  readonly colormap?: ColormapName;
  /** Ends of the colour scale; percentiles of the values where absent. */
  readonly range?: readonly [number, number];
}

export interface MapData {
  readonly x: Numbers;
  readonly y: Numbers;
  readonly groups?: ArrayLike<number>;
  readonly groupNames: readonly string[];
  /** Colours by a number per point instead of the group. */
  readonly scalar?: MapScalar;
  readonly selected: ArrayLike<number>;
}

export interface MapLabels {
  readonly x: string;
  readonly y: string;
}

/** Numbers are drawn in this many colours: one series each, which stays fast for 1e5 points. */
const STEPS = 32;

/** Range of the axes. */
export function mapWindow(x: Numbers, y: Numbers): DataWindow {
  const nice = (values: Numbers) => niceRange(...padded(extent(values) ?? [0, 1], 0.03), 10);
  return { x: nice(x), y: nice(y) };
}

/**
 * Option of a map.
 * @param dense draws cells instead of points: their number, or the mean of the scalar
 * @param visible the part being looked at, in which cells are counted
 */
export function mapOption(
  data: MapData,
  labels: MapLabels,
  dense: boolean,
  whole: DataWindow,
  visible: DataWindow,
  tokens: ChartTokens,
  size: ChartSize,
): EChartsCoreOption {
  const range = data.scalar && (data.scalar.range ?? percentileRange(data.scalar.values));
  const { series, visualMap } = dense
    ? cells(data, range, visible, tokens, size)
    : points(data, range, tokens);
  return {
    ...common(tokens),
    grid: grid({ right: visualMap ? 96 : 24 }),
    legend: legend(tokens, visualMap || !data.groups ? [] : data.groupNames),
    tooltip: tooltip(tokens, {
      trigger: 'item',
      formatter: ({ value }: { value: ArrayLike<number> }) =>
        `${labels.x}: ${shortNumber(value[0], 4)}\n${labels.y}: ${shortNumber(value[1], 4)}`,
    }),
    xAxis: axis({ name: labels.x, min: whole.x[0], max: whole.x[1] }, tokens, 'x'),
    yAxis: axis({ name: labels.y, min: whole.y[0], max: whole.y[1] }, tokens, 'y'),
    dataZoom: zoom('both'),
    series: [...series, chosenSeries(data, tokens)],
    ...(visualMap ? { visualMap } : {}),
  };
}

/** Rings, so that the number that a point is coloured by stays in sight. */
function chosenSeries(data: MapData, tokens: ChartTokens): Record<string, unknown> {
  const series = selectedSeries(chosenPoints(data), tokens);
  if (!data.scalar) return series;
  const ring = { color: 'transparent', borderColor: withOpacity(tokens.text, 0.6), borderWidth: 1 };
  return { ...series, large: false, symbolSize: 8, itemStyle: ring };
}

interface Drawn {
  readonly series: Record<string, unknown>[];
  readonly visualMap?: Record<string, unknown>;
}

function cells(
  { x, y, scalar, groups, groupNames }: MapData,
  range: readonly [number, number] | undefined,
  visible: DataWindow,
  tokens: ChartTokens,
  size: ChartSize,
): Drawn {
  const counts = densityGrid(x, y, visible, ...densityCells(size));
  if (groups && !scalar && groupNames.length > 1) {
    const found = cellGroups(x, y, groups, groupNames.length, counts);
    return { series: groupedDensity(counts, found, groupNames, tokens) };
  }
  if (!scalar || !range)
    return { series: densitySeries(counts), visualMap: densityScale(counts.largest, 1, tokens) };
  const means = cellMeans(x, y, scalar.values, counts);
  return {
    series: meanSeries(counts, means, range, scalar.colormap ?? 'dusk'),
    visualMap: scalarScale(scalar, range, 1, tokens),
  };
}

function points(data: MapData, range: readonly [number, number] | undefined, tokens: ChartTokens): Drawn {
  const { scalar } = data;
  if (!scalar || !range) return { series: drawnPoints(data, tokens) };
  const [from, to] = range;
  const steps = Int16Array.from({ length: data.x.length }, (_, k) => {
    const t = (scalar.values[k] - from) / (to - from);
    return Number.isNaN(t) ? -1 : Math.min(STEPS - 1, Math.max(0, Math.floor(t * STEPS)));
  });
  const stepped = {
    ...data,
    groups: steps,
    groupNames: Array.from({ length: STEPS }, (_, step) => `step ${step}`),
    colors: colormapHex(scalar.colormap ?? 'dusk', STEPS),
  };
  return {
    // the last one carries the colour scale only; the points have their colours already
    series: [...drawnPoints(stepped, tokens), { id: 'scale', type: 'scatter', data: [], silent: true }],
    visualMap: scalarScale(scalar, range, STEPS, tokens),
  };
}

function drawnPoints(cloud: PointCloud, tokens: ChartTokens): Record<string, unknown>[] {
  const drawn = groupedPoints({ ...cloud, groupCount: cloud.groupNames.length });
  const names = cloud.groups ? cloud.groupNames : [''];
  return pointSeries(drawn, names, cloud.x.length, tokens, cloud.colors);
}

function scalarScale(
  scalar: MapScalar,
  [from, to]: readonly [number, number],
  seriesIndex: number,
  tokens: ChartTokens,
): Record<string, unknown> {
  return {
    type: 'continuous',
    min: from,
    max: to,
    seriesIndex,
    right: 4,
    top: 'middle',
    itemHeight: 160,
    itemWidth: 12,
    hoverLink: false,
    inRange: { color: colormapHex(scalar.colormap ?? 'dusk', COLORMAP_SIZE / 8) },
    text: [`${scalar.name}\n\n${shortNumber(to)}`, shortNumber(from)],
    textStyle: { color: tokens.muted, fontFamily: tokens.fontFamily, fontSize: 11, lineHeight: 13 },
  };
}
