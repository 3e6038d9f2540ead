/** Recipe `seed`: a ball of crystal in its liquid. Does it grow? By molecular dynamics, hybrid Monte Carlo, or both. */
import { z } from 'zod';
import { commonNeighbourAnalysis } from '../../../src-compute/analysis/common-neighbours.ts';
import { effectiveSampleSize } from '../../../src-compute/analysis/correlation-time.ts';
import { forEachPair } from '../../../src-compute/analysis/pair-iteration.ts';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import {
  completeHybridMonteCarloSettings,
  HybridMonteCarlo,
} from '../../../src-compute/sampling/hybrid-monte-carlo/index.ts';
import { relax } from '../../../src-compute/sampling/relaxation.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { selectAtoms, supercell } from '../../../src-compute/structure/lattices.ts';
import type { FigureSeries } from '../figures/figure.ts';
import { openSimulationEngine } from '../simulations/engines.ts';
import { crystalSettings, startingCrystal } from './crystals.ts';
import { stretch } from './dynamics.ts';
import { simulationPressure } from './melting.ts';
import { breathe, defineRecipe, throwIfCancelled, type RecipeContext } from './recipe.ts';

const settings = z.object({
  ...crystalSettings,
  temperature: z.number().positive().describe('K'),
  pressure: z.number().default(0).describe('GPa'),
  radius: z.number().nonnegative().describe('radius of the seed, Å; 0 for a pure liquid'),
  boxLength: z.number().positive().default(24).describe('edge of the box, Å, at least'),
  meltTemperature: z
    .number()
    .positive()
    .optional()
    .describe('K at which the liquid is made; three times the temperature'),
  timestep: z.number().positive().default(1).describe('fs'),
  equilibration: z.number().int().positive().default(3000).describe('steps of each preparation'),
  steps: z.number().int().positive().default(20000).describe('force calls while watching'),
  sampler: z.enum(['md', 'hmc', 'both']).default('md').describe('who moves the atoms'),
  leapfrogSteps: z.number().int().positive().default(10).describe('hmc: steps per trajectory'),
  seed: z.number().int().default(0).describe('seed of the random numbers'),
});
type Settings = z.output<typeof settings>;

interface Watch {
  readonly name: string;
  /** force calls */
  readonly x: number[];
  /** atoms in crystalline surroundings */
  readonly solid: number[];
  /** potential energy, eV/atom */
  readonly energy: number[];
  readonly last: Configuration;
}

export const seed = defineRecipe({
  name: 'seed',
  title: 'Crystal seed in a liquid',
  description:
    'Puts a ball of crystal into its liquid and counts atoms in crystalline surroundings (adaptive common neighbours) at\n' +
    'constant temperature and pressure, against force calls: growing, melting, or neither.',
  settings,
  async run(options, context) {
    const { crystal, note } = startingCrystal(options, context);
    const { start, seeded } = await seededLiquid(crystal, options, context);
    const watches: Watch[] = [];
    const samplers = options.sampler === 'both' ? (['md', 'hmc'] as const) : [options.sampler];
    for (const [k, name] of samplers.entries()) {
      const progress = (f: number) => context.onProgress(0.3 + (0.7 * (k + f)) / samplers.length, name);
      watches.push(
        await (name === 'md' ? watchDynamics : watchMonteCarlo)(start, options, context, progress),
      );
    }
    const rows = watches.map((w) => {
      const tail = w.solid.slice(-Math.max(1, Math.floor(w.solid.length / 5)));
      const end = tail.reduce((a, b) => a + b, 0) / tail.length;
      const ess = effectiveSampleSize(w.energy.slice(Math.floor(w.energy.length / 2)));
      const calls = w.x[w.x.length - 1] / 2;
      return {
        name: w.name,
        begin: w.solid[0],
        end,
        outcome: outcomeOf(w.solid[0], end, start.kinds.length),
        ess,
        perCall: ess / calls,
      };
    });
    const series: FigureSeries[] = watches.map(({ name, x, solid }) => ({ name, kind: 'line', x, y: solid }));
    return {
      values: {
        atoms: start.kinds.length,
        atoms_in_seed: seeded,
        runs: rows.map((r) => ({
          sampler: r.name,
          solid_at_start: r.begin,
          solid_at_end: r.end,
          outcome: r.outcome,
          independent_energies_per_force_call: r.perCall,
        })),
      },
      tables: [
        {
          title: `Seed of ${options.radius} Å at ${options.temperature} K`,
          columns: [
            'sampler',
            'crystalline at first',
            'at the end',
            'outcome',
            'independent energies per 1000 force calls',
          ],
          rows: rows.map((r) => [
            r.name,
            r.begin,
            r.end.toFixed(0),
            r.outcome,
            (1000 * r.perCall).toPrecision(3),
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
        'While a seed grows or melts nothing is stationary: independent samples are counted in the second half only, and mean little unless the outcome is "neither".',
      ],
      structures: watches.map(({ last }) => last),
    };
  },
});

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

/** A liquid at the temperature and pressure with a ball of crystal in its middle. */
async function seededLiquid(crystal: Configuration, options: Settings, context: RecipeContext) {
  const edge = (k: number) => Math.hypot(...crystal.cell.subarray(3 * k, 3 * k + 3));
  const counts = [0, 1, 2].map((k) => Math.ceil(options.boxLength / edge(k)));
  const solid = supercell(crystal, [counts[0], counts[1], counts[2]]);
  if (options.radius > 0.4 * Math.min(...[0, 1, 2].map((k) => counts[k] * edge(k)))) {
    throw new ForcewrightError('The seed does not fit into the box.', {
      remedy: 'Use a larger box or a smaller seed.',
    });
  }
  const engine = await openSimulationEngine(context.model, solid, context.engine);
  let liquid: Configuration;
  try {
    const pressure = simulationPressure(context.model, solid, options.pressure);
    const hot = options.meltTemperature ?? 3 * options.temperature;
    const input = {
      ensemble: 'npt' as const,
      pressure,
      timestep: options.timestep,
      steps: options.equilibration,
    };
    const molten = await stretch(
      solid,
      engine,
      {
        ...input,
        ensemble: 'nvt-langevin',
        pressure: undefined,
        temperature: hot,
        timestep: options.timestep / 2,
        seed: options.seed,
      },
      context,
      { onProgress: (f) => context.onProgress(0.1 * f, 'melting') },
    );
    const cooled = await stretch(
      molten.configuration,
      engine,
      {
        ...input,
        temperature: { start: hot, end: options.temperature },
        seed: options.seed + 1,
        keepVelocities: true,
      },
      context,
      { onProgress: (f) => context.onProgress(0.1 + 0.1 * f, 'cooling the liquid') },
    );
    liquid = cooled.configuration;
  } finally {
    engine.dispose();
  }
  const { start, inSeed } = insertSeed(liquid, crystal, options.radius);
  const seeded = inSeed.reduce((a, b) => a + b, 0);
  const again = await openSimulationEngine(context.model, start, context.engine);
  try {
    const relaxed = await relax(start, again, { tolerance: 0.05, steps: 300 });
    const settled = await stretch(
      { ...relaxed.configuration, velocities: undefined },
      again,
      {
        ensemble: 'nvt-langevin',
        temperature: options.temperature,
        timestep: options.timestep,
        steps: options.equilibration,
        seed: options.seed + 2,
      },
      context,
      {
        fixed: seeded > 0 ? inSeed : undefined,
        onProgress: (f) => context.onProgress(0.2 + 0.1 * f, 'joining seed and liquid'),
      },
    );
    return { start: { ...settled.configuration, velocities: undefined }, seeded };
  } finally {
    again.dispose();
  }
}

/** Replaces the middle of the liquid by crystal; liquid atoms nearer than 0.7 of the bond length to it go. */
export function insertSeed(liquid: Configuration, crystal: Configuration, radius: number) {
  if (radius === 0) return { start: liquid, inSeed: new Uint8Array(liquid.kinds.length) };
  const centre = [0, 1, 2].map((a) => (liquid.cell[a] + liquid.cell[3 + a] + liquid.cell[6 + a]) / 2);
  const reach = [0, 1, 2].map(
    (k) => Math.ceil((2 * radius) / Math.hypot(...crystal.cell.subarray(3 * k, 3 * k + 3))) + 2,
  );
  const block = supercell(crystal, [reach[0], reach[1], reach[2]]);
  const middle = [0, 1, 2].map((a) => (block.cell[a] + block.cell[3 + a] + block.cell[6 + a]) / 2);
  const inside = Array.from(block.kinds.keys()).filter(
    (i) => Math.hypot(...[0, 1, 2].map((a) => block.positions[3 * i + a] - middle[a])) <= radius,
  );
  const ball = selectAtoms(block, inside);
  const moved = ball.positions.map((x, k) => x - middle[k % 3] + centre[k % 3]);
  const bond = 0.7 * Math.cbrt(volume(crystal.cell) / crystal.kinds.length);
  const kindOf = Uint16Array.from(ball.kinds, (kind) => liquid.symbols.indexOf(ball.symbols[kind]));
  const all: Configuration = {
    ...liquid,
    kinds: Uint16Array.of(...kindOf, ...liquid.kinds),
    positions: Float64Array.of(...moved, ...liquid.positions),
    velocities: undefined,
    masses: undefined,
  };
  const count = inside.length;
  const gone = new Set<number>();
  forEachPair(all, bond, (i, j) => {
    if (i < count && j >= count) gone.add(j);
    else if (j < count && i >= count) gone.add(i);
  });
  const kept = Array.from(all.kinds.keys()).filter((i) => !gone.has(i));
  return { start: selectAtoms(all, kept), inSeed: Uint8Array.from(kept, (i) => (i < count ? 1 : 0)) };
}

async function watchDynamics(
  start: Configuration,
  options: Settings,
  context: RecipeContext,
  onProgress: (fraction: number) => void,
): Promise<Watch> {
  const engine = await openSimulationEngine(context.model, start, context.engine);
  const every = Math.max(1, Math.floor(options.steps / 200));
  const watch = { x: [0], solid: [crystalline(start)], energy: [] as number[] };
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
        every,
        sample: ({ step, system, thermodynamics }) => {
          watch.x.push(step);
          watch.solid.push(crystalline({ ...start, positions: system.positions, cell: system.cell }));
          watch.energy.push(thermodynamics.potential / system.count);
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
  const engine = await openSimulationEngine(context.model, start, context.engine);
  const perTrajectory = options.leapfrogSteps + 1; // and one for the volume move
  const trajectories = Math.max(2, Math.floor(options.steps / perTrajectory));
  const every = Math.max(1, Math.floor(trajectories / 200));
  const watch = { x: [0], solid: [crystalline(start)], energy: [] as number[] };
  try {
    const chain = new HybridMonteCarlo(
      start,
      engine,
      completeHybridMonteCarloSettings({
        ensemble: 'npt',
        temperature: options.temperature,
        pressure: simulationPressure(context.model, start, options.pressure),
        trajectories,
        // the step is tuned at the beginning of what is watched: the count of crystalline atoms needs no stationarity
        burnIn: Math.min(100, Math.floor(trajectories / 5)),
        leapfrogSteps: options.leapfrogSteps,
        timestep: options.timestep,
        seed: options.seed + 4,
      }),
    );
    await chain.run(async () => {
      throwIfCancelled(context);
      if (chain.trajectory % every !== 0) return;
      const { system } = chain;
      watch.x.push(chain.forceCalls);
      watch.solid.push(crystalline({ ...start, positions: system.positions, cell: system.cell }));
      watch.energy.push(chain.potential / system.count);
      onProgress(chain.trajectory / trajectories);
      await breathe();
    }, trajectories);
    const { system } = chain;
    const last = { ...start, positions: system.positions.slice(), cell: system.cell.slice() };
    return { name: 'hybrid Monte Carlo', ...watch, last };
  } finally {
    engine.dispose();
  }
}
