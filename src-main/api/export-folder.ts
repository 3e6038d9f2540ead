/** Exported folders on their way to the user: zipped, kept in a temporary folder until the host ends. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { zipSync, type Zippable } from 'fflate';
import { ForcewrightError } from '../../src-compute/errors.ts';

export class ExportShelf {
  private readonly folder: string;
  private readonly names = new Map<string, string>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Packs all files of a folder. @returns the key to fetch the zip with */
  async zip(source: string, name: string): Promise<string> {
    const entries = await readdir(source, { recursive: true, withFileTypes: true });
    const files: Zippable = {};
    for (const entry of entries.filter((candidate) => candidate.isFile())) {
      const path = join(entry.parentPath, entry.name);
      const inside = relative(source, path).split(sep).join('/');
      files[inside] = [new Uint8Array(await readFile(path)), { level: 6 }];
    }
    const { key, path } = await this.place(name);
    await writeFile(path, zipSync(files));
    return key;
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
    await rm(this.folder, { recursive: true, force: true });
  }
}
