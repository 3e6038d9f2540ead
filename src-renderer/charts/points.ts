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

/** One series per group. Points outside `clip` are left out where one is given. */
export function pointSeries(
  cloud: PointCloud,
  tokens: ChartTokens,
  clip?: DataWindow,
): Record<string, unknown>[] {
  const names = cloud.groups ? cloud.groupNames : [''];
  const columns = names.map((): number[] => []);
  for (let k = 0; k < cloud.x.length; k++) {
    const [x, y] = [cloud.x[k], cloud.y[k]];
    if (!Number.isFinite(x + y)) continue;
    if (clip && (x < clip.x[0] || x > clip.x[1] || y < clip.y[0] || y > clip.y[1])) continue;
    columns[cloud.groups ? cloud.groups[k] : 0]?.push(x, y);
  }
  const many = cloud.x.length > MANY;
  return names.map((name, group) => ({
    id: `points-${group}`,
    name,
    type: 'scatter',
    data: Float64Array.from(columns[group]),
    dimensions: ['x', 'y'],
    large: many,
    largeThreshold: 0,
    progressive: 0,
    symbolSize: many ? 3 : 7,
    itemStyle: {
      color: cloud.colors
        ? cloud.colors[group]
        : withOpacity(tokens.series[group % tokens.series.length], many ? 0.5 : 0.72),
      ...(many ? {} : { borderColor: tokens.surface, borderWidth: 0.6 }),
    },
    emphasis: { disabled: true },
  }));
}

/** The chosen points, drawn over the others. */
export function selectedSeries(cloud: PointCloud, tokens: ChartTokens): Record<string, unknown> {
  const points = new Float64Array(2 * cloud.selected.length);
  for (let k = 0; k < cloud.selected.length; k++) {
    points[2 * k] = cloud.x[cloud.selected[k]];
    points[2 * k + 1] = cloud.y[cloud.selected[k]];
  }
  const many = cloud.selected.length > MANY;
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
