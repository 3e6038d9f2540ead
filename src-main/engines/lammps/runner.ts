/** Runs one LAMMPS: a folder of its own, output line by line, cancelling, cleaning up, and errors that say why. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CancelledError } from '../../../src-compute/errors.ts';
import { temporaryFolder as ownFolder } from '../../platform/temporary-files.ts';
import { finished, stop } from '../child-process.ts';
import { FileTail } from './file-tail.ts';
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

/** Name of LAMMPS' log file. */
const LOG = 'log.lammps';

/** How often the log is looked at, ms. */
const POLL = 100;

/** A temporary folder that disappears with `await using`. */
export function temporaryFolder(): AsyncDisposable & { readonly path: string } {
  const path = ownFolder('lammps');
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
  if (options.signal?.aborted) throw new CancelledError();
  await writeFile(join(folder, 'in.lammps'), script);
  const child = await launch(program, interaction, folder, ['-in', 'in.lammps'], options.ranks ?? 1);
  const lines: string[] = [];
  const keep = (line: string) => {
    lines.push(line);
    if (lines.length > 2 * KEPT_LINES) lines.splice(0, KEPT_LINES);
  };
  let failure: unknown;
  await using follower = new LogFollower(join(folder, LOG), (line) => {
    try {
      if (failure === undefined) options.onLine?.(line);
    } catch (error) {
      failure ??= error;
      stop(child, 'SIGTERM');
    }
  });
  const { code, signal } = await finished(child, keep, options.signal).catch((error: unknown) => {
    throw new LammpsError(`${program.path} could not be started.`, { cause: error });
  });
  await follower.finish();
  if (options.signal?.aborted) throw new CancelledError();
  if (failure !== undefined) throw failure;
  if (code === 0 && !lines.some((line) => line.startsWith('ERROR'))) return;
  throw stoppedError(what(), code, signal, lines, await kimLog(folder));
}

/** Text of kim.log, where the KIM API writes its reasons. */
export async function kimLog(folder: string): Promise<string> {
  return await readFile(join(folder, 'kim.log'), 'utf8').catch(() => '');
}

/**
 * Lines of LAMMPS' log file as they come. (LAMMPS flushes its log after every line of thermodynamic data; what it
 * prints on the screen waits in a buffer when the screen is a pipe.)
 */
class LogFollower {
  readonly #tail: FileTail;
  readonly #onLine: (line: string) => void;
  readonly #timer: NodeJS.Timeout;
  #rest = '';
  #pending: Promise<void> = Promise.resolve();

  constructor(path: string, onLine: (line: string) => void) {
    this.#tail = new FileTail(path);
    this.#onLine = onLine;
    this.#timer = setInterval(() => void this.#look(), POLL);
  }

  #look(): Promise<void> {
    this.#pending = this.#pending.then(async () => {
      for (let text = await this.#tail.take(); text !== ''; text = await this.#tail.take()) {
        const parts = (this.#rest + text).split('\n');
        this.#rest = parts.pop() ?? '';
        for (const line of parts) this.#onLine(line);
      }
    });
    return this.#pending;
  }

  /** The rest, after LAMMPS has ended. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    await this.#look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#pending;
  }
}

/**
 * Starts LAMMPS in a folder, with its log there.
 * @param input where its commands come from: ['-in', file], or nothing for its standard input
 * @throws LammpsError when a package or mpirun is missing
 */
export async function launch(
  program: LammpsProgram,
  interaction: LammpsInteraction,
  folder: string,
  input: readonly string[],
  ranks: number,
): Promise<ChildProcess> {
  for (const name of interaction.packages) requirePackage(program, name);
  if (interaction.model !== undefined)
    await symlink(interaction.model, join(folder, basename(interaction.model)), 'dir');
  const [command, ...args] = await commandLine(program, ranks);
  const potentials = process.env.LAMMPS_POTENTIALS ?? (await potentialsFolder(program));
  return spawn(command, [...args, ...input, '-log', LOG, '-echo', 'none', '-nocite'], {
    cwd: folder,
    env: lammpsEnvironment({
      // MPI leaves files behind when it is stopped: they go with the folder
      TMPDIR: folder,
      ...(potentials ? { LAMMPS_POTENTIALS: potentials } : {}),
      ...interaction.environment,
    }),
    stdio: [input.length > 0 ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    // a process group of its own, so that mpirun's children end with it
    detached: process.platform !== 'win32',
  });
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
