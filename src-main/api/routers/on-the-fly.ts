/** Simulations that learn their potential while they run: start, and what is to be seen of one. */
import { z } from 'zod';
import { findLammps } from '../../engines/lammps/program.ts';
import { engineOfWindow } from '../../engines/window-engines.ts';
import { windowOnTheFlyJob } from '../../services/on-the-fly/on-the-fly-runner.ts';
import { onTheFlyViewSchema, type OnTheFlyView } from '../../services/on-the-fly/view.ts';
import { projectProcedure, router } from '../trpc.ts';

export type { OnTheFlyView };

export const onTheFlyRouter = router({
  /** Programs of the host that can serve as a reference. */
  references: projectProcedure.query(async () => ({
    lammps: await findLammps().then(
      ({ version }) => version,
      () => null,
    ),
  })),

  start: projectProcedure.input(windowOnTheFlyJob).mutation(({ ctx, input }) => {
    const settings = { ...input, engine: engineOfWindow(input.engine) };
    const document = z.json().parse(JSON.parse(JSON.stringify(settings)));
    const { id: jobId, finished } = ctx.open.jobs.submit('on-the-fly', input.name, document);
    finished.catch(() => undefined);
    ctx.workspace.touched();
    return { jobId };
  }),

  /** The present state of a run, or its last; null before there is one. */
  view: projectProcedure
    .input(z.object({ id: z.number().int().positive() }))
    .query(({ ctx, input }): OnTheFlyView | null => {
      const { result, detail } = ctx.open.jobs.get(input.id);
      return [result, detail]
        .map((found) => onTheFlyViewSchema.safeParse(found))
        .reduce<OnTheFlyView | null>((view, { data }) => view ?? data ?? null, null);
    }),
});
