/**
 * Typed expression trees. An expression knows its WebAssembly type and how to write its instructions; operators are
 * grouped by type as the specification names them: `f64.add(a, b)`, `f64x2.mul(a, b)`, `i32.load(address, 16)`.
 * Plain numbers stand for constants of the operator's own type. An expression that is used twice is computed
 * twice: keep it in a local (`code.let`) instead.
 */
import type { Bytes } from './bytes.ts';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export const TYPE_CODE: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

export class Expression<T extends ValueType = ValueType> {
  readonly type: T;
  readonly emit: (out: Bytes) => void;

  constructor(type: T, emit: (out: Bytes) => void) {
    this.type = type;
    this.emit = emit;
  }
}

/** A parameter or a local variable; as an expression it is its present value. */
export class Local<T extends ValueType = ValueType> extends Expression<T> {
  readonly index: number;

  constructor(type: T, index: number) {
    super(type, (out) => {
      out.byte(0x20);
      out.unsigned(index);
    });
    this.index = index;
  }

  /** Assigns and is the assigned value (local.tee). */
  tee(value: Expression<T>): Expression<T> {
    return new Expression(this.type, (out) => {
      value.emit(out);
      out.byte(0x22);
      out.unsigned(this.index);
    });
  }
}

export type I32 = Expression<'i32'> | number;
export type F32 = Expression<'f32'> | number;
export type F64 = Expression<'f64'> | number;

/** Writes an opcode; SIMD (0xfd), atomics (0xfe) and 0xfc carry their prefix above 16 bits: 0xfd0000 + code. */
export function opcode(out: Bytes, code: number): void {
  if (code < 0x100) {
    out.byte(code);
    return;
  }
  out.byte(code >> 16);
  out.unsigned(code & 0xffff);
}

export const SIMD = 0xfd0000;
const ATOMIC = 0xfe0000;
const SATURATING = 0xfc0000;

export const asI32 = (value: I32) => (typeof value === 'number' ? i32.const(value) : value);
export const asF32 = (value: F32) => (typeof value === 'number' ? f32.const(value) : value);
export const asF64 = (value: F64) => (typeof value === 'number' ? f64.const(value) : value);

export function unary<R extends ValueType>(type: R, code: number, a: Expression): Expression<R> {
  return new Expression(type, (out) => {
    a.emit(out);
    opcode(out, code);
  });
}

export function binary<R extends ValueType>(
  type: R,
  code: number,
  a: Expression,
  b: Expression,
): Expression<R> {
  return new Expression(type, (out) => {
    a.emit(out);
    b.emit(out);
    opcode(out, code);
  });
}

export function lane<R extends ValueType>(
  type: R,
  code: number,
  index: number,
  ...operands: Expression[]
): Expression<R> {
  return new Expression(type, (out) => {
    for (const operand of operands) operand.emit(out);
    opcode(out, code);
    out.byte(index);
  });
}

/** Alignment (log2) and static offset of a memory instruction. */
export function memoryArgument(out: Bytes, alignment: number, offset: number): void {
  out.unsigned(alignment);
  out.unsigned(offset);
}

export function load<R extends ValueType>(
  type: R,
  code: number,
  alignment: number,
  address: I32,
  offset: number,
): Expression<R> {
  return new Expression(type, (out) => {
    asI32(address).emit(out);
    opcode(out, code);
    memoryArgument(out, alignment, offset);
  });
}

/** How a value is stored: opcode and natural alignment. */
export interface StoreKind<T extends ValueType> {
  readonly storedType: T;
  readonly storeCode: number;
  readonly storeAlignment: number;
}

export function storeKind<T extends ValueType>(
  storedType: T,
  storeCode: number,
  storeAlignment: number,
): StoreKind<T> {
  return { storedType, storeCode, storeAlignment };
}

const compareI32 = (code: number) => (a: I32, b: I32) => binary('i32', code, asI32(a), asI32(b));
const arithmeticI32 = compareI32;

export const i32 = {
  ...storeKind('i32', 0x36, 2),
  const: (value: number) =>
    new Expression('i32', (out) => {
      out.byte(0x41);
      out.signed(value);
    }),
  load: (address: I32, offset = 0) => load('i32', 0x28, 2, address, offset),
  load8u: (address: I32, offset = 0) => load('i32', 0x2d, 0, address, offset),
  load16u: (address: I32, offset = 0) => load('i32', 0x2f, 1, address, offset),
  eqz: (a: I32) => unary('i32', 0x45, asI32(a)),
  eq: compareI32(0x46),
  ne: compareI32(0x47),
  lt: compareI32(0x48),
  ltUnsigned: compareI32(0x49),
  gt: compareI32(0x4a),
  gtUnsigned: compareI32(0x4b),
  le: compareI32(0x4c),
  leUnsigned: compareI32(0x4d),
  ge: compareI32(0x4e),
  geUnsigned: compareI32(0x4f),
  add: arithmeticI32(0x6a),
  sub: arithmeticI32(0x6b),
  mul: arithmeticI32(0x6c),
  div: arithmeticI32(0x6d),
  divUnsigned: arithmeticI32(0x6e),
  rem: arithmeticI32(0x6f),
  remUnsigned: arithmeticI32(0x70),
  and: arithmeticI32(0x71),
  or: arithmeticI32(0x72),
  xor: arithmeticI32(0x73),
  shl: arithmeticI32(0x74),
  shr: arithmeticI32(0x75),
  shrUnsigned: arithmeticI32(0x76),
  clz: (a: I32) => unary('i32', 0x67, asI32(a)),
  ctz: (a: I32) => unary('i32', 0x68, asI32(a)),
  popcnt: (a: I32) => unary('i32', 0x69, asI32(a)),
  /** Towards zero; out-of-range and NaN saturate. */
  truncF64: (a: F64) => unary('i32', SATURATING + 2, asF64(a)),
  reinterpretF32: (a: F32) => unary('i32', 0xbc, asF32(a)),
  truncF32: (a: F32) => unary('i32', SATURATING + 0, asF32(a)),
  /** Sequentially consistent operations on shared (or plain) memory; addresses must be multiples of 4. */
  atomicLoad: (address: I32, offset = 0) => load('i32', ATOMIC + 0x10, 2, address, offset),
  /** Adds and gives the value from before. */
  atomicAdd: (address: I32, value: I32, offset = 0): Expression<'i32'> =>
    new Expression('i32', (out) => {
      asI32(address).emit(out);
      asI32(value).emit(out);
      opcode(out, ATOMIC + 0x1e);
      memoryArgument(out, 2, offset);
    }),
};

/** Store kinds of narrow and atomic integers: `code.store(i32Atomic, address, value)`. */
export const i32Atomic = storeKind('i32', ATOMIC + 0x17, 2);
export const i32Low8 = storeKind('i32', 0x3a, 0);
export const i32Low16 = storeKind('i32', 0x3b, 1);

export const i64 = {
  ...storeKind('i64', 0x37, 3),
  const: (value: bigint) =>
    new Expression('i64', (out) => {
      out.byte(0x42);
      out.signedBig(value);
    }),
  load: (address: I32, offset = 0) => load('i64', 0x29, 3, address, offset),
  add: (a: Expression<'i64'>, b: Expression<'i64'>) => binary('i64', 0x7c, a, b),
  sub: (a: Expression<'i64'>, b: Expression<'i64'>) => binary('i64', 0x7d, a, b),
  shl: (a: Expression<'i64'>, b: Expression<'i64'>) => binary('i64', 0x86, a, b),
  reinterpretF64: (a: F64) => unary('i64', 0xbd, asF64(a)),
  extendI32: (a: I32) => unary('i64', 0xac, asI32(a)),
  truncF64: (a: F64) => unary('i64', SATURATING + 6, asF64(a)),
};

const binaryF64 = (code: number) => (a: F64, b: F64) => binary('f64', code, asF64(a), asF64(b));
const compareF64 = (code: number) => (a: F64, b: F64) => binary('i32', code, asF64(a), asF64(b));

export const f64 = {
  ...storeKind('f64', 0x39, 3),
  const: (value: number) =>
    new Expression('f64', (out) => {
      out.byte(0x44);
      out.float64(value);
    }),
  load: (address: I32, offset = 0) => load('f64', 0x2b, 3, address, offset),
  eq: compareF64(0x61),
  ne: compareF64(0x62),
  lt: compareF64(0x63),
  gt: compareF64(0x64),
  le: compareF64(0x65),
  ge: compareF64(0x66),
  abs: (a: F64) => unary('f64', 0x99, asF64(a)),
  neg: (a: F64) => unary('f64', 0x9a, asF64(a)),
  ceil: (a: F64) => unary('f64', 0x9b, asF64(a)),
  floor: (a: F64) => unary('f64', 0x9c, asF64(a)),
  trunc: (a: F64) => unary('f64', 0x9d, asF64(a)),
  nearest: (a: F64) => unary('f64', 0x9e, asF64(a)),
  sqrt: (a: F64) => unary('f64', 0x9f, asF64(a)),
  add: binaryF64(0xa0),
  sub: binaryF64(0xa1),
  mul: binaryF64(0xa2),
  div: binaryF64(0xa3),
  min: binaryF64(0xa4),
  max: binaryF64(0xa5),
  convertI32: (a: I32) => unary('f64', 0xb7, asI32(a)),
  promoteF32: (a: F32) => unary('f64', 0xbb, asF32(a)),
  reinterpretI64: (a: Expression<'i64'>) => unary('f64', 0xbf, a),
};

const binaryF32 = (code: number) => (a: F32, b: F32) => binary('f32', code, asF32(a), asF32(b));
const compareF32 = (code: number) => (a: F32, b: F32) => binary('i32', code, asF32(a), asF32(b));

export const f32 = {
  ...storeKind('f32', 0x38, 2),
  const: (value: number) =>
    new Expression('f32', (out) => {
      out.byte(0x43);
      out.float32(value);
    }),
  load: (address: I32, offset = 0) => load('f32', 0x2a, 2, address, offset),
  eq: compareF32(0x5b),
  ne: compareF32(0x5c),
  lt: compareF32(0x5d),
  gt: compareF32(0x5e),
  le: compareF32(0x5f),
  ge: compareF32(0x60),
  abs: (a: F32) => unary('f32', 0x8b, asF32(a)),
  neg: (a: F32) => unary('f32', 0x8c, asF32(a)),
  floor: (a: F32) => unary('f32', 0x8e, asF32(a)),
  sqrt: (a: F32) => unary('f32', 0x91, asF32(a)),
  add: binaryF32(0x92),
  sub: binaryF32(0x93),
  mul: binaryF32(0x94),
  div: binaryF32(0x95),
  min: binaryF32(0x96),
  max: binaryF32(0x97),
  convertI32: (a: I32) => unary('f32', 0xb2, asI32(a)),
  demoteF64: (a: F64) => unary('f32', 0xb6, asF64(a)),
  nearest: (a: F32) => unary('f32', 0x90, asF32(a)),
  reinterpretI32: (a: I32) => unary('f32', 0xbe, asI32(a)),
};

/** Value of `yes` where the condition is not zero, else `no`; both are evaluated. */
export function select<T extends ValueType>(
  condition: I32,
  yes: Expression<T>,
  no: Expression<T>,
): Expression<T> {
  return new Expression(yes.type, (out) => {
    yes.emit(out);
    no.emit(out);
    asI32(condition).emit(out);
    if (yes.type === 'v128') {
      out.append([0x1c, 1, TYPE_CODE.v128]);
    } else {
      out.byte(0x1b);
    }
  });
}
