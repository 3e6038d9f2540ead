/** Recipe `ev`: energy against volume of several lattices, with Birch–Murnaghan fits. */
import { z } from 'zod';
import { birchMurnaghanEnergy, fitBirchMurnaghan } from '../../../src-compute/analysis/equation-of-state.ts';
import { relax } from '../../../src-compute/sampling/relaxation.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { deform, lattice, LATTICE_NAMES } from '../../../src-compute/structure/lattices.ts';
import { ForcewrightError } from '../../../src-compute/errors.ts';
import type { FigureSeries } from '../figures/figure.ts';
import { latticeElements, latticeMinimum, latticeName, latticeSpecies } from './crystals.ts';
import { recipeEngine } from './engine.ts';
import { breathe, defineRecipe, throwIfCancelled, type RecipeContext, type RecipeValue } from './recipe.ts';

const settings = z.object({
  lattices: z
    .array(z.string())
    .optional()
    .describe('lattices to compare; all that fit the number of elements'),
  elements: z.array(z.string()).optional().describe('their elements; those of the potential when left out'),
  range: z.number().min(0.005).max(0.4).default(0.08).describe('largest change of the volume, as a fraction'),
  points: z.number().int().min(5).max(101).default(15).describe('volumes per lattice'),
});

export const energyVolume = defineRecipe({
  name: 'ev',
  title: 'Energy–volume curves',
  description:
    'Energy per atom against volume for several lattices (or the structure given, atoms relaxed at each volume), with a\n' +
    'Birch–Murnaghan fit of third order: lattice constant, bulk modulus B and its pressure derivative.',
  settings,
  async run({ lattices, elements, range, points }, context) {
    const starts = startsOf(lattices, elements, context);
    const series: FigureSeries[] = [];
    const rows: (string | number)[][] = [];
    const values: Record<string, RecipeValue> = {};
    const notes: string[] = [];
    for (const [k, { name, make }] of starts.entries()) {
      try {
        const { start, a } = make();
        const { volumes, energies } = await curve(start, range, points, context, (f) =>
          context.onProgress((k + f) / starts.length, name),
        );
        const eos = fitBirchMurnaghan(volumes, energies);
        const fine = Array.from({ length: 80 }, (_, m) => eos.volume * (1 - range + (2 * range * m) / 79));
        series.push({ name, kind: 'points', x: volumes, y: energies });
        series.push({
          name: `${name}, fit`,
          of: name,
          kind: 'line',
          x: fine,
          y: fine.map((v) => birchMurnaghanEnergy(eos, v)),
        });
        // the minimum of the fit in terms of the lattice constant of the start
        const constant = a * Math.cbrt(eos.volume / (volume(start.cell) / start.kinds.length));
        rows.push([
          name,
          constant.toFixed(4),
          eos.volume.toFixed(4),
          eos.energy.toFixed(5),
          eos.bulkModulus.toFixed(2),
          eos.bulkModulusDerivative.toFixed(2),
          (eos.residual * 1000).toPrecision(2),
        ]);
        values[name] = {
          lattice_constant_a: constant,
          volume_a3_per_atom: eos.volume,
          energy_ev_per_atom: eos.energy,
          bulk_modulus_gpa: eos.bulkModulus,
          bulk_modulus_derivative: eos.bulkModulusDerivative,
          fit_residual_mev_per_atom: eos.residual * 1000,
        };
      } catch (error) {
        if (!(error instanceof ForcewrightError) || starts.length === 1) throw error;
        notes.push(`${name} is left out: ${error.message}`);
      }
    }
    const stable = Object.entries(values).sort(([, p], [, q]) => energyOf(p) - energyOf(q))[0];
    if (stable && rows.length > 1) notes.push(`The lattice of least energy is ${stable[0]}.`);
    return {
      values,
      tables: [
        {
          title: 'Birch–Murnaghan fits',
          columns: ['lattice', 'a (Å)', 'V (Å³/atom)', 'E (eV/atom)', 'B (GPa)', 'B′', 'residual (meV)'],
          rows,
        },
      ],
      figures: [
        {
          title: 'Energy against volume',
          x: { label: 'V (Å³/atom)', name: 'volume_a3_per_atom' },
          y: { label: 'E (eV/atom)', name: 'energy_ev_per_atom' },
          series,
        },
      ],
      notes,
    };
  },
});

function energyOf(value: RecipeValue): number {
  return typeof value === 'object' && value !== null && 'energy_ev_per_atom' in value
    ? Number(value.energy_ev_per_atom)
    : NaN;
}

interface Start {
  readonly name: string;
  readonly make: () => { start: Configuration; a: number };
}

function startsOf(
  lattices: readonly string[] | undefined,
  elements: readonly string[] | undefined,
  context: RecipeContext,
): Start[] {
  const { structure, model } = context;
  if (structure && !lattices) {
    return [
      {
        name: 'structure',
        make: () => ({ start: structure, a: Math.hypot(...structure.cell.subarray(0, 3)) }),
      },
    ];
  }
  const available = elements?.length ?? Math.min(model.species.length, 3);
  const wanted = lattices ?? LATTICE_NAMES.filter((name) => latticeSpecies(name) === available);
  return wanted.map((text) => {
    const name = latticeName(text);
    return {
      name,
      make: () => {
        const chosen = latticeElements(name, context, elements);
        const { a } = latticeMinimum(model, name, chosen);
        return { start: lattice(name, chosen, a), a };
      },
    };
  });
}

/** Energies per atom over volumes around the start, atoms relaxed at each. */
async function curve(
  start: Configuration,
  range: number,
  points: number,
  context: RecipeContext,
  onProgress: (fraction: number) => void,
): Promise<{ volumes: number[]; energies: number[] }> {
  const engine = await recipeEngine(context, start);
  const n = start.kinds.length;
  const volumes: number[] = [];
  const energies: number[] = [];
  try {
    for (let k = 0; k < points; k++) {
      throwIfCancelled(context);
      const stretch = Math.cbrt(1 + range * ((2 * k) / (points - 1) - 1)) - 1;
      const squeezed = deform(start, [stretch, 0, 0, 0, stretch, 0, 0, 0, stretch]);
      const { energy } = await relax(squeezed, engine, { tolerance: 1e-4 });
      volumes.push(volume(squeezed.cell) / n);
      energies.push(energy / n);
      onProgress((k + 1) / points);
      await breathe();
    }
  } finally {
    engine.dispose();
  }
  return { volumes, energies };
}
