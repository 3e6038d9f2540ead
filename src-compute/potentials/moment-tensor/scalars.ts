/**
 * Enumerates the scalar contractions of moments up to a level: the basis functions B_α. docs/physics.md §1;
 * Shapeev 2016, section 3. Each is a multiset of connected contractions without fixed indices.
 */
import { canonicalKey, components, join, type Contraction, type Vertex } from './contraction.ts';

/**
 * Five bodies, the central atom and four moments: with this bound the counts are those of docs/physics.md §1 and of the
 * potentials that MLIP ships (2 … 26: 1, 2, 5, 9, 16, 29, …); without it there are more from level 10 on.
 */
export const DEFAULT_BODY_ORDER = 5;

/** Bounds that matter at level 26 only, where they leave the 1464 scalars of docs/physics.md §1. */
export const DEFAULT_RANK = 10;
export const DEFAULT_RADIAL_FUNCTIONS = 6;

/** Bounds of a basis. Levels are even because the ranks of a complete contraction add up to an even number. */
export interface BasisLimits {
  /** lev M_{μ,ν} = 2 + 4μ + ν; a product's level is the sum. */
  readonly level: number;
  /** At most this many bodies: the central atom and one per moment. DEFAULT_BODY_ORDER when absent. */
  readonly maximumBodyOrder?: number;
  /** At most this tensor rank ν. DEFAULT_RANK when absent. */
  readonly maximumRank?: number;
  /** At most this many radial functions, μ < count. DEFAULT_RADIAL_FUNCTIONS when absent. */
  readonly maximumRadialFunctions?: number;
}

export interface ScalarContraction {
  readonly contraction: Contraction;
  readonly key: string;
  readonly level: number;
}

interface MomentType {
  readonly mu: number;
  readonly nu: number;
  readonly level: number;
}

/** All scalars within the limits, sorted by level, then by number of moments. */
export function enumerateScalars(limits: BasisLimits): ScalarContraction[] {
  const connected = connectedScalars(limits);
  const maximumMoments = (limits.maximumBodyOrder ?? DEFAULT_BODY_ORDER) - 1;
  const result: ScalarContraction[] = [];
  const extend = (from: number, current: Contraction | undefined, level: number): void => {
    for (let k = from; k < connected.length; k++) {
      const next = level + connected[k].level;
      if (next > limits.level) continue;
      const product =
        current === undefined ? connected[k].contraction : join(current, connected[k].contraction);
      if (product.vertices.length > maximumMoments) continue;
      result.push({ contraction: product, key: canonicalKey(product), level: next });
      extend(k, product, next);
    }
  };
  extend(0, undefined, 0);
  return result.sort(
    (a, b) =>
      a.level - b.level ||
      a.contraction.vertices.length - b.contraction.vertices.length ||
      (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  );
}

/** Connected scalars: one M_{μ,0}, or several moments of rank ≥ 1 tied together by contractions. */
function connectedScalars(limits: BasisLimits): ScalarContraction[] {
  const found = new Map<string, ScalarContraction>();
  const add = (contraction: Contraction, level: number): void => {
    if (components(contraction).length > 1) return;
    const key = canonicalKey(contraction);
    if (!found.has(key)) found.set(key, { contraction, key, level });
  };
  const types = momentTypes(limits);
  for (const type of types) {
    if (type.nu === 0) add({ vertices: [bareVertex(type)], edges: [0] }, type.level);
  }
  const tensors = types.filter((type) => type.nu > 0);
  const maximumMoments = (limits.maximumBodyOrder ?? DEFAULT_BODY_ORDER) - 1;
  const choose = (from: number, chosen: MomentType[], level: number): void => {
    if (chosen.length >= 2) {
      for (const edges of multigraphs(chosen.map((type) => type.nu))) {
        add({ vertices: chosen.map(bareVertex), edges }, level);
      }
    }
    if (chosen.length === maximumMoments) return;
    for (let k = from; k < tensors.length; k++) {
      if (level + tensors[k].level <= limits.level)
        choose(k, [...chosen, tensors[k]], level + tensors[k].level);
    }
  };
  choose(0, [], 0);
  return [...found.values()].sort((a, b) => a.level - b.level || (a.key < b.key ? -1 : 1));
}

function bareVertex(type: MomentType): Vertex {
  return { mu: type.mu, x: 0, y: 0, z: 0 };
}

/** Moments that can occur in some scalar: M_{μ,0} alone, and M_{μ,ν} that leaves room for its partners. */
function momentTypes(limits: BasisLimits): MomentType[] {
  const types: MomentType[] = [];
  const functions = limits.maximumRadialFunctions ?? DEFAULT_RADIAL_FUNCTIONS;
  for (let mu = 0; 2 + 4 * mu <= limits.level && mu < functions; mu++) {
    for (let nu = 0; 2 + 4 * mu + nu <= limits.level && nu <= (limits.maximumRank ?? DEFAULT_RANK); nu++) {
      types.push({ mu, nu, level: 2 + 4 * mu + nu });
    }
  }
  return types;
}

/** Loop-free multigraphs with given degrees, as symmetric matrices; isomorphic ones may repeat. */
function multigraphs(degrees: readonly number[]): number[][] {
  const n = degrees.length;
  const total = degrees.reduce((sum, d) => sum + d, 0);
  if (total % 2 !== 0 || degrees.some((d) => 2 * d > total)) return [];
  const result: number[][] = [];
  const edges = new Array<number>(n * n).fill(0);
  const left = [...degrees];
  const fill = (u: number, w: number): void => {
    if (u === n - 1) {
      if (left[u] === 0) result.push([...edges]);
      return;
    }
    if (w === n) {
      if (left[u] === 0) fill(u + 1, u + 2);
      return;
    }
    for (let m = 0; m <= Math.min(left[u], left[w]); m++) {
      edges[u * n + w] = edges[w * n + u] = m;
      left[u] -= m;
      left[w] -= m;
      fill(u, w + 1);
      left[u] += m;
      left[w] += m;
    }
    edges[u * n + w] = edges[w * n + u] = 0;
  };
  fill(0, 1);
  return result;
}
