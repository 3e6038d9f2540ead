/** The guard of simulations: in a real run of molecular dynamics and of hybrid Monte Carlo. */
import { describe, expect, it } from 'vitest';
import { descriptorByName } from '../../../../src-compute/analysis/descriptors/index.ts';
import { standardise, standardisationOf } from '../../../../src-compute/analysis/descriptors/standardise.ts';
import { frameEnvironments } from '../../../../src-compute/analysis/entropy/frames.ts';
import { DescriptorField } from '../../../../src-compute/analysis/entropy/guided/field.ts';
import { entropyTerm } from '../../../../src-compute/analysis/entropy/guided/terms.ts';
import {
  NoveltyLimitReached,
  NoveltyMonitor,
} from '../../../../src-compute/analysis/entropy/novelty-monitor.ts';
import { referenceLogKernelSums } from '../../../../src-compute/analysis/entropy/reference.ts';
import { ReferenceSet } from '../../../../src-compute/analysis/entropy/reference-set.ts';
import {
  completeHybridMonteCarloSettings,
  HybridMonteCarlo,
} from '../../../../src-compute/sampling/hybrid-monte-carlo/index.ts';
import { MolecularDynamics } from '../../../../src-compute/sampling/molecular-dynamics.ts';
import { completeMolecularDynamicsSettings } from '../../../../src-compute/sampling/settings.ts';
import { clusters, diamond, matrix } from './structures.ts';

const quests = descriptorByName('quests');
const crystal = diamond(1, 0.01, 1);
/** Small displacements of the crystal, as a training set. */
const training = frameEnvironments(
  Array.from({ length: 30 }, (_, k) => diamond(1, 0.03, k + 1)),
  quests,
).matrix;

/** A run that drives the crystal towards diverse environments: it must leave the training set. */
function simulation(steps: number) {
  const engine = new DescriptorField(crystal, {
    descriptor: quests,
    terms: [entropyTerm(2, 0.05)],
    core: { height: 20, scale: 1 },
  });
  const settings = completeMolecularDynamicsSettings({
    ensemble: 'nvt-langevin',
    temperature: 600,
    timestep: 1,
    steps,
    seed: 3,
  });
  return new MolecularDynamics(crystal, engine, settings);
}

describe('a prepared reference set', () => {
  it('gives the sums of the plain reference, near and far, for growing questions', () => {
    const references = clusters(500, 9, 2);
    const set = new ReferenceSet(references, 0.02);
    for (const rows of [3, 200, 70]) {
      const queries = clusters(rows, 9, 40 + rows, 0.05);
      queries.values[0] = 8; // far away
      const expected = referenceLogKernelSums(queries, references, 0.02);
      set
        .logSums(queries)
        .forEach((value, k) =>
          expect(Math.abs(value - expected[k]) / Math.max(1, Math.abs(expected[k]))).toBeLessThan(1e-10),
        );
    }
  });
});

describe('the novelty guard', () => {
  it('sees molecular dynamics leave the training set, keeps the frames and the series', async () => {
    const monitor = new NoveltyMonitor(quests, training, 0.015, {
      every: 5,
      threshold: 2,
      action: 'mark',
      keep: 4,
    });
    const seen: number[] = [];
    const guard = monitor.guard((sample) => seen.push(sample.max));
    await simulation(60).run((md) => guard(md.step, md.system));
    expect(seen).toHaveLength(12);
    expect(seen[0]).toBeLessThan(2);
    expect(seen.at(-1)!).toBeGreaterThan(10);
    expect(monitor.series).toHaveLength(48);
    expect(monitor.series[44]).toBe(60);
    expect(monitor.frames).toHaveLength(4);
    expect(Math.max(...monitor.frames.map((frame) => frame.max))).toBe(Math.max(...seen));
    expect(monitor.frames[0].configuration.kinds).toHaveLength(8);
  });

  it('stops a run at the first novel frame', async () => {
    const monitor = new NoveltyMonitor(quests, training, 0.015, { every: 5, threshold: 2, action: 'stop' });
    const md = simulation(60);
    const guard = monitor.guard();
    const error = await md.run((run) => guard(run.step, run.system)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(NoveltyLimitReached);
    expect(String(error)).toMatch(/nats outside of what the training set covers/);
    expect(md.step).toBeLessThan(60);
    expect(monitor.frames.at(-1)!.step).toBe(md.step);
  });

  it('works along a chain of hybrid Monte Carlo, with standardised descriptors', async () => {
    const descriptor = descriptorByName('mtp:8');
    const raw = frameEnvironments(
      Array.from({ length: 30 }, (_, k) => diamond(1, 0.03, k + 1)),
      descriptor,
    ).matrix;
    const rule = standardisationOf(raw);
    const monitor = new NoveltyMonitor(
      descriptor, standardise(raw, rule), 1, { every: 1, threshold: 0, action: 'mark' }, rule,
    ); // prettier-ignore
    const engine = new DescriptorField(crystal, { descriptor: quests, terms: [] });
    const settings = completeHybridMonteCarloSettings({
      temperature: 300, trajectories: 3, leapfrogSteps: 3, timestep: 0.5, seed: 1,
    }); // prettier-ignore
    const chain = new HybridMonteCarlo(crystal, engine, settings);
    const guard = monitor.guard();
    await chain.run((c) => guard(c.trajectory, c.system));
    expect(monitor.series).toHaveLength(12);
    expect(monitor.series[2]).toBeLessThan(5);
  });

  it('counts atoms above the threshold and refuses settings that cannot work', () => {
    const strict = new NoveltyMonitor(quests, training, 0.015, {
      every: 1,
      threshold: 0,
      atoms: 9,
      action: 'mark',
    });
    const sample = strict.look(0, diamond(1, 0.8, 4));
    expect(sample.fractionPositive).toBe(1);
    expect(sample.novel).toBe(false); // eight atoms only
    const settings = { every: 1, threshold: 0, action: 'mark' } as const;
    expect(() => new NoveltyMonitor(quests, matrix([]), 0.1, settings)).toThrow(/no environments/);
    expect(() => new NoveltyMonitor(quests, training, 0.1, { ...settings, every: 0 })).toThrow(
      /every n steps/,
    );
  });
});
