/** LAMMPS' file of an ACE potential. */
import { formatYace, type AceModel } from '../../../src-compute/potentials/ace/index.ts';
import { writeOrKeep } from '../../platform/whole-file.ts';
import { writeFileAtomically } from '../potentials/potential-file.ts';

/**
 * Writes NAME.yace.
 * @param base path without an extension
 * @returns the file
 */
export async function writeYace(base: string, model: AceModel): Promise<string> {
  const file = `${base}.yace`;
  await writeOrKeep(file, (path) => writeFileAtomically(path, formatYace(model)));
  return file;
}
