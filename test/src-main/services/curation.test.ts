import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { readConfigurations } from '../../../src-main/formats/index.ts';
import { DatasetService } from '../../../src-main/services/datasets/dataset-service.ts';
import { robustScores } from '../../../src-main/services/datasets/flags.ts';
import { addFlags } from '../../../src-main/store/flags.ts';
import { hashParts, parseSplit, randomParts } from '../../../src-main/services/datasets/splits.ts';
import { MOST_BYTES, uniformOf } from '../../../src-main/services/datasets/short-sha256.ts';
import { FLAG, flagNames } from '../../../src-main/store/configuration-row.ts';
import { Project } from '../../../src-main/store/project.ts';
import { countWork } from '../../support/counted-project.ts';
import { addDataset, crystal, randomNumbers, temporaryFolder } from '../../support/project.ts';
import { hasShared, sharedPath } from '../../support/shared.ts';

const folder = temporaryFolder();
let count = 0;
const newProject = () => Project.open(join(folder, `${++count}.fwproj`), { create: true });
const tally = (parts: readonly string[]) =>
  Object.fromEntries(
    [...new Set(parts)].sort().map((part) => [part, parts.filter((p) => p === part).length]),
  );

describe('splits', () => {
  it('at random have the exact shares and depend on the seed alone', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 400 }),
        fc.nat(1000),
        fc.double({ min: 0.01, max: 0.45, noNaN: true }),
        (n, seed, share) => {
          const parts = randomParts(n, { test: share, validation: share }, seed);
          expect(parts).toEqual(randomParts(n, { test: share, validation: share }, seed));
          const wanted = Math.max(1, Math.round(share * n));
          expect(parts.filter((part) => part === 'test').length).toBe(Math.min(wanted, n - 1));
          expect(parts).toContain('train');
          if (n > 100)
            expect(parts).not.toEqual(randomParts(n, { test: share, validation: share }, seed + 1));
        },
      ),
      { numRuns: 50, seed: 2 },
    );
    // written down, so that a change of the method is noticed: stored seeds must mean the same for ever
    expect(
      randomParts(12, { test: 0.25 }, 7)
        .map((part) => (part === 'test' ? 1 : 0))
        .join(''),
    ).toBe('000110010000');
  });

  it('at random keep the same structure on one side', () => {
    for (let seed = 0; seed < 200; seed++) {
      // 60 configurations of 20 structures, and 20 that occur once
      const first = Uint32Array.from({ length: 80 }, (_, k) => (k < 60 ? k % 20 : k));
      const parts = randomParts(80, { test: 0.2, validation: 0.1 }, seed, first);
      first.forEach((group, k) => expect(parts[k]).toBe(parts[group]));
      const tests = parts.filter((part) => part === 'test').length;
      expect(tests).toBeGreaterThanOrEqual(16);
      expect(tests).toBeLessThan(16 + 3);
    }
    expect(randomParts(4, { test: 0.5 }, 1, new Uint32Array(4))).toEqual(Array(4).fill('train'));
  });

  it('at random prefer no place: each is chosen about equally often', () => {
    const n = 20;
    const chosen = new Array<number>(n).fill(0);
    const seeds = 2000;
    for (let seed = 0; seed < seeds; seed++)
      randomParts(n, { test: 0.25 }, seed).forEach((part, k) => (chosen[k] += part === 'test' ? 1 : 0));
    // binomial: mean 500, standard deviation 19
    for (const times of chosen)
      expect(Math.abs(times - seeds / 4)).toBeLessThan(5 * Math.sqrt(seeds * 0.25 * 0.75));
  });

  it('by content do not move when data is added or reordered, and keep equal structures together', () => {
    const random = randomNumbers(1);
    const hashes = Array.from({ length: 3000 }, () => Uint8Array.from({ length: 16 }, () => 256 * random()));
    const shares = { test: 0.1, validation: 0.2 };
    const partsOf = (digests: readonly Uint8Array[]) => hashParts(Buffer.concat(digests), shares, 3);
    const parts = partsOf(hashes);
    const turned = partsOf([...hashes].reverse()).reverse();
    expect(turned).toEqual(parts);
    expect(partsOf(hashes.slice(0, 100))).toEqual(parts.slice(0, 100));
    expect(partsOf([hashes[5], hashes[5]])).toEqual([parts[5], parts[5]]);
    const { test, validation } = tally(parts);
    expect(Math.abs(test - 300)).toBeLessThan(5 * Math.sqrt(3000 * 0.1 * 0.9));
    expect(Math.abs(validation - 600)).toBeLessThan(5 * Math.sqrt(3000 * 0.2 * 0.8));
  });

  it('mean what they meant: order and part come from SHA-256 of seed and place, or seed and content', () => {
    const uniform = (data: string | Uint8Array) =>
      createHash('sha256').update(data).digest().readUIntBE(0, 6) / 2 ** 48;
    for (const seed of [0, 7, -31, 2 ** 53 - 1]) {
      const n = 1100;
      const order = Array.from({ length: n }, (_, k) => k).sort(
        (a, b) => uniform(`${seed}:${a}`) - uniform(`${seed}:${b}`),
      );
      const parts = new Array<string>(n).fill('train');
      for (const k of order.slice(0, 110)) parts[k] = 'test';
      expect(randomParts(n, { test: 0.1 }, seed)).toEqual(parts);
      const digests = randomBytes(16 * 200);
      expect(hashParts(digests, { test: 0.3 }, seed)).toEqual(
        Array.from({ length: 200 }, (_, k) =>
          uniform(Buffer.concat([Buffer.from(`${seed}:`), digests.subarray(16 * k, 16 * k + 16)])) < 0.3
            ? 'test'
            : 'train',
        ),
      );
    }
    for (let length = 0; length <= MOST_BYTES; length++) {
      const message = randomBytes(MOST_BYTES);
      expect(uniformOf(message, length)).toBe(uniform(message.subarray(0, length)));
    }
  });

  it('are stored, can be made again, by tag too, and can be undone', () => {
    using project = newProject();
    const service = new DatasetService(project);
    const types = ['bulk', 'liquid', 'surface'];
    const id = addDataset(
      project,
      'x',
      Array.from({ length: 30 }, (_, k) => crystal(2, k, { config_type: types[k % 3] })),
    );
    const assigned = () => service.store.rows(id).map((row) => row.split);
    expect(service.split(id, parseSplit('random:test=0.2,validation=0.1', 5))).toEqual({
      test: 6,
      train: 21,
      validation: 3,
    });
    const first = assigned();
    expect(service.get(id).split).toMatchObject({
      method: 'random',
      seed: 5,
      fractions: { test: 0.2, validation: 0.1 },
    });
    expect(service.split(id, parseSplit('tag:liquid,surface=validation'))).toEqual({
      test: 10,
      train: 10,
      validation: 10,
    });
    expect(service.get(id).split).toMatchObject({
      method: 'tag',
      tags: { liquid: 'test', surface: 'validation' },
    });
    service.split(id, parseSplit('random:test=0.2,validation=0.1', 5));
    expect(assigned()).toEqual(first);
    service.undo(id);
    expect(service.get(id).split?.method).toBe('tag');
    service.unsplit(id);
    expect(service.get(id).split).toBeUndefined();
    service.undo(id);
    service.undo(id);
    expect(assigned()).toEqual(first);
    expect(() => service.split(id, parseSplit('tag:gas'))).toThrow(
      /There are: bulk, liquid, surface|no configuration|No configuration/,
    );
  });

  it.each([
    'random',
    'random:',
    'random:0',
    'random:1',
    'random:-0.1',
    'random:x',
    'random:a=b',
    'random:0.6,b=0.5',
    'tag:',
    'tag:a=b=c',
    'magic:0.1',
    '',
  ])('written %j are refused', (text) => expect(() => parseSplit(text)).toThrow(/split/));
});

describe('flags', () => {
  /** Rounds as a file with few digits does. */
  const rounded = (original: Configuration, digits: number): Configuration => ({
    ...original,
    positions: original.positions.map((x) => Number(x.toFixed(digits))),
  });

  it('find what was planted and nothing else', () => {
    using project = newProject();
    const service = new DatasetService(project);
    const plain = Array.from({ length: 60 }, (_, k) => crystal(3, k));
    const wrapped = {
      ...plain[7],
      positions: plain[7].positions.map((x, k) => x + (k % 3 === 1 ? 2 : -1) * plain[7].cell[0] * (k % 2)),
    };
    const close = {
      ...crystal(3, 100),
      positions: crystal(3, 100).positions.map((x, k) => (k === 3 ? x : x)),
    };
    close.positions[5] = close.positions[2] + 0.4;
    close.positions[3] = close.positions[0];
    close.positions[4] = close.positions[1];
    const all = [
      ...plain,
      { ...plain[3] }, // 60: exact
      { ...plain[4], energy: (plain[4].energy ?? 0) + 0.01 }, // 61: other label
      rounded(plain[5], 4), // 62: rounding
      wrapped, // 63: other images
      { ...crystal(3, 200), energy: 27 * -2 }, // 64: 3 eV/atom off
      { ...crystal(3, 201), forces: crystal(3, 201).forces?.map((f) => 60 * f) }, // 65
      close, // 66
    ];
    const id = addDataset(project, 'x', all);
    const { count: found } = service.flag(id);
    const flagged = service.store.rows(id, {
      selection: {
        flags: [
          'duplicate',
          'nearDuplicate',
          'conflictingLabels',
          'energyOutlier',
          'forceOutlier',
          'closeAtoms',
        ],
        withExcluded: true,
      },
    });
    expect(flagged.map((row) => [row.position, flagNames(row.flags).join()])).toEqual([
      [60, 'duplicate'],
      [61, 'conflictingLabels'],
      [62, 'nearDuplicate'],
      [63, 'nearDuplicate'],
      [64, 'energyOutlier'],
      [65, 'forceOutlier'],
      [66, 'closeAtoms'],
    ]);
    expect(found).toBe(7);
    const message = (position: number) => service.store.flagMessages(id, position)[0].message;
    expect(message(60)).toBe('The same as configuration 3.');
    expect(message(61)).toContain('energy by 0.370 meV/atom');
    expect(message(62)).toMatch(
      /Nearly the same as configuration 5: no coordinate differs by more than (4\.\d|5\.0)e-5 Å/,
    );
    expect(message(64)).toContain('above');
    // and once more: the same, not twice
    expect(service.flag(id).count).toBe(7);
  });

  it('are told apart by numbers at hand: structures that differ are not read', () => {
    using project = newProject();
    const service = new DatasetService(project);
    const id = addDataset(
      project,
      'many',
      Array.from({ length: 300 }, (_, k) => {
        const one = crystal(2, k);
        return { ...one, cell: one.cell.map((x) => (1 + 0.01 * k) * x) };
      }),
    );
    const work = countWork(project);
    expect(service.flag(id).count).toBe(0);
    // columns, sums and what is saved; a read for every structure alone would be 300 more
    expect(work.runs).toBeLessThan(150);
  });

  it('find test data that is in the training data of the same project', () => {
    using project = newProject();
    const service = new DatasetService(project);
    const train = Array.from({ length: 20 }, (_, k) => crystal(3, k));
    addDataset(project, 'train', train);
    const test = addDataset(project, 'test', [crystal(3, 50), train[11], rounded(train[12], 5)]);
    service.flag(test);
    expect(service.store.flagMessages(test, 0)).toEqual([]);
    expect(service.store.flagMessages(test, 1)[0].message).toBe('The same as configuration 11 of train.');
    expect(service.store.flagMessages(test, 2)[0].message).toContain('configuration 12 of train');
  });

  it('keep the warnings of the import when duplicates and outliers are looked for again', () => {
    using project = newProject();
    const service = new DatasetService(project);
    const id = addDataset(project, 'x', [crystal(2, 1), crystal(2, 2), crystal(2, 2)]);
    addFlags(project, id, [{ position: 2, flag: FLAG.warning, score: null, message: 'Not converged.' }]);
    for (let k = 0; k < 2; k++) service.flag(id);
    expect(flagNames(service.store.row(id, 2).flags)).toEqual(['duplicate', 'warning']);
    expect(service.store.flagMessages(id, 2).map((flag) => flag.message)).toEqual([
      'The same as configuration 1.',
      'Not converged.',
    ]);
    expect([...service.store.select(id, { withoutFlags: ['warning', 'duplicate'] })]).toEqual([0, 1]);
  });

  it('judge energies within each composition', () => {
    using project = newProject();
    const service = new DatasetService(project);
    const as = (symbol: string, shift: number, configuration: Configuration): Configuration => ({
      ...configuration,
      symbols: [symbol],
      energy: (configuration.energy ?? 0) + shift * configuration.kinds.length,
    });
    const silicon = Array.from({ length: 15 }, (_, k) => crystal(k % 2 === 0 ? 2 : 3, k));
    const gold = Array.from({ length: 15 }, (_, k) => as('Au', 40, crystal(2, 100 + k)));
    const id = addDataset(project, 'x', [...silicon, ...gold, as('Au', 0, crystal(2, 300))]);
    service.flag(id);
    expect([...service.store.select(id, { flags: ['energyOutlier'] })]).toEqual([30]);
  });

  it.skipIf(!hasShared())('raise no false alarm on the silicon and molybdenum data', async () => {
    using project = newProject();
    const service = new DatasetService(project);
    for (const name of ['Si_train.xyz', 'Si_test.xyz', 'Mo_train.xyz', 'Mo_test.xyz']) {
      const id = addDataset(project, name, await readConfigurations(sharedPath('data', name)));
      expect(service.flag(id).sentences).toEqual([]);
    }
  });

  it('use scores that single outliers do not spoil', () => {
    const { median, values } = robustScores(Float64Array.of(1, 2, 3, 4, 5, 1e6, NaN));
    expect(median).toBe(3.5);
    expect(values[0]).toBeCloseTo(-2.5 / (1.4826 * 1.5), 12);
    expect(values[5]).toBeGreaterThan(1e5);
    expect(values[6]).toBeNaN();
    expect(robustScores(Float64Array.of(2, 2, 2, 2)).values).toEqual(new Float64Array(4));
    expect(robustScores(Float64Array.of(2, 2, 2, 3)).values[3]).toBeGreaterThan(1);
  });
});

describe('the dataset service', () => {
  it('excludes, tags and reweights, and takes each back', () => {
    using project = newProject();
    const service = new DatasetService(project);
    const id = addDataset(
      project,
      'x',
      Array.from({ length: 5 }, (_, k) => crystal(2, k)),
    );
    const some = Uint32Array.of(1, 3);
    expect(service.exclude(id, some, 'odd')).toBe(2);
    expect(service.include(id, Uint32Array.of(3))).toBe(1);
    expect(service.tag(id, some, 'odd')).toBe(2);
    expect(service.untag(id, some, 'odd')).toBe(2);
    expect(service.reweight(id, some, [0.5, 2])).toBe(2);
    expect(() => service.reweight(id, some, -1)).toThrow(/not negative/);
    expect(() => service.tag(id, some, ' ')).toThrow(/tag/);
    expect(service.steps(id).map((step) => step.description)).toEqual([
      'exclude 2 configurations: odd',
      'include 1 configuration',
      'tag 2 configurations odd',
      'remove the tag odd from 2 configurations',
      'change the weight of 2 configurations',
    ]);
    while (service.undo(id) !== undefined);
    expect(service.store.rows(id).every((row) => !row.excluded && row.weight === 1)).toBe(true);
  });

  it('exports selections that read back the same, and combines them into new datasets', async () => {
    using project = newProject();
    const service = new DatasetService(project);
    const originals = Array.from({ length: 10 }, (_, k) => crystal(2, k));
    const id = addDataset(project, 'x', originals);
    service.split(id, parseSplit('random:0.3', 1));
    service.reweight(id, Uint32Array.of(0), 3);
    const path = join(folder, 'out.xyz');
    expect(await service.exportFile(id, { parts: ['test'] }, path)).toBe(3);
    const back = await readConfigurations(path);
    const positions = service.store.select(id, { parts: ['test'] });
    back.forEach((configuration, k) => {
      expect(configuration.positions).toEqual(originals[positions[k]].positions);
      expect(configuration.info?.split).toBe('test');
    });
    await expect(service.exportFile(id, { parts: ['none'] }, path)).rejects.toThrow(/No configuration/);
    const combined = service.combine('new', [
      { datasetId: id, selection: { parts: ['test'] } },
      { datasetId: id, selection: { parts: ['train'] } },
    ]);
    expect(service.get(combined)).toMatchObject({ name: 'new', configurationCount: 10, atomCount: 80 });
    expect(service.store.configuration(combined, 1).positions).toEqual(originals[positions[1]].positions);
    expect([...service.store.column(combined, 'weight')].filter((weight) => weight === 3)).toHaveLength(1);
  });
});
