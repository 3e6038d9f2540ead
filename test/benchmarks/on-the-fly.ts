/**
 * On-the-fly dynamics: how good the learned forces are, whether g(r) is that of the reference, and how many calls of the
 * reference are saved. Silicon crystal of 64 atoms (LAMMPS, Stillinger–Weber or Tersoff) and methane (LAMMPS, AIREBO) at
 * 300 K, Langevin thermostat. Run by hand:
 *
 *   node test/benchmarks/on-the-fly.ts [silicon-sw | silicon-tersoff | methane] [steps = 2000] [seed = 1] [schedules a,b,…]
 *
 * Force and energy errors are those of all frames (every fifth step) that the model computed, against the reference at
 * the same positions afterwards. g(r) is that of the potential as it was learned at the end, from a long run of its own,
 * beside a long run of LAMMPS: both are cut into blocks; χ² is the mean over bins of the squared difference over the sum
 * of the squared standard errors of the two means, about 1 when they differ by chance alone (a second run of LAMMPS shows
 * what chance gives); the area is ∫|Δg|dr.
 */
import { parseArgs } from 'node:util';
import {
  completeOnlineLearnerSettings,
  createOnlineLearner,
  type OnlineLearnerInput,
} from '../../src-compute/fitting/online/index.ts';
import { atomsOf, createForceEngine } from '../../src-compute/backends/index.ts';
import { SimulationError } from '../../src-compute/errors.ts';
import { meanOfSamples } from '../../src-compute/sampling/mean-error.ts';
import type { PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import { MolecularDynamics } from '../../src-compute/sampling/molecular-dynamics.ts';
import { PairHistogram } from '../../src-compute/sampling/on-the-fly/pair-histogram.ts';
import { onTheFlySchema, type OnTheFlyInput } from '../../src-compute/sampling/on-the-fly/settings.ts';
import { completeMolecularDynamicsSettings } from '../../src-compute/sampling/settings.ts';
import type { Configuration } from '../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../src-compute/structure/lattices.ts';
import {
  classicalInteraction,
  findLammps,
  lammpsDynamics,
  lammpsSinglePoints,
} from '../../src-main/engines/lammps/index.ts';
import { openReferenceEngine, referenceEngineSchema } from '../../src-main/engines/registry.ts';
import { OnTheFlySimulation } from '../../src-main/services/on-the-fly/on-the-fly-simulation.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const [name = 'silicon-sw', stepsText = '2000', seedText = '1', chosen = ''] = positionals;
const [steps, seed] = [Number(stepsText), Number(seedText)];
const EVERY = 5;
/** Runs from which g(r) is taken, and between frames; steps. */
const LONG = 20_000;
const LONG_EVERY = 20;
const BLOCKS = 10;

interface System {
  readonly structure: Configuration;
  readonly pairStyle: string;
  readonly pairCoefficients: string[];
  readonly species: string[];
  readonly timestep: number;
  readonly range: number;
  readonly learner: OnlineLearnerInput;
}

const silicon = supercell(lattice('diamond', ['Si'], 5.431), [2, 2, 2]);
const onSilicon = { structure: silicon, species: ['Si'], timestep: 1, range: 5.4 };
/** CH₄, C–H 1.09 Å. */
const methane: Configuration = (() => {
  const a = 1.09 / Math.sqrt(3);
  const corners = [1, 1, 1, 1, -1, -1, -1, 1, -1, -1, -1, 1].map((x) => a * x);
  return {
    symbols: ['C', 'H'],
    kinds: Uint16Array.of(0, 1, 1, 1, 1),
    positions: Float64Array.of(0, 0, 0, ...corners),
    cell: new Float64Array(9),
    periodic: [false, false, false],
  };
})();

const SYSTEMS: Readonly<Record<string, System>> = {
  'silicon-sw': {
    ...onSilicon,
    pairStyle: 'sw',
    pairCoefficients: ['* * Si.sw Si'],
    learner: { mode: 'per-atom', cutoff: 4.5, minimumDistance: 1.8, radial: 6, angular: 4 },
  },
  'silicon-tersoff': {
    ...onSilicon,
    pairStyle: 'tersoff',
    pairCoefficients: ['* * Si.tersoff Si'],
    learner: { mode: 'per-atom', cutoff: 4.5, minimumDistance: 1.8, radial: 6, angular: 4 },
  },
  methane: {
    structure: methane,
    species: ['C', 'H'],
    pairStyle: 'airebo 3.0',
    pairCoefficients: ['* * CH.airebo C H'],
    timestep: 0.5,
    range: 2.4,
    learner: { mode: 'per-atom', cutoff: 4, minimumDistance: 0.8, radial: 4, angular: 3 },
  },
};

/** Learning and checks. */
const SCHEDULES: Readonly<Record<string, { policy: OnTheFlyInput; learner?: OnlineLearnerInput }>> = {
  '400/10': { policy: { learnSteps: 400, checkEvery: 10 } },
  '400/10 joint': { policy: { learnSteps: 400, checkEvery: 10 }, learner: { scheme: 'joint' } },
  '400/10 shared': { policy: { learnSteps: 400, checkEvery: 10 }, learner: { mode: 'shared' } },
  '100/20': { policy: { learnSteps: 100, checkEvery: 20 } },
  '100/20 shared': { policy: { learnSteps: 100, checkEvery: 20 }, learner: { mode: 'shared' } },
  '60/50': { policy: { learnSteps: 60, checkEvery: 50 } },
  '60/50 shared': { policy: { learnSteps: 60, checkEvery: 50 }, learner: { mode: 'shared' } },
  '40/200': { policy: { learnSteps: 40, checkEvery: 200 } },
  '40/200 shared': { policy: { learnSteps: 40, checkEvery: 200 }, learner: { mode: 'shared' } },
  '20/1000 shared': {
    policy: { learnSteps: 20, checkEvery: 1000, updateEvery: 5 },
    learner: { mode: 'shared' },
  },
};

interface Frame {
  readonly step: number;
  readonly positions: Float64Array;
}
interface LabelledFrame extends Frame {
  readonly model: boolean;
  readonly forces: Float64Array;
  readonly energy: number;
}

const system = SYSTEMS[name];
if (!system) throw new Error(`One of ${Object.keys(SYSTEMS).join(', ')} was expected.`);
const { structure } = system;
const atoms = structure.kinds.length;
const dynamicsSettings = completeMolecularDynamicsSettings({
  ensemble: 'nvt-langevin',
  temperature: 300,
  timestep: system.timestep,
  steps,
  seed,
  friction: 0.01,
});
const program = await findLammps();
const interaction = classicalInteraction(
  system.pairStyle,
  system.pairCoefficients,
  system.species,
  process.cwd(),
);

const thermostatTime = 100;

/** The reference by itself, in LAMMPS: frames after the first tenth. */
async function referenceRun(seedOfRun: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  const settings = {
    ensemble: 'nvt-langevin',
    steps: LONG,
    timestep: system.timestep,
    temperature: 300,
    thermostatTime,
    seed: seedOfRun,
    frameEvery: LONG_EVERY,
  } as const;
  await lammpsDynamics(program, interaction, structure, settings, {
    onFrame: ({ step, configuration }) => {
      if (step >= LONG / 10) frames.push({ step, positions: configuration.positions });
    },
  });
  return frames;
}

/** The learned potential by itself, on the same terms; stops where it is lost. */
async function modelRun(model: PotentialModelBase): Promise<{ frames: Frame[]; lostAt?: number }> {
  const engine = createForceEngine(model, atomsOf(structure));
  const settings = { ...dynamicsSettings, steps: LONG, friction: 1 / thermostatTime, seed: seed + 3000 };
  const frames: Frame[] = [];
  const simulation = new MolecularDynamics(structure, engine, settings);
  try {
    await simulation.run(({ step, system: { positions } }) => {
      if (step >= LONG / 10 && step % LONG_EVERY === 0) frames.push({ step, positions: positions.slice() });
    });
    return { frames };
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    return { frames, lostAt: simulation.step };
  } finally {
    engine.dispose();
  }
}

/** Mean and standard error of the distances' distribution, by blocks. */
function distribution(frames: readonly Frame[]): { mean: Float64Array; error: Float64Array } {
  const blocks = Array.from({ length: BLOCKS }, (_, b) => {
    const histogram = new PairHistogram(system.range, structure.periodic);
    const [from, to] = [b, b + 1].map((k) => Math.floor((k * frames.length) / BLOCKS));
    for (const { positions } of frames.slice(from, to)) histogram.add({ ...structure, positions });
    return histogram.result.values;
  });
  const mean = blocks[0].map((_, k) => blocks.reduce((sum, block) => sum + block[k], 0) / BLOCKS);
  const error = mean.map((_, k) => Math.sqrt(meanOfSamples(blocks.map((block) => block[k])).variance));
  return { mean, error };
}

function compareDistributions(a: ReturnType<typeof distribution>, b: ReturnType<typeof distribution>) {
  let [chi, bins, area] = [0, 0, 0];
  a.mean.forEach((mean, k) => {
    const variance = a.error[k] ** 2 + b.error[k] ** 2;
    const difference = mean - b.mean[k];
    area += (Math.abs(difference) * system.range) / a.mean.length;
    // bins that almost no pair ever visits have no Gaussian errors
    if (Math.max(mean, b.mean[k]) < 0.02 * Math.max(...b.mean) || variance === 0) return;
    chi += difference ** 2 / variance;
    bins++;
  });
  return { chi: chi / bins, area };
}

async function onTheFly(schedule: { policy: OnTheFlyInput; learner?: OnlineLearnerInput }) {
  const learnerSettings = completeOnlineLearnerSettings({ ...system.learner, ...schedule.learner });
  const learner = createOnlineLearner(structure, learnerSettings);
  await using reference = await openReferenceEngine(
    referenceEngineSchema.parse({
      engine: 'lammps',
      pairStyle: system.pairStyle,
      pairCoefficients: system.pairCoefficients,
      species: system.species,
    }),
    structure,
  );
  const policy = onTheFlySchema.parse({
    distributionRange: system.range,
    tolerance: 0.1,
    ...schedule.policy,
  });
  const settings = dynamicsSettings;
  const simulation = new OnTheFlySimulation({
    configuration: structure,
    settings,
    policy,
    learnerSettings,
    learner,
    reference,
  });
  const frames: LabelledFrame[] = [];
  const cpu = process.cpuUsage();
  await simulation.run(() => {
    const { step, dynamics, engine } = simulation;
    if (step % EVERY !== 0) return;
    const { positions } = dynamics.system;
    frames.push({
      step,
      model: engine.record?.source === 'model',
      positions: positions.slice(),
      forces: dynamics.forces.slice(),
      energy: dynamics.thermodynamics.potential,
    });
  });
  const { user } = process.cpuUsage(cpu);
  const summary = simulation.dynamics.summary;
  const model = learner.model();
  learner.dispose();
  return { frames, model, view: simulation.view, cpuSeconds: user / 1e6, summary };
}

/** Mean absolute errors of the frames that the model computed. */
async function errors(frames: readonly LabelledFrame[]) {
  const byModel = frames.filter(({ model }) => model);
  const labels = await lammpsSinglePoints(
    program,
    interaction,
    byModel.map(({ positions }) => ({ ...structure, positions })),
  );
  let [force, square, energy, size] = [0, 0, 0, 0];
  byModel.forEach((frame, k) => {
    frame.forces.forEach((f, c) => {
      force += Math.abs(f - labels[k].forces[c]);
      square += (f - labels[k].forces[c]) ** 2;
      size += labels[k].forces[c] ** 2;
    });
    energy += Math.abs(frame.energy - labels[k].energy) / atoms;
  });
  const components = 3 * atoms * byModel.length;
  return {
    force: (1000 * force) / components,
    rmse: 1000 * Math.sqrt(square / components),
    energy: (1000 * energy) / byModel.length,
    size: 1000 * Math.sqrt(size / components),
  };
}

console.log(
  `${name}, ${atoms} atoms, ${steps} steps of ${system.timestep} fs at 300 K, seed ${seed}, LAMMPS ${program.version}, pair_style ${system.pairStyle}`,
);
const own = await referenceRun(seed + 1000);
const other = await referenceRun(seed + 2000);
const noise = compareDistributions(distribution(own), distribution(other));
console.log(
  `g(r) from ${LONG} steps after a tenth; two runs of the reference: χ² ${noise.chi.toFixed(2)}, area ${noise.area.toFixed(4)}`,
);
const wanted = chosen === '' ? Object.keys(SCHEDULES) : chosen.split(',');
for (const key of wanted) {
  const { frames, model, view, cpuSeconds, summary } = await onTheFly(SCHEDULES[key]);
  const e = await errors(frames);
  const { frames: sampled, lostAt } = await modelRun(model);
  const g = lostAt === undefined ? compareDistributions(distribution(sampled), distribution(own)) : undefined;
  const ms = view.milliseconds;
  console.log(
    [
      key.padEnd(14),
      `${view.parameters} parameters`,
      `calls ${view.referenceCalls} (1 in ${view.saving?.toFixed(1)}; uncertain ${view.uncertainCalls}, handed back ${view.handedBack}, since ${view.tookOverAt})`,
      `forces MAE ${e.force.toFixed(1)} RMSE ${e.rmse.toFixed(1)} of ${e.size.toFixed(0)} meV/Å`,
      `energy ${e.energy.toFixed(3)} meV/atom`,
      g ? `g(r) χ² ${g.chi.toFixed(2)} area ${g.area.toFixed(4)}` : `lost at step ${lostAt}`,
      `T ${summary.temperature.value.toFixed(0)} ± ${summary.temperature.error.toFixed(0)} K`,
      `calibration ${view.calibration.toFixed(2)}`,
      `ms: reference ${ms.reference?.toFixed(1)}, model ${ms.model?.toFixed(2)}, update ${ms.update?.toFixed(1)} (longest ${ms.longestUpdate?.toFixed(0)}); own CPU ${cpuSeconds.toFixed(1)} s`,
    ].join(' | '),
  );
}
