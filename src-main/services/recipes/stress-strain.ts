/** Recipe `stress-strain`: tension or compression along one axis, quasi-static at rest, at a temperature, or both. */
import { z } from 'zod';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import { relax } from '../../../src-compute/relaxation/index.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { deform } from '../../../src-compute/structure/lattices.ts';
import { EV_PER_A3_IN_GPA } from '../../../src-compute/units.ts';
import type { FigureSeries } from '../figures/figure.ts';
import { crystalSettings, startingCrystal } from './crystals.ts';
import { recipeEngine } from './engine.ts';
import {
  breathe,
  defineRecipe,
  throwIfCancelled,
  type RecipeContext,
  type RecipeTable,
  type RecipeValue,
  setting,
} from './recipe.ts';
import { Trust } from './trust.ts';
import { initialSlope, tensionDynamics } from './tension-dynamics.ts';

const MOVING = { motion: ['dynamic', 'both'] };

/** Settings of atoms in motion, and what they are when left out. */
const dynamicSettings = {
  temperature: z
    .number()
    .positive()
    .optional()
    .describe('dynamic: K; 300 when left out')
    .meta(setting({ unit: 'K', auto: '300', when: MOVING })),
  boxLength: z
    .number()
    .positive()
    .optional()
    .describe('dynamic: the crystal is repeated until every edge has this length, Å; 16 when left out')
    .meta(setting({ unit: 'Å', auto: '16', when: MOVING })),
  timestep: z
    .number()
    .positive()
    .optional()
    .describe('dynamic: fs; 1 when left out')
    .meta(setting({ unit: 'fs', auto: '1', when: MOVING })),
  equilibration: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('dynamic: steps at each strain before measuring; 1000 when left out')
    .meta(setting({ auto: '1000', when: MOVING })),
  steps: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('dynamic: steps at each strain while measuring; 2000 when left out')
    .meta(setting({ auto: '2000', when: MOVING })),
  seed: z
    .number()
    .int()
    .optional()
    .describe('dynamic: seed of the random numbers; 0 when left out')
    .meta(setting({ auto: '0', when: MOVING })),
};
const DYNAMIC = { temperature: 300, boxLength: 16, timestep: 1, equilibration: 1000, steps: 2000, seed: 0 };

const settings = z.object({
  ...crystalSettings,
  axis: z.enum(['x', 'y', 'z']).default('x').describe('direction of the strain'),
  strain: z
    .number()
    .min(-0.5)
    .max(2)
    .refine((strain) => strain !== 0, 'a strain other than 0 was expected')
    .default(0.3)
    .describe('largest strain; negative compresses'),
  points: z.number().int().min(2).max(1000).default(31).describe('number of strains'),
  lateral: z
    .enum(['free', 'fixed'])
    .default('free')
    .describe('whether the other two directions relax to zero stress'),
  motion: z
    .enum(['static', 'dynamic', 'both'])
    .default('static')
    .describe('atoms at rest (T = 0), moving at the temperature, or one curve of each'),
  ...dynamicSettings,
});
type Settings = z.output<typeof settings>;

/** One way of straining: what it adds to the result. */
interface Curve {
  readonly values: Readonly<Record<string, RecipeValue>>;
  readonly table: RecipeTable;
  readonly series: FigureSeries;
  readonly notes: readonly string[];
  readonly last: Configuration;
}

export const stressStrain = defineRecipe({
  name: 'stress-strain',
  title: 'Stress–strain curve',
  description:
    'Strains the crystal along one axis in small steps. At rest, atoms (and the other two directions, unless fixed) are\n' +
    'relaxed after each step; at a temperature, molecular dynamics measures the stress at each: Young’s modulus in that\n' +
    'direction, strength, strain at failure.',
  settings,
  async run(options, context) {
    if (options.motion !== 'static' && context.lammps) {
      throw new ForcewrightError('Stress at a temperature is computed here only, not in LAMMPS.', {
        remedy: 'Leave --engine out, or use --motion static.',
      });
    }
    const idle = Object.keys(dynamicSettings).find((name) => options[name as keyof Settings] !== undefined);
    if (options.motion === 'static' && idle !== undefined) {
      throw new ForcewrightError(`The setting ${idle} is of atoms in motion, and they are to be at rest.`, {
        remedy: 'Set motion to dynamic or both.',
      });
    }
    const { crystal, note } = startingCrystal(options, context);
    const half = (first: number, share: number): RecipeContext => ({
      ...context,
      onProgress: (fraction, message) => context.onProgress(first + share * fraction, message),
    });
    const both = options.motion === 'both';
    const atRest =
      options.motion === 'dynamic' ? undefined : await staticCurve(crystal, options, half(0, both ? 0.1 : 1));
    const moving =
      options.motion === 'static'
        ? undefined
        : await dynamicCurve(crystal, options, half(both ? 0.1 : 0, both ? 0.9 : 1));
    const curves = [atRest, moving].filter((curve) => curve !== undefined);
    return {
      values: { ...atRest?.values, ...(moving ? { at_temperature: moving.values } : {}) },
      tables: curves.map(({ table }) => table),
      figures: [
        {
          title: `Stress along ${options.axis}, ${options.lateral === 'free' ? 'free' : 'fixed'} sides`,
          x: { label: 'strain', name: 'strain' },
          y: { label: 'stress (GPa)', name: 'stress_gpa' },
          series: curves.map(({ series }) => series),
        },
      ],
      notes: [note, ...curves.flatMap(({ notes }) => notes)],
      structures: curves.map(({ last }) => last),
    };
  },
});

/** Engineering strains: equal steps in terms of the starting length. */
const strainsOf = ({ strain, points }: Settings) =>
  Array.from({ length: points }, (_, k) => (strain * k) / (points - 1));

const axisOf = ({ axis }: Settings) => ['x', 'y', 'z'].indexOf(axis);

/** Largest stress of a curve (the most negative one under compression), and where. */
function strengthOf(strains: readonly number[], stresses: readonly number[]) {
  const last = strains[strains.length - 1];
  const top = stresses.indexOf(last > 0 ? Math.max(...stresses) : Math.min(...stresses));
  return {
    strength_gpa: stresses[top],
    strain_at_strength: strains[top],
    reached_maximum: top < stresses.length - 1,
  };
}

const rounded = (row: readonly number[]) => row.map((value) => Number(value.toPrecision(8)));

async function staticCurve(
  crystal: Configuration,
  options: Settings,
  context: RecipeContext,
): Promise<Curve> {
  const axis = axisOf(options);
  const strains = strainsOf(options);
  const engine = await recipeEngine(context, crystal);
  try {
    const lengths = [true, false, false, false, true, false, false, false, true];
    let { configuration } = await relax(crystal, engine, { cell: lengths, tolerance: 1e-4 });
    const lateral = lengths.map((free, k) => free && k !== 4 * axis);
    const rows: number[][] = [];
    const start = Math.abs(configuration.cell[4 * axis]);
    const trust = new Trust(context);
    let unfinished = 0;
    let tooCloseAt: number | undefined;
    for (const [k, present] of strains.entries()) {
      throwIfCancelled(context);
      if (k > 0) {
        const strain = new Float64Array(9);
        strain[4 * axis] = (1 + present) / (1 + strains[k - 1]) - 1;
        configuration = deform(configuration, strain);
      }
      const cell = options.lateral === 'free' ? lateral : undefined;
      const relaxed = await relax(configuration, engine, { cell, tolerance: 1e-3, steps: 3000 });
      if (!relaxed.converged) unfinished++;
      const close = trust.tooClose(relaxed.configuration);
      if (close !== undefined && tooCloseAt === undefined) {
        tooCloseAt = present;
        context.onCaveat?.({ kind: 'outside', text: `From a strain of ${present.toFixed(3)}: ${close}` });
      }
      configuration = relaxed.configuration;
      const factor = -EV_PER_A3_IN_GPA / volume(configuration.cell);
      const stress = [0, 4, 8].map((c) => factor * relaxed.virial[c]);
      rows.push([present, stress[axis], ...stress, relaxed.energy / crystal.kinds.length]);
      context.onProgress((k + 1) / strains.length, `at rest, strain ${present.toFixed(3)}`);
      await breathe();
    }
    if (unfinished > 0) {
      const text = `${unfinished} of ${options.points} relaxations did not come to rest (usual beyond failure).`;
      context.onCaveat?.({ kind: 'unconverged', text });
    }
    const y = rows.map((row) => row[1]);
    return {
      values: {
        modulus_gpa: (y[1] - y[0]) / (strains[1] - strains[0]),
        ...strengthOf(strains, y),
        starting_length_a: start,
      },
      table: {
        title: 'Stress against strain',
        columns: ['strain', 'stress (GPa)', 'σ_xx', 'σ_yy', 'σ_zz', 'E (eV/atom)'],
        rows: rows.map(rounded),
      },
      series: { name: 'stress', kind: 'line', x: strains, y },
      notes: ['At rest: quasi-static, an upper bound of what a crystal with defects and heat sustains.'],
      last: configuration,
    };
  } finally {
    engine.dispose();
  }
}

async function dynamicCurve(
  crystal: Configuration,
  options: Settings,
  context: RecipeContext,
): Promise<Curve> {
  const axis = axisOf(options);
  const strains = strainsOf(options);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const moving: typeof DYNAMIC = { ...DYNAMIC, ...Object.fromEntries(given) };
  const { lateral } = options;
  const result = await tensionDynamics(crystal, { ...moving, axis, strains, lateral }, context);
  const along = result.points.map(({ stress }) => stress[axis]);
  const y = along.map(({ value }) => value);
  const kelvin = `${moving.temperature} K`;
  const step = Math.abs(strains[1] - strains[0]);
  const rate = step / ((moving.equilibration + moving.steps) * moving.timestep * 1e-15);
  return {
    values: {
      temperature_k: moving.temperature,
      atoms: result.atoms,
      modulus_gpa: { ...initialSlope(strains, along) },
      ...strengthOf(strains, y),
      starting_length_a: result.startingLength,
      strain_rate_per_s: rate,
    },
    table: {
      title: `Stress against strain at ${kelvin}`,
      columns: ['strain', 'stress (GPa)', '±', 'σ_xx', 'σ_yy', 'σ_zz', 'E_pot (eV/atom)', 'T (K)'],
      rows: result.points.map(({ strain, stress, potential, temperature }) =>
        rounded([
          strain,
          stress[axis].value,
          stress[axis].error,
          ...stress.map(({ value }) => value),
          potential.value,
          temperature.value,
        ]),
      ),
    },
    series: { name: kelvin, kind: 'line', x: strains, y, error: along.map(({ error }) => error) },
    notes: [
      `At ${kelvin}: ${result.atoms} atoms, ${options.lateral === 'free' ? 'the sides at zero pressure' : 'the sides held'}; a strain rate of ${rate.toExponential(1)} per second, far above that of any tensile test, and a crystal without defects: strength is an upper bound.`,
    ],
    last: result.last,
  };
}
