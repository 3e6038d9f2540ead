/** The jobs behind the coverage views: ranking, comparison, near-duplicates, novelty along a trajectory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byFrame } from '../../../../src-compute/analysis/entropy/frames.ts';
import type { Configuration } from '../../../../src-compute/structure/configuration.ts';
import { DatasetService } from '../../../../src-main/services/datasets/dataset-service.ts';
import { comparisonResult } from '../../../../src-main/services/entropy/comparison.ts';
import { selectionResult } from '../../../../src-main/services/entropy/curation-runners.ts';
import { duplicatesResult } from '../../../../src-main/services/entropy/duplicates-runner.ts';
import { entropyResult, entropyRunner } from '../../../../src-main/services/entropy/entropy-runner.ts';
import { trajectoryNoveltyResult } from '../../../../src-main/services/entropy/trajectory-novelty.ts';
import { JobService } from '../../../../src-main/services/jobs/job-service.ts';
import { AnalysisRepository } from '../../../../src-main/store/analyses.ts';
import { derivedColumns } from '../../../../src-main/store/configuration-row.ts';
import { DatasetWriter } from '../../../../src-main/store/dataset-writer.ts';
import { DatasetRepository } from '../../../../src-main/store/datasets.ts';
import type { JsonValue } from '../../../../src-main/store/json.ts';
import { Project } from '../../../../src-main/store/project.ts';
import { TrajectoryWriter } from '../../../../src-main/store/trajectories.ts';
import { diamond } from '../../../src-compute/analysis/entropy/structures.ts';

let folder = '';
let project: Project;
let analyses: AnalysisRepository;
const [CRYSTALS, MIXED] = [1, 2];
/** Two equal crystals, a noisy one, two melts. */
const mixed = [diamond(1), diamond(1), diamond(1, 0.05, 2), diamond(1, 0.7, 3), diamond(1, 0.7, 4)];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-coverage-'));
  project = Project.open(join(folder, 'p.fwproj'), { create: true });
  analyses = new AnalysisRepository(project);
  save('crystals', [1, 2, 3, 4].map((seed) => diamond(1, 0.05, seed))); // prettier-ignore
  save('mixed', mixed);
});
afterAll(() => {
  project.close();
  rmSync(folder, { recursive: true, force: true });
});

function save(name: string, list: readonly Configuration[]): void {
  using writer = new DatasetWriter(project);
  list.forEach((configuration, k) =>
    writer.add(
      configuration,
      { sourceFile: 0, sourceFrame: k, sourceLine: 1 },
      derivedColumns(configuration),
    ),
  );
  writer.commit({ name });
}

/** Runs a job to its end and gives its result. */
async function run(kind: string, settings: JsonValue): Promise<Record<string, JsonValue>> {
  using service = new JobService(project);
  const job = await service.run(service.create(kind, kind, settings));
  return job.result as Record<string, JsonValue>;
}
async function analysis(kind: string, settings: JsonValue) {
  const { analysisId } = await run(kind, settings);
  return analyses.get(analysisId as number)!;
}
function numbers(found: { arrays?: Readonly<Record<string, { data: ArrayLike<number> }>> }, name: string) {
  return Float64Array.from(found.arrays![name].data);
}

describe('the ranking of frames', () => {
  it('puts melts first and frames that occur twice last', async () => {
    const found = await analysis('entropy', { dataset: { datasetId: MIXED }, ranking: true });
    expect(entropyResult.parse(found.result).environments).toBe(40);
    const start = Int32Array.from(numbers(found, 'frameStart'));
    const { mean } = byFrame({ start }, numbers(found, 'amongOthers'));
    // each of the two equal crystals finds the other's 8 atoms, and something of the noisy one
    expect(mean[0]).toBeLessThan(-Math.log(8));
    expect(mean[0]).toBeGreaterThan(-Math.log(16));
    expect(mean[0]).toBeCloseTo(mean[1], 12);
    expect(mean[0]).toBeLessThan(mean[2]);
    expect(mean[2]).toBeLessThan(Math.min(mean[3], mean[4]));
  });

  it('knows its result without running', async () => {
    const settings = { dataset: { datasetId: MIXED }, ranking: true };
    const { analysisId } = await run('entropy', settings);
    expect(entropyRunner.known(project, parsed({ ...settings, threads: 1 }))).toBe(analysisId);
    expect(entropyRunner.known(project, parsed({ ...settings, cutoff: 4.5 }))).toBeUndefined();
  });
  const parsed = (settings: object) =>
    ({
      descriptor: 'auto', cutoff: 5, neighbours: 32, bandwidth: 'default', backend: 'wasm', threads: 0,
      completeness: false, overlap: false, seed: 0, ...settings,
    }) as Parameters<typeof entropyRunner.known>[1]; // prettier-ignore
});

describe('the comparison', () => {
  it('says what each set has that the other lacks, in both directions', async () => {
    const found = await analysis('coverage-comparison', {
      first: { datasetId: CRYSTALS },
      second: { datasetId: MIXED },
    });
    const result = comparisonResult.parse(found.result);
    expect(result.first).toMatchObject({ frames: 4, environments: 32, elementsOfItsOwn: [] });
    expect(result.second).toMatchObject({ frames: 5, environments: 40 });
    expect(result.together.environments).toBe(72);
    expect(result.together.entropy).toBeGreaterThan(0);
    // the melts are new to the crystals, and the crystals of the second set are not
    const novelty = numbers(found, 'secondNovelty');
    expect(novelty.subarray(24).every((value) => value > 1)).toBe(true);
    expect(numbers(found, 'firstNovelty')).toHaveLength(32);
    expect(result.second.fractionNew).toBeGreaterThanOrEqual(16 / 40);
  });

  it('finds a set and itself to be the same', async () => {
    const part = { datasetId: MIXED };
    const found = await analysis('coverage-comparison', { first: part, second: part });
    const result = comparisonResult.parse(found.result);
    expect(result.divergence).toBeCloseTo(0, 10);
    expect(result.first).toMatchObject({ fractionNew: 0 });
    // twice the same environments: ln 2 more room, the same H
    expect(result.together.entropy).toBeCloseTo(result.first.entropy, 10);
  });
});

describe('near-duplicates', () => {
  it('are found by position', async () => {
    const found = await analysis('near-duplicates', { dataset: { datasetId: MIXED } });
    expect(duplicatesResult.parse(found.result)).toEqual({ frames: 5, groups: [[0, 1]] });
  });
});

describe('a choice without a tag', () => {
  it('changes nothing, and says what it keeps', async () => {
    const result = selectionResult.parse(
      await run('select', { dataset: { datasetId: MIXED }, method: 'diversity', fraction: 0.8 }),
    );
    expect(result.positions).toHaveLength(4);
    expect(result.quality?.covered).toBe(1);
    expect(new DatasetRepository(project).tags(MIXED)).toEqual({});
  });

  it('says so for farthest points as well when asked', async () => {
    const settings = { dataset: { datasetId: MIXED }, method: 'farthest', count: 2 };
    expect(selectionResult.parse(await run('select', settings)).quality).toBeNull();
    const { quality } = selectionResult.parse(await run('select', { ...settings, quality: true }));
    expect(quality?.covered).toBeGreaterThan(0);
  });

  it('becomes a dataset in the order of the data, weighed by what each stands for', () => {
    const service = new DatasetService(project);
    const made = service.extract('chosen', MIXED, Uint32Array.of(4, 0), [0.5, 1.5]);
    expect(Array.from(service.store.column(made, 'weight'))).toEqual([1.5, 0.5]);
    expect(service.store.configuration(made, 1).positions).toEqual(mixed[4].positions);
  });
});

describe('novelty along a trajectory', () => {
  it('rises where the crystal melts, frame by frame and atom by atom', async () => {
    const noises = [0, 0.2, 0.4, 0.7];
    const { symbols, kinds, periodic } = diamond(1);
    using writer = TrajectoryWriter.create(project, {
      name: 'melting', symbols, kinds, periodic, arrays: ['positions'], scalars: ['time_fs'],
    }); // prettier-ignore
    for (const [k, noise] of noises.entries()) {
      const { positions, cell } = diamond(1, noise, k + 7);
      writer.append({ positions, cell, scalars: [k] });
    }
    writer.finish();
    const settings = { trajectoryId: writer.id, reference: { datasetId: CRYSTALS } };
    const found = await analysis('trajectory-novelty', settings);
    const result = trajectoryNoveltyResult.parse(found.result);
    expect(result).toMatchObject({ atoms: 8, frames: 4, environments: 32, unknownElements: [] });
    const mean = numbers(found, 'mean');
    expect(Array.from(mean)).toEqual(Array.from(mean.toSorted()));
    expect(mean[0]).toBeLessThan(0);
    expect(mean[3]).toBeGreaterThan(10);
    const values = analyses.array(found.id, 'values-0')!;
    expect(values).toHaveLength(32);
    expect(Math.max(...values.slice(24, 32))).toBeCloseTo(numbers(found, 'max')[3], 4);
    const every = await analysis('trajectory-novelty', { ...settings, every: 3 });
    expect(Array.from(numbers(every, 'frame'))).toEqual([0, 3]);
  });
});
