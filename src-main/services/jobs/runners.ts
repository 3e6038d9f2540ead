/** All kinds of jobs. A new kind is one line here; it is loaded when the first job of its kind runs. */
import type { JobRunner } from './runner.ts';

export const RUNNERS: Readonly<Record<string, () => Promise<JobRunner>>> = {
  evaluate: async () => (await import('../evaluation/evaluation-runner.ts')).evaluationRunner,
  fit: async () => (await import('../fit/fit-runner.ts')).fitRunner,
  entropy: async () => (await import('../entropy/entropy-runner.ts')).entropyRunner,
  'environment-map': async () => (await import('../entropy/map-runner.ts')).mapRunner,
  select: async () => (await import('../entropy/curation-runners.ts')).selectionRunner,
  'near-duplicates': async () => (await import('../entropy/duplicates-runner.ts')).duplicatesRunner,
  'coverage-comparison': async () => (await import('../entropy/comparison.ts')).comparisonRunner,
  'trajectory-novelty': async () =>
    (await import('../entropy/trajectory-novelty.ts')).trajectoryNoveltyRunner,
  generate: async () => (await import('../entropy/curation-runners.ts')).generationRunner,
  md: async () => (await import('../simulations/simulation-runners.ts')).molecularDynamicsRunner,
  'on-the-fly': async () => (await import('../on-the-fly/on-the-fly-runner.ts')).onTheFlyRunner,
  hmc: async () => (await import('../simulations/simulation-runners.ts')).hybridMonteCarloRunner,
  export: async () => (await import('../export/export-runner.ts')).exportRunner,
  recipe: async () => (await import('../recipes/recipe-runner.ts')).recipeRunner,
  validation: async () => (await import('../validation/validation-runner.ts')).validationRunner,
  import: async () => (await import('../datasets/import-runner.ts')).importRunner,
};
