/** Recipe `saddle`: from one minimum to a saddle next to it, by the dimer method. */
import { z } from 'zod';
import { SimulationError } from '../../../src-compute/errors.ts';
import { SeededRandom } from '../../../src-compute/fitting/random.ts';
import { AtomicSurface, climbByDimer } from '../../../src-compute/relaxation/barriers/index.ts';
import { relax } from '../../../src-compute/relaxation/index.ts';
import { drawnIn, vacancyHop, vectorsFrom } from '../../../src-compute/structure/defects.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import type { FigureSeries } from '../figures/figure.ts';
import { atLeast, crystalSettings, startingCrystal } from './crystals.ts';
import { recipeEngine } from './engine.ts';
import { defineRecipe, quantity, setting, type RecipeContext } from './recipe.ts';

const settings = z.object({
  ...crystalSettings,
  atom: z
    .number()
    .int()
    .positive()
    .optional()
    .describe(
      'about which atom it begins to move, from 1; the one next to the vacancy when no structure is given',
    )
    .meta(setting({ auto: 'the first' })),
  reach: quantity(3, 'Å', 'atoms so near to it begin to move, too'),
  push: quantity(0.3, 'Å', 'how far it is pushed out of the minimum at the start'),
  tolerance: z
    .number()
    .min(1e-6)
    .max(1)
    .default(0.01)
    .describe('largest force at the saddle')
    .meta(setting({ unit: 'eV/Å' })),
  steps: z.number().int().min(1).max(100_000).default(1000).describe('steps at most'),
  length: quantity(10, 'Å', 'without a structure: least extent of the crystal with a vacancy'),
  seed: z.number().int().default(1).describe('seed of the first direction'),
});
type Settings = z.output<typeof settings>;

/** How far along the mode it is let go to both sides of the saddle, Å. */
const LET_GO = 0.1;

export const saddle = defineRecipe({
  name: 'saddle',
  title: 'Saddle from one side',
  description:
    'Climbs from a minimum to a saddle next to it without knowing the other side (dimer method), then lets go to both\n' +
    'sides: the minima that it lies between, and the barriers. Without a structure, of a vacancy in the crystal.',
  settings,
  async run(options, context) {
    const { start, atom, towards, notes } = startOf(options, context);
    const engine = await recipeEngine(context, start);
    try {
      context.onProgress(0, 'relaxing the minimum');
      const minimum = await relax(start, engine, { tolerance: 1e-3, signal: context.signal });
      const surface = new AtomicSurface(minimum.configuration, engine);
      const direction = firstDirection(minimum.configuration, atom, options, towards);
      const begin = surface.pointOf(minimum.configuration.positions);
      for (let k = 0; k < begin.length; k++) begin[k] += options.push * direction[k];
      const energies: number[] = [];
      const found = await climbByDimer(begin, direction, surface, {
        tolerance: options.tolerance,
        steps: options.steps,
        signal: context.signal,
        onStep: ({ step, energy, curvature, largestForce }) => {
          energies.push(energy - minimum.energy);
          context.onProgress(
            0.05 + (0.85 * step) / options.steps,
            `step ${step}: curvature ${curvature.toFixed(2)} eV/Å², force ${largestForce.toPrecision(2)} eV/Å`,
          );
        },
      });
      if (!found.converged) {
        throw new SimulationError(
          `No saddle was found in ${found.steps} steps: the curvature is ${found.curvature.toFixed(2)} eV/Å² and the largest force ${found.largestForce.toPrecision(2)} eV/Å.`,
          { remedy: 'Try another atom, another seed or more steps.' },
        );
      }
      const sides: Configuration[] = [];
      const barriers: number[] = [];
      for (const sign of [-1, 1]) {
        const x = found.x.map((value, k) => value + sign * LET_GO * found.mode[k]);
        const { configuration, energy } = await relax(surface.at(x), engine, {
          tolerance: 1e-3,
          signal: context.signal,
        });
        sides.push({ ...configuration, energy });
        barriers.push(found.energy - energy);
      }
      const back = sides.findIndex((side) => Math.abs((side.energy ?? NaN) - minimum.energy) < 5e-3);
      return {
        values: {
          saddle_energy_ev: found.energy - minimum.energy,
          barriers_ev: barriers,
          curvature_ev_per_a2: found.curvature,
          converged: found.converged,
          steps: found.steps,
          force_calls: found.evaluations,
          largest_force_ev_per_a: found.largestForce,
          leads_back: back >= 0,
        },
        tables: [
          {
            title: 'Saddle',
            columns: ['', 'E − E(minimum) (eV)', 'barrier from there (eV)'],
            rows: [
              ['saddle', (found.energy - minimum.energy).toFixed(4), '–'],
              ...sides.map((side, k) => [
                `side ${k + 1}`,
                ((side.energy ?? NaN) - minimum.energy).toFixed(4),
                barriers[k].toFixed(4),
              ]),
            ],
          },
        ],
        figures: [
          {
            title: 'Energy of the dimer',
            x: { label: 'step', name: 'step' },
            y: { label: 'E − E(minimum) (eV)', name: 'energy_ev' },
            series: [climb(energies)],
          },
        ],
        notes: [
          ...notes,
          back >= 0
            ? 'One side leads back to the minimum that it began in.'
            : 'Neither side has the energy of the minimum that it began in: the saddle belongs to others.',
        ],
        structures: [sides[0], { ...surface.at(found.x), energy: found.energy }, sides[1]],
      };
    } finally {
      engine.dispose();
    }
  },
});

const climb = (energies: readonly number[]): FigureSeries => ({
  name: 'centre',
  kind: 'line',
  x: energies.map((_, k) => k),
  y: energies,
});

function startOf(
  options: Settings,
  context: RecipeContext,
): { start: Configuration; atom: number; towards?: Float64Array; notes: string[] } {
  if (context.structure) {
    const atom = (options.atom ?? 1) - 1;
    if (atom >= atomCount(context.structure))
      throw new SimulationError(
        `There is no atom ${atom + 1}: the structure has ${atomCount(context.structure)}.`,
      );
    return { start: context.structure, atom, notes: [] };
  }
  const { crystal, note } = startingCrystal(options, context);
  const { initial, final, from } = vacancyHop(atLeast(crystal, options.length));
  // the atom beside the vacancy, towards it
  const towards = final.positions.map((x, k) => x - initial.positions[k]);
  const atom = Math.floor(towards.findIndex((x) => Math.abs(x) > 1e-9) / 3);
  return { start: drawnIn(initial, from, 0.15), atom, towards, notes: [note, 'It begins beside a vacancy.'] };
}

/** A direction at random about an atom, or towards a place; of unit length. */
function firstDirection(
  minimum: Configuration,
  atom: number,
  { reach, seed }: Settings,
  towards?: Float64Array,
): Float64Array {
  const random = new SeededRandom(seed);
  const vectors = vectorsFrom(minimum.positions.slice(3 * atom, 3 * atom + 3), minimum);
  const direction = new Float64Array(vectors.length);
  const reached = towards ? Math.hypot(...towards) : 1;
  for (let i = 0; i < atomCount(minimum); i++) {
    if (Math.hypot(...vectors.subarray(3 * i, 3 * i + 3)) > reach) continue;
    for (let a = 0; a < 3; a++)
      direction[3 * i + a] =
        (towards ? 0.1 : 1) * random.normal() + (towards ? (3 * towards[3 * i + a]) / reached : 0);
  }
  const length = Math.hypot(...direction);
  return direction.map((x) => x / length);
}
