/**
 * Files that the user handed to the window: dropped, chosen in a dialog, or uploaded. The router never takes a path
 * from the window; it takes the key of a grant, so that nothing outside what the user chose can be read.
 */
import { randomUUID } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ReadableStream as WebStream } from 'node:stream/web';
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

/** The last part of a name, without anything that means something to a file system. */
export function safeName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const cleaned = last.replace(/[\u0000-\u001f<>:"|?*]/g, '_').replace(/^\.+/, '');
  return cleaned.slice(-120) || 'file';
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
