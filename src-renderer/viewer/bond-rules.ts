/**
 * Up to which distance two kinds of atoms count as bonded. A rule for the eye, not chemistry: a factor times the sum
 * of covalent radii, with two exceptions that keep ionic crystals readable: alkali and alkaline-earth atoms, whose
 * covalent radii say little about their contacts, count with three quarters of theirs, and metals are bonded to each
 * other only where there is no non-metal.
 */
import { atomicNumber } from '../../src-compute/structure/elements.ts';
import { covalentRadius } from './element-style.ts';

/** Non-metals, noble gases and the metalloids that form covalent networks, by atomic number. */
const NON_METALS = new Set([
  1, 2, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18, 32, 33, 34, 35, 36, 51, 52, 53, 54, 85, 86,
]);

/** Alkali and alkaline-earth metals without beryllium, by atomic number. */
const S_BLOCK = new Set([3, 11, 12, 19, 20, 37, 38, 55, 56, 87, 88]);

/** More neighbours than this on average, and a metal is a solid or a melt, where sticks say nothing. */
const METALLIC_COORDINATION = 6;

/**
 * Whether bonds help the eye: not among atoms that are all metals and have many neighbours each. Dimers, chains and
 * small clusters of metals keep theirs.
 * @param present symbols of the atoms that are there
 */
export function bondsHelp(present: readonly string[], bonds: number, atoms: number): boolean {
  const metals = present.every((symbol) => {
    const z = atomicNumber(symbol) ?? 0;
    return z > 0 && !NON_METALS.has(z);
  });
  return !metals || (2 * bonds) / Math.max(1, atoms) <= METALLIC_COORDINATION;
}

/**
 * Bond limits in Å between kinds, row-major; 0 for pairs that are never bonded.
 * @param tolerance factor on the sum of radii; 1.15 is usual
 */
export function bondLimits(symbols: readonly string[], tolerance: number): Float64Array {
  const numbers = symbols.map((symbol) => atomicNumber(symbol) ?? 0);
  const anyNonMetal = numbers.some((z) => NON_METALS.has(z));
  const isMetal = (z: number) => z > 0 && !NON_METALS.has(z);
  const radius = (kind: number) =>
    (anyNonMetal && S_BLOCK.has(numbers[kind]) ? 0.75 : 1) * covalentRadius(symbols[kind]);
  const size = symbols.length;
  const limits = new Float64Array(size * size);
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < size; b++) {
      const apart = anyNonMetal && isMetal(numbers[a]) && isMetal(numbers[b]);
      limits[a * size + b] = apart ? 0 : tolerance * (radius(a) + radius(b));
    }
  }
  return limits;
}
