/** Species numbers of atoms, for every backend. */
import { PotentialError } from '../errors.ts';

/**
 * Index among the potential's species for each atom.
 * @throws PotentialError naming the species that the potential does not have
 */
export function speciesOfAtoms(
  species: readonly string[],
  atoms: { readonly symbols: readonly string[]; readonly kinds: Uint16Array },
): Int32Array {
  const indexOfKind = atoms.symbols.map((symbol) => species.indexOf(symbol));
  return Int32Array.from(atoms.kinds, (kind) => {
    const index = indexOfKind[kind] ?? -1;
    if (index < 0) {
      throw new PotentialError(
        `The structure contains ${atoms.symbols[kind] ?? `a kind number ${kind} without a symbol`}, and the potential was made for ${species.join(', ')}.`,
        { remedy: 'Use a potential that knows this element, or name the types with --species.' },
      );
    }
    return index;
  });
}
