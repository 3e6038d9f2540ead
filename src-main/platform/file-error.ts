/** Errors of the system (a full disk, a missing folder, no permission) as sentences a user understands. */
import { ForcewrightError } from '../../src-compute/errors.ts';

/** A file or a folder cannot be read or written. */
export class FileError extends ForcewrightError {}

type Sentence = readonly [message: (path: string) => string, remedy: string];

const FULL: Sentence = [
  (path) => `The disk is full: ${path} could not be written.`,
  'Make room on the disk, or choose another place.',
];
const FORBIDDEN: Sentence = [
  (path) => `This user may not read or write ${path}.`,
  'Check the permissions of the file and of its folder, or choose another place.',
];
const TOO_LARGE: Sentence = [
  (path) => `${path} is larger than can be held in one piece.`,
  'Split it into smaller files.',
];
const OPEN_FILES: Sentence = [
  (path) => `Too many files are open, so ${path} could not be.`,
  'Close other programs, or raise the limit with ulimit -n.',
];

/** By the system's name of the error, https://man7.org/linux/man-pages/man3/errno.3.html, and Node's own. */
const SENTENCES: Readonly<Record<string, Sentence>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: [
    (path) => `${path} became larger than this disk or this account allows.`,
    'Choose another place, or split the output.',
  ],
  EROFS: [
    (path) => `${path} cannot be written: its disk is read-only.`,
    'Choose a place that can be written.',
  ],
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  ENOENT: [
    (path) => `${path} is not there, or its folder is missing.`,
    'Check the path; make the folder first.',
  ],
  ENOTDIR: [
    (path) => `A part of the path ${path} is a file, where a folder was expected.`,
    'Check the path.',
  ],
  EISDIR: [(path) => `${path} is a folder, where a file was expected.`, 'Name a file in it.'],
  EEXIST: [(path) => `${path} is there already.`, 'Choose another name.'],
  ENOTEMPTY: [(path) => `The folder ${path} is not empty.`, 'Choose another name.'],
  ENAMETOOLONG: [
    (path) => `The name ${path.slice(0, 60)}… is too long for this disk.`,
    'Choose a shorter one.',
  ],
  ELOOP: [(path) => `${path} is a link that leads back to itself.`, 'Choose another path.'],
  EBUSY: [(path) => `${path} is in use by another program.`, 'Close that program, or choose another name.'],
  ETXTBSY: [(path) => `${path} is a program that runs just now.`, 'Choose another name.'],
  EMFILE: OPEN_FILES,
  ENFILE: OPEN_FILES,
  EIO: [(path) => `The disk of ${path} reports an error.`, 'Check that it is connected and healthy.'],
  ENXIO: [(path) => `The device ${path} is not there.`, 'Choose another place.'],
  ERR_FS_FILE_TOO_LARGE: TOO_LARGE,
  ERR_STRING_TOO_LONG: TOO_LARGE,
  ENOMEM: [() => 'There is not enough memory for this.', 'Close other programs, or do less at once.'],
};

/** What V8 says when something is longer than it can hold. */
const TOO_LONG =
  /Invalid (string|array|typed array) length|Array buffer allocation failed|Cannot create a string longer/;

/**
 * An error of the system as a sentence; undefined where it is none. Looks through the causes of an error.
 * @param path the file that it is about, where the error does not say, or says a temporary name
 */
export function fileError(error: unknown, path?: string): FileError | undefined {
  let cause = error;
  for (let depth = 0; cause instanceof Error && depth < 8; depth++, cause = cause.cause) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    if (Object.hasOwn(SENTENCES, code)) {
      const own = 'path' in cause && typeof cause.path === 'string' ? cause.path : 'A file';
      const [message, remedy] = SENTENCES[code];
      return new FileError(message(path ?? own), { remedy, cause: error });
    }
    if (cause instanceof RangeError && TOO_LONG.test(cause.message)) {
      return new FileError('This is more than can be held in memory in one piece.', {
        remedy: 'Take less at once: fewer configurations, fewer frames or a smaller system.',
        cause: error,
      });
    }
  }
  return undefined;
}

/** What a user is to be told: an error in words as it is, one of the system as a sentence, anything else as it is. */
export function asSentence(error: unknown, path?: string): unknown {
  return error instanceof ForcewrightError ? error : (fileError(error, path) ?? error);
}
