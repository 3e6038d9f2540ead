/** Result files of the entropy measures. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { writeWhole } from '../../platform/whole-file.ts';

/** Lines that are put together before they are written. */
const BLOCK = 10_000;

/**
 * Writes lines one by one: a table of ten million atoms is longer than a string can be.
 * @throws FileError when that is not possible
 */
export async function writeLines(path: string, lines: Iterable<string>): Promise<void> {
  await writeWhole(path, (name) => pipeline(Readable.from(blocksOf(lines)), createWriteStream(name)));
}

/** Lines in blocks of text, each line with its end. */
export function* blocksOf(lines: Iterable<string>): Generator<string> {
  let block: string[] = [];
  for (const line of lines) {
    block.push(line);
    if (block.length < BLOCK) continue;
    yield `${block.join('\n')}\n`;
    block = [];
  }
  if (block.length > 0) yield `${block.join('\n')}\n`;
}
