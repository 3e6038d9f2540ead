/** Finds the LAMMPS executable and asks it what it is. */
import { execFile } from 'node:child_process';
import { access, constants, realpath, stat } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { LammpsError } from './lammps-error.ts';

const run = promisify(execFile);

/** A LAMMPS that is installed here. */
export interface LammpsProgram {
  readonly path: string;
  /** As it states it, such as '29 Sep 2021 - Update 2'. */
  readonly version: string;
  /** The release as yyyymmdd, 0 when the version cannot be read. */
  readonly release: number;
  readonly packages: ReadonlySet<string>;
}

/** Names that packagers give the executable. */
const NAMES = ['lmp', 'lmp_mpi', 'lammps', 'lmp_serial', 'lmp_stable', 'lmp_daily', 'lmp_g++_openmpi'];

const INSTALL =
  'Install one with KIM: apt-get install lammps (Debian, Ubuntu), conda install -c conda-forge lammps, or brew install lammps.';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Environment in which LAMMPS runs: one thread, no search for an MPI daemon (that doubles the start-up time). */
export function lammpsEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const root = process.getuid?.() === 0;
  return {
    OMP_NUM_THREADS: '1',
    OMPI_MCA_ess_singleton_isolated: '1',
    ...(root ? { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' } : {}),
    ...process.env,
    ...extra,
  };
}

/**
 * Finds LAMMPS: the given path, else the environment variable FORCEWRIGHT_LAMMPS, else the PATH.
 * @param setting path or name of the executable from the settings or the command line
 * @throws LammpsError when there is none, or when it is no LAMMPS
 */
export async function findLammps(setting?: string): Promise<LammpsProgram> {
  const named = setting ?? process.env.FORCEWRIGHT_LAMMPS;
  const path = named ? await executable(named) : await firstExecutable(NAMES);
  if (path === undefined) {
    throw new LammpsError(
      named
        ? `No LAMMPS was found under the name ${named}.`
        : 'No LAMMPS is installed: no lmp was found on the PATH.',
      { remedy: named ? 'Give the path of the executable (lmp).' : INSTALL },
    );
  }
  return describe(path);
}

/**
 * Checks that a package is there.
 * @throws LammpsError naming the package
 */
export function requirePackage(program: LammpsProgram, name: string): void {
  if (program.packages.has(name)) return;
  throw new LammpsError(
    `The LAMMPS at ${program.path} (${program.version}) was built without its ${name} package.`,
    {
      remedy: name === 'KIM' ? INSTALL : `Use a LAMMPS that was built with ${name}.`,
    },
  );
}

/** What executables said of themselves, as they lay on the disk. */
const described = new Map<string, Promise<LammpsProgram>>();

/** Asks an executable what it is: once, until the file is another one. */
async function describe(path: string): Promise<LammpsProgram> {
  const { mtimeMs, size, ino } = await stat(path);
  const key = [path, mtimeMs, size, ino].join(' ');
  let found = described.get(key);
  if (found === undefined) {
    found = ask(path);
    described.set(key, found);
    // what could not be asked now may be asked again
    found.catch(() => described.delete(key));
  }
  return found;
}

async function ask(path: string): Promise<LammpsProgram> {
  let text: string;
  try {
    const result = await run(path, ['-h'], { env: lammpsEnvironment(), maxBuffer: 1 << 24, timeout: 60_000 });
    text = result.stdout;
  } catch (error) {
    throw new LammpsError(`${path} could not be run.`, {
      remedy: 'Check that it is a LAMMPS for this machine.',
      cause: error,
    });
  }
  const version = /Massively Parallel Simulator - (.+)/.exec(text)?.[1].trim();
  if (version === undefined) {
    throw new LammpsError(`${path} is no LAMMPS: it does not say so when asked with -h.`, {
      remedy: 'Give the path of the LAMMPS executable (lmp).',
    });
  }
  const packages = text.split('Installed packages:')[1]?.split(/List of|\*/, 1)[0] ?? '';
  return {
    path,
    version,
    release: releaseOf(version),
    packages: new Set(packages.split(/\s+/).filter(Boolean)),
  };
}

/** '29 Sep 2021 - Update 2' → 20210929. */
function releaseOf(version: string): number {
  const found = /(\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{4})/.exec(version);
  if (!found) return 0;
  return Number(found[3]) * 10000 + (MONTHS.indexOf(found[2].toLowerCase()) + 1) * 100 + Number(found[1]);
}

async function firstExecutable(names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const found = await executable(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Full path of an executable given by name or path, or undefined. */
export async function executable(name: string): Promise<string | undefined> {
  const suffixes = process.platform === 'win32' ? ['', '.exe'] : [''];
  const folders = name.includes('/') || isAbsolute(name) ? [''] : (process.env.PATH ?? '').split(delimiter);
  for (const folder of folders) {
    for (const suffix of suffixes) {
      const path = resolve(join(folder, name + suffix));
      try {
        await access(path, constants.X_OK);
        return path;
      } catch {
        // not here
      }
    }
  }
  return undefined;
}

/** The folder of potential files that came with this LAMMPS, where there is one: …/share/lammps/potentials. */
export async function potentialsFolder(program: LammpsProgram): Promise<string | undefined> {
  const folder = join(dirname(dirname(await realpath(program.path))), 'share', 'lammps', 'potentials');
  try {
    await access(folder, constants.R_OK);
    return folder;
  } catch {
    return undefined;
  }
}
