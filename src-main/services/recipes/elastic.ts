/** Recipe `elastic`: the full matrix of elastic constants. */
import { z } from 'zod';
import { elasticConstants } from '../../../src-compute/analysis/elasticity.ts';
import { FULL_CELL, relax } from '../../../src-compute/relaxation/index.ts';
import { crystalSettings, startingCrystal } from './crystals.ts';
import { recipeEngine } from './engine.ts';
import { defineRecipe } from './recipe.ts';

const settings = z.object({
  ...crystalSettings,
  strain: z.number().min(1e-5).max(0.05).default(0.004).describe('strain of the finite differences'),
});

export const elastic = defineRecipe({
  name: 'elastic',
  title: 'Elastic constants',
  description:
    'Relaxes the crystal (cell and atoms), then takes all C_ij from stresses at ± strain with the atoms relaxed; finds the\n' +
    'symmetry; bulk, shear and Young’s modulus and Poisson’s ratio of the polycrystal.',
  settings,
  async run(options, context) {
    const { crystal, note } = startingCrystal(options, context);
    const engine = await recipeEngine(context, crystal);
    try {
      context.onProgress(0, 'relaxing the cell');
      const relaxed = await relax(crystal, engine, { cell: FULL_CELL, tolerance: 1e-5, steps: 5000 });
      const elastic = await elasticConstants(relaxed.configuration, engine, options.strain, (fraction) =>
        context.onProgress(0.1 + 0.9 * fraction, 'straining'),
      );
      const { bulk, shear, young, poisson, stable, symmetry, constants, stiffness } = elastic;
      const index = [1, 2, 3, 4, 5, 6];
      return {
        values: {
          symmetry,
          constants_gpa: constants,
          stiffness_gpa: stiffness,
          raw_stiffness_gpa: elastic.raw,
          bulk_modulus_gpa: bulk,
          shear_modulus_gpa: shear,
          young_modulus_gpa: young,
          poisson_ratio: poisson,
          stable,
          cell_a: Array.from(relaxed.configuration.cell),
          energy_ev_per_atom: relaxed.energy / crystal.kinds.length,
        },
        tables: [
          {
            title: `C_ij (GPa), ${symmetry}`,
            columns: ['', ...index.map(String)],
            rows: stiffness.map((row, i) => [String(i + 1), ...row.map((x) => x.toFixed(2))]),
          },
          {
            title: 'Moduli',
            columns: ['', 'Voigt', 'Reuss', 'Hill'],
            rows: [
              ['B (GPa)', bulk.voigt.toFixed(2), bulk.reuss.toFixed(2), bulk.hill.toFixed(2)],
              ['G (GPa)', shear.voigt.toFixed(2), shear.reuss.toFixed(2), shear.hill.toFixed(2)],
              ['E (GPa)', '', '', young.toFixed(2)],
              ['ν', '', '', poisson.toFixed(4)],
            ],
          },
        ],
        figures: [
          {
            title: 'Elastic constants',
            caption: stable ? 'Voigt order xx yy zz yz xz xy' : 'The crystal is mechanically unstable.',
            x: { label: 'j', name: 'j' },
            y: { label: 'C_ij (GPa)', name: 'c_gpa' },
            series: index.map((i) => ({
              name: `i = ${i}`,
              kind: 'points' as const,
              x: index,
              y: stiffness[i - 1],
            })),
          },
        ],
        notes: [note],
        caveats: relaxed.converged
          ? []
          : [{ kind: 'unconverged', text: 'The relaxation of the crystal did not come to rest.' }],
        structures: [relaxed.configuration],
      };
    } finally {
      engine.dispose();
    }
  },
});
