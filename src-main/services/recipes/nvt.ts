/** Recipe `nvt`: a short run at constant volume and temperature, such as 5 ps at 300 K. */
import { z } from 'zod';
import type { Estimate } from '../../../src-compute/sampling/averages.ts';
import { atLeast, crystalSettings, startingCrystal } from './crystals.ts';
import { canonicalDynamics, type CanonicalSample } from './engine.ts';
import { defineRecipe, quantity } from './recipe.ts';

const settings = z.object({
  ...crystalSettings,
  temperature: quantity(300, 'K', 'K'),
  boxLength: quantity(10, 'Å', 'the crystal is repeated until every edge has this length, Å'),
  timestep: quantity(1, 'fs', 'fs'),
  equilibration: z.number().int().nonnegative().default(1000).describe('steps before averaging'),
  steps: z.number().int().positive().default(4000).describe('steps while averaging'),
  every: z.number().int().positive().default(10).describe('steps between samples'),
  seed: z.number().int().default(0).describe('seed'),
});

export const canonicalRun = defineRecipe({
  name: 'nvt',
  title: 'Dynamics at constant volume and temperature',
  description:
    'Molecular dynamics at constant volume and temperature (5 ps at 300 K unless told otherwise): temperature, potential\n' +
    'energy and pressure over time, with means and their errors (68 %) after the equilibration.',
  settings,
  async run(options, context) {
    const { crystal, note } = startingCrystal(options, context);
    const start = context.structure ? crystal : atLeast(crystal, options.boxLength);
    const result = await canonicalDynamics(start, options, context);
    const { samples, temperature, potential, pressure } = result;
    const picoseconds = samples.map(({ time }) => time / 1000);
    const figure = (title: string, label: string, name: string, of: (sample: CanonicalSample) => number) => ({
      title,
      x: { label: 't (ps)', name: 't_ps' },
      y: { label, name },
      series: [{ name: title.toLowerCase(), kind: 'line' as const, x: picoseconds, y: samples.map(of) }],
    });
    const row = (name: string, { value, error }: Estimate, digits: number) => [
      name,
      value.toFixed(digits),
      error.toFixed(digits),
    ];
    return {
      values: {
        atoms: start.kinds.length,
        samples: samples.length,
        temperature_k: { ...temperature },
        potential_energy_ev_per_atom: { ...potential },
        pressure_gpa: { ...pressure },
      },
      tables: [
        {
          title: `Means over ${((options.steps * options.timestep) / 1000).toFixed(2)} ps`,
          columns: ['', 'mean', '±'],
          rows: [
            row('T (K)', temperature, 2),
            row('E_pot (eV/atom)', potential, 6),
            row('P (GPa)', pressure, 4),
          ],
        },
      ],
      figures: [
        figure('Temperature', 'T (K)', 'temperature_k', (sample) => sample.temperature),
        figure('Potential energy', 'E (eV/atom)', 'energy_ev_per_atom', (sample) => sample.potential),
        figure('Pressure', 'P (GPa)', 'pressure_gpa', (sample) => sample.pressure),
      ],
      notes: [note, `Thermostat: ${result.thermostat}.`],
    };
  },
});
