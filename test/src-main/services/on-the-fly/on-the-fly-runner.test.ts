/** Learning while simulating as a job of a project: what is kept, watched, cancelled and resumed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  formatPotentialDocument,
  parsePotentialDocument,
} from '../../../../src-compute/potentials/document.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/model.ts';
import { engineOfWindow, windowEngineSchema } from '../../../../src-main/engines/window-engines.ts';
import { referenceEngineSchema } from '../../../../src-main/engines/registry.ts';
import { windowOnTheFlyJob } from '../../../../src-main/services/on-the-fly/on-the-fly-runner.ts';
import { onTheFlyViewSchema, type OnTheFlyView } from '../../../../src-main/services/on-the-fly/view.ts';
import { ProjectService } from '../../../../src-main/services/project-service.ts';
import { TrajectoryReader } from '../../../../src-main/store/trajectories.ts';
import { stoppedJob } from '../../../support/project.ts';

let folder: string;
let service: ProjectService;
let reference: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-learning-'));
  service = ProjectService.open(join(folder, 'runs.fwproj'), { create: true });
  reference = join(folder, 'reference.potential.json');
  const provenance = { program: 'test', created: '2026-01-01T00:00:00Z', data: [], settings: {}, report: {} };
  writeFileSync(
    reference,
    formatPotentialDocument({ name: 'Si', model: stillingerWeberSilicon(), metrics: {}, provenance }),
  );
});
afterAll(() => {
  service[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const job = (name: string, potential = reference) => ({
  name,
  structure: {
    kind: 'lattice' as const,
    lattice: 'diamond' as const,
    symbols: ['Si'],
    a: 5.43,
    repeat: [1, 1, 1],
  },
  settings: {
    ensemble: 'nvt-langevin' as const,
    temperature: 300,
    timestep: 1,
    steps: 200,
    seed: 7,
    checkpointEvery: 50,
  },
  policy: { learnSteps: 50, checkEvery: 10, tolerance: 0.1 },
  learner: { mode: 'per-atom' as const, cutoff: 4, radial: 4, angular: 3 },
  every: 10,
  engine: { engine: 'potential' as const, potential },
});

function frames(run: string | number): number[][] {
  const { id } = service.trajectories.list().find(({ id, name }) => run === id || run === name) ?? { id: -1 };
  const reader = new TrajectoryReader(service.project, id);
  return Array.from({ length: reader.frames }, (_, k) => [...reader.frame(k).positions]);
}

describe('learning while simulating, as a job', () => {
  it('keeps trajectory and potential, and can be watched', async () => {
    const id = service.jobs.create('on-the-fly', 'learn', job('whole'));
    const views: OnTheFlyView[] = [];
    const watching = service.jobs.watch((event) => {
      if (event.type === 'progress') views.push(onTheFlyViewSchema.parse(event.detail));
    });
    const done = await service.jobs.run(id);
    watching[Symbol.dispose]();
    expect(done.state).toBe('done');
    expect(done.result).toMatchObject({ referenceCalls: 50 + 15, modelSteps: 136, handedBack: 0 });
    expect(views.at(-1)).toMatchObject({
      step: 200,
      phase: 'model',
      reference: expect.stringMatching(/the potential/) as string,
    });
    const series = new Set(service.jobs.points(id).map((point) => point.series));
    expect([...series].sort()).toEqual(
      [
        'conserved',
        'energy error',
        'force error',
        'potential',
        'reference calls',
        'temperature',
        'uncertainty',
      ].sort(),
    );
    expect(service.jobs.log(id).some(({ text }) => /model takes over/.test(text))).toBe(true);
    const { id: trajectory } = service.trajectories.list().find((item) => item.name === 'whole') ?? {
      id: -1,
    };
    const reader = new TrajectoryReader(service.project, trajectory);
    expect(reader.frames).toBe(21);
    const flag = reader.head.scalars.indexOf('reference');
    const flags = Array.from({ length: reader.frames }, (_, k) => reader.frame(k).scalars[flag]);
    expect(flags.slice(0, 5)).toEqual([1, 1, 1, 1, 1]);
    expect(flags).toContain(0);
    const { potentialId } = done.result as { potentialId: number };
    const { model, provenance } = parsePotentialDocument(service.potentials.document(potentialId));
    expect(model.form).toBe('sum');
    expect(provenance.report.referenceCalls).toBe(65);
  });

  it('goes on after a stop to exactly the run that was never stopped', async () => {
    const id = await stoppedJob(
      service,
      'on-the-fly',
      job('stopped'),
      (event) => event.type === 'log' && /takes over/.test(event.text),
    );
    const resumed = await service.jobs.run(id);
    expect(resumed.state).toBe('done');
    expect(resumed.result).toMatchObject({ referenceCalls: 65 });
    const { trajectoryId } = resumed.result as { trajectoryId: number };
    expect(frames(trajectoryId)).toEqual(frames('whole'));
  });

  it('fails in words when there is no reference', async () => {
    const id = service.jobs.create('on-the-fly', 'learn', job('none', join(folder, 'missing.json')));
    await expect(service.jobs.run(id)).rejects.toThrow(/missing\.json cannot be read/);
    expect(service.jobs.get(id).state).toBe('failed');
  });
});

describe('engines that a window may ask for', () => {
  it('become full settings, with TCP on this machine only', () => {
    const asked = windowEngineSchema.parse({ engine: 'i-pi', address: { kind: 'tcp', port: 31415 } });
    expect(referenceEngineSchema.parse(engineOfWindow(asked))).toMatchObject({
      engine: 'i-pi',
      address: { kind: 'tcp', host: '127.0.0.1', port: 31415 },
    });
    const classical = windowEngineSchema.parse({
      engine: 'lammps',
      pairStyle: 'sw',
      pairCoefficients: ['* * Si.sw Si'],
    });
    expect(referenceEngineSchema.parse(engineOfWindow(classical))).toMatchObject({
      engine: 'lammps',
      ranks: 1,
    });
  });

  const forbidden: [string, object][] = [
    ['a command', { engine: 'i-pi', address: { kind: 'unix', name: 'x' }, client: 'rm -rf x' }],
    ['a program', { engine: 'espresso', pseudopotentials: { Si: 'Si.UPF' }, cutoff: 10, program: '/bin/sh' }],
    ['a launcher', { engine: 'espresso', pseudopotentials: { Si: 'Si.UPF' }, cutoff: 10, launcher: 'sh' }],
    ['a folder', { engine: 'espresso', pseudopotentials: { Si: '../../etc/passwd' }, cutoff: 10 }],
    [
      'a file of another folder',
      { engine: 'lammps', pairStyle: 'sw', pairCoefficients: ['* * /etc/passwd Si'] },
    ],
    ['a second command', { engine: 'lammps', pairStyle: 'sw\nshell ls', pairCoefficients: ['* *'] }],
    ['a template', { engine: 'lammps', template: '/etc/passwd' }],
    ['a potential file', { engine: 'potential', potential: '/etc/passwd' }],
    ['another host', { engine: 'i-pi', address: { kind: 'tcp', host: '0.0.0.0', port: 31415 } }],
  ];
  it.each(forbidden)('cannot name %s', (_what, engine) => {
    expect(windowEngineSchema.safeParse(engine).success).toBe(false);
    expect(windowOnTheFlyJob.safeParse({ ...job('x'), engine }).success).toBe(false);
  });
});
