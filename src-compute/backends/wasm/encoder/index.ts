/**
 * A small WebAssembly encoder: kernels are written as TypeScript that builds typed expression trees and statements,
 * and come out as a binary module. WebAssembly core specification 2.0 (SIMD) with the threads proposal.
 *
 * Complete example: the dot product of two arrays of f64, two lanes at a time.
 *
 *     import { ModuleBuilder, f64, f64x2, i32, v128 } from '../backends/wasm/encoder/index.ts';
 *
 *     const module = new ModuleBuilder();
 *     module.importMemory({ shared: true, maximumPages: 1024 });        // { env: { memory } }
 *     module.function(
 *       { export: 'dot', parameters: ['i32', 'i32', 'i32'], result: 'f64' },
 *       (code, a, b, count) => {                                        // typed locals of the parameters
 *         const i = code.local('i32');
 *         const sum = code.local('v128');                               // zero at the start
 *         code.for(i, 0, count, 2, () => {                              // count is even here
 *           const bytes = code.let(i32.shl(i, 3));                      // i * 8
 *           const product = f64x2.mul(v128.load(i32.add(a, bytes)), v128.load(i32.add(b, bytes)));
 *           code.set(sum, f64x2.add(sum, product));
 *         });
 *         code.return(f64.add(f64x2.extract(sum, 0), f64x2.extract(sum, 1)));
 *       },
 *     );
 *     const memory = createMemory(65536, 1024 * 65536, true);           // from ../backends/wasm/runtime.ts
 *     const { dot } = instantiate(compileModule(module.encode()), memory);
 *     new Float64Array(memory.buffer, 0, 4).set([1, 2, 3, 4]);
 *     new Float64Array(memory.buffer, 32, 4).set([5, 6, 7, 8]);
 *     dot(0, 32, 4);                                                    // 70
 *
 * Rules: an expression used twice is computed twice (keep it in `code.let`); plain numbers are constants of the
 * operator's type; `code.for`, `if`, `block`, `loop` take callbacks; labels are what the callbacks receive
 * (`code.block((end) => { code.branchIf(end, condition); })`); helpers are internal functions called with
 * `call(helper, …)` as an expression or `code.call(helper, …)` as a statement. `lanes.ts` writes one kernel for
 * f64x2, f32x4 and scalars.
 */
export { Bytes } from './bytes.ts';
export {
  Expression,
  f32,
  f64,
  i32,
  i32Atomic,
  i32Low16,
  i32Low8,
  i64,
  Local,
  select,
  type StoreKind,
  type ValueType,
} from './expressions.ts';
export { f32x4, f64x2, i32x4, i64x2, v128 } from './simd.ts';
export { call, FunctionBody, type Callable, type Label } from './function.ts';
export { ModuleBuilder, type MemoryImport } from './module.ts';
export { F32, F32X4, F64, F64X2, type Lanes, type LaneType, type Vector } from './lanes.ts';
