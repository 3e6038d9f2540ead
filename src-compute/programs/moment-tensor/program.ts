/**
 * Moment tensors as a program: potentials/moment-tensor/model.ts.
 *
 * A neighbour: radial functions f_μ and their slopes (each once per pair, from Chebyshev polynomials), and its share of
 * the basic moments M_b = Σ_j f_μ(r) m(u), u = r⃗/r, with the monomials m built along a tree. The atom: the product graph
 * (graph.ts). The gradient, from a_b = ∂E_i/∂M_b: P_μ = Σ_b a_b m_b and w_m = Σ_μ f_μ a_b; walking the monomials from the
 * highest down gives h = ∂(Σ w_m m)/∂u, and
 *   ∂E_i/∂r⃗ = (Σ_μ f′_μ P_μ) u + (h − (h·u) u)/r.
 */
import { HANDOVER_NUMBERS, handoverNumbers } from '../../potentials/handover.ts';
import {
  basicCount,
  productCount,
  radialOffset,
  type MomentTensorModel,
} from '../../potentials/moment-tensor/model.ts';
import type { Code, Reals, TableData, TableShape, Variable } from '../code.ts';
import { seenDistance } from '../handover.ts';
import type { ManyBodyProgram, NeighbourPart } from '../many-body.ts';
import {
  addTerm,
  graphTables,
  straightGraph,
  tableGraph,
  type GraphAtom,
  type GraphTables,
} from './graph.ts';
import { monomialTree, type Monomial } from './monomials.ts';

/** Above so many products a loop over tables is faster than straight-line code, and compiles at once. */
const STRAIGHT_LINE_PRODUCTS = 5000;

/** Fields of a neighbour: 1/r, then f_μ, then f′_μ. */
const INVERSE = 0;
const VALUES = 1;

export class MomentTensorProgram implements ManyBodyProgram {
  readonly cutoff: number;
  readonly sums: number;
  readonly channels = 1;
  readonly work: number;
  readonly fields: number;
  readonly pairNumbers: number;
  readonly atomNumbers: number;
  readonly tables: readonly TableShape[];
  readonly alike = true;
  readonly inWork: ManyBodyProgram['inWork'];
  readonly straight: boolean;
  private readonly model: MomentTensorModel;
  private readonly species: readonly number[];
  private readonly tree: readonly Monomial[];
  private readonly graph: GraphTables | undefined;
  /** Numbers of one radial function: its coefficients, then those of its slope. */
  private readonly perFunction: number;

  /**
   * @param species index in the model of each of the backend's species
   * @param straightLine largest number of products for straight-line code
   */
  constructor(model: MomentTensorModel, species: readonly number[], straightLine = STRAIGHT_LINE_PRODUCTS) {
    this.model = model;
    this.species = species;
    this.cutoff = model.cutoff;
    this.tree = monomialTree(model);
    this.sums = basicCount(model);
    this.fields = 1 + 2 * model.radialFunctionCount;
    this.perFunction = Math.max(1, 2 * model.radialBasisSize - 1);
    this.pairNumbers = model.radialFunctionCount * this.perFunction + (model.handover ? HANDOVER_NUMBERS : 0);
    this.straight = productCount(model) <= straightLine;
    if (!this.straight) this.graph = graphTables(model, model.momentCoefficients);
    this.work = this.graph ? 2 * model.momentCount : 0;
    this.inWork = this.graph && { sums: 0, adjoints: model.momentCount };
    this.atomNumbers = this.graph ? 0 : model.momentCoefficients.length;
    this.tables = this.graph?.shapes ?? [];
  }

  pairNumbersOf(centre: number, neighbour: number): Float64Array {
    const { model, perFunction } = this;
    const [zi, zj] = [this.species[centre], this.species[neighbour]];
    const size = model.radialBasisSize;
    const slope = 2 / (model.cutoff - model.minimumDistance);
    const numbers = new Float64Array(this.pairNumbers);
    for (let mu = 0; mu < model.radialFunctionCount; mu++) {
      const from = radialOffset(model, zi, zj, mu);
      const c = model.radialCoefficients.subarray(from, from + size);
      const to = mu * perFunction;
      c.forEach((value, k) => (numbers[to + k] = model.scaling * value));
      chebyshevDerivative(c).forEach((value, k) => (numbers[to + size + k] = model.scaling * slope * value));
    }
    const { handover, species } = model;
    if (handover)
      numbers.set(handoverNumbers(handover, species.length, zi, zj), this.pairNumbers - HANDOVER_NUMBERS);
    return numbers;
  }

  atomNumbersOf(): ArrayLike<number> {
    return this.graph ? [] : this.model.momentCoefficients;
  }

  tablesOf(): readonly TableData[] {
    return this.graph?.contents ?? [];
  }

  constantEnergy(centre: number): number {
    return this.model.speciesCoefficients[this.species[centre]];
  }

  neighbour<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, sums: Reals<R, I>): void {
    const { model, tree } = this;
    const r = code.let(code.sqrt(at.squared));
    const inverse = code.let(code.div(code.constant(1), r));
    at.fields.store(INVERSE, inverse);
    const u = at.difference.map((d) => code.let(code.mul(d, inverse)));
    // the factor (r_c − r)² and its slope are zero at the cutoff, and not beyond
    const bounded = code.let(code.min(r, code.constant(model.cutoff)));
    const handover = this.pairNumbers - HANDOVER_NUMBERS;
    const seen = seenDistance(code, bounded, model.handover ? (k) => at.pair.load(handover + k) : undefined);
    const radial = this.radialFunctions(code, seen.distance, at.pair);
    const slopes = seen.chain(radial.slopes);
    radial.values.forEach((f, mu) => at.fields.store(VALUES + mu, f));
    slopes.forEach((f, mu) => at.fields.store(VALUES + model.radialFunctionCount + mu, f));
    const monomials = monomialValues(code, tree, u);
    tree.forEach(({ moments, parent }, k) => {
      for (const { moment, mu } of moments) {
        const term = parent < 0 ? radial.values[mu] : code.mul(radial.values[mu], monomials[k]);
        sums.store(moment, code.add(sums.load(moment), term));
      }
    });
  }

  /** f_μ = q_μ(x)(r_c − r)² and f′_μ; the scaling is part of the coefficients. */
  private radialFunctions<R, I>(code: Code<R, I>, r: R, pair: Reals<R, I>): { values: R[]; slopes: R[] } {
    const { radialBasisSize: size, cutoff, minimumDistance, radialFunctionCount } = this.model;
    const scale = code.constant(2 / (cutoff - minimumDistance));
    const x = code.let(code.mul(code.sub(r, code.constant((cutoff + minimumDistance) / 2)), scale));
    const basis = chebyshev(code, x, size);
    const distance = code.let(code.sub(code.constant(cutoff), r));
    const squared = code.let(code.mul(distance, distance));
    const twice = code.let(code.add(distance, distance));
    /** Σ_k c_k T_k; the product with T_0 = 1 is left out. */
    const expansion = (from: number, count: number) => {
      let sum = pair.load(from);
      for (let k = 1; k < count; k++) sum = code.add(sum, code.mul(pair.load(from + k), basis[k]));
      return sum;
    };
    const values: R[] = [];
    const slopes: R[] = [];
    for (let mu = 0; mu < radialFunctionCount; mu++) {
      const at = mu * this.perFunction;
      const q = code.let(expansion(at, size));
      values.push(code.let(code.mul(q, squared)));
      const fall = code.mul(q, twice);
      const slope =
        size > 1 ? code.sub(code.mul(expansion(at + size, size - 1), squared), fall) : code.neg(fall);
      slopes.push(code.let(slope));
    }
    return { values, slopes };
  }

  atom<R, I>(code: Code<R, I>, at: GraphAtom<R, I>): R {
    return this.graph
      ? tableGraph(code, this.model, this.graph, at.work)
      : straightGraph(code, this.model, at);
  }

  gradient<R, I>(code: Code<R, I>, at: NeighbourPart<R, I>, adjoints: Reals<R, I>): readonly [R, R, R] {
    const { tree, model } = this;
    const inverse = code.let(at.fields.load(INVERSE));
    const u = at.difference.map((d) => code.let(code.mul(d, inverse)));
    const values = Array.from({ length: model.radialFunctionCount }, (_, mu) =>
      code.let(at.fields.load(VALUES + mu)),
    );
    const monomials = monomialValues(code, tree, u);
    const radialAdjoint: (Variable<R> | undefined)[] = []; // P_μ
    const weight: (Variable<R> | undefined)[] = []; // w_m, later with the children's share
    const h: (Variable<R> | undefined)[] = [];
    for (let m = tree.length - 1; m >= 0; m--) {
      const { parent, axis, moments } = tree[m];
      for (const { moment, mu } of moments) {
        const adjoint = code.let(adjoints.load(moment));
        addTerm(code, radialAdjoint, mu, parent < 0 ? adjoint : code.mul(adjoint, monomials[m]));
        if (parent >= 0) addTerm(code, weight, m, code.mul(values[mu], adjoint));
      }
      const w = weight[m]?.value;
      if (parent < 0 || w === undefined) continue;
      if (tree[parent].parent < 0) {
        addTerm(code, h, axis, w);
      } else {
        addTerm(code, weight, parent, code.mul(w, u[axis]));
        addTerm(code, h, axis, code.mul(w, monomials[parent]));
      }
    }
    // (Σ_μ f′_μ P_μ − (h·u)/r) u + h/r
    const tangential = [0, 1, 2].map((axis) => {
      const part = h[axis]?.value;
      return part === undefined ? undefined : code.let(code.mul(part, inverse));
    });
    let along: R | undefined;
    for (let mu = 0; mu < model.radialFunctionCount; mu++) {
      const p = radialAdjoint[mu]?.value;
      if (p === undefined) continue;
      const term = code.mul(at.fields.load(VALUES + model.radialFunctionCount + mu), p);
      along = along === undefined ? term : code.add(along, term);
    }
    along ??= code.constant(0);
    for (const [axis, part] of tangential.entries())
      if (part !== undefined) along = code.sub(along, code.mul(part, u[axis]));
    const factor = code.let(along);
    const [x, y, z] = u.map((component, axis) => {
      const part = tangential[axis];
      const radialPart = code.mul(factor, component);
      return code.let(part === undefined ? radialPart : code.add(radialPart, part));
    });
    return [x, y, z];
  }
}

/** T_0 … T_{n−1} at x. */
function chebyshev<R, I>(code: Code<R, I>, x: R, count: number): R[] {
  const values = [code.constant(1), x];
  if (count > 2) {
    const twice = code.let(code.add(x, x));
    for (let k = 2; k < count; k++)
      values.push(code.let(code.sub(code.mul(twice, values[k - 1]), values[k - 2])));
  }
  return values;
}

/** Monomials at u, each once. */
function monomialValues<R, I>(code: Code<R, I>, tree: readonly Monomial[], u: readonly R[]): R[] {
  const values: R[] = [];
  for (const { parent, axis } of tree) {
    if (parent < 0) values.push(code.constant(1));
    else if (tree[parent].parent < 0) values.push(u[axis]);
    else values.push(code.let(code.mul(values[parent], u[axis])));
  }
  return values;
}

/** Coefficients d of Σ_k d_k T_k = d/dx Σ_k c_k T_k; one fewer than c. */
function chebyshevDerivative(c: ArrayLike<number>): Float64Array {
  const d = new Float64Array(c.length + 1);
  for (let k = c.length - 1; k >= 1; k--) d[k - 1] = d[k + 1] + 2 * k * c[k];
  d[0] /= 2;
  return d.subarray(0, Math.max(0, c.length - 1));
}
