/** Errors belong to the test set that they were measured on. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatPotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { stillingerWeberSilicon } from '../../../../src-compute/potentials/stillinger-weber/index.ts';
import { potentialView } from '../../../../src-main/api/routers/potentials.ts';
import type { OpenProject } from '../../../../src-main/api/workspace.ts';
import { Background } from '../../../../src-main/services/background/background.ts';
import { TestSets } from '../../../../src-main/services/datasets/test-set.ts';
import { ProjectService } from '../../../../src-main/services/project-service.ts';
import { resourcePath } from '../../../../src-main/services/resources.ts';
import { temporaryFolder } from '../../../support/project.ts';

const folder = temporaryFolder();

describe('the test set of a potential', () => {
  it('is a fit’s, and its change marks the errors until it is taken back', async () => {
    using service = ProjectService.open(join(folder, 'test-set.fwproj'), { create: true });
    const open = Object.assign(service, { key: '', name: '' }) as OpenProject;
    const files = [resourcePath('samples', 'silicon', 'Si_test.xyz')];
    await service.jobs.run(service.jobs.create('import', 'import', { files, split: 'random:0.3' }));
    const fit = { datasetId: 1, name: 'small', request: { level: 4, linear: true, threads: 1, zbl: false } };
    await service.jobs.run(service.jobs.create('fit', 'fit', fit));
    const view = () => potentialView(open, service.potentials.get('small'));
    expect(view()).toMatchObject({ testChanged: false, testSet: service.tests.digest({ datasetId: 1 }) });
    const store = service.datasets.store;
    const tested = store.select(1, { parts: ['test'] });
    const trained = store.select(1, { parts: ['train'] });
    expect(service.tests.count(1, Uint32Array.of(tested[0], trained[0], tested[1]))).toBe(2);
    // what it was trained on may change: the errors are still those of the same configurations
    service.datasets.exclude(1, trained.subarray(0, 2));
    expect(view().testChanged).toBe(false);
    service.datasets.exclude(1, tested.subarray(0, 1));
    expect(view().testChanged).toBe(true);
    service.datasets.undo(1);
    expect(view().testChanged).toBe(false);
  });

  it('of a large dataset is looked at in another thread, and the page is told when it is known', async () => {
    using service = ProjectService.open(join(folder, 'large.fwproj'), { create: true });
    const files = [resourcePath('samples', 'silicon', 'Si_test.xyz')];
    await service.jobs.run(service.jobs.create('import', 'import', { files, split: 'random:0.3' }));
    // ten configurations are large here
    using background = new Background(service.project, 10);
    const tests = new TestSets(service.project, service.datasets.store, background);
    const here = service.tests.digest({ datasetId: 1 });
    expect(here).toBeDefined();
    let told = 0;
    await new Promise<void>((known) => {
      const learned = () => {
        told++;
        known();
      };
      expect(tests.present({ datasetId: 1 }, learned)).toBe('checking');
      // asked again meanwhile, it is still looked at once
      expect(tests.present({ datasetId: 1 }, learned)).toBe('checking');
    });
    expect(tests.present({ datasetId: 1 }, () => told++)).toEqual({ digest: here });
    expect(told).toBe(1);
  });

  it('is not known of potentials that do not say', () => {
    using service = ProjectService.open(join(folder, 'foreign.fwproj'), { create: true });
    const provenance = { program: 'imported', created: '2026-01-01', data: [], settings: {}, report: {} };
    const document = { name: 'Si', model: stillingerWeberSilicon(), provenance, metrics: {} };
    service.potentials.add({
      name: 'Si',
      form: 'stillinger-weber',
      species: ['Si'],
      document: formatPotentialDocument(document),
    });
    const open = Object.assign(service, { key: '', name: '' }) as OpenProject;
    expect(potentialView(open, service.potentials.get('Si'))).toMatchObject({ testChanged: false });
  });
});
