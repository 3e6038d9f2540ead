/** The typed router: all that a window may ask. The window imports its type and nothing else. */
import { coverageRouter } from './routers/coverage.ts';
import { datasetsRouter } from './routers/datasets.ts';
import { fitsRouter } from './routers/fits.ts';
import { jobsRouter } from './routers/jobs.ts';
import { objectsRouter } from './routers/objects.ts';
import { onTheFlyRouter } from './routers/on-the-fly.ts';
import { potentialsRouter } from './routers/potentials.ts';
import { projectRouter } from './routers/project.ts';
import { recipesRouter } from './routers/recipes.ts';
import { simulationsRouter } from './routers/simulations.ts';
import { router } from './trpc.ts';
import { validationsRouter } from './routers/validations.ts';

export const appRouter = router({
  project: projectRouter,
  jobs: jobsRouter,
  datasets: datasetsRouter,
  coverage: coverageRouter,
  fits: fitsRouter,
  potentials: potentialsRouter,
  recipes: recipesRouter,
  validations: validationsRouter,
  simulations: simulationsRouter,
  onTheFly: onTheFlyRouter,
  objects: objectsRouter,
});

export type AppRouter = typeof appRouter;
