/** Exported folders on their way to the user: zipped, kept in a temporary folder until the host ends. */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Zip, ZipDeflate } from 'fflate';
import { ForcewrightError } from '../../src-compute/errors.ts';
import { writeWhole } from '../platform/whole-file.ts';

/** Sizes and places in a zip are numbers of 32 bits (APPNOTE.TXT 4.4.1.4); some room for its list of names. */
const LARGEST_ZIP = 2 ** 32 - 2 ** 26;
/** Bytes that are read at once. */
const PIECE = 1 << 18;

export class ExportShelf {
  private readonly folder: string;
  private readonly names = new Map<string, string>();
  /** Folders that jobs of this host write to. */
  private readonly expected = new Map<number, string>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Packs all files of a folder, piece by piece: neither a file nor the zip is ever in memory as a whole.
   * @param room bytes that a zip may have: without extensions that many programs cannot read, 4 GiB
   * @returns the key to fetch the zip with
   * @throws ForcewrightError when the files are larger than a zip can be
   */
  async zip(source: string, name: string, room = LARGEST_ZIP): Promise<string> {
    const entries = await readdir(source, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
    if (sizes.reduce((sum, size) => sum + size, 0) > room) {
      throw new ForcewrightError('The exported files are larger than a zip can hold.', {
        remedy: 'Export them with `forcewright export`, which writes a folder.',
      });
    }
    const { key, path } = await this.place(name);
    await writeWhole(path, (part) => pipeline(Readable.from(zipped(source, paths)), createWriteStream(part)));
    return key;
  }

  /**
   * Has a folder written in a place of its own and packs it.
   * @param write makes the folder, which is not there yet
   */
  async zipOf<T>(name: string, write: (folder: string) => Promise<T>): Promise<{ key: string; result: T }> {
    await mkdir(this.folder, { recursive: true });
    const folder = join(this.folder, randomUUID());
    try {
      const result = await write(folder);
      return { key: await this.zip(folder, name), result };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Remembers where a job of this host writes its files. */
  expect(jobId: number, folder: string): void {
    this.expected.set(jobId, folder);
  }

  /**
   * The folder of a job, once; whoever takes it removes it.
   * @throws ForcewrightError when no job of this host wrote one
   */
  take(jobId: number): string {
    const folder = this.expected.get(jobId);
    if (folder === undefined) {
      throw new ForcewrightError('This export is not there any more.', { remedy: 'Export again.' });
    }
    this.expected.delete(jobId);
    return folder;
  }

  /** A place for a file that is about to be written. */
  async place(name: string): Promise<{ key: string; path: string }> {
    await mkdir(this.folder, { recursive: true });
    const key = randomUUID();
    this.names.set(key, name);
    return { key, path: join(this.folder, key) };
  }

  /**
   * The file as a stream: an export may be larger than memory, or than one buffer can be (2 GiB).
   * @throws ForcewrightError when it is not there any more
   */
  read(key: string): ReadableStream<Uint8Array> {
    if (!this.names.has(key)) {
      throw new ForcewrightError('This export is not there any more.', { remedy: 'Export again.' });
    }
    return Readable.toWeb(createReadStream(join(this.folder, key))) as ReadableStream<Uint8Array>;
  }

  async dispose(): Promise<void> {
    this.names.clear();
    for (const folder of this.expected.values()) await rm(folder, { recursive: true, force: true });
    this.expected.clear();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The bytes of a zip of some files, in pieces that do not grow with them. */
export async function* zipped(folder: string, paths: readonly string[]): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let failure: Error | undefined;
  const zip = new Zip((error, piece) => {
    failure ??= error ?? undefined;
    pieces.push(piece);
  });
  const take = () => {
    if (failure !== undefined) throw failure;
    const taken = pieces;
    pieces = [];
    return taken;
  };
  for (const path of paths) {
    const file = new ZipDeflate(relative(folder, path).split(sep).join('/'), { level: 6 });
    zip.add(file);
    for await (const chunk of createReadStream(path, { highWaterMark: PIECE })) {
      file.push(new Uint8Array(chunk as Buffer));
      yield* take();
    }
    file.push(new Uint8Array(0), true);
    yield* take();
  }
  zip.end();
  yield* take();
}
