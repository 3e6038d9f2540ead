/**
 * Couplings of products of A's that do not change when a structure turns or atoms of a kind are exchanged.
 *
 * Angular momenta are coupled one after the other, ((l₁ l₂) L₂ l₃) L₃ … to zero; every sequence of intermediate L is an
 * invariant (Drautz, Phys. Rev. B 99 (2019) 014104; Dusson et al., J. Comput. Phys. 454 (2022) 110946). Factors of the same
 * radial function may be exchanged, so that products are counted once whatever their order, and invariants that were
 * independent become dependent: an independent, orthonormal set of what is left is chosen by pivoted orthogonalisation
 * (permutation-adapted sets: J. Comput. Phys. 510 (2024) 113073).
 */
import { clebschGordan } from '../snap/clebsch-gordan.ts';

/** Products of A's with their coefficients: one invariant. */
export interface Coupling {
  /** m of every factor, combination after combination; of a combination and its negative only one is listed. */
  readonly orders: Int32Array;
  readonly coefficients: Float64Array;
}

/** Below it, relative to vectors of length 1, what is left of a vector is rounding. */
const NEGLIGIBLE = 1e-8;

/** m of all factors that add up to zero. */
function ordersOf(angular: readonly number[]): number[][] {
  let list: number[][] = [[]];
  angular.forEach((l, t) => {
    const rest = angular.slice(t + 1).reduce((sum, next) => sum + next, 0);
    list = list.flatMap((ms) => {
      const sum = ms.reduce((total, m) => total + m, 0);
      const out: number[][] = [];
      for (let m = -l; m <= l; m++) if (Math.abs(sum + m) <= rest) out.push([...ms, m]);
      return out;
    });
  });
  return list;
}

/** Sequences of intermediate angular momenta: L₁ = l₁, …, L = 0 at the end. */
function sequencesOf(angular: readonly number[]): number[][] {
  let list: number[][] = [[angular[0]]];
  for (const l of angular.slice(1))
    list = list.flatMap((ls) => {
      const last = ls[ls.length - 1];
      const out: number[][] = [];
      for (let next = Math.abs(last - l); next <= last + l; next++) out.push([...ls, next]);
      return out;
    });
  return list.filter((ls) => ls[ls.length - 1] === 0);
}

/** Clebsch–Gordan coefficients of whole angular momenta, each computed once. */
const known = new Map<string, number>();
function coefficient(l1: number, m1: number, l2: number, m2: number, l: number): number {
  const key = `${l1} ${m1} ${l2} ${m2} ${l}`;
  let value = known.get(key);
  if (value === undefined) {
    value = clebschGordan(2 * l1, 2 * m1, 2 * l2, 2 * m2, 2 * l);
    known.set(key, value);
  }
  return value;
}

/** Coefficient of a product in an invariant. */
function amplitude(angular: readonly number[], ms: readonly number[], sequence: readonly number[]): number {
  let [value, m] = [1, ms[0]];
  for (let t = 1; t < angular.length && value !== 0; t++) {
    value *= coefficient(sequence[t - 1], m, angular[t], ms[t], sequence[t]);
    m += ms[t];
  }
  return value;
}

/** The orders of a product, whatever the order of exchangeable factors and the sign of all m. */
function canonical(ms: readonly number[], groups: readonly number[]): number[] {
  const sorted = (list: readonly number[]) =>
    list
      .map((m, t) => ({ m, group: groups[t] }))
      .sort((a, b) => a.group - b.group || b.m - a.m)
      .map(({ m }) => m);
  const [one, other] = [sorted(ms), sorted(ms.map((m) => -m))];
  const first = one.findIndex((m, t) => m !== other[t]);
  return first < 0 || one[first] > other[first] ? one : other;
}

/**
 * Independent invariants of a product.
 * @param angular l of every factor
 * @param groups equal numbers, side by side, for factors that may be exchanged
 * @returns none where the sum of l is odd: such products change their sign in a mirror
 */
export function invariantCouplings(angular: readonly number[], groups: readonly number[]): Coupling[] {
  if (angular.reduce((sum, l) => sum + l, 0) % 2 === 1) return [];
  const sequences = sequencesOf(angular);
  /** Of every product: its orders, how many combinations it stands for, and its coefficient in every invariant. */
  const products = new Map<string, { orders: number[]; count: number; values: Float64Array }>();
  for (const ms of ordersOf(angular)) {
    const orders = canonical(ms, groups);
    const key = orders.join(' ');
    const product = products.get(key) ?? { orders, count: 0, values: new Float64Array(sequences.length) };
    products.set(key, product);
    product.count++;
    sequences.forEach((sequence, s) => (product.values[s] += amplitude(angular, ms, sequence)));
  }
  const list = [...products.values()];
  // the length of a symmetric tensor whose entries share a coefficient: Σ c²/count
  const scales = list.map(({ count }) => 1 / Math.sqrt(count));
  const vectors = sequences.map((_, s) => list.map(({ values }, k) => values[s] * scales[k]));
  return independent(vectors).map((vector) => {
    const kept = list.map((_, k) => k).filter((k) => Math.abs(vector[k]) > NEGLIGIBLE);
    return {
      orders: Int32Array.from(kept.flatMap((k) => list[k].orders)),
      coefficients: Float64Array.from(kept, (k) => vector[k] / scales[k]),
    };
  });
}

/** An orthonormal basis of what vectors span, by pivoted Gram–Schmidt orthogonalisation, each step done twice. */
function independent(vectors: readonly (readonly number[])[]): number[][] {
  const basis: number[][] = [];
  const left = vectors.map((vector) => [...vector]);
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, k) => sum + x * b[k], 0);
  const take = (vector: number[], direction: readonly number[]) => {
    const along = dot(vector, direction);
    direction.forEach((x, k) => (vector[k] -= along * x));
  };
  for (;;) {
    const lengths = left.map((vector) => Math.sqrt(dot(vector, vector)));
    const longest = Math.max(0, ...lengths);
    if (longest < NEGLIGIBLE) return basis;
    const chosen = left[lengths.indexOf(longest)].map((x) => x / longest);
    for (const direction of basis) take(chosen, direction);
    const length = Math.sqrt(dot(chosen, chosen));
    const unit = chosen.map((x) => x / length);
    basis.push(unit);
    for (const vector of left) take(vector, unit);
  }
}
