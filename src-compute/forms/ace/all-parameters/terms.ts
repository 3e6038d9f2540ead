/**
 * Functions of an ACE potential as terms Re(z_a z_b) of nodes z that are formed once (programs/ace/products.ts), with what every
 * function's weight gives to every term: c̃_T = Σ_f C_fT w_f.
 */
import { ProductCollection } from '../../../programs/ace/products.ts';
import type { BasisFunction } from '../basis.ts';

export interface AceTerms {
  readonly lmax: number;
  /** Radial functions R_nl that products have: n (from 1) and l. */
  readonly n: Int32Array;
  readonly l: Int32Array;
  /** Place of the real part of Σ_j R_nl Y_l0 among the sums of a channel; real and imaginary parts by m ≥ 0 follow. */
  readonly place: Int32Array;
  /** Numbers of a channel's sums. */
  readonly channelSize: number;
  /** Of every leaf: place of Re A among all channels' sums, and signs of both parts. */
  readonly leafPlace: Int32Array;
  readonly leafRe: Float64Array;
  readonly leafIm: Float64Array;
  /** Factors of every product; nodes are leaves, then products. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Nodes of every term. */
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** C by function: from start[f] on. */
  readonly start: Int32Array;
  readonly term: Int32Array;
  readonly share: Float64Array;
  /** Of functions of one factor: its channel and k of g_k (from 0); −1 of others. */
  readonly singleChannel: Int32Array;
  readonly single: Int32Array;
}

export function aceTerms(functions: readonly BasisFunction[]): AceTerms {
  const used = new Map<string, { n: number; l: number; place: number }>();
  let channelSize = 0;
  let lmax = 0;
  for (const { radial, angular } of functions.filter((f) => f.radial.length > 1))
    radial.forEach((n, t) => {
      const l = angular[t];
      if (used.has(`${n} ${l}`)) return;
      used.set(`${n} ${l}`, { n, l, place: channelSize });
      channelSize += 2 * (l + 1);
      lmax = Math.max(lmax, l);
    });
  const products = new ProductCollection(1);
  const [start, term, share, singleChannel, single]: number[][] = [[0], [], [], [], []];
  for (const { neighbours, radial, angular, coupling } of functions) {
    const rank = neighbours.length;
    singleChannel.push(rank === 1 ? neighbours[0] : -1);
    single.push(rank === 1 ? radial[0] - 1 : -1);
    if (rank > 1)
      coupling.coefficients.forEach((c, k) => {
        const factors = neighbours.map((channel, t) => ({
          ...{ channel, n: radial[t], l: angular[t], m: coupling.orders[k * rank + t] },
        }));
        term.push(products.add(factors, 0, 1));
        share.push(c);
      });
    start.push(term.length);
  }
  const graph = products.graph();
  const count = graph.groups.reduce((sum, { terms }) => sum + terms.length, 0);
  const [first, second] = [new Int32Array(count), new Int32Array(count)];
  for (const group of graph.groups)
    for (const { second: other, number } of group.terms) {
      first[number] = group.first;
      second[number] = other;
    }
  const place = graph.leaves.map(
    ({ channel, n, l, m }) => channel * channelSize + used.get(`${n} ${l}`)!.place + 2 * Math.abs(m),
  );
  const sign = graph.leaves.map(({ m }) => (m < 0 && m % 2 !== 0 ? -1 : 1));
  const list = [...used.values()];
  return {
    ...{ lmax, channelSize, first, second },
    n: Int32Array.from(list, (u) => u.n),
    l: Int32Array.from(list, (u) => u.l),
    place: Int32Array.from(list, (u) => u.place),
    leafPlace: Int32Array.from(place),
    leafRe: Float64Array.from(sign),
    leafIm: Float64Array.from(graph.leaves, ({ m }, k) => (m === 0 ? 0 : m < 0 ? -sign[k] : sign[k])),
    left: Int32Array.from(graph.products, (p) => p.left),
    right: Int32Array.from(graph.products, (p) => p.right),
    ...{ start: Int32Array.from(start), term: Int32Array.from(term), share: Float64Array.from(share) },
    ...{ singleChannel: Int32Array.from(singleChannel), single: Int32Array.from(single) },
  };
}
