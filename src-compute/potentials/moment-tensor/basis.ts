/**
 * Generator of the moment graph: turns the scalars of a level into basic moments and products,
 * M_k += m M_i M_j, sharing every intermediate contraction between all scalars that need it.
 *
 * A contraction is computed as a sum over the Cartesian indices of the edges between two parts of it. Which parts
 * is chosen greedily, scalar after scalar, by the number of products that are not there yet.
 */
import { PotentialError } from '../../errors.ts';
import { canonicalKey, components, restrict, splitTerms, type Contraction } from './contraction.ts';
import { enumerateScalars, type BasisLimits } from './scalars.ts';
import type { MomentGraph } from './model.ts';

/** Levels for which the generator is meant; beyond, graphs grow past what a simulation can afford. */
export const MAXIMUM_LEVEL = 26;

/** A sum of products of other contractions, by key. */
interface Recipe {
  readonly terms: readonly { left: string; right: string; multiplicity: number }[];
}

/** A way to compute a contraction and how many products it adds. */
interface Plan {
  readonly cost: number;
  readonly recipe: Recipe;
}

/**
 * The moment graph of all scalars within the limits.
 * @throws PotentialError when the level is odd, below 2 or above MAXIMUM_LEVEL
 */
export function generateMomentGraph(limits: BasisLimits): MomentGraph {
  if (
    !Number.isInteger(limits.level) ||
    limits.level % 2 !== 0 ||
    limits.level < 2 ||
    limits.level > MAXIMUM_LEVEL
  ) {
    throw new PotentialError(
      `The level of a moment tensor potential is an even number from 2 to ${MAXIMUM_LEVEL}, not ${limits.level}.`,
    );
  }
  const scalars = enumerateScalars(limits);
  if (scalars.length === 0) throw new PotentialError('These limits leave no basis function.');
  const builder = new GraphBuilder();
  for (const scalar of scalars) builder.require(scalar.contraction, scalar.key);
  return builder.finish(scalars.map((scalar) => scalar.key));
}

class GraphBuilder {
  /** Contractions that are computed, in the order in which they can be. */
  private readonly done = new Map<string, Recipe | undefined>();
  private readonly contractions = new Map<string, Contraction>();
  private readonly keys = new Map<string, string>();
  /** Plans of contractions that are not done; refreshed when they are taken up. */
  private readonly plans = new Map<string, Plan>();

  /** Adds a contraction and all it needs. */
  require(contraction: Contraction, key: string): void {
    if (this.done.has(key)) return;
    this.contractions.set(key, contraction);
    if (contraction.vertices.length === 1) {
      this.done.set(key, undefined);
      return;
    }
    // what has been added since may have made another way cheaper
    this.plans.delete(key);
    const { recipe } = this.plan(key, contraction);
    for (const term of recipe.terms) {
      for (const child of [term.left, term.right]) this.require(this.contractions.get(child)!, child);
    }
    this.done.set(key, recipe);
  }

  /** Cheapest way to compute a contraction, counting only what is not there yet. */
  private plan(key: string, contraction: Contraction): Plan {
    const known = this.plans.get(key);
    if (known) return known;
    let best: Plan | undefined;
    for (const [left, right] of splits(contraction)) {
      const recipe = this.recipe(contraction, left, right);
      let cost = recipe.terms.length;
      for (const child of new Set(recipe.terms.flatMap((term) => [term.left, term.right]))) {
        if (best && cost >= best.cost) break;
        if (this.done.has(child)) continue;
        const part = this.contractions.get(child)!;
        if (part.vertices.length > 1) cost += this.plan(child, part).cost;
      }
      if (!best || cost < best.cost) best = { cost, recipe };
    }
    this.plans.set(key, best!);
    return best!;
  }

  /** Terms of one split, equal ones merged. */
  private recipe(contraction: Contraction, left: readonly number[], right: readonly number[]): Recipe {
    const merged = new Map<string, { left: string; right: string; multiplicity: number }>();
    for (const term of splitTerms(contraction, left, right)) {
      const [a, b] = [this.keyOf(term.left), this.keyOf(term.right)].sort();
      const name = `${a} × ${b}`;
      const same = merged.get(name);
      if (same) same.multiplicity += term.multiplicity;
      else merged.set(name, { left: a, right: b, multiplicity: term.multiplicity });
    }
    return { terms: [...merged.values()] };
  }

  private keyOf(contraction: Contraction): string {
    const plain =
      contraction.vertices.map((v) => `${v.mu},${v.x},${v.y},${v.z}`).join(';') +
      '|' +
      contraction.edges.join(',');
    let key = this.keys.get(plain);
    if (key === undefined) {
      key = canonicalKey(contraction);
      this.keys.set(plain, key);
      if (!this.contractions.has(key)) this.contractions.set(key, contraction);
    }
    return key;
  }

  /** Numbers the moments, basic ones first, sorted by μ, rank and powers, then products in order of computation. */
  finish(scalarKeys: readonly string[]): MomentGraph {
    const basicKeys = [...this.done].filter(([, recipe]) => recipe === undefined).map(([key]) => key);
    const rows = basicKeys.map((key) => {
      const { mu, x, y, z } = this.contractions.get(key)!.vertices[0];
      return { key, row: [mu, x, y, z], sort: [mu, x + y + z, -x, -y, -z] };
    });
    rows.sort((a, b) => {
      const k = a.sort.findIndex((value, index) => value !== b.sort[index]);
      return k < 0 ? 0 : a.sort[k] - b.sort[k];
    });
    const index = new Map<string, number>(rows.map((row, k) => [row.key, k]));
    const products: number[] = [];
    for (const [key, recipe] of this.done) {
      if (recipe === undefined) continue;
      const target = index.size;
      index.set(key, target);
      for (const term of recipe.terms) {
        products.push(index.get(term.left)!, index.get(term.right)!, term.multiplicity, target);
      }
    }
    return {
      momentCount: index.size,
      basics: Int32Array.from(rows.flatMap((row) => row.row)),
      products: Int32Array.from(products),
      scalarMoments: Int32Array.from(scalarKeys, (key) => index.get(key)!),
      radialFunctionCount: 1 + Math.max(...rows.map((row) => row.row[0])),
    };
  }
}

/** Ways to part a contraction in two: components apart, else every split into two connected halves. */
function splits(contraction: Contraction): [number[], number[]][] {
  const parts = components(contraction);
  if (parts.length > 1) {
    return parts.map((part, k) => [part, parts.filter((_, other) => other !== k).flat()]);
  }
  const n = contraction.vertices.length;
  const result: [number[], number[]][] = [];
  for (let mask = 1; mask < 1 << (n - 1); mask++) {
    const right = Array.from({ length: n }, (_, k) => k).filter((k) => (mask >> k) & 1);
    const left = Array.from({ length: n }, (_, k) => k).filter((k) => !((mask >> k) & 1));
    if (components(restrict(contraction, left)).length > 1) continue;
    if (components(restrict(contraction, right)).length > 1) continue;
    result.push([left, right]);
  }
  return result;
}
