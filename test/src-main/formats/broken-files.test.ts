/** Bad input: for every importer a table of broken files, each with the sentence that the user gets. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { detectFormat, readConfigurations } from '../../../src-main/formats/index.ts';
import { BROKEN_CALCULATIONS } from './broken-calculations.ts';
import { BROKEN_STRUCTURES } from './broken-structures.ts';
import { GOOD } from './samples.ts';
import { allFrames, formatErrorOf, readText, temporaryFile } from './support.ts';

const CASES = { ...BROKEN_STRUCTURES, ...BROKEN_CALCULATIONS };

describe.each(Object.keys(CASES))('%s', (name) => {
  test.each(CASES[name].map((row) => [row[0], row] as const))(
    '%s',
    async (_, [, change, sentence, frame, line]) => {
      const path = temporaryFile(change(GOOD[name]));
      const error = await formatErrorOf(readConfigurations(path, { format: name }));
      expect(error.message).toMatch(sentence);
      expect(error.message.startsWith(`${path}, frame `)).toBe(true);
      expect(error.message).toMatch(/\.$/);
      expect(error.remedy).not.toBe('');
      if (frame !== undefined) expect(error.frame).toBe(frame);
      if (line !== undefined) expect(error.line).toBe(line);
      // with --skip-bad the same frame is reported and has no configuration
      const bad = (await allFrames(path, { format: name })).find((read) => read.configuration === undefined);
      expect(bad?.frame).toBe(error.frame);
      expect(bad?.problems[0].message).toMatch(sentence);
    },
  );

  test('the good file reads, and reads the same with CRLF, a byte order mark, or gzip', async () => {
    const good = await readText(GOOD[name]);
    expect(good.length).toBeGreaterThan(0);
    expect(await readText(GOOD[name].replaceAll('\n', '\r\n'))).toEqual(good);
    expect(await readText(`\ufeff${GOOD[name]}`)).toEqual(good);
    expect(await readText(GOOD[name].trimEnd())).toEqual(good);
    expect(await readText(gzipSync(GOOD[name]))).toEqual(good);
  });

  test('is detected by content', async () => {
    expect((await detectFormat(temporaryFile(GOOD[name], 'no-extension'))).name).toBe(name);
    expect((await detectFormat(temporaryFile(GOOD[name], 'wrong.xyz'))).name).toBe(name);
  });
});

describe('skipping bad frames', () => {
  test('the frames around a bad one are read', async () => {
    const good = GOOD.extxyz;
    const path = temporaryFile(
      good + good.replace('Si 0.0', 'Si nan') + good.replace('2\nLattice', '3\nLattice') + good,
    );
    const frames = await allFrames(path);
    expect(frames.map((frame) => frame.configuration !== undefined)).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
      true,
      true,
    ]);
    expect(frames[2].problems[0]).toMatchObject({ severity: 'error', frame: 2, line: 11, file: path });
    expect(await readConfigurations(path, { skipBad: true })).toHaveLength(6);
  });

  test.each(['mlip', 'lammps-dump'])('%s goes on with the next frame', async (name) => {
    const frames = await allFrames(temporaryFile(GOOD[name].replace(/2\.0|0\.5/, 'nan') + GOOD[name]));
    expect(frames.map((frame) => frame.configuration !== undefined)).toEqual([false, true, true, true]);
  });
});

describe('files that are no structure files', () => {
  test.each([
    ['empty', '', /is empty/],
    ['blank', '\n \n', /is empty/],
    ['binary', '\x7fELF\0\0\0', /is a binary file/],
    ['prose', 'Dear colleagues,\nplease find attached\n', /is not known/],
    ['UTF-16', Buffer.from('\ufeff2\ncomment\n', 'utf16le'), /is written in UTF-16/],
  ] as const)('%s', async (_, content, sentence) => {
    expect((await formatErrorOf(readText(content))).message).toMatch(sentence);
  });

  test('a missing file, a folder, an unknown format, a frame that is not there', async () => {
    expect((await formatErrorOf(readConfigurations('/nowhere/at.all'))).message).toBe(
      '/nowhere/at.all does not exist.',
    );
    expect((await formatErrorOf(readConfigurations('/'))).message).toMatch(/is a folder/);
    expect((await formatErrorOf(readText(GOOD.xyz, { format: 'docx' }))).message).toMatch(
      /There is no format "docx"/,
    );
    const path = temporaryFile(GOOD.extxyz);
    expect((await formatErrorOf(readConfigurations(`${path}@2`))).message).toMatch(
      /has no frame 2: it has 2 frames/,
    );
  });

  test('compressed data that ends early', async () => {
    const packed = gzipSync(GOOD.extxyz.repeat(1000));
    const error = await formatErrorOf(readText(packed.subarray(0, packed.length - 20)));
    expect(error.message).toMatch(/the compressed data is damaged or cut off/);
  });
});
