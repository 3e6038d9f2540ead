/**
 * Projects where nothing can be written: on a read-only disk, in another user's folder. To read a file that keeps a log,
 * SQLite makes an index of the log beside it, or takes the file for unchanging by a URI (sqlite.org/wal.html,
 * "Read-Only Databases"); better-sqlite3 is built without URIs. So such a project is read from a copy of it.
 */
import {
  accessSync,
  constants,
  copyFileSync,
  chmodSync,
  existsSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileError } from '../platform/file-error.ts';
import { temporaryFolder } from '../platform/temporary-files.ts';
import { sqliteCode, StoreError } from './store-error.ts';

/** Whether a project file can be changed where it lies: SQLite needs to write beside the file, too. */
export function canBeWritten(file: string): boolean {
  try {
    const real = realpathSync(file);
    accessSync(real, constants.W_OK);
    accessSync(dirname(real), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether SQLite failed for want of the index of the log, rather than for what is in the file. */
export function needsCopy(error: unknown, file: string): boolean {
  const code = sqliteCode(error) ?? '';
  if (!/^SQLITE_(CANTOPEN|READONLY|PERM)/.test(code) || canBeWritten(file)) return false;
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false; // it may not even be read: a copy cannot be made either
  }
}

/** How often a copy is begun again because the file changed meanwhile. */
const ATTEMPTS = 3;

/**
 * Copies a project and its log into a temporary folder.
 * @returns the copy; its folder is to be removed when it is closed
 * @throws StoreError ('read-only') when there is no room; ('busy') when it is written to all the time
 */
export function temporaryCopy(file: string): { readonly file: string; readonly folder: string } {
  let folder: string | undefined;
  try {
    folder = temporaryFolder('project');
    const copy = join(folder, basename(file));
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = state(file);
      for (const end of ['', '-wal']) {
        rmSync(copy + end, { force: true });
        if (!existsSync(file + end)) continue;
        copyFileSync(file + end, copy + end, constants.COPYFILE_FICLONE);
        chmodSync(copy + end, 0o600);
      }
      if (state(file) === before) return { file: copy, folder };
    }
    throw new StoreError(
      'busy',
      `The project ${basename(file)} is being written to, and can be read later.`,
      {
        remedy: 'Wait until the other program has finished, and try again.',
      },
    );
  } catch (error) {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    if (error instanceof StoreError) throw error;
    throw new StoreError(
      'read-only',
      `The project ${basename(file)} lies where nothing can be written, so it is read from a copy, and the copy could not be made. ${fileError(error, folder ?? tmpdir())?.message ?? ''}`.trim(),
      {
        remedy: 'Make room for temporary files, set TMPDIR to another folder, or copy the project elsewhere.',
        cause: error,
      },
    );
  }
}

/** What changes when somebody writes to the file or its log. */
function state(file: string): string {
  return ['', '-wal']
    .map((end) => statSync(file + end, { bigint: true, throwIfNoEntry: false }))
    .map((status) => (status === undefined ? '-' : `${status.ino} ${status.size} ${status.mtimeNs}`))
    .join();
}
