/** What md and hmc check about their files before the run, so that hours of computing do not end in a lost file. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { SimulationError } from '../../../src-compute/errors.ts';
import { formatOfName } from '../../formats/index.ts';

/** Option names, such as --out, and the files that they name. */
export type NamedFiles = Readonly<Record<string, string | undefined>>;

/**
 * Every file that a run writes must be one of its own.
 * @throws SimulationError when an output would overwrite an input or another output
 */
export function requireSeparateFiles(inputs: NamedFiles, outputs: NamedFiles): void {
  const reads = new Map<string, string>();
  for (const [option, file] of Object.entries(inputs)) {
    if (file !== undefined) reads.set(identity(file.replace(/@\d+$/, '')), option);
  }
  const writes = new Map<string, string>();
  for (const [option, file] of Object.entries(outputs)) {
    if (file === undefined || isDevice(file)) continue;
    const path = identity(file);
    const [reader, writer] = [reads.get(path), writes.get(path)];
    if (reader !== undefined) {
      throw new SimulationError(`${option} would overwrite ${file}, which ${reader} reads.`, {
        remedy: 'Choose another name; nothing was written.',
      });
    }
    if (writer !== undefined) {
      throw new SimulationError(`${writer} and ${option} name the same file, ${file}.`, {
        remedy: 'Give each a file of its own; nothing was written.',
      });
    }
    writes.set(path, option);
  }
}

/**
 * For a file that is written only at the end of a run.
 * @throws SimulationError when its name tells no format or its folder cannot be written to
 */
export function requireWritableFrames(option: string, file: string): void {
  if (formatOfName(file)?.write === undefined) {
    throw new SimulationError(`${option} ${file}: the name does not tell a format that can be written.`, {
      remedy: 'Use a name that ends in .xyz, for example.',
    });
  }
  try {
    accessSync(dirname(resolve(file)), constants.W_OK);
  } catch (cause) {
    throw new SimulationError(
      `${option} ${file} cannot be written: the folder is missing or may not be written to.`,
      { remedy: 'Choose another place.', cause },
    );
  }
}

/** The absolute path, links followed as far as they exist. */
function identity(file: string): string {
  const path = resolve(file);
  try {
    return realpathSync(path);
  } catch {
    try {
      return join(realpathSync(dirname(path)), basename(path));
    } catch {
      return path; // a folder that does not exist is reported when the file is opened
    }
  }
}

/** /dev/null may be named twice. */
function isDevice(file: string): boolean {
  const state = statSync(file, { throwIfNoEntry: false });
  return state !== undefined && !state.isFile() && !state.isDirectory();
}
