/** Files of words between blanks: XYZ, MLIP .cfg and .mtp, POSCAR, LAMMPS data and dump, our parameter file, pw.x input. */
import { ForcewrightError } from '../errors.ts';
import { visibleLine } from './visible.ts';

/**
 * Text as one word of a line, such as the name of a species.
 * @throws ForcewrightError when it is empty or holds blanks or control characters: it would be read as something else
 */
export function columnWord(text: string): string {
  if (text !== '' && !/\s/.test(text) && visibleLine(text) === text) return text;
  throw new ForcewrightError(`${JSON.stringify(text)} cannot stand as one word in this file.`, {
    remedy: 'Name species and columns without blanks and control characters.',
  });
}

/** Text as the rest of a line that others read as a comment; line breaks become blanks. */
export function commentText(text: string): string {
  return visibleLine(text.replace(/[\r\n]+/g, ' '));
}
