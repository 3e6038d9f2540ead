/**
 * What a host does with an error that nothing caught. A rejected promise or a broken connection concerns one request:
 * it is logged and the host goes on. After any other exception the state of the program is unknown (see the warning in
 * https://nodejs.org/api/process.html#event-uncaughtexception): the jobs save what they have, the user is told in a
 * sentence, and the host ends.
 */
import type { Workspace } from '../api/workspace.ts';

export interface LastResort {
  readonly workspace: Pick<Workspace, 'ownJobs' | 'rest'>;
  /** Ends the process: process.exit, or app.exit in Electron. */
  readonly end: (code: number) => void;
  /** Shows the sentence; it goes to stderr in any case. */
  readonly tell?: (sentence: string) => void;
  /** Time for jobs to save what they have, s. */
  readonly savingTime?: number;
}

/** Errors of connections and pipes whose other end went away: no damage to anything else. */
const HARMLESS = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ETIMEDOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
  'EIO',
]);

/** Guards the process that a host runs in. Call once, at the start. Dispose to stop. */
export function guardProcess({ workspace, end, tell, savingTime = 10 }: LastResort): Disposable {
  let ending = false;
  const fatal = (error: unknown) => {
    if (isHarmless(error)) return log('A connection broke', error);
    log('Unexpected error', error);
    if (ending) return end(1);
    ending = true;
    void saveAndSay(workspace, savingTime, tell).finally(() => end(1));
  };
  const rejected = (reason: unknown) => log('Unexpected error; Forcewright goes on', reason);
  // a terminal or a pipe that is gone takes no more text: no reason to end
  const deaf = () => undefined;
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', rejected);
  process.stdout.on('error', deaf);
  process.stderr.on('error', deaf);
  return {
    [Symbol.dispose]() {
      process.off('uncaughtException', fatal);
      process.off('unhandledRejection', rejected);
      process.stdout.off('error', deaf);
      process.stderr.off('error', deaf);
    },
  };
}

async function saveAndSay(
  workspace: LastResort['workspace'],
  savingTime: number,
  tell: LastResort['tell'],
): Promise<void> {
  let what = 'What was saved is safe.';
  try {
    const count = workspace.ownJobs().length;
    await workspace.rest(savingTime);
    what = jobs(count);
  } catch (error) {
    log('The jobs could not be brought to rest', error);
  }
  say(`Forcewright met an error it cannot go on after, and ends. ${what}`, tell);
}

function jobs(count: number): string {
  if (count === 0) return 'No job was running; everything is saved.';
  const what = count === 1 ? 'The running job has' : `The ${count} running jobs have`;
  return `${what} saved what was done: start Forcewright again and resume.`;
}

function say(sentence: string, tell?: (sentence: string) => void): void {
  process.stderr.write(`${sentence}\n`);
  try {
    tell?.(sentence);
  } catch {
    // it stands in the terminal
  }
}

function isHarmless(error: unknown): boolean {
  return error instanceof Error && 'code' in error && HARMLESS.has(String(error.code));
}

function log(what: string, error: unknown): void {
  process.stderr.write(
    `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
}
