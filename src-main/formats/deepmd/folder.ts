/** The folder of a DeePMD system: type.raw, type_map.raw, nopbc, and sets of arrays (set.000, …) or tables of text. */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FormatError, FrameFailure } from '../format.ts';

/** What is the same for all frames of a system. */
export interface DeepmdFolder {
  readonly folder: string;
  /** Type of each atom, from 0. */
  readonly types: readonly number[];
  /** Element of each type; undefined without type_map.raw. */
  readonly names: readonly string[] | undefined;
  readonly periodic: boolean;
  /** Folders of arrays, in order; empty where the system is of raw tables. */
  readonly sets: readonly string[];
}

/**
 * The file that a path to read stands for: of a folder its type.raw.
 * @throws FormatError when a folder has none
 */
export async function fileOf(path: string): Promise<string> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory() !== true) return path;
  const types = join(path, 'type.raw');
  if (existsSync(types)) return types;
  if (existsSync(join(dirname(path), 'type.raw')) && existsSync(join(path, 'coord.npy')))
    throw new FormatError(`${path} is one set of a DeePMD system.`, {
      file: path,
      remedy: `Give the folder of the system: ${dirname(path)}.`,
    });
  throw new FormatError(`${path} is a folder; expected a file.`, {
    file: path,
    remedy: 'Of folders only those of DeePMD systems, with a type.raw, are read.',
  });
}

/**
 * Reads what describes the system.
 * @param file its type.raw
 * @throws FrameFailure when it is none
 */
export async function readDeepmdFolder(file: string): Promise<DeepmdFolder> {
  const folder = dirname(file);
  const words = (await readFile(file, 'utf8')).trim().split(/\s+/);
  const types = words.map(Number);
  const wrong = words.findIndex((word) => !/^\d{1,5}$/.test(word));
  if (wrong >= 0)
    throw new FrameFailure(
      `Expected the types of the atoms, whole numbers from 0, in type.raw, found "${words[wrong].slice(0, 40)}".`,
      1,
    );
  const map = join(folder, 'type_map.raw');
  const names = existsSync(map) ? (await readFile(map, 'utf8')).trim().split(/\s+/) : undefined;
  const entries = await readdir(folder);
  const sets = entries.filter((name) => /^set\.\w+$/.test(name)).sort();
  if (sets.length === 0 && !entries.includes('coord.raw'))
    throw new FrameFailure(
      'Expected folders set.000, … or a table coord.raw beside type.raw, found none.',
      1,
    );
  return { folder, types, names, periodic: !entries.includes('nopbc'), sets };
}
