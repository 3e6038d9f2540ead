/** Recipe `rdf`: g(r) at a temperature from molecular dynamics, beside reference structures if there are any. */
import { z } from 'zod';
import {
  RadialDistribution,
  type RadialDistributionResult,
} from '../../../src-compute/analysis/radial-distribution.ts';
import type { FigureSeries } from '../figures/figure.ts';
import { atLeast, crystalSettings, startingCrystal } from './crystals.ts';
import { canonicalDynamics } from './engine.ts';
import { defineRecipe, quantity } from './recipe.ts';

const settings = z.object({
  ...crystalSettings,
  temperature: quantity(300, 'K', 'K'),
  boxLength: quantity(16, 'Å', 'the crystal is repeated until every edge has this length, Å'),
  timestep: quantity(1, 'fs', 'fs'),
  equilibration: z.number().int().nonnegative().default(2000).describe('steps before measuring'),
  steps: z.number().int().positive().default(5000).describe('steps while measuring'),
  cutoff: quantity(8, 'Å', 'largest distance, Å'),
  bins: z.number().int().min(10).max(5000).default(200).describe('number of bins'),
  seed: z.number().int().default(0).describe('seed'),
});

export const radialDistribution = defineRecipe({
  name: 'rdf',
  title: 'Radial distribution function',
  description:
    'g(r) from molecular dynamics at constant volume and temperature, compared with reference structures if given.',
  settings,
  async run(options, context) {
    const { crystal, note } = startingCrystal(options, context);
    const start = context.structure ? crystal : atLeast(crystal, options.boxLength);
    const grid = { cutoff: options.cutoff, bins: options.bins };
    const measured = new RadialDistribution(grid);
    const run = { ...options, every: 20 };
    const { temperature, pressure, thermostat } = await canonicalDynamics(start, run, context, (frame) =>
      measured.add(frame),
    );
    const own = measured.result;
    const reference = referenceOf(context.reference, grid);
    const deviation = reference ? largestDeviation(own, reference) : undefined;
    const series: FigureSeries[] = seriesOf(own, '');
    if (reference) series.push(...seriesOf(reference, ', reference'));
    return {
      values: {
        frames: own.frames,
        temperature_k: { ...temperature },
        pressure_gpa: { ...pressure },
        ...(deviation === undefined ? {} : { largest_deviation_from_reference: deviation }),
      },
      tables: [
        {
          title: 'g(r)',
          columns: ['r (Å)', ...own.pairs.map(({ pair }) => pair.join('–'))],
          rows: Array.from(own.distances, (r, k) => [r, ...own.pairs.map(({ g }) => g[k])]),
        },
      ],
      figures: [
        {
          title: `Radial distribution function at ${options.temperature} K`,
          x: { label: 'r (Å)', name: 'r_a' },
          y: { label: 'g(r)', name: 'g' },
          series,
        },
      ],
      notes: [note, `Thermostat: ${thermostat}.`],
    };
  },
});

function referenceOf(
  structures: readonly Parameters<RadialDistribution['add']>[0][] | undefined,
  grid: { cutoff: number; bins: number },
) {
  if (!structures || structures.length === 0) return undefined;
  const distribution = new RadialDistribution(grid);
  for (const structure of structures) distribution.add(structure);
  return distribution.result;
}

const seriesOf = (result: RadialDistributionResult, suffix: string): FigureSeries[] =>
  result.pairs.map(({ pair, g }) => ({
    name: pair.join('–') + suffix,
    kind: 'line',
    x: Array.from(result.distances),
    y: Array.from(g),
  }));

function largestDeviation(own: RadialDistributionResult, reference: RadialDistributionResult): number {
  let most = 0;
  for (const { pair, g } of own.pairs) {
    const other = reference.pairs.find((p) => p.pair.join() === pair.join());
    other?.g.forEach((value, k) => (most = Math.max(most, Math.abs(value - g[k]))));
  }
  return most;
}
