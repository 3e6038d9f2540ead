/** Backends of the suite. A new one is one line. */
import { ReferenceForceEngine } from '../../src-compute/backends/reference/engine.ts';
import type { AtomsOfEngine } from '../../src-compute/backends/atoms.ts';
import { GpuForceEngine } from '../../src-compute/backends/gpu/engine.ts';
import { termsOf } from '../../src-compute/backends/gpu/terms.ts';
import { F32, F32X4, F64, F64X2 } from '../../src-compute/backends/wasm/encoder/index.ts';
import type { Lanes } from '../../src-compute/backends/wasm/encoder/index.ts';
import { WasmForceEngine } from '../../src-compute/backends/wasm/engine.ts';
import { compileProgram } from '../../src-compute/backends/wasm/program.ts';
import type { Program } from '../../src-compute/backends/wasm/program.ts';
import { whyNoKernels } from '../../src-compute/backends/wasm/kernels/index.ts';
import { BackendError } from '../../src-compute/errors.ts';
import type { ForceEngine, PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import { nodeGpu } from '../../src-main/services/gpu-device.ts';
import { hasTestGpu } from '../support/gpu.ts';

export interface ConformanceBackend {
  readonly name: string;
  /** Relative error allowed against the reference: of forces and virials, of energies. */
  readonly tolerance: number;
  /** 'f32' backends get a coarser finite difference. */
  readonly precision: 'f64' | 'f32';
  /** Whether the backend computes potentials of this form; the suite passes over those that it does not. */
  computes(model: PotentialModelBase): boolean;
  /** undefined when the backend does not compute this potential. */
  create(model: PotentialModelBase, atoms: AtomsOfEngine): ForceEngine | Promise<ForceEngine> | undefined;
}

const programs = new Map<PotentialModelBase, Map<string, Program>>();

interface WasmVariant {
  /** On shared memory. */
  readonly shared?: boolean;
  /** Product graphs of every size by table loops. */
  readonly tables?: boolean;
}

function wasm(lanes: Lanes, { shared = false, tables = false }: WasmVariant = {}): ConformanceBackend {
  const variant = `${lanes.name}${shared ? ' on shared memory' : ''}${tables ? ' by tables' : ''}`;
  return {
    name: `wasm ${variant}`,
    tolerance: lanes.bytes === 8 ? 1e-10 : 2e-6,
    precision: lanes.bytes === 8 ? 'f64' : 'f32',
    computes: (model) => whyNoKernels(model) === undefined,
    create(model, atoms) {
      const known = programs.get(model) ?? new Map<string, Program>();
      programs.set(model, known);
      const program = known.get(variant) ?? compileProgram(model, lanes, shared, tables ? 0 : undefined);
      known.set(variant, program);
      return new WasmForceEngine(model, program, atoms, 0.7);
    },
  };
}

function isGpuModel(model: PotentialModelBase): boolean {
  try {
    return termsOf(model).length > 0;
  } catch (error) {
    if (error instanceof BackendError) return false;
    throw error;
  }
}

/** On whatever adapter there is: in CI a software one. */
const webgpu: ConformanceBackend = {
  name: 'webgpu',
  tolerance: 2e-6,
  precision: 'f32',
  computes: isGpuModel,
  create: (model, atoms) => GpuForceEngine.open(nodeGpu, model, atoms, 0.7),
};

export const backends: readonly ConformanceBackend[] = [
  {
    name: 'reference',
    tolerance: 1e-14,
    precision: 'f64',
    computes: () => true,
    create: (model, atoms) => new ReferenceForceEngine(model, atoms),
  },
  wasm(F64X2),
  wasm(F64X2, { shared: true, tables: true }),
  wasm(F64),
  wasm(F32X4),
  wasm(F32X4, { tables: true }),
  wasm(F32, { tables: true }),
  ...((await hasTestGpu()) ? [webgpu] : []),
];
