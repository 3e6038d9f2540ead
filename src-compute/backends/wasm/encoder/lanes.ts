/**
 * One vocabulary for vectors of floating-point lanes, so that a kernel is written once and generated as f64x2,
 * f32x4, or scalar f64 and f32 (where a machine has no SIMD).
 */
import { f32, f64, i32, i64, select } from './expressions.ts';
import { f32x4, f64x2, i32x4, i64x2, v128 } from './simd.ts';
import type { StoreKind, Expression } from './expressions.ts';

type Address = Expression<'i32'> | number;

/** Type of a lane vector in locals. */
export type LaneType = 'v128' | 'f64' | 'f32';
export type Vector = Expression<LaneType>;

export interface Lanes {
  readonly name: 'f64x2' | 'f32x4' | 'f64' | 'f32';
  /** Number of lanes. */
  readonly width: number;
  /** Bytes of one lane. */
  readonly bytes: 4 | 8;
  /** WebAssembly type of a vector. */
  readonly type: LaneType;
  constant(value: number): Vector;
  /** `width` consecutive numbers; the address need not be aligned. */
  load(address: Address, offset?: number): Vector;
  /** One number in every lane. */
  loadSplat(address: Address, offset?: number): Vector;
  readonly storeKind: StoreKind<LaneType>;
  add(a: Vector, b: Vector): Vector;
  sub(a: Vector, b: Vector): Vector;
  mul(a: Vector, b: Vector): Vector;
  div(a: Vector, b: Vector): Vector;
  /** The smaller and the larger; what is no number stays where it is `a`, and zeros keep their signs. */
  min(a: Vector, b: Vector): Vector;
  max(a: Vector, b: Vector): Vector;
  neg(a: Vector): Vector;
  abs(a: Vector): Vector;
  sqrt(a: Vector): Vector;
  floor(a: Vector): Vector;
  /** Nearest integer, ties to even. */
  nearest(a: Vector): Vector;
  /** `yes` in the lanes where a < b, else `no`; all four are evaluated. */
  selectLess(a: Vector, b: Vector, yes: Vector, no: Vector): Vector;
  /** Whether a < b in any lane. */
  anyLess(a: Vector, b: Vector): Expression<'i32'>;
  /** 2ⁿ for integers n (in floating-point form) within the range of normal numbers. */
  powerOfTwo(n: Vector): Vector;
  /** The vector with one lane replaced. */
  replaceF64(a: Vector, lane: number, value: Expression<'f64'>): Vector;
  /** One lane as f64. */
  extractF64(a: Vector, lane: number): Expression<'f64'>;
  /** Sum of all lanes as f64. The operand is evaluated once per lane: pass a local. */
  sumF64(a: Vector): Expression<'f64'>;
}

type Binary = (a: never, b: never) => Expression;
type Unary = (a: never) => Expression;

/** The operators of a lane type differ only in the types of their operands, which are all of one LaneType here. */
function operators(
  of: Record<'add' | 'sub' | 'mul' | 'div' | 'min' | 'max', Binary> &
    Record<'neg' | 'abs' | 'sqrt' | 'floor' | 'nearest', Unary>,
) {
  const binary = (f: Binary) => f as unknown as (a: Vector, b: Vector) => Vector;
  const unary = (f: Unary) => f as unknown as (a: Vector) => Vector;
  return {
    add: binary(of.add),
    sub: binary(of.sub),
    mul: binary(of.mul),
    div: binary(of.div),
    min: binary(of.min),
    max: binary(of.max),
    neg: unary(of.neg),
    abs: unary(of.abs),
    sqrt: unary(of.sqrt),
    floor: unary(of.floor),
    nearest: unary(of.nearest),
  };
}

const asVector = (a: Vector) => a as Expression<'v128'>;
const asStore = (kind: StoreKind<'v128'> | StoreKind<'f64'> | StoreKind<'f32'>) =>
  kind as StoreKind<LaneType>;

export const F64X2: Lanes = {
  name: 'f64x2',
  width: 2,
  bytes: 8,
  type: 'v128',
  // the minimum of the specification, which looks after signs of zeros, takes ten instructions on x86 in place of one
  ...operators({ ...f64x2, min: f64x2.pmin, max: f64x2.pmax }),
  constant: (value) => f64x2.splat(value),
  load: (address, offset) => v128.load(address, offset),
  loadSplat: (address, offset) => v128.load64Splat(address, offset),
  storeKind: asStore(v128),
  selectLess: (a, b, yes, no) =>
    v128.bitselect(asVector(yes), asVector(no), f64x2.lt(asVector(a), asVector(b))),
  anyLess: (a, b) => v128.anyTrue(f64x2.lt(asVector(a), asVector(b))),
  // 2⁵² + k has k in its low bits: shifted up, k is the exponent
  powerOfTwo: (n) => i64x2.shl(f64x2.add(asVector(n), f64x2.splat(2 ** 52 + 1023)), 52),
  replaceF64: (a, lane, value) => f64x2.replace(asVector(a), lane, value),
  extractF64: (a, lane) => f64x2.extract(asVector(a), lane),
  sumF64: (a) => f64.add(f64x2.extract(asVector(a), 0), f64x2.extract(asVector(a), 1)),
};

export const F32X4: Lanes = {
  name: 'f32x4',
  width: 4,
  bytes: 4,
  type: 'v128',
  // the minimum of the specification, which looks after signs of zeros, takes ten instructions on x86 in place of one
  ...operators({ ...f32x4, min: f32x4.pmin, max: f32x4.pmax }),
  constant: (value) => f32x4.splat(value),
  load: (address, offset) => v128.load(address, offset),
  loadSplat: (address, offset) => v128.load32Splat(address, offset),
  storeKind: asStore(v128),
  selectLess: (a, b, yes, no) =>
    v128.bitselect(asVector(yes), asVector(no), f32x4.lt(asVector(a), asVector(b))),
  anyLess: (a, b) => v128.anyTrue(f32x4.lt(asVector(a), asVector(b))),
  powerOfTwo: (n) => i32x4.shl(f32x4.add(asVector(n), f32x4.splat(2 ** 23 + 127)), 23),
  replaceF64: (a, lane, value) => f32x4.replace(asVector(a), lane, f32.demoteF64(value)),
  extractF64: (a, lane) => f64.promoteF32(f32x4.extract(asVector(a), lane)),
  sumF64: (a) => {
    const lane = (k: number) => f64.promoteF32(f32x4.extract(asVector(a), k));
    return f64.add(f64.add(lane(0), lane(1)), f64.add(lane(2), lane(3)));
  },
};

export const F64: Lanes = {
  name: 'f64',
  width: 1,
  bytes: 8,
  type: 'f64',
  ...operators(f64),
  constant: (value) => f64.const(value),
  load: (address, offset) => f64.load(address, offset),
  loadSplat: (address, offset) => f64.load(address, offset),
  storeKind: asStore(f64),
  selectLess: (a, b, yes, no) => select(f64.lt(a as Expression<'f64'>, b as Expression<'f64'>), yes, no),
  anyLess: (a, b) => f64.lt(a as Expression<'f64'>, b as Expression<'f64'>),
  powerOfTwo: (n) => {
    const shifted = f64.add(n as Expression<'f64'>, 2 ** 52 + 1023);
    return f64.reinterpretI64(i64.shl(i64.reinterpretF64(shifted), i64.const(52n)));
  },
  replaceF64: (_, __, value) => value,
  extractF64: (a) => a as Expression<'f64'>,
  sumF64: (a) => a as Expression<'f64'>,
};

export const F32: Lanes = {
  name: 'f32',
  width: 1,
  bytes: 4,
  type: 'f32',
  ...operators(f32),
  constant: (value) => f32.const(value),
  load: (address, offset) => f32.load(address, offset),
  loadSplat: (address, offset) => f32.load(address, offset),
  storeKind: asStore(f32),
  selectLess: (a, b, yes, no) => select(f32.lt(a as Expression<'f32'>, b as Expression<'f32'>), yes, no),
  anyLess: (a, b) => f32.lt(a as Expression<'f32'>, b as Expression<'f32'>),
  powerOfTwo: (n) => {
    const shifted = f32.add(n as Expression<'f32'>, 2 ** 23 + 127);
    return f32.reinterpretI32(i32.shl(i32.reinterpretF32(shifted), 23));
  },
  replaceF64: (_, __, value) => f32.demoteF64(value),
  extractF64: (a) => f64.promoteF32(a as Expression<'f32'>),
  sumF64: (a) => f64.promoteF32(a as Expression<'f32'>),
};
