/** Errors of the project file as sentences a user understands. */
import { basename } from 'node:path';
import { ForcewrightError } from '../../src-compute/errors.ts';

/** What went wrong, for code that reacts to it. */
export type StoreErrorReason =
  | 'missing'
  | 'exists'
  | 'busy'
  | 'read-only'
  | 'full'
  | 'damaged'
  | 'foreign'
  | 'newer'
  | 'too-big'
  | 'lost'
  | 'closed'
  | 'not-found'
  | 'untrusted'
  | 'failed';

/** The project file cannot be used as asked. */
export class StoreError extends ForcewrightError {
  readonly reason: StoreErrorReason;

  constructor(reason: StoreErrorReason, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, options);
    this.reason = reason;
  }
}

/** The SQLite code ('SQLITE_BUSY_SNAPSHOT') of an error or of one of its causes. */
export function sqliteCode(error: unknown): string | undefined {
  for (let depth = 0; error instanceof Error && depth < 8; depth++) {
    if ('code' in error && typeof error.code === 'string' && error.code.startsWith('SQLITE_'))
      return error.code;
    error = error.cause;
  }
  return undefined;
}

interface Sentence {
  readonly reason: StoreErrorReason;
  readonly message: (file: string) => string;
  readonly remedy: string;
}

/** By the first part of SQLite's result code (sqlite.org/rescode.html). */
const SENTENCES: Readonly<Record<string, Sentence>> = {
  SQLITE_BUSY: {
    reason: 'busy',
    message: (file) => `The project ${file} is in use by another program that is writing to it.`,
    remedy: 'Wait until the other job has finished, or close the other window, and try again.',
  },
  SQLITE_READONLY: {
    reason: 'read-only',
    message: (file) => `The project ${file} is read-only, so nothing can be saved in it.`,
    remedy: 'Make the file and its folder writable, or work on a copy elsewhere.',
  },
  SQLITE_FULL: {
    reason: 'full',
    message: (file) =>
      `The disk is full: ${file} could not grow. Nothing of this step was saved, what was there before is intact.`,
    remedy: 'Free some space on the disk of the project and of temporary files, then try again.',
  },
  SQLITE_NOTADB: {
    reason: 'damaged',
    message: (file) =>
      `${file} is not a Forcewright project: it is no SQLite file, or its beginning is damaged.`,
    remedy: 'Choose a *.fwproj file. If this was one, restore it from a backup copy.',
  },
  SQLITE_CORRUPT: {
    reason: 'damaged',
    message: (file) => `The project ${file} is damaged: parts of the file are missing or were overwritten.`,
    remedy: 'Restore it from a backup copy; look for files named like it that end in .backup-….',
  },
  SQLITE_CANTOPEN: {
    reason: 'missing',
    message: (file) => `The project ${file} cannot be opened.`,
    remedy:
      'Check that the path names a file that you may read and write, in a folder that you may write to.',
  },
  SQLITE_PERM: {
    reason: 'read-only',
    message: (file) => `The project ${file} may not be opened by this user.`,
    remedy: 'Check the permissions of the file and of its folder.',
  },
  SQLITE_IOERR: {
    reason: 'failed',
    message: (file) => `Reading or writing the project ${file} failed on the disk.`,
    remedy: 'Check that the disk is connected and healthy; network folders without file locking do not work.',
  },
  SQLITE_TOOBIG: {
    reason: 'too-big',
    message: (file) => `One item is larger than a project file can hold (1 GB) and was not saved in ${file}.`,
    remedy: 'Split the structure or the result into smaller pieces.',
  },
};
const ALIASES: Readonly<Record<string, string>> = {
  SQLITE_LOCKED: 'SQLITE_BUSY',
  SQLITE_PROTOCOL: 'SQLITE_BUSY',
  SQLITE_AUTH: 'SQLITE_PERM',
};

/** Somebody asks for what a project had that was closed meanwhile. */
export function projectClosed(path: string): StoreError {
  return new StoreError('closed', `The project ${basename(path)} was closed meanwhile.`, {
    remedy: 'Open it again. Nothing that was saved is lost.',
  });
}

/**
 * Turns an error of SQLite into a StoreError; anything else is returned as it is.
 * @param path the project file
 */
export function storeError(error: unknown, path: string): unknown {
  if (error instanceof ForcewrightError) return error;
  if (error instanceof TypeError && error.message === 'The database connection is not open')
    return projectClosed(path);
  const code = sqliteCode(error);
  if (code === undefined) return error;
  const base = code.split('_', 2).join('_');
  const sentence = SENTENCES[ALIASES[base] ?? base];
  if (sentence === undefined) {
    return new StoreError('failed', `The project ${basename(path)} did not accept a change (${code}).`, {
      remedy: 'This is a fault of the program: please report it with what you did.',
      cause: error,
    });
  }
  return new StoreError(sentence.reason, sentence.message(basename(path)), {
    remedy: sentence.remedy,
    cause: error,
  });
}
