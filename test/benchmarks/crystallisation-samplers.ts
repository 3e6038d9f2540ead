/**
 * Crystallisation by molecular dynamics and by hybrid Monte Carlo, side by side: the recipe `seed` for a Lennard-Jones
 * fluid at zero pressure (cut and shifted at 2.5 σ). First a seed in the undercooled liquid, where the speed of growth
 * per force call counts; then the pure liquid above its melting point, which is stationary, so that independent samples
 * per force call mean something. Hybrid Monte Carlo with trajectories of several lengths and maps. By hand:
 *
 *   nice -n 19 node test/benchmarks/crystallisation-samplers.ts [force calls = 12000] [seeds = 2] [growth, liquid or both]
 *
 * Measured with `12000 3 growth`, crystalline atoms gained and independent energies per 1000 force calls: molecular
 * dynamics 41 and 7.6 (one of three starts ran away), omf2 × 10 19 and 6.7, verlet × 10 8 and 8.0. Three starts are few:
 * take the order of the last two, not their ratio to the first.
 */
import { lennardJonesModel } from '../../src-compute/potentials/pair/index.ts';
import { BOLTZMANN_EV_PER_K } from '../../src-compute/units.ts';
import { recipeByName } from '../../src-main/services/recipes/index.ts';

const [steps, seeds] = [12_000, 2].map((value, k) => Number(process.argv[k + 2] ?? value));
const EPSILON = 0.01;
const kelvin = (reduced: number) => (reduced * EPSILON) / BOLTZMANN_EV_PER_K;
const model = lennardJonesModel('Ar', EPSILON, 3.4, 2.5 * 3.4, 'shifted');
const VARIANTS = [
  { integrator: 'verlet', leapfrogSteps: 10 },
  { integrator: 'omf2', leapfrogSteps: 10 },
];

interface Run {
  sampler: string;
  solid_at_start: number;
  solid_at_end: number;
  outcome: string;
  crystalline_atoms_gained_per_force_call: number;
  independent_energies_per_force_call: number;
  independent_volumes_per_force_call: number;
}

/** All samplers from the same starting liquid of one seed. */
async function watch(temperature: number, radius: number, seed: number): Promise<Run[]> {
  const runs: Run[] = [];
  for (const [k, { integrator, leapfrogSteps }] of VARIANTS.entries()) {
    const { values } = await recipeByName('seed').run(
      {
        lattice: 'fcc',
        temperature: kelvin(temperature),
        radius,
        boxLength: radius > 0 ? 37 : 30,
        timestep: 10,
        equilibration: 1200,
        steps,
        // dynamics once is enough
        sampler: k === 0 ? 'both' : 'hmc',
        leapfrogSteps,
        integrator,
        seed,
      },
      { model, engine: {}, onProgress: () => undefined },
    );
    for (const run of values.runs as unknown as Run[]) {
      const name = run.sampler.startsWith('hybrid')
        ? `${run.sampler}, ${integrator} × ${leapfrogSteps}`
        : run.sampler;
      runs.push({ ...run, sampler: name });
    }
  }
  return runs;
}

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

async function compare(title: string, temperature: number, radius: number): Promise<Map<string, Run[]>> {
  const bySampler = new Map<string, Run[]>();
  for (let seed = 1; seed <= seeds; seed++) {
    for (const run of await watch(temperature, radius, seed))
      bySampler.set(run.sampler, [...(bySampler.get(run.sampler) ?? []), run]);
  }
  console.log(`\n${title}: T* = ${temperature}, ${seeds} starts, ${steps} force calls each`);
  console.table(
    [...bySampler].map(([sampler, runs]) => ({
      sampler,
      outcomes: runs.map(({ outcome }) => outcome).join(', '),
      'crystalline atoms': runs
        .map((run) => `${run.solid_at_start} → ${run.solid_at_end.toFixed(0)}`)
        .join(', '),
      'gained per 1000 calls': Number(
        (1000 * mean(runs.map((run) => run.crystalline_atoms_gained_per_force_call))).toFixed(1),
      ),
      'independent energies per 1000': Number(
        (1000 * mean(runs.map((run) => run.independent_energies_per_force_call))).toFixed(2),
      ),
      'independent volumes per 1000': Number(
        (1000 * mean(runs.map((run) => run.independent_volumes_per_force_call))).toFixed(2),
      ),
    })),
  );
  return bySampler;
}

/** Ratio of the best hybrid Monte Carlo to molecular dynamics. */
function ratio(bySampler: Map<string, Run[]>, read: (run: Run) => number): string {
  const values = [...bySampler].map(([name, runs]) => ({ name, value: mean(runs.map(read)) }));
  const dynamics = values.find(({ name }) => name === 'molecular dynamics')?.value ?? NaN;
  const best = values
    .filter(({ name }) => name.startsWith('hybrid'))
    .toSorted((a, b) => b.value - a.value)[0];
  if (!(dynamics > 0)) return 'not to be said: molecular dynamics saw none';
  return `${(best.value / dynamics).toFixed(2)} (${best.name})`;
}

const only = process.argv[4] ?? 'both';
const growth =
  only === 'liquid' ? undefined : await compare('Seed of 13 Å in the undercooled liquid', 0.46, 13);
const liquid = only === 'growth' ? undefined : await compare('Pure liquid, stationary', 0.75, 0);
console.log('\nbest hybrid Monte Carlo over molecular dynamics, per force call:');
if (growth) {
  console.log(
    '  growth of the crystal:',
    ratio(growth, (run) => run.crystalline_atoms_gained_per_force_call),
  );
}
if (liquid) {
  console.log(
    '  independent energies: ',
    ratio(liquid, (run) => run.independent_energies_per_force_call),
  );
  console.log(
    '  independent volumes:  ',
    ratio(liquid, (run) => run.independent_volumes_per_force_call),
  );
}
