/** A project with real data, a potential fitted to a part of them and a run that leaves that part: for coverage. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JobService } from '../../../src-main/services/jobs/job-service.ts';
import type { JsonValue } from '../../../src-main/store/json.ts';
import { Project } from '../../../src-main/store/project.ts';
import { repositoryRoot } from '../../support/shared.ts';

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

/** Makes the project: datasets of crystals and of the rest, a fit to the crystals, a run that melts. */
export async function siliconProject(folder: string): Promise<string> {
  const path = join(folder, 'silicon coverage.fwproj');
  using project = Project.open(path, { create: true });
  using jobs = new JobService(project);
  const run = async (kind: string, title: string, settings: JsonValue) =>
    (await jobs.run(jobs.create(kind, title, settings))).result;
  const sets = [
    [CRYSTALS, frames('Si_train.xyz', ['Elastic', 'Surface'], 4)],
    [LIQUIDS, frames('Si_train.xyz', ['AIMD-NVT', 'Vacancy'], 6)],
  ] as const;
  for (const [name, text] of sets) {
    const file = join(folder, `${name}.xyz`);
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
  return path;
}
