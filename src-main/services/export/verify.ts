/**
 * Compares this program with LAMMPS on one potential: exports it as a KIM model, builds it, and runs the same
 * structures and the same NVE in both.
 */
import { createForceEngine, atomsOf, evaluate } from '../../../src-compute/backends/index.ts';
import { atomCount, formula, type Configuration } from '../../../src-compute/structure/configuration.ts';
import type { Evaluation, PotentialModelBase } from '../../../src-compute/potentials/potential.ts';
import { MolecularDynamics } from '../../../src-compute/sampling/molecular-dynamics.ts';
import { Random } from '../../../src-compute/sampling/random.ts';
import { completeMolecularDynamicsSettings } from '../../../src-compute/sampling/settings.ts';
import { createSystem, maxwellVelocities } from '../../../src-compute/sampling/system.ts';
import { minimumDistance } from '../../../src-compute/structure/minimum-distance.ts';
import type { RunOptions } from '../../engines/lammps/index.ts';
import { LammpsSession } from './lammps-session.ts';
import { exampleCrystal, testStructures } from './test-structures.ts';

export interface VerifyRequest {
  readonly model: PotentialModelBase;
  /** Structures to compare; 20 of our own where absent. */
  readonly configurations?: readonly Configuration[];
  /** Structures that ours are made from, where `configurations` is absent: those that the potential was fitted to. */
  readonly dataset?: readonly Configuration[];
  readonly lammps?: string;
  readonly run?: RunOptions;
  readonly seed?: number;
  readonly onProgress?: (fraction: number, message: string) => void;
}

/** Largest differences between the two programs. */
export interface VerifyDifferences {
  /** eV/atom */
  readonly energy: number;
  /** eV/Å */
  readonly force: number;
  /** eV */
  readonly virial: number;
  /** eV, between energies of single atoms */
  readonly atomEnergy: number;
}

export interface VerifyDynamics {
  readonly structure: string;
  readonly steps: number;
  /** Largest distance between the positions of one atom in the two programs after the last step, Å. */
  readonly positionDifference: number;
  /** Largest change of the total energy along the run, meV/atom. */
  readonly energyChangeHere: number;
  readonly energyChangeLammps: number;
}

export interface VerifyResult {
  readonly lammps: string;
  readonly configurations: number;
  readonly atoms: number;
  readonly differences: VerifyDifferences;
  /** Number and formula of the structure with the largest force difference. */
  readonly worst: { readonly index: number; readonly formula: string };
  readonly dynamics: VerifyDynamics;
  /** Whether all differences are those of round-off. */
  readonly agrees: boolean;
}

/** What counts as round-off: eV/atom, eV/Å, eV. */
export const VERIFY_TOLERANCES = { energy: 1e-9, force: 1e-8, virial: 1e-7 };

const NVE_STEPS = 100;
const NVE_TEMPERATURE = 100;

/**
 * @throws LammpsError when there is no LAMMPS with KIM or when it stops; ExportError when the model cannot be built;
 *   PotentialError for elements that the potential does not have; CancelledError
 */
export async function verifyAgainstLammps(request: VerifyRequest): Promise<VerifyResult> {
  const { model, run = {}, seed = 1 } = request;
  const progress = request.onProgress ?? (() => undefined);
  progress(0.02, 'building the exported model');
  await using session = await LammpsSession.open(model, { ...run, lammps: request.lammps });
  const structures = request.configurations ?? testStructures(model, 20, seed, request.dataset);
  progress(0.2, `evaluating ${structures.length} structures in LAMMPS`);
  const there = await session.singlePoints(structures, {
    onProgress: (done, total) => progress(0.2 + (0.5 * done) / total, `structure ${done} of ${total}`),
  });
  const { differences, worst } = compare(structures, there, model);
  progress(0.75, `${NVE_STEPS} steps of NVE in both`);
  const start = smallest(structures) ?? exampleCrystal(model, seed);
  const [{ positions }] = await session.singlePoints([start], { relaxToForce: 1e-3 });
  const relaxed = { ...start, positions };
  const state = withVelocities(hasCollapsed(relaxed, start, model) ? start : relaxed, seed);
  const dynamics = await compareDynamics(session, state, model);
  progress(1, 'done');
  return {
    lammps: session.program.version,
    configurations: structures.length,
    atoms: structures.reduce((sum, structure) => sum + atomCount(structure), 0),
    differences,
    worst: { index: worst, formula: formula(structures[worst]) },
    dynamics,
    agrees:
      differences.energy <= VERIFY_TOLERANCES.energy &&
      differences.force <= VERIFY_TOLERANCES.force &&
      differences.virial <= VERIFY_TOLERANCES.virial,
  };
}

function compare(
  structures: readonly Configuration[],
  there: readonly Evaluation[],
  model: PotentialModelBase,
) {
  const largest = { energy: 0, force: 0, virial: 0, atomEnergy: 0 };
  let worst = 0;
  structures.forEach((structure, k) => {
    const here = evaluate(model, structure);
    const force = largestDifference(here.forces, there[k].forces);
    if (force > largest.force) worst = k;
    largest.force = Math.max(largest.force, force);
    largest.virial = Math.max(largest.virial, largestDifference(here.virial, there[k].virial));
    largest.atomEnergy = Math.max(
      largest.atomEnergy,
      largestDifference(here.atomEnergies, there[k].atomEnergies),
    );
    largest.energy = Math.max(largest.energy, Math.abs(here.energy - there[k].energy) / atomCount(structure));
  });
  return { differences: largest satisfies VerifyDifferences, worst };
}

/** Largest |a − b|; NaN counts as infinite. */
function largestDifference(a: Float64Array, b: Float64Array): number {
  let largest = 0;
  for (let k = 0; k < a.length; k++) {
    const difference = Math.abs(a[k] - b[k]);
    largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
  }
  return largest;
}

/** The periodic structure with the fewest atoms, but at least 8. */
function smallest(structures: readonly Configuration[]): Configuration | undefined {
  return structures
    .filter((structure) => structure.periodic.every(Boolean) && atomCount(structure) >= 8)
    .sort((a, b) => atomCount(a) - atomCount(b))
    .at(0);
}

/** Whether atoms have fallen into each other: fitted potentials without a repulsive term may let them. */
function hasCollapsed(relaxed: Configuration, start: Configuration, model: PotentialModelBase): boolean {
  const before = minimumDistance(start, model.cutoff) ?? model.cutoff;
  const after = minimumDistance(relaxed, model.cutoff) ?? model.cutoff;
  return after < 0.7 * before;
}

function withVelocities(configuration: Configuration, seed: number): Configuration {
  const { symbols, kinds, positions, cell, periodic, masses } = configuration;
  const bare: Configuration = { symbols, kinds, positions, cell, periodic, masses };
  const system = createSystem(bare, {});
  maxwellVelocities(system, NVE_TEMPERATURE, new Random(seed), true);
  return { ...bare, velocities: system.velocities };
}

/** The same NVE from the same state in both programs. */
async function compareDynamics(
  session: LammpsSession,
  start: Configuration,
  model: PotentialModelBase,
): Promise<VerifyDynamics> {
  const timestep = 1;
  let last: Configuration | undefined;
  const result = await session.dynamics(
    start,
    { ensemble: 'nve', steps: NVE_STEPS, timestep, thermoEvery: 1, frameEvery: NVE_STEPS },
    { onFrame: (frame) => (last = frame.configuration) },
  );
  const engine = createForceEngine(model, atomsOf(start));
  try {
    const settings = completeMolecularDynamicsSettings({
      ensemble: 'nve',
      timestep,
      temperature: NVE_TEMPERATURE,
      steps: NVE_STEPS,
      keepVelocities: true,
      seed: 1,
    });
    const simulation = new MolecularDynamics(start, engine, settings);
    const energies: number[] = [];
    await simulation.initialise();
    energies.push(simulation.thermodynamics.conserved);
    await simulation.run((after) => void energies.push(after.thermodynamics.conserved));
    const here = simulation.system.positions;
    let distance = 0;
    for (let k = 0; k < here.length; k += 3) {
      const there = last?.positions ?? new Float64Array(here.length).fill(NaN);
      distance = Math.max(
        distance,
        Math.hypot(here[k] - there[k], here[k + 1] - there[k + 1], here[k + 2] - there[k + 2]),
      );
    }
    const n = atomCount(start);
    return {
      structure: formula(start),
      steps: NVE_STEPS,
      positionDifference: distance,
      energyChangeHere: (1e3 * spread(energies)) / n,
      energyChangeLammps: (1e3 * spread(result.thermo.map((row) => row.totalEnergy))) / n,
    };
  } finally {
    engine.dispose();
  }
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}
