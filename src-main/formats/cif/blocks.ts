/**
 * CIF text as data blocks: tags with values, and loops. A token is a bare word, a quoted string (closed by the quote
 * that is followed by a blank), or a text field between lines that begin with a semicolon.
 * Syntax: Hall, Allen & Brown, Acta Cryst. A47 (1991) 655; CIF 1.1.
 */
import { FrameFailure } from '../format.ts';
import type { TextInput } from '../text-input.ts';

interface Token {
  readonly text: string;
  /** Whether it stood in quotes, so that it is a value whatever it looks like. */
  readonly quoted: boolean;
  readonly line: number;
}

/** Characters of one data block, a text field included: a structure of a million atoms has about 60 million. */
const LONGEST_BLOCK = 128_000_000;

/** One column of a loop, or a single value as a column of one. */
export type CifColumn = readonly string[];

export interface CifBlock {
  readonly name: string;
  /** Line of its heading, from 1. */
  readonly line: number;
  /** Columns by tag, in lower case, dots read as underscores. */
  readonly columns: ReadonlyMap<string, CifColumn>;
}

/**
 * Data blocks of a file, one after another.
 * @throws FrameFailure for text that is no CIF
 */
export async function* cifBlocks(input: TextInput): AsyncGenerator<CifBlock> {
  let block: { name: string; line: number; columns: Map<string, string[]> } | undefined;
  let tags: string[] = [];
  /** What the next tokens belong to: the tags of a loop, its values, or one value. */
  let state: 'start' | 'tags' | 'values' | 'value' = 'start';
  let count = 0;
  const finishLoop = (line: number) => {
    if (state === 'value') throw new FrameFailure(`Expected a value for ${tags[0]}.`, line);
    if (state === 'tags') throw new FrameFailure('Expected values after the tags of loop_.', line);
    if (state === 'values' && count % tags.length !== 0) {
      throw new FrameFailure(
        `Expected ${tags.length} values in each row of the loop of ${tags[0]}, but its last row is not full.`,
        line,
      );
    }
    state = 'start';
  };
  let last = 1;
  let length = 0;
  for await (const token of tokensOf(input)) {
    last = token.line;
    length += token.text.length + 1;
    if (length > LONGEST_BLOCK) throw tooLong(token.line);
    const keyword = token.quoted ? '' : token.text.toLowerCase();
    if (keyword.startsWith('data_')) {
      finishLoop(token.line);
      if (block !== undefined) yield block;
      length = 0;
      block = { name: token.text.slice(5), line: token.line, columns: new Map() };
      continue;
    }
    if (block === undefined)
      throw new FrameFailure(
        `Expected a data block (data_…), found "${token.text.slice(0, 40)}".`,
        token.line,
      );
    if (keyword === 'loop_') {
      finishLoop(token.line);
      tags = [];
      count = 0;
      state = 'tags';
    } else if (keyword.startsWith('save_') || keyword === 'stop_' || keyword === 'global_') {
      finishLoop(token.line);
    } else if (keyword.startsWith('_')) {
      const tag = keyword.replaceAll('.', '_');
      if (state !== 'tags') {
        finishLoop(token.line);
        tags = [];
        state = 'value';
      }
      tags.push(tag);
      if (block.columns.has(tag))
        throw new FrameFailure(`Expected ${tag} once in a data block, found it twice.`, token.line);
      block.columns.set(tag, []);
    } else {
      if (state === 'start')
        throw new FrameFailure(`Expected a tag or loop_, found "${token.text.slice(0, 40)}".`, token.line);
      if (state === 'tags') state = 'values';
      block.columns.get(tags[count % tags.length])?.push(token.text);
      count = state === 'values' ? count + 1 : 0;
      if (state === 'value') state = 'start';
    }
  }
  finishLoop(last);
  if (block !== undefined) yield block;
}

function tooLong(line: number): FrameFailure {
  return new FrameFailure(
    'Expected a data block of one structure; this one has more than 128 million characters.',
    line,
  );
}

async function* tokensOf(input: TextInput): AsyncGenerator<Token> {
  while (await input.nextLine()) {
    let text = input.text();
    const { line } = input;
    if (text.startsWith(';')) {
      const rows = [text.slice(1)];
      let length = text.length;
      for (;;) {
        if (!(await input.nextLine()))
          throw new FrameFailure(
            'The file ends inside a text field; expected a line with a semicolon.',
            line,
          );
        text = input.text();
        if (text.startsWith(';')) break;
        rows.push(text);
        length += text.length + 1;
        if (length > LONGEST_BLOCK) throw tooLong(line);
      }
      yield { text: rows.join('\n'), quoted: true, line };
      text = text.slice(1);
    }
    yield* tokensOfLine(text, line);
  }
}

function* tokensOfLine(text: string, line: number): Generator<Token> {
  let at = 0;
  for (;;) {
    while (at < text.length && /\s/.test(text[at])) at++;
    if (at >= text.length || text[at] === '#') return;
    const quote = text[at];
    if (quote === '"' || quote === "'") {
      let end = at + 1;
      while (
        end < text.length &&
        !(text[end] === quote && (end + 1 === text.length || /\s/.test(text[end + 1])))
      )
        end++;
      if (end >= text.length) throw new FrameFailure(`Expected a closing ${quote} on this line.`, line);
      yield { text: text.slice(at + 1, end), quoted: true, line };
      at = end + 1;
    } else {
      let end = at;
      while (end < text.length && !/\s/.test(text[end])) end++;
      yield { text: text.slice(at, end), quoted: false, line };
      at = end;
    }
  }
}
