/**
 * Elements of a large JSON array, one after another, without holding the whole file: a small scanner follows braces,
 * brackets and strings, and JSON.parse gets one element at a time.
 */
import { FrameFailure } from '../format.ts';

export interface JsonElement {
  readonly text: string;
  /** Line on which it begins, from 1. */
  readonly line: number;
}

/** Bounds of what is one dataset's, in characters. */
export interface JsonBounds {
  /** A record: a structure of a million atoms has about 300 million. */
  readonly record: number;
  /** A string: names, formulas and comments. */
  readonly string: number;
  /** White space and commas without anything else. */
  readonly blank: number;
  /** Braces and brackets within each other. */
  readonly depth: number;
}

const BOUNDS: JsonBounds = { record: 256 << 20, string: 1 << 20, blank: 1 << 20, depth: 200 };

/**
 * The objects of a JSON file: those of the outermost array, or the outermost object itself.
 * @throws FrameFailure when brackets do not match, the file ends inside an element, or something goes on for too long
 */
export async function* jsonElements(
  pieces: AsyncIterable<string>,
  bounds: JsonBounds = BOUNDS,
): AsyncGenerator<JsonElement> {
  let line = 1;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let begun = false;
  let text = '';
  let startLine = 1;
  let arrayOpen = false;
  /** Characters of the string, or of the white space, that is being read. */
  let run = 0;
  for await (const piece of pieces) {
    let from = 0;
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      if (code === 10) line++;
      if (inString) {
        if (++run > bounds.string) throw endless('a string', bounds.string, line);
        if (escaped) escaped = false;
        else if (code === 92) escaped = true;
        else if (code === 34) {
          inString = false;
          run = 0;
        }
        continue;
      }
      if (code <= 32 || code === 44) {
        if (++run > bounds.blank) throw endless('white space', bounds.blank, line);
      } else {
        run = 0;
      }
      if (depth === 0) {
        if (code === 123) {
          depth = 1;
          begun = true;
          startLine = line;
          from = at;
          text = '';
        } else if (code === 91 && !arrayOpen && !begun) {
          arrayOpen = true;
        } else if (code === 93 && arrayOpen) {
          return;
        } else if (code !== 44 && code !== 32 && code !== 10 && code !== 13 && code !== 9) {
          throw new FrameFailure(`Expected an object "{…}", found "${piece[at]}".`, line);
        }
        continue;
      }
      if (code === 34) inString = true;
      else if (code === 123 || code === 91) {
        if (++depth > bounds.depth)
          throw new FrameFailure('Expected records; braces and brackets are nested too deeply.', line);
      } else if ((code === 125 || code === 93) && --depth === 0) {
        yield { text: text + piece.slice(from, at + 1), line: startLine };
        from = at + 1;
        text = '';
      }
    }
    if (depth > 0) text += piece.slice(from);
    if (text.length > bounds.record)
      throw new FrameFailure(
        `Expected records of at most ${bounds.record >> 20} MiB.`,
        startLine,
        'Write the structure in another format, as extended XYZ.',
      );
  }
  if (depth > 0)
    throw new FrameFailure(
      'The file ends inside a record.',
      line,
      'The file was cut off: copy it again, or leave the last record out with --skip-bad.',
    );
  if (arrayOpen)
    throw new FrameFailure(
      'The file ends before the closing bracket of its list.',
      line,
      'The file was cut off: copy it again.',
    );
}

function endless(what: string, most: number, line: number): FrameFailure {
  return new FrameFailure(
    `Expected records; found ${what} of more than ${most.toLocaleString('en')} characters.`,
    line,
    'This is no dataset, or it was damaged: write it again.',
  );
}
