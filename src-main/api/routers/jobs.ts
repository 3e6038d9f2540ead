/** Jobs: list, log, curves, cancel, resume. */
import { z } from 'zod';
import type { Continuation } from '../../services/jobs/continuation.ts';
import type { JobQuestion } from '../../services/jobs/job-demands.ts';
import type { Job } from '../../store/jobs.ts';
import { projectProcedure, router } from '../trpc.ts';

export type { JobQuestion };

/** A job for the window; nested documents travel as JSON text. */
export interface JobView {
  readonly id: number;
  readonly kind: string;
  readonly title: string;
  readonly state: Job['state'];
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly fraction: number;
  readonly message: string;
  readonly etaSeconds: number | null;
  readonly error: { readonly message: string; readonly remedy: string } | null;
  readonly attempts: number;
  /** Whether it can be gone on with or run again, with a chance of another end. */
  readonly continuation: Continuation;
  /** What it made. */
  readonly datasetId: number | null;
  readonly potentialId: number | null;
  readonly trajectoryId: number | null;
  readonly settings: string;
  readonly result: string;
}

const made = z
  .object({
    datasets: z.array(z.object({ id: z.number() })).optional(),
    datasetId: z.number().optional(),
    potentialId: z.number().optional(),
    trajectoryId: z.number().optional(),
  })
  .catch({});

export function jobView(job: Job, continuation: Continuation): JobView {
  const {
    datasets,
    datasetId = datasets?.at(0)?.id,
    potentialId,
    trajectoryId,
  } = made.parse(job.result ?? {});
  return {
    id: job.id,
    kind: job.kind,
    title: job.title,
    state: job.state,
    createdAt: job.createdAt,
    startedAt: job.startedAt ?? null,
    finishedAt: job.finishedAt ?? null,
    fraction: job.fraction,
    message: job.message,
    etaSeconds: job.etaSeconds ?? null,
    error: job.error ?? null,
    attempts: job.attempts,
    continuation,
    datasetId: datasetId ?? null,
    potentialId: potentialId ?? null,
    trajectoryId: trajectoryId ?? null,
    settings: JSON.stringify(job.settings),
    result: JSON.stringify(job.result ?? null),
  };
}

const byId = z.object({ id: z.number().int().positive() });

export const jobsRouter = router({
  list: projectProcedure.query(({ ctx }) => {
    const { jobs } = ctx.open;
    jobs.markInterrupted();
    const continuation = jobs.continuations();
    return jobs.list().map((job) => jobView(job, continuation(job)));
  }),
  get: projectProcedure.input(byId).query(({ ctx, input }) => {
    const { jobs } = ctx.open;
    const job = jobs.get(input.id);
    return jobView(job, jobs.continuations()(job));
  }),
  log: projectProcedure.input(byId).query(({ ctx, input }) => ctx.open.jobs.log(input.id)),
  /** Points of the curves of a job, from the given number on. */
  points: projectProcedure
    .input(byId.extend({ after: z.number().int().nonnegative().default(0) }))
    .query(({ ctx, input }) => ctx.open.jobs.points(input.id, input.after)),
  rename: projectProcedure
    .input(byId.extend({ title: z.string().trim().min(1).max(200) }))
    .mutation(({ ctx, input }) => {
      ctx.open.jobs.rename(input.id, input.title);
      ctx.workspace.touched();
    }),
  cancel: projectProcedure.input(byId).mutation(({ ctx, input }) => {
    ctx.open.jobs.cancel(input.id);
    ctx.workspace.touched();
  }),
  /** Begins a job that waits for a free core. */
  startNow: projectProcedure.input(byId).mutation(({ ctx, input }) => {
    ctx.open.jobs.startNow(input.id);
    ctx.workspace.touched();
  }),
  /**
   * Goes on with a job. One that was made elsewhere is not started: what it would start and read comes back, to be shown
   * in full, and its digest with the user's consent starts it.
   */
  resume: projectProcedure
    .input(byId.extend({ confirmed: z.string().max(64).optional() }))
    .mutation(({ ctx, input }): JobQuestion | null => {
      const { jobs } = ctx.open;
      jobs.checkResumable(input.id);
      const question = jobs.question(input.id);
      if (question !== undefined) {
        if (question.digest !== input.confirmed) return question;
        jobs.confirm(input.id, input.confirmed);
      }
      jobs.start(input.id);
      ctx.workspace.touched();
      return null;
    }),
});
