/** Programs of others while they run: output line by line, cancelling, and an end for them when this program ends. */
import type { ChildProcess } from 'node:child_process';

/** How long a program may take to end after being asked to, ms. */
const GRACE = 3000;

/** Ends the whole process group. */
export function stop(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // it ended on its own in the meantime
  }
}

/**
 * Asks a program to end, and ends it by force when it does not.
 * @param end what `finished` returned for it
 */
export async function endProcess(child: ChildProcess, end: Promise<unknown>): Promise<void> {
  stop(child, 'SIGTERM');
  const timer = setTimeout(() => stop(child, 'SIGKILL'), GRACE);
  await end.catch(() => undefined);
  clearTimeout(timer);
}

/** Waits for the end of a program, and stops it when `abort` says so or when this program ends. */
export function finished(
  child: ChildProcess,
  onOutput: (line: string) => void,
  abort: AbortSignal | undefined,
): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const cancel = () => {
      stop(child, 'SIGTERM');
      timer = setTimeout(() => stop(child, 'SIGKILL'), GRACE);
    };
    const stopAtExit = () => stop(child, 'SIGKILL');
    process.once('exit', stopAtExit);
    abort?.addEventListener('abort', cancel, { once: true });
    const done = () => {
      clearTimeout(timer);
      process.off('exit', stopAtExit);
      abort?.removeEventListener('abort', cancel);
    };
    splitLines(child.stdout, onOutput);
    splitLines(child.stderr, onOutput);
    child.on('error', (error) => {
      done();
      reject(error);
    });
    child.on('close', (code, signal) => {
      done();
      resolve({ code, signal });
    });
  });
}

function splitLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) onLine(line.replace(/\r$/, ''));
  });
  stream?.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}
