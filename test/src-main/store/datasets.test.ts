import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CurationRepository, type CurationChange } from '../../../src-main/store/curation.ts';
import { DatasetRepository } from '../../../src-main/store/datasets.ts';
import { DatasetWriter } from '../../../src-main/store/dataset-writer.ts';
import { addFlags } from '../../../src-main/store/flags.ts';
import { FLAG } from '../../../src-main/store/configuration-row.ts';
import { Project } from '../../../src-main/store/project.ts';
import { addDataset, crystal, temporaryFolder } from '../../support/project.ts';

const folder = temporaryFolder();
let count = 0;
const newProject = () => Project.open(join(folder, `${++count}.fwproj`), { create: true });

describe('datasets', () => {
  it('keep every configuration in order, with its columns', () => {
    using project = newProject();
    const originals = [
      crystal(2, 1, { config_type: 'bulk' }),
      crystal(3, 2),
      { ...crystal(2, 3), energy: undefined },
    ];
    const id = addDataset(project, 'three', originals);
    const datasets = new DatasetRepository(project);
    expect(datasets.get('three')).toMatchObject({
      id,
      configurationCount: 3,
      atomCount: 43,
      withEnergy: 2,
      withForces: 3,
      species: ['Si'],
    });
    expect([...datasets.stream(id)].map((item) => item.configuration)).toEqual(originals);
    expect(datasets.configuration(id, 1)).toEqual(originals[1]);
    const rows = datasets.rows(id);
    expect(rows.map((row) => row.formula)).toEqual(['Si8', 'Si27', 'Si8']);
    expect(rows[0]).toMatchObject({
      position: 0,
      configType: 'bulk',
      volume: 125,
      pressure: 6 / 375,
      excluded: false,
      weight: 1,
      split: null,
    });
    expect(rows[0].energyPerAtom).toBeCloseTo((originals[0].energy ?? NaN) / 8, 12);
    expect(rows[2].energy).toBeNull();
    expect(datasets.column(id, 'energyPerAtom')[2]).toBeNaN();
    expect(datasets.rows(id, { orderBy: 'atoms', descending: true, limit: 1 })[0].position).toBe(1);
    // without a value comes last, whichever way one sorts
    expect(datasets.rows(id, { orderBy: 'energy', descending: true })[2].position).toBe(2);
  });

  it('get a name of their own, are found by name or number, renamed and removed', () => {
    using project = newProject();
    const datasets = new DatasetRepository(project);
    const ids = [1, 2, 3].map((seed) => addDataset(project, 'same', [crystal(2, seed)]));
    expect(datasets.list().map((dataset) => dataset.name)).toEqual(['same', 'same (2)', 'same (3)']);
    expect(datasets.get(String(ids[1])).name).toBe('same (2)');
    expect(() => datasets.get('none')).toThrow(/no dataset "none"/);
    expect(() => datasets.rename(ids[0], 'same (2)')).toThrow(/already/);
    datasets.remove(ids[1]);
    expect(project.sqlite.prepare('SELECT count(*) FROM configuration_data').pluck().get()).toBe(2);
    expect(project.integrity()).toEqual([]);
  });

  it('are not there before they are complete', () => {
    using project = newProject();
    const datasets = new DatasetRepository(project);
    {
      using writer = new DatasetWriter(project);
      for (let k = 0; k < 1200; k++)
        writer.add(crystal(2, k), { sourceFile: 0, sourceFrame: k, sourceLine: 1 });
      expect(datasets.list()).toEqual([]);
      // the project is free for others meanwhile
      addDataset(project, 'other', [crystal(2, 1)]);
    }
    expect(datasets.list().map((dataset) => dataset.name)).toEqual(['other']);
    expect(project.sqlite.prepare('SELECT count(*) FROM configurations').pluck().get()).toBe(1);
  });

  it('are not there when the last step of saving fails', () => {
    using project = newProject();
    using writer = new DatasetWriter(project);
    writer.add(crystal(2, 1), { sourceFile: 0, sourceFrame: 0, sourceLine: 1 });
    expect(() =>
      writer.commit({ name: 'half' }, () => {
        throw new Error('power cut');
      }),
    ).toThrow('power cut');
    expect(new DatasetRepository(project).list()).toEqual([]);
    expect(project.sqlite.prepare('SELECT count(*) FROM configuration_data').pluck().get()).toBe(0);
  });

  it('have a hash that depends on contents, order and weights only', () => {
    using project = newProject();
    const datasets = new DatasetRepository(project);
    const [a, b] = [crystal(2, 1), crystal(2, 2)];
    const [first, second, turned] = [
      addDataset(project, 'x', [a, b]),
      addDataset(project, 'y', [a, b]),
      addDataset(project, 'z', [b, a]),
    ];
    expect(datasets.get(first).hash).toBe(datasets.get(second).hash);
    expect(datasets.get(first).hash).not.toBe(datasets.get(turned).hash);
    expect(datasets.selectionHash(first)).toBe(datasets.get(first).hash);
    new CurationRepository(project).apply(second, {
      kind: 'reweight',
      description: '',
      field: 'weight',
      positions: Uint32Array.of(1),
      values: 2,
    });
    expect(datasets.selectionHash(second)).not.toBe(datasets.selectionHash(first));
    new CurationRepository(project).apply(first, {
      kind: 'exclude',
      description: '',
      field: 'excluded',
      positions: Uint32Array.of(0),
      values: 1,
    });
    expect(datasets.selectionHash(first)).toBe(datasets.selectionHash(first, Uint32Array.of(1)));
  });

  it.skipIf(!existsSync('/proc/self/io'))(
    'open without reading the atoms: 1e6 of them cost less than 1 % of the file',
    () => {
      const path = join(folder, 'large.fwproj');
      {
        using project = Project.open(path, { create: true });
        const block = crystal(20, 1);
        using writer = new DatasetWriter(project);
        for (let k = 0; k < 125; k++)
          writer.add({ ...block, energy: -40000 - k }, { sourceFile: 0, sourceFrame: k, sourceLine: 1 });
        writer.commit({ name: 'million' });
        project.sqlite.pragma('wal_checkpoint(TRUNCATE)');
      }
      const bytesRead = () => Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
      const before = bytesRead();
      using project = Project.open(path);
      const datasets = new DatasetRepository(project);
      const [dataset] = datasets.list();
      expect(dataset.atomCount).toBe(1_000_000);
      const rows = datasets.rows(dataset.id, { limit: 100 });
      const column = datasets.column(dataset.id, 'energyPerAtom');
      const read = bytesRead() - before;
      expect(rows).toHaveLength(100);
      expect(column).toHaveLength(125);
      const size = statSync(path).size;
      expect(size).toBeGreaterThan(48e6);
      expect(read).toBeLessThan(0.01 * size);
      // one configuration costs its own arrays and little more
      const single = datasets.configuration(dataset.id, 77);
      expect(single.energy).toBe(-40077);
      expect(bytesRead() - before - read).toBeLessThan(3 * 8000 * (24 + 24 + 2));
    },
  );
});

describe('selections', () => {
  it('follow parts, tags, flags and exclusion', () => {
    using project = newProject();
    const id = addDataset(
      project,
      'x',
      [0, 1, 2, 3, 4, 5].map((k) => crystal(2, k, { config_type: k < 3 ? 'liquid' : 'bulk' })),
    );
    const datasets = new DatasetRepository(project);
    const curation = new CurationRepository(project);
    const change = (field: CurationChange['field'], positions: number[], values: CurationChange['values']) =>
      curation.apply(id, {
        kind: 'tag',
        description: '',
        field,
        positions: Uint32Array.from(positions),
        values,
      });
    change('split', [0, 3], 'test');
    change('tag:odd', [1, 3, 5], 1);
    change('excluded', [5], 1);
    addFlags(project, id, [
      { position: 2, flag: FLAG.energyOutlier, score: null, message: '' },
      { position: 2, flag: FLAG.closeAtoms, score: null, message: '' },
    ]);
    const select = (selection: Parameters<DatasetRepository['select']>[1]) => [
      ...datasets.select(id, selection),
    ];
    expect(select({})).toEqual([0, 1, 2, 3, 4]);
    expect(select({ withExcluded: true })).toEqual([0, 1, 2, 3, 4, 5]);
    expect(select({ parts: ['test'] })).toEqual([0, 3]);
    expect(select({ parts: [null] })).toEqual([1, 2, 4]);
    expect(select({ parts: [null, 'test'] })).toEqual([0, 1, 2, 3, 4]);
    expect(select({ tags: ['odd'] })).toEqual([1, 3]);
    expect(select({ tags: ['odd', 'bulk'] })).toEqual([1, 3, 4]);
    expect(select({ flags: ['closeAtoms'] })).toEqual([2]);
    expect(select({ withoutFlags: ['energyOutlier'], parts: [null] })).toEqual([1, 4]);
    expect(datasets.parts(id)).toEqual({ '': 3, test: 2 });
    expect(datasets.tags(id)).toEqual({ bulk: 3, liquid: 3, odd: 3 });
  });
});

describe('curation', () => {
  const size = 6;
  const positions = fc.uniqueArray(fc.integer({ min: 0, max: size - 1 }), { minLength: 1 });
  const step: fc.Arbitrary<{
    field: CurationChange['field'];
    positions: number[];
    values: CurationChange['values'];
  }> = fc.oneof(
    fc.record({ field: fc.constant('excluded' as const), positions, values: fc.constantFrom(0, 1) }),
    fc.record({ field: fc.constant('weight' as const), positions, values: fc.constantFrom(0, 0.5, 1, 2) }),
    fc.record({
      field: fc.constant('split' as const),
      positions,
      values: fc.constantFrom('train', 'test', null),
    }),
    fc.record({
      field: fc.constantFrom('tag:a' as const, 'tag:b' as const),
      positions,
      values: fc.constantFrom(0, 1),
    }),
  );

  it('can be undone step by step to the beginning and done again to the end', () => {
    using project = newProject();
    const datasets = new DatasetRepository(project);
    const curation = new CurationRepository(project);
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const id = addDataset(
          project,
          'x',
          Array.from({ length: size }, (_, k) => crystal(1, k)),
        );
        const state = () =>
          JSON.stringify([
            datasets.rows(id).map(({ excluded, weight, split }) => [excluded, weight, split]),
            ['a', 'b'].map((tag) => [...datasets.select(id, { tags: [tag], withExcluded: true })]),
            datasets.get(id).split,
          ]);
        const states = [state()];
        for (const { field, positions: where, values } of steps) {
          const split =
            field === 'split' ? { method: 'manual' as const, createdAt: states.length } : undefined;
          const changed = curation.apply(id, {
            kind: 'tag',
            description: `step ${states.length}`,
            field,
            positions: Uint32Array.from(where),
            values,
            split,
          });
          if (changed > 0 || split !== undefined) states.push(state());
        }
        for (let k = states.length - 2; k >= 0; k--) {
          expect(curation.undo(id)).toBeDefined();
          expect(state()).toBe(states[k]);
        }
        expect(curation.undo(id)).toBeUndefined();
        for (let k = 1; k < states.length; k++) {
          expect(curation.redo(id)).toBeDefined();
          expect(state()).toBe(states[k]);
        }
        expect(curation.redo(id)).toBeUndefined();
        datasets.remove(id);
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  it('drops undone steps when a new one is made, and does not record what changes nothing', () => {
    using project = newProject();
    const id = addDataset(project, 'x', [crystal(2, 1), crystal(2, 2)]);
    const curation = new CurationRepository(project);
    const exclude = (position: number, description: string) =>
      curation.apply(id, {
        kind: 'exclude',
        description,
        field: 'excluded',
        positions: Uint32Array.of(position),
        values: 1,
      });
    expect(exclude(0, 'first')).toBe(1);
    expect(exclude(0, 'nothing')).toBe(0);
    expect(exclude(1, 'second')).toBe(1);
    curation.undo(id);
    expect(curation.steps(id).map((step) => [step.description, step.undone])).toEqual([
      ['first', false],
      ['second', true],
    ]);
    exclude(1, 'third');
    expect(curation.steps(id).map((step) => step.description)).toEqual(['first', 'third']);
    expect(() => exclude(2, 'outside')).toThrow(/no configuration number 2/);
    expect(curation.steps(id)).toHaveLength(2);
  });
});
