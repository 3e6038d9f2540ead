/** What a start of the desktop program comes to, told by the program to the one who started it (`forcewright start`). */
import { writeFileSync } from 'node:fs';

/** Environment variable: file in which the program writes what it came to. */
export const START_REPORT = 'FORCEWRIGHT_START_REPORT';
/** Environment variable: time after which a start without a window is given up, s. */
export const START_LIMIT = 'FORCEWRIGHT_START_LIMIT';

/** A slow disk, a virus scanner and a first start together take less, s. */
const LIMIT = 60;

/** What a start comes to. */
export type StartReport = 'window' | 'browser' | 'handed over';

/** Time that a start may take until its window is there, s. */
export function startLimit(env: NodeJS.ProcessEnv = process.env): number {
  const given = Number(env[START_LIMIT]);
  return given > 0 ? given : LIMIT;
}

/** Tells the starter, if there is one, what the start came to. */
export function reportStart(report: StartReport, env: NodeJS.ProcessEnv = process.env): void {
  const file = env[START_REPORT];
  if (file === undefined) return;
  try {
    writeFileSync(file, report);
  } catch {
    // the starter has gone: nobody waits
  }
}
