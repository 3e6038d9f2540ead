/**
 * Any error as a sentence and a remedy, for job rows, the window and the terminal alike: what zod, SQLite and Node say
 * of themselves is for programmers, and their stacks are for reports.
 */
import { ZodError } from 'zod';
import { ForcewrightError } from '../src-compute/errors.ts';
import { validationSentence } from '../src-compute/validation-words.ts';
import { asSentence } from './platform/file-error.ts';
import { storeError } from './store/store-error.ts';

export interface ErrorWords {
  /** One sentence, with what was expected. */
  readonly message: string;
  /** What to do, as sentences. */
  readonly remedy: string;
  /** Whether it is a state of things that a user can change; else a fault of the program. */
  readonly expected: boolean;
}

export interface ErrorPlace {
  /** What the checked values belong to, with an article: 'the settings of this job'. */
  readonly values?: string;
  /** The project file that was worked on. */
  readonly project?: string;
}

/** Puts an error into words. */
export function wordsFor(error: unknown, place: ErrorPlace = {}): ErrorWords {
  if (error instanceof ForcewrightError)
    return { message: error.message, remedy: error.remedy, expected: true };
  if (error instanceof ZodError) return validationWords(error, place.values);
  const stored = storeError(error, place.project ?? 'file');
  if (stored instanceof ForcewrightError)
    return { message: stored.message, remedy: stored.remedy, expected: true };
  return memoryWords(error) ?? fileWords(error) ?? UNKNOWN;
}

function fileWords(error: unknown): ErrorWords | undefined {
  const found = asSentence(error);
  if (!(found instanceof ForcewrightError)) return undefined;
  return { message: found.message, remedy: found.remedy, expected: true };
}

const UNKNOWN: ErrorWords = {
  message: 'Something went wrong inside Forcewright.',
  remedy: 'Nothing that was saved is lost. Try again; if it stays, please report it with what you did.',
  expected: false,
};

/** How V8 and Node say that there is not enough memory, or not so much in one piece. */
const MEMORY =
  /out of memory|memory limit|allocation failed|invalid (typed )?array (buffer )?length|invalid string length|cannot create a string longer|could not allocate/i;

function memoryWords(error: unknown): ErrorWords | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  const known = ['ENOMEM', 'ERR_WORKER_OUT_OF_MEMORY', 'ERR_STRING_TOO_LONG', 'ERR_BUFFER_TOO_LARGE'];
  if (!known.includes(code) && !MEMORY.test(error.message)) return undefined;
  return {
    message: 'This needed more memory than there is, and was stopped.',
    remedy: 'Take fewer or smaller configurations, a lower level or fewer threads, and start it again.',
    expected: true,
  };
}

function validationWords(error: ZodError, values = 'what was given'): ErrorWords {
  const sentence = validationSentence(error);
  return {
    message: `There is a value in ${values} that cannot be used: ${sentence}.`,
    remedy: 'Correct it and try again.',
    expected: true,
  };
}
