/** Long tables are written in pieces of bounded length. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { blocksOf, writeLines } from '../../../../src-main/services/entropy/write-text.ts';
import { temporaryFolder } from '../../../support/project.ts';

function* numbered(count: number): Generator<string> {
  for (let k = 0; k < count; k++) yield String(k);
}

it('are whole, and no text is as long as the table', async () => {
  const file = join(temporaryFolder(), 'table.csv');
  await writeLines(file, numbered(100_001));
  const lines = readFileSync(file, 'utf8').split('\n');
  expect([lines.length, lines[0], lines[100_000], lines[100_001]]).toEqual([100_002, '0', '100000', '']);
  const longest = (count: number) =>
    Math.max(...Array.from(blocksOf(numbered(count)), (block) => block.length));
  expect(longest(90_000)).toBe(longest(20_000));
  expect([...blocksOf([])]).toEqual([]);
});
