/** Names of the charts' scenes. */
export const CHART_SCENES: readonly string[] = [
  'parity-energy',
  'parity-force',
  'parity-million',
  'residuals',
  'loss',
  'errors',
  'pareto',
  'distribution',
  'thermo',
  'curves',
  'map',
  'heatmap',
];
