/** The neighbours that descriptors look at. */
import { StructureError } from '../../errors.ts';
import { atomCount, type Configuration } from '../../structure/configuration.ts';
import { neighbourPairs } from '../../structure/neighbour-list.ts';
import type { PairList } from '../../structure/reference-pairs.ts';

/** Atoms nearer than this are taken to be in one place, Å. */
const SAME_PLACE = 1e-6;

/**
 * All directed pairs within the cutoff.
 * @throws StructureError for no atoms, NaN positions, a cell without volume or two atoms in one place
 */
export function environmentPairs(configuration: Configuration, cutoff: number): PairList {
  if (atomCount(configuration) === 0) {
    throw new StructureError('The structure has no atoms.', { remedy: 'Leave this frame out.' });
  }
  const pairs = neighbourPairs(configuration, cutoff);
  const { vectors } = pairs;
  for (let p = 0; p < vectors.length; p += 3) {
    if (Math.abs(vectors[p]) + Math.abs(vectors[p + 1]) + Math.abs(vectors[p + 2]) < SAME_PLACE) {
      throw new StructureError('Two atoms are in the same place, where descriptors are not defined.', {
        remedy: 'Remove one of them.',
      });
    }
  }
  return pairs;
}
