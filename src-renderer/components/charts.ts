/** The charts, loaded with ECharts when the first one is shown. */
import { defineAsyncComponent, h } from 'vue';

const waiting = {
  delay: 200,
  loadingComponent: () =>
    h('p', { class: 'muted small', style: { padding: '16px' } }, 'Preparing the chart …'),
};

export const ParityPlot = defineAsyncComponent({
  loader: async () => (await import('../charts/index.ts')).ParityPlot,
  ...waiting,
});
export const LossCurve = defineAsyncComponent({
  loader: async () => (await import('../charts/index.ts')).LossCurve,
  ...waiting,
});
export const ResidualHistogram = defineAsyncComponent({
  loader: async () => (await import('../charts/index.ts')).ResidualHistogram,
  ...waiting,
});
export const ParetoChart = defineAsyncComponent({
  loader: async () => (await import('../charts/index.ts')).ParetoChart,
  ...waiting,
});
export const TimeSeriesChart = defineAsyncComponent({
  loader: async () => (await import('../charts/index.ts')).TimeSeriesChart,
  ...waiting,
});
export const CurveChart = defineAsyncComponent({
  loader: async () => (await import('../charts/index.ts')).CurveChart,
  ...waiting,
});
export const NoveltyTimeline = defineAsyncComponent({
  loader: async () => (await import('../charts/index.ts')).NoveltyTimeline,
  ...waiting,
});
export const ScatterMap = defineAsyncComponent({
  loader: async () => (await import('../charts/index.ts')).ScatterMap,
  ...waiting,
});
