/** How elements enter descriptors that know no list of elements. */
import { atomicNumber } from '../../structure/elements.ts';

/** Atomic number that kinds count as which are no elements: their s(Z) is 1. */
export const UNKNOWN_ELEMENT = 16;

/** s(Z) = √Z/4; 1 for kinds that are no elements. */
export function elementWeight(symbol: string): number {
  return Math.sqrt(atomicNumber(symbol) ?? UNKNOWN_ELEMENT) / 4;
}
