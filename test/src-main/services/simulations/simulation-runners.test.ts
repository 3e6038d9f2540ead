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
/** Positions of all frames of the run with this name. */
function frames(name: string): number[][] {
  const { id } = service.trajectories.list().find((item) => item.name === name) ?? { id: -1 };
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
    expect([...names].sort()).toEqual(['conserved', 'potential', 'pressure', 'temperature', 'volume']);
  });

  it('goes on after a stop to exactly the run that was never stopped', async () => {
    const id = service.jobs.create('md', 'run', md('stopped'));
    const controller = new AbortController();
    const watching = service.jobs.watch((event) => {
      if (event.type === 'progress' && event.fraction > 0.55) controller.abort();
    });
    await expect(service.jobs.run(id, controller.signal)).rejects.toThrow();
    watching[Symbol.dispose]();
    expect(service.jobs.get(id).state).toBe('cancelled');
    const resumed = await service.jobs.run(id);
    expect(resumed.state).toBe('done');
    expect(frames('stopped')).toEqual(frames('whole'));
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
