/** Trajectories of crystals from built-in potentials, for learners: frames with energies and forces. */
import { atomsOf, createForceEngine } from '../../src-compute/backends/index.ts';
import type { LabelledFrame } from '../../src-compute/fitting/online/index.ts';
import type { PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import {
  stillingerWeberSilicon,
  type StillingerWeberModel,
} from '../../src-compute/potentials/stillinger-weber/index.ts';
import { MolecularDynamics } from '../../src-compute/sampling/molecular-dynamics.ts';
import { completeMolecularDynamicsSettings } from '../../src-compute/sampling/settings.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../src-compute/structure/lattices.ts';

/** Silicon crystal of 8 n³ atoms. */
export function siliconCrystal(n: number): Configuration {
  return supercell(lattice('diamond', ['Si'], 5.431), [n, n, n]);
}

export interface Trajectory {
  /** As the learner sees it. */
  readonly structure: Configuration;
  readonly frames: readonly LabelledFrame[];
}

export interface TrajectoryOptions {
  readonly steps: number;
  /** K */
  readonly temperature?: number;
  readonly seed?: number;
  /** Steps before the first frame. */
  readonly equilibration?: number;
  /** fs */
  readonly timestep?: number;
  readonly every?: number;
}

/** Frames of a Langevin run. */
export async function trajectoryOf(
  structure: Configuration,
  model: PotentialModelBase,
  options: TrajectoryOptions,
): Promise<LabelledFrame[]> {
  const { steps, temperature = 300, seed = 1, equilibration = 300, timestep = 1, every = 1 } = options;
  const engine = createForceEngine(model, atomsOf(structure));
  const simulation = new MolecularDynamics(
    structure,
    engine,
    completeMolecularDynamicsSettings({
      ensemble: 'nvt-langevin',
      temperature,
      timestep,
      steps: equilibration + steps * every,
      seed,
      friction: 0.02,
    }),
  );
  const frames: LabelledFrame[] = [];
  await simulation.run(({ step, system }) => {
    if (step <= equilibration || (step - equilibration) % every !== 0) return;
    frames.push({
      positions: system.positions.slice(),
      cell: system.cell.slice(),
      energy: engine.result.energy,
      forces: engine.result.forces.slice(),
      virial: engine.result.virial.slice(),
    });
  });
  engine.dispose();
  return frames;
}

/** Stillinger–Weber silicon, 8 n³ atoms. */
export async function siliconTrajectory(n: number, options: TrajectoryOptions): Promise<Trajectory> {
  const structure = siliconCrystal(n);
  return { structure, frames: await trajectoryOf(structure, stillingerWeberSilicon(), options) };
}

/**
 * A zincblende crystal of two kinds of atoms that differ in stiffness and angles and both go by the name Si: only heads
 * per atom can tell them apart.
 */
export async function twoKindsTrajectory(n: number, options: TrajectoryOptions): Promise<Trajectory> {
  const structure = siliconCrystal(n);
  const names = ['Si', 'Ge'];
  const hidden: Configuration = {
    ...structure,
    symbols: names,
    kinds: structure.kinds.map((_, i) => (i % 8 >= 4 ? 1 : 0)),
  };
  return { structure, frames: await trajectoryOf(hidden, twoKinds(names), options) };
}

function twoKinds([soft, stiff]: string[]): StillingerWeberModel {
  const base = stillingerWeberSilicon().triplets[0];
  const triplets = [soft, stiff].flatMap((a) =>
    [soft, stiff].flatMap((b) =>
      [soft, stiff].map((c) => ({
        ...base,
        species: [a, b, c] as [string, string, string],
        epsilon: a === soft ? 1.6 : 2.6,
        lambda: a === soft ? 15 : 27,
        cosTheta0: a === soft ? -0.4 : -0.25,
      })),
    ),
  );
  return { form: 'stillinger-weber', species: [soft, stiff], cutoff: base.a * base.sigma, triplets };
}

/** A tetrahedral molecule XY₄ in free space with stiff bonds and angles, methane in shape. */
export async function moleculeTrajectory(options: TrajectoryOptions): Promise<Trajectory> {
  const bond = 1.09 / Math.sqrt(3);
  const structure: Configuration = {
    symbols: ['C', 'H'],
    kinds: Uint16Array.of(0, 1, 1, 1, 1),
    positions: Float64Array.of(0, 0, 0, 1, 1, 1, 1, -1, -1, -1, 1, -1, -1, -1, 1).map((x) => bond * x),
    cell: new Float64Array(9),
    periodic: [false, false, false],
  };
  return { structure, frames: await trajectoryOf(structure, tetrahedral('C', 'H'), options) };
}

/** Bonds x–y with their minimum at 1.09 Å and angles y–x–y at the tetrahedral one. */
function tetrahedral(x: string, y: string): StillingerWeberModel {
  const base = stillingerWeberSilicon().triplets[0];
  const triplets = [x, y].flatMap((a) =>
    [x, y].flatMap((b) =>
      [x, y].map((c) => ({
        ...base,
        species: [a, b, c] as [string, string, string],
        sigma: 1.09 / 2 ** (1 / 6),
        epsilon: 4,
        lambda: a === x && b === y && c === y ? 12 : 0,
        A: a !== b && b === c ? base.A : 0,
      })),
    ),
  );
  return { form: 'stillinger-weber', species: [x, y], cutoff: triplets[0].a * triplets[0].sigma, triplets };
}
