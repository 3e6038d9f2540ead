/**
 * Stress against strain at a temperature: the crystal is strained in small steps, and at each step molecular dynamics
 * at constant temperature (the two other lengths at zero pressure, or held) first forgets and then measures
 * σ_aa = −⟨Σ m v_a² + W_aa⟩/V. Strain by strain it goes on from the state before, velocities included.
 */
import { BlockAverage, type Estimate } from '../../../src-compute/sampling/averages.ts';
import type { CellMotion } from '../../../src-compute/sampling/barostat.ts';
import type { MolecularDynamics } from '../../../src-compute/sampling/molecular-dynamics.ts';
import { normalStresses } from '../../../src-compute/sampling/system.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { deform } from '../../../src-compute/structure/lattices.ts';
import { EV_PER_A3_IN_GPA } from '../../../src-compute/units.ts';
import { atLeast } from './crystals.ts';
import { stretch } from './dynamics.ts';
import { recipeEngine } from './engine.ts';
import type { RecipeContext } from './recipe.ts';

export interface TensionSettings {
  /** 0, 1, 2: x, y, z */
  readonly axis: number;
  /** strains, the first one 0 */
  readonly strains: readonly number[];
  readonly lateral: 'free' | 'fixed';
  /** K */
  readonly temperature: number;
  /** shortest edge of the box, Å */
  readonly boxLength: number;
  /** fs */
  readonly timestep: number;
  /** steps at every strain before measuring, and while measuring */
  readonly equilibration: number;
  readonly steps: number;
  readonly seed: number;
}

export interface TensionPoint {
  readonly strain: number;
  /** σ_xx, σ_yy, σ_zz, GPa */
  readonly stress: readonly Estimate[];
  /** K */
  readonly temperature: Estimate;
  /** eV/atom */
  readonly potential: Estimate;
}

export interface TensionResult {
  readonly points: readonly TensionPoint[];
  readonly last: Configuration;
  readonly atoms: number;
  /** length of the box along the axis without stress, Å */
  readonly startingLength: number;
}

/** Steps between samples of the stress. */
const EVERY = 5;

/** Strains the crystal step by step. */
export async function tensionDynamics(
  crystal: Configuration,
  settings: TensionSettings,
  context: RecipeContext,
): Promise<TensionResult> {
  const { axis, strains, lateral, temperature, timestep, equilibration, steps } = settings;
  const start = context.structure ? crystal : atLeast(crystal, settings.boxLength);
  const engine = await recipeEngine(context, start);
  const stages = strains.length + 1;
  const progress = (stage: number, what: string) => (fraction: number) =>
    context.onProgress((stage + fraction) / stages, `${temperature.toFixed(0)} K, ${what}`);
  const common = {
    temperature,
    timestep,
    steps: equilibration + steps,
    cellRelaxation: 300 * timestep,
    relaxation: 100 * timestep,
  };
  const underPressure = (cellMotion: CellMotion) => ({
    ...common,
    ensemble: 'npt' as const,
    pressure: 0,
    cellMotion,
  });
  try {
    const lengths = [0, 4, 8].map(() => new BlockAverage());
    const free = await stretch(
      start,
      engine,
      { ...underPressure('orthorhombic'), seed: settings.seed },
      context,
      {
        equilibration,
        every: EVERY,
        sample: ({ system }) => lengths.forEach((mean, a) => mean.add(system.cell[4 * a])),
        onProgress: progress(0, 'without stress'),
      },
    );
    // the mean box without stress is where strain is measured from
    let now = strained(
      free.configuration,
      lengths.map((mean, a) => mean.mean / free.configuration.cell[4 * a]),
    );
    const startingLength = now.cell[4 * axis];
    const points: TensionPoint[] = [];
    for (const [k, strain] of strains.entries()) {
      if (k > 0) {
        const factor = (1 + strain) / (1 + strains[k - 1]);
        now = strained(
          now,
          [0, 1, 2].map((a) => (a === axis ? factor : 1)),
        );
      }
      const stress = [0, 1, 2].map(() => new BlockAverage());
      const values = new Float64Array(3);
      const measured = await stretch(
        now,
        engine,
        {
          ...(lateral === 'free'
            ? underPressure(`transverse-${(['x', 'y', 'z'] as const)[axis]}`)
            : { ...common, ensemble: 'nvt-bussi' as const }),
          seed: settings.seed + 1 + k,
          keepVelocities: true,
        },
        context,
        {
          equilibration,
          every: EVERY,
          sample: ({ system, virial }: MolecularDynamics) => {
            normalStresses(system, virial, values);
            stress.forEach((mean, a) => mean.add(values[a] * EV_PER_A3_IN_GPA));
          },
          onProgress: progress(k + 1, `strain ${strain.toFixed(3)}`),
        },
      );
      now = measured.configuration;
      const { temperature: kelvin, potential } = measured.summary;
      points.push({
        strain,
        stress: stress.map((mean) => mean.estimate),
        temperature: kelvin,
        potential,
      });
    }
    return { points, last: now, atoms: start.kinds.length, startingLength };
  } finally {
    engine.dispose();
  }
}

/** Lengths along x, y, z multiplied; velocities stay. */
function strained(configuration: Configuration, factors: readonly number[]): Configuration {
  const strain = new Float64Array(9);
  factors.forEach((factor, a) => (strain[4 * a] = factor - 1));
  return { ...deform(configuration, strain), velocities: configuration.velocities };
}

/**
 * Slope of stress against strain where the curve is still straight: weighted least squares through the points up to a
 * strain of 0.02, three of them at least.
 * @returns GPa, with the standard error that follows from those of the points
 */
export function initialSlope(strains: readonly number[], stresses: readonly Estimate[]): Estimate {
  const count = Math.max(3, strains.filter((strain) => Math.abs(strain) <= 0.02 + 1e-9).length);
  const used = strains.slice(0, count).map((x, k) => ({
    x,
    y: stresses[k].value,
    weight: 1 / Math.max(stresses[k].error, 1e-9) ** 2,
  }));
  const sum = (of: (point: (typeof used)[number]) => number) =>
    used.reduce((total, point) => total + point.weight * of(point), 0);
  const all = sum(() => 1);
  const centre = sum(({ x }) => x) / all;
  const spread = sum(({ x }) => (x - centre) ** 2);
  return { value: sum(({ x, y }) => (x - centre) * y) / spread, error: 1 / Math.sqrt(spread) };
}
