import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  call,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32Atomic,
  i32x4,
  i64,
  ModuleBuilder,
  select,
  v128,
} from '../../../../src-compute/backends/wasm/encoder/index.ts';
import { Bytes, F32, F32X4, F64, F64X2 } from '../../../../src-compute/backends/wasm/encoder/index.ts';
import type {
  Expression,
  FunctionBody,
  Local,
  ValueType,
} from '../../../../src-compute/backends/wasm/encoder/index.ts';

import {
  compileModule,
  createMemory,
  instantiate as instantiateModule,
} from '../../../../src-compute/backends/wasm/runtime.ts';

type Numeric = (...values: number[]) => number;

const memory = createMemory(4 * 65536, 16 * 65536, true);

const instantiate = (module: ModuleBuilder) => instantiateModule(compileModule(module.encode()), memory);

/** One exported function. */
function compile<const P extends readonly ValueType[]>(
  parameters: P,
  result: ValueType | undefined,
  write: (code: FunctionBody, ...p: { [K in keyof P]: Local<P[K]> }) => void,
): Numeric {
  const module = new ModuleBuilder();
  module.importMemory({ shared: true, maximumPages: 16 });
  module.function({ export: 'f', parameters, result }, write);
  return instantiate(module).f;
}

describe('number encodings', () => {
  it('write LEB128 that decodes to the same number', () => {
    const decodeUnsigned = (bytes: Uint8Array) =>
      Number(bytes.reduce((sum, byte, k) => sum + (BigInt(byte & 127) << BigInt(7 * k)), 0n));
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const out = new Bytes();
        out.unsigned(value);
        expect(decodeUnsigned(out.toUint8Array())).toBe(value);
      }),
    );
  });

  it('hold every 32-bit and 64-bit constant and every double', () => {
    const values = [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)];
    const module = new ModuleBuilder();
    values.forEach((value, k) => {
      module.function({ export: `i${k}`, parameters: [], result: 'i32' }, (code) =>
        code.return(i32.const(value)),
      );
    });
    const big = [0n, -1n, 64n, -64n, 2n ** 63n - 1n, -(2n ** 63n)];
    big.forEach((value, k) => {
      module.function({ export: `b${k}`, parameters: [], result: 'i64' }, (code) =>
        code.return(i64.const(value)),
      );
    });
    const exports = instantiate(module);
    values.forEach((value, k) => expect(exports[`i${k}`]()).toBe(value));
    big.forEach((value, k) => expect(exports[`b${k}`]()).toBe(value as unknown as number));
    for (const value of [Math.PI, -0, Infinity, 5e-324, 1.7e308]) {
      expect(compile([], 'f64', (code) => code.return(f64.const(value)))()).toBe(value);
    }
  });
});

describe('operators', () => {
  const a = fc.double({ noNaN: true });
  const integer = fc.integer();
  const real: [string, (x: Expression<'f64'>, y: Expression<'f64'>) => Expression, Numeric][] = [
    ['add', f64.add, (x, y) => x + y],
    ['sub', f64.sub, (x, y) => x - y],
    ['mul', f64.mul, (x, y) => x * y],
    ['div', f64.div, (x, y) => x / y],
    ['min', f64.min, (x, y) => Math.min(x, y)],
    ['max', f64.max, (x, y) => Math.max(x, y)],
    ['abs', f64.abs, (x) => Math.abs(x)],
    ['neg', f64.neg, (x) => -x],
    ['sqrt', f64.sqrt, (x) => Math.sqrt(x)],
    ['floor', f64.floor, (x) => Math.floor(x)],
    ['ceil', f64.ceil, (x) => Math.ceil(x)],
    ['trunc', f64.trunc, (x) => Math.trunc(x)],
    ['lt', f64.lt, (x, y) => Number(x < y)],
    ['gt', f64.gt, (x, y) => Number(x > y)],
    ['le', f64.le, (x, y) => Number(x <= y)],
    ['ge', f64.ge, (x, y) => Number(x >= y)],
    ['eq', f64.eq, (x, y) => Number(x === y)],
    ['ne', f64.ne, (x, y) => Number(x !== y)],
    ['select', (x, y) => select(f64.lt(x, y), x, y), (x, y) => (x < y ? x : y)],
    ['through i64', (x) => f64.reinterpretI64(i64.add(i64.reinterpretF64(x), i64.const(0n))), (x) => x],
    ['demote', (x) => f64.promoteF32(f32.demoteF64(x)), (x) => Math.fround(x)],
  ];
  it.each(real)('f64 %s agrees with JavaScript', (_, operator, expected) => {
    const f = compile(['f64', 'f64'], operator(f64.const(0), f64.const(0)).type, (code, x, y) =>
      code.return(operator(x, y)),
    );
    fc.assert(fc.property(a, a, (x, y) => void expect(f(x, y)).toBe(expected(x, y))));
  });

  const whole: [string, (x: Expression<'i32'>, y: Expression<'i32'>) => Expression, Numeric][] = [
    ['add', i32.add, (x, y) => (x + y) | 0],
    ['sub', i32.sub, (x, y) => (x - y) | 0],
    ['mul', i32.mul, (x, y) => Math.imul(x, y)],
    ['and', i32.and, (x, y) => x & y],
    ['or', i32.or, (x, y) => x | y],
    ['xor', i32.xor, (x, y) => x ^ y],
    ['shl', i32.shl, (x, y) => x << y],
    ['shr', i32.shr, (x, y) => x >> y],
    ['shrUnsigned', i32.shrUnsigned, (x, y) => (x >>> y) | 0],
    ['lt', i32.lt, (x, y) => Number(x < y)],
    ['ltUnsigned', i32.ltUnsigned, (x, y) => Number(x >>> 0 < y >>> 0)],
    ['ge', i32.ge, (x, y) => Number(x >= y)],
    ['eqz', i32.eqz, (x) => Number(x === 0)],
    ['ctz', i32.ctz, (x) => (x === 0 ? 32 : 31 - Math.clz32(x & -x))],
    ['to f64', f64.convertI32, (x) => x],
    ['trunc', (x) => i32.truncF64(f64.mul(f64.convertI32(x), 0.5)), (x) => Math.trunc(x / 2)],
  ];
  it.each(whole)('i32 %s agrees with JavaScript', (_, operator, expected) => {
    const f = compile(['i32', 'i32'], operator(i32.const(0), i32.const(0)).type, (code, x, y) =>
      code.return(operator(x, y)),
    );
    fc.assert(fc.property(integer, integer, (x, y) => void expect(f(x, y) + 0).toBe(expected(x, y) + 0)));
  });

  it('division, remainder', () => {
    const f = compile(['i32', 'i32'], 'i32', (code, x, y) =>
      code.return(i32.add(i32.mul(i32.div(x, y), y), i32.rem(x, y))),
    );
    fc.assert(
      fc.property(
        integer,
        integer.filter((y) => y > 0),
        (x, y) => void expect(f(x, y)).toBe(x),
      ),
    );
  });
});

describe('lanes', () => {
  const numbers = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 8, maxLength: 8 });
  it.each([F64X2, F32X4, F64, F32])('$name computes each lane like a scalar', (lanes) => {
    const array =
      lanes.bytes === 8 ? new Float64Array(memory.buffer, 0, 64) : new Float32Array(memory.buffer, 0, 64);
    const round = lanes.bytes === 8 ? (x: number) => x : Math.fround;
    const at = (k: number) => k * lanes.bytes;
    const run = compile([], 'f64', (code) => {
      const x = code.let(lanes.load(0));
      const y = code.let(lanes.load(0, at(4)));
      const results = [
        lanes.add(x, y),
        lanes.sub(x, y),
        lanes.mul(x, y),
        lanes.div(x, y),
        lanes.min(x, y),
        lanes.max(x, y),
        lanes.sqrt(lanes.abs(x)),
        lanes.mul(lanes.neg(x), lanes.loadSplat(0, at(5))),
        lanes.floor(lanes.add(x, lanes.constant(0.5))),
      ];
      results.forEach((result, k) => code.store(lanes.storeKind, 0, result, at(8 + 4 * k)));
      code.return(lanes.sumF64(x));
    });
    const expected: ((x: number, y: number, splat: number) => number)[] = [
      (x, y) => x + y,
      (x, y) => x - y,
      (x, y) => x * y,
      (x, y) => x / y,
      // of two zeros vectors take the first
      (x, y) => (lanes.width > 1 && x === y ? x : Math.min(x, y)),
      (x, y) => (lanes.width > 1 && x === y ? x : Math.max(x, y)),
      (x) => Math.sqrt(Math.abs(x)),
      (x, _, splat) => -x * splat,
      (x) => Math.floor(round(x + 0.5)),
    ];
    fc.assert(
      fc.property(numbers, (values) => {
        array.set(values);
        const stored = Array.from(array.subarray(0, 8));
        const sum = run();
        let total = 0;
        for (let l = 0; l < lanes.width; l++) {
          expected.forEach((f, k) =>
            expect(array[8 + 4 * k + l]).toEqual(round(f(stored[l], stored[4 + l], stored[5]))),
          );
          total += stored[l];
        }
        expect(sum).toBeCloseTo(total, 5);
      }),
    );
  });

  it('shuffles, selects bits, converts and moves single lanes', () => {
    new Float64Array(memory.buffer, 0, 2).set([1.5, -2.5]);
    new Float32Array(memory.buffer, 64, 4).set([1, 2, 3, 4]);
    const f = compile([], undefined, (code) => {
      const x = code.let(v128.load(0));
      code.store(v128, 128, v128.shuffle(x, x, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]));
      code.store(v128, 144, v128.bitselect(x, f64x2.splat(9), f64x2.gt(x, f64x2.splat(0))));
      code.store(v128, 160, f64x2.promoteLowF32x4(v128.load(64)));
      code.storeLane(64, 176, x, 1);
      code.storeLane(32, 184, v128.load(64), 2);
      code.store(v128, 192, v128.load64Lane(0, f64x2.splat(7), 1, 8));
      code.store(i32, 208, i32x4.bitmask(f32x4.gt(v128.load(64), f32x4.splat(2.5))));
      code.store(v128, 224, select(i32.const(0), x, f64x2.replace(x, 0, 5)));
    });
    f();
    const doubles = new Float64Array(memory.buffer);
    expect([...doubles.slice(16, 24)].slice(0, 7)).toEqual([-2.5, 1.5, 1.5, 9, 1, 2, -2.5]);
    expect(new Float32Array(memory.buffer)[46]).toBe(3);
    expect([...doubles.slice(24, 26)]).toEqual([7, -2.5]);
    expect(new Int32Array(memory.buffer)[52]).toBe(0b1100);
    expect([...doubles.slice(28, 30)]).toEqual([5, -2.5]);
  });
});

describe('control flow and calls', () => {
  it('runs nested loops, early exits and both branches', () => {
    // number of primes below n
    const f = compile(['i32'], 'i32', (code, n) => {
      const [p, d, count] = [code.local('i32'), code.local('i32'), code.local('i32')];
      code.for(p, 2, n, 1, () => {
        code.block((composite) => {
          code.for(d, 2, p, 1, () => code.branchIf(composite, i32.eqz(i32.rem(p, d))));
          code.set(count, i32.add(count, 1));
        });
      });
      code.if(
        i32.gt(count, 20),
        () => code.return(count),
        () => code.set(count, i32.mul(count, -1)),
      );
      code.return(count);
    });
    expect(f(100)).toBe(25);
    expect(f(10)).toBe(-4);
    expect(f(0)).toBe(0);
  });

  it('calls internal and imported functions', () => {
    const module = new ModuleBuilder();
    const square = module.function({ parameters: ['f64'], result: 'f64' }, (code, x) =>
      code.return(f64.mul(x, x)),
    );
    const write = module.function({ parameters: ['i32', 'f64'] }, (code, address, value) =>
      code.store(f64, address, value),
    );
    module.importMemory({ shared: true, maximumPages: 16 });
    module.function({ export: 'f', parameters: ['f64'], result: 'f64' }, (code, x) => {
      code.call(write, 8, call(square, x));
      code.call(square, x);
      code.return(f64.load(8));
    });
    expect(instantiate(module).f(-3)).toBe(9);
    expect(() => call(square)).toThrow('arguments');
  });

  it('allows straight-line code with thousands of locals', () => {
    const f = compile(['f64'], 'f64', (code, x) => {
      const values = [x as Expression<'f64'>];
      for (let k = 0; k < 20000; k++) values.push(code.let(f64.add(values[k], 1)));
      code.return(values.at(-1));
    });
    expect(f(5)).toBe(20005);
  });

  it('copies, fills, and counts atomically', () => {
    const bytes = new Uint8Array(memory.buffer);
    const f = compile(['i32'], 'i32', (code, n) => {
      code.memoryFill(1024, 7, n);
      code.memoryCopy(2048, 1024, n);
      code.store(i32Atomic, 4096, 40);
      code.drop(i32.atomicAdd(4096, 2));
      code.return(i32.add(i32.atomicLoad(4096), i32.load8u(2048, 3)));
    });
    expect(f(16)).toBe(49);
    expect([...bytes.subarray(2048, 2064)]).toEqual(new Array(16).fill(7));
  });
});
