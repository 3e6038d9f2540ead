/** The neighbours that descriptors look at. */
import { StructureError } from '../../errors.ts';
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { referencePairs, type PairList } from '../../structure/reference-pairs.ts';

/**
 * All directed pairs within the cutoff.
 * @throws StructureError for no atoms, NaN positions, a cell without volume or two atoms in one place
 */
export function environmentPairs(configuration: Configuration, cutoff: number): PairList {
  if (atomCount(configuration) === 0) {
    throw new StructureError('The structure has no atoms.', { remedy: 'Leave this frame out.' });
  }
  const pairs = referencePairs(configuration, cutoff);
  for (let p = 0; p < pairs.neighbours.length; p++) {
    const x =
      Math.abs(pairs.vectors[3 * p]) +
      Math.abs(pairs.vectors[3 * p + 1]) +
      Math.abs(pairs.vectors[3 * p + 2]);
    if (!(x > 1e-9)) {
      throw new StructureError('Two atoms are in the same place, where descriptors are not defined.', {
        remedy: 'Remove one of them.',
      });
    }
  }
  return pairs;
}
