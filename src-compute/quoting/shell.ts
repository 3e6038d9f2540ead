/** POSIX shell (pubs.opengroup.org, Shell Command Language, 2.2 Quoting). */
import { ForcewrightError } from '../errors.ts';
import { visibleLine } from './visible.ts';

/**
 * Text as one word of a shell command, for people to copy and for scripts.
 * @throws ForcewrightError for NUL, which no argument can hold
 */
export function shellWord(text: string): string {
  if (text.includes('\0')) {
    throw new ForcewrightError(`A shell cannot be given ${visibleLine(text)}: it holds a NUL.`);
  }
  // single quotes keep every character but themselves
  return /^[\w./:+=,@%-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
