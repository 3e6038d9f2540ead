/**
 * The second pass over the neighbours of one atom, neighbours as lanes. Functions: shape.ts. With the adjoints
 * g_p = ∂E_i/∂ΣÕ_p, b_lm = ∂E_i/∂B_u,lm and −T_aa′ = ∂E_i/∂ΣÕ_aÕ_a′: per neighbour and angular channel the function
 * F_a(x, y, z) = Σ_lm b_lm Q̂_l^m(z) (c_m, s_m), gathered by m, and
 *   ∂E_i/∂r⃗ = ρ u + (h − (h·u) u)/r,   h = Σ_a Õ_a ∇F_a,
 *   ρ = −[Σ_p g_p Õ′_p + Σ_a Õ′_a F_a − Σ_{a≤a′} T_aa′ (Õ′_a Õ_a′ + Õ_a Õ′_a′)].
 */
import { i32 } from '../../encoder/index.ts';
import type {
  Expression,
  FunctionBody,
  LaneType,
  Local,
  ModuleBuilder,
  Vector,
} from '../../encoder/index.ts';
import { forEachRecord } from '../neighbour-records.ts';
import { PairSums, scatterForces } from '../pair-sums.ts';
import { angularConstants, constants, planePowers, polarFunctions, type VectorLocal } from './basis.ts';
import { eachRadial, SPECIES_ENTRY, type Pass } from './pass-code.ts';
import {
  DISTANCE,
  harmonicIndex,
  INVERSE,
  selfIndex,
  slopeField,
  UX,
  UY,
  UZ,
  valueField,
  type TensorShape,
} from './shape.ts';

/** Sum of the vectors that are there. */
function plus(shape: TensorShape, a: Vector | undefined, b: Vector): Vector {
  return a ? shape.lanes.add(a, b) : b;
}

/**
 * The function (slot, adjoints, slice, local). Adjoints: one number in lane precision per number, where those of self
 * terms are −T. Adds forces on the neighbours and on the atom, and the virial.
 * @param table address of the species' entries
 */
export function generateSecondPass(module: ModuleBuilder, shape: TensorShape, table: number): Pass {
  const { lanes, records, layout } = shape;
  return module.function(
    { parameters: ['i32', 'i32', 'i32', 'i32'] },
    (code, slot, adjoints, slice, local) => {
      const constant = constants(code, lanes, angularConstants(layout.angularSize));
      const bucketBytes = code.let(records.bucketBytesCode());
      const sums = new PairSums(code, lanes, slice, local);
      const species = code.local('i32');
      code.for(species, 0, shape.speciesCount, 1, () => {
        const entry = code.let(i32.add(table, i32.mul(species, SPECIES_ENTRY.bytes)));
        const radialBlock = code.let(i32.add(adjoints, i32.load(entry, SPECIES_ENTRY.radial)));
        const harmonics = code.let(i32.add(adjoints, i32.load(entry, SPECIES_ENTRY.harmonics)));
        forEachRecord(code, records, slot, species, bucketBytes, (record) => {
          const u = [UX, UY, UZ].map((field) => code.let(lanes.load(record, records.field(field))));
          const gradient = pairGradient(code, shape, constant, record, radialBlock, harmonics, u);
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
  shape: TensorShape,
  constant: (value: number) => VectorLocal,
  record: Local<'i32'>,
  radialBlock: Local<'i32'>,
  harmonics: Local<'i32'>,
  u: readonly VectorLocal[],
): VectorLocal[] {
  const { lanes, records, layout } = shape;
  const radial = code.let(radialSlope(shape, record, radialBlock));
  const h = layout.angularSize > 0 ? u.map(() => code.let(lanes.constant(0))) : [];
  if (layout.angularSize > 0) addAngular(code, shape, constant, record, harmonics, u, radial, h);
  const inverse = code.let(lanes.load(record, records.field(INVERSE)));
  // −ρ + (h·u)/r
  let along: Vector = radial;
  const tangential = h.map((value) => code.let(lanes.mul(value, inverse)));
  tangential.forEach((value, axis) => (along = lanes.add(along, lanes.mul(value, u[axis]))));
  const factor = code.let(along);
  return u.map((component, axis) => {
    const part = lanes.mul(factor, component);
    return code.let(h.length > 0 ? lanes.sub(tangential[axis], part) : lanes.neg(part));
  });
}

/** Σ_p g_p Õ′_p − Σ T (Õ′_a Õ_a′ + Õ_a Õ′_a′) */
function radialSlope(shape: TensorShape, record: Local<'i32'>, radialBlock: Local<'i32'>): Vector {
  const { lanes, records, layout, angularRadial, selfStart } = shape;
  const value = (a: number) => lanes.load(record, records.field(valueField(a)));
  const slope = (p: number) => lanes.load(record, records.field(slopeField(shape, p)));
  const adjoint = (place: number) => lanes.loadSplat(radialBlock, place * lanes.bytes);
  let sum: Vector | undefined;
  for (let p = 0; p < layout.radialSize; p++) sum = plus(shape, sum, lanes.mul(adjoint(p), slope(p)));
  for (let a = 0; a < angularRadial; a++) {
    for (let b = a; b < angularRadial; b++) {
      const product = lanes.add(lanes.mul(slope(a), value(b)), lanes.mul(value(a), slope(b)));
      sum = plus(shape, sum, lanes.mul(adjoint(selfStart + selfIndex(angularRadial, a, b)), product));
    }
  }
  return sum ?? lanes.constant(0);
}

/** Adds Σ_a Õ′_a F_a to `radial` and Σ_a Õ_a ∇F_a to `h`. */
function addAngular(
  code: FunctionBody,
  shape: TensorShape,
  constant: (value: number) => VectorLocal,
  record: Local<'i32'>,
  harmonics: Local<'i32'>,
  u: readonly VectorLocal[],
  radial: VectorLocal,
  h: readonly VectorLocal[],
): void {
  const { lanes, records, layout } = shape;
  const polar = shape.powerBasis ? [] : polarFunctions(code, shape, constant, u[2]);
  const powers = planePowers(code, lanes, u[0], u[1], layout.angularSize);
  eachRadial(code, shape, harmonics, lanes.bytes, record, (block, offset, fields, fieldOffset) => {
    const field = (n: number) => lanes.load(fields, fieldOffset + records.field(n));
    const adjoint = (index: number) => lanes.loadSplat(block, offset + index * lanes.bytes);
    const { value, gradient } = expansion(code, shape, constant, u[2], polar, powers, adjoint);
    code.set(radial, lanes.add(radial, lanes.mul(field(slopeField(shape, 0)), value)));
    const weight = code.let(field(valueField(0)));
    gradient.forEach((part, axis) => {
      if (part) code.set(h[axis], lanes.add(h[axis], lanes.mul(weight, part)));
    });
  });
}

/** F = Σ_lm b_lm Q̂_l^m(z) (c_m, s_m) and its gradient, as of a function of three independent variables. */
function expansion(
  code: FunctionBody,
  shape: TensorShape,
  constant: (value: number) => VectorLocal,
  z: VectorLocal,
  polar: readonly (readonly (VectorLocal | undefined)[])[],
  powers: readonly { readonly c: VectorLocal; readonly s: VectorLocal }[],
  adjoint: (index: number) => Expression<LaneType>,
): { value: VectorLocal; gradient: (VectorLocal | undefined)[] } {
  const { lanes, layout } = shape;
  const size = layout.angularSize;
  let value: VectorLocal | undefined;
  const gradient: (VectorLocal | undefined)[] = [undefined, undefined, undefined];
  const addTo = (axis: number, term: Vector) => {
    const present = gradient[axis];
    if (present) code.set(present, lanes.add(present, term));
    else gradient[axis] = code.let(term);
  };
  for (let m = 0; m <= size; m++) {
    const parts = m === 0 ? [false] : [false, true];
    const sums = parts.map((isSine) => {
      const b = (l: number) => code.let(adjoint(harmonicIndex(l, m, isSine)));
      return shape.powerBasis
        ? powerSums(code, lanes, z, m, size, b)
        : legendreSums(code, lanes, polar, m, size, b);
    });
    const [cosine, sine] = sums;
    if (m === 0) {
      value = cosine.f;
      if (cosine.g) addTo(2, cosine.g);
      continue;
    }
    const { c, s } = powers[m - 1];
    const [fc, fs] = [cosine.f, sine.f];
    const term = lanes.add(lanes.mul(fc, c), lanes.mul(fs, s));
    if (value) code.set(value, lanes.add(value, term));
    // ∂c_m/∂x = m c_{m−1}, ∂c_m/∂y = −m s_{m−1}, ∂s_m/∂x = m s_{m−1}, ∂s_m/∂y = m c_{m−1}
    if (m === 1) {
      addTo(0, fc);
      addTo(1, fs);
    } else {
      const below = powers[m - 2];
      const byX = lanes.add(lanes.mul(fc, below.c), lanes.mul(fs, below.s));
      const byY = lanes.sub(lanes.mul(fs, below.c), lanes.mul(fc, below.s));
      addTo(0, lanes.mul(byX, constant(m)));
      addTo(1, lanes.mul(byY, constant(m)));
    }
    if (cosine.g && sine.g) {
      const byZ = lanes.add(lanes.mul(cosine.g, c), lanes.mul(sine.g, s));
      addTo(2, shape.powerBasis ? byZ : lanes.mul(byZ, constant(2 * m + 1)));
    }
  }
  return { value: value ?? code.let(lanes.constant(0)), gradient };
}

/** f = Σ_l b_l Q̂_l^m and g = Σ_l b_l Q̂_l^{m+1}, ∂f/∂z = (2m + 1) g. */
function legendreSums(
  code: FunctionBody,
  lanes: TensorShape['lanes'],
  polar: readonly (readonly (VectorLocal | undefined)[])[],
  m: number,
  size: number,
  adjoint: (l: number) => VectorLocal,
): { f: VectorLocal; g: VectorLocal | undefined } {
  const f = code.local(lanes.type);
  let g: VectorLocal | undefined;
  const first = Math.max(1, m);
  for (let l = first; l <= size; l++) {
    const b = adjoint(l);
    const [q, next] = [polar[l][m], polar[l][m + 1]];
    const term = q ? lanes.mul(b, q) : b;
    code.set(f, l === first ? term : lanes.add(f, term));
    if (l === m) continue;
    const slope = next ? lanes.mul(b, next) : b;
    if (g) code.set(g, lanes.add(g, slope));
    else g = code.let(slope);
  }
  return { f, g };
}

/** f = Σ_l b_l z^{l−m} and g = ∂f/∂z by Horner's rule. */
function powerSums(
  code: FunctionBody,
  lanes: TensorShape['lanes'],
  z: VectorLocal,
  m: number,
  size: number,
  adjoint: (l: number) => VectorLocal,
): { f: VectorLocal; g: VectorLocal | undefined } {
  const f = code.let(adjoint(size));
  let g: VectorLocal | undefined;
  for (let l = size - 1; l >= m; l--) {
    if (g) code.set(g, lanes.add(lanes.mul(g, z), f));
    else g = code.let(f);
    const product = lanes.mul(f, z);
    // the constant of m = 0 is part of the radial sums
    code.set(f, l === 0 ? product : lanes.add(product, adjoint(l)));
  }
  return { f, g };
}
