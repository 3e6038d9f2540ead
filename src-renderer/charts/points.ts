/** Clouds of points as scatter series, one per group, drawn as plain pixels where there are many. */
import type { DataWindow } from './density.ts';
import type { Numbers } from './statistics.ts';
import { withOpacity, type ChartTokens } from './tokens.ts';

export interface PointCloud {
  readonly x: Numbers;
  readonly y: Numbers;
  /** Group per point, such as its species or tag; negative for points of none, which are not drawn. */
  readonly groups?: ArrayLike<number>;
  readonly groupNames: readonly string[];
  /** Colour per group; the theme's series colours where absent. */
  readonly colors?: readonly string[];
  /** Points to stand out. */
  readonly selected: ArrayLike<number>;
}

/** Above this many points they are drawn small, without outline. */
const MANY = 4000;

/** Points of each group as x, y pairs; those outside `clip` are left out where one is given. */
export function groupedPoints(
  cloud: Pick<PointCloud, 'x' | 'y' | 'groups'> & { readonly groupCount: number },
  clip?: DataWindow,
): Float64Array[] {
  const { x: xs, y: ys, groups } = cloud;
  const columns = Array.from({ length: groups ? cloud.groupCount : 1 }, (): number[] => []);
  for (let k = 0; k < xs.length; k++) {
    const [x, y] = [xs[k], ys[k]];
    if (!Number.isFinite(x + y)) continue;
    if (clip && (x < clip.x[0] || x > clip.x[1] || y < clip.y[0] || y > clip.y[1])) continue;
    columns[groups ? groups[k] : 0]?.push(x, y);
  }
  return columns.map((column) => Float64Array.from(column));
}

/** One series per group. */
export function pointSeries(
  points: readonly Float64Array[],
  names: readonly string[],
  total: number,
  tokens: ChartTokens,
  colors?: readonly string[],
): Record<string, unknown>[] {
  const many = total > MANY;
  return points.map((data, group) => ({
    id: `points-${group}`,
    name: names[group] ?? '',
    type: 'scatter',
    data,
    dimensions: ['x', 'y'],
    large: many,
    largeThreshold: 0,
    progressive: 0,
    symbolSize: many ? 3 : 7,
    itemStyle: {
      color: colors
        ? colors[group]
        : withOpacity(tokens.series[group % tokens.series.length], many ? 0.5 : 0.72),
      ...(many ? {} : { borderColor: tokens.surface, borderWidth: 0.6 }),
    },
    emphasis: { disabled: true },
  }));
}

/** Most chosen points that are drawn; of more every so many-th is, which looks the same. */
const MOST_CHOSEN = 50_000;

/** The chosen points of a cloud. */
export function chosenPoints({ x, y, selected }: Pick<PointCloud, 'x' | 'y' | 'selected'>): Float64Array {
  const stride = Math.max(1, Math.ceil(selected.length / MOST_CHOSEN));
  const points = new Float64Array(2 * Math.ceil(selected.length / stride));
  for (let k = 0; k * stride < selected.length; k++) {
    points[2 * k] = x[selected[k * stride]];
    points[2 * k + 1] = y[selected[k * stride]];
  }
  return points;
}

/** Chosen points, drawn over the others. */
export function selectedSeries(points: Float64Array, tokens: ChartTokens): Record<string, unknown> {
  const many = points.length > 2 * MANY;
  return {
    id: 'selected',
    type: 'scatter',
    data: points,
    dimensions: ['x', 'y'],
    silent: true,
    large: many,
    largeThreshold: 0,
    progressive: 0,
    symbolSize: many ? 3 : 9,
    tooltip: { show: false },
    itemStyle: many
      ? { color: tokens.accent }
      : { color: withOpacity(tokens.accent, 0.35), borderColor: tokens.accent, borderWidth: 2 },
    z: 5,
  };
}
