/** Ways to move a structure in a field: relaxation, molecular dynamics, hybrid Monte Carlo, and exchanges of elements. */
import {
  completeHybridMonteCarloSettings,
  HybridMonteCarlo,
} from '../../../sampling/hybrid-monte-carlo/index.ts';
import { MolecularDynamics } from '../../../sampling/molecular-dynamics.ts';
import type { Random } from '../../../sampling/random.ts';
import { completeMolecularDynamicsSettings } from '../../../sampling/settings.ts';
import type { Configuration } from '../../../structure/configuration.ts';
import { BOLTZMANN_EV_PER_K } from '../../../units.ts';
import type { DescriptorField } from './field.ts';
import { relax } from './relaxation.ts';

export const DRIVES = ['minimise', 'md', 'hmc'] as const;
export type Drive = (typeof DRIVES)[number];

export interface DriveSettings {
  readonly drive: Drive;
  /** Steps of relaxation or dynamics, trajectories of hybrid Monte Carlo. */
  readonly steps: number;
  /** K; of md, hmc and exchanges. */
  readonly temperature: number;
  /** fs; of md, and the first guess of hmc. */
  readonly timestep: number;
  /** Exchanges of two atoms of different elements that are tried. */
  readonly swaps: number;
}

export const DRIVE_DEFAULTS: DriveSettings = {
  drive: 'minimise',
  steps: 100,
  temperature: 1000,
  timestep: 1,
  swaps: 0,
};

/** Moves a structure; gives the new one and its energy in the field. */
export async function driveStructure(
  start: Configuration,
  field: DescriptorField,
  settings: DriveSettings,
  random: Random,
  signal?: AbortSignal,
): Promise<{ configuration: Configuration; energy: number }> {
  const stop = () => signal?.throwIfAborted();
  const seed = random.next32();
  let configuration = start;
  if (settings.drive === 'md') {
    const md = new MolecularDynamics(
      start,
      field,
      completeMolecularDynamicsSettings({
        ensemble: 'nvt-langevin',
        temperature: settings.temperature,
        timestep: settings.timestep,
        maximumDisplacement: 0.1,
        steps: settings.steps,
        seed,
      }),
    );
    await md.run(stop);
    configuration = { ...start, positions: md.system.positions.slice() };
  } else if (settings.drive === 'hmc') {
    const chain = new HybridMonteCarlo(
      start,
      field,
      completeHybridMonteCarloSettings({
        temperature: settings.temperature,
        trajectories: settings.steps,
        burnIn: Math.ceil(settings.steps / 3),
        leapfrogSteps: 8,
        timestep: settings.timestep,
        seed,
      }),
    );
    await chain.run(stop);
    configuration = { ...start, positions: chain.system.positions.slice() };
  } else {
    const relaxed = await relax(field, start.positions, start.cell, {
      steps: settings.steps,
      forceTolerance: 0.02,
      largestMove: 0.1,
    });
    configuration = { ...start, positions: relaxed.positions };
  }
  stop();
  return exchange(configuration, field, settings, random);
}

/** Metropolis exchanges of elements at fixed positions. */
function exchange(
  configuration: Configuration,
  field: DescriptorField,
  { swaps, temperature }: DriveSettings,
  random: Random,
): { configuration: Configuration; energy: number } {
  const { positions, cell } = configuration;
  const kinds = configuration.kinds.slice();
  const n = kinds.length;
  field.setKinds(kinds);
  field.compute(positions, cell);
  let { energy } = field.result;
  if (kinds.every((kind) => kind === kinds[0])) return { configuration, energy };
  for (let k = 0; k < swaps; k++) {
    const [i, j] = [random.below(n), random.below(n)];
    if (kinds[i] === kinds[j]) continue;
    [kinds[i], kinds[j]] = [kinds[j], kinds[i]];
    field.setKinds(kinds);
    field.compute(positions, cell);
    const change = field.result.energy - energy;
    if (change <= 0 || random.uniform() < Math.exp(-change / (BOLTZMANN_EV_PER_K * temperature))) {
      energy = field.result.energy;
    } else {
      [kinds[i], kinds[j]] = [kinds[j], kinds[i]];
    }
  }
  field.setKinds(kinds);
  return { configuration: { ...configuration, kinds }, energy };
}
