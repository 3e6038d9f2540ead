/**
 * How long the tasks of a page's main thread are, in CPU time of that thread, from Chromium's own trace; and how long a
 * loop of fixed work takes the same thread in the same minute. Their ratio says whether something long is done on the
 * window's thread, on a slow machine and on a busy one; milliseconds are for test/benchmarks/window.ts.
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
      /** begin, µs */
      ts: z.number().optional(),
      /** wall time, µs */
      dur: z.number().optional(),
      /** CPU time of the thread, µs */
      tdur: z.number().optional(),
      args: z.looseObject({ name: z.string().optional() }).optional(),
    }),
  ),
});

export interface TaskTimes {
  /** CPU time of every task of the main thread, ms, longest first; the yardstick is left out. */
  readonly cpu: readonly number[];
  /** Wall time of every task, ms, longest first. */
  readonly wall: readonly number[];
  /** CPU time of the yardstick, ms: the median of several. */
  readonly yardstick: number;
}

const MARK = 'forcewright yardstick';
/** Some 50 ms on a common processor, traced: what the W3C calls a long task. */
const YARDSTICK = `(() => {
  performance.mark(${JSON.stringify(MARK)});
  let sum = 0;
  for (let k = 0; k < 6e6; k++) sum = (Math.imul(sum, 31) + k) | 0;
  return sum;
})()`;

/** Traces the tasks of a page while something happens in it. */
export async function traceTasks(
  browser: Browser,
  page: Page,
  happen: () => Promise<void>,
): Promise<TaskTimes> {
  await browser.startTracing(page, {
    categories: ['toplevel', 'blink.user_timing', 'disabled-by-default-devtools.timeline'],
  });
  let trace: Buffer;
  try {
    await measureYardstick(page);
    await happen();
    await measureYardstick(page);
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents } = traceSchema.parse(JSON.parse(trace.toString()));
  const threads = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const marks = traceEvents.filter(({ name }) => name === MARK);
  const tasks = traceEvents.filter(
    ({ name, ph, pid, tid }) =>
      name === 'ThreadControllerImpl::RunTask' && ph === 'X' && threads.has(`${pid} ${tid}`),
  );
  const isYardstick = (task: (typeof tasks)[number]) =>
    marks.some(
      ({ pid, tid, ts = 0 }) =>
        pid === task.pid &&
        tid === task.tid &&
        ts >= (task.ts ?? 0) &&
        ts <= (task.ts ?? 0) + (task.dur ?? 0),
    );
  const sorted = (times: (number | undefined)[]) =>
    times.map((time) => (time ?? 0) / 1000).sort((a, b) => b - a);
  const yardsticks = sorted(tasks.filter(isYardstick).map(({ tdur }) => tdur));
  const yardstick = yardsticks.at(yardsticks.length >> 1);
  if (yardstick === undefined) throw new Error('The trace does not hold the yardstick.');
  const others = tasks.filter((task) => !isYardstick(task));
  return {
    cpu: sorted(others.map(({ tdur }) => tdur)),
    wall: sorted(others.map(({ dur }) => dur)),
    yardstick,
  };
}

async function measureYardstick(page: Page): Promise<void> {
  for (let k = 0; k < 3; k++) await page.evaluate(YARDSTICK);
}

/** A line for the terminal. */
export function describeTasks(what: string, { cpu, wall, yardstick }: TaskTimes): string {
  const list = (times: readonly number[]) =>
    times
      .slice(0, 4)
      .map((ms) => ms.toFixed(0))
      .join(', ');
  return `${what}: longest tasks ${list(cpu)} ms of CPU (yardstick ${yardstick.toFixed(0)}), ${list(wall)} ms on the wall`;
}
