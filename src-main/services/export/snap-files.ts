/** LAMMPS' two files of a SNAP potential. */
import { formatSnap, type SnapModel } from '../../../src-compute/potentials/snap/index.ts';
import { writeOrKeep } from '../../platform/whole-file.ts';
import { writeFileAtomically } from '../potentials/potential-file.ts';

/**
 * Writes NAME.snapcoeff and NAME.snapparam.
 * @param base path without an extension
 * @param comments lines at the head of both
 * @returns the files
 */
export async function writeSnapFiles(
  base: string,
  model: SnapModel,
  comments: readonly string[],
): Promise<string[]> {
  const { coefficients, parameters } = formatSnap(model, comments);
  const files = [`${base}.snapcoeff`, `${base}.snapparam`];
  await writeOrKeep(files[0], (path) => writeFileAtomically(path, coefficients));
  await writeOrKeep(files[1], (path) => writeFileAtomically(path, parameters));
  return files;
}
