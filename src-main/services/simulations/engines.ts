/** Force engines of simulations: the backend by name or automatically, with threads; on the GPU where that pays. */
import {
  atomsOf,
  createForceEngine,
  openForceEngine,
  type ChosenForceEngine,
  type CpuBackendName,
} from '../../../src-compute/backends/index.ts';
import { ResidentEngine } from '../../../src-compute/backends/gpu/resident-engine.ts';
import type {
  BackendName,
  ForceEngine,
  PotentialModelBase,
} from '../../../src-compute/potentials/potential.ts';
import type { MolecularDynamicsSettings } from '../../../src-compute/sampling/settings.ts';
import { createSystem } from '../../../src-compute/sampling/system.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { mayHaveGpu, nodeGpu, useNodeGpu } from '../gpu-device.ts';
import { useNodeWorkers } from '../node-workers.ts';

/** Backends that simulations can be asked for by name. */
export const BACKEND_CHOICES = ['auto', 'reference', 'wasm', 'wasm-f32', 'webgpu'] as const;

export interface EngineChoice {
  readonly backend?: BackendName | 'auto';
  readonly threads?: number;
  /** Å */
  readonly skin?: number;
}

/** A force engine that says in one sentence which backend computes and why. */
export type SimulationEngine = ForceEngine & { readonly choice: string };

/** Fewer atoms than this never keep a GPU busy enough to be worth the way there and back for every force call. */
const FEWEST_ATOMS_FOR_GPU = 4000;
/** How many times faster than the CPU a GPU must be to be chosen in spite of its single precision. */
const WORTHWHILE_GAIN = 1.5;

/**
 * An engine on the CPU, at once.
 * @throws PotentialError, BackendError as createForceEngine does
 */
export function cpuEngine(
  model: PotentialModelBase,
  configuration: Configuration,
  choice: EngineChoice & { readonly backend?: CpuBackendName | 'auto' } = {},
): ChosenForceEngine {
  if ((choice.threads ?? 1) > 1) useNodeWorkers();
  return createForceEngine(model, atomsOf(configuration), choice);
}

/**
 * Binds a potential to the atoms of a structure. `webgpu` falls back to single precision on the CPU where there is no
 * adapter, and says so. `auto` computes on the CPU in double precision unless there are many atoms and a real GPU, not
 * a program that imitates one, has been found faster on this very structure.
 * @throws PotentialError, BackendError as openForceEngine does
 */
export async function openSimulationEngine(
  model: PotentialModelBase,
  configuration: Configuration,
  choice: EngineChoice = {},
): Promise<SimulationEngine> {
  const { backend = 'auto' } = choice;
  if (backend === 'webgpu') {
    useNodeGpu();
    if ((choice.threads ?? 1) > 1) useNodeWorkers();
    return await openForceEngine(model, atomsOf(configuration), choice);
  }
  const onCpu = cpuEngine(model, configuration, { ...choice, backend });
  const few = configuration.kinds.length < FEWEST_ATOMS_FOR_GPU;
  if (backend !== 'auto' || few || !mayHaveGpu()) return onCpu;
  return await fasterOf(onCpu, model, configuration, choice);
}

/** With `auto`, a run that goes on uses the backend that it was begun with. */
export function withSavedBackend(choice: EngineChoice, saved: string | undefined): EngineChoice {
  const { backend = 'auto' } = choice;
  const known = BACKEND_CHOICES.find((name) => name === saved);
  return backend === 'auto' && known !== undefined ? { ...choice, backend: known } : choice;
}

/** The engine on the CPU, or one on a real GPU when that is faster. The other one is closed. */
async function fasterOf(
  onCpu: ChosenForceEngine,
  model: PotentialModelBase,
  configuration: Configuration,
  choice: EngineChoice,
): Promise<SimulationEngine> {
  useNodeGpu();
  const onGpu = await openForceEngine(model, atomsOf(configuration), {
    ...choice,
    backend: 'auto',
    precision: 'f32',
  });
  if (onGpu.backend !== 'webgpu') {
    onGpu.dispose();
    return onCpu;
  }
  try {
    const gain = (await callTime(onCpu, configuration)) / (await callTime(onGpu, configuration));
    if (gain >= WORTHWHILE_GAIN) {
      onCpu.dispose();
      const why = `${gain.toFixed(1)} times as fast here as on the CPU; --backend wasm computes in double precision`;
      return Object.assign(onGpu, { choice: `${onGpu.choice}, ${why}` });
    }
  } catch {
    // a structure that cannot be evaluated is told by whoever needs its forces
  }
  onGpu.dispose();
  return onCpu;
}

/** Wall time of a force call, the list and the code being ready, ms. */
async function callTime(engine: ForceEngine, { positions, cell }: Configuration): Promise<number> {
  let shortest = Infinity;
  // the first call compiles and builds the list; where it was long, that hardly counts
  for (let call = 0; call < 3 && !(call > 0 && shortest > 1000); call++) {
    const began = performance.now();
    await engine.compute(positions, cell);
    shortest = Math.min(shortest, performance.now() - began);
  }
  return shortest;
}

/**
 * As openSimulationEngine, for molecular dynamics. Where forces come from the GPU and the run is one of constant energy
 * in which every atom moves, the state stays on the device, and many steps are done without the CPU.
 * @param special whether some atoms are fixed or another potential drives inner steps
 */
export async function openDynamicsEngine(
  model: PotentialModelBase,
  configuration: Configuration,
  choice: EngineChoice,
  { ensemble, maximumDisplacement, timestep }: MolecularDynamicsSettings,
  special: boolean,
): Promise<SimulationEngine> {
  const engine = await openSimulationEngine(model, configuration, choice);
  const plain = ensemble === 'nve' && maximumDisplacement === undefined && !special;
  if (engine.backend !== 'webgpu' || !plain) return engine;
  try {
    const { positions, cell, masses } = createSystem(configuration);
    const system = { positions, cell, masses };
    const atoms = atomsOf(configuration);
    const { skin } = choice;
    const resident = await ResidentEngine.open(nodeGpu, model, atoms, system, { timestep, skin });
    return Object.assign(resident, { choice: `${engine.choice}; the state stays on the device` });
  } finally {
    engine.dispose();
  }
}

/** Most steps of a stretch that an engine does by itself: averages take one sample of each. */
const LONGEST_STRETCH = 50;

/** The next step, above the one given, at which something is due: every so many steps, for each of the numbers. */
export function nextStopAmong(intervals: readonly number[]): (step: number) => number {
  return (step) =>
    intervals.reduce(
      (next, every) => Math.min(next, (Math.floor(step / every) + 1) * every),
      step + LONGEST_STRETCH,
    );
}

/** The engines of a chain of hybrid Monte Carlo. */
export interface MonteCarloEngines extends Disposable {
  /** Decides: always in double precision. */
  readonly accurate: SimulationEngine;
  /** Proposes, where another engine does. */
  readonly cheap: SimulationEngine | undefined;
  /** Whether the proposals are in single precision with the accurate potential itself. */
  readonly singleProposals: boolean;
  /** Backend that drives the trajectories. */
  readonly backend: string;
  readonly choice: string;
}

/**
 * Opens the engines of a chain. ΔH is always taken in double precision: where a backend in single precision is asked
 * for, or a GPU was found faster, it drives the trajectories as a surrogate, and the energies at both ends come from
 * double precision on the CPU. The map is reversible and keeps the volume whatever forces drive it, so that the
 * sampling stays exact; one accurate call per trajectory is the price.
 */
export async function openMonteCarloEngines(
  model: PotentialModelBase,
  cheapModel: PotentialModelBase | undefined,
  configuration: Configuration,
  choice: EngineChoice = {},
): Promise<MonteCarloEngines> {
  const asked = choice.backend ?? 'auto';
  const first = await openSimulationEngine(model, configuration, choice);
  const single = asked === 'wasm-f32' || asked === 'webgpu' || first.backend === 'webgpu';
  const opened: SimulationEngine[] = [first];
  const all = { [Symbol.dispose]: () => opened.forEach((engine) => engine.dispose()) };
  const add = (engine: SimulationEngine): SimulationEngine => {
    opened.push(engine);
    return engine;
  };
  try {
    if (!single) {
      const cheap = cheapModel && add(await openSimulationEngine(cheapModel, configuration, choice));
      const { backend, choice: why } = first;
      return { ...all, accurate: first, cheap, singleProposals: false, backend, choice: why };
    }
    const accurate = add(cpuEngine(model, configuration, { ...choice, backend: 'auto' }));
    const cheap = cheapModel ? add(await openSimulationEngine(cheapModel, configuration, choice)) : first;
    return {
      ...all,
      accurate,
      cheap,
      singleProposals: cheapModel === undefined,
      backend: cheap.backend,
      choice: `acceptance in double precision (${accurate.choice}); proposals in single precision (${cheap.choice})`,
    };
  } catch (error) {
    all[Symbol.dispose]();
    throw error;
  }
}
