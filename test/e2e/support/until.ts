/** Waiting, for tests and benchmarks alike. */
import { setTimeout as pause } from 'node:timers/promises';

/** Waits until something is so; the test's own limit ends what never comes. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(30);
}
