/** Simulations as jobs of a project: frames that can be watched, cancel and resume, structures built to order. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatPotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/lennard-jones.ts';
import { ProjectService } from '../../../../src-main/services/project-service.ts';
import {
  buildStructure,
  structureSourceSchema,
} from '../../../../src-main/services/simulations/structure-source.ts';
import { TrajectoryReader } from '../../../../src-main/store/trajectories.ts';
import { stoppedJob } from '../../../support/project.ts';

let folder: string;
let service: ProjectService;
let potentialId: number;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-runs-'));
  service = ProjectService.open(join(folder, 'runs.fwproj'), { create: true });
  const model = lennardJonesModel('Ar', 0.0104, 3.4, 7);
  const document = formatPotentialDocument({
    name: 'argon',
    model,
    metrics: {},
    provenance: { program: 'test', created: '2020-01-01T00:00:00Z', data: [], settings: {}, report: {} },
  });
  potentialId = service.potentials.add({ name: 'argon', form: model.form, species: ['Ar'], document });
});
afterAll(() => {
  service[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const structure = { kind: 'lattice', lattice: 'fcc', symbols: ['Ar'], a: 5.3, repeat: [2, 2, 2] } as const;
const md = (name: string, steps = 400) => ({
  name,
  potentialId,
  structure: { ...structure, symbols: ['Ar'], repeat: [2, 2, 2] },
  every: 20,
  settings: {
    ensemble: 'nvt-langevin',
    temperature: 40,
    timestep: 2,
    steps,
    seed: 7,
    checkpointEvery: 100,
  },
});
interface RunMeans {
  averaged: { from: number; to: number; ramp: boolean; assumed: boolean };
  energy: { value: number };
}

/** Positions of all frames of the run with this name or number. */
function frames(run: string | number): number[][] {
  const { id } = service.trajectories.list().find(({ id, name }) => run === id || run === name) ?? { id: -1 };
  const reader = new TrajectoryReader(service.project, id);
  return Array.from({ length: reader.frames }, (_, k) => [...reader.frame(k).positions]);
}

describe('simulations as jobs', () => {
  it('writes frames, curves and means of a molecular dynamics run', async () => {
    const job = await service.jobs.run(service.jobs.create('md', 'run', md('whole')));
    expect(job.state).toBe('done');
    expect(job.result).toMatchObject({ atoms: 32, steps: 400 });
    expect(frames('whole')).toHaveLength(21);
    const names = new Set(service.jobs.points(job.id).map(({ series }) => series));
    expect([...names].sort()).toEqual([
      'conserved',
      'potential',
      'pressure',
      'temperature',
      'total',
      'volume',
    ]);
  });

  it('leaves the heat-up out of the means, which are those of the curves', async () => {
    const run = async (name: string, extra: object) => {
      const settings = JSON.parse(JSON.stringify({ ...md(name), ...extra }));
      const job = await service.jobs.run(service.jobs.create('md', 'run', settings));
      const points = service.jobs.points(job.id).filter(({ series }) => series === 'total');
      return { result: job.result as unknown as RunMeans, points };
    };
    const { result, points } = await run('heated', { equilibration: 100 });
    expect(result.averaged).toEqual({ from: 0.2, to: 0.8, ramp: false, assumed: false });
    // every step is drawn: x is ps, and the mean begins after step 100
    const after = points.filter(({ x }) => x > 0.2 + 1e-9).map(({ y }) => y);
    expect(after).toHaveLength(300);
    expect(result.energy.value).toBeCloseTo(after.reduce((sum, y) => sum + y, 0) / after.length, 9);
    expect((await run('assumed', {})).result.averaged).toMatchObject({
      from: expect.closeTo(0.16, 9),
      assumed: true,
    });
    const ramp = { settings: { ...md('').settings, temperature: { start: 20, end: 60 } } };
    expect((await run('ramp', ramp)).result.averaged).toMatchObject({ from: 0, ramp: true });
  });

  it('goes on after a stop to exactly the run that was never stopped', async () => {
    const id = await stoppedJob(service, 'md', md('stopped'));
    const resumed = await service.jobs.run(id);
    expect(resumed.state).toBe('done');
    const { trajectoryId } = resumed.result as { trajectoryId: number };
    expect(frames(trajectoryId)).toEqual(frames('whole'));
  });

  it('samples by hybrid Monte Carlo and says how far it is to be believed', async () => {
    const job = await service.jobs.run(
      service.jobs.create('hmc', 'run', {
        name: 'sampled',
        potentialId,
        structure: { ...structure, symbols: ['Ar'], repeat: [2, 2, 2] },
        every: 5,
        settings: { temperature: 40, trajectories: 40, burnIn: 20, leapfrogSteps: 6, timestep: 5, seed: 3 },
      }),
    );
    const { diagnostics, trajectories } = job.result as {
      trajectories: number;
      diagnostics: { acceptance: number; meanExpMinusBetaDh: { value: number; error: number } };
    };
    expect(trajectories).toBe(40);
    expect(diagnostics.acceptance).toBeGreaterThan(0.3);
    const { value, error } = diagnostics.meanExpMinusBetaDh;
    expect(Math.abs(value - 1)).toBeLessThan(5 * error + 1e-9);
    expect(frames('sampled')).toHaveLength(8);
  });

  const sampling = {
    temperature: 40,
    trajectories: 12,
    burnIn: 6,
    leapfrogSteps: 5,
    timestep: 5,
    seed: 3,
    checkpointEvery: 5,
  };
  const hmc = (name: string, more: object) => ({
    name,
    potentialId,
    structure: { ...structure, symbols: ['Ar'], repeat: [2, 2, 2] },
    every: 2,
    check: false,
    settings: sampling,
    ...more,
  });

  it.each([
    ['two chains', { chains: 2 }],
    ['replicas', { replicas: [40, 55] }],
  ])('resumes %s to exactly the run that was never stopped', async (name, more) => {
    const whole = await service.jobs.run(service.jobs.create('hmc', name, hmc(name, more)));
    const id = service.jobs.create('hmc', `${name}, stopped`, hmc(`${name}, stopped`, more));
    const controller = new AbortController();
    const watching = service.jobs.watch((event) => {
      if (event.type === 'progress' && event.fraction > 0.7) controller.abort();
    });
    await service.jobs.run(id, controller.signal).catch(() => undefined);
    watching[Symbol.dispose]();
    const job = service.jobs.get(id).state === 'done' ? service.jobs.get(id) : await service.jobs.run(id);
    expect(frames(`${name}, stopped`)).toEqual(frames(name));
    const pick = ({ result }: typeof job) => {
      const { diagnostics, trajectories, exchangeAcceptance } = result as Record<string, unknown>;
      return { diagnostics, trajectories, exchangeAcceptance };
    };
    expect(pick(job)).toEqual(pick(whole));
    expect(pick(job).trajectories).toBe(name === 'two chains' ? 24 : 12);
    if (name === 'replicas') expect(pick(job).exchangeAcceptance).toHaveLength(1);
  });

  it('lets a cheap potential make inner steps and proposals, and refuses replicas without the temperature', async () => {
    const cheap = lennardJonesModel('Ar', 0.0104, 3.4, 5);
    const document = formatPotentialDocument({
      name: 'shorter',
      model: cheap,
      metrics: {},
      provenance: { program: 'test', created: '2020-01-01T00:00:00Z', data: [], settings: {}, report: {} },
    });
    const cheapPotentialId = service.potentials.add({
      name: 'shorter',
      form: cheap.form,
      species: ['Ar'],
      document,
    });
    const { settings, ...rest } = md('multiple', 60);
    const inner = { ...rest, cheapPotentialId, settings: { ...settings, ensemble: 'nve', innerSteps: 4 } };
    const run = await service.jobs.run(service.jobs.create('md', 'multiple', inner));
    expect(run.state).toBe('done');
    // with inner steps the energy is conserved as with the accurate potential alone
    const conserved = service.jobs.points(run.id).filter(({ series }) => series === 'conserved');
    const values = conserved.map(({ y }) => y);
    expect(Math.max(...values) - Math.min(...values)).toBeLessThan(2e-4);
    const surrogate = hmc('surrogate', {
      cheapPotentialId,
      settings: { ...sampling, fidelity: 'surrogate' },
    });
    const sampled = await service.jobs.run(service.jobs.create('hmc', 'surrogate', surrogate));
    // one accurate call decides each trajectory, burn-in included, and one begins
    expect((sampled.result as { forceCalls: number }).forceCalls).toBeLessThan(3 * 18);
    const wrong = service.jobs.create('hmc', 'wrong', hmc('wrong', { replicas: [50, 60] }));
    await expect(service.jobs.run(wrong)).rejects.toThrow(/40 K among them/);
  });

  it('builds structures to order, and says what cannot be built', () => {
    const build = (source: unknown) => buildStructure(service.project, structureSourceSchema.parse(source));
    expect(build(structure).kinds).toHaveLength(32);
    expect(build({ ...structure, vacancies: 3 }).kinds).toHaveLength(29);
    expect(build({ ...structure, vacancies: 3 })).toEqual(build({ ...structure, vacancies: 3 }));
    const slab = build({ ...structure, surface: { axis: 2, vacuum: 10 } });
    expect(slab.cell[8]).toBeCloseTo(2 * 5.3 + 10, 9);
    expect(() => build({ ...structure, vacancies: 32 })).toThrow(/32 vacancies/);
    expect(() => build({ ...structure, repeat: [200, 200, 200] })).toThrow(/at most/);
    expect(() => build({ kind: 'dataset', datasetId: 99, position: 0 })).toThrow();
    const { id } = service.trajectories.list()[0];
    expect(build({ kind: 'trajectory', trajectoryId: id, frame: 1 }).positions).toHaveLength(96);
    expect(() => build({ kind: 'trajectory', trajectoryId: id, frame: 1e6 })).toThrow(/no frame/);
  });
});
