/** The look all charts share: grid, axes, tooltip, zooming. A chart's own option is put together from these pieces. */
import type { EChartsCoreOption } from './echarts.ts';
import { logTicks, shortNumber } from './numbers.ts';
import type { ChartTokens } from './tokens.ts';

/** Size of the drawing in CSS pixels. */
export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

/** Makes a chart's option for a theme and a size; pure, so that exports can draw it again on paper. */
export type OptionBuilder = (tokens: ChartTokens, size: ChartSize) => EChartsCoreOption;

export interface AxisChoice {
  readonly name: string;
  readonly logarithmic?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** Names instead of numbers. */
  readonly categories?: readonly string[];
  /** Zoom on all data rather than from zero. */
  readonly scale?: boolean;
  readonly format?: (value: number) => string;
}

/** A value, logarithmic or category axis. */
export function axis(choice: AxisChoice, tokens: ChartTokens, side: 'x' | 'y'): Record<string, unknown> {
  // within few decades powers of ten alone leave an axis almost without numbers
  const placed =
    choice.logarithmic && choice.min && choice.max ? { customValues: logTicks(choice.min, choice.max) } : {};
  const label = choice.format ?? ((value: number) => shortNumber(value, 4));
  return {
    type: choice.categories ? 'category' : choice.logarithmic ? 'log' : 'value',
    ...(choice.categories ? { data: choice.categories } : {}),
    name: choice.name,
    nameLocation: 'middle',
    nameGap: side === 'x' ? 30 : 52,
    nameTextStyle: { color: tokens.text, fontSize: 13, fontFamily: tokens.fontFamily },
    min: choice.min,
    max: choice.max,
    scale: choice.scale ?? true,
    axisLine: { show: true, onZero: false, lineStyle: { color: tokens.axis } },
    axisTick: { show: true, lineStyle: { color: tokens.axis }, ...placed },
    axisLabel: {
      color: tokens.muted,
      fontFamily: tokens.fontFamily,
      hideOverlap: true,
      ...placed,
      ...(choice.categories ? {} : { formatter: label }),
    },
    splitLine: { show: !choice.categories, lineStyle: { color: tokens.grid } },
    minorTick: { show: choice.logarithmic ?? false },
  };
}

/** Margins that leave room for axis names. */
export function grid(part: Record<string, number> = {}): Record<string, unknown> {
  return { left: 74, right: 20, top: 28, bottom: 52, ...part };
}

/** Pieces that every chart has. Tooltips are drawn as text on the canvas: HTML ones need inline styles. */
export function common(tokens: ChartTokens): Record<string, unknown> {
  return {
    animation: false,
    backgroundColor: 'transparent',
    color: [...tokens.series],
    textStyle: { fontFamily: tokens.fontFamily, color: tokens.text },
  };
}

/** A tooltip on the canvas. */
export function tooltip(tokens: ChartTokens, part: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    renderMode: 'richText',
    confine: true,
    backgroundColor: tokens.theme === 'dark' ? '#2a303a' : '#ffffff',
    borderColor: tokens.grid,
    borderWidth: 1,
    padding: [6, 10],
    textStyle: { color: tokens.text, fontSize: 12, fontFamily: tokens.fontFamily },
    axisPointer: { lineStyle: { color: tokens.axis, type: 'dashed' } },
    transitionDuration: 0,
    ...part,
  };
}

/** Wheel and drag zoom; nothing is filtered away, so lines run on to the edge. */
export function zoom(axes: 'x' | 'both'): Record<string, unknown>[] {
  const inside = { type: 'inside', filterMode: 'none', throttle: 30 };
  return axes === 'x'
    ? [{ ...inside, id: 'zoom-x', xAxisIndex: 0 }]
    : [
        { ...inside, id: 'zoom-x', xAxisIndex: 0 },
        { ...inside, id: 'zoom-y', yAxisIndex: 0 },
      ];
}

/** A legend above the drawing. */
export function legend(tokens: ChartTokens, names: readonly string[]): Record<string, unknown> {
  return {
    show: names.length > 1,
    type: 'scroll',
    data: [...names],
    top: 0,
    left: 70,
    right: 110,
    itemWidth: 16,
    itemHeight: 9,
    icon: 'roundRect',
    textStyle: { color: tokens.text, fontFamily: tokens.fontFamily },
    inactiveColor: tokens.axis,
    pageTextStyle: { color: tokens.muted },
    pageIconColor: tokens.muted,
    pageIconInactiveColor: tokens.grid,
  };
}
