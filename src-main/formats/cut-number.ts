/** Files that end inside their last number, which is a number all the same: 0.25 of 0.2512345. */
import { FrameFailure } from './format.ts';
import { wordsOf } from './lines.ts';
import { parseReal } from './numbers.ts';
import type { TextInput } from './text-input.ts';

/** Fewer decimals than this are no sign of a program that prints a fixed number of them. */
const LEAST_DECIMALS = 4;

/** Decimals of a number, each character of an exponent counted as a hundred; undefined without a point. */
function decimalsOf(word: string): number | undefined {
  const match = /\.(\d*)([eEdD][+-]?\d+)?$/.exec(word);
  return match === null ? undefined : match[1].length + 100 * (match[2] ?? '').length;
}

/**
 * Looks at the end of a frame behind which the file ends without a line end: programs end their last line, so the file may
 * have been cut off. One rule for all formats of lines.
 * @returns what is to be warned of, where the last line is shorter than the one before it
 * @throws FrameFailure when the last number has fewer decimals than all the others of two like lines
 */
export function cutNumber(input: TextInput): string | undefined {
  if (!input.unended || input.end - input.start > LONGEST_ROW) return undefined;
  const text = input.text();
  const [before, last] = [wordsOf(input.before), wordsOf(text)];
  if (typeof parseReal(last.at(-1) ?? '') !== 'number') return undefined;
  const isLike = last.length === before.length;
  // symbols and whole numbers of both rows, such as ids and types, are printed in their own way
  const isReal = (k: number) => [last[k], isLike ? before[k] : ''].some((word) => word.includes('.'));
  const reals = last.map((_, k) => k).filter((k) => k === last.length - 1 || isReal(k));
  const rows = isLike ? [before, last] : [last];
  new EvenDecimals().check(
    input,
    rows.flatMap((row) => reals.map((k) => row[k])),
  );
  return isLike && text.trimEnd().length < input.before.trimEnd().length ? SHORTENED : undefined;
}

const SHORTENED =
  'Expected a line end behind the last number: the file ends without one, in a line shorter than the one before, and may be cut off inside its last number.';
/** A longer row is not looked at, bytes. */
const LONGEST_ROW = 1 << 16;

/** Watches rows of numbers that a program prints with one number of decimals. */
export class EvenDecimals {
  private decimals: number | undefined;
  private isEven = true;

  /**
   * @param numbers words of a row that has been read
   * @throws FrameFailure when the file ends behind this row without a line end, and its last number has fewer decimals
   * than all the others
   */
  check(input: TextInput, numbers: readonly string[]): void {
    const found = numbers.map(decimalsOf);
    found.forEach((decimals, k) => {
      const isLast = input.unended && k === found.length - 1;
      if (
        isLast &&
        this.isEven &&
        (this.decimals ?? 0) >= LEAST_DECIMALS &&
        (decimals ?? 0) < this.decimals!
      ) {
        throw new FrameFailure(
          `Expected a line end behind the last number: the file ends at "${numbers[k]}", with fewer decimals than the others, and is cut off.`,
          undefined,
          'Copy the file again. If the number is whole, put a line end behind it.',
        );
      }
      if (decimals === undefined || (this.decimals ?? decimals) !== decimals) this.isEven = false;
      this.decimals ??= decimals;
    });
  }
}
