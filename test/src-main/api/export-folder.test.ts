/** Zips of exported folders: whole, and made in pieces. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { expect, it } from 'vitest';
import { ExportShelf, zipped } from '../../../src-main/api/export-folder.ts';
import { randomNumbers, temporaryFolder } from '../../support/project.ts';

const folder = temporaryFolder();
const source = join(folder, 'model');
const random = randomNumbers(1);
// does not compress: the zip is as large as its files
const large = Uint8Array.from({ length: 3 << 20 }, () => 256 * random());
mkdirSync(join(source, 'inner'), { recursive: true });
writeFileSync(join(source, 'large.bin'), large);
writeFileSync(join(source, 'inner', 'é.txt'), 'text\n'.repeat(1000));
writeFileSync(join(source, 'empty'), '');

it('hold every file of the folder', async () => {
  const shelf = new ExportShelf(join(folder, 'shelf'));
  const key = await shelf.zip(source, 'model.zip');
  const parts: Uint8Array[] = [];
  for await (const piece of shelf.read(key)) parts.push(piece);
  const files = unzipSync(new Uint8Array(Buffer.concat(parts)));
  expect(Object.keys(files).sort()).toEqual(['empty', 'inner/é.txt', 'large.bin']);
  expect(Buffer.compare(files['large.bin'], large)).toBe(0);
  expect(Buffer.from(files['inner/é.txt']).toString()).toBe(
    readFileSync(join(source, 'inner', 'é.txt'), 'utf8'),
  );
  await shelf.dispose();
});

it('are refused in a sentence when no zip can hold the files', async () => {
  const shelf = new ExportShelf(join(folder, 'other'));
  await expect(shelf.zip(source, 'model.zip', 1 << 20)).rejects.toThrow(/larger than a zip can hold/);
  expect(readdirSync(folder)).not.toContain('other');
});

it('are made in pieces that do not grow with the files', async () => {
  const sizes: number[] = [];
  for await (const piece of zipped(source, [join(source, 'large.bin')])) sizes.push(piece.length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(large.length);
  expect(Math.max(...sizes)).toBeLessThan(large.length / 4);
});

it('leave nothing of what was packed, whether it went well or not', async () => {
  const shelf = new ExportShelf(join(folder, 'third'));
  const { result } = await shelf.zipOf('data.zip', (made) => {
    mkdirSync(made);
    writeFileSync(join(made, 'a'), 'text');
    return Promise.resolve(7);
  });
  expect(result).toBe(7);
  const failed = shelf.zipOf('data.zip', (made) => {
    mkdirSync(made);
    return Promise.reject(new Error('the disk is full'));
  });
  await expect(failed).rejects.toThrow('the disk is full');
  expect(readdirSync(join(folder, 'third'))).toHaveLength(1);
  await shelf.dispose();
});
