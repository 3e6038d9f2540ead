/**
 * The charts. Load them on demand, they bring ECharts with them:
 *
 *   const ParityPlot = defineAsyncComponent(async () => (await import('../charts/index.ts')).ParityPlot);
 */
export { default as BaseChart } from './BaseChart.vue';
export { default as ParityPlot } from './ParityPlot.vue';
export { default as LossCurve } from './LossCurve.vue';
export type { ChartPlace } from './BaseChart.vue';
export type { CsvColumn, CsvTable } from './csv.ts';
export type { Curve, ReferenceLine } from './lines.ts';
export type { AxisChoice, ChartSize, OptionBuilder } from './option.ts';
export type { ErrorSummary, Numbers } from './statistics.ts';
export { errorSummary } from './statistics.ts';
export { chartTokens, type ChartTheme, type ChartTokens } from './tokens.ts';
