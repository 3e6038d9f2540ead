/**
 * Bispectrum components as sums over distinct products of three expansion coefficients. The sums of bispectrum.ts name a
 * product of the same three elements many times, in other orders and as conjugates; here each is one term
 *
 *   Σ_t c_t Re(z_t u_{c_t}),  z = u_a u_b, u_a u_b* or (u_a u_b)*,
 *
 * and terms with the same z are one group, so that z is computed once and its derivative handed back once. For silicon with
 * 2J = 8 this leaves 10266 of 34946 products.
 */
import { triples } from '../../potentials/snap/bispectrum.ts';
import type { ElementList } from './elements.ts';

/** How a group's z is made of its two elements. */
export const PRODUCT_KINDS = ['plain', 'second conjugate', 'conjugate'] as const;
export type ProductKind = (typeof PRODUCT_KINDS)[number];

export interface Term {
  /** Third element. */
  readonly third: number;
  readonly component: number;
  /** One for each set of coefficients. */
  readonly factors: readonly number[];
}

export interface Group {
  readonly first: number;
  readonly second: number;
  readonly terms: readonly Term[];
}

/** What components there are: for every one the channels of its three matrices and, by set, what multiplies its terms. */
export interface Component {
  readonly triple: number;
  readonly channels: readonly [number, number, number];
  readonly factors: readonly number[];
  /** Components with the same number share their terms. */
  readonly target: number;
}

/** Products of elements, by their numbers: element + channel · elements, times 2, plus 1 for the conjugate. */
interface Product {
  readonly code: readonly [number, number, number];
  readonly component: number;
  readonly factors: number[];
}

/** Smallest factor of a term, relative to the largest: below it is rounding. */
const NEGLIGIBLE = 1e-14;

/** Groups of each kind. */
export function groupedProducts(
  list: ElementList,
  components: readonly Component[],
): Record<ProductKind, Group[]> {
  const products = distinctProducts(list, components);
  return group(products);
}

function distinctProducts(list: ElementList, components: readonly Component[]): Product[] {
  const size = list.elements.length;
  const all = triples(list.twojmax);
  const folded = foldedElements(list);
  const base = 2 * size * (1 + Math.max(...components.flatMap(({ channels }) => channels)));
  const found = new Map<number, Map<number, Product>>();
  for (const { triple, channels, factors, target } of components) {
    const { conjugate, first, second, factor } = all[triple];
    const products = found.get(target) ?? new Map<number, Product>();
    found.set(target, products);
    const code = (k: number, channel: number, flip: 0 | 1) => {
      const { element, conjugate: star } = folded[k];
      const turned = list.elements[element].real ? 0 : (star ? 1 : 0) ^ flip;
      return 2 * (element + channel * size) + turned;
    };
    for (let t = 0; t < factor.length; t++) {
      const [f, s, c] = [first[t], second[t], conjugate[t]];
      const sign = folded[f].sign * folded[s].sign * folded[c].sign;
      const three = ordered(
        [code(f, channels[0], 0), code(s, channels[1], 0), code(c, channels[2], 1)],
        list,
      );
      const key = (three[0] * base + three[1]) * base + three[2];
      const product = products.get(key) ?? { code: three, component: target, factors: factors.map(() => 0) };
      products.set(key, product);
      factors.forEach((scale, set) => (product.factors[set] += scale * factor[t] * sign));
    }
  }
  const flat = [...found.values()].flatMap((products) => [...products.values()]);
  const magnitude = ({ factors }: Product) =>
    factors.reduce((max, factor) => Math.max(max, Math.abs(factor)), 0);
  const largest = flat.reduce((max, product) => Math.max(max, magnitude(product)), 0);
  return flat.filter((product) => magnitude(product) > NEGLIGIBLE * largest);
}

/** Folded form of every element of the full matrices. */
function foldedElements(list: ElementList) {
  const all = [];
  for (let j = 0; j <= list.twojmax; j++)
    for (let m = 0; m <= j; m++) for (let n = 0; n <= j; n++) all.push(list.fold(j, m, n));
  return all;
}

type Three = [number, number, number];

const ascending = ([a, b, c]: Three): Three => {
  if (a > b) [a, b] = [b, a];
  if (b > c) [b, c] = [c, b];
  if (a > b) [a, b] = [b, a];
  return [a, b, c];
};

/** The one of a product and its conjugate (whose real part is the same) that comes first, in ascending order. */
function ordered(code: Three, list: ElementList): Three {
  const flip = (x: number) => (list.elements[(x >> 1) % list.elements.length].real ? x : x ^ 1);
  const plain = ascending(code);
  const turned = ascending([flip(code[0]), flip(code[1]), flip(code[2])]);
  for (let k = 0; k < 3; k++) if (plain[k] !== turned[k]) return plain[k] < turned[k] ? plain : turned;
  return plain;
}

/** A pair of elements whose product z many terms may share: how z is made of them, and which products it is part of. */
interface Pair {
  readonly kind: ProductKind;
  readonly first: number;
  readonly second: number;
  /** Products and the third element of each. */
  readonly products: number[];
  readonly thirds: number[];
}

/** The pair that is left when an element of a product is taken as the third; its key among all pairs. */
function pairKey(code: readonly number[], third: number, base: number): number {
  const flip = code[third] & 1;
  const a = code[third === 0 ? 1 : 0] ^ flip;
  const b = code[third === 2 ? 1 : 2] ^ flip;
  return (a & 1) > (b & 1) ? b * base + a : a * base + b;
}

function pairOf(key: number, base: number): Pair {
  const [first, second] = [Math.floor(key / base), key % base];
  const kind = (second & 1) === 0 ? 'plain' : (first & 1) === 0 ? 'second conjugate' : 'conjugate';
  return { kind, first: first >> 1, second: second >> 1, products: [], thirds: [] };
}

/** Gives every product to one of its three pairs, the most wanted pairs first. */
function group(products: readonly Product[]): Record<ProductKind, Group[]> {
  const base = 2 + products.reduce((largest, { code }) => Math.max(largest, code[2]), 0);
  const pairs = new Map<number, Pair>();
  products.forEach(({ code }, product) => {
    for (let third = 0; third < 3; third++) {
      const key = pairKey(code, third, base);
      let pair = pairs.get(key);
      if (!pair) pairs.set(key, (pair = pairOf(key, base)));
      if (pair.products.at(-1) === product) continue;
      pair.products.push(product);
      pair.thirds.push(code[third] >> 1);
    }
  });
  const given = new Uint8Array(products.length);
  const groups: Record<ProductKind, Group[]> = { plain: [], 'second conjugate': [], conjugate: [] };
  // pairs by how many products they would take; one that has lost some to others waits for its turn among the smaller
  const buckets: Pair[][] = [];
  for (const pair of pairs.values()) (buckets[pair.products.length] ??= []).push(pair);
  for (let size = buckets.length - 1; size > 0; size--)
    for (const pair of buckets[size] ?? []) {
      const left = pair.products.reduce((count, product) => count + (given[product] === 0 ? 1 : 0), 0);
      if (left === size) groups[pair.kind].push(takeProducts(pair, products, given));
      else (buckets[left] ??= []).push(pair);
    }
  // groups of one length stand together: loops over their terms then end as processors foresee
  const length = ({ terms }: Group) => terms.length;
  for (const kind of PRODUCT_KINDS)
    groups[kind].sort((a, b) => length(b) - length(a) || a.first - b.first || a.second - b.second);
  return groups;
}

/** The group of a pair's products that no other pair has. */
function takeProducts(pair: Pair, products: readonly Product[], given: Uint8Array): Group {
  const terms: Term[] = [];
  pair.products.forEach((product, k) => {
    if (given[product] !== 0) return;
    given[product] = 1;
    const { component, factors } = products[product];
    terms.push({ third: pair.thirds[k], component, factors });
  });
  return { first: pair.first, second: pair.second, terms };
}
