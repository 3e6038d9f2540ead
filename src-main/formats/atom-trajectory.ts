/**
 * What readers of XYZ-like trajectories of programs share: a count, a comment with labels, and a line for each atom
 * whose first word is its symbol.
 */
import { cutNumber } from './cut-number.ts';
import { FrameFailure } from './format.ts';
import { countOf, endsBefore, realOf, shorten, wordsOf } from './lines.ts';
import type { TextInput } from './text-input.ts';

export interface AtomFrame {
  readonly line: number;
  readonly comment: string;
  readonly rows: readonly string[][];
}

/**
 * The next frame; undefined at the end of the file.
 * @param columns least number of words of an atom line
 * @throws FrameFailure when it is wrong
 */
export async function nextAtomFrame(input: TextInput, columns: number): Promise<AtomFrame | undefined> {
  do {
    if (!(await input.nextLine())) return undefined;
  } while (input.isBlank());
  const { line } = input;
  const count = countOf(input.text().trim(), 'the number of atoms');
  if (!(await input.nextLine())) throw endsBefore('the comment line');
  const comment = input.text();
  const rows: string[][] = [];
  while (rows.length < count) {
    if (!(await input.nextLine()))
      throw endsBefore(`all ${count} atoms of a step (${rows.length} are there)`);
    const words = wordsOf(input.text());
    if (words.length < columns)
      throw new FrameFailure(
        `Expected a symbol and ${columns - 1} numbers for each of ${count} atoms, found "${shorten(input.text())}".`,
      );
    rows.push(words);
  }
  cutNumber(input);
  return { line, comment, rows };
}

/** Moves to the next line that is a count. */
export async function toNextCount(input: TextInput): Promise<boolean> {
  while (await input.nextLine()) {
    if (!/^\s*\d+\s*$/.test(input.text())) continue;
    input.hold();
    return true;
  }
  return false;
}

/** The number behind a name and an equals sign in a comment; undefined when the name is not there. */
export function numberBehind(comment: string, name: string, what: string): number | undefined {
  const at = comment.indexOf(name);
  if (at < 0) return undefined;
  const equals = comment.indexOf('=', at + name.length - 1);
  return equals < 0 ? undefined : realOf(wordsOf(comment.slice(equals + 1))[0]?.replace(/,$/, ''), what);
}
