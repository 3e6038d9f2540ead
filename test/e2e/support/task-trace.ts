/**
 * How long the tasks of a page's main thread are, in CPU time of that thread: a busy machine stretches the time on the
 * wall of every task, not the work in it, so that a bound on CPU time holds on any load. From Chromium's own trace.
 */
import type { Browser, Page } from 'playwright-core';
import { z } from 'zod';

const traceSchema = z.object({
  traceEvents: z.array(
    z.looseObject({
      name: z.string(),
      ph: z.string(),
      pid: z.number(),
      tid: z.number(),
      /** wall time, µs */
      dur: z.number().optional(),
      /** CPU time of the thread, µs */
      tdur: z.number().optional(),
      args: z.looseObject({ name: z.string().optional() }).optional(),
    }),
  ),
});

export interface TaskTimes {
  /** CPU time of every task of the main thread, ms, longest first. */
  readonly cpu: readonly number[];
  /** Wall time of every task, ms, longest first. */
  readonly wall: readonly number[];
}

/** Traces the tasks of a page while something happens in it. */
export async function traceTasks(
  browser: Browser,
  page: Page,
  happen: () => Promise<void>,
): Promise<TaskTimes> {
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] });
  let trace: Buffer;
  try {
    await happen();
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents } = traceSchema.parse(JSON.parse(trace.toString()));
  const threads = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ name, ph, pid, tid }) =>
      name === 'ThreadControllerImpl::RunTask' && ph === 'X' && threads.has(`${pid} ${tid}`),
  );
  const sorted = (times: (number | undefined)[]) =>
    times.map((time) => (time ?? 0) / 1000).sort((a, b) => b - a);
  return { cpu: sorted(tasks.map(({ tdur }) => tdur)), wall: sorted(tasks.map(({ dur }) => dur)) };
}
