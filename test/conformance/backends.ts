/** Backends of the suite. A new one is one line. */
import { ReferenceForceEngine } from '../../src-compute/backends/reference/engine.ts';
import type { AtomsOfEngine } from '../../src-compute/backends/atoms.ts';
import { F32, F32X4, F64, F64X2 } from '../../src-compute/backends/wasm/encoder/index.ts';
import type { Lanes } from '../../src-compute/backends/wasm/encoder/index.ts';
import { WasmForceEngine } from '../../src-compute/backends/wasm/engine.ts';
import { compileProgram } from '../../src-compute/backends/wasm/program.ts';
import type { Program } from '../../src-compute/backends/wasm/program.ts';
import type { ForceEngine, PotentialModelBase } from '../../src-compute/potentials/potential.ts';

export interface ConformanceBackend {
  readonly name: string;
  /** Relative error allowed against the reference: of forces and virials, of energies. */
  readonly tolerance: number;
  /** 'f32' backends get a coarser finite difference. */
  readonly precision: 'f64' | 'f32';
  /** undefined when the backend does not compute this potential. */
  create(model: PotentialModelBase, atoms: AtomsOfEngine): ForceEngine | Promise<ForceEngine> | undefined;
}

const programs = new Map<PotentialModelBase, Map<string, Program>>();

function wasm(lanes: Lanes, shared: boolean): ConformanceBackend {
  return {
    name: `wasm ${lanes.name}${shared ? ' on shared memory' : ''}`,
    tolerance: lanes.bytes === 8 ? 1e-10 : 2e-6,
    precision: lanes.bytes === 8 ? 'f64' : 'f32',
    create(model, atoms) {
      const known = programs.get(model) ?? new Map<string, Program>();
      programs.set(model, known);
      const key = `${lanes.name} ${shared}`;
      const program = known.get(key) ?? compileProgram(model, lanes, shared);
      known.set(key, program);
      return new WasmForceEngine(model, program, atoms, 0.7);
    },
  };
}

export const backends: readonly ConformanceBackend[] = [
  {
    name: 'reference',
    tolerance: 1e-14,
    precision: 'f64',
    create: (model, atoms) => new ReferenceForceEngine(model, atoms),
  },
  wasm(F64X2, false),
  wasm(F64X2, true),
  wasm(F64, false),
  wasm(F32X4, false),
  wasm(F32, false),
];
