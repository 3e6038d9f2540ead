/**
 * Files on their way from a browser to this machine: written under a temporary name while they are hashed, with limits
 * on their size, number and patience, so that no page can fill the disk or hold a place for ever.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { ForcewrightError } from '../../src-compute/errors.ts';

/** The file cannot be taken. */
export class FileGrantError extends ForcewrightError {}

export interface UploadLimits {
  /** Largest file, bytes. */
  readonly file: number;
  /** All files that are kept, bytes. */
  readonly total: number;
  /** Files that are kept. */
  readonly count: number;
  /** Files that come in at the same time. */
  readonly atOnce: number;
  /** Space that is left free on the disk, bytes. */
  readonly spare: number;
  /** An upload that brings less than `pace` bytes in this time is given up, ms. */
  readonly patience: number;
  readonly pace: number;
  /** A file that nobody asked for in this time is removed, ms. */
  readonly keep: number;
}

const GB = 1e9;
export const UPLOAD_LIMITS: UploadLimits = {
  file: 100 * GB,
  total: 200 * GB,
  count: 10_000,
  atOnce: 16,
  spare: GB,
  patience: 60_000,
  pace: 1024,
  keep: 12 * 3600_000,
};

/** A file that was taken. */
export interface Upload {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export class Uploads {
  private readonly folder: string;
  private readonly limits: UploadLimits;
  /**
   * Bytes by path, of files that are kept, and when they were asked for: by a clock that never jumps, since the one on
   * the wall may be set ahead by a day, and all that was handed over would be gone.
   */
  private readonly kept = new Map<string, { readonly bytes: number; used: number }>();
  private coming = 0;
  /** Of files that are kept and of those that are coming. */
  private bytes = 0;

  constructor(folder: string, limits: Partial<UploadLimits> = {}) {
    this.folder = folder;
    this.limits = { ...UPLOAD_LIMITS, ...limits };
  }

  /**
   * Takes a file.
   * @param name a safe file name
   * @param announced how many bytes the browser says will come
   * @throws FileGrantError when it is too much, stalls or breaks off; nothing of it is left then
   */
  async take(name: string, body: WebStream<Uint8Array>, announced: number | undefined): Promise<Upload> {
    await this.removeUnused();
    const folder = join(this.folder, randomUUID());
    const path = join(folder, name);
    let bytes = 0;
    // before it is counted: one that is refused must not stand in the way of those that are coming
    if (this.coming >= this.limits.atOnce)
      throw tooMuch(`More than ${this.limits.atOnce} files are being uploaded at once`);
    this.coming++;
    try {
      this.checkRoom(name, announced ?? 0);
      await mkdir(folder, { recursive: true });
      await this.checkDisk(name, announced ?? 0);
      const hash = createHash('sha256');
      const source = Readable.fromWeb(body);
      let checked = 0;
      const count = new Transform({
        transform: (chunk: Buffer, _encoding, done) => {
          hash.update(chunk);
          bytes += chunk.byteLength;
          this.bytes += chunk.byteLength;
          try {
            this.checkRoom(name, 0, bytes);
          } catch (error) {
            return done(error as Error);
          }
          if (bytes - checked < 64e6) return done(null, chunk);
          checked = bytes;
          this.checkDisk(name, 0).then(() => done(null, chunk), done);
        },
      });
      using open = new DisposableStack();
      open.use(
        this.watchPace(
          name,
          () => bytes,
          (error) => count.destroy(error),
        ),
      );
      await pipeline(source, count, createWriteStream(`${path}.part`));
      await rename(`${path}.part`, path);
      this.kept.set(path, { bytes, used: performance.now() });
      return { path, bytes, sha256: hash.digest('hex') };
    } catch (cause) {
      this.bytes -= bytes;
      await rm(folder, { recursive: true, force: true });
      throw cause instanceof FileGrantError ? cause : broken(name, cause);
    } finally {
      this.coming--;
    }
  }

  /** A file was asked for: it is kept longer. */
  used(path: string): void {
    const entry = this.kept.get(path);
    if (entry) entry.used = performance.now();
  }

  /** Removes files that nobody asked for in a long time. */
  async removeUnused(now = performance.now()): Promise<void> {
    for (const [path, { used, bytes }] of this.kept) {
      if (now - used < this.limits.keep) continue;
      this.kept.delete(path);
      this.bytes -= bytes;
      await rm(join(path, '..'), { recursive: true, force: true });
    }
  }

  async dispose(): Promise<void> {
    this.kept.clear();
    await rm(this.folder, { recursive: true, force: true });
  }

  private checkRoom(name: string, announced: number, bytes = 0): void {
    const { file, total, count } = this.limits;
    const size = Math.max(announced, bytes);
    if (size > file) throw tooMuch(`${name} is larger than ${sizeText(file)}, the most that can be uploaded`);
    if (this.kept.size >= count) throw tooMuch(`${count} files have been uploaded already`);
    if (this.bytes + announced > total)
      throw tooMuch(`The uploaded files together are larger than ${sizeText(total)}`);
  }

  private async checkDisk(name: string, needed: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    if (bavail * bsize - needed >= this.limits.spare) return;
    throw new FileGrantError(`The disk is nearly full: ${name} could not be uploaded.`, {
      remedy:
        'Free some space on the disk of temporary files, or name the file to forcewright import instead.',
    });
  }

  private watchPace(name: string, bytes: () => number, stop: (error: Error) => void): Disposable {
    let before = 0;
    const timer = setInterval(() => {
      if (bytes() - before < this.limits.pace)
        stop(new FileGrantError(`The upload of ${name} stood still.`, { remedy: 'Drop the file again.' }));
      before = bytes();
    }, this.limits.patience);
    timer.unref();
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }
}

function tooMuch(what: string): FileGrantError {
  return new FileGrantError(`${what}.`, {
    remedy: 'Import large files from the terminal: forcewright import FILE --project PROJECT.',
  });
}

function broken(name: string, cause: unknown): FileGrantError {
  const full =
    cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT');
  return new FileGrantError(
    full ? `The disk is full: ${name} could not be uploaded.` : `The upload of ${name} was interrupted.`,
    { remedy: full ? 'Free some space on the disk and drop the file again.' : 'Drop the file again.', cause },
  );
}

function sizeText(bytes: number): string {
  return bytes >= GB ? `${Math.round(bytes / GB)} GB` : `${bytes} bytes`;
}
