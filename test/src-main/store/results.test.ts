import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AnalysisRepository } from '../../../src-main/store/analyses.ts';
import { PotentialRepository } from '../../../src-main/store/potentials.ts';
import { Project } from '../../../src-main/store/project.ts';
import {
  TrajectoryReader,
  TrajectoryRepository,
  TrajectoryWriter,
  type TrajectoryHead,
} from '../../../src-main/store/trajectories.ts';
import { DatasetRepository } from '../../../src-main/store/datasets.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';

const folder = temporaryFolder();
let count = 0;
const newProject = () => Project.open(join(folder, `${++count}.fwproj`), { create: true });

describe('potentials', () => {
  it('are kept to the letter, with their provenance, and outlive their dataset', () => {
    using project = newProject();
    const potentials = new PotentialRepository(project);
    const datasetId = addDataset(project, 'x', [crystal(2, 1)]);
    const document = '{ "schema": 1,\n "c": 0.1000000000000000055511151231257827, "ξ": "é" }\n';
    const facts = {
      form: 'moment-tensor',
      species: ['Si'],
      document,
      metrics: { train: { energy: 0.1 } },
      settings: { level: 16 },
      provenance: { seed: 1 },
      datasetId,
      datasetHash: 'abc',
    };
    const id = potentials.add({ name: 'Si', ...facts });
    expect(potentials.add({ name: 'Si', ...facts })).not.toBe(id);
    expect(potentials.list().map((potential) => potential.name)).toEqual(['Si (2)', 'Si']);
    expect(potentials.document(id)).toBe(document);
    new DatasetRepository(project).remove(datasetId);
    expect(potentials.get('Si')).toMatchObject({
      id,
      form: 'moment-tensor',
      species: ['Si'],
      metrics: facts.metrics,
      settings: facts.settings,
      provenance: { seed: 1 },
      datasetId: undefined,
      datasetHash: 'abc',
    });
    potentials.rename(id, 'silicon');
    expect(() => potentials.rename(id, 'Si (2)')).toThrow(/already/);
    expect(() => potentials.get('Si')).toThrow(/no potential "Si"/);
  });

  it('are refused when their text was changed behind our back', () => {
    using project = newProject();
    const potentials = new PotentialRepository(project);
    const id = potentials.add({ name: 'Si', form: 'moment-tensor', species: ['Si'], document: '{"a":1}' });
    project.sqlite.prepare('UPDATE potentials SET document = \'{"a":2}\'').run();
    expect(() => potentials.document(id)).toThrow(/damaged/);
    // nor are texts read that are larger than any potential
    expect(() => potentials.document(id, 6)).toThrow(/has 7 bytes, more than any potential \(6\)/);
  });
});

describe('analyses', () => {
  it('are found again by their inputs, whatever the order of keys, with arrays of their type', async () => {
    using project = newProject();
    const analyses = new AnalysisRepository(project);
    const data = Float64Array.of(1, NaN, 3, 4, 5, 6);
    analyses.save(
      'rdf',
      { hash: 'a', bins: 10 },
      { result: { peak: 2.3 }, arrays: { g: { data, shape: [2, 3] }, n: { data: Uint16Array.of(1, 2) } } },
    );
    const found = analyses.find('rdf', { bins: 10, hash: 'a' });
    expect(found).toMatchObject({
      kind: 'rdf',
      result: { peak: 2.3 },
      arrays: { g: { data, shape: [2, 3] }, n: { shape: [2] } },
    });
    expect(found?.arrays?.n.data).toEqual(Uint16Array.of(1, 2));
    expect(analyses.find('rdf', { bins: 11, hash: 'a' })).toBeUndefined();
    expect(analyses.find('entropy', { bins: 10, hash: 'a' })).toBeUndefined();
    let computed = 0;
    const compute = () => Promise.resolve({ result: ++computed });
    for (let k = 0; k < 3; k++) expect((await analyses.cached('slow', { x: 1 }, compute)).result).toBe(1);
    const known = analyses.known('rdf', { bins: 10, hash: 'a' });
    // two jobs of one question: who was told the number of the first finds the second there
    expect(analyses.save('rdf', { hash: 'a', bins: 10 }, { result: 'new' })).toBe(known);
    expect(analyses.list('rdf').map((item) => item.result)).toEqual(['new']);
    expect(project.sqlite.prepare('SELECT count(*) FROM analysis_arrays').pluck().get()).toBe(0);
  });
});

function head(atoms: number): TrajectoryHead {
  return {
    name: 'run',
    symbols: ['Si'],
    kinds: new Uint16Array(atoms),
    periodic: [true, true, true],
    masses: new Float64Array(atoms).fill(28),
    arrays: ['positions', 'velocities', 'atomEnergies'],
    scalars: ['step', 'energy_ev'],
    settings: { temperature: 300 },
  };
}

/** A frame whose every number tells which frame it is. */
function frame(atoms: number, k: number) {
  return {
    positions: new Float64Array(3 * atoms).map((_, i) => k + i / 1024),
    velocities: new Float32Array(3 * atoms).fill(-k),
    atomEnergies: new Float64Array(atoms).fill(k / 2),
    cell: Float64Array.of(10 + k, 0, 0, 0, 10, 0, 0, 0, 10.1),
    scalars: [k, -k / 3],
  };
}

describe('trajectories', () => {
  it.each([3, 5000, 60_000])('of %i atoms are found frame by frame in any order', (atoms) => {
    using project = newProject();
    const frames = 40;
    const writer = TrajectoryWriter.create(project, head(atoms));
    for (let k = 0; k < frames; k++) writer.append(frame(atoms, k));
    writer.finish();
    const reader = new TrajectoryReader(project, writer.id);
    expect(reader.frames).toBe(frames);
    for (const k of [39, 0, 17, 18, 1]) {
      const expected = frame(atoms, k);
      const found = reader.frame(k);
      expect(found.positions).toEqual(Float32Array.from(expected.positions));
      expect(found.velocities).toEqual(expected.velocities);
      expect(found.atomEnergies).toEqual(Float32Array.from(expected.atomEnergies));
      expect(found.cell).toEqual(expected.cell);
      expect([...found.scalars]).toEqual(expected.scalars);
    }
    expect(() => reader.frame(frames)).toThrow(/no frame 40/);
    expect(() => reader.frame(-1)).toThrow(/no frame -1/);
    expect(reader.series('energy_ev')).toEqual(Float64Array.from({ length: frames }, (_, k) => -k / 3));
    expect(reader.head).toMatchObject({
      name: 'run',
      settings: { temperature: 300 },
      arrays: ['positions', 'velocities', 'atomEnergies'],
    });
    expect(new TrajectoryRepository(project).list()).toMatchObject([{ atoms, frames, complete: true }]);
  });

  it('can be read from another connection while they grow', () => {
    using project = newProject();
    using other = Project.open(project.path);
    using writer = TrajectoryWriter.create(project, head(10));
    const reader = new TrajectoryReader(other, writer.id);
    for (let k = 0; k < 9; k++) {
      writer.append(frame(10, k));
      writer.flush();
      expect(reader.frames).toBe(k + 1);
      expect(reader.frame(k).scalars[0]).toBe(k);
    }
    expect(new TrajectoryRepository(other).list()[0].complete).toBe(false);
  });

  it.each([0, 1, 25, 26, 40])('go on from frame %i after an interruption', (kept) => {
    using project = newProject();
    const writer = TrajectoryWriter.create(project, head(700));
    for (let k = 0; k < 40; k++) writer.append(frame(700, k));
    writer[Symbol.dispose]();
    const resumed = TrajectoryWriter.resume(project, writer.id, kept, undefined);
    expect(resumed.frames).toBe(kept);
    for (let k = kept; k < 60; k++) resumed.append(frame(700, 1000 + k));
    resumed.finish();
    const steps = new TrajectoryReader(project, writer.id).series('step');
    expect([...steps]).toEqual(Array.from({ length: 60 }, (_, k) => (k < kept ? k : 1000 + k)));
    const reader = new TrajectoryReader(project, writer.id);
    for (const k of [0, 24, 25, 26, 59])
      expect(reader.frame(k).positions[1]).toBe(Math.fround(steps[k] + 1 / 1024));
    expect(() => TrajectoryWriter.resume(project, writer.id, 61, undefined)).toThrow(/60 frames/);
  });

  it('are refused frames of another shape', () => {
    using project = newProject();
    using writer = TrajectoryWriter.create(project, head(10));
    expect(() => writer.append(frame(9, 0))).toThrow(/27 numbers for positions; expected 30/);
    expect(() => writer.append({ ...frame(10, 0), velocities: undefined })).toThrow(
      /no numbers for velocities/,
    );
    expect(() => writer.append({ ...frame(10, 0), scalars: [1] })).toThrow(/scalars/);
    expect(writer.frames).toBe(0);
  });

  it('need memory for a chunk, not for the run: 1e5 atoms', () => {
    using project = newProject();
    const atoms = 100_000;
    const writer = TrajectoryWriter.create(project, { ...head(atoms), arrays: ['positions'] });
    const one = frame(atoms, 0);
    const held = () => process.memoryUsage().rss;
    for (let k = 0; k < 10; k++) writer.append(one);
    const before = held();
    let most = 0;
    for (let k = 0; k < 100; k++) {
      one.scalars[0] = k;
      writer.append(one);
      most = Math.max(most, held() - before);
    }
    writer.finish();
    // 100 frames are 120 MB
    expect(most).toBeLessThan(40e6);
    const reader = new TrajectoryReader(project, writer.id);
    expect(reader.frame(109).scalars[0]).toBe(99);
  });
});
