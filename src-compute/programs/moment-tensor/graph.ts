/**
 * The product graph of moments, forwards and backwards: M_k = Σ m M_i M_j, and a_k = ∂E_i/∂M_k by the reverse pass. Small
 * graphs become straight-line code with one value per moment; straight-line code of more than several thousand products
 * outgrows the caches and takes seconds to compile, so that large ones are loops over tables.
 */
import { basicCount, type MomentGraph } from '../../potentials/moment-tensor/model.ts';
import type { Code, Reals, TableData, TableShape, Variable } from '../code.ts';

/** Products into one moment, in the order of evaluation. */
export interface Target {
  readonly moment: number;
  readonly terms: readonly { readonly i: number; readonly j: number; readonly factor: number }[];
}

/** Products by target, without those that no scalar needs. */
export function productTargets(graph: MomentGraph): Target[] {
  const needed = new Uint8Array(graph.momentCount);
  for (const moment of graph.scalarMoments) needed[moment] = 1;
  const { products } = graph;
  for (let p = products.length - 4; p >= 0; p -= 4) {
    if (needed[products[p + 3]]) needed[products[p]] = needed[products[p + 1]] = 1;
  }
  const terms = new Map<number, { i: number; j: number; factor: number }[]>();
  for (let p = 0; p < products.length; p += 4) {
    const [i, j, factor, k] = products.subarray(p, p + 4);
    if (!needed[k] || factor === 0) continue;
    const list = terms.get(k);
    if (list) list.push({ i, j, factor });
    else terms.set(k, [{ i, j, factor }]);
  }
  return [...terms].map(([moment, list]) => ({ moment, terms: list }));
}

/** What a graph's code works with. */
export interface GraphAtom<R, I> {
  /** Basic moments, and where the derivatives by them go. */
  readonly sums: Reals<R, I>;
  readonly adjoints: Reals<R, I>;
  readonly work: Reals<R, I>;
  /** ξ */
  readonly numbers: Reals<R, I>;
}

/** Adds to the k-th of a list of sums, which begin with their first terms. */
export function addTerm<R, I>(code: Code<R, I>, list: (Variable<R> | undefined)[], k: number, term: R): void {
  const present = list[k];
  if (present) present.set(code.add(present.value, term));
  else list[k] = code.variable(term);
}

/** Σ ξ B and the derivatives by the basic moments, as straight-line code. */
export function straightGraph<R, I>(code: Code<R, I>, graph: MomentGraph, at: GraphAtom<R, I>): R {
  const basics = basicCount(graph);
  const targets = productTargets(graph);
  const factors = new Map<number, R>();
  const factorOf = (factor: number) => {
    const known = factors.get(factor) ?? code.let(code.constant(factor));
    factors.set(factor, known);
    return known;
  };
  const moments: R[] = [];
  for (let b = 0; b < basics; b++) moments[b] = code.let(at.sums.load(b));
  for (const { moment, terms } of targets) {
    let sum: R | undefined;
    for (const { i, j, factor } of terms) {
      const product = code.mul(moments[i], moments[j]);
      const term = factor === 1 ? product : code.mul(product, factorOf(factor));
      sum = sum === undefined ? term : code.add(sum, term);
    }
    if (sum !== undefined) moments[moment] = code.let(sum);
  }
  const adjoint: (Variable<R> | undefined)[] = [];
  const energy = code.variable(code.constant(0));
  graph.scalarMoments.forEach((moment, alpha) => {
    const coefficient = code.let(at.numbers.load(alpha));
    energy.set(code.add(energy.value, code.mul(coefficient, moments[moment] ?? code.constant(0))));
    addTerm(code, adjoint, moment, coefficient);
  });
  for (const { moment, terms } of [...targets].reverse()) {
    const own = adjoint[moment]?.value;
    if (own === undefined) continue;
    const scaled = new Map<number, R>([[1, own]]);
    for (const { i, j, factor } of [...terms].reverse()) {
      const strength = i === j ? 2 * factor : factor;
      const a = scaled.get(strength) ?? code.let(code.mul(own, factorOf(strength)));
      scaled.set(strength, a);
      addTerm(code, adjoint, i, code.mul(a, moments[j]));
      if (i !== j) addTerm(code, adjoint, j, code.mul(a, moments[i]));
    }
  }
  for (let b = 0; b < basics; b++) at.adjoints.store(b, adjoint[b]?.value ?? code.constant(0));
  return energy.value;
}

/** Scalars: moment; ξ. Targets: moment, first product, end. Products: i, j; factor. */
const TABLE = { scalars: 0, targets: 1, products: 2 } as const;

export interface GraphTables {
  readonly shapes: readonly TableShape[];
  readonly contents: readonly TableData[];
}

/** @param coefficients ξ */
export function graphTables(graph: MomentGraph, coefficients: Float64Array): GraphTables {
  const targets = productTargets(graph);
  const products = targets.flatMap(({ terms }) => terms);
  let end = 0;
  const targetWords = targets.flatMap(({ moment, terms }) => [moment, end, (end += terms.length)]);
  return {
    shapes: [
      { words: ['work'], reals: 1, rows: graph.scalarMoments.length },
      {
        words: ['work', { rowsOf: TABLE.products }, { rowsOf: TABLE.products }],
        reals: 0,
        rows: targets.length,
      },
      { words: ['work', 'work'], reals: 1, rows: products.length },
    ],
    contents: [
      { words: graph.scalarMoments, reals: coefficients },
      { words: targetWords, reals: [] },
      { words: products.flatMap(({ i, j }) => [i, j]), reals: products.map(({ factor }) => factor) },
    ],
  };
}

/** The same by loops over the tables; work holds all moments, the basic ones first, then all derivatives. */
export function tableGraph<R, I>(
  code: Code<R, I>,
  graph: MomentGraph,
  { shapes }: GraphTables,
  work: Reals<R, I>,
): R {
  const derivatives = graph.momentCount;
  code.rows(TABLE.targets, 0, shapes[TABLE.targets].rows, (target) => {
    const place = target.word(0);
    const sum = code.variable(code.constant(0));
    code.rows(TABLE.products, target.word(1), target.word(2), (product) => {
      const [i, j] = [product.word(0), product.word(1)];
      const both = code.mul(work.load(0, i), work.load(0, j));
      sum.set(code.add(sum.value, code.mul(both, product.real(0))));
    });
    work.store(0, sum.value, place);
  });
  code.zero(work, derivatives, derivatives);
  const energy = code.variable(code.constant(0));
  code.rows(TABLE.scalars, 0, shapes[TABLE.scalars].rows, (scalar) => {
    const place = scalar.word(0);
    const coefficient = code.let(scalar.real(0));
    energy.set(code.add(energy.value, code.mul(coefficient, work.load(0, place))));
    work.store(derivatives, code.add(work.load(derivatives, place), coefficient), place);
  });
  const backwards = true;
  code.rows(
    TABLE.targets,
    0,
    shapes[TABLE.targets].rows,
    (target) => {
      const own = code.let(work.load(derivatives, target.word(0)));
      code.rows(
        TABLE.products,
        target.word(1),
        target.word(2),
        (product) => {
          const [i, j] = [product.word(0), product.word(1)];
          const strength = code.let(code.mul(own, product.real(0)));
          const addTo = (to: I, other: I) => {
            const share = code.mul(strength, work.load(0, other));
            work.store(derivatives, code.add(work.load(derivatives, to), share), to);
          };
          addTo(i, j);
          addTo(j, i);
        },
        backwards,
      );
    },
    backwards,
  );
  return energy.value;
}
