/**
 * Melting of Lennard-Jones at P* = 1 by coexistence; published: T* = 0.768 (Agrawal–Kofke form), other sources within
 * 0.007. Run by hand: node test/benchmarks/lennard-jones-melting.ts [first guess T*] [threads] [steps] [seed]
 * Full potential: cut at 4 σ, the pressure of the tail added.
 */
import { lennardJonesModel } from '../../src-compute/potentials/pair/index.ts';
import { BOLTZMANN_EV_PER_K, EV_PER_A3_IN_GPA } from '../../src-compute/units.ts';
import { recipeByName } from '../../src-main/services/recipes/index.ts';

const [epsilon, sigma] = [0.01, 3.4];
const kelvin = epsilon / BOLTZMANN_EV_PER_K;
const guess = Number(process.argv[2] ?? 0.73);
const threads = Number(process.argv[3] ?? 1);
const steps = Number(process.argv[4] ?? 12000);
const seed = Number(process.argv[5] ?? 1);
const began = performance.now();
const cpu = process.cpuUsage();
let shown = 0;
const result = await recipeByName('melting').run(
  {
    lattice: 'fcc',
    temperature: guess * kelvin,
    pressure: (epsilon / sigma ** 3) * EV_PER_A3_IN_GPA,
    crossSection: 26,
    timestep: 8,
    equilibration: 1500,
    steps,
    rounds: 3,
    relaxation: 500,
    cellRelaxation: 2000,
    seed,
  },
  {
    model: lennardJonesModel('Ar', epsilon, sigma, 4 * sigma, 'shifted'),
    engine: { threads },
    onProgress: (fraction, message) => {
      if (performance.now() - shown < 10_000) return;
      shown = performance.now();
      console.error(`${(100 * fraction).toFixed(0)} %  ${message}`);
    },
  },
);
const melting = result.values.melting_temperature_k as { value: number; error: number } | null;
const used = process.cpuUsage(cpu);
console.log(
  JSON.stringify(
    {
      atoms: result.values.atoms,
      reduced_melting_temperature: melting && melting.value / kelvin,
      error: melting && melting.error / kelvin,
      published: 0.768,
      rounds: (
        result.values.rounds as { guess_k: number; temperature_k: { value: number }; outcome: string }[]
      ).map((r) => ({
        guess: r.guess_k / kelvin,
        temperature: r.temperature_k.value / kelvin,
        outcome: r.outcome,
      })),
      minutes: (performance.now() - began) / 60_000,
      cpu_minutes: (used.user + used.system) / 60e6,
    },
    null,
    1,
  ),
);
