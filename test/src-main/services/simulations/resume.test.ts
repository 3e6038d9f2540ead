/** Runs that go on from a checkpoint: refused with other inputs, and with all that a guard had seen before. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { descriptorByName } from '../../../../src-compute/analysis/descriptors/index.ts';
import { frameEnvironments } from '../../../../src-compute/analysis/entropy/frames.ts';
import { NoveltyMonitor } from '../../../../src-compute/analysis/entropy/novelty-monitor.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/index.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import {
  runHybridMonteCarlo,
  type HybridMonteCarloRun,
} from '../../../../src-main/services/simulations/hybrid-monte-carlo-run.ts';
import {
  runMolecularDynamics,
  type MolecularDynamicsRun,
} from '../../../../src-main/services/simulations/molecular-dynamics-run.ts';
import type { RunGuard } from '../../../../src-main/services/simulations/run-guard.ts';

const folder = mkdtempSync(join(tmpdir(), 'forcewright-resume-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = lennardJonesModel('Ar', 0.0104, 3.4, 5.2);
const crystal = supercell(lattice('fcc', ['Ar'], 5.3), [2, 2, 2]);
const mask = (...atoms: number[]) => Uint8Array.from({ length: 32 }, (_, i) => (atoms.includes(i) ? 1 : 0));
const moved: Configuration = {
  ...crystal,
  positions: crystal.positions.map((x, k) => (k === 5 ? x + 0.01 : x)),
};

const mdRun = (change: Partial<MolecularDynamicsRun> = {}, steps = 60): MolecularDynamicsRun => ({
  model,
  configuration: crystal,
  settings: { ensemble: 'nvt-langevin', temperature: 60, timestep: 4, steps, seed: 1, checkpointEvery: 20 },
  checkpoint: join(folder, 'md.checkpoint'),
  ...change,
});
const hmcRun = (change: Partial<HybridMonteCarloRun> = {}, trajectories = 12): HybridMonteCarloRun => ({
  model,
  configuration: crystal,
  settings: {
    temperature: 60,
    trajectories,
    leapfrogSteps: 4,
    timestep: 8,
    adapt: false,
    seed: 1,
    checkpointEvery: 4,
  },
  checkpoint: join(folder, 'hmc.checkpoint'),
  ...change,
});

describe('molecular dynamics', () => {
  it('is not continued with anything else than it was started with', async () => {
    await runMolecularDynamics(mdRun({}, 40));
    const resume = (change: Partial<MolecularDynamicsRun>) =>
      runMolecularDynamics(mdRun({ ...change, resume: true }));
    await expect(resume({ model: lennardJonesModel('Ar', 0.0105, 3.4, 5.2) })).rejects.toThrow(
      'The checkpoint was made with another potential than this run has.',
    );
    await expect(resume({ configuration: moved })).rejects.toThrow('with another structure than');
    await expect(resume({ fixed: mask(3) })).rejects.toThrow('with other fixed atoms (--fix) than');
    await expect(resume({ thermostatted: mask(3) })).rejects.toThrow('other thermostatted atoms');
    await expect(resume({ cheapModel: model })).rejects.toThrow('another cheap potential, or without one');
    await expect(resume({ fixed: mask(3), configuration: moved })).rejects.toThrow(
      'with another structure, and with other fixed atoms',
    );
    const { settings } = mdRun();
    await expect(resume({ settings: { ...settings, seed: 2 } })).rejects.toThrow(
      'was made with seed 1, and this run has seed 2.',
    );
    await expect(resume({ settings: { ...settings, ensemble: 'nvt-bussi' } })).rejects.toThrow(
      'was made with ensemble nvt-langevin, and this run has ensemble nvt-bussi.',
    );
    // a mask without atoms is none; more steps are welcome
    const { stepsHere, steps } = await resume({ fixed: mask() });
    expect([stepsHere, steps]).toEqual([20, 60]);
  });
});

describe('a run that is to go on', () => {
  const kept = 'what an earlier run wrote\n';
  const files = (name: string) => ({
    out: join(folder, `${name}.xyz`),
    thermo: join(folder, `${name}.csv`),
    checkpoint: join(folder, `${name}.checkpoint`),
  });

  it('and has no checkpoint does not begin over what is there', async () => {
    for (const [name, begin] of [
      ['md', (of: object) => runMolecularDynamics(mdRun({ ...of, resume: true }, 4))],
      ['hmc', (of: object) => runHybridMonteCarlo(hmcRun({ ...of, resume: true }, 2))],
      ['chains', (of: object) => runHybridMonteCarlo(hmcRun({ ...of, chains: 2, resume: true }, 2))],
      [
        'replicas',
        (of: object) => runHybridMonteCarlo(hmcRun({ ...of, replicas: [60, 70], resume: true }, 2)),
      ],
    ] as const) {
      const of = files(`lost-${name}`);
      for (const file of [of.out, of.thermo]) {
        writeFileSync(file, kept);
        await expect(begin(of)).rejects.toThrow(
          /There is no checkpoint .* to go on from, and .* would be written over/,
        );
        expect(readFileSync(file, 'utf8')).toBe(kept);
        rmSync(file);
      }
      await begin(of); // stopped before its first frame: there is nothing to lose
      expect(existsSync(of.out)).toBe(true);
    }
  });

  it('and fails before its first frame leaves what was there', async () => {
    const of = files('early');
    for (const file of [of.out, of.thermo]) writeFileSync(file, kept);
    const broken = { ...model, epsilon: NaN, parameters: NaN } as unknown as typeof model;
    const far: Configuration = { ...crystal, positions: crystal.positions.map((x, k) => (k < 3 ? NaN : x)) };
    await expect(runMolecularDynamics(mdRun({ ...of, configuration: far, model: broken }))).rejects.toThrow();
    await expect(runHybridMonteCarlo(hmcRun({ ...of, configuration: far }))).rejects.toThrow();
    for (const file of [of.out, of.thermo]) expect(readFileSync(file, 'utf8')).toBe(kept);
    expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([]);
  });

  it('writes its files as it began: with other intervals or columns it is refused', async () => {
    const of = { ...files('intervals'), every: 10, thermoEvery: 5 };
    await runMolecularDynamics(mdRun(of, 20));
    const resume = (change: Partial<MolecularDynamicsRun>) =>
      runMolecularDynamics(mdRun({ ...of, ...change, resume: true }, 40));
    await expect(resume({ every: 20 })).rejects.toThrow('--every 10, and this run has --every 20');
    await expect(resume({ thermo: undefined })).rejects.toThrow('this run has no --thermo-every');
    await expect(resume({ columns: ['forces'] })).rejects.toThrow('this run has --write forces');
    await resume({});
    expect(readFileSync(of.out, 'utf8').match(/step=\d+/g)).toEqual(
      [0, 10, 20, 30, 40].map((step) => `step=${step}`),
    );
    const chain = { ...files('intervals-hmc'), every: 2 };
    await runHybridMonteCarlo(hmcRun(chain, 4));
    await expect(runHybridMonteCarlo(hmcRun({ ...chain, every: 3, resume: true }, 8))).rejects.toThrow(
      '--every 2, and this run has --every 3',
    );
  });
});

describe('hybrid Monte Carlo', () => {
  it('is not continued with anything else than it was started with', async () => {
    await runHybridMonteCarlo(hmcRun({}, 8));
    const resume = (change: Partial<HybridMonteCarloRun>) =>
      runHybridMonteCarlo(hmcRun({ ...change, resume: true }));
    await expect(resume({ fixed: mask(3) })).rejects.toThrow('other fixed atoms');
    await expect(resume({ masses: 'equal' })).rejects.toThrow('another choice of masses (--masses)');
    await expect(resume({ configuration: moved })).rejects.toThrow('another structure');
    const { settings } = hmcRun();
    await expect(resume({ settings: { ...settings, temperature: 70 } })).rejects.toThrow(
      'was made with temperature 60, and this run has temperature 70.',
    );
    expect((await resume({})).trajectories).toBe(12);
  });

  it('reports the replica at the temperature asked for', async () => {
    const replicas = [30, 60, 120];
    const { potential } = await runHybridMonteCarlo(
      hmcRun({
        replicas,
        checkpoint: undefined,
        settings: { ...hmcRun().settings, leapfrogSteps: 10, trajectories: 150 },
      }),
    );
    const cold = await runHybridMonteCarlo(
      hmcRun({
        replicas,
        checkpoint: undefined,
        settings: { ...hmcRun().settings, temperature: 30, leapfrogSteps: 10, trajectories: 150 },
      }),
    );
    expect(potential.value - cold.potential.value).toBeGreaterThan(
      3 * Math.hypot(potential.error, cold.potential.error),
    );
    await expect(runHybridMonteCarlo(hmcRun({ replicas: [50, 55] }))).rejects.toThrow(
      'The temperature 60 K, at which averages are taken, is none of the replicas',
    );
  });
});

/** A guard with a monitor that finds warm argon novel, and keeps at most three frames. */
function novelty(): { monitor: NoveltyMonitor; guard: RunGuard } {
  const descriptor = descriptorByName('quests');
  const monitor = new NoveltyMonitor(descriptor, frameEnvironments([crystal], descriptor).matrix, 0.015, {
    every: 4,
    threshold: 0,
    action: 'mark',
    keep: 3,
  });
  const guard: RunGuard = {
    every: monitor.settings.every,
    observe: monitor.guard(),
    save: () => monitor.save(),
    restore: (state, system) => monitor.restore(state, system),
  };
  return { monitor, guard };
}

describe('a guard', () => {
  it.each([
    [
      'molecular dynamics',
      async (guard: RunGuard, length: number, resume: boolean) => {
        await runMolecularDynamics(mdRun({ guard, resume, checkpoint: join(folder, 'g1') }, length));
      },
      [60, 48],
    ],
    [
      'chains of hybrid Monte Carlo',
      async (guard: RunGuard, length: number, resume: boolean) => {
        await runHybridMonteCarlo(
          hmcRun({ guard, resume, chains: 2, checkpoint: join(folder, 'g2') }, length),
        );
      },
      [24, 24],
    ],
  ])('of %s knows after a resumption what it saw before', async (_name, run, [whole, part]) => {
    const through = novelty();
    await run(through.guard, whole, false);
    expect(through.monitor.series.length).toBeGreaterThan(30);
    expect(through.monitor.frames).toHaveLength(3);
    const first = novelty();
    await run(first.guard, part, false);
    const second = novelty();
    await run(second.guard, whole, true);
    expect(second.monitor.series).toEqual(through.monitor.series);
    const kept = ({ monitor }: ReturnType<typeof novelty>) =>
      monitor.frames
        .map(({ step, max, configuration }) => ({ step, max, positions: configuration.positions }))
        .toSorted((a, b) => a.step - b.step);
    expect(kept(second)).toEqual(kept(through));
  });
});
