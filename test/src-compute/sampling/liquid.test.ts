/**
 * The Lennard-Jones liquid at T* = 0.85, ρ* = 0.85 by molecular dynamics and by hybrid Monte Carlo: two ways without
 * common code except the force call, which must agree on ⟨E⟩, ⟨P⟩ and g(r) within their errors.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { atomsOf, createForceEngine } from '../../../src-compute/backends/index.ts';
import { BlockAverage, type Estimate } from '../../../src-compute/sampling/averages.ts';
import {
  completeHybridMonteCarloSettings,
  diagnose,
  HybridMonteCarlo,
} from '../../../src-compute/sampling/hybrid-monte-carlo/index.ts';
import { MolecularDynamics } from '../../../src-compute/sampling/molecular-dynamics.ts';
import { completeMolecularDynamicsSettings } from '../../../src-compute/sampling/settings.ts';
import { RadialDistribution } from '../../../src-compute/analysis/radial-distribution.ts';
import { BOLTZMANN_EV_PER_K } from '../../../src-compute/units.ts';
import { argonCrystal, argonModel, EPSILON, kelvin, SIGMA } from '../../support/liquids.ts';

const crystal = argonCrystal(3, 0.85);
const model = argonModel(2.5, 'shifted');
const temperature = kelvin(0.85);

interface Result {
  energy: Estimate;
  pressure: Estimate;
  /** g(r) averaged over five ranges of r, each with its error. */
  shells: Estimate[];
}

/** g(r) on a coarse grid, sampled with errors. */
class Shells {
  readonly averages = Array.from({ length: 5 }, () => new BlockAverage());

  add(positions: Float64Array): void {
    const g = new RadialDistribution({ cutoff: 2.4 * SIGMA, bins: 24 });
    g.add({ ...crystal, positions });
    const values = g.result.pairs[0].g;
    this.averages.forEach((average, k) => {
      let sum = 0;
      for (let b = 0; b < 3; b++) sum += values[9 + 3 * k + b] / 3;
      average.add(sum);
    });
  }
}

async function byMolecularDynamics(): Promise<Result> {
  const settings = completeMolecularDynamicsSettings({
    ensemble: 'nvt-bussi',
    temperature,
    timestep: 8,
    relaxation: 300,
    steps: 25000,
    seed: 11,
  });
  const simulation = new MolecularDynamics(crystal, createForceEngine(model, atomsOf(crystal)), settings);
  await simulation.run(undefined, 3000);
  simulation.resetAverages();
  const shells = new Shells();
  await simulation.run(({ step, system }) => {
    if (step % 50 === 0) shells.add(system.positions);
  });
  const { potential, pressure } = simulation.summary;
  return { energy: potential, pressure, shells: shells.averages.map((a) => a.estimate) };
}

async function byHybridMonteCarlo(): Promise<Result> {
  const settings = completeHybridMonteCarloSettings({
    temperature,
    trajectories: 1100,
    burnIn: 150,
    leapfrogSteps: 18,
    timestep: 12,
    integrator: 'omf2',
    seed: 12,
  });
  const chain = new HybridMonteCarlo(crystal, createForceEngine(model, atomsOf(crystal)), settings);
  const shells = new Shells();
  const [energy, pressure] = [new BlockAverage(), new BlockAverage()];
  await chain.run(({ burningIn, trajectory, potential, system, record }) => {
    if (burningIn || record.potential.length === 0) return;
    energy.add(potential / 108);
    pressure.add(record.pressure[record.pressure.length - 1]);
    if (trajectory % 2 === 0) shells.add(system.positions);
  });
  const { meanExpMinusBetaDh } = diagnose([chain.record], 1 / (BOLTZMANN_EV_PER_K * temperature));
  expect(Math.abs(meanExpMinusBetaDh.value - 1) / meanExpMinusBetaDh.error).toBeLessThan(3.5);
  return {
    energy: energy.estimate,
    pressure: pressure.estimate,
    shells: shells.averages.map((a) => a.estimate),
  };
}

describe('Lennard-Jones liquid, T* = 0.85, ρ* = 0.85, cut and shifted at 2.5 σ', () => {
  let dynamics: Result;
  let monteCarlo: Result;

  beforeAll(async () => {
    dynamics = await byMolecularDynamics();
    monteCarlo = await byHybridMonteCarlo();
  });

  const agree = (a: Estimate, b: Estimate) => Math.abs(a.value - b.value) / Math.hypot(a.error, b.error);

  it('has the same energy, well determined', () => {
    expect(dynamics.energy.error / EPSILON).toBeLessThan(0.02);
    expect(monteCarlo.energy.error / EPSILON).toBeLessThan(0.02);
    expect(agree(dynamics.energy, monteCarlo.energy)).toBeLessThan(3);
  });

  it('has the same pressure', () => expect(agree(dynamics.pressure, monteCarlo.pressure)).toBeLessThan(3));

  it('has the same g(r), with the first peak of a dense liquid', () => {
    dynamics.shells.forEach((shell, k) =>
      expect(agree(shell, monteCarlo.shells[k]), `shell ${k}`).toBeLessThan(3.5),
    );
    expect(Math.max(...dynamics.shells.map(({ value }) => value))).toBeGreaterThan(1.2);
  });
});
