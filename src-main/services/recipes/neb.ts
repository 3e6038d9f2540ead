/** Recipe `neb`: the barrier between two minima, or of a vacancy's hop in a crystal, by a nudged elastic band. */
import { z } from 'zod';
import type { Caveat } from '../../../src-compute/caveats.ts';
import { SimulationError } from '../../../src-compute/errors.ts';
import {
  AtomicSurface,
  bendPath,
  pathEnds,
  pathProfile,
  relaxBand,
  type BandResult,
  type Ends,
} from '../../../src-compute/relaxation/barriers/index.ts';
import { FULL_CELL, relax } from '../../../src-compute/relaxation/index.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { drawnIn, vacancyHop } from '../../../src-compute/structure/defects.ts';
import type { Figure } from '../figures/figure.ts';
import { atLeast, crystalSettings, startingCrystal } from './crystals.ts';
import { recipeEngine } from './engine.ts';
import { breathe, defineRecipe, quantity, setting, throwIfCancelled, type RecipeContext } from './recipe.ts';

const settings = z.object({
  ...crystalSettings,
  images: z.number().int().min(1).max(99).default(7).describe('images between the ends'),
  start: z
    .enum(['idpp', 'linear'])
    .default('idpp')
    .describe('the first path: bent so that atoms keep their distances, or straight'),
  climb: z.boolean().default(true).describe('whether the highest image climbs to the saddle'),
  springs: z
    .number()
    .positive()
    .max(1000)
    .default(5)
    .describe('springs near the saddle; a fifth of it far below')
    .meta(setting({ unit: 'eV/Å²' })),
  tolerance: z
    .number()
    .min(1e-6)
    .max(1)
    .default(0.01)
    .describe('largest force across the path at the end')
    .meta(setting({ unit: 'eV/Å' })),
  steps: z.number().int().min(1).max(100_000).default(600).describe('steps at most'),
  cell: z
    .enum(['fixed', 'full'])
    .default('fixed')
    .describe('whether the cell may change along the path (solid-state band)'),
  pressure: z
    .number()
    .default(0)
    .describe('for cells that change')
    .meta(setting({ unit: 'GPa', when: { cell: ['full'] } })),
  length: quantity(10, 'Å', 'without ends: least extent of the crystal in which a vacancy hops'),
});
type Settings = z.output<typeof settings>;

/** What is left of the forces at the ends, eV/Å. */
const ENDS_AT_REST = 1e-3;

export const neb = defineRecipe({
  name: 'neb',
  title: 'Barrier of a path',
  description:
    'The least barrier between two minima, which are relaxed first: a nudged elastic band with improved tangents whose\n' +
    'highest image climbs to the saddle. Without ends a vacancy hops to the next site of the crystal.',
  settings,
  async run(options, context) {
    const { starts, notes } = givenEnds(options, context);
    const caveats: Caveat[] = [];
    const relaxed: Configuration[] = [];
    for (const [k, candidates] of starts.entries()) {
      context.onProgress(0.05 * k, 'relaxing the ends');
      relaxed.push(await atRest(candidates, options, context, caveats, k));
    }
    const ends = pathEnds(relaxed[0], relaxed[1], options.cell === 'full');
    const band = await relaxedPath(ends, options, context);
    const { result } = band;
    if (!result.converged)
      caveats.push({
        kind: 'unconverged',
        text: `The path did not come to rest in ${result.steps} steps: forces up to ${result.largestForce.toPrecision(2)} eV/Å are left across it.`,
      });
    const found = barriers(result);
    if (!(found.forward > 1e-6))
      caveats.push({
        kind: 'implausible',
        text: 'The path has no barrier: it falls from one end to the other.',
      });
    else if (found.isInner)
      caveats.push({
        kind: 'assumed',
        text: 'A minimum lies on the path between its ends: the barrier is the highest of several.',
      });
    return {
      values: {
        barrier_ev: found.forward,
        reverse_barrier_ev: found.reverse,
        energy_change_ev: result.energies[result.energies.length - 1] - result.energies[0],
        images: result.energies.length,
        converged: result.converged,
        steps: result.steps,
        force_calls: result.evaluations,
        largest_force_ev_per_a: result.largestForce,
        climbing_image: result.climber ?? null,
        path_length_a: result.distances[result.distances.length - 1],
        energies_ev: result.energies.map((energy) => energy - result.energies[0]),
        distances_a: [...result.distances],
      },
      tables: [
        {
          title: 'Path',
          columns: ['image', 'distance (Å)', 'E − E₀ (eV)', 'dE/ds (eV/Å)'],
          rows: result.energies.map((energy, i) => [
            String(i),
            result.distances[i].toFixed(3),
            (energy - result.energies[0]).toFixed(4),
            result.slopes[i].toFixed(3),
          ]),
        },
      ],
      figures: [figureOf(result)],
      notes: [
        ...notes,
        `The furthest atom goes ${ends.furthest.toFixed(2)} Å; ${result.evaluations} evaluations in ${result.steps} steps of the band.`,
      ],
      caveats,
      structures: band.structures,
    };
  },
});

/** How far the neighbours of a vacancy begin inwards: the lowest of the minima that follow is the end of the path. */
const INWARDS = [0, 0.1, 0.2];

/** Starts for both ends: the structures given, or a vacancy and its neighbour's place. */
function givenEnds(
  options: Settings,
  context: RecipeContext,
): { starts: Configuration[][]; notes: string[] } {
  const { structure, reference } = context;
  const [final] = reference ?? [];
  if (structure && final) return { starts: [[structure], [final]], notes: [] };
  if (final) throw new SimulationError('The path has a final structure and no initial one.');
  const { crystal, note } = startingCrystal(options, context);
  const hop = vacancyHop(atLeast(crystal, options.length));
  return {
    starts: [
      INWARDS.map((part) => drawnIn(hop.initial, hop.from, part)),
      INWARDS.map((part) => drawnIn(hop.final, hop.to, part)),
    ],
    notes: [note, 'A vacancy hops to the nearest site of its element.'],
  };
}

/** The lowest minimum that the starts of an end lead to. */
async function atRest(
  starts: readonly Configuration[],
  { cell, pressure }: Settings,
  context: RecipeContext,
  caveats: Caveat[],
  k: number,
): Promise<Configuration> {
  const engine = await recipeEngine(context, starts[0]);
  try {
    let best: Awaited<ReturnType<typeof relax>> | undefined;
    for (const start of starts) {
      const result = await relax(start, engine, {
        tolerance: ENDS_AT_REST,
        cell: cell === 'full' ? FULL_CELL : undefined,
        pressure: cell === 'full' ? pressure : undefined,
        signal: context.signal,
      });
      if (!best || result.energy < best.energy - 1e-3) best = result;
    }
    if (!best) throw new SimulationError('The path has no end.');
    if (!best.converged)
      caveats.push({
        kind: 'unconverged',
        text: `The ${k === 0 ? 'initial' : 'final'} structure did not come to rest: forces up to ${best.largestForce.toPrecision(2)} eV/Å are left.`,
      });
    return best.configuration;
  } finally {
    engine.dispose();
  }
}

async function relaxedPath(
  { initial, finalPositions, deformation }: Ends,
  options: Settings,
  context: RecipeContext,
): Promise<{ result: BandResult; structures: Configuration[] }> {
  const count = options.images + 2;
  const engines: Awaited<ReturnType<typeof recipeEngine>>[] = [];
  try {
    const surfaces: AtomicSurface[] = [];
    const { cell, pressure } = options;
    for (let i = 0; i < count; i++) {
      const engine = await recipeEngine(context, initial);
      engines.push(engine);
      surfaces.push(
        new AtomicSurface(initial, engine, {
          cell: cell === 'full',
          ...(cell === 'full' ? { pressure } : {}),
        }),
      );
    }
    const [first, last] = [
      surfaces[0].pointOf(initial.positions),
      surfaces[0].pointOf(finalPositions, deformation),
    ];
    const images = Array.from({ length: count }, (_, i) =>
      first.map((x, k) => x + ((last[k] - x) * i) / (count - 1)),
    );
    if (options.start === 'idpp') await bendPath(images, initial);
    await breathe();
    const result = await relaxBand(images, surfaces, {
      tolerance: options.tolerance,
      steps: options.steps,
      climb: options.climb,
      springs: [options.springs / 5, options.springs],
      signal: context.signal,
      onStep: ({ step, largestForce }) => {
        throwIfCancelled(context);
        context.onProgress(
          0.1 + (0.9 * step) / options.steps,
          `path, step ${step}: ${largestForce.toPrecision(2)} eV/Å across it`,
        );
      },
    });
    return {
      result,
      structures: result.images.map((x, i) => ({ ...surfaces[i].at(x), energy: result.energies[i] })),
    };
  } finally {
    for (const engine of engines) engine.dispose();
  }
}

/** Barriers by the climbing image, or the top of the spline. */
function barriers(result: BandResult): { forward: number; reverse: number; isInner: boolean } {
  const { energies, climber } = result;
  const last = energies.length - 1;
  const top = climber === undefined ? pathProfile(result).saddle.energy : energies[climber];
  // an image lower than both of its neighbours is a minimum on the way
  const isInner = energies.some(
    (energy, i) => i > 0 && i < last && energy < energies[i - 1] - 1e-3 && energy < energies[i + 1] - 1e-3,
  );
  return { forward: top - energies[0], reverse: top - energies[last], isInner };
}

function figureOf(result: BandResult): Figure {
  const profile = pathProfile(result);
  const zero = result.energies[0];
  return {
    title: 'Energy along the path',
    caption: 'Points: images; the line goes through their energies and forces.',
    x: { label: 'distance along the path (Å)', name: 'distance_a' },
    y: { label: 'E − E₀ (eV)', name: 'energy_ev' },
    series: [
      { name: 'images', kind: 'points', x: result.distances, y: result.energies.map((e) => e - zero) },
      {
        name: 'path',
        of: 'images',
        kind: 'line',
        x: profile.distances,
        y: profile.energies.map((e) => e - zero),
      },
    ],
  };
}
