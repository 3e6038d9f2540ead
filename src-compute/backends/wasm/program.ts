/** One potential as a compiled WebAssembly module: its kernels and where their coefficients lie. */
import { BackendError } from '../../errors.ts';
import type { PotentialModelBase } from '../../potentials/potential.ts';
import { F32, F32X4, F64, F64X2, ModuleBuilder } from './encoder/index.ts';
import type { Lanes } from './encoder/index.ts';
import { generateClearSlice, generateCollect, generateRefresh } from './kernels/bookkeeping.ts';
import { kernelsOf } from './kernels/index.ts';
import type { Kernel } from './kernels/kernel.ts';
import { forceStride } from './kernels/kernel.ts';
import { generateSearch } from './kernels/search.ts';
import { align, COEFFICIENTS_BASE, kernelExport } from './layout.ts';
import { compileModule, hasSimd } from './runtime.ts';
import type { WasmModule } from './runtime.ts';

export type Precision = 'f64' | 'f32';

export interface Program {
  readonly module: WasmModule;
  readonly lanes: Lanes;
  readonly kernels: readonly Kernel[];
  /** Address of the coefficients of each kernel. */
  readonly coefficientAddresses: readonly number[];
  /** First address behind the coefficients. */
  readonly end: number;
  /** Bytes of the force on one entry. */
  readonly forceStride: number;
  /** Whether the module takes a shared memory. */
  readonly shared: boolean;
}

/** Lanes of a precision on this machine; scalars where it has no SIMD. */
export function lanesOf(precision: Precision, simd = hasSimd()): Lanes {
  if (precision === 'f64') return simd ? F64X2 : F64;
  return simd ? F32X4 : F32;
}

/**
 * Generates and compiles the code for a model.
 * @param shared whether the module takes a memory that several threads share
 * @param straightLineProducts see KernelSettings
 * @throws BackendError for forms without kernels
 */
export function compileProgram(
  model: PotentialModelBase,
  lanes: Lanes,
  shared: boolean,
  straightLineProducts?: number,
): Program {
  const kernels = kernelsOf(model, { lanes, species: model.species, straightLineProducts });
  if (kernels.length === 0)
    throw new BackendError(`The WebAssembly backend has nothing to compute for ${model.form}.`);
  const builder = new ModuleBuilder();
  builder.importMemory({ shared });
  const coefficientAddresses: number[] = [];
  let address = align(COEFFICIENTS_BASE, 64);
  kernels.forEach((kernel, k) => {
    coefficientAddresses.push(address);
    const compute = kernel.generate(builder, address);
    builder.exportFunction(kernelExport(k), compute);
    address = align(address + kernel.coefficientBytes, 64);
  });
  generateSearch(builder, lanes.width > 1);
  generateRefresh(builder);
  generateClearSlice(builder, lanes);
  generateCollect(builder, lanes);
  return {
    module: compileModule(builder.encode()),
    lanes,
    kernels,
    coefficientAddresses,
    end: address,
    forceStride: forceStride(lanes),
    shared,
  };
}
