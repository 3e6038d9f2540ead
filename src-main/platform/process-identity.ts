/** Which process runs a job, and whether it still lives. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process of some computer. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Start time of the process, where the system tells it; '' otherwise. */
  readonly processStart: string;
}

/** A job as far as it tells whether its process lives. */
interface Running {
  readonly id: number;
  readonly process: ProcessIdentity | undefined;
  readonly createdAt: number;
  readonly heartbeatAt: number | undefined;
}

/** A job on another computer is given up when it was silent for so long, ms. */
const SILENCE_ELSEWHERE = 120_000;
/** A heartbeat that lies farther ahead than this comes from no clock that goes a little wrong, ms. */
const AHEAD = 24 * 3600_000;

/** Start time of a process in clock ticks since boot (Linux), or '' where the system does not tell. */
function startOf(pid: number): string {
  try {
    // field 22 of /proc/PID/stat; the name in field 2 may hold spaces and brackets, so count behind its last bracket
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** This process. */
export function thisProcess(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, processStart: startOf(process.pid) };
}

/** Heartbeats of jobs on other computers as this process saw them, by when it saw them first (a clock that never jumps). */
const seen = new Map<string, { readonly heartbeat: number; readonly at: number }>();

/**
 * Whether a job on another computer gives signs of life. Clocks of two computers differ and may be set: what counts is
 * how long its heartbeat has not changed; only at the first look there is nothing but the clocks to go by.
 */
function beats(job: Running, owner: ProcessIdentity, wall: number, steady: number): boolean {
  const key = [owner.host, owner.pid, owner.processStart, job.id].join(' ');
  const heartbeat = job.heartbeatAt ?? job.createdAt;
  const before = seen.get(key);
  if (before !== undefined && heartbeat > before.heartbeat) {
    seen.set(key, { heartbeat, at: steady });
    return true;
  }
  if (before?.heartbeat === heartbeat) return steady - before.at < SILENCE_ELSEWHERE;
  const fresh = wall - heartbeat < SILENCE_ELSEWHERE && heartbeat - wall < AHEAD;
  seen.set(key, { heartbeat, at: fresh ? steady : -Infinity });
  return fresh;
}

/**
 * Whether the process that a running job names still runs it.
 * @param wall time of the clock on the wall, ms
 * @param steady time of a clock that never jumps, ms
 */
export function isAlive(job: Running, wall = Date.now(), steady = performance.now()): boolean {
  const owner = job.process;
  if (owner === undefined) return false;
  if (owner.host !== hostname()) return beats(job, owner, wall, steady);
  return processLives(owner.pid, owner.processStart);
}

/**
 * Whether a process of this machine lives.
 * @param start when it started, as thisProcess() says; '' where the system does not tell
 */
export function processLives(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to another user
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const found = startOf(pid);
  // where the system tells it, every process of this machine notes it: one without was made up
  return found === start || found === '';
}
