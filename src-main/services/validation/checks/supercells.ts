/** Supercells of checks. */
import { faceDistances } from '../../../../src-compute/structure/cell.ts';
import { atomCount, type Configuration } from '../../../../src-compute/structure/configuration.ts';
import { supercell } from '../../../../src-compute/structure/lattices.ts';

/** How often a cell is repeated until all its faces are this far apart, Å. */
export function repeats(cell: Configuration, length: number): [number, number, number] {
  const [a, b, c] = faceDistances(cell.cell).map((distance) =>
    Math.max(1, Math.ceil(length / distance - 1e-6)),
  );
  return [a, b, c];
}

export function supercellAtoms(cell: Configuration, length: number): number {
  const [a, b, c] = repeats(cell, length);
  return atomCount(cell) * a * b * c;
}

export const supercellOf = (cell: Configuration, length: number): Configuration =>
  supercell(cell, repeats(cell, length));
