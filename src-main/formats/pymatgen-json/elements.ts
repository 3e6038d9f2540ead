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

/** A single record longer than this is not one of a dataset. */
const LONGEST_RECORD = 256 << 20;

/**
 * The objects of a JSON file: those of the outermost array, or the outermost object itself.
 * @throws FrameFailure when brackets do not match, or the file ends inside an element
 */
export async function* jsonElements(pieces: AsyncIterable<string>): AsyncGenerator<JsonElement> {
  let line = 1;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let begun = false;
  let text = '';
  let startLine = 1;
  let arrayOpen = false;
  for await (const piece of pieces) {
    let from = 0;
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      if (code === 10) line++;
      if (inString) {
        if (escaped) escaped = false;
        else if (code === 92) escaped = true;
        else if (code === 34) inString = false;
        continue;
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
      else if (code === 123 || code === 91) depth++;
      else if ((code === 125 || code === 93) && --depth === 0) {
        yield { text: text + piece.slice(from, at + 1), line: startLine };
        from = at + 1;
        text = '';
      }
    }
    if (depth > 0) text += piece.slice(from);
    if (text.length > LONGEST_RECORD)
      throw new FrameFailure('Expected records of at most 256 MiB.', startLine);
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
