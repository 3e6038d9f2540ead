/** Limits of uploads: size, number, sum, patience, space; nothing of a refused one stays. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { describe, expect, it, vi } from 'vitest';
import { FileGrants, safeName } from '../../../src-main/api/file-grants.ts';
import { Uploads, type UploadLimits } from '../../../src-main/api/uploads.ts';
import { temporaryFolder } from '../../support/project.ts';

const folder = temporaryFolder();
let number = 0;
const uploads = (limits: Partial<UploadLimits>) => {
  const place = join(folder, String(++number));
  mkdirSync(place);
  return { uploads: new Uploads(place, { spare: 0, ...limits }), place };
};
const body = (bytes: number) => new Blob([new Uint8Array(bytes)]).stream() as WebStream<Uint8Array>;
/** A body that says a little and then nothing. */
const stalled = () =>
  new ReadableStream<Uint8Array>({ start: (to) => to.enqueue(new Uint8Array(10)) }) as WebStream<Uint8Array>;

describe('uploads', () => {
  it('keep what fits and hash it', async () => {
    const { uploads: taker } = uploads({});
    const taken = await taker.take('a.xyz', new Blob(['abc']).stream() as WebStream<Uint8Array>, 3);
    expect(readFileSync(taken.path, 'utf8')).toBe('abc');
    expect(taken.sha256).toMatch(/^ba7816bf/);
  });

  it('are refused before a byte is read when the browser announces too much', async () => {
    const { uploads: taker, place } = uploads({ file: 1000 });
    const untouched = new ReadableStream<Uint8Array>({ pull: () => expect.unreachable() }, { highWaterMark: 0 });
    await expect(taker.take('a', untouched as WebStream<Uint8Array>, 1001)).rejects.toThrow(/larger than 1000 bytes/);
    expect(readdirSync(place)).toEqual([]);
  }); // prettier-ignore

  it.each([
    ['a file that is larger than it said', { file: 1000 }, /larger than/],
    ['files that are too much together', { total: 1500 }, /together/],
    ['more files than are kept', { count: 1 }, /1 files have been uploaded/],
  ])('stop at %s', async (_name, limits, sentence) => {
    const { uploads: taker, place } = uploads(limits);
    await taker.take('first', body(900), undefined);
    await expect(taker.take('second', body(200_000), undefined)).rejects.toThrow(sentence);
    expect(readdirSync(place)).toHaveLength(1);
    // what was refused does not count
    if (!('count' in limits)) await taker.take('third', body(500), undefined);
  });

  it('leave space on the disk', async () => {
    const { uploads: taker, place } = uploads({ spare: Number.MAX_SAFE_INTEGER });
    await expect(taker.take('a', body(10), 10)).rejects.toThrow(/nearly full/);
    expect(readdirSync(place)).toEqual([]);
  });

  it('are given up when they stand still, and only so many come at a time', async () => {
    const { uploads: taker, place } = uploads({ patience: 100, atOnce: 2 });
    const two = [taker.take('a', stalled(), undefined), taker.take('b', stalled(), undefined)];
    const ends = Promise.allSettled(two);
    await wait(20);
    await expect(taker.take('c', body(10), 10)).rejects.toThrow(/at once/);
    for (const end of await ends)
      expect(String((end as PromiseRejectedResult).reason)).toMatch(/stood still/);
    expect(readdirSync(place)).toEqual([]);
    await taker.take('c', body(10), 10);
  });

  it('are removed when nobody asks for them any more', async () => {
    const { uploads: taker, place } = uploads({ keep: 1000 });
    const { path } = await taker.take('a', body(10), 10);
    await taker.removeUnused(performance.now() + 900);
    expect(readdirSync(place)).toHaveLength(1);
    taker.used(path);
    await taker.removeUnused(performance.now() + 5000);
    expect(readdirSync(place)).toEqual([]);
  });

  it('stay when the clock on the wall jumps ahead by a year', async () => {
    const { uploads: taker, place } = uploads({});
    await taker.take('a', body(10), 10);
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 365 * 24 * 3600_000);
    await taker.take('b', body(10), 10);
    vi.restoreAllMocks();
    expect(readdirSync(place)).toHaveLength(2);
  });
});

describe('names of files', () => {
  it.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\a.xyz', 'a.xyz'],
    ['.hidden', 'hidden'],
    ['a\u0000b\u001b[2J\u202egnp.xyz', 'a_b_[2J_gnp.xyz'],
    ['CON', '_CON'],
    ['nul.xyz', '_nul.xyz'],
    ['com1', '_com1'],
    ['console.xyz', 'console.xyz'],
    ['ends with a dot. ', 'ends with a dot'],
    ['...', 'file'],
    ['', 'file'],
  ])('%j is kept as %j', (given, kept) => {
    expect(safeName(given)).toBe(kept);
  });

  it('keep their ending however long they are, in any script, and fit on the disk with what is put behind them', async () => {
    const grants = new FileGrants(join(folder, 'long'), { spare: 0 });
    for (const letter of ['a', '\u4e2d', '\u{1F600}', '\ud800']) {
      const name = `${letter.repeat(3000)}.extxyz`;
      expect(safeName(name)).toMatch(/\.extxyz$/);
      expect(safeName(`${safeName(name)}.fwproj`)).toMatch(/\.fwproj$/);
      const grant = await grants.addUpload(name, body(3), 3);
      expect(readFileSync(grants.path(grant.key)).length).toBe(3);
    }
    await grants.dispose();
  });
});
