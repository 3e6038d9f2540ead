/**
 * Hybrid Monte Carlo of silicon at 1000 K: independent samples per 1000 force calls by variant, with plain leapfrog as
 * the yardstick; molecular dynamics beside them. Two observables: the potential energy, and the squared amplitude of
 * the longest acoustic wave, which decorrelates last. Every variant takes the same number of force calls.
 * Run by hand: node test/benchmarks/hmc-silicon.ts [force calls per variant] [potential file]
 */
import { effectiveSampleSize } from '../../src-compute/analysis/correlation-time.ts';
import { atomsOf, createForceEngine } from '../../src-compute/backends/index.ts';
import type { PotentialModelBase } from '../../src-compute/potentials/potential.ts';
import { stillingerWeberSilicon } from '../../src-compute/potentials/stillinger-weber/index.ts';
import {
  completeHybridMonteCarloSettings,
  diagnose,
  hessianOf,
  HessianMetric,
  HybridMonteCarlo,
  type HybridMonteCarloInput,
} from '../../src-compute/sampling/hybrid-monte-carlo/index.ts';
import { MolecularDynamics } from '../../src-compute/sampling/molecular-dynamics.ts';
import { completeMolecularDynamicsSettings } from '../../src-compute/sampling/settings.ts';
import { createSystem } from '../../src-compute/sampling/system.ts';
import { lattice, supercell } from '../../src-compute/structure/lattices.ts';
import { BOLTZMANN_EV_PER_K } from '../../src-compute/units.ts';
import { loadPotential } from '../../src-main/services/potentials/potential-file.ts';

const calls = Number(process.argv[2] ?? 40_000);
const file = process.argv[3];
const model: PotentialModelBase = file ? (await loadPotential(file, ['Si'])).model : stillingerWeberSilicon();
const temperature = 1000;
const crystal = supercell(lattice('diamond', ['Si'], 5.45), [2, 2, 2]);
const beta = 1 / (BOLTZMANN_EV_PER_K * temperature);

/** |Σ_i u_i,x exp(2πi y_i/L)|²: the longest transverse wave of the box. */
function waveAmplitude(positions: Float64Array): number {
  let [re, im] = [0, 0];
  const origin = [0, 1, 2].map(
    (a) => crystal.positions.reduce((s, x, k) => (k % 3 === a ? s + positions[k] - x : s), 0) / 64,
  );
  for (let i = 0; i < 64; i++) {
    const phase = (2 * Math.PI * crystal.positions[3 * i + 1]) / crystal.cell[4];
    const u = positions[3 * i] - crystal.positions[3 * i] - origin[0];
    re += u * Math.cos(phase);
    im += u * Math.sin(phase);
  }
  return (re * re + im * im) / 64;
}

interface Row {
  variant: string;
  acceptance: number;
  step_fs: number;
  energy_per_1000: number;
  wave_per_1000: number;
  mean_energy: number;
  mean_exp: string;
}
const rows: Row[] = [];

async function hmc(
  variant: string,
  input: Partial<HybridMonteCarloInput>,
  callsPerStep: number,
  hessian = false,
) {
  const engine = createForceEngine(model, atomsOf(crystal));
  const metric = hessian
    ? new HessianMetric(await hessianOf(createSystem(crystal, { removeMomentum: false }), engine), 10)
    : undefined;
  const steps = input.leapfrogSteps ?? 10;
  const trajectories = Math.floor(calls / (steps * callsPerStep));
  const settings = completeHybridMonteCarloSettings({
    temperature,
    trajectories,
    burnIn: Math.max(200, Math.floor(trajectories / 8)),
    leapfrogSteps: steps,
    timestep: 4,
    seed: 1,
    ...input,
  });
  const chain = new HybridMonteCarlo(crystal, engine, settings, { metric });
  const energy: number[] = [];
  const wave: number[] = [];
  await chain.run(({ burningIn, potential, system }) => {
    if (burningIn) return;
    energy.push(potential);
    wave.push(waveAmplitude(system.positions));
  });
  const { acceptance, meanExpMinusBetaDh: mean } = diagnose([chain.record], beta);
  const spent = chain.record.forceCalls;
  rows.push({
    variant,
    acceptance,
    step_fs: chain.stepSize,
    energy_per_1000: (1000 * Math.min(energy.length, effectiveSampleSize(energy))) / spent,
    wave_per_1000: (1000 * Math.min(wave.length, effectiveSampleSize(wave))) / spent,
    mean_energy: energy.reduce((a, b) => a + b, 0) / energy.length / 64,
    mean_exp: `${mean.value.toFixed(3)} ± ${mean.error.toFixed(3)}`,
  });
  engine.dispose();
}

async function dynamics() {
  const engine = createForceEngine(model, atomsOf(crystal));
  const settings = completeMolecularDynamicsSettings({
    ensemble: 'nvt-langevin',
    friction: 0.005,
    temperature,
    timestep: 2,
    steps: calls,
    seed: 1,
    checkpointEvery: 1e9,
  });
  const simulation = new MolecularDynamics(crystal, engine, settings);
  const energy: number[] = [];
  const wave: number[] = [];
  await simulation.run(({ step, thermodynamics, system }) => {
    if (step < calls / 8 || step % 5 !== 0) return;
    energy.push(thermodynamics.potential);
    wave.push(waveAmplitude(system.positions));
  });
  const spent = (calls * 7) / 8;
  rows.push({
    variant: 'MD, Langevin 2 fs (biased by the step)',
    acceptance: 1,
    step_fs: 2,
    energy_per_1000: (1000 * effectiveSampleSize(energy)) / spent,
    wave_per_1000: (1000 * effectiveSampleSize(wave)) / spent,
    mean_energy: energy.reduce((a, b) => a + b, 0) / energy.length / 64,
    mean_exp: '',
  });
  engine.dispose();
}

for (const leapfrogSteps of [2, 3, 5, 10])
  await hmc(`leapfrog, ${leapfrogSteps} steps`, { leapfrogSteps }, 1);
for (const leapfrogSteps of [3, 5, 10])
  await hmc(`omf2, ${leapfrogSteps} steps`, { leapfrogSteps, integrator: 'omf2' }, 2);
for (const leapfrogSteps of [2, 4]) {
  await hmc(`force-gradient, ${leapfrogSteps} steps`, { leapfrogSteps, integrator: 'forcegradient4' }, 3);
}
await hmc(
  'leapfrog, 2 steps, refreshment 0.5',
  { leapfrogSteps: 2, refreshment: 0.5, targetAcceptance: 0.9 },
  1,
);
await hmc('leapfrog, 4 steps, Hessian masses (384 calls once)', { leapfrogSteps: 4 }, 1, true);
await hmc(
  'omf2, 2 steps, Hessian masses (384 calls once)',
  { leapfrogSteps: 2, integrator: 'omf2' },
  2,
  true,
);
await hmc('leapfrog, 3 steps, Hessian masses (384 calls once)', { leapfrogSteps: 3 }, 1, true);
await dynamics();
console.table(
  rows.map((row) => ({
    ...row,
    acceptance: Number(row.acceptance.toFixed(2)),
    step_fs: Number(row.step_fs.toFixed(2)),
    energy_per_1000: Number(row.energy_per_1000.toFixed(1)),
    wave_per_1000: Number(row.wave_per_1000.toFixed(1)),
    mean_energy: Number(row.mean_energy.toFixed(5)),
  })),
);
const best = (list: Row[], read: (row: Row) => number) => Math.max(...list.map(read));
const plain = rows.filter(({ variant }) => /^leapfrog, \d+ steps$/.test(variant));
const exact = rows.filter(({ variant }) => !variant.startsWith('MD'));
const slower = ({ energy_per_1000, wave_per_1000 }: Row) => Math.min(energy_per_1000, wave_per_1000);
console.log(
  'best variant over best plain leapfrog, energy:',
  (best(exact, (r) => r.energy_per_1000) / best(plain, (r) => r.energy_per_1000)).toFixed(2),
);
console.log(
  'the same for the slower of the two observables:',
  (best(exact, slower) / best(plain, slower)).toFixed(2),
);
