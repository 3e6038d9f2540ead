/** The commands of `forcewright`; one line each. Loaded on demand so that start-up stays short. */
import type { Command } from 'commander';

/** A command's module: adds itself to the program. */
export interface CommandModule {
  register(program: Command): void;
}

export const COMMANDS: Record<string, () => Promise<CommandModule>> = {
  bench: () => import('./bench.ts'),
  entropy: () => import('./entropy.ts'),
  select: () => import('./select.ts'),
  generate: () => import('./generate.ts'),
  fit: () => import('./fit.ts'),
  evaluate: () => import('./evaluate.ts'),
  grade: () => import('./grade.ts'),
  driver: () => import('./driver.ts'),
  demo: () => import('./demo.ts'),
  preview: () => import('./preview.ts'),
  import: () => import('./import.ts'),
  serve: () => import('./serve.ts'),
  start: () => import('./start.ts'),
  datasets: () => import('./datasets.ts'),
  potentials: () => import('./potentials.ts'),
  jobs: () => import('./jobs.ts'),
  export: () => import('./export.ts'),
  report: () => import('./report.ts'),
  verify: () => import('./verify.ts'),
  label: () => import('./label.ts'),
  md: () => import('./md.ts'),
  hmc: () => import('./hmc.ts'),
  rdf: () => import('./rdf.ts'),
  analyse: () => import('./analyse.ts'),
  relax: () => import('./relax.ts'),
  validate: () => import('./validate.ts'),
  recipe: () => import('./recipe.ts'),
};
