/** Recipe `surface`: energies of the surfaces of a plane, and the γ-line of slipping along it. */
import { z } from 'zod';
import type { Caveat } from '../../../src-compute/caveats.ts';
import { SimulationError } from '../../../src-compute/errors.ts';
import { relax } from '../../../src-compute/relaxation/index.ts';
import { atomCount, type Configuration } from '../../../src-compute/structure/configuration.ts';
import { orientedCell, planes, reducedMiller, slab, slabArea } from '../../../src-compute/structure/slab.ts';
import type { Figure } from '../figures/figure.ts';
import { crystalSymmetry } from '../symmetry/crystal-symmetry.ts';
import { crystalSettings } from './crystals.ts';
import { recipeEngine } from './engine.ts';
import { restingCrystal } from './resting-crystal.ts';
import { breathe, defineRecipe, quantity, setting, throwIfCancelled, type RecipeContext } from './recipe.ts';

const settings = z.object({
  ...crystalSettings,
  miller: z
    .array(z.coerce.number().int())
    .default([1, 0, 0])
    .describe('Miller indices of the plane, of the conventional cell: 1,1,0'),
  thickness: quantity(15, 'Å', 'least thickness of the slab'),
  vacuum: quantity(12, 'Å', 'between the slab and its image'),
  gammaPoints: z
    .number()
    .int()
    .min(0)
    .max(200)
    .default(0)
    .describe('points of the γ-line along the shortest translation in the plane; none when 0'),
  tolerance: z
    .number()
    .min(1e-6)
    .max(1)
    .default(1e-3)
    .describe('largest force at the end')
    .meta(setting({ unit: 'eV/Å' })),
});
type Settings = z.output<typeof settings>;

/** eV/Å² in J/m². */
const JOULE = 16.02176634;

interface Surface {
  readonly termination: number;
  readonly unrelaxed: number;
  readonly relaxed: number;
  readonly atoms: number;
  readonly thickness: number;
  readonly converged: boolean;
  readonly configuration: Configuration;
}

export const surface = defineRecipe({
  name: 'surface',
  title: 'Surfaces and stacking faults',
  description:
    'Cuts the crystal along a plane, opens vacuum at every plane of atoms (terminations), relaxes, and gives the energy of\n' +
    'the surface; if asked for, the γ-line: the energy of one half of the crystal slipping over the other.',
  settings,
  async run(options, context) {
    const miller = reducedMiller(options.miller);
    const { cell, energy, note } = await restingCrystal(options, context);
    const oriented = orientedCell(cell, miller);
    const layers = Math.max(1, Math.ceil(options.thickness / oriented.cell[8]));
    requireThick(layers * oriented.cell[8], context);
    const isElement = new Set(cell.kinds).size === 1;
    const terminations = distinct(oriented, isElement);
    const surfaces: Surface[] = [];
    const caveats: Caveat[] = [];
    for (const [k, termination] of terminations.entries()) {
      throwIfCancelled(context);
      context.onProgress(k / (terminations.length + 1), `termination ${termination + 1}`);
      const cut = slab(cell, miller, { layers, vacuum: options.vacuum, termination });
      surfaces.push(await opened(cut, termination, energy, options, context));
      await breathe();
    }
    for (const { termination, converged } of surfaces)
      if (!converged)
        caveats.push({ kind: 'unconverged', text: `Termination ${termination + 1} did not come to rest.` });
    const gamma = options.gammaPoints > 0 ? await gammaLine(cell, miller, layers, options, context) : [];
    const lowest = surfaces.reduce((best, s) => (s.relaxed < best.relaxed ? s : best), surfaces[0]);
    return {
      values: {
        miller: [...miller],
        surface_energy_j_per_m2: lowest.relaxed,
        surfaces: surfaces.map((s) => ({
          termination: s.termination,
          energy_j_per_m2: s.relaxed,
          unrelaxed_j_per_m2: s.unrelaxed,
          atoms: s.atoms,
          thickness_a: s.thickness,
        })),
        gamma_line: gamma.map(({ displacement, energy: e }) => ({ displacement, energy_j_per_m2: e })),
        unstable_stacking_fault_j_per_m2:
          gamma.length > 0 ? Math.max(...gamma.map(({ energy: e }) => e)) : null,
      },
      tables: [
        {
          title: `Surfaces (${miller.join(' ')})`,
          columns: ['termination', 'relaxed (J/m²)', 'as cut (J/m²)', 'atoms', 'thickness (Å)'],
          rows: surfaces.map((s) => [
            String(s.termination + 1),
            s.relaxed.toFixed(4),
            s.unrelaxed.toFixed(4),
            String(s.atoms),
            s.thickness.toFixed(1),
          ]),
        },
      ],
      figures: gamma.length > 0 ? [gammaFigure(gamma, miller)] : [],
      notes: [
        note,
        isElement
          ? 'Half of the energy of both surfaces of a slab.'
          : 'Half of the energy of both surfaces of a slab of the composition of the crystal: where they differ, it is their mean.',
      ],
      caveats,
      structures: surfaces.map(({ configuration }) => configuration),
    };
  },
});

/** The plane's atoms may lie in levels that only a shift tells apart: of an element each distance to the next one once. */
function distinct(oriented: Configuration, isElement: boolean): number[] {
  const levels = planes(oriented);
  const all = levels.map((_, k) => k);
  if (!isElement) return all;
  const height = oriented.cell[8];
  const gap = (k: number) =>
    k + 1 < levels.length ? levels[k + 1] - levels[k] : levels[0] + height - levels[k];
  return all.filter((k) => !all.some((other) => other < k && Math.abs(gap(other) - gap(k)) < 0.01));
}

/** @throws SimulationError when both surfaces would feel each other through the slab */
function requireThick(thickness: number, { model }: RecipeContext): void {
  if (thickness >= model.cutoff) return;
  throw new SimulationError(
    `The slab would be ${thickness.toFixed(1)} Å thick, less than the cutoff of the potential, ${model.cutoff} Å: both surfaces would feel each other.`,
    { remedy: 'Ask for a thicker slab.' },
  );
}

async function opened(
  cut: Configuration,
  termination: number,
  energy: number,
  { tolerance, vacuum }: Settings,
  context: RecipeContext,
): Promise<Surface> {
  const engine = await recipeEngine(context, cut);
  try {
    await engine.compute(cut.positions, cut.cell);
    const atoms = atomCount(cut);
    const toSurface = (total: number) => (JOULE * (total - atoms * energy)) / (2 * slabArea(cut));
    const unrelaxed = toSurface(engine.result.energy);
    const result = await relax(cut, engine, { tolerance, signal: context.signal });
    return {
      termination,
      unrelaxed,
      relaxed: toSurface(result.energy),
      atoms,
      thickness: cut.cell[8] - vacuum,
      converged: result.converged,
      configuration: result.configuration,
    };
  } finally {
    engine.dispose();
  }
}

interface GammaPoint {
  /** In parts of the shortest translation in the plane. */
  readonly displacement: number;
  /** J/m² */
  readonly energy: number;
}

/**
 * Energy of the upper half slipping along the shortest translation in the plane, atoms relaxed across the plane only (Vitek, Phil.
 * Mag. 18 (1968) 773). The cell slips along, so that there is one fault and no surface.
 */
async function gammaLine(
  cell: Configuration,
  miller: readonly number[],
  layers: number,
  { gammaPoints, tolerance }: Settings,
  context: RecipeContext,
): Promise<GammaPoint[]> {
  const whole = slab(cell, miller, { layers, vacuum: 0 });
  const slip = slipVector(orientedCell(cell, miller));
  const n = atomCount(whole);
  const fixed = Uint8Array.from({ length: 3 * n }, (_, k) => (k % 3 === 2 ? 0 : 1));
  const found: GammaPoint[] = [];
  const engine = await recipeEngine(context, whole);
  try {
    let start = NaN;
    for (let k = 0; k <= gammaPoints; k++) {
      throwIfCancelled(context);
      context.onProgress(k / (gammaPoints + 1), 'γ-line');
      const displacement = k / gammaPoints;
      const slipped = whole.cell.slice();
      for (let a = 0; a < 3; a++) slipped[6 + a] += displacement * slip[a];
      const result = await relax({ ...whole, cell: slipped }, engine, {
        fixed,
        tolerance,
        signal: context.signal,
      });
      if (k === 0) start = result.energy;
      found.push({ displacement, energy: (JOULE * (result.energy - start)) / slabArea(whole) });
    }
  } finally {
    engine.dispose();
  }
  return found;
}

/** The shortest translation of the crystal within the plane, Å: of a centred cell shorter than its vectors. */
function slipVector(oriented: Configuration): number[] {
  const { cell } = oriented;
  const isUnit = (rotation: readonly number[]) => rotation.every((x, k) => x === (k % 4 === 0 ? 1 : 0));
  const whole = (x: number) => Math.abs(x - Math.round(x)) < 1e-4;
  const centred = crystalSymmetry(oriented)
    .operations.filter(({ rotation, translation }) => isUnit(rotation) && whole(translation[2]))
    .map(({ translation }) => translation);
  let best = [cell[0], cell[1], 0];
  for (const [x, y] of [[0, 0], ...centred])
    for (let i = -1; i <= 1; i++)
      for (let j = -1; j <= 1; j++) {
        const [u, v] = [x - Math.round(x) + i, y - Math.round(y) + j];
        const vector = [u * cell[0] + v * cell[3], u * cell[1] + v * cell[4], 0];
        const length = Math.hypot(...vector);
        if (length > 0.1 && length < Math.hypot(...best) - 1e-6) best = vector;
      }
  return best;
}

function gammaFigure(gamma: readonly GammaPoint[], miller: readonly number[]): Figure {
  return {
    title: `γ-line on (${miller.join(' ')})`,
    caption:
      'Atoms relaxed across the plane; the displacement in parts of the shortest translation in the plane.',
    x: { label: 'displacement', name: 'displacement' },
    y: { label: 'γ (J/m²)', name: 'gamma_j_per_m2' },
    series: [
      { name: 'γ', kind: 'points', x: gamma.map((p) => p.displacement), y: gamma.map((p) => p.energy) },
    ],
  };
}
