/** XML that goes on for ever without a tag is given up after a bounded part of it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TextInput } from '../../../src-main/formats/text-input.ts';
import { XmlSource } from '../../../src-main/formats/xml-source.ts';
import { temporaryFolder } from '../../support/project.ts';

const folder = temporaryFolder();
const LIMIT = 1_000_000;

async function read(text: string): Promise<number> {
  const file = join(folder, 'a.xml');
  writeFileSync(file, text);
  await using input = await TextInput.open(file, {});
  let longest = 0;
  const handler = { open: () => undefined, close: (_: unknown, t: string) => void (longest = Math.max(longest, t.length)) }; // prettier-ignore
  const source = new XmlSource(input, handler, LIMIT);
  while (await source.advance());
  return longest;
}

describe('XML without tags', () => {
  it.each([
    ['text', `<a>${'x'.repeat(8 * LIMIT)}</a>`],
    ['white space', `<a>${' \n'.repeat(4 * LIMIT)}</a>`],
    ['a comment', `<a><!--${'x'.repeat(8 * LIMIT)}--></a>`],
    ['an attribute', `<a b="${'x'.repeat(8 * LIMIT)}"></a>`],
    ['character data', `<a><![CDATA[${'x'.repeat(8 * LIMIT)}]]></a>`],
  ])('is given up: %s', async (_name, text) => {
    await expect(read(text)).rejects.toThrow(/million characters hold none/);
  });

  it('is no matter where there are tags, however long the file', async () => {
    expect(await read(`<a>${`<b>${'1.5 '.repeat(1000)}</b>`.repeat(1500)}</a>`)).toBe(4000);
  });
});
