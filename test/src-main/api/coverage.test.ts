/** What the coverage router answers to questions that cannot be answered, and that it starts nothing twice. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerData } from '../../../src-main/api/data.ts';
import { appRouter } from '../../../src-main/api/router.ts';
import { Workspace } from '../../../src-main/api/workspace.ts';
import { ArrayFrame } from '../../../src-compute/array-frame.ts';
import { JobService } from '../../../src-main/services/jobs/job-service.ts';
import { derivedColumns } from '../../../src-main/store/configuration-row.ts';
import { DatasetWriter } from '../../../src-main/store/dataset-writer.ts';
import { Project } from '../../../src-main/store/project.ts';
import { TrajectoryWriter } from '../../../src-main/store/trajectories.ts';
import { diamond } from '../../src-compute/analysis/entropy/structures.ts';

let folder: string;
let workspace: Workspace;
let api: ReturnType<typeof appRouter.createCaller>;
const part = { datasetId: 1 };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-coverage-api-'));
  const path = join(folder, 'p.fwproj');
  {
    const project = Project.open(path, { create: true });
    using writer = new DatasetWriter(project);
    for (let k = 0; k < 3; k++) {
      const configuration = diamond(1, 0.1 * k, k);
      const source = { sourceFile: 0, sourceFrame: k, sourceLine: 1 };
      writer.add(configuration, source, derivedColumns(configuration));
    }
    writer.commit({ name: 'silicon' });
    const { symbols, kinds, periodic, positions, cell } = diamond(1);
    using frames = TrajectoryWriter.create(project, {
      name: 'run', symbols, kinds, periodic, arrays: ['positions'], scalars: ['time_fs'],
    }); // prettier-ignore
    frames.append({ positions, cell, scalars: [0] });
    frames.finish();
    using jobs = new JobService(project);
    await jobs.run(jobs.create('entropy', 'measure', { dataset: part, ranking: true }));
    await jobs.run(jobs.create('near-duplicates', 'look', { dataset: part }));
    await jobs.run(jobs.create('trajectory-novelty', 'follow', { trajectoryId: 1, reference: part }));
    project.close();
  }
  workspace = new Workspace({ folder: join(folder, 'settings'), projectsFolder: folder });
  workspace.openPath(path);
  api = appRouter.createCaller({ workspace, host: { kind: 'web' }, authorised: true });
});
afterAll(async () => {
  await workspace.dispose();
  rmSync(folder, { recursive: true, force: true });
});
const arrays = async (path: string) =>
  new ArrayFrame((await answerData(workspace, path, new URLSearchParams())).buffer);

describe('the coverage router', () => {
  it('finds what was measured, without a job', async () => {
    const { analysisId, jobId } = await api.coverage.measure({ dataset: part, ranking: true });
    expect(jobId).toBeNull();
    expect((await api.coverage.measures({ analysisId: analysisId! })).environments).toBe(24);
    expect((await arrays(`analyses/${analysisId}`)).f64('amongOthers')).toHaveLength(24);
  });

  it('serves the novelty of a trajectory frame by frame', async () => {
    const { analysisId } = await api.coverage.follow({ trajectoryId: 1, reference: part });
    const whole = await arrays(`analyses/${analysisId}`);
    expect(whole.f64('max')).toHaveLength(1);
    expect(whole.has('values-0')).toBe(false);
    expect((await arrays(`analyses/${analysisId}/frames/0`)).f32('values')).toHaveLength(8);
    await expect(arrays(`analyses/${analysisId}/frames/1`)).rejects.toThrow(/was not measured/);
  });

  it('refuses settings that cannot be, before anything is started', async () => {
    const before = (await api.jobs.list()).length;
    const measure = (settings: object) => api.coverage.measure({ dataset: part, ...settings });
    await expect(measure({ descriptor: 'quantum' })).rejects.toThrow(/no descriptor quantum/);
    await expect(measure({ descriptor: 'mtp:99' })).rejects.toThrow(/level/i);
    await expect(measure({ cutoff: -1 })).rejects.toThrow();
    await expect(measure({ bandwidth: 0 })).rejects.toThrow();
    await expect(measure({ neighbours: 0 })).rejects.toThrow();
    await expect(api.coverage.measure({ dataset: { datasetId: 77 } })).rejects.toThrow(/no dataset/);
    await expect(api.coverage.follow({ trajectoryId: 9, reference: part })).rejects.toThrow(/trajectory/);
    await expect(api.coverage.follow({ trajectoryId: 1, reference: { potentialId: 5 } })).rejects.toThrow(
      /potential/,
    );
    expect(await api.jobs.list()).toHaveLength(before);
  });

  it('gives one kind of analysis for another to nobody', async () => {
    const duplicates = await api.coverage.findDuplicates({ dataset: part });
    await expect(api.coverage.measures({ analysisId: duplicates.analysisId! })).rejects.toThrow(
      /not in the project any more/,
    );
    await expect(arrays(`analyses/${duplicates.analysisId}`)).rejects.toThrow(/not in the project any more/);
    await expect(arrays('analyses/4711')).rejects.toThrow(/not in the project any more/);
  });

  it('keeps frames only that there are, and datasets only of what was chosen', async () => {
    const keep = (frames: number[]) =>
      api.coverage.keepFrames({ trajectoryId: 1, frames, novelty: [1], name: 'new' });
    await expect(keep([3])).rejects.toThrow();
    await expect(keep([])).rejects.toThrow();
    const { datasetId } = await keep([0]);
    expect(await api.datasets.get({ id: datasetId })).toMatchObject({
      name: 'new',
      configurationCount: 1,
      withEnergy: 0,
    });
    await expect(api.datasets.extract({ id: 1, positions: [], name: 'x' })).rejects.toThrow();
    await expect(api.datasets.extract({ id: 1, positions: [0, 1], weights: [1], name: 'x' })).rejects.toThrow(
      /one each is needed/,
    );
    expect((await api.datasets.list()).map(({ name }) => name)).toEqual(['silicon', 'new']);
  });
});
