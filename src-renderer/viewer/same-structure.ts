/** Whether two structures are the same to the eye: what was measured in one then still holds in the other. */
import type { ViewerStructure } from './types.ts';

function same(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}

/** Same atoms in the same order. */
export function sameAtoms(a: ViewerStructure, b: ViewerStructure): boolean {
  return same(a.symbols, b.symbols) && same(a.kinds, b.kinds);
}

/** Same atoms at the same places in the same cell, whoever read them. */
export function sameStructure(a: ViewerStructure, b: ViewerStructure): boolean {
  return (
    a === b ||
    (sameAtoms(a, b) &&
      same(a.periodic, b.periodic) &&
      same(a.cell, b.cell) &&
      same(a.positions, b.positions))
  );
}
