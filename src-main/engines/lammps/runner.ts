/** Runs one LAMMPS: a folder of its own, output line by line, cancelling, cleaning up, and errors that say why. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CancelledError } from '../../../src-compute/errors.ts';
import { LammpsError, stoppedError } from './lammps-error.ts';
import {
  executable,
  lammpsEnvironment,
  potentialsFolder,
  requirePackage,
  type LammpsProgram,
} from './program.ts';
import type { LammpsInteraction } from './interaction.ts';

/** Settings of every run. */
export interface RunOptions {
  /** Number of MPI processes; 1 runs without mpirun. */
  readonly ranks?: number;
  /** Whether forces between processes and images are computed once or on both sides; LAMMPS' default is on. */
  readonly newton?: 'on' | 'off';
  readonly signal?: AbortSignal;
  /** Receives every line that LAMMPS prints. */
  readonly onLine?: (line: string) => void;
}

/** Lines of output that are kept for error messages. */
const KEPT_LINES = 400;

/** How long LAMMPS may take to end after being asked to, ms. */
const GRACE = 3000;

/** A temporary folder that disappears with `await using`. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'forcewright-lammps-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Runs a script in a folder and waits for its end.
 * @param what says what is being done, as it reads in an error message: "Evaluating structure 3 of 20"
 * @throws LammpsError with LAMMPS' own reason; CancelledError
 */
export async function runScript(
  program: LammpsProgram,
  interaction: LammpsInteraction,
  folder: string,
  script: string,
  what: () => string,
  options: RunOptions = {},
): Promise<void> {
  for (const name of interaction.packages) requirePackage(program, name);
  if (options.signal?.aborted) throw new CancelledError();
  await writeFile(join(folder, 'in.lammps'), script);
  const [command, ...args] = await commandLine(program, options.ranks ?? 1);
  const potentials = process.env.LAMMPS_POTENTIALS ?? (await potentialsFolder(program));
  const child = spawn(command, [...args, '-in', 'in.lammps', '-log', 'none', '-nocite'], {
    cwd: folder,
    env: lammpsEnvironment({
      // MPI leaves files behind when it is stopped: they go with the folder
      TMPDIR: folder,
      ...(potentials ? { LAMMPS_POTENTIALS: potentials } : {}),
      ...interaction.environment,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // a process group of its own, so that mpirun's children end with it
    detached: process.platform !== 'win32',
  });
  const lines: string[] = [];
  const keep = (line: string) => {
    lines.push(line);
    if (lines.length > 2 * KEPT_LINES) lines.splice(0, KEPT_LINES);
  };
  let failure: unknown;
  const onStdout = (line: string) => {
    keep(line);
    try {
      options.onLine?.(line);
    } catch (error) {
      failure ??= error;
      stop(child, 'SIGTERM');
    }
  };
  const { code, signal } = await finished(child, onStdout, keep, options.signal).catch((error: unknown) => {
    throw new LammpsError(`${command} could not be started.`, { cause: error });
  });
  if (options.signal?.aborted) throw new CancelledError();
  if (failure !== undefined) throw failure;
  if (code === 0 && !lines.some((line) => line.startsWith('ERROR'))) return;
  const kimLog = await readFile(join(folder, 'kim.log'), 'utf8').catch(() => '');
  throw stoppedError(what(), code, signal, lines, kimLog);
}

/** lmp, or mpirun in front of it. */
async function commandLine(program: LammpsProgram, ranks: number): Promise<string[]> {
  if (ranks <= 1) return [program.path];
  const launcher = (await executable('mpirun')) ?? (await executable('mpiexec'));
  if (launcher === undefined) {
    throw new LammpsError(
      `Running LAMMPS on ${ranks} processes needs mpirun, and there is none on the PATH.`,
      {
        remedy:
          'Install the MPI that this LAMMPS was built with (apt-get install openmpi-bin), or use one process.',
      },
    );
  }
  const openMpi = (await versionOf(launcher)).includes('Open MPI');
  return [
    launcher,
    ...(openMpi ? ['--oversubscribe', '--bind-to', 'none'] : []),
    '-np',
    String(ranks),
    program.path,
  ];
}

function versionOf(launcher: string): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(launcher, ['--version'], {
      env: lammpsEnvironment(),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('error', () => resolve(''));
    child.on('close', () => resolve(text));
  });
}

/** Ends the whole process group. */
function stop(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // it ended on its own in the meantime
  }
}

function finished(
  child: ChildProcess,
  onStdout: (line: string) => void,
  onStderr: (line: string) => void,
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
    splitLines(child.stdout, onStdout);
    splitLines(child.stderr, onStderr);
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
