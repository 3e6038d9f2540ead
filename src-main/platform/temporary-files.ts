/**
 * Files and folders that exist for a while: half-written files beside their final names, folders for other programs.
 * Their names tell whose they are (machine, process, when it started), so that those which a killed process left behind
 * are found and removed, and those of a living process, of another machine or of another user never are.
 */
import { createHash, randomInt } from 'node:crypto';
import { existsSync, lstatSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { threadId } from 'node:worker_threads';
import { processLives, thisProcess } from './process-identity.ts';

/** Process numbers mean something within one machine, and there within one namespace (containers share folders). */
function machine(): string {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // no namespaces here
  }
  return createHash('sha256').update(`${hostname()} ${namespace}`).digest('hex').slice(0, 8);
}

const { pid, processStart } = thisProcess();
const OWNER = `${machine()}-${pid}-${processStart}`;
/** machine, process, its start, thread, and a number that nobody can foresee */
const PART = /\.([0-9a-f]{8})-(\d+)-(\d*)-\d+-\d+\.part(?:-journal)?$/;
const FOLDER = /^forcewright-([0-9a-f]{8})-(\d+)-(\d*)-/;

const swept = new Set<string>();

/** Most of a name that is kept in the name of its part, bytes: most file systems hold 255. */
const LONGEST_NAME = 160;

/**
 * A name beside a file for its content while it is written; rename it afterwards. What killed processes left in the
 * folder is removed first, once for each folder. In a folder that others can write to, nobody can put a link under the
 * name before, since it cannot be guessed.
 */
export function partName(path: string): string {
  const folder = dirname(path);
  sweepParts(resolve(folder));
  const name = basename(path);
  const short =
    Buffer.byteLength(name) <= LONGEST_NAME
      ? path
      : join(
          folder,
          Buffer.from(name)
            .subarray(0, LONGEST_NAME)
            .toString()
            .replace(/\uFFFD$/, ''),
        );
  return `${short}.${OWNER}-${threadId}-${randomInt(2 ** 47)}.part`;
}

/** Where a file is to be written in the end: through links, which stay what they are. */
export function finalName(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

/**
 * A new folder in the system's place for temporary files.
 * @param kind for the eye: 'lammps', 'export'
 */
export function temporaryFolder(kind: string): string {
  sweepFolders();
  return mkdtempSync(join(tmpdir(), `forcewright-${OWNER}-${kind}-`));
}

/** Removes half-written files of dead processes from a folder. @returns their names */
export function sweepParts(folder: string): string[] {
  return sweep(folder, PART, false);
}

/** Removes temporary folders of dead processes. @returns their names */
export function sweepFolders(): string[] {
  return sweep(tmpdir(), FOLDER, true);
}

/** Forgets what was swept: for tests. */
export function sweepAgain(): void {
  swept.clear();
}

function sweep(folder: string, pattern: RegExp, folders: boolean): string[] {
  const once = `${pattern.source} ${folder}`;
  if (swept.has(once)) return [];
  swept.add(once);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return []; // not there, or not ours to read
  }
  return names.filter((name) => {
    const match = pattern.exec(name);
    if (match === null || match[1] !== machine() || processLives(Number(match[2]), match[3])) return false;
    const path = join(folder, basename(name));
    try {
      const status = lstatSync(path);
      if (status.uid !== (process.getuid?.() ?? status.uid)) return false;
      if (folders ? !status.isDirectory() : !status.isFile()) return false;
      rmSync(path, { recursive: folders, force: true });
      return true;
    } catch {
      return false; // someone else removed it, or it may not be removed
    }
  });
}
