/** Where a recipe computes: here, or in LAMMPS when its context carries a session. */
import { BlockAverage, type Estimate } from '../../../src-compute/sampling/averages.ts';
import type { ForceEngine } from '../../../src-compute/potentials/potential.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { openSimulationEngine } from '../simulations/engines.ts';
import { stretch } from './dynamics.ts';
import type { RecipeContext, WorkMeter } from './recipe.ts';

/** The engine for a structure. */
export async function recipeEngine(
  context: RecipeContext,
  configuration: Configuration,
): Promise<ForceEngine> {
  const engine = context.lammps
    ? await context.lammps.engine(configuration)
    : await openSimulationEngine(context.model, configuration, context.engine);
  return context.meter ? counted(engine, atomCount(configuration), context.meter) : engine;
}

/** The engine, with every evaluation counted. */
function counted(engine: ForceEngine, atoms: number, meter: WorkMeter): ForceEngine {
  const compute = engine.compute.bind(engine);
  engine.compute = (positions, cell) => {
    meter.evaluations++;
    meter.atoms += atoms;
    return compute(positions, cell);
  };
  return engine;
}

/** Dynamics at constant volume and temperature. */
export interface CanonicalSettings {
  /** K */
  readonly temperature: number;
  /** fs */
  readonly timestep: number;
  /** Steps before measuring. */
  readonly equilibration: number;
  /** Steps while measuring. */
  readonly steps: number;
  /** Steps between samples. */
  readonly every: number;
  readonly seed: number;
}

/** One sample. */
export interface CanonicalSample {
  /** fs, from the start of the run */
  readonly time: number;
  /** K */
  readonly temperature: number;
  /** eV/atom */
  readonly potential: number;
  /** GPa */
  readonly pressure: number;
}

export interface CanonicalResult {
  /** All samples, those of the equilibration too. */
  readonly samples: readonly CanonicalSample[];
  /** Means after the equilibration. */
  readonly temperature: Estimate;
  readonly potential: Estimate;
  readonly pressure: Estimate;
  /** How the temperature was kept, for the notes. */
  readonly thermostat: string;
}

/**
 * Runs dynamics here (stochastic velocity rescaling) or in LAMMPS (Nosé–Hoover chains, which every LAMMPS has); both
 * sample the canonical ensemble.
 * @param onFrame gets every sampled structure after the equilibration
 */
export async function canonicalDynamics(
  start: Configuration,
  settings: CanonicalSettings,
  context: RecipeContext,
  onFrame?: (configuration: Configuration) => void,
): Promise<CanonicalResult> {
  const samples: CanonicalSample[] = [];
  if (context.lammps) await inLammps(start, settings, context, samples, onFrame);
  else await here(start, settings, context, samples, onFrame);
  context.onProgress(1, 'molecular dynamics');
  const measured = samples.filter(({ time }) => time > settings.equilibration * settings.timestep);
  const mean = (of: (sample: CanonicalSample) => number): Estimate => {
    const average = new BlockAverage();
    for (const sample of measured) average.add(of(sample));
    return average.estimate;
  };
  return {
    samples,
    temperature: mean((sample) => sample.temperature),
    potential: mean((sample) => sample.potential),
    pressure: mean((sample) => sample.pressure),
    thermostat: context.lammps
      ? `LAMMPS ${context.lammps.program.version}, Nosé–Hoover chains (100 fs)`
      : 'stochastic velocity rescaling (100 fs)',
  };
}

async function here(
  start: Configuration,
  settings: CanonicalSettings,
  context: RecipeContext,
  samples: CanonicalSample[],
  onFrame?: (configuration: Configuration) => void,
): Promise<void> {
  const { temperature, timestep, equilibration, every, seed } = settings;
  const engine = await openSimulationEngine(context.model, start, context.engine);
  try {
    await stretch(
      start,
      engine,
      { ensemble: 'nvt-bussi', temperature, timestep, steps: equilibration + settings.steps, seed },
      context,
      {
        every,
        sample({ system, thermodynamics: now, step }) {
          const { time, pressure } = now;
          samples.push({
            time,
            temperature: now.temperature,
            potential: now.potential / system.count,
            pressure,
          });
          if (step > equilibration) onFrame?.({ ...start, positions: system.positions, cell: system.cell });
        },
        onProgress: (fraction) => context.onProgress(fraction, 'molecular dynamics'),
      },
    );
  } finally {
    engine.dispose();
  }
}

async function inLammps(
  start: Configuration,
  settings: CanonicalSettings,
  context: RecipeContext,
  samples: CanonicalSample[],
  onFrame?: (configuration: Configuration) => void,
): Promise<void> {
  const { temperature, timestep, equilibration, every, seed } = settings;
  const n = atomCount(start);
  // velocities of the start would be kept; the recipe here draws new ones, too
  const still: Configuration = { ...start, velocities: undefined };
  await context.lammps?.dynamics(
    still,
    {
      ensemble: 'nvt-nose-hoover',
      temperature,
      timestep,
      steps: equilibration + settings.steps,
      seed,
      thermoEvery: every,
      frameEvery: onFrame ? every : 0,
    },
    {
      onThermo({ step, time, temperature: kelvin, potentialEnergy, pressure }) {
        if (step > 0) samples.push({ time, temperature: kelvin, potential: potentialEnergy / n, pressure });
      },
      onFrame({ step, configuration }) {
        if (step > equilibration) onFrame?.(configuration);
      },
      onProgress: (fraction) => context.onProgress(fraction, 'molecular dynamics in LAMMPS'),
    },
  );
}
