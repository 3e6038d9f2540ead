/**
 * Table of monomials u_x^a u_y^b u_z^c of the unit vector up to a rank, in an order in which each is its parent times
 * one component.
 */
export interface MonomialTable {
  /** (a, b, c) of each monomial. */
  readonly powers: readonly (readonly [number, number, number])[];
  /** Index of the monomial that gives this one when multiplied by the component `axis`; −1 for the first, 1. */
  readonly parent: readonly number[];
  readonly axis: readonly number[];
  /** Index of the monomial with one power less along x, y, z; −1 where the power is zero. */
  readonly lower: readonly (readonly [number, number, number])[];
  indexOf(a: number, b: number, c: number): number;
}

/** All monomials of rank ≤ maximumRank. */
export function monomialTable(maximumRank: number): MonomialTable {
  const powers: [number, number, number][] = [];
  for (let rank = 0; rank <= maximumRank; rank++) {
    for (let a = rank; a >= 0; a--) for (let b = rank - a; b >= 0; b--) powers.push([a, b, rank - a - b]);
  }
  const index = new Map(powers.map((p, k) => [p.join(), k]));
  const indexOf = (a: number, b: number, c: number) => index.get([a, b, c].join()) ?? -1;
  const lower = powers.map(
    ([a, b, c]) => [indexOf(a - 1, b, c), indexOf(a, b - 1, c), indexOf(a, b, c - 1)] as const,
  );
  const axis = powers.map(([a, b]) => (a > 0 ? 0 : b > 0 ? 1 : 2));
  const parent = lower.map((row, k) => row[axis[k]]);
  return { powers, parent, axis, lower, indexOf };
}
