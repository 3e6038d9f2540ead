/** Weights that files carry: into the dataset, and nothing else taken for one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeConfigurations } from '../../../../src-main/formats/index.ts';
import { weighted, weightOf } from '../../../../src-compute/fitting/data/configuration-weight.ts';
import { importResult } from '../../../../src-main/services/datasets/import-runner.ts';
import { JobService } from '../../../../src-main/services/jobs/job-service.ts';
import { DatasetRepository } from '../../../../src-main/store/datasets.ts';
import { Project } from '../../../../src-main/store/project.ts';
import { diamond } from '../../../src-compute/analysis/entropy/structures.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-weight-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('is 1 without a number that could be one', () => {
  const given = (value: number | string) => ({ ...diamond(1), info: { config_weight: value } });
  expect([0.5, 0, -1, NaN, '2'].map((value) => weightOf(given(value)))).toEqual([0.5, 0, 1, 1, 1]);
  expect(weightOf(diamond(1))).toBe(1);
  expect(weightOf(weighted(weighted(diamond(1), 3), 0.5))).toBe(1.5);
});

it('comes into the project with its file', async () => {
  const file = join(folder, 'weights.xyz');
  const labelled = { ...diamond(1, 0.1), energy: -40 };
  await writeConfigurations(file, undefined, [labelled, weighted(labelled, 2.5)]);
  using project = Project.open(join(folder, 'p.fwproj'), { create: true });
  using service = new JobService(project);
  const job = await service.run(service.create('import', 'import', { files: [file] }));
  const { id } = importResult.parse(job.result).datasets[0];
  expect(Array.from(new DatasetRepository(project).column(id, 'weight'))).toEqual([1, 2.5]);
});
