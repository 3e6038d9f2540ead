/** What the coverage page measures by itself, and what it asks about first: no minutes of work unasked. */

/** Comparisons of two environments that take some seconds on one core. */
const AT_ONCE = 400e6;

/** Whether so many environments are compared with so many others without being asked for. */
export function isSoonDone(environments: number, others: number = environments): boolean {
  return environments * others <= AT_ONCE;
}
