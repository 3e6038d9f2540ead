/** Ways to move a structure in a field: relaxation, molecular dynamics, hybrid Monte Carlo, and exchanges of elements. */
import {
  completeHybridMonteCarloSettings,
  HybridMonteCarlo,
} from '../../../sampling/hybrid-monte-carlo/index.ts';
import { MolecularDynamics } from '../../../sampling/molecular-dynamics.ts';
import type { Random } from '../../../sampling/random.ts';
import { completeMolecularDynamicsSettings } from '../../../sampling/settings.ts';
import { volume } from '../../../structure/cell.ts';
import type { Configuration } from '../../../structure/configuration.ts';
import { BOLTZMANN_EV_PER_K } from '../../../units.ts';
import type { DescriptorField } from './field.ts';
import { randomPlace } from './random-start.ts';
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
  /** Kicks that are tried afterwards, each with a relaxation; the structure with the lowest energy stays. */
  readonly hops: number;
  /** Å³ per atom: range in which a kick may change the volume; the volume stays without it. */
  readonly volume?: readonly [number, number];
}

export const DRIVE_DEFAULTS: DriveSettings = {
  drive: 'minimise',
  steps: 100,
  temperature: 1000,
  timestep: 1,
  swaps: 0,
  hops: 0,
};

/** Displacements of a kick, Å (standard deviation per coordinate). */
const KICK = 0.3;
/** eV/Å and Å. */
const RELAXATION = { forceTolerance: 0.02, largestMove: 0.1 };

/** A structure and its energy in the field, eV. */
export interface Driven {
  readonly configuration: Configuration;
  readonly energy: number;
}

/**
 * Moves a structure; gives the new one and its energy in the field. With hops, goes on from minimum to minimum and
 * down only (basin hopping at zero temperature; Wales & Doye, J. Phys. Chem. A 101 (1997) 5111).
 */
export async function driveStructure(
  start: Configuration,
  field: DescriptorField,
  settings: DriveSettings,
  random: Random,
  signal?: AbortSignal,
): Promise<Driven> {
  const moved = await move(start, field, settings, random, signal);
  signal?.throwIfAborted();
  let best = exchange(moved, field, settings, random);
  for (let hop = 0; hop < settings.hops; hop++) {
    const next = kicked(best.configuration, settings, random);
    field.setKinds(next.kinds);
    const relaxed = await relax(field, next.positions, next.cell, { ...RELAXATION, steps: settings.steps });
    signal?.throwIfAborted();
    if (relaxed.energy >= best.energy) continue;
    best = { configuration: { ...next, positions: relaxed.positions }, energy: relaxed.energy };
  }
  field.setKinds(best.configuration.kinds);
  return best;
}

/** Relaxation or dynamics. */
async function move(
  start: Configuration,
  field: DescriptorField,
  settings: DriveSettings,
  random: Random,
  signal?: AbortSignal,
): Promise<Configuration> {
  const stop = () => signal?.throwIfAborted();
  const seed = random.next32();
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
    return { ...start, positions: md.system.positions.slice() };
  }
  if (settings.drive === 'hmc') {
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
    return { ...start, positions: chain.system.positions.slice() };
  }
  const relaxed = await relax(field, start.positions, start.cell, { ...RELAXATION, steps: settings.steps });
  return { ...start, positions: relaxed.positions };
}

/**
 * A structure after a kick, each kind as likely: all atoms a little, one atom to another place, another volume where
 * there is a range, two elements exchanged where there are two.
 */
function kicked(old: Configuration, { volume: range }: DriveSettings, random: Random): Configuration {
  const kinds = old.kinds.slice();
  const positions = old.positions.slice();
  const kicks = [
    () => positions.forEach((x, k) => (positions[k] = x + KICK * random.normal())),
    () => positions.set(randomPlace(old.cell, random), 3 * random.below(kinds.length)),
  ];
  let { cell } = old;
  if (range && range[1] > range[0]) {
    kicks.push(() => {
      const wanted = kinds.length * (range[0] + (range[1] - range[0]) * random.uniform());
      const factor = Math.cbrt(wanted / volume(old.cell));
      cell = old.cell.map((x) => factor * x);
      positions.forEach((x, k) => (positions[k] = factor * x));
    });
  }
  if (kinds.some((kind) => kind !== kinds[0])) {
    kicks.push(() => {
      const i = random.below(kinds.length);
      const others = Array.from(kinds.keys()).filter((j) => kinds[j] !== kinds[i]);
      const j = others[random.below(others.length)];
      [kinds[i], kinds[j]] = [kinds[j], kinds[i]];
    });
  }
  kicks[random.below(kicks.length)]();
  return { ...old, cell, positions, kinds };
}

/** Metropolis exchanges of elements at fixed positions; a structure that is minimised keeps the best of them. */
function exchange(
  configuration: Configuration,
  field: DescriptorField,
  { drive, swaps, temperature }: DriveSettings,
  random: Random,
): Driven {
  const { positions, cell } = configuration;
  const kinds = configuration.kinds.slice();
  const n = kinds.length;
  field.setKinds(kinds);
  field.compute(positions, cell);
  let { energy } = field.result;
  let best = { kinds: kinds.slice(), energy };
  const mixed = kinds.some((kind) => kind !== kinds[0]);
  for (let k = 0; mixed && k < swaps; k++) {
    const [i, j] = [random.below(n), random.below(n)];
    if (kinds[i] === kinds[j]) continue;
    [kinds[i], kinds[j]] = [kinds[j], kinds[i]];
    field.setKinds(kinds);
    field.compute(positions, cell);
    const change = field.result.energy - energy;
    if (change <= 0 || random.uniform() < Math.exp(-change / (BOLTZMANN_EV_PER_K * temperature))) {
      energy = field.result.energy;
      if (energy < best.energy) best = { kinds: kinds.slice(), energy };
    } else {
      [kinds[i], kinds[j]] = [kinds[j], kinds[i]];
    }
  }
  const kept = drive === 'minimise' ? best : { kinds, energy };
  field.setKinds(kept.kinds);
  return { configuration: { ...configuration, kinds: kept.kinds }, energy: kept.energy };
}
