/**
 * How much the window's own thread computes: how often its busiest piece of code ran, counted by V8 itself (precise
 * coverage by blocks), so that the number does not depend on the machine. A loop over n things on the window's thread
 * shows as n, a quadratic one as n²; the same loop in a worker does not show.
 */
import type { Page } from 'playwright-core';

export interface BusiestCode {
  /** How often it ran. */
  readonly count: number;
  /** Function and script. */
  readonly place: string;
}

/** Counts while something happens in a page. @returns the pieces of code that ran most, the busiest first */
export async function countWork(page: Page, happen: () => Promise<void>): Promise<BusiestCode[]> {
  const session = await page.context().newCDPSession(page);
  await session.send('Profiler.enable');
  await session.send('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  try {
    await happen();
    const { result } = await session.send('Profiler.takePreciseCoverage');
    return result
      .flatMap(({ url, functions }) =>
        functions.map(({ functionName, ranges }) => ({
          count: Math.max(...ranges.map((range) => range.count)),
          place: `${functionName || '(nameless)'} in ${url.replace(/.*\//, '')} at ${ranges[0].startOffset}`,
        })),
      )
      .sort((a, b) => b.count - a.count);
  } finally {
    await session.send('Profiler.stopPreciseCoverage');
    await session.detach();
  }
}
