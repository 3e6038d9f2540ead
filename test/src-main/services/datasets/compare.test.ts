/** Two datasets side by side, by content. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareDatasets } from '../../../../src-main/services/datasets/compare.ts';
import { ProjectService } from '../../../../src-main/services/project-service.ts';

let folder: string;
let service: ProjectService;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forcewright-compare-'));
  service = ProjectService.open(join(folder, 'p.fwproj'), { create: true });
  const frame = (x: number, energy: number) =>
    `2\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3 energy=${energy} pbc="T T T"\nSi 0 0 0\nSi ${x} 0 0\n`;
  // shared: 2.2 with the same label, 2.4 with another; 2.0 twice in the first, 2.6 in the second alone
  const files = {
    a: frame(2, -1) + frame(2, -1) + frame(2.2, -2) + frame(2.4, -3),
    b: frame(2.6, -1) + frame(2.4, -3.5) + frame(2.2, -2),
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, `${name}.xyz`), text);
    const job = service.jobs.create('import', name, { files: [join(folder, `${name}.xyz`)] });
    await service.jobs.run(job);
  }
});
afterAll(() => {
  service[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe('comparison of datasets', () => {
  it('counts structures by content and labels by their difference', () => {
    const [a, b] = service.datasets.list();
    expect(compareDatasets(service.project, a.id, b.id)).toEqual({
      onlyFirst: 1,
      onlySecond: 1,
      shared: 2,
      otherLabels: 1,
      meanEnergyDifference: 0.125,
      largestEnergyDifference: 0.25,
      farthest: [{ first: 3, second: 1, difference: 0.25 }],
    });
  });

  it('finds a dataset the same as itself', () => {
    const [a] = service.datasets.list();
    expect(compareDatasets(service.project, a.id, a.id)).toMatchObject({
      onlyFirst: 0,
      onlySecond: 0,
      shared: 3,
      otherLabels: 0,
      largestEnergyDifference: 0,
    });
  });
});
