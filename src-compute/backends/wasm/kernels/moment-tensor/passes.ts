/**
 * The two passes over the neighbours of one atom, neighbours as lanes.
 *
 * First: distance, radial functions f_μ and their slopes (each once per pair, from Chebyshev polynomials), and the
 * basic moments M_b = Σ_j f_μ(r) m(u), u = r⃗/r, with the monomials m built along a tree.
 * Second, after the product graph has given the adjoints a_b = ∂E_i/∂M_b: per neighbour P_μ = Σ_b a_b m_b and
 * w_m = Σ_μ f_μ a_b; walking the monomials from the highest down gives h = ∂(Σ w_m m)/∂u, and
 *   ∂E_i/∂r⃗ = (Σ_μ f′_μ P_μ) u + (h − (h·u) u)/r.
 */
import { i32 } from '../../encoder/index.ts';
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
import { forEachRecord } from '../neighbour-records.ts';
import type { RecordLayout } from '../neighbour-records.ts';
import { PairSums, scatterForces } from '../pair-sums.ts';
import { HANDOVER_NUMBERS } from '../../../../potentials/handover.ts';
import { seenDistance } from '../handover.ts';
import type { Monomial } from './monomials.ts';

/** Sizes and places that both passes share. */
export interface PassShape {
  readonly lanes: Lanes;
  readonly records: RecordLayout;
  readonly tree: readonly Monomial[];
  readonly basicCount: number;
  readonly radialFunctions: number;
  readonly radialSize: number;
  readonly minimumDistance: number;
  readonly cutoff: number;
  readonly speciesCount: number;
  /** From the adjoint of one moment to that of the next. */
  readonly adjointBytes: number;
  /** Whether pairs are handed over to a repulsion. */
  readonly handsOver: boolean;
}

type VectorLocal = Local<LaneType>;

/** Fields of a record after the first pass. */
const [UX, UY, UZ, INVERSE, DISTANCE] = [0, 1, 2, 3, 4];
const valueField = (mu: number) => 5 + mu;
const slopeField = (shape: PassShape, mu: number) => 5 + shape.radialFunctions + mu;

/** Fields that the passes need besides those of the gathered neighbours. */
export function extraFields(radialFunctions: number): number {
  return 1 + 2 * radialFunctions;
}

/** Numbers of one pair of species: for every μ the K coefficients of f, then the K − 1 of its slope; then its hand-over. */
export function pairCoefficientCount(
  shape: Pick<PassShape, 'radialFunctions' | 'radialSize' | 'handsOver'>,
): number {
  return radialCoefficientCount(shape) + (shape.handsOver ? HANDOVER_NUMBERS : 0);
}

function radialCoefficientCount(shape: Pick<PassShape, 'radialFunctions' | 'radialSize'>): number {
  return shape.radialFunctions * Math.max(1, 2 * shape.radialSize - 1);
}

/** T_0 … T_{n−1} at x. */
function chebyshev(code: FunctionBody, lanes: Lanes, x: VectorLocal, count: number): Vector[] {
  const values: Vector[] = [lanes.constant(1), x];
  if (count > 2) {
    const twice = code.let(lanes.add(x, x));
    for (let k = 2; k < count; k++)
      values.push(code.let(lanes.sub(lanes.mul(twice, values[k - 1]), values[k - 2])));
  }
  return values;
}

/** Σ_k c_k T_k with splat coefficients; the product with T_0 = 1 is left out. */
function expansion(
  lanes: Lanes,
  basis: readonly Vector[],
  address: Expression<'i32'>,
  offset: number,
  count: number,
): Vector {
  let sum = lanes.loadSplat(address, offset);
  for (let k = 1; k < count; k++) {
    sum = lanes.add(sum, lanes.mul(lanes.loadSplat(address, offset + k * lanes.bytes), basis[k]));
  }
  return sum;
}

/** Monomials at u, each once. */
function monomialValues(code: FunctionBody, shape: PassShape, u: readonly VectorLocal[]): Vector[] {
  const values: Vector[] = [];
  for (const { parent, axis } of shape.tree) {
    if (parent < 0) values.push(shape.lanes.constant(1));
    else if (shape.tree[parent].parent < 0) values.push(u[axis]);
    else values.push(code.let(shape.lanes.mul(values[parent], u[axis])));
  }
  return values;
}

/**
 * The function (slot, accumulators, coefficients of the central atom's species). Adds to `basicCount` accumulators
 * of one vector each, which the caller has zeroed.
 */
export function generateFirstPass(
  module: ModuleBuilder,
  shape: PassShape,
): Callable & { readonly result: undefined } {
  const { lanes, records, tree } = shape;
  return module.function({ parameters: ['i32', 'i32', 'i32'] }, (code, slot, accumulators, coefficients) => {
    const bucketBytes = code.let(records.bucketBytesCode());
    const species = code.local('i32');
    code.for(species, 0, shape.speciesCount, 1, () => {
      forEachRecord(code, records, slot, species, bucketBytes, (record) => {
        const r = code.let(lanes.sqrt(lanes.load(record, records.field(3))));
        const inverse = code.let(lanes.div(lanes.constant(1), r));
        code.store(lanes.storeKind, record, inverse, records.field(INVERSE));
        code.store(lanes.storeKind, record, r, records.field(DISTANCE));
        const u = [UX, UY, UZ].map((field) =>
          code.let(lanes.mul(lanes.load(record, records.field(field)), inverse)),
        );
        u.forEach((value, axis) => code.store(lanes.storeKind, record, value, records.field(axis)));
        const handover = shape.handsOver
          ? i32.add(coefficients, radialCoefficientCount(shape) * lanes.bytes)
          : undefined;
        const seen = seenDistance(code, lanes, r, handover);
        const radial = radialFunctions(code, shape, seen.distance, coefficients);
        seen.chain(radial.slopes);
        radial.values.forEach((f, mu) =>
          code.store(lanes.storeKind, record, f, records.field(valueField(mu))),
        );
        radial.slopes.forEach((f, mu) =>
          code.store(lanes.storeKind, record, f, records.field(slopeField(shape, mu))),
        );
        const monomials = monomialValues(code, shape, u);
        tree.forEach(({ moments, parent }, k) => {
          for (const { moment, mu } of moments) {
            const offset = moment * records.fieldBytes;
            const term = parent < 0 ? radial.values[mu] : lanes.mul(radial.values[mu], monomials[k]);
            code.store(
              lanes.storeKind,
              accumulators,
              lanes.add(lanes.load(accumulators, offset), term),
              offset,
            );
          }
        });
      });
      code.set(coefficients, i32.add(coefficients, pairCoefficientCount(shape) * lanes.bytes));
    });
  });
}

/** f_μ = q_μ(x)(r_c − r)² and f′_μ; the scaling is part of the coefficients. */
function radialFunctions(
  code: FunctionBody,
  shape: PassShape,
  r: VectorLocal,
  coefficients: Expression<'i32'>,
) {
  const { lanes, radialSize: size, cutoff, minimumDistance } = shape;
  const scale = 2 / (cutoff - minimumDistance);
  const middle = (cutoff + minimumDistance) / 2;
  const x = code.let(lanes.mul(lanes.sub(r, lanes.constant(middle)), lanes.constant(scale)));
  const basis = chebyshev(code, lanes, x, size);
  const distance = code.let(lanes.sub(lanes.constant(cutoff), r));
  const squared = code.let(lanes.mul(distance, distance));
  const twice = code.let(lanes.add(distance, distance));
  const values: VectorLocal[] = [];
  const slopes: VectorLocal[] = [];
  const stride = Math.max(1, 2 * size - 1) * lanes.bytes;
  for (let mu = 0; mu < shape.radialFunctions; mu++) {
    const q = code.let(expansion(lanes, basis, coefficients, mu * stride, size));
    values.push(code.let(lanes.mul(q, squared)));
    const fall = lanes.mul(q, twice);
    const slope =
      size > 1
        ? lanes.sub(
            lanes.mul(
              expansion(lanes, basis, coefficients, mu * stride + size * lanes.bytes, size - 1),
              squared,
            ),
            fall,
          )
        : lanes.neg(fall);
    slopes.push(code.let(slope));
  }
  return { values, slopes };
}

/**
 * The function (slot, adjoints, slice, local). Adjoints: address of the atom's lane of the first adjoint; the adjoint
 * of moment b lies b · adjointBytes behind it. Adds forces on the neighbours and on the atom, and the virial.
 */
export function generateSecondPass(
  module: ModuleBuilder,
  shape: PassShape,
): Callable & { readonly result: undefined } {
  const { lanes, records } = shape;
  return module.function(
    { parameters: ['i32', 'i32', 'i32', 'i32'] },
    (code, slot, adjoints, slice, local) => {
      const bucketBytes = code.let(records.bucketBytesCode());
      const sums = new PairSums(code, lanes, slice, local);
      const species = code.local('i32');
      code.for(species, 0, shape.speciesCount, 1, () => {
        forEachRecord(code, records, slot, species, bucketBytes, (record) => {
          const u = [UX, UY, UZ].map((field) => code.let(lanes.load(record, records.field(field))));
          const gradient = pairGradient(code, shape, record, adjoints, u);
          const r = code.let(lanes.load(record, records.field(DISTANCE)));
          sums.add(
            u.map((component) => code.let(lanes.mul(component, r))),
            gradient,
          );
          scatterForces(code, lanes, records, record, sums.forces, gradient);
        });
      });
      sums.finish();
    },
  );
}

/** ∂E_i/∂r⃗ of each lane's neighbour. */
function pairGradient(
  code: FunctionBody,
  shape: PassShape,
  record: Local<'i32'>,
  adjoints: Local<'i32'>,
  u: readonly VectorLocal[],
): VectorLocal[] {
  const { lanes, records, tree } = shape;
  const values = Array.from({ length: shape.radialFunctions }, (_, mu) =>
    code.let(lanes.load(record, records.field(valueField(mu)))),
  );
  const monomials = monomialValues(code, shape, u);
  const radialAdjoint: (VectorLocal | undefined)[] = values.map(() => undefined); // P_μ
  const weight: (VectorLocal | undefined)[] = tree.map(() => undefined); // w_m, later with the children's share
  const h: (VectorLocal | undefined)[] = [undefined, undefined, undefined];
  const addTo = (list: (VectorLocal | undefined)[], k: number, term: Vector) => {
    const present = list[k];
    if (present) code.set(present, lanes.add(present, term));
    else list[k] = code.let(term);
  };
  for (let m = tree.length - 1; m >= 0; m--) {
    const { parent, axis, moments } = tree[m];
    for (const { moment, mu } of moments) {
      const adjoint = code.let(lanes.loadSplat(adjoints, moment * shape.adjointBytes));
      addTo(radialAdjoint, mu, parent < 0 ? adjoint : lanes.mul(adjoint, monomials[m]));
      if (parent >= 0) addTo(weight, m, lanes.mul(values[mu], adjoint));
    }
    const w = weight[m];
    if (parent < 0 || !w) continue;
    if (tree[parent].parent < 0) {
      addTo(h, axis, w);
    } else {
      addTo(weight, parent, lanes.mul(w, u[axis]));
      addTo(h, axis, lanes.mul(w, monomials[parent]));
    }
  }
  return assembleGradient(code, shape, record, u, h, radialAdjoint);
}

/** (Σ_μ f′_μ P_μ − (h·u)/r) u + h/r */
function assembleGradient(
  code: FunctionBody,
  shape: PassShape,
  record: Local<'i32'>,
  u: readonly VectorLocal[],
  h: readonly (VectorLocal | undefined)[],
  radialAdjoint: readonly (VectorLocal | undefined)[],
): VectorLocal[] {
  const { lanes, records } = shape;
  const inverse = code.let(lanes.load(record, records.field(INVERSE)));
  const tangential = h.map((value) => value && code.let(lanes.mul(value, inverse)));
  let radial: Vector | undefined;
  radialAdjoint.forEach((p, mu) => {
    if (!p) return;
    const term = lanes.mul(lanes.load(record, records.field(slopeField(shape, mu))), p);
    radial = radial ? lanes.add(radial, term) : term;
  });
  let along: Vector = radial ?? lanes.constant(0);
  tangential.forEach((value, axis) => {
    if (value) along = lanes.sub(along, lanes.mul(value, u[axis]));
  });
  const factor = code.let(along);
  return u.map((component, axis) => {
    const part = tangential[axis];
    const radialPart = lanes.mul(factor, component);
    return code.let(part ? lanes.add(radialPart, part) : radialPart);
  });
}
