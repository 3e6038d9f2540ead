/**
 * The product graph of `width` atoms at once (atoms as lanes), forwards and backwards, as straight-line code with one
 * local per value: M_k = Σ m M_i M_j; a_k = ∂E_i/∂M_k by the reverse pass.
 */
import { v128 } from '../../encoder/index.ts';
import type {
  Callable,
  Expression,
  FunctionBody,
  LaneType,
  Lanes,
  Local,
  ModuleBuilder,
  Vector,
} from '../../encoder/index.ts';
import type { MomentGraph } from '../../../../potentials/moment-tensor/model.ts';
import { basicCount } from '../../../../potentials/moment-tensor/model.ts';
import { SHUFFLE } from '../pair-sums.ts';

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

/**
 * Sum over lanes of the first pass's accumulators of `width` atoms, atom by lane.
 * @param accumulators address of the accumulators of the first atom
 * @param atomBytes from one atom's accumulators to the next atom's
 */
export function transposedSum(
  code: FunctionBody,
  lanes: Lanes,
  accumulators: Local<'i32'>,
  atomBytes: number,
  offset: number,
): Vector {
  const load = (atom: number) =>
    code.let(lanes.load(accumulators, offset + atom * atomBytes)) as Local<'v128'>;
  if (lanes.width === 1) return load(0);
  const shuffle = (a: Expression<'v128'>, b: Expression<'v128'>, bytes: readonly number[]) =>
    v128.shuffle(a, b, bytes);
  const pairSum = (a: Local<'v128'>, b: Local<'v128'>, low: readonly number[], high: readonly number[]) =>
    code.let(lanes.add(shuffle(a, b, low), shuffle(a, b, high))) as Local<'v128'>;
  if (lanes.width === 2) return pairSum(load(0), load(1), SHUFFLE.low64, SHUFFLE.high64);
  // (a₀+a₂, b₀+b₂, a₁+a₃, b₁+b₃)
  const ab = pairSum(load(0), load(1), SHUFFLE.interleaveLow32, SHUFFLE.interleaveHigh32);
  const cd = pairSum(load(2), load(3), SHUFFLE.interleaveLow32, SHUFFLE.interleaveHigh32);
  return pairSum(ab, cd, SHUFFLE.low64, SHUFFLE.high64);
}

/** Constants of the graph as vectors, each kept in a local. */
export function factorCache(code: FunctionBody, lanes: Lanes): (factor: number) => Vector {
  const cache = new Map<number, Local<LaneType>>();
  return (factor) => {
    const known = cache.get(factor);
    if (known) return known;
    const made = code.let(lanes.constant(factor));
    cache.set(factor, made);
    return made;
  };
}

/**
 * The function (accumulators, coefficients ξ, adjoints, energies): reads the accumulators of `width` atoms, writes the
 * adjoints of the basic moments and Σ_α ξ_α B_α, one vector each.
 */
export function generateStraightGraph(
  module: ModuleBuilder,
  lanes: Lanes,
  graph: MomentGraph,
): Callable & { readonly result: undefined } {
  const fieldBytes = lanes.width * lanes.bytes;
  const basics = basicCount(graph);
  const targets = productTargets(graph);
  return module.function(
    { parameters: ['i32', 'i32', 'i32', 'i32'] },
    (code, accumulators, xi, adjoints, energies) => {
      const factorOf = factorCache(code, lanes);
      const moments: Vector[] = [];
      for (let b = 0; b < basics; b++) {
        moments[b] = transposedSum(code, lanes, accumulators, basics * fieldBytes, b * fieldBytes);
      }
      for (const { moment, terms } of targets) {
        let sum: Vector | undefined;
        for (const { i, j, factor } of terms) {
          const product = lanes.mul(moments[i], moments[j]);
          const term = factor === 1 ? product : lanes.mul(product, factorOf(factor));
          sum = sum ? lanes.add(sum, term) : term;
        }
        if (sum) moments[moment] = code.let(sum);
      }
      const adjoint: (Local<LaneType> | undefined)[] = [];
      const addTo = (k: number, term: Vector) => {
        const present = adjoint[k];
        if (present) code.set(present, lanes.add(present, term));
        else adjoint[k] = code.let(term);
      };
      const energy = code.local(lanes.type);
      graph.scalarMoments.forEach((moment, alpha) => {
        const coefficient = code.let(lanes.loadSplat(xi, alpha * lanes.bytes));
        code.set(energy, lanes.add(energy, lanes.mul(coefficient, moments[moment] ?? lanes.constant(0))));
        addTo(moment, coefficient);
      });
      code.store(lanes.storeKind, energies, energy);
      for (const { moment, terms } of [...targets].reverse()) {
        const own = adjoint[moment];
        if (!own) continue;
        const scaled = new Map<number, Vector>([[1, own]]);
        for (const { i, j, factor } of [...terms].reverse()) {
          const strength = i === j ? 2 * factor : factor;
          let a = scaled.get(strength);
          if (!a) {
            a = code.let(lanes.mul(own, factorOf(strength)));
            scaled.set(strength, a);
          }
          addTo(i, lanes.mul(a, moments[j]));
          if (i !== j) addTo(j, lanes.mul(a, moments[i]));
        }
      }
      for (let b = 0; b < basics; b++) {
        code.store(lanes.storeKind, adjoints, adjoint[b] ?? lanes.constant(0), b * fieldBytes);
      }
    },
  );
}
