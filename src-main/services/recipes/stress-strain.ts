/** Recipe `stress-strain`: tension or compression along one axis, quasi-static. */
import { z } from 'zod';
import { relax } from '../../../src-compute/sampling/relaxation.ts';
import { volume } from '../../../src-compute/structure/cell.ts';
import { deform } from '../../../src-compute/structure/lattices.ts';
import { EV_PER_A3_IN_GPA } from '../../../src-compute/units.ts';
import { crystalSettings, startingCrystal } from './crystals.ts';
import { recipeEngine } from './engine.ts';
import { breathe, defineRecipe, throwIfCancelled } from './recipe.ts';

const settings = z.object({
  ...crystalSettings,
  axis: z.enum(['x', 'y', 'z']).default('x').describe('direction of the strain'),
  strain: z.number().min(-0.5).max(2).default(0.3).describe('largest strain; negative compresses'),
  points: z.number().int().min(2).max(1000).default(31).describe('number of strains'),
  lateral: z
    .enum(['free', 'fixed'])
    .default('free')
    .describe('whether the other two directions relax to zero stress'),
});

export const stressStrain = defineRecipe({
  name: 'stress-strain',
  title: 'Stress–strain curve',
  description:
    'Strains the relaxed crystal along one axis in small steps at zero temperature, relaxing atoms (and the other two\n' +
    'directions, unless fixed) after each: Young’s modulus in that direction, ideal strength, strain at failure.',
  settings,
  async run(options, context) {
    const { crystal, note } = startingCrystal(options, context);
    const axis = ['x', 'y', 'z'].indexOf(options.axis);
    const engine = await recipeEngine(context, crystal);
    try {
      const lengths = [true, false, false, false, true, false, false, false, true];
      let { configuration } = await relax(crystal, engine, { cell: lengths, tolerance: 1e-4 });
      const lateral = lengths.map((free, k) => free && k !== 4 * axis);
      const rows: number[][] = [];
      const step = options.strain / (options.points - 1);
      const start = Math.abs(configuration.cell[4 * axis]);
      let unfinished = 0;
      for (let k = 0; k < options.points; k++) {
        throwIfCancelled(context);
        if (k > 0) {
          // engineering strain: equal steps in terms of the starting length
          const now = 1 + step * (k - 1);
          const strain = new Float64Array(9);
          strain[4 * axis] = step / now;
          configuration = deform(configuration, strain);
        }
        const cell = options.lateral === 'free' ? lateral : undefined;
        const relaxed = await relax(configuration, engine, { cell, tolerance: 1e-3, steps: 3000 });
        if (!relaxed.converged) unfinished++;
        configuration = relaxed.configuration;
        const factor = -EV_PER_A3_IN_GPA / volume(configuration.cell);
        const stress = [0, 4, 8].map((c) => factor * relaxed.virial[c]);
        rows.push([step * k, stress[axis], ...stress, relaxed.energy / crystal.kinds.length]);
        context.onProgress((k + 1) / options.points, `strain ${(step * k).toFixed(3)}`);
        await breathe();
      }
      const x = rows.map((row) => row[0]);
      const y = rows.map((row) => row[1]);
      const top = y.indexOf(options.strain > 0 ? Math.max(...y) : Math.min(...y));
      const modulus = (y[1] - y[0]) / (x[1] - x[0]);
      return {
        values: {
          modulus_gpa: modulus,
          strength_gpa: y[top],
          strain_at_strength: x[top],
          reached_maximum: top < y.length - 1,
          starting_length_a: start,
        },
        tables: [
          {
            title: 'Stress against strain',
            columns: ['strain', 'stress (GPa)', 'σ_xx', 'σ_yy', 'σ_zz', 'E (eV/atom)'],
            rows: rows.map((row) => row.map((value) => Number(value.toPrecision(8)))),
          },
        ],
        figures: [
          {
            title: `Stress along ${options.axis}, ${options.lateral === 'free' ? 'free' : 'fixed'} sides`,
            x: { label: 'strain', name: 'strain' },
            y: { label: 'stress (GPa)', name: 'stress_gpa' },
            series: [{ name: 'stress', kind: 'line', x, y }],
          },
        ],
        notes: [
          note,
          'Zero temperature, quasi-static: an upper bound of what a crystal with defects and heat sustains.',
          ...(unfinished > 0
            ? [`${unfinished} of ${options.points} relaxations did not converge (usual beyond failure).`]
            : []),
        ],
        structures: [configuration],
      };
    } finally {
      engine.dispose();
    }
  },
});
