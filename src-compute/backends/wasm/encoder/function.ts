/** Body of one WebAssembly function, written statement by statement. */
import { Bytes } from './bytes.ts';
import { Expression, f32, f64, i32, i64, Local, memoryArgument, opcode, TYPE_CODE } from './expressions.ts';
import type { StoreKind, ValueType } from './expressions.ts';
import { f64x2 } from './simd.ts';

/** Target of branches: the end of a block, or the start of a loop. */
export interface Label {
  readonly depth: number;
}

type Operand<T extends ValueType> = Expression<T> | number;

/** Anything that can be called: a function of this module or an imported one. */
export interface Callable {
  readonly index: number;
  readonly parameters: readonly ValueType[];
  readonly result: ValueType | undefined;
}

const EMPTY_TYPE = 0x40;

export class FunctionBody {
  private readonly out = new Bytes();
  private readonly localTypes: ValueType[] = [];
  private readonly parameterCount: number;
  private depth = 0;

  constructor(parameterCount: number) {
    this.parameterCount = parameterCount;
  }

  /** A new local variable, zero at the start of the function. There may be tens of thousands (V8 allows 50 000). */
  local<T extends ValueType>(type: T): Local<T> {
    this.localTypes.push(type);
    return new Local(type, this.parameterCount + this.localTypes.length - 1);
  }

  /** A new local variable with a value. */
  let<T extends ValueType>(value: Expression<T>): Local<T> {
    const variable = this.local(value.type);
    this.set(variable, value);
    return variable;
  }

  set<T extends ValueType>(variable: Local<T>, value: Operand<T>): void {
    asExpression(variable.type, value).emit(this.out);
    this.out.byte(0x21);
    this.out.unsigned(variable.index);
  }

  /** Writes a value to memory: `code.store(f64, address, value, 8)`. */
  store<T extends ValueType>(
    kind: StoreKind<T>,
    address: Operand<'i32'>,
    value: Operand<T>,
    offset = 0,
  ): void {
    asExpression('i32', address).emit(this.out);
    asExpression(kind.storedType, value).emit(this.out);
    opcode(this.out, kind.storeCode);
    memoryArgument(this.out, kind.storeAlignment, offset);
  }

  /** Writes one 64- or 32-bit lane of a vector to memory. */
  storeLane(
    bits: 32 | 64,
    address: Operand<'i32'>,
    vector: Expression<'v128'>,
    lane: number,
    offset = 0,
  ): void {
    asExpression('i32', address).emit(this.out);
    vector.emit(this.out);
    opcode(this.out, bits === 64 ? 0xfd0000 + 91 : 0xfd0000 + 90);
    memoryArgument(this.out, bits === 64 ? 3 : 2, offset);
    this.out.byte(lane);
  }

  /** Statements whose label is left by `branch(label)`. */
  block(body: (end: Label) => void): void {
    this.nested(0x02, body);
  }

  /** Statements that `branch(label)` starts again; falls out at the end otherwise. */
  loop(body: (again: Label) => void): void {
    this.nested(0x03, body);
  }

  /** Counted loop: variable = start, start + step, … while < end (signed). The end is evaluated at every round. */
  for(
    variable: Local<'i32'>,
    start: Operand<'i32'>,
    end: Operand<'i32'>,
    step: number,
    body: (variable: Local<'i32'>) => void,
  ): void {
    this.set(variable, start);
    this.if(i32.lt(variable, end), () => {
      this.loop((again) => {
        body(variable);
        this.branchIf(again, i32.lt(variable.tee(i32.add(variable, step)), end));
      });
    });
  }

  if(condition: Expression<'i32'>, then: () => void, otherwise?: () => void): void {
    condition.emit(this.out);
    this.out.byte(0x04);
    this.out.byte(EMPTY_TYPE);
    this.depth++;
    then();
    if (otherwise) {
      this.out.byte(0x05);
      otherwise();
    }
    this.depth--;
    this.out.byte(0x0b);
  }

  branch(label: Label): void {
    this.out.byte(0x0c);
    this.out.unsigned(this.depth - label.depth);
  }

  branchIf(label: Label, condition: Expression<'i32'>): void {
    condition.emit(this.out);
    this.out.byte(0x0d);
    this.out.unsigned(this.depth - label.depth);
  }

  return(value?: Expression): void {
    value?.emit(this.out);
    this.out.byte(0x0f);
  }

  /** Stops the program: a RuntimeError in the caller. */
  unreachable(): void {
    this.out.byte(0x00);
  }

  /** Calls a function and forgets its result. */
  call(target: Callable, ...args: Operand<ValueType>[]): void {
    call(target, ...args).emit(this.out);
    if (target.result) this.out.byte(0x1a);
  }

  /** Evaluates an expression for its effect (an atomic, say). */
  drop(value: Expression): void {
    value.emit(this.out);
    this.out.byte(0x1a);
  }

  memoryCopy(destination: Operand<'i32'>, source: Operand<'i32'>, bytes: Operand<'i32'>): void {
    for (const operand of [destination, source, bytes]) asExpression('i32', operand).emit(this.out);
    this.out.append([0xfc, 0x0a, 0, 0]);
  }

  memoryFill(destination: Operand<'i32'>, byte: Operand<'i32'>, bytes: Operand<'i32'>): void {
    for (const operand of [destination, byte, bytes]) asExpression('i32', operand).emit(this.out);
    this.out.append([0xfc, 0x0b, 0]);
  }

  /** Size of the code so far, bytes. */
  get codeLength(): number {
    return this.out.length;
  }

  /** The function as the code section holds it: locals by runs of one type, then the instructions. */
  encode(): Bytes {
    const body = new Bytes();
    const runs: [number, ValueType][] = [];
    for (const type of this.localTypes) {
      const last = runs.at(-1);
      if (last?.[1] === type) last[0]++;
      else runs.push([1, type]);
    }
    body.unsigned(runs.length);
    for (const [count, type] of runs) {
      body.unsigned(count);
      body.byte(TYPE_CODE[type]);
    }
    body.append(this.out.toUint8Array());
    body.byte(0x0b);
    return body;
  }

  private nested(code: number, body: (label: Label) => void): void {
    this.out.byte(code);
    this.out.byte(EMPTY_TYPE);
    this.depth++;
    body({ depth: this.depth });
    this.depth--;
    this.out.byte(0x0b);
  }
}

/** The call of a function as an expression; for functions with a result. */
export function call<T extends ValueType>(
  target: Callable & { readonly result: T | undefined },
  ...args: Operand<ValueType>[]
): Expression<T> {
  if (args.length !== target.parameters.length) throw new RangeError('wrong number of arguments in a call');
  const operands = args.map((arg, k) => {
    const operand = asExpression(target.parameters[k], arg);
    if (operand.type !== target.parameters[k])
      throw new TypeError(`argument ${k} should be ${target.parameters[k]}`);
    return operand;
  });
  // a call without result is only ever used as a statement, where the type does not matter
  return new Expression((target.result ?? 'i32') as T, (out) => {
    for (const operand of operands) operand.emit(out);
    out.byte(0x10);
    out.unsigned(target.index);
  });
}

/** Lifts a plain number to a constant of the given numeric type. */
function asExpression<T extends ValueType>(type: T, value: Expression<T> | number): Expression<T> {
  if (typeof value !== 'number') return value;
  const constant: Expression =
    type === 'i32'
      ? i32.const(value)
      : type === 'f64'
        ? f64.const(value)
        : type === 'f32'
          ? f32.const(value)
          : type === 'i64'
            ? i64.const(BigInt(value))
            : f64x2.splat(value);
  return constant as Expression<T>;
}
