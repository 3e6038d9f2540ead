/** Recipe `seed`: a ball of crystal in its liquid. Does it grow? By molecular dynamics, hybrid Monte Carlo, or both. */
import { z } from 'zod';
import { commonNeighbourAnalysis } from '../../../src-compute/analysis/common-neighbours.ts';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { BlockAverage } from '../../../src-compute/sampling/averages.ts';
import {
  CALLS_PER_STEP,
  completeHybridMonteCarloSettings,
  HybridMonteCarlo,
  INTEGRATORS,
} from '../../../src-compute/sampling/hybrid-monte-carlo/index.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import type { FigureSeries } from '../figures/figure.ts';
import { openMonteCarloEngines, openSimulationEngine } from '../simulations/engines.ts';
import { crystalSettings, startingCrystal } from './crystals.ts';
import { stretch } from './dynamics.ts';
import { assumedMeltingPoint } from './melting-guess.ts';
import { simulationPressure } from './melting.ts';
import { breathe, defineRecipe, throwIfCancelled, type RecipeContext, quantity, setting } from './recipe.ts';
import { seededLiquid } from './seeded-liquid.ts';

const settings = z.object({
  ...crystalSettings,
  temperature: z
    .number()
    .positive()
    .optional()
    .describe('K; four fifths of the estimated melting point when left out')
    .meta(setting({ unit: 'K', auto: 'four fifths of the estimated melting point' })),
  pressure: z
    .number()
    .default(0)
    .describe('GPa')
    .meta(setting({ unit: 'GPa' })),
  radius: z
    .number()
    .nonnegative()
    .default(8)
    .describe('radius of the seed, Å; 0 for a pure liquid')
    .meta(setting({ unit: 'Å' })),
  boxLength: quantity(24, 'Å', 'edge of the box, Å, at least'),
  meltTemperature: z
    .number()
    .positive()
    .optional()
    .describe('K at which the liquid is made; three times the temperature')
    .meta(setting({ unit: 'K', auto: 'three times the temperature' })),
  timestep: quantity(1, 'fs', 'fs'),
  equilibration: z.number().int().positive().default(3000).describe('steps of each preparation'),
  steps: z.number().int().positive().default(20000).describe('force calls while watching'),
  sampler: z.enum(['md', 'hmc', 'both']).default('md').describe('who moves the atoms'),
  leapfrogSteps: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('hmc: steps per trajectory; 10 when left out')
    .meta(setting({ auto: '10', when: { sampler: ['hmc', 'both'] } })),
  integrator: z
    .enum(INTEGRATORS)
    .optional()
    .describe('hmc: map of a step; verlet when left out')
    .meta(setting({ auto: 'verlet', when: { sampler: ['hmc', 'both'] } })),
  seed: z.number().int().default(0).describe('seed of the random numbers'),
});
type Settings = z.output<typeof settings> & { temperature: number };

interface Watch {
  readonly name: string;
  /** force calls */
  readonly x: number[];
  /** atoms in crystalline surroundings */
  readonly solid: number[];
  /** of the second half, sampled closely */
  readonly tail: Tail;
  readonly last: Configuration;
}

/** Means over the second half of what was watched, and how many force calls they cost. */
interface Tail {
  /** eV/atom */
  readonly energy: BlockAverage;
  /** Å³ */
  readonly volume: BlockAverage;
  calls: number;
}

/** A temperature at which a large enough seed grows. */
const UNDERCOOLING = 0.8;

function belowMelting(crystal: Configuration, context: RecipeContext): number {
  const kelvin = Number((UNDERCOOLING * assumedMeltingPoint(crystal, context)).toPrecision(2));
  context.onCaveat?.({ kind: 'assumed', text: `The temperature is ${kelvin} K, four fifths of that.` });
  return kelvin;
}

export const seed = defineRecipe({
  name: 'seed',
  title: 'Crystal seed in a liquid',
  description:
    'Puts a ball of crystal into its liquid and counts atoms in crystalline surroundings (adaptive common neighbours) at\n' +
    'constant temperature and pressure, against force calls: growing, melting, or neither. Molecular dynamics and hybrid\n' +
    'Monte Carlo side by side on request.',
  settings,
  async run(given, context) {
    if (given.sampler === 'md' && (given.leapfrogSteps ?? given.integrator) !== undefined) {
      throw new ForcewrightError(
        'The settings leapfrogSteps and integrator are of hybrid Monte Carlo only.',
        {
          remedy: 'Set sampler to hmc or both.',
        },
      );
    }
    const { crystal, note } = startingCrystal(given, context);
    const options = { ...given, temperature: given.temperature ?? belowMelting(crystal, context) };
    const { start, seeded } = await seededLiquid(crystal, options, context);
    const watches: Watch[] = [];
    const samplers = options.sampler === 'both' ? (['md', 'hmc'] as const) : [options.sampler];
    for (const [k, name] of samplers.entries()) {
      const progress = (f: number) => context.onProgress(0.3 + (0.7 * (k + f)) / samplers.length, name);
      watches.push(
        await (name === 'md' ? watchDynamics : watchMonteCarlo)(start, options, context, progress),
      );
    }
    const rows = watches.map((watch) => summaryOf(watch, start.kinds.length));
    const series: FigureSeries[] = watches.map(({ name, x, solid }) => ({ name, kind: 'line', x, y: solid }));
    return {
      values: { atoms: start.kinds.length, atoms_in_seed: seeded, runs: rows },
      tables: [
        {
          title: `Seed of ${options.radius} Å at ${options.temperature} K`,
          columns: [
            'sampler',
            'crystalline at first',
            'at the end',
            'outcome',
            'gained per 1000 force calls',
            'independent energies per 1000',
            'independent volumes per 1000',
          ],
          rows: rows.map((r) => [
            r.sampler,
            r.solid_at_start,
            r.solid_at_end.toFixed(0),
            r.outcome,
            (1000 * r.crystalline_atoms_gained_per_force_call).toPrecision(3),
            (1000 * r.independent_energies_per_force_call).toPrecision(3),
            (1000 * r.independent_volumes_per_force_call).toPrecision(3),
          ]),
        },
      ],
      figures: [
        {
          title: `Crystalline atoms of ${start.kinds.length}`,
          x: { label: 'force calls', name: 'force_calls' },
          y: { label: 'atoms', name: 'crystalline_atoms' },
          series,
        },
      ],
      notes: [
        note,
        'Independent samples (variance over the variance of the mean) are counted in the second half only. While a seed grows or melts nothing is stationary, and they mean little unless the outcome is "neither".',
      ],
      structures: watches.map(({ last }) => last),
    };
  },
});

function summaryOf({ name, x, solid, tail }: Watch, atoms: number) {
  const end = meanOf(solid.slice(-Math.max(1, Math.floor(solid.length / 5))));
  return {
    sampler: name,
    solid_at_start: solid[0],
    solid_at_end: end,
    outcome: outcomeOf(solid[0], end, atoms),
    crystalline_atoms_gained_per_force_call: slopeOf(x, solid),
    independent_energies_per_force_call: tail.energy.effectiveSamples / tail.calls,
    independent_volumes_per_force_call: tail.volume.effectiveSamples / tail.calls,
  };
}

const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Slope of the straight line through all points. */
function slopeOf(x: readonly number[], y: readonly number[]): number {
  const [mx, my] = [meanOf(x), meanOf(y)];
  const [covariance, variance] = x.reduce(
    ([xy, xx], xk, k) => [xy + (xk - mx) * (y[k] - my), xx + (xk - mx) ** 2],
    [0, 0],
  );
  return covariance / variance;
}

function outcomeOf(begin: number, end: number, atoms: number): 'grows' | 'melts' | 'neither' {
  const change = end - begin;
  if (Math.abs(change) < Math.max(0.3 * begin, 0.02 * atoms)) return 'neither';
  return change > 0 ? 'grows' : 'melts';
}

/** Atoms in the surroundings of any crystal. */
function crystalline(configuration: Configuration): number {
  const { structures } = commonNeighbourAnalysis(configuration);
  // 0 is "other"; icosahedra are no crystal
  return structures.reduce((sum, s) => sum + (s !== 0 && s !== 4 ? 1 : 0), 0);
}

/** Steps between samples of energy and volume. */
const CLOSE = 5;

const newTail = (): Tail => ({ energy: new BlockAverage(), volume: new BlockAverage(), calls: 0 });

async function watchDynamics(
  start: Configuration,
  options: Settings,
  context: RecipeContext,
  onProgress: (fraction: number) => void,
): Promise<Watch> {
  const engine = await openSimulationEngine(context.model, start, context.engine);
  const every = CLOSE * Math.max(1, Math.floor(options.steps / (200 * CLOSE)));
  const watch = { x: [0], solid: [crystalline(start)], tail: newTail() };
  try {
    const { configuration } = await stretch(
      start,
      engine,
      {
        ensemble: 'npt',
        temperature: options.temperature,
        pressure: simulationPressure(context.model, start, options.pressure),
        timestep: options.timestep,
        steps: options.steps,
        seed: options.seed + 3,
      },
      context,
      {
        every: CLOSE,
        sample: ({ step, system, thermodynamics }) => {
          if (step > options.steps / 2) {
            watch.tail.energy.add(thermodynamics.potential / system.count);
            watch.tail.volume.add(thermodynamics.volume);
            watch.tail.calls += CLOSE;
          }
          if (step % every !== 0) return;
          watch.x.push(step);
          watch.solid.push(crystalline({ ...start, positions: system.positions, cell: system.cell }));
        },
        onProgress,
      },
    );
    return { name: 'molecular dynamics', ...watch, last: configuration };
  } finally {
    engine.dispose();
  }
}

async function watchMonteCarlo(
  start: Configuration,
  options: Settings,
  context: RecipeContext,
  onProgress: (fraction: number) => void,
): Promise<Watch> {
  using engines = await openMonteCarloEngines(context.model, undefined, start, context.engine);
  const { leapfrogSteps = 10, integrator = 'verlet' } = options;
  const perTrajectory = leapfrogSteps * CALLS_PER_STEP[integrator] + 1; // one for the volume move
  const trajectories = Math.max(2, Math.floor(options.steps / perTrajectory));
  const every = Math.max(1, Math.floor(trajectories / 200));
  const watch = { x: [0], solid: [crystalline(start)], tail: newTail() };
  const chain = new HybridMonteCarlo(
    start,
    engines.accurate,
    completeHybridMonteCarloSettings({
      ensemble: 'npt',
      temperature: options.temperature,
      pressure: simulationPressure(context.model, start, options.pressure),
      trajectories,
      // the step is tuned at the beginning of what is watched: the count of crystalline atoms needs no stationarity
      burnIn: Math.min(100, Math.floor(trajectories / 5)),
      leapfrogSteps,
      integrator,
      timestep: options.timestep,
      seed: options.seed + 4,
      ...(engines.singleProposals ? { fidelity: 'surrogate' } : {}),
    }),
    { cheapEngine: engines.cheap },
  );
  // all force calls count, those of the engine that proposes too
  const calls = () => chain.forceCalls + chain.cheapForceCalls;
  let callsAtHalf = 0;
  await chain.run(async ({ system, trajectory, potential }) => {
    throwIfCancelled(context);
    const half = Math.floor(trajectories / 2);
    if (trajectory === half) callsAtHalf = calls();
    if (trajectory > half) {
      watch.tail.energy.add(potential / system.count);
      watch.tail.volume.add(volume(system.cell));
      watch.tail.calls = calls() - callsAtHalf;
    }
    if (trajectory % every !== 0) return;
    watch.x.push(calls());
    watch.solid.push(crystalline({ ...start, positions: system.positions, cell: system.cell }));
    onProgress(trajectory / trajectories);
    await breathe();
  }, trajectories);
  const { system } = chain;
  const last = { ...start, positions: system.positions.slice(), cell: system.cell.slice() };
  return { name: 'hybrid Monte Carlo', ...watch, last };
}
