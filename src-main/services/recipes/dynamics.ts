/** Stretches of molecular dynamics inside recipes. */
import { closePairSentence } from '../../../src-compute/potentials/distances.ts';
import type { ForceEngine } from '../../../src-compute/potentials/potential.ts';
import {
  MolecularDynamics,
  type MolecularDynamicsSummary,
} from '../../../src-compute/sampling/molecular-dynamics.ts';
import {
  completeMolecularDynamicsSettings,
  type MolecularDynamicsInput,
} from '../../../src-compute/sampling/settings.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { withoutLabels } from '../../../src-compute/structure/properties.ts';
import { CloseWatch } from '../simulations/close-pairs.ts';
import { requireConserved } from '../simulations/verdict.ts';
import { breathe, throwIfCancelled, type RecipeContext } from './recipe.ts';

export interface Stretch {
  readonly configuration: Configuration;
  readonly summary: MolecularDynamicsSummary;
}

export interface StretchOptions {
  readonly fixed?: Uint8Array;
  /** steps whose averages are dropped */
  readonly equilibration?: number;
  /** steps between samples */
  readonly every?: number;
  readonly sample?: (simulation: MolecularDynamics) => void;
  readonly onProgress?: (fraction: number) => void;
}

/**
 * Runs one stretch and returns its end, velocities included. Atoms that come closer than the potential's data are a caveat.
 * @throws SimulationError when its conserved energy changed by eV per atom; CancelledError
 */
export async function stretch(
  configuration: Configuration,
  engine: ForceEngine,
  input: MolecularDynamicsInput,
  context: RecipeContext,
  options: StretchOptions = {},
): Promise<Stretch> {
  // these runs are not resumed, so the neighbour list need not be built afresh now and then
  const settings = completeMolecularDynamicsSettings({ ...input, checkpointEvery: 1_000_000_000 });
  const simulation = new MolecularDynamics(configuration, engine, settings, { fixed: options.fixed });
  const equilibration = options.equilibration ?? 0;
  const every = options.every ?? 1;
  const watch = new CloseWatch(context.model, configuration, settings.steps);
  let last = performance.now();
  await simulation.run(() => {
    const { step } = simulation;
    watch.look(step, simulation.system);
    if (step === equilibration) simulation.resetAverages();
    if (step > equilibration && step % every === 0) options.sample?.(simulation);
    if (performance.now() - last < 200) return;
    last = performance.now();
    options.onProgress?.(step / settings.steps);
    throwIfCancelled(context);
    return breathe();
  });
  const { system, summary } = simulation;
  if (watch.closest) context.onCaveat?.({ kind: 'outside', text: closePairSentence(watch.closest) });
  if (typeof settings.pressure !== 'object') requireConserved(summary.drift, summary.time);
  return {
    configuration: {
      ...withoutLabels(configuration),
      positions: system.positions.slice(),
      velocities: system.velocities.slice(),
      cell: system.cell.slice(),
    },
    summary,
  };
}
