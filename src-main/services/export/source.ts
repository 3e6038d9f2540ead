/** The potential that is to be exported or verified, from its file. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { PotentialError } from '../../../src-compute/errors.ts';
import { parseMtp } from '../../../src-compute/potentials/moment-tensor/mtp-text.ts';
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';

export interface PotentialSource {
  readonly model: PotentialModelBase;
  /** Name of the file without its extension. */
  readonly name: string;
  /** Provenance and error table, one line each. */
  readonly comments: readonly string[];
}

/**
 * Reads a potential file.
 * @param path an MLIP `.mtp`
 * @param species names of the types in order, for files that number them
 * @throws PotentialError saying what is wrong with the file
 */
export async function readPotentialSource(
  path: string,
  species?: readonly string[],
): Promise<PotentialSource> {
  const name = basename(path).replace(/\.(?:potential\.json|mtp|almtp)$/i, '');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new PotentialError(`The potential ${path} cannot be read.`, {
      remedy: 'Check the path given as --potential.',
      cause: error,
    });
  }
  return {
    model: parseMtp(text, species),
    name,
    comments: [`Exported by Forcewright from ${basename(path)}.`],
  };
}
