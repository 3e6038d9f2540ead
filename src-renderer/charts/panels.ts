/** Several quantities over the same time, one panel above the other with one zoom for all. */
import type { EChartsCoreOption } from './echarts.ts';
import type { Curve } from './lines.ts';
import { shortNumber } from './numbers.ts';
import { axis, common, tooltip, type ChartSize } from './option.ts';
import type { ChartTokens } from './tokens.ts';

/** One panel. */
export interface Panel {
  /** e.g. 'Temperature (K)' */
  readonly name: string;
  readonly curves: readonly Curve[];
  /** Target value, drawn as a dashed line. */
  readonly target?: number;
}

/** Option of stacked panels. */
export function panelsOption(
  panels: readonly Panel[],
  xName: string,
  tokens: ChartTokens,
  size: ChartSize,
): EChartsCoreOption {
  const [top, bottom, gap] = [36, 52, 34];
  const height = Math.max(
    20,
    (size.height - top - bottom - gap * (panels.length - 1)) / Math.max(1, panels.length),
  );
  const last = panels.length - 1;
  const colors = lineColors(panels, tokens);
  return {
    ...common(tokens),
    grid: panels.map((_, k) => ({ left: 64, right: 20, top: top + k * (height + gap), height })),
    tooltip: tooltip(tokens, {
      trigger: 'axis',
      valueFormatter: (value: unknown) => (typeof value === 'number' ? shortNumber(value, 6) : ''),
    }),
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    xAxis: panels.map((_, k) => {
      const base = axis({ name: k === last ? xName : '' }, tokens, 'x');
      return { ...base, gridIndex: k, axisLabel: k === last ? base.axisLabel : { show: false } };
    }),
    yAxis: panels.map((panel, k) => ({
      ...axis({ name: panelName(panel) }, tokens, 'y'),
      gridIndex: k,
      // above its panel: beside it, long names of low panels would run into each other
      nameLocation: 'end',
      nameGap: 9,
      nameTextStyle: {
        color: tokens.text,
        fontSize: 12.5,
        fontFamily: tokens.fontFamily,
        align: 'left',
        rich: Object.fromEntries(
          colors[k].map((color, place) => [
            `line${place}`,
            { color, fontSize: 12, fontFamily: tokens.fontFamily, fontWeight: 600 },
          ]),
        ),
      },
      splitNumber: height < 120 ? 2 : 4,
    })),
    dataZoom: [
      {
        type: 'inside',
        id: 'zoom-x',
        xAxisIndex: panels.map((_, k) => k),
        filterMode: 'none',
        throttle: 30,
      },
    ],
    series: panels.flatMap((panel, k) =>
      panel.curves.map((curve, place) => {
        const color = colors[k][place];
        return {
          id: `panel-${k}-${place}`,
          name: curve.name,
          type: 'line',
          xAxisIndex: k,
          yAxisIndex: k,
          data: alternating(curve),
          dimensions: ['x', 'y'],
          showSymbol: false,
          sampling: 'lttb',
          progressive: 0,
          lineStyle: { color, width: 1.2, type: curve.style === 'dashed' ? 'dashed' : 'solid' },
          itemStyle: { color },
          emphasis: { disabled: true },
          ...(place === 0 && panel.target !== undefined
            ? { markLine: targetLine(panel.target, tokens) }
            : {}),
        };
      }),
    ),
  };
}

/** Colours of all curves, by panel. */
function lineColors(panels: readonly Panel[], tokens: ChartTokens): string[][] {
  let next = 0;
  return panels.map(({ curves }) =>
    curves.map(({ color }) => tokens.series[(color ?? next++) % tokens.series.length]),
  );
}

/** Several lines in one panel are named beside its title, in their colours. */
function panelName({ name, curves }: Panel): string {
  if (curves.length < 2) return name;
  // braces and bars are the marks of ECharts' rich text
  const plain = (text: string) => text.replace(/[{}|]/g, '');
  return `${plain(name)}   ${curves.map((curve, place) => `{line${place}|${plain(curve.name)}}`).join('  ')}`;
}

function alternating({ x, y }: Curve): Float64Array {
  const data = new Float64Array(2 * Math.min(x.length, y.length));
  for (let k = 0; k < data.length / 2; k++) {
    data[2 * k] = x[k];
    data[2 * k + 1] = y[k];
  }
  return data;
}

function targetLine(value: number, tokens: ChartTokens): Record<string, unknown> {
  return {
    symbol: 'none',
    silent: true,
    animation: false,
    lineStyle: { color: tokens.text, type: 'dashed', width: 1.2 },
    label: { show: false },
    data: [{ yAxis: value }],
  };
}
