/**
 * Projects with real data, made by the services and without a window: a small dataset, a potential fitted to it; and,
 * for coverage, a potential fitted to a part of the data and a run that leaves that part.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { trainingPart } from '../../../src-main/services/entropy/training-set.ts';
import { JobService } from '../../../src-main/services/jobs/job-service.ts';
import type { JsonValue } from '../../../src-main/store/json.ts';
import { Project } from '../../../src-main/store/project.ts';
import { repositoryRoot } from '../../support/shared.ts';
import { siliconFile } from './silicon-file.ts';

/** Frames of the bundled silicon whose type is one of these, every n-th, as extended XYZ. */
function frames(file: string, types: readonly string[], every: number): string {
  const path = join(repositoryRoot, 'resources', 'samples', 'silicon', file);
  const lines = readFileSync(path, 'utf8').split('\n');
  const kept: string[] = [];
  for (let k = 0, n = 0; k < lines.length && lines[k].trim() !== '';) {
    const size = Number(lines[k]) + 2;
    const type = /config_type="?([^"\s]+)/.exec(lines[k + 1])?.[1] ?? '';
    if (types.includes(type) && n++ % every === 0) kept.push(...lines.slice(k, k + size));
    k += size;
  }
  return kept.join('\n') + '\n';
}

export const CRYSTALS = 'crystals';
export const LIQUIDS = 'vacancies and melts';
export const RUN = 'melting silicon';

export const SMALL = 'silicon small';

type Run = (kind: string, title: string, settings: JsonValue) => Promise<void>;

/** Runs jobs in a new project. */
async function make(path: string, work: (run: Run, project: Project) => Promise<void>): Promise<void> {
  using project = Project.open(path, { create: true });
  using jobs = new JobService(project);
  await work(async (kind, title, settings) => {
    await jobs.run(jobs.create(kind, title, settings));
  }, project);
}

/** Imports extended XYZ text. */
async function importText(path: string, run: Run, name: string, text: string): Promise<void> {
  const file = join(dirname(path), `${name}.xyz`);
  writeFileSync(file, text);
  await run('import', `Import ${name}`, { files: [file], name, skipBad: true, split: 'random:0.1' });
}

/** A project with every fifth configuration of the bundled silicon, one of them with a wrong force. */
export async function dataProject(path: string): Promise<void> {
  await make(path, (run) => importText(path, run, SMALL, siliconFile().text));
}

/** The same, and a small potential fitted to it: one linear solve. */
export async function fittedProject(path: string): Promise<void> {
  await make(path, async (run) => {
    await importText(path, run, SMALL, siliconFile().text);
    await run('fit', 'Fit', {
      datasetId: 1,
      name: 'Si MTP 6',
      request: { level: 6, linear: true, threads: 1 },
    });
  });
}

/** The same, and a short run of 64 atoms that kept velocities and forces. */
export async function runProject(path: string): Promise<void> {
  await fittedProject(path);
  using project = Project.open(path);
  using jobs = new JobService(project);
  await jobs.run(
    jobs.create('md', 'warm silicon', {
      name: 'warm silicon',
      potentialId: 1,
      structure: { kind: 'lattice', lattice: 'diamond', symbols: ['Si'], a: 5.43, repeat: [2, 2, 2] },
      every: 5,
      write: ['velocities', 'forces'],
      settings: { ensemble: 'nvt-langevin', temperature: 900, timestep: 1, steps: 100, seed: 3 },
    }),
  );
}

/** Datasets of crystals and of the rest, a fit to the crystals, a run that melts. */
export async function coverageProject(path: string): Promise<void> {
  await make(path, (run) => coverageJobs(path, run));
}

/** The same with all that the coverage page measures by itself: a page that opens it finds the results. */
export async function measuredProject(path: string): Promise<void> {
  await make(path, async (run, project) => {
    await coverageJobs(path, run);
    const dataset = { datasetId: 2 };
    const map = { method: 'pca', level: 'environments' };
    await run('entropy', 'Coverage', { dataset, completeness: true, ranking: true });
    await run('environment-map', 'Map', { ...map, dataset });
    await run('coverage-comparison', 'Compare', { first: { datasetId: 1 }, second: dataset });
    await run('environment-map', 'Map', { ...map, dataset: { datasetId: 1 }, reference: dataset });
    const { datasetId, parts } = trainingPart(project, 1);
    await run('trajectory-novelty', 'Novelty', {
      trajectoryId: 1,
      reference: { datasetId, ...(parts ? { parts } : {}) },
    });
  });
}

async function coverageJobs(path: string, run: Run): Promise<void> {
  const sets = [
    [CRYSTALS, frames('Si_train.xyz', ['Elastic', 'Surface'], 4)],
    [LIQUIDS, frames('Si_train.xyz', ['AIMD-NVT', 'Vacancy'], 6)],
  ] as const;
  for (const [name, text] of sets) {
    const file = join(dirname(path), `${name}.xyz`);
    writeFileSync(file, text);
    await run('import', `Import ${name}`, { files: [file], name });
  }
  await run('fit', 'Fit', {
    datasetId: 1,
    name: 'Si crystals MTP 6',
    request: { level: 6, linear: true, threads: 1 },
  });
  await run('md', RUN, {
    name: RUN,
    potentialId: 1,
    structure: { kind: 'lattice', lattice: 'diamond', symbols: ['Si'], a: 5.43, repeat: [2, 2, 2] },
    every: 10,
    settings: {
      ensemble: 'nvt-langevin',
      temperature: { start: 300, end: 3500 },
      timestep: 1,
      steps: 400,
      seed: 3,
    },
  });
}
