/** The jobs: measuring a dataset, choosing from it, generating a new one; and the generate command. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfigurations, writeConfigurations } from '../../../../src-main/formats/index.ts';
import { JobService } from '../../../../src-main/services/jobs/job-service.ts';
import { AnalysisRepository } from '../../../../src-main/store/analyses.ts';
import { derivedColumns } from '../../../../src-main/store/configuration-row.ts';
import { DatasetWriter } from '../../../../src-main/store/dataset-writer.ts';
import { DatasetRepository } from '../../../../src-main/store/datasets.ts';
import type { JsonValue } from '../../../../src-main/store/json.ts';
import { Project } from '../../../../src-main/store/project.ts';
import { formula } from '../../../../src-compute/structure/configuration.ts';
import { diamond } from '../../../src-compute/analysis/entropy/structures.ts';
import { commandLine } from '../../../support/command-line.ts';

let folder = '';
let project: Project;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-runners-'));
  project = Project.open(join(folder, 'p.fwproj'), { create: true });
  for (const [name, noise] of [
    ['crystals', 0.02],
    ['melts', 0.7],
  ] as const) {
    using writer = new DatasetWriter(project);
    for (let k = 0; k < 6; k++) {
      const configuration = diamond(1, noise, k + 1);
      writer.add(
        configuration,
        { sourceFile: 0, sourceFrame: k, sourceLine: 1 },
        derivedColumns(configuration),
      );
    }
    writer.commit({ name });
  }
});
afterAll(() => {
  project.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a job to its end and gives its result. */
async function run(kind: string, settings: JsonValue): Promise<Record<string, JsonValue>> {
  using service = new JobService(project);
  const job = await service.run(service.create(kind, kind, settings));
  expect(job.state).toBe('done');
  return job.result as Record<string, JsonValue>;
}

describe('the entropy job', () => {
  it('keeps its result with arrays for the views, and does not compute it twice', async () => {
    const settings = {
      dataset: { datasetId: 2 },
      reference: { datasetId: 1 },
      completeness: true,
      overlap: true,
    };
    const { analysisId } = await run('entropy', settings);
    const analysis = new AnalysisRepository(project).get(analysisId as number)!;
    expect(analysis.result).toMatchObject({
      environments: 48,
      bandwidth: 0.015,
      overlap: { coveredByB: 0 },
      novelty: { fractionPositive: 1, unknownElements: [] },
    });
    expect((analysis.result as { completeness: unknown[] }).completeness).toHaveLength(10);
    expect(analysis.arrays!.logSums.data).toHaveLength(48);
    expect(analysis.arrays!.novelty.data).toHaveLength(48);
    expect(analysis.arrays!.map.shape).toEqual([6, 2]);
    expect(analysis.arrays!.frameMean.data).toHaveLength(6);
    expect((await run('entropy', { ...settings, threads: 1 })).analysisId).toBe(analysisId);
    expect((await run('entropy', { ...settings, bandwidth: 0.03 })).analysisId).not.toBe(analysisId);
  });
});

describe('the map job', () => {
  it('draws two datasets in one plane, a point per atom or per structure', async () => {
    const settings = { dataset: { datasetId: 2 }, reference: { datasetId: 1 } };
    const { analysisId } = await run('environment-map', settings);
    const { result, arrays = {} } = new AnalysisRepository(project).get(analysisId as number)!;
    expect(result).toMatchObject({ method: 'umap', points: 96, available: 96, embedded: 96 });
    expect(arrays.coordinates).toMatchObject({ shape: [96, 2] });
    expect(arrays.coordinates.data).toBeInstanceOf(Float32Array);
    expect(arrays.coordinates.data.every(Number.isFinite)).toBe(true);
    expect(Array.from(arrays.frame.data.subarray(0, 9))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(Array.from(arrays.atom.data.subarray(6, 10))).toEqual([6, 7, 0, 1]);
    expect(Array.from(arrays.set.data.subarray(46, 50))).toEqual([0, 0, 1, 1]);
    expect(Array.from(arrays.positions.data)).toEqual([0, 1, 2, 3, 4, 5]);
    expect((await run('environment-map', settings)).analysisId).toBe(analysisId);

    const frames = await run('environment-map', { ...settings, method: 'pca', level: 'frames' });
    const map = new AnalysisRepository(project).get(frames.analysisId as number)!;
    expect(map.result).toMatchObject({ method: 'pca', points: 12 });
    expect(Array.from(map.arrays!.atom.data)).toEqual(new Array(12).fill(-1));
    // crystals and melts part along the first axis
    const x = (k: number) => Number(map.arrays!.coordinates.data[2 * k]);
    const sides = Array.from({ length: 12 }, (_, k) => Math.sign(x(k)));
    expect(new Set(sides.slice(0, 6)).size + new Set(sides.slice(6)).size).toBe(2);
    expect(sides[0]).toBe(-sides[6]);
  });
});

describe('the selection job', () => {
  it('tags, and makes a dataset', async () => {
    const result = await run('select', {
      dataset: { datasetId: 2 }, method: 'entropy', count: 2, tag: 'best', newDataset: 'best melts',
    }); // prettier-ignore
    const store = new DatasetRepository(project);
    expect(Array.from(store.select(2, { tags: ['best'] }))).toEqual(
      [...(result.positions as number[])].sort(),
    );
    expect(store.get('best melts')).toMatchObject({ id: result.datasetId, configurationCount: 2 });
  });
});

describe('the generation job', () => {
  it('makes a dataset of structures without labels', async () => {
    const result = await run('generate', {
      composition: 'Si6', count: 2, steps: 5, volume: [18, 22], given: { datasetId: 1 }, name: 'new',
    }); // prettier-ignore
    const store = new DatasetRepository(project);
    const dataset = store.get('new');
    expect(dataset).toMatchObject({
      id: result.datasetId,
      configurationCount: 2,
      withEnergy: 0,
      withForces: 0,
    });
    expect(formula(store.configuration(dataset.id, 0))).toBe('Si6');
  });
});

describe('forcewright generate', () => {
  it('writes structures of the composition and says how diverse they are', async () => {
    const main = commandLine;
    const [out, reference] = [join(folder, 'g.xyz'), join(folder, 'r.xyz')];
    await writeConfigurations(reference, undefined, [diamond(1, 0.05, 1)]);
    const command = (...args: string[]) =>
      spawnSync(process.execPath, [main, 'generate', ...args], { encoding: 'utf8' });
    const result = command(
      '--composition', 'Si4C4', '--count', '2', '--steps', '4', '--swaps', '2', '--drive', 'md',
      '--reference', reference, '--out', out, '--json',
    ); // prettier-ignore
    expect(result.status, result.stderr).toBe(0);
    const json = JSON.parse(result.stdout);
    expect(json).toMatchObject({ structures: 2, environments: 16, goal: 'diverse', drive: 'md' });
    expect(json.novelty.fraction_positive).toBeGreaterThan(0.9);
    expect(json.volume_per_atom[0]).toBeCloseTo(5.43 ** 3 / 8, 9);
    const made = await readConfigurations(out);
    expect(made.map((c) => c.kinds.length)).toEqual([8, 8]);
    expect(command('--composition', 'Si8', '--out', out).stderr).toMatch(
      /range of volumes per atom is not known/,
    );
    expect(command('--composition', 'Si8', '--volume', '20,10', '--out', out).status).toBe(2);
    const target = command(
      '--composition',
      'Si8',
      '--volume',
      '10,20',
      '--goal',
      'representative',
      '--out',
      out,
    );
    expect(target.stderr).toMatch(/need a target/);
  });
});
