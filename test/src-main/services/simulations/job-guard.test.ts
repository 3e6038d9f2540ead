/** The novelty guard of simulation jobs: argon crystals as training set, and a run that heats them until they melt. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatPotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/lennard-jones.ts';
import { lattice, supercell } from '../../../../src-compute/structure/lattices.ts';
import { ProjectService } from '../../../../src-main/services/project-service.ts';
import type { GuardSummary } from '../../../../src-main/services/simulations/job-guard.ts';
import { derivedColumns } from '../../../../src-main/store/configuration-row.ts';
import { DatasetWriter } from '../../../../src-main/store/dataset-writer.ts';
import { TrajectoryReader } from '../../../../src-main/store/trajectories.ts';
import { stoppedJob } from '../../../support/project.ts';

let folder: string;
let service: ProjectService;
let potentialId: number;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-guard-'));
  service = ProjectService.open(join(folder, 'runs.fwproj'), { create: true });
  using writer = new DatasetWriter(service.project);
  for (const [k, a] of [5.25, 5.3, 5.35].entries()) {
    const crystal = supercell(lattice('fcc', ['Ar'], a), [2, 2, 2]);
    writer.add(crystal, { sourceFile: 0, sourceFrame: k, sourceLine: 0 }, derivedColumns(crystal));
  }
  const datasetId = writer.commit({ name: 'argon crystals' });
  const model = lennardJonesModel('Ar', 0.0104, 3.4, 7);
  const document = formatPotentialDocument({
    name: 'argon',
    model,
    metrics: {},
    provenance: { program: 'test', created: '2020-01-01T00:00:00Z', data: [], settings: {}, report: {} },
  });
  const potential = { name: 'argon', form: model.form, species: ['Ar'], document };
  potentialId = service.potentials.add({ ...potential, datasetId });
  service.potentials.add({ ...potential, name: 'from elsewhere' });
});
afterAll(() => {
  service[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const md = (name: string, guard: object, potential = potentialId) => ({
  name,
  potentialId: potential,
  structure: { kind: 'lattice', lattice: 'fcc', symbols: ['Ar'], a: 5.3, repeat: [2, 2, 2] },
  every: 20,
  settings: {
    ensemble: 'nvt-langevin',
    temperature: { start: 1, end: 400 },
    timestep: 2,
    steps: 400,
    seed: 7,
    checkpointEvery: 100,
  },
  guard: { descriptor: 'quests', neighbours: 12, bandwidth: 0.015, every: 40, ...guard },
});
interface Result {
  trajectoryId: number;
  steps: number;
  guard: GuardSummary;
}
async function run(settings: ReturnType<typeof md>, kind = 'md') {
  const job = await service.jobs.run(service.jobs.create(kind, 'run', settings));
  return { job, result: job.result as unknown as Result };
}

describe('the guard of a simulation job', () => {
  it('draws its curves, colours frames, and makes a dataset of what is new', async () => {
    const { job, result } = await run(md('marked', {}));
    expect(result.guard).toMatchObject({ looks: 11, stopped: null });
    expect(result.guard.novel).toBeGreaterThan(2);
    const points = service.jobs.points(job.id).filter(({ series }) => series === 'novelty largest');
    expect(points.map(({ x }) => x)).toEqual(Array.from({ length: 11 }, (_, k) => k * 0.08));
    // a crystal of the training set at first, a melt at the end
    expect(points[0].y).toBeLessThan(0);
    expect(points[10].y).toBeGreaterThan(5);
    const reader = new TrajectoryReader(service.project, result.trajectoryId);
    expect(reader.frame(0).novelty!.every((value) => value < 0)).toBe(true);
    // a frame at which the guard did not look has no numbers
    expect(reader.frame(1).novelty!.every(Number.isNaN)).toBe(true);
    expect(Math.max(...reader.frame(20).novelty!)).toBeCloseTo(points[10].y, 4);
    const dataset = service.datasets.get(result.guard.datasetId!);
    expect(dataset).toMatchObject({ name: 'marked, to be labelled', configurationCount: result.guard.novel });
    expect(dataset.withEnergy).toBe(0);
  });

  it('ends the run at the first frame that is too new, with that frame kept', async () => {
    const { result } = await run(md('ended', { action: 'stop', threshold: 3 }));
    expect(result.steps).toBeLessThan(400);
    expect(result.guard.stopped).toMatch(/outside of what the training set covers/);
    expect(result.guard.novel).toBe(1);
    const reader = new TrajectoryReader(service.project, result.trajectoryId);
    expect(reader.frames).toBe(result.steps / 20 + 1);
  });

  it('goes on after a stop with what it had seen', async () => {
    const id = await stoppedJob(service, 'md', md('resumed', {}));
    const { guard } = (await service.jobs.run(id)).result as unknown as Result;
    const { result: whole } = await run(md('whole', {}));
    expect(guard).toMatchObject({
      looks: whole.guard.looks,
      novel: whole.guard.novel,
      largest: whole.guard.largest,
    });
  });

  it('watches hybrid Monte Carlo', async () => {
    const { result } = await run(
      {
        ...md('sampled', { every: 4 }),
        every: 4,
        settings: { temperature: 60, trajectories: 20, burnIn: 4, leapfrogSteps: 6, timestep: 5, seed: 3 },
      } as never,
      'hmc',
    );
    expect(result.guard.looks).toBe(6);
  });

  it('says what is missing when the training set is not in the project', async () => {
    const other = service.potentials.list().find(({ name }) => name === 'from elsewhere')!.id;
    const id = service.jobs.create('md', 'run', md('lost', {}, other));
    await expect(service.jobs.run(id)).rejects.toThrow(/not in this project/);
  });
});
