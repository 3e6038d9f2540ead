/** Figures for paper: drawn anew with the light colours, without animation and all at once, at the size on the page. */
import { init, type EChartsCoreOption } from './echarts.ts';
import type { ChartSize, OptionBuilder } from './option.ts';
import { chartTokens } from './tokens.ts';

/** Where the axes stand, to be taken over from the page. */
export type ZoomState = readonly {
  readonly id: string;
  readonly startValue: number;
  readonly endValue: number;
}[];

/** A chart's option as it is drawn for paper. */
export function paperOption(build: OptionBuilder, size: ChartSize, zoom: ZoomState): EChartsCoreOption {
  const tokens = chartTokens('light');
  const option = build(tokens, size);
  const zooms: unknown = option.dataZoom;
  const placed = Array.isArray(zooms)
    ? zooms.map((entry: Record<string, unknown>) => {
        const state = zoom.find(({ id }) => id === entry.id);
        return state ? { ...entry, startValue: state.startValue, endValue: state.endValue } : entry;
      })
    : zooms;
  const series: unknown = option.series;
  const whole = Array.isArray(series)
    ? series.map((entry: Record<string, unknown>) => ({ ...entry, progressive: 0 }))
    : series;
  return { ...option, backgroundColor: tokens.surface, animation: false, dataZoom: placed, series: whole };
}

/** The figure as SVG text. */
export function svgFigure(build: OptionBuilder, size: ChartSize, zoom: ZoomState): string {
  const chart = init(null, undefined, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption(paperOption(build, size, zoom));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
