/** Operators on vectors: v128 and its views as f64x2, f32x4, i32x4, i64x2. */
import {
  asF32,
  asF64,
  asI32,
  binary,
  Expression,
  lane,
  load,
  memoryArgument,
  opcode,
  SIMD,
  storeKind,
  unary,
} from './expressions.ts';
import type { F32, F64, I32 } from './expressions.ts';

type V128 = Expression<'v128'>;

const unarySimd = (code: number) => (a: V128) => unary('v128', SIMD + code, a);
const binarySimd = (code: number) => (a: V128, b: V128) => binary('v128', SIMD + code, a, b);

export const v128 = {
  ...storeKind('v128', SIMD + 11, 4),
  /** 16 bytes, low lane first. */
  const: (bytes: ArrayLike<number>) =>
    new Expression('v128', (out) => {
      if (bytes.length !== 16) throw new RangeError('a v128 constant has 16 bytes');
      opcode(out, SIMD + 12);
      out.append(bytes);
    }),
  load: (address: I32, offset = 0) => load('v128', SIMD + 0, 4, address, offset),
  load32Splat: (address: I32, offset = 0) => load('v128', SIMD + 9, 2, address, offset),
  load64Splat: (address: I32, offset = 0) => load('v128', SIMD + 10, 3, address, offset),
  /** Low lane from memory, the others zero. */
  load32Zero: (address: I32, offset = 0) => load('v128', SIMD + 92, 2, address, offset),
  load64Zero: (address: I32, offset = 0) => load('v128', SIMD + 93, 3, address, offset),
  /** Replaces one lane by a value from memory. */
  load32Lane: (address: I32, vector: V128, index: number, offset = 0) =>
    loadLane(86, 2, address, vector, index, offset),
  load64Lane: (address: I32, vector: V128, index: number, offset = 0) =>
    loadLane(87, 3, address, vector, index, offset),
  not: unarySimd(77),
  and: binarySimd(78),
  /** a and not b */
  andnot: binarySimd(79),
  or: binarySimd(80),
  xor: binarySimd(81),
  /** Bits of a where the mask is set, else of b. */
  bitselect: (a: V128, b: V128, mask: V128): V128 =>
    new Expression('v128', (out) => {
      a.emit(out);
      b.emit(out);
      mask.emit(out);
      opcode(out, SIMD + 82);
    }),
  anyTrue: (a: V128) => unary('i32', SIMD + 83, a),
  /** Bytes by index, 0–15 of a and 16–31 of b. */
  shuffle: (a: V128, b: V128, indices: ArrayLike<number>): V128 =>
    new Expression('v128', (out) => {
      a.emit(out);
      b.emit(out);
      opcode(out, SIMD + 13);
      out.append(indices);
    }),
};

function loadLane(
  code: number,
  alignment: number,
  address: I32,
  vector: V128,
  index: number,
  offset: number,
): V128 {
  return new Expression('v128', (out) => {
    asI32(address).emit(out);
    vector.emit(out);
    opcode(out, SIMD + code);
    memoryArgument(out, alignment, offset);
    out.byte(index);
  });
}

export const f64x2 = {
  splat: (a: F64) => unary('v128', SIMD + 20, asF64(a)),
  extract: (a: V128, index: number) => lane('f64', SIMD + 33, index, a),
  replace: (a: V128, index: number, value: F64) => lane('v128', SIMD + 34, index, a, asF64(value)),
  eq: binarySimd(71),
  ne: binarySimd(72),
  lt: binarySimd(73),
  gt: binarySimd(74),
  le: binarySimd(75),
  ge: binarySimd(76),
  floor: unarySimd(117),
  nearest: unarySimd(148),
  abs: unarySimd(236),
  neg: unarySimd(237),
  sqrt: unarySimd(239),
  add: binarySimd(240),
  sub: binarySimd(241),
  mul: binarySimd(242),
  div: binarySimd(243),
  min: binarySimd(244),
  max: binarySimd(245),
  /** b < a ? b : a */
  pmin: binarySimd(246),
  /** a < b ? b : a */
  pmax: binarySimd(247),
  /** From the low two lanes. */
  promoteLowF32x4: unarySimd(95),
  convertLowI32x4: unarySimd(254),
};

export const f32x4 = {
  splat: (a: F32) => unary('v128', SIMD + 19, asF32(a)),
  extract: (a: V128, index: number) => lane('f32', SIMD + 31, index, a),
  replace: (a: V128, index: number, value: F32) => lane('v128', SIMD + 32, index, a, asF32(value)),
  eq: binarySimd(65),
  ne: binarySimd(66),
  lt: binarySimd(67),
  gt: binarySimd(68),
  le: binarySimd(69),
  ge: binarySimd(70),
  floor: unarySimd(104),
  nearest: unarySimd(106),
  abs: unarySimd(224),
  neg: unarySimd(225),
  sqrt: unarySimd(227),
  add: binarySimd(228),
  sub: binarySimd(229),
  mul: binarySimd(230),
  div: binarySimd(231),
  min: binarySimd(232),
  max: binarySimd(233),
  pmin: binarySimd(234),
  pmax: binarySimd(235),
  /** Two f64 lanes to the low f32 lanes, the others zero. */
  demoteF64x2Zero: unarySimd(94),
  convertI32x4: unarySimd(250),
};

export const i32x4 = {
  splat: (a: I32) => unary('v128', SIMD + 17, asI32(a)),
  extract: (a: V128, index: number) => lane('i32', SIMD + 27, index, a),
  replace: (a: V128, index: number, value: I32) => lane('v128', SIMD + 28, index, a, asI32(value)),
  eq: binarySimd(55),
  lt: binarySimd(57),
  gt: binarySimd(59),
  add: binarySimd(174),
  sub: binarySimd(177),
  mul: binarySimd(181),
  shl: (a: V128, bits: I32) => binary('v128', SIMD + 171, a, asI32(bits)),
  /** One bit per lane: its sign bit. */
  bitmask: (a: V128) => unary('i32', SIMD + 164, a),
  /** Saturating, towards zero. */
  truncF32x4: unarySimd(248),
  truncF64x2Zero: unarySimd(252),
};

export const i64x2 = {
  splat: (a: Expression<'i64'>) => unary('v128', SIMD + 18, a),
  extract: (a: V128, index: number) => lane('i64', SIMD + 29, index, a),
  add: binarySimd(206),
  sub: binarySimd(209),
  shl: (a: V128, bits: I32) => binary('v128', SIMD + 203, a, asI32(bits)),
  bitmask: (a: V128) => unary('i32', SIMD + 196, a),
};
