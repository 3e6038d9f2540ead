/** The data file that LAMMPS reads, written by the format of the same name. */
import { writeFile } from 'node:fs/promises';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { writeLammpsData } from '../../formats/lammps-data/writer.ts';

/**
 * Writes a configuration that is already in LAMMPS' frame (frame.ts).
 * @param types elements of the LAMMPS types 1, 2, …
 */
export async function writeDataFile(
  path: string,
  configuration: Configuration,
  types: readonly string[],
): Promise<void> {
  await writeFile(path, dataFileText(configuration, types, path));
}

/** Text of the data file, in pieces. */
export function dataFileText(
  configuration: Configuration,
  types: readonly string[],
  path: string,
): AsyncIterable<string> {
  // charges would change the atom style that the scripts expect
  const bare: Configuration = { ...configuration, atomColumns: undefined };
  return writeLammpsData(one(bare), { species: types }, path);
}

async function* one(configuration: Configuration): AsyncGenerator<Configuration> {
  yield await Promise.resolve(configuration);
}
