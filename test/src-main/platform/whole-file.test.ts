/** Places that refuse a result: full, not there, a folder, a device. Nothing is lost and every error is a sentence. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asSentence } from '../../../src-main/platform/file-error.ts';
import { writeOrKeep, writeWholeFile } from '../../../src-main/platform/whole-file.ts';
import { temporaryFolder } from '../../support/project.ts'; // prettier-ignore

const folder = temporaryFolder();
const failure = (work: Promise<unknown>) => work.then(() => undefined, (error: unknown) => error as { message: string; remedy: string }); // prettier-ignore

describe('whole files', () => {
  it('replace what a link names, and leave the link', async () => {
    writeFileSync(join(folder, 'real'), 'old');
    symlinkSync('real', join(folder, 'link'));
    await writeWholeFile(join(folder, 'link'), 'new');
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, 'real'), 'utf8')).toBe('new');
  });

  it.skipIf(!existsSync('/dev/full'))(
    'say that the disk is full, and leave the device a device',
    async () => {
      symlinkSync('/dev/full', join(folder, 'full.json'));
      const error = await failure(writeWholeFile(join(folder, 'full.json'), 'x'));
      expect(error?.message).toMatch(/The disk is full: .*full\.json could not be written/);
      expect(statSync('/dev/full').isCharacterDevice()).toBe(true);
    },
  );

  it.skipIf(!existsSync('/dev/full'))('keep a result elsewhere and name the place', async () => {
    symlinkSync('/dev/full', join(folder, 'fit.potential.json'));
    const error = await failure(writeOrKeep(join(folder, 'fit.potential.json'), (path) => writeFile(path, 'dear')));
    expect(error?.message).toMatch(/The disk is full/);
    const kept = /Nothing is lost: the result is in (.*)\.$/.exec(error?.remedy ?? '')?.[1] ?? '';
    expect(kept).toMatch(/fit\.potential\.json$/);
    expect(await readFile(kept, 'utf8')).toBe('dear');
  }); // prettier-ignore

  it('keep a result whose folder was removed meanwhile, and leave nothing half-written', async () => {
    const error = await failure(writeOrKeep(join(folder, 'gone', 'a.xyz'), (path) => writeWholeFile(path, 'dear')));
    expect(error?.message).toMatch(/is not there, or its folder is missing/);
    expect(error?.remedy).toMatch(/Nothing is lost/);
    mkdirSync(join(folder, 'taken'));
    expect((await failure(writeWholeFile(join(folder, 'taken'), 'x')))?.message).toMatch(/is a folder/);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  }); // prettier-ignore
});

describe('errors of the system', () => {
  it('become sentences, also deep inside, and others stay what they are', () => {
    const system = (code: string) => Object.assign(new Error(`${code}: raw`), { code, path: '/a/b' });
    expect(asSentence(system('EROFS'))).toMatchObject({ message: '/a/b cannot be written: its disk is read-only.' });
    expect(asSentence(new Error('outer', { cause: system('EMFILE') }))).toMatchObject({ name: 'FileError' });
    expect(asSentence(new RangeError('Invalid string length'))).toMatchObject({ name: 'FileError' });
    const other = new TypeError('a fault of the program');
    expect(asSentence(other)).toBe(other);
  }); // prettier-ignore
});
