/**
 * Recipe `melting`: solid and liquid side by side in one box at constant pressure and enthalpy. Freezing heats and
 * melting cools, so the temperature settles at the melting point by itself (Morris & Song, J. Chem. Phys. 116 (2002)
 * 9352). The interface is normal to c; a and b keep the length of the solid at the temperature and pressure.
 */
import { z } from 'zod';
import {
  commonNeighbourAnalysis,
  LOCAL_STRUCTURES,
} from '../../../src-compute/analysis/common-neighbours.ts';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { lennardJonesTail } from '../../../src-compute/potentials/pair/index.ts';
import type { ForceEngine } from '../../../src-compute/potentials/potential.ts';
import type { PotentialModel } from '../../../src-compute/potentials/registry.ts';
import { blockAverage, type Estimate } from '../../../src-compute/sampling/averages.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { deform, supercell } from '../../../src-compute/structure/lattices.ts';
import { EV_PER_A3_IN_GPA } from '../../../src-compute/units.ts';
import type { FigureSeries } from '../figures/figure.ts';
import { openSimulationEngine } from '../simulations/engines.ts';
import { crystalSettings, startingCrystal } from './crystals.ts';
import { stretch } from './dynamics.ts';
import { assumedMeltingPoint } from './melting-guess.ts';
import { defineRecipe, type RecipeContext, quantity, setting } from './recipe.ts';

const settings = z.object({
  ...crystalSettings,
  temperature: z
    .number()
    .positive()
    .optional()
    .describe('first guess, K; estimated from the stiffness of the crystal when left out')
    .meta(setting({ unit: 'K', auto: 'estimated from the stiffness of the crystal' })),
  pressure: z
    .number()
    .default(0)
    .describe('GPa')
    .meta(setting({ unit: 'GPa' })),
  crossSection: quantity(18, 'Å', 'edge of the box along the interface, Å, at least'),
  aspect: z.number().min(2).max(8).default(3).describe('length of the box over its edge'),
  timestep: quantity(1, 'fs', 'fs'),
  equilibration: z.number().int().positive().default(3000).describe('steps of each preparation'),
  steps: z
    .number()
    .int()
    .positive()
    .default(20000)
    .describe('steps of each coexistence run; the second half counts'),
  rounds: z
    .number()
    .int()
    .min(1)
    .max(10)
    .default(3)
    .describe('most coexistence runs, each from the result before'),
  relaxation: quantity(100, 'fs', 'time of the thermostat, fs'),
  cellRelaxation: quantity(1000, 'fs', 'time of the cell, fs'),
  seed: z.number().int().default(0).describe('seed'),
});
type Settings = z.output<typeof settings>;

interface Round {
  readonly guess: number;
  readonly temperature: Estimate;
  readonly solidFraction: number;
  readonly outcome: 'coexists' | 'frozen' | 'molten';
  readonly series: FigureSeries;
  readonly last: Configuration;
}

export const melting = defineRecipe({
  name: 'melting',
  title: 'Melting point by coexistence',
  description:
    'Melts one half of a crystal, lets solid and liquid meet at constant pressure and enthalpy, and reads the temperature at\n' +
    'which both stay. Repeats from the result until it no longer moves.',
  settings,
  async run(options, context) {
    const { crystal, note } = startingCrystal(options, context);
    const rounds: Round[] = [];
    let guess = options.temperature ?? assumedMeltingPoint(crystal, context);
    for (let k = 0; k < options.rounds; k++) {
      const round = await coexistence(crystal, guess, options, context, k);
      rounds.push(round);
      const found = round.temperature.value;
      if (round.outcome === 'coexists' && Math.abs(found / guess - 1) < 0.02) break;
      // a run that froze or melted whole ends nearer to the melting point than it began: go on in its direction
      guess = round.outcome === 'coexists' ? found : found * (round.outcome === 'frozen' ? 1.03 : 0.97);
    }
    const valid = rounds.filter(({ outcome }) => outcome === 'coexists');
    const best = valid.at(-1);
    return {
      values: {
        melting_temperature_k: best ? { ...best.temperature } : null,
        pressure_gpa: options.pressure,
        solid_fraction: best?.solidFraction ?? null,
        rounds: rounds.map((r) => ({
          guess_k: r.guess,
          temperature_k: { ...r.temperature },
          outcome: r.outcome,
          solid_fraction: r.solidFraction,
        })),
        atoms: rounds[0].last.kinds.length,
      },
      tables: [
        {
          title: 'Coexistence runs',
          columns: ['started at (K)', 'temperature (K)', '±', 'solid at the end', 'outcome'],
          rows: rounds.map((r) => [
            r.guess.toFixed(1),
            r.temperature.value.toFixed(2),
            r.temperature.error.toFixed(2),
            r.solidFraction.toFixed(2),
            r.outcome,
          ]),
        },
      ],
      figures: [
        {
          title: `Temperature of coexistence at ${options.pressure} GPa`,
          x: { label: 'time (ps)', name: 'time_ps' },
          y: { label: 'temperature (K)', name: 'temperature_k' },
          series: rounds.map((r) => r.series),
        },
      ],
      notes: [note],
      caveats: [
        ...(best ? [] : ['No run kept both phases: use a larger box, more steps, or a better first guess.']),
        ...(best && Math.abs(best.temperature.value / best.guess - 1) > 0.03
          ? ['The last run began more than 3 % away: its solid was strained. Use more rounds.']
          : []),
      ].map((text) => ({ kind: 'unconverged', text })),
      structures: rounds.map(({ last }) => last),
    };
  },
});

async function coexistence(
  crystal: Configuration,
  temperature: number,
  options: Settings,
  context: RecipeContext,
  round: number,
): Promise<Round> {
  const edge = (k: number) => Math.hypot(...crystal.cell.subarray(3 * k, 3 * k + 3));
  const across = [0, 1].map((k) => Math.ceil(options.crossSection / edge(k)));
  const along = Math.ceil((options.aspect * across[0] * edge(0)) / edge(2));
  const solid = supercell(crystal, [across[0], across[1], along]);
  const engine = await openSimulationEngine(context.model, solid, context.engine);
  const progress = (from: number, to: number, what: string) => (fraction: number) =>
    context.onProgress(
      (round + from + (to - from) * fraction) / options.rounds,
      `run ${round + 1}, ${temperature.toFixed(0)} K: ${what}`,
    );
  try {
    const { box, structure, ordered } = await expandSolid(
      solid,
      engine,
      temperature,
      options,
      context,
      progress(0, 0.1, 'solid'),
    );
    const expansion = await expansionOfLiquid(
      box,
      engine,
      temperature,
      options,
      context,
      progress(0.1, 0.25, 'liquid'),
    );
    const melt = progress(0.25, 0.4, 'melting one half');
    const two = await meltHalf(box, engine, temperature, expansion, options, context, round, melt);
    const pressure = simulationPressure(context.model, two, options.pressure);
    const series = { time: [] as number[], temperature: [] as number[] };
    const { configuration: last } = await stretch(
      two,
      engine,
      {
        ensemble: 'nph',
        cellMotion: 'normal',
        temperature,
        pressure,
        timestep: options.timestep,
        steps: options.steps,
        seed: options.seed + 7 * round + 4,
        cellRelaxation: options.cellRelaxation,
        keepVelocities: true,
      },
      context,
      {
        every: 10,
        sample: ({ thermodynamics }) => {
          series.time.push(thermodynamics.time / 1000);
          series.temperature.push(thermodynamics.temperature);
        },
        onProgress: progress(0.4, 1, 'coexistence'),
      },
    );
    const half = series.temperature.slice(Math.floor(series.temperature.length / 2));
    const fraction = solidFraction(last, structure) / ordered;
    return {
      guess: temperature,
      temperature: blockAverage(half),
      solidFraction: fraction,
      outcome: fraction > 0.85 ? 'frozen' : fraction < 0.12 ? 'molten' : 'coexists',
      series: {
        name: `from ${temperature.toFixed(0)} K`,
        kind: 'line',
        x: series.time,
        y: series.temperature,
      },
      last,
    };
  } finally {
    engine.dispose();
  }
}

/** The solid at the temperature and pressure: its mean cell, its kind of order, and how much of it shows. */
async function expandSolid(
  solid: Configuration,
  engine: ForceEngine,
  temperature: number,
  options: Settings,
  context: RecipeContext,
  onProgress: (fraction: number) => void,
): Promise<{ box: Configuration; structure: number; ordered: number }> {
  const { configuration, summary } = await stretch(
    solid,
    engine,
    {
      ensemble: 'npt',
      temperature,
      pressure: simulationPressure(context.model, solid, options.pressure),
      timestep: options.timestep,
      steps: 2 * options.equilibration,
      seed: options.seed,
      relaxation: options.relaxation,
      cellRelaxation: options.cellRelaxation,
    },
    context,
    { equilibration: options.equilibration, onProgress },
  );
  const { fractions } = commonNeighbourAnalysis(configuration);
  const names = LOCAL_STRUCTURES.filter((name) => name !== 'other');
  const structure = names.reduce((best, name) => (fractions[name] > fractions[best] ? name : best), names[0]);
  if (!(fractions[structure] > 0.3)) {
    throw new ForcewrightError(`The crystal does not stay a crystal at ${temperature.toFixed(0)} K.`, {
      remedy: 'Start from a lower temperature, or from the crystal that this potential prefers.',
    });
  }
  // perfect sites in the mean cell, with the velocities of the run
  const stretchBy = Math.cbrt(summary.volume.value / volume(solid.cell)) - 1;
  const box = deform(solid, [stretchBy, 0, 0, 0, stretchBy, 0, 0, 0, stretchBy]);
  return { box, structure: LOCAL_STRUCTURES.indexOf(structure), ordered: fractions[structure] };
}

/** Volume of the liquid over that of the solid, both at the temperature and pressure: melted whole, then cooled. */
async function expansionOfLiquid(
  box: Configuration,
  engine: ForceEngine,
  temperature: number,
  options: Settings,
  context: RecipeContext,
  onProgress: (fraction: number) => void,
): Promise<number> {
  const { equilibration, timestep, seed } = options;
  const molten = await stretch(
    box,
    engine,
    {
      ensemble: 'nvt-langevin',
      friction: 0.01,
      temperature: 3 * temperature,
      timestep: timestep / 2,
      steps: 2 * equilibration,
      seed: seed + 11,
    },
    context,
    { onProgress: (f) => onProgress(f / 2) },
  );
  const { summary } = await stretch(
    molten.configuration,
    engine,
    {
      ensemble: 'npt',
      temperature,
      pressure: simulationPressure(context.model, box, options.pressure),
      timestep,
      steps: 2 * equilibration,
      seed: seed + 12,
      relaxation: options.relaxation,
      cellRelaxation: options.cellRelaxation,
    },
    context,
    { equilibration, onProgress: (f) => onProgress((1 + f) / 2) },
  );
  return summary.volume.value / volume(box.cell);
}

/**
 * Melts the upper half of the box, stretched along c to the density of the liquid, while the lower half is held; cools
 * it; lets the box find its length. (At the density of the solid the cooled half would freeze again at once.)
 */
async function meltHalf(
  box: Configuration,
  engine: ForceEngine,
  temperature: number,
  expansion: number,
  options: Settings,
  context: RecipeContext,
  round: number,
  onProgress: (fraction: number) => void,
): Promise<Configuration> {
  const { equilibration, timestep } = options;
  const seed = options.seed + 7 * round;
  const half = box.cell[8] / 2;
  const fixed = Uint8Array.from(box.kinds, (_, i) => (box.positions[3 * i + 2] < half - 1e-6 ? 1 : 0));
  const longer = (z: number) => (z < half ? z : half + (z - half) * expansion);
  const stretched: Configuration = {
    ...box,
    positions: box.positions.map((x, k) => (k % 3 === 2 ? longer(x) : x)),
    cell: box.cell.map((x, k) => (k === 8 ? half + half * expansion : x)),
  };
  const heat = { ensemble: 'nvt-langevin' as const, friction: 0.01, steps: equilibration };
  const hot = await stretch(
    stretched,
    engine,
    {
      ...heat,
      temperature: 3 * temperature,
      timestep: timestep / 2,
      steps: 2 * equilibration,
      seed: seed + 1,
    },
    context,
    { fixed, onProgress: (f) => onProgress(0.4 * f) },
  );
  const cooled = await stretch(
    hot.configuration,
    engine,
    { ...heat, temperature, timestep, seed: seed + 2, keepVelocities: true },
    context,
    { fixed, onProgress: (f) => onProgress(0.4 + 0.2 * f) },
  );
  const { configuration } = await stretch(
    { ...cooled.configuration, velocities: undefined },
    engine,
    {
      ensemble: 'npt',
      cellMotion: 'normal',
      temperature,
      pressure: simulationPressure(context.model, stretched, options.pressure),
      timestep,
      steps: equilibration,
      seed: seed + 3,
      relaxation: options.relaxation,
      cellRelaxation: options.cellRelaxation,
    },
    context,
    { onProgress: (f) => onProgress(0.6 + 0.4 * f) },
  );
  return configuration;
}

/**
 * Pressure to set so that the whole potential has the wanted one: for Lennard-Jones cut off without a switch, what
 * the tail beyond the cutoff pulls is added back at the present density.
 */
export function simulationPressure(
  model: PotentialModel,
  structure: Configuration,
  pressure: number,
): number {
  if (model.form !== 'lennard-jones' || model.pairs.length !== 1 || model.truncation === 'switched')
    return pressure;
  const [{ epsilon, sigma, cutoff }] = model.pairs;
  const density = structure.kinds.length / volume(structure.cell);
  return pressure - lennardJonesTail(epsilon, sigma, cutoff, density).pressure * EV_PER_A3_IN_GPA;
}

/** Fraction of atoms whose neighbourhood is this structure. */
export function solidFraction(configuration: Configuration, structure: number): number {
  const { structures } = commonNeighbourAnalysis(configuration);
  return structures.reduce((sum, s) => sum + (s === structure ? 1 : 0), 0) / structures.length;
}
