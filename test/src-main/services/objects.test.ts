/** What was made from what, and the page of each object: read from jobs, provenance and sources, with notes kept. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatPotentialDocument } from '../../../src-compute/potentials/document.ts';
import { lennardJonesModel } from '../../../src-compute/potentials/pair/lennard-jones.ts';
import { lineageOf } from '../../../src-main/services/objects/lineage.ts';
import { flat, objectPage } from '../../../src-main/services/objects/object-page.ts';
import { ProjectService } from '../../../src-main/services/project-service.ts';
import { JobRepository } from '../../../src-main/store/jobs.ts';
import type { JsonValue } from '../../../src-main/store/json.ts';
import { NoteRepository } from '../../../src-main/store/notes.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';

const folder = temporaryFolder();
let files = 0;

function opened(): ProjectService {
  const service = ProjectService.open(join(folder, `${files++}.fwproj`), { create: true });
  onTestFinished(() => service[Symbol.dispose]());
  return service;
}

const metrics = {
  configurations: 4,
  atoms: 32,
  energy_mae_mev_per_atom: 1.234,
  energy_rmse_mev_per_atom: 2,
  force_mae_ev_per_a: 0.05,
  force_rmse_ev_per_a: 0.07,
  virial_mae_mev_per_atom: null,
  virial_rmse_mev_per_atom: null,
};

/** A job that is done: what the real ones leave behind. */
function doneJob(
  service: ProjectService,
  kind: string,
  title: string,
  settings: JsonValue,
  result: JsonValue,
): number {
  const id = new JobRepository(service.project).create(kind, title, settings);
  service.project
    .prepare<[string, number, number, number]>(
      "UPDATE jobs SET state = 'done', result = ?, started_at = ?, finished_at = ? WHERE id = ?",
    )
    .run(JSON.stringify(result), 1000, 43_500, id);
  return id;
}

function project() {
  const service = opened();
  const data = addDataset(service.project, 'data', [crystal(2, 1), crystal(2, 2)]);
  const other = addDataset(service.project, 'test', [crystal(2, 3)]);
  const joined = service.datasets.combine('both', [
    { datasetId: data, selection: {} },
    { datasetId: other, selection: {} },
  ]);
  const document = formatPotentialDocument({
    name: 'fitted',
    model: lennardJonesModel('Si', 0.1, 2, 5),
    metrics: { test: metrics, train: metrics },
    provenance: {
      program: 'forcewright',
      created: '2024-01-01T00:00:00Z',
      data: [{ name: 'data', role: 'train', sha256: 'a'.repeat(64) }],
      settings: { level: 8, weights: { energy: 1, force: 0.3 } },
      report: {},
    },
  });
  const fit = doneJob(
    service,
    'fit',
    'Fit fitted',
    { datasetId: data, testDatasetId: other, request: { threads: 2 } },
    { potentialId: 1 },
  );
  const potential = service.potentials.add({
    name: 'fitted',
    form: 'lennard-jones',
    species: ['Si'],
    document,
    datasetId: data,
    jobId: fit,
  });
  const run = doneJob(
    service,
    'md',
    'run of fitted',
    { potentialId: potential, structure: { kind: 'dataset', datasetId: joined, position: 0 } },
    { steps: 100, temperature: { value: 706.2546, error: 121.918 }, drift: -0.13345, trajectoryId: 1 },
  );
  const exported = doneJob(
    service,
    'export',
    'Export fitted',
    { potentialId: potential, format: 'kim', out: '/nowhere', comments: [] },
    {
      name: 'fitted',
      built: true,
      tested: { lammps: '29 Sep 2021', energyDifference: 1e-14, forceDifference: 2e-13 },
      notes: [],
    },
  );
  doneJob(service, 'evaluate', 'Evaluate', { potentialId: potential, datasetId: data }, {});
  return { service, data, other, joined, potential, run, exported };
}

describe('lineage', () => {
  it('names every object once and every arrow from what it was made of', () => {
    const { service, data, other, joined, potential, run, exported } = project();
    const { nodes, edges } = lineageOf(service.project);
    expect(nodes.map(({ key }) => key).sort()).toEqual(
      [
        `dataset:${data}`,
        `dataset:${other}`,
        `dataset:${joined}`,
        `potential:${potential}`,
        `run:${run}`,
        `export:${exported}`,
      ].sort(),
    );
    const drawn = edges.map(([from, to]) => `${from} ${to}`).sort();
    expect(drawn).toEqual(
      [
        `dataset:${data} dataset:${joined}`,
        `dataset:${other} dataset:${joined}`,
        `dataset:${data} potential:${potential}`,
        `dataset:${other} potential:${potential}`,
        `potential:${potential} run:${run}`,
        `dataset:${joined} run:${run}`,
        `potential:${potential} export:${exported}`,
      ].sort(),
    );
  });

  it('leaves out what was removed, and survives settings that name nothing', () => {
    const { service, data, run } = project();
    doneJob(service, 'md', 'of another version', 'text', ['list']);
    service.datasets.store.remove(data);
    const { nodes, edges } = lineageOf(service.project);
    expect(nodes.some(({ key }) => key === `dataset:${data}`)).toBe(false);
    expect(edges.flat().filter((key) => !nodes.some((node) => node.key === key))).toEqual([]);
    expect(edges.some(([, to]) => to === `run:${run}`)).toBe(true);
  });
});

describe('the page of an object', () => {
  it('says of a potential what it is, what it was made of and for, what it cost and what was found out', () => {
    const { service, potential, data } = project();
    const page = objectPage(service, 'potential', potential);
    expect(page.name).toBe('fitted');
    expect(page.cost).toEqual({ seconds: 42.5, cores: 2 });
    expect(page.parents.map(({ key }) => key)).toContain(`dataset:${data}`);
    expect(page.children.map(({ kind }) => kind).sort()).toEqual(['export', 'run']);
    expect(page.version).toMatch(/^[0-9a-f]{64}$/);
    expect(page.settings).toContainEqual({ label: 'weights.force', value: '0.3' });
    expect(page.facts).toContainEqual({ label: 'Test energy MAE (meV/atom)', value: '1.23' });
    const badges = Object.fromEntries(page.badges.map(({ kind, text }) => [kind, text]));
    expect(badges.verified).toMatch(/LAMMPS 29 Sep 2021: forces agree to 2\.0e-13/);
    expect(badges.tested).toMatch(/4 configurations/);
    expect(badges.validated).toBeUndefined();
  });

  it('says when the test set is another one by now', () => {
    const { service, data, other, potential } = project();
    const digest = service.tests.digest({ datasetId: data, testDatasetId: other }) ?? '';
    expect(digest).not.toBe('');
    const document = JSON.parse(service.potentials.document(potential)) as { provenance: { data: object[] } };
    document.provenance.data.push({ name: 'test', role: 'test', sha256: digest });
    const text = JSON.stringify(document);
    service.project
      .prepare<[string, string, number]>('UPDATE potentials SET document = ?, file_hash = ? WHERE id = ?')
      .run(text, createHash('sha256').update(text).digest('hex'), potential);
    const kinds = () => objectPage(service, 'potential', potential).badges.map(({ kind }) => kind);
    expect(kinds()).toContain('tested');
    service.datasets.exclude(other, Uint32Array.of(0), 'outlier');
    expect(kinds()).toContain('changed');
    expect(kinds()).not.toContain('tested');
  });

  it('says of datasets and runs what they are', () => {
    const { service, joined, run, potential } = project();
    const dataset = objectPage(service, 'dataset', joined);
    expect(dataset.facts).toContainEqual({ label: 'Configurations', value: '3' });
    expect(dataset.parents).toHaveLength(2);
    const page = objectPage(service, 'run', run);
    expect(page.parents.map(({ key }) => key)).toContain(`potential:${potential}`);
    expect(page.cost?.seconds).toBe(42.5);
    expect(page.facts).toEqual([
      { label: 'State', value: 'done' },
      { label: 'Steps', value: '100' },
      { label: 'Temperature (K)', value: '706 ± 122' },
      { label: 'Drift (meV/atom/ps)', value: '-0.1335' },
    ]);
    expect(() => objectPage(service, 'run', 999)).toThrow(/no run number 999/);
    // an evaluation is a job, and no run
    expect(() => objectPage(service, 'run', 4)).toThrow(/no run number 4/);
  });

  it('keeps notes in the project', () => {
    const { service, potential } = project();
    const notes = new NoteRepository(service.project);
    notes.set('potential', potential, 'first');
    notes.set('potential', potential, 'second\nline');
    notes.set('dataset', potential, 'another object of that number');
    expect(objectPage(service, 'potential', potential).notes).toBe('second\nline');
    expect(objectPage(service, 'dataset', potential).notes).toBe('another object of that number');
  });

  it('flattens settings', () => {
    expect(flat({ a: { b: 1, c: [1, 2] }, d: null, e: [] })).toEqual([
      { label: 'a.b', value: '1' },
      { label: 'a.c', value: '1, 2' },
    ]);
  });
});
