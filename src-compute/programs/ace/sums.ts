/**
 * Which sums over neighbours an ACE potential's functions use, and where they lie: per channel (species of the neighbours)
 * the core, Σ g_n for functions of rank 1, then Σ R_nl Y_lm for m ≥ 0, real and imaginary part; imaginary parts of m = 0
 * are zero and left out.
 */
import type { AceModel } from '../../potentials/ace/model.ts';

export interface SumList {
  readonly core: boolean;
  /** n of the functions g that stand alone. */
  readonly base: readonly number[];
  /** n and l of the radial functions R. */
  readonly radial: readonly { readonly n: number; readonly l: number }[];
  readonly lmax: number;
  /** Number of sums of a channel. */
  readonly count: number;
  /** Places of sums within a channel. */
  basePlace(n: number): number;
  /** Of the real part; the imaginary part follows. @param m from 0 */
  radialPlace(n: number, l: number, m: number): number;
}

export function sumList(model: AceModel): SumList {
  const base = new Set<number>();
  const radial = new Map<string, { n: number; l: number }>();
  for (const { neighbours, radial: ns, angular } of model.functions.flat())
    if (neighbours.length === 1) base.add(ns[0]);
    else ns.forEach((n, t) => radial.set(`${n} ${angular[t]}`, { n, l: angular[t] }));
  const core = model.bonds.some(({ corePrefactor }) => corePrefactor !== 0);
  const baseList = [...base].sort((a, b) => a - b);
  const radialList = [...radial.values()].sort((a, b) => a.l - b.l || a.n - b.n);
  const basePlaces = new Map(baseList.map((n, k) => [n, (core ? 1 : 0) + k]));
  let count = (core ? 1 : 0) + baseList.length;
  const radialPlaces = new Map<string, number>();
  for (const { n, l } of radialList) {
    radialPlaces.set(`${n} ${l}`, count);
    count += 2 * l + 1;
  }
  const found = (place: number | undefined) => {
    if (place === undefined) throw new RangeError('a sum that no function uses');
    return place;
  };
  return {
    ...{ core, base: baseList, radial: radialList, count },
    lmax: Math.max(0, ...radialList.map(({ l }) => l)),
    basePlace: (n) => found(basePlaces.get(n)),
    radialPlace: (n, l, m) => found(radialPlaces.get(`${n} ${l}`)) + (m === 0 ? 0 : 2 * m - 1),
  };
}
