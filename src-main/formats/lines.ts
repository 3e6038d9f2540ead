/** What readers of line-based formats share: reading a line that must be there, words, rows of numbers. */
import { FrameFailure } from './format.ts';
import { asciiText, NumberScanner, numberSentence, parseCount, parseReal } from './numbers.ts';
import type { TextInput } from './text-input.ts';

/** Most atoms that any file may claim for one frame. */
export const MOST_ATOMS = 200_000_000;

/**
 * Text of the next line.
 * @param what what the line should hold, for the sentence when the file ends before it
 * @param longest how long it may be, bytes, where it may hold whole arrays
 * @throws FrameFailure at the end of the file
 */
export async function requiredLine(input: TextInput, what: string, longest?: number): Promise<string> {
  if (!(await input.nextLine())) throw endsBefore(what);
  return input.text(longest);
}

/** The file ends where something was expected. */
export function endsBefore(what: string): FrameFailure {
  return new FrameFailure(
    `The file ends before ${what}.`,
    undefined,
    'The file was cut off: copy it again, or leave the last frame out with --skip-bad.',
  );
}

/** Words of a line. */
export function wordsOf(line: string): string[] {
  const trimmed = line.trim();
  return trimmed === '' ? [] : trimmed.split(/\s+/);
}

/** A line with a blank before each minus sign that runs into the number before it, where a column is full. */
export function parted(line: string): string {
  return line.replace(/([\d.])-(?=\d*\.)/g, '$1 -');
}

/**
 * A number from a word.
 * @throws FrameFailure when the word is none
 */
export function realOf(word: string | undefined, what: string): number {
  const value = parseReal(word ?? '');
  if (typeof value !== 'number') throw new FrameFailure(numberSentence(value, word ?? '', what));
  return value;
}

/**
 * A whole number of at least `least` from a word.
 * @throws FrameFailure when the word is none
 */
export function countOf(word: string | undefined, what: string, least = 1): number {
  const count = parseCount(word ?? '');
  if (count === undefined || count < least || count > MOST_ATOMS) {
    throw new FrameFailure(
      `Expected ${what} as a whole number of at least ${least}, found "${shorten(word ?? '')}".`,
    );
  }
  return count;
}

/**
 * The first `count` words of a line as numbers.
 * @throws FrameFailure when there are fewer, or one is no number
 */
export function realsOf(line: string, count: number, what: string): number[] {
  const words = wordsOf(line);
  return Array.from({ length: count }, (_, k) => realOf(words[k], what));
}

/**
 * The next lines as a matrix of numbers, row by row.
 * @throws FrameFailure when a row is missing or broken
 */
export async function requiredRows(
  input: TextInput,
  rows: number,
  columns: number,
  what: string,
): Promise<number[]> {
  const values: number[] = [];
  for (let row = 0; row < rows; row++)
    values.push(...realsOf(await requiredLine(input, what), columns, what));
  return values;
}

/** Scans rows of numbers out of the bytes of an input; no strings are made. */
export class RowScanner {
  /** Numbers of the last row. */
  readonly values: Float64Array;
  private readonly scanner = new NumberScanner();
  /** Columns that may hold text: their words are kept in `words`, their number is NaN. */
  private readonly textual: readonly boolean[];
  readonly words: string[];
  private readonly names: readonly string[];
  private readonly more: boolean;

  /**
   * @param names name of each column, for sentences
   * @param more whether more columns may follow, which are not read
   */
  constructor(names: readonly string[], textual: ReadonlySet<string> = new Set(), more = false) {
    this.names = names;
    this.more = more;
    this.values = new Float64Array(names.length);
    this.textual = names.map((name) => textual.has(name));
    this.words = new Array<string>(names.length).fill('');
  }

  /**
   * Reads the current line of the input; columns beyond the named ones are an error unless `more` allows them.
   * @throws FrameFailure when the line does not fit
   */
  read(input: TextInput): void {
    const { bytes, end } = input;
    const { values, scanner, names } = this;
    let at = input.start;
    for (let column = 0; column < names.length; column++) {
      while (at < end && (bytes[at] === 32 || bytes[at] === 9)) at++;
      if (at >= end) {
        throw new FrameFailure(
          `Expected ${names.length} columns (${shorten(names.join(' '))}), but the line ends before "${names[column]}".`,
        );
      }
      if (this.textual[column]) {
        let to = at;
        while (to < end && bytes[to] !== 32 && bytes[to] !== 9) to++;
        this.words[column] = asciiText(bytes, at, to);
        at = to;
        continue;
      }
      values[column] = scanner.real(bytes, at, end);
      if (scanner.state !== 'number') {
        throw new FrameFailure(
          numberSentence(scanner.state, asciiText(bytes, at, scanner.end), `the column "${names[column]}"`),
        );
      }
      at = scanner.end;
    }
    if (this.more) return;
    while (at < end && (bytes[at] === 32 || bytes[at] === 9)) at++;
    if (at < end) {
      throw new FrameFailure(`Expected ${names.length} columns (${shorten(names.join(' '))}), found more.`);
    }
  }
}

/** Text short enough for a sentence. */
export function shorten(text: string, length = 60): string {
  const trimmed = text.trim();
  return trimmed.length > length ? `${trimmed.slice(0, length)}…` : trimmed;
}

/** Cartesian positions r = s·cell of fractional ones, in place. */
export function toCartesian(coordinates: Float64Array, cell: ArrayLike<number>): void {
  for (let k = 0; k < coordinates.length; k += 3) {
    const [a, b, c] = [coordinates[k], coordinates[k + 1], coordinates[k + 2]];
    for (let axis = 0; axis < 3; axis++) {
      coordinates[k + axis] = a * cell[axis] + b * cell[3 + axis] + c * cell[6 + axis];
    }
  }
}
