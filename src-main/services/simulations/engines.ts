/** Force engines of simulations: the backend by name or automatically, with threads. */
import {
  atomsOf,
  createForceEngine,
  type ChosenForceEngine,
  type CpuBackendName,
} from '../../../src-compute/backends/index.ts';
import type { PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { useNodeWorkers } from '../node-workers.ts';

export interface EngineChoice {
  readonly backend?: CpuBackendName | 'auto';
  readonly threads?: number;
  /** Å */
  readonly skin?: number;
}

/** Binds a potential to the atoms of a structure. */
export function simulationEngine(
  model: PotentialModelBase,
  configuration: Configuration,
  choice: EngineChoice,
): ChosenForceEngine {
  if ((choice.threads ?? 1) > 1) useNodeWorkers();
  return createForceEngine(model, atomsOf(configuration), choice);
}
