/**
 * The charts. Load them on demand, they bring ECharts with them:
 *
 *   const ParityPlot = defineAsyncComponent(async () => (await import('../charts/index.ts')).ParityPlot);
 */
export { default as BaseChart } from './BaseChart.vue';
export { default as CurveChart } from './CurveChart.vue';
export { default as DistributionChart } from './DistributionChart.vue';
export { default as ErrorByGroup } from './ErrorByGroup.vue';
export { default as HeatmapChart } from './HeatmapChart.vue';
export { default as LossCurve } from './LossCurve.vue';
export { default as NoveltyTimeline } from './NoveltyTimeline.vue';
export { default as ParetoChart } from './ParetoChart.vue';
export { default as ParityPlot } from './ParityPlot.vue';
export { default as ResidualHistogram } from './ResidualHistogram.vue';
export { default as ScatterMap } from './ScatterMap.vue';
export { default as TimeSeriesChart } from './TimeSeriesChart.vue';
export type { ChartPlace } from './BaseChart.vue';
export type { GroupError } from './ErrorByGroup.vue';
export type { ParetoPoint } from './ParetoChart.vue';
export { csvText, type CsvColumn, type CsvTable } from './csv.ts';
export type { HistogramColumn } from './histogram-option.ts';
export type { Curve, ReferenceLine } from './lines.ts';
export type { AxisChoice, ChartSize, OptionBuilder } from './option.ts';
export type { Panel } from './panels.ts';
export { errorSummary, type ErrorSummary, type Numbers } from './statistics.ts';
export { chartTokens, type ChartTheme, type ChartTokens } from './tokens.ts';
