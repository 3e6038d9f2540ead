/**
 * A potential as a KIM portable model: a folder with the sources (resources/kim-model), the parameter file and, once
 * built, the library. The folder's name is the model's name.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { CancelledError, ForcewrightError } from '../../../src-compute/errors.ts';
import { identifier } from '../../../src-compute/quoting/identifier.ts';
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import { printProgramList } from '../../../src-compute/programs/cpp/print.ts';
import { partName } from '../../platform/temporary-files.ts';
import { executable } from '../../engines/lammps/program.ts';
import { resourcePath } from '../resources.ts';
import { formatParameterFile, programsOf } from './parameter-file.ts';

/** An export cannot be written or built. */
export class ExportError extends ForcewrightError {}

/** File that LAMMPS' kim-api loads. */
export const LIBRARY = 'libkim-api-portable-model.so';

/** The one source that depends on the potential. */
const PROGRAM_LIST = 'program-list.hpp';

/** What building needs, as an instruction. */
export const BUILD_TOOLS =
  'Install what building needs: apt-get install libkim-api-dev cmake make g++ wget (Debian, Ubuntu), or kim-api cmake make cxx-compiler from conda-forge.';

/**
 * Writes the folder of a model, without its library.
 * @param folder its last part must be a model name
 * @param comments lines of provenance and error table for the head of the parameter file
 * @returns the files, relative to the folder
 * @throws PotentialError for potentials that cannot be exported
 */
export async function writeModelFolder(
  folder: string,
  name: string,
  model: PotentialModelBase,
  comments: readonly string[],
): Promise<string[]> {
  const parameters = formatParameterFile(model, comments);
  const sources = resourcePath('kim-model');
  await mkdir(folder, { recursive: true });
  await rm(join(folder, LIBRARY), { force: true });
  await rm(join(folder, 'source'), { recursive: true, force: true });
  await cp(sources, folder, { recursive: true });
  const cmake = await readFile(join(sources, 'CMakeLists.txt'), 'utf8');
  await writeFile(join(folder, 'CMakeLists.txt'), cmake.replaceAll('@MODEL_NAME@', identifier(name)));
  await writeFile(join(folder, 'parameters.txt'), parameters);
  await writeFile(join(folder, 'source', PROGRAM_LIST), printProgramList(programsOf(model)));
  for (const script of ['build.sh', 'install.sh']) await chmod(join(folder, script), 0o755);
  return await filesBelow(folder);
}

/** Files in a folder and its subfolders, relative to it, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/**
 * Whether this machine has what building needs.
 * @returns the names of the missing programs
 */
export async function missingBuildTools(): Promise<string[]> {
  if (process.platform === 'win32') return ['a Unix system (LAMMPS for Windows has no KIM)'];
  const missing: string[] = [];
  for (const tool of ['cmake', 'make', process.env.CXX ?? 'c++']) {
    if ((await executable(tool)) === undefined) missing.push(tool);
  }
  return missing;
}

/**
 * Builds the library of a model folder with its build.sh.
 * @throws ExportError with the last lines of the compiler; CancelledError
 */
export async function buildModel(folder: string, signal?: AbortSignal): Promise<void> {
  const missing = await missingBuildTools();
  if (missing.length > 0) {
    throw new ExportError(`The model cannot be built here: ${missing.join(', ')} missing.`, {
      remedy: BUILD_TOOLS,
    });
  }
  const { code, text } = await runBuild(folder, signal);
  if (signal?.aborted) throw new CancelledError();
  if (code === 0) return;
  const last = text.trim().split('\n').slice(-12).join('\n  ');
  const reason = text.includes('KIM-API-ITEMS')
    ? 'the kim-api for developers (headers and CMake files) is missing'
    : 'the compiler stopped';
  throw new ExportError(`The model could not be built: ${reason}.`, { remedy: `${BUILD_TOOLS}\n  ${last}` });
}

function runBuild(
  folder: string,
  signal: AbortSignal | undefined,
): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['build.sh'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const stop = () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    };
    signal?.addEventListener('abort', stop, { once: true });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      signal?.removeEventListener('abort', stop);
      resolve({ code, text });
    });
  });
}

/** Name of models that are only made to be run at once. */
const SCRATCH_NAME = 'forcewright_scratch';

/**
 * A built model for running now, in a folder that the caller removes. The library depends on
 * the potential by its programs alone, so it is built once per version of the sources and kept in the user's cache.
 * @param parent folder in which the model's folder is made
 * @returns path of the model's folder
 * @throws ExportError when it cannot be built; PotentialError for potentials that cannot be exported
 */
export async function scratchModel(
  parent: string,
  model: PotentialModelBase,
  signal?: AbortSignal,
): Promise<string> {
  const folder = join(parent, SCRATCH_NAME);
  await writeModelFolder(folder, SCRATCH_NAME, model, []);
  const cache = cacheFolder();
  const cached = join(
    cache ?? folder,
    `kim-model-${await sourcesHash(printProgramList(programsOf(model)))}.so`,
  );
  if (isOwn(cached)) {
    await copyFile(cached, join(folder, LIBRARY));
    return folder;
  }
  await buildModel(folder, signal);
  if (cache === undefined) return folder;
  try {
    await mkdir(dirname(cached), { recursive: true, mode: 0o700 });
    const part = partName(cached);
    await copyFile(join(folder, LIBRARY), part);
    await chmod(part, 0o755); // whatever the umask: isOwn
    await rename(part, cached);
  } catch {
    // a cache that cannot be written only costs time
  }
  return folder;
}

/** The user's own; never a place that all users share, where anybody could put a library that LAMMPS would load. */
function cacheFolder(): string | undefined {
  const base = process.env.XDG_CACHE_HOME || (homedir() && join(homedir(), '.cache'));
  return base ? join(base, 'forcewright') : undefined;
}

/** Whether a file is there that nobody but this user (or the system) can have written. */
export function isOwn(path: string): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (!status?.isFile()) return false;
  const user = process.getuid?.();
  return user === undefined || ([0, user].includes(status.uid) && (status.mode & 0o022) === 0);
}

/** Changes with the sources, the compiler and the kind of machine. */
async function sourcesHash(programs: string): Promise<string> {
  const sources = resourcePath('kim-model');
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.env.CXX ?? ''}\n`);
  for (const file of await filesBelow(sources)) hash.update(file).update(await readFile(join(sources, file)));
  hash.update(programs);
  return hash.digest('hex').slice(0, 24);
}
