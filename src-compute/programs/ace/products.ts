/**
 * Products of sums, each formed once. The functions of a potential name the same product many times, in other couplings and
 * with all orders reversed (which gives the complex conjugate, and the same real part); here every product of an ACE
 * potential is one term
 *
 *   Σ c Re(z_a z_b),   z: sums A, or products of sums formed before
 *
 * (the recursive evaluation of Lysogorskiy et al., npj Comput. Mater. 7 (2021) 97, with pairs shared between terms). Terms
 * with the same first factor are one group.
 */

/** A sum A as a factor: its channel, n, l and m (from −l to l). */
export interface Leaf {
  readonly channel: number;
  readonly n: number;
  readonly l: number;
  readonly m: number;
}

/** c by centre, then density. */
type Coefficients = Float64Array;

export interface Group {
  readonly first: number;
  readonly terms: readonly GroupTerm[];
}

interface GroupTerm {
  readonly second: number;
  readonly coefficients: Coefficients;
  /** Number of the term, as add() said it. */
  readonly number: number;
}

/** Nodes are numbered: leaves first, then products. */
export interface ProductGraph {
  readonly leaves: readonly Leaf[];
  readonly products: readonly { readonly left: number; readonly right: number }[];
  readonly groups: readonly Group[];
}

const leafKey = ({ channel, n, l, m }: Leaf) => `${channel} ${n} ${l} ${m}`;

/** Collects products with their coefficients, then forms the graph. */
export class ProductCollection {
  private readonly leaves: Leaf[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly terms = new Map<
    string,
    { factors: number[]; coefficients: Coefficients; number: number }
  >();
  private readonly size: number;

  /** @param size number of coefficients of a product */
  constructor(size: number) {
    this.size = size;
  }

  private leaf(leaf: Leaf): number {
    const key = leafKey(leaf);
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.leaves.push(leaf) - 1;
      this.numbers.set(key, number);
    }
    return number;
  }

  /** Adds c Re Π A. @param place of c among the coefficients. @returns number of the term */
  add(factors: readonly Leaf[], place: number, c: number): number {
    const one = factors.map((leaf) => this.leaf(leaf)).sort((a, b) => a - b);
    const other = factors.map((leaf) => this.leaf({ ...leaf, m: -leaf.m })).sort((a, b) => a - b);
    const [a, b] = [one.join(' '), other.join(' ')];
    const key = a < b ? a : b;
    const term = this.terms.get(key) ?? {
      factors: a < b ? one : other,
      coefficients: new Float64Array(this.size),
      number: this.terms.size,
    };
    this.terms.set(key, term);
    term.coefficients[place] += c;
    return term.number;
  }

  graph(): ProductGraph {
    const terms = [...this.terms.values()].filter(({ coefficients }) => coefficients.some((c) => c !== 0));
    const builder = new GraphBuilder(this.leaves.length, terms);
    const pairs = terms
      .sort((a, b) => a.factors.length - b.factors.length)
      .map(({ factors, ...rest }) => ({ nodes: builder.split(factors), ...rest }));
    return { leaves: this.leaves, products: builder.products, groups: grouped(pairs) };
  }
}

/** Forms products of sums so that few are needed: a product that is there is used again, else the pairs met most often. */
class GraphBuilder {
  readonly products: { left: number; right: number }[] = [];
  private readonly leaves: number;
  private readonly nodes = new Map<string, number>();
  private readonly popularity = new Map<string, number>();

  constructor(leaves: number, terms: readonly { readonly factors: readonly number[] }[]) {
    this.leaves = leaves;
    for (const { factors } of terms) {
      if (factors.length < 3) continue;
      for (let a = 0; a < factors.length; a++)
        for (let b = a + 1; b < factors.length; b++) {
          const key = `${factors[a]} ${factors[b]}`;
          this.popularity.set(key, (this.popularity.get(key) ?? 0) + 1);
        }
    }
  }

  /** Two nodes whose product has these factors. */
  split(factors: readonly number[]): [number, number] {
    const size = factors.length;
    const half = Math.ceil(size / 2);
    let best: { cost: number; popular: number; parts: [number[], number[]] } | undefined;
    for (const chosen of subsets(size, half)) {
      const parts: [number[], number[]] = [
        factors.filter((_, k) => chosen.includes(k)),
        factors.filter((_, k) => !chosen.includes(k)),
      ];
      const cost = this.missing(parts[0]) + this.missing(parts[1]);
      const popular = Math.max(...parts.map((part) => this.popularity.get(part.join(' ')) ?? 0));
      if (!best || cost < best.cost || (cost === best.cost && popular > best.popular))
        best = { cost, popular, parts };
    }
    if (!best) throw new RangeError('a product of nothing');
    return [this.node(best.parts[0]), this.node(best.parts[1])];
  }

  /** Products that would have to be formed for a part, at most. */
  private missing(part: readonly number[]): number {
    if (part.length === 1 || this.nodes.has(part.join(' '))) return 0;
    if (part.length === 2) return 1;
    const least = part.map((_, k) => this.missing(part.filter((_other, j) => j !== k)));
    return 1 + Math.min(...least);
  }

  private node(part: readonly number[]): number {
    if (part.length === 1) return part[0];
    const key = part.join(' ');
    const known = this.nodes.get(key);
    if (known !== undefined) return known;
    const [left, right] = part.length === 2 ? [part[0], part[1]] : this.cheapest(part);
    const number = this.leaves + this.products.push({ left, right }) - 1;
    this.nodes.set(key, number);
    return number;
  }

  /** A product of three or more as one of fewer, times a sum. */
  private cheapest(part: readonly number[]): [number, number] {
    const rests = part.map((_, k) => part.filter((_other, j) => j !== k));
    const costs = rests.map((rest) => this.missing(rest));
    const k = costs.indexOf(Math.min(...costs));
    return [this.node(rests[k]), part[k]];
  }
}

/** Subsets of 0 … size − 1 of a length; of two complementary halves one. */
function subsets(size: number, length: number): number[][] {
  const out: number[][] = [];
  const choose = (from: number, chosen: number[]) => {
    if (chosen.length === length) {
      if (2 * length !== size || chosen[0] === 0) out.push(chosen);
      return;
    }
    for (let k = from; k < size; k++) choose(k + 1, [...chosen, k]);
  };
  choose(0, []);
  return out;
}

/** Terms under the factor that more of them share. */
function grouped(
  pairs: readonly {
    readonly nodes: readonly [number, number];
    readonly coefficients: Coefficients;
    readonly number: number;
  }[],
): Group[] {
  const uses = new Map<number, number>();
  for (const { nodes } of pairs) for (const node of nodes) uses.set(node, (uses.get(node) ?? 0) + 1);
  const groups = new Map<number, GroupTerm[]>();
  for (const { nodes, ...rest } of pairs) {
    const [a, b] = nodes;
    const first = (uses.get(a) ?? 0) >= (uses.get(b) ?? 0) ? a : b;
    const terms = groups.get(first) ?? [];
    groups.set(first, terms);
    terms.push({ second: first === a ? b : a, ...rest });
  }
  return [...groups].map(([first, terms]) => ({ first, terms }));
}
