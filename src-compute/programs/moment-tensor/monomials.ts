/** Monomials x^a y^b z^c of unit vectors as a tree: each is its parent times one axis. */
import type { MomentGraph } from '../../potentials/moment-tensor/model.ts';

export interface Monomial {
  /** Exponents of x, y, z. */
  readonly powers: readonly [number, number, number];
  /** Index of the monomial without one factor, −1 for 1. */
  readonly parent: number;
  /** Axis of that factor. */
  readonly axis: 0 | 1 | 2;
  /** Basic moments Σ_j f_μ · monomial: index of the moment and μ. */
  readonly moments: { readonly moment: number; readonly mu: number }[];
}

/** All monomials of a graph and those on the way to them, parents before children. */
export function monomialTree(graph: MomentGraph): Monomial[] {
  const tree: Monomial[] = [];
  const indexOf = new Map<string, number>();
  const find = (powers: readonly [number, number, number]): number => {
    const key = powers.join(' ');
    const known = indexOf.get(key);
    if (known !== undefined) return known;
    // divide by the axis with the largest power: keeps the tree shallow in distinct factors
    const axis = powers.indexOf(Math.max(...powers)) as 0 | 1 | 2;
    const rank = powers[0] + powers[1] + powers[2];
    const without = powers.map((power, k) => (k === axis ? power - 1 : power)) as [number, number, number];
    const parent = rank === 0 ? -1 : find(without);
    tree.push({ powers, parent, axis, moments: [] });
    indexOf.set(key, tree.length - 1);
    return tree.length - 1;
  };
  for (let b = 0; b < graph.basics.length; b += 4) {
    const [mu, x, y, z] = graph.basics.subarray(b, b + 4);
    tree[find([x, y, z])].moments.push({ moment: b / 4, mu });
  }
  // by rank, so that a walk from the end meets children before parents
  const rank = (m: Monomial) => m.powers[0] + m.powers[1] + m.powers[2];
  const order = tree.map((_, k) => k).sort((a, b) => rank(tree[a]) - rank(tree[b]) || a - b);
  const place = new Map(order.map((old, now) => [old, now]));
  return order.map((old) => ({ ...tree[old], parent: place.get(tree[old].parent) ?? -1 }));
}
