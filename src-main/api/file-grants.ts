/**
 * Files that the user handed to the window: dropped, chosen in a dialog, or uploaded. The router never takes a path
 * from the window; it takes the key of a grant, so that nothing outside what the user chose can be read.
 */
import { randomUUID } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { visibleLine } from '../../src-compute/quoting/visible.ts';
import { FileGrantError, Uploads, type UploadLimits } from './uploads.ts';

export { FileGrantError };

/** A file that may be read, as the window sees it. */
export interface FileGrant {
  readonly key: string;
  readonly name: string;
  readonly bytes: number;
}

interface Entry extends FileGrant {
  readonly path: string;
}

/** Folders with more files than this were hardly meant. */
const MAX_FILES_IN_FOLDER = 2000;

export class FileGrants {
  private readonly entries = new Map<string, Entry>();
  private readonly uploads: Uploads;

  /** @param uploadFolder folder for uploads, emptied when the host ends */
  constructor(uploadFolder: string, limits?: Partial<UploadLimits>) {
    this.uploads = new Uploads(uploadFolder, limits);
  }

  /**
   * Grants files of this machine; folders stand for all files in them.
   * @throws FileGrantError when one is missing or a folder holds too many
   */
  async addPaths(paths: readonly string[]): Promise<FileGrant[]> {
    const grants: FileGrant[] = [];
    for (const path of paths) {
      const status = await stat(path).catch((cause: unknown) => {
        throw new FileGrantError(`The file ${basename(path)} cannot be read.`, {
          remedy: 'Check that it still exists and that you may read it.',
          cause,
        });
      });
      if (!status.isDirectory()) {
        grants.push(this.add(path, basename(path), status.size));
        continue;
      }
      for (const file of await filesBelow(path)) grants.push(this.add(file.path, file.name, file.bytes));
    }
    return grants;
  }

  /**
   * Takes an upload.
   * @param name the file's name on the user's machine; only its last part is used
   * @param announced bytes that will come, where the browser says
   * @throws FileGrantError when it is too much, stalls or breaks off
   */
  async addUpload(
    name: string,
    body: WebStream<Uint8Array>,
    announced?: number,
  ): Promise<FileGrant & { sha256: string }> {
    const { path, bytes, sha256 } = await this.uploads.take(safeName(name), body, announced);
    return { ...this.add(path, safeName(name), bytes), sha256 };
  }

  /** Path of a granted file. */
  path(key: string): string {
    const entry = this.entries.get(key);
    if (entry === undefined) {
      throw new FileGrantError('This file is not open any more.', { remedy: 'Drop or choose it again.' });
    }
    this.uploads.used(entry.path);
    return entry.path;
  }

  paths(keys: readonly string[]): string[] {
    return keys.map((key) => this.path(key));
  }

  /** Deletes what was uploaded. */
  async dispose(): Promise<void> {
    this.entries.clear();
    await this.uploads.dispose();
  }

  private add(path: string, name: string, bytes: number): FileGrant {
    const grant = { key: randomUUID(), name, bytes };
    this.entries.set(grant.key, { ...grant, path });
    return grant;
  }
}

/** Longest name, bytes: most file systems hold 255, and endings and temporary names want room. */
const LONGEST_NAME = 160;

/** Names of devices on Windows, with any ending (learn.microsoft.com/windows/win32/fileio/naming-a-file). */
const DEVICE = /^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³])(?:\.|$)/i;

/**
 * The last part of a name, without anything that means something to a file system; a long one loses its beginning, so
 * that its ending stays.
 */
export function safeName(name: string): string {
  const last = name.toWellFormed().split(/[/\\]/).at(-1) ?? '';
  const letters = [...last].map((letter) =>
    /[<>:"|?*]/.test(letter) || visibleLine(letter) !== letter ? '_' : letter,
  );
  let bytes = Buffer.byteLength(letters.join(''));
  while (bytes > LONGEST_NAME) bytes -= Buffer.byteLength(letters.shift() ?? '');
  // hidden with a dot in front; Windows takes dots and blanks off the end
  const blank = (letter: string | undefined) => letter === '.' || letter === ' ';
  while (blank(letters[0])) letters.shift();
  while (blank(letters.at(-1))) letters.pop();
  const cleaned = letters.join('');
  if (cleaned === '') return 'file';
  return DEVICE.test(cleaned) ? `_${cleaned}` : cleaned;
}

async function filesBelow(folder: string): Promise<{ path: string; name: string; bytes: number }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
  if (files.length > MAX_FILES_IN_FOLDER) {
    throw new FileGrantError(
      `The folder ${basename(folder)} holds ${files.length} files; at most ${MAX_FILES_IN_FOLDER} are taken at once.`,
      { remedy: 'Choose the files or a smaller folder.' },
    );
  }
  return Promise.all(
    files.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path, name: entry.name, bytes: (await stat(path)).size };
    }),
  );
}
