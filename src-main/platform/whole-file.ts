/** Files that appear whole or not at all, and results that are kept elsewhere when their place refuses them. */
import { mkdir, mkdtemp, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { CancelledError } from '../../src-compute/errors.ts';
import { asSentence, FileError, fileError } from './file-error.ts';
import { finalName, partName } from './temporary-files.ts';

/** Whether a path names what is no file: /dev/stdout, a pipe. Renaming something over it would destroy it. */
export async function isDevice(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

/**
 * Writes a file by way of a temporary name beside it, so that a killed process or a full disk leaves the old one or the
 * new one. A link is followed: what it names is replaced. What is no file is written directly.
 * @param write writes the file of the given name
 * @throws FileError when the system refuses; whatever else `write` throws
 */
export async function writeWhole(path: string, write: (name: string) => Promise<void>): Promise<void> {
  const device = await isDevice(path);
  const target = device ? path : finalName(path);
  const name = device ? path : partName(target);
  try {
    await write(name);
    if (device) return;
    await sync(name);
    await rename(name, target);
  } catch (error) {
    if (!device) await rm(name, { force: true }).catch(() => undefined);
    throw asSentence(error, path);
  }
}

/**
 * Writes a folder by way of a temporary name beside it, so that it is there whole or not at all. A folder that holds
 * something is never replaced.
 * @param write writes into the folder of the given name, which is empty
 * @throws FileError when there is something already, or when the system refuses; whatever else `write` throws
 */
export async function writeWholeFolder(
  path: string,
  write: (folder: string) => Promise<void>,
): Promise<void> {
  const target = resolve(path);
  const there = await readdir(target).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? [] : [basename(target)],
  );
  if (there.length > 0)
    throw new FileError(`${path} is there already, and is no empty folder.`, {
      remedy: 'Give the name of a new folder.',
    });
  const name = partName(target);
  try {
    await mkdir(name);
    await write(name);
    await rename(name, target);
  } catch (error) {
    await rm(name, { recursive: true, force: true }).catch(() => undefined);
    throw asSentence(error, path);
  }
}

/** Writes text, pieces of text or bytes as a whole file. @throws FileError */
export async function writeWholeFile(
  path: string,
  content: string | Uint8Array | Iterable<string>,
): Promise<void> {
  await writeWhole(path, (name) => writeFile(name, content));
}

/** Some systems tell of a full disk (NFS, quotas) only now. */
async function sync(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  await file.sync();
}

/**
 * Writes a result that took long to make. Where its place refuses it (a full or read-only disk, a folder that was
 * removed meanwhile), it is kept in another place, which the error names.
 * @param write writes the file of the given name
 * @throws FileError
 */
export async function writeOrKeep(path: string, write: (name: string) => Promise<void>): Promise<void> {
  try {
    await write(path);
  } catch (thrown) {
    if (thrown instanceof CancelledError) throw thrown;
    // what is wrong with the content is wrong everywhere
    if (fileError(thrown, path) === undefined) throw thrown;
    const reason = asSentence(thrown, path);
    const kept = await keep(basename(path), dirname(resolve(path)), write);
    const message = reason instanceof Error ? reason.message : String(reason);
    throw new FileError(message, {
      remedy:
        kept === undefined
          ? 'The result could not be kept anywhere else either. Make room, then run this again.'
          : `Nothing is lost: the result is in ${kept}.`,
      cause: thrown,
    });
  }
}

/** Tries the places that a user can be expected to find something in. @returns where it is */
async function keep(
  name: string,
  refused: string,
  write: (name: string) => Promise<void>,
): Promise<string | undefined> {
  for (const place of [tmpdir(), homedir(), process.cwd()].filter((folder) => resolve(folder) !== refused)) {
    let folder: string | undefined;
    try {
      // not a temporary folder of this process: those are swept
      folder = await mkdtemp(join(place, 'forcewright-kept-'));
      await write(join(folder, name));
      return join(folder, name);
    } catch {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
  }
  return undefined;
}
