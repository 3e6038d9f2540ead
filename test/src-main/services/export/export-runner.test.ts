/** An export as a job: its report is kept, a stop is a stop. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatPotentialDocument } from '../../../../src-compute/potentials/document.ts';
import { lennardJonesModel } from '../../../../src-compute/potentials/pair/index.ts';
import { exportReport } from '../../../../src-main/services/export/export-runner.ts';
import { ExportShelf } from '../../../../src-main/api/export-folder.ts';
import { ProjectService } from '../../../../src-main/services/project-service.ts';
import { temporaryFolder } from '../../../support/project.ts';
import { randomModel } from '../../../support/moment-tensor.ts';

const folder = temporaryFolder();

function project(name: string): ProjectService {
  const service = ProjectService.open(join(folder, `${name}.fwproj`), { create: true });
  const provenance = { program: 'test', created: '2026-01-01', data: [], settings: {}, report: {} };
  const pair = { name: 'Ar', model: lennardJonesModel('Ar', 0.01, 3.4, 7), provenance, metrics: {} };
  const moment = {
    name: 'Si',
    model: randomModel({ level: 4, species: ['Si'], cutoff: 5 }),
    provenance,
    metrics: {},
  };
  for (const document of [moment, pair])
    service.potentials.add({
      name: document.name,
      form: document.model.form,
      species: document.model.species,
      document: formatPotentialDocument(document),
    });
  return service;
}

describe('an export job', () => {
  it('writes the files and keeps what is to be known of them', async () => {
    using service = project('export');
    const out = join(folder, 'mlip');
    mkdirSync(out);
    const settings = { potentialId: 1, format: 'mlip', out, comments: ['made for a test'] };
    const job = await service.jobs.run(service.jobs.create('export', 'Export', settings));
    expect(job.state).toBe('done');
    expect(exportReport.parse(job.result)).toMatchObject({ tested: null });
    expect(readdirSync(out).some((file) => file.endsWith('.mtp'))).toBe(true);
  });

  it('fails in words where a format cannot hold the potential, and is not offered again', async () => {
    using service = project('refused');
    const settings = { potentialId: 2, format: 'mlip', out: folder, comments: [] };
    const id = service.jobs.create('export', 'Export', settings);
    await expect(service.jobs.run(id)).rejects.toThrow(/MLIP|moment tensor/);
    const { error } = service.jobs.get(id);
    expect(error?.lasting).toBe(true);
  });

  it('is cancelled like any other', async () => {
    using service = project('stopped');
    const out = join(folder, 'stopped');
    const settings = { potentialId: 1, format: 'kim', out, comments: [] };
    const id = service.jobs.create('export', 'Export', settings);
    await expect(service.jobs.run(id, AbortSignal.abort())).rejects.toThrow();
    expect(service.jobs.get(id)).toMatchObject({ state: 'cancelled', error: undefined });
  });

  it('has its files taken once, by the host that asked', () => {
    const shelf = new ExportShelf(join(folder, 'shelf'));
    shelf.expect(3, '/somewhere');
    expect(() => shelf.take(4)).toThrow(/not there any more/);
    expect(shelf.take(3)).toBe('/somewhere');
    expect(() => shelf.take(3)).toThrow(/not there any more/);
  });
});
