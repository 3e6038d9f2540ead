/**
 * Force engines: a potential bound to atoms on a backend, chosen by name or automatically.
 *
 *     const engine = createForceEngine(model, atomsOf(configuration));
 *     engine.compute(positions, cell);          // engine.result: energy, atomEnergies, forces, virial
 *
 * `engine.choice` says which backend computes and why. Errors against the reference (test/conformance): wasm 1e-10 of the
 * largest force; wasm-f32 2e-6 of it (typically 1e-7 to 1e-6), energies 2e-8, since positions are taken relative to each
 * atom in double precision and sums over atoms are in double precision too.
 */
import { BackendError } from '../errors.ts';
import type { BackendName, Evaluation, ForceEngine, PotentialModelBase } from '../potentials/potential.ts';
import type { Configuration } from '../structure/configuration.ts';
import { atomsOf } from './atoms.ts';
import type { AtomsOfEngine } from './atoms.ts';
import { NoGpuError } from './gpu/device.ts';
import { ReferenceForceEngine } from './reference/engine.ts';
import { WasmForceEngine } from './wasm/engine.ts';
import { whyNoKernels } from './wasm/kernels/index.ts';
import { compileProgram, lanesOf } from './wasm/program.ts';
import type { Precision, Program } from './wasm/program.ts';
import { hasSharedMemory, hasWebAssembly } from './wasm/runtime.ts';
import { sharedTeam } from '../workers/team.ts';
import type { WorkerTeam } from '../workers/team.ts';

export { atomsOf, type AtomsOfEngine } from './atoms.ts';

/** Backends that compute synchronously on the CPU. */
export type CpuBackendName = Exclude<BackendName, 'webgpu'>;

export interface ForceEngineOptions {
  /** Default: the fastest that runs here in f64. */
  readonly backend?: CpuBackendName | 'auto';
  /** Threads including the calling one; default 1. Results do not depend on it. */
  readonly threads?: number;
  /** How to start workers; default: as the host has provided (workers/team.ts). */
  readonly team?: WorkerTeam;
  /** Verlet skin, Å; default 1. */
  readonly skin?: number;
}

/** A force engine that can say how it was chosen. */
export interface ChosenForceEngine extends ForceEngine {
  /** One sentence for the user: which backend computes and why. */
  readonly choice: string;
  compute(positions: Float64Array, cell: Float64Array): void;
}

const DEFAULT_SKIN = 1;

/** Which CPU backend computes a potential here, and why. */
export function chooseBackend(
  model: PotentialModelBase,
  wanted: CpuBackendName | 'auto' = 'auto',
): { readonly backend: CpuBackendName; readonly reason: string } {
  if (wanted === 'reference') return { backend: 'reference', reason: 'reference, as asked for' };
  const missing = !hasWebAssembly() ? 'this JavaScript engine has no WebAssembly' : whyNoKernels(model);
  if (missing === undefined) {
    const lanes = lanesOf(wanted === 'wasm-f32' ? 'f32' : 'f64');
    const vectors =
      lanes.width > 1 ? `vectors ${lanes.name}` : 'scalars, since this machine has no WebAssembly SIMD';
    const why = wanted === 'auto' ? 'the fastest backend in double precision' : 'as asked for';
    return { backend: wanted === 'auto' ? 'wasm' : wanted, reason: `WebAssembly with ${vectors}, ${why}` };
  }
  if (wanted === 'auto') return { backend: 'reference', reason: `reference (slow), because ${missing}` };
  throw new BackendError(`The backend ${wanted} cannot be used: ${missing}.`, {
    remedy: 'Use --backend reference.',
  });
}

/** Programs by model, so that many engines of one potential compile once. */
const programs = new WeakMap<PotentialModelBase, Map<string, Program>>();

/** The compiled program of a model. */
export function programOf(model: PotentialModelBase, precision: Precision, shared: boolean): Program {
  const lanes = lanesOf(precision);
  const key = `${lanes.name} ${shared}`;
  const known = programs.get(model) ?? new Map<string, Program>();
  programs.set(model, known);
  let program = known.get(key);
  if (!program) {
    program = compileProgram(model, lanes, shared);
    known.set(key, program);
  }
  return program;
}

/**
 * Binds a potential to atoms.
 * @throws PotentialError for species that the potential does not have; BackendError when a backend asked for by name
 *   does not run here
 */
export function createForceEngine(
  model: PotentialModelBase,
  atoms: AtomsOfEngine,
  options: ForceEngineOptions = {},
): ChosenForceEngine {
  const { backend, reason } = chooseBackend(model, options.backend);
  const skin = options.skin ?? DEFAULT_SKIN;
  if (!(skin >= 0) || !Number.isFinite(skin))
    throw new BackendError(`The skin should be a length ≥ 0 Å, and is ${skin}.`);
  if (backend === 'reference')
    return Object.assign(new ReferenceForceEngine(model, atoms), { choice: reason });
  const threads = threadsOf(options);
  const program = programOf(model, backend === 'wasm-f32' ? 'f32' : 'f64', threads.team !== undefined);
  const engine = new WasmForceEngine(
    model,
    program,
    atoms,
    skin,
    threads.team && { count: threads.count, team: threads.team },
  );
  return Object.assign(engine, { choice: `${reason}; ${threads.reason}` });
}

/** How a host reaches the GPU backend; it is asynchronous, and absent where there is no GPU. */
export type OpenGpuEngine = (
  model: PotentialModelBase,
  atoms: AtomsOfEngine,
  options: { readonly skin?: number; readonly hardwareOnly?: boolean },
) => Promise<ForceEngine & { readonly choice: string }>;

let openGpuEngine: OpenGpuEngine | undefined;

/** Says how this host opens engines on the GPU. */
export function provideGpu(open: OpenGpuEngine): void {
  openGpuEngine = open;
}

/** Options of openForceEngine. */
export interface OpenForceEngineOptions extends Omit<ForceEngineOptions, 'backend'> {
  readonly backend?: BackendName | 'auto';
  /**
   * What suffices for an automatic choice; default f64. With f32 a GPU is taken where there is a real one, and
   * never a software adapter.
   */
  readonly precision?: Precision;
}

/**
 * As createForceEngine, for every backend: those on the GPU need time to open, and their compute returns a promise.
 * Where there is no GPU, single precision on the CPU takes its place, and `choice` says so.
 * @throws BackendError for potentials that the GPU does not compute, when it was asked for by name
 */
export async function openForceEngine(
  model: PotentialModelBase,
  atoms: AtomsOfEngine,
  options: OpenForceEngineOptions = {},
): Promise<ForceEngine & { readonly choice: string }> {
  const { backend = 'auto', precision = 'f64', ...rest } = options;
  if (backend !== 'webgpu' && !(backend === 'auto' && precision === 'f32')) {
    return createForceEngine(model, atoms, { ...rest, backend });
  }
  const fallBack: CpuBackendName = whyNoKernels(model) === undefined ? 'wasm-f32' : 'reference';
  const onCpu = (reason: string) => {
    const engine = createForceEngine(model, atoms, { ...rest, backend: fallBack });
    const choice = `${engine.choice.replace(', as asked for', '')}; not on a GPU: ${reason}`;
    return Object.assign(engine, { choice });
  };
  if (!openGpuEngine) return onCpu('This program has no GPU backend.');
  try {
    return await openGpuEngine(model, atoms, { skin: options.skin, hardwareOnly: backend === 'auto' });
  } catch (error) {
    if (error instanceof NoGpuError || (backend === 'auto' && error instanceof BackendError)) {
      return onCpu(error.message);
    }
    throw error;
  }
}

/** How many threads there can be, with the reason where they are fewer than asked for. */
function threadsOf(options: ForceEngineOptions): { count: number; team?: WorkerTeam; reason: string } {
  const wanted = options.threads ?? 1;
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 256) {
    throw new BackendError(`The number of threads should be an integer from 1 to 256, and is ${wanted}.`);
  }
  if (wanted === 1) return { count: 1, reason: '1 thread' };
  if (!hasSharedMemory()) {
    return {
      count: 1,
      reason: `1 thread instead of ${wanted}, because this machine shares no memory between threads`,
    };
  }
  const team = options.team ?? sharedTeam();
  if (!team)
    return { count: 1, reason: `1 thread instead of ${wanted}, because this program starts no workers` };
  return { count: wanted, team, reason: `${wanted} threads` };
}

/** Evaluators of many configurations with one potential, by model and backend. */
const evaluators = new WeakMap<PotentialModelBase, Map<CpuBackendName, WasmForceEngine>>();

/**
 * Evaluates one configuration. Many configurations of one model in a row share code and memory.
 * @throws PotentialError, StructureError, BackendError as createForceEngine and compute do
 */
export function evaluate(
  model: PotentialModelBase,
  configuration: Configuration,
  options: ForceEngineOptions = {},
): Evaluation {
  const { backend } = chooseBackend(model, options.backend);
  const atoms = atomsOf(configuration);
  if (backend === 'reference') {
    const engine = new ReferenceForceEngine(model, atoms);
    engine.compute(configuration.positions, configuration.cell);
    return engine.result;
  }
  const known = evaluators.get(model) ?? new Map<CpuBackendName, WasmForceEngine>();
  evaluators.set(model, known);
  let engine = known.get(backend);
  if (engine) engine.setAtoms(atoms);
  else {
    // no skin: every configuration is computed once
    engine = new WasmForceEngine(
      model,
      programOf(model, backend === 'wasm-f32' ? 'f32' : 'f64', false),
      atoms,
      0,
    );
    known.set(backend, engine);
  }
  engine.compute(configuration.positions, configuration.cell);
  return engine.result;
}
