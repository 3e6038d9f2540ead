/** Extended XYZ: what its readers and writers must understand, and that a round trip loses nothing. */
import fc from 'fast-check';
import { volume } from '../../../src-compute/structure/cell.ts';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  kindsFromSymbols,
  type AtomColumn,
  type Configuration,
  type FrameValue,
} from '../../../src-compute/structure/configuration.ts';
import {
  conventionNotes,
  detectFormat,
  readConfigurations,
  readFrames,
  writeConfigurations,
} from '../../../src-main/formats/index.ts';
import { hasShared, sharedPath } from '../../support/shared.ts';
import { EXTENDED_XYZ } from './samples.ts';
import { allFrames, readText, temporaryFile, temporaryPath } from './support.ts';

/** One atom in a cubic cell of 4 Å with the given rest of the comment line. */
const one = (comment: string, columns = 'species:S:1:pos:R:3', row = 'Si 1 2 3') =>
  `1\nLattice="4 0 0 0 4 0 0 0 4" Properties=${columns} ${comment}\n${row}\n`;

describe('reading', () => {
  test('every kind of column has its place', async () => {
    const [first, second] = await readText(EXTENDED_XYZ);
    expect(first.symbols).toEqual(['Si', 'O']);
    expect([...first.kinds]).toEqual([0, 1]);
    expect([...first.positions]).toEqual([0, 0, 0, 2, 2, 2]);
    expect([...(first.forces ?? [])]).toEqual([0.1, 0.2, 0.3, -0.1, -0.2, -0.3]);
    expect(first.energy).toBe(-10.5);
    expect([...(first.virial ?? [])]).toEqual([1, 0, 0, 0, 2, 0, 0, 0, 3]);
    expect(first.periodic).toEqual([true, true, true]);
    expect(first.info).toEqual({ config_type: 'bulk' });
    expect(first.atomColumns).toEqual([
      { name: 'tag', columns: 1, kind: 'I', values: Int32Array.of(7, 8) },
      { name: 'fixed', columns: 1, kind: 'L', values: Uint8Array.of(1, 0) },
    ]);
    expect(second.energy).toBe(-10.25);
  });

  test.each<[string, FrameValue]>([
    ['a=1', 1],
    ['a=1.5e-3', 0.0015],
    ['a=T', true],
    ['a=False', false],
    ['a=word', 'word'],
    ['a="two words"', 'two words'],
    ["a='single quotes'", 'single quotes'],
    ['a="1 2 3"', [1, 2, 3]],
    ['a={1 2 3}', [1, 2, 3]],
    ['a=[1, 2, 3]', [1, 2, 3]],
    ['a=[1]', [1]],
    ['a="T F T"', [true, false, true]],
    ['a=[T, F]', [true, false]],
    ['a={x y}', ['x', 'y']],
    ['a=["x y", z]', ['x y', 'z']],
    ['a="say \\"yes\\" and \\\\"', 'say "yes" and \\'],
    ['a="line\\nbreak"', 'line\nbreak'],
    ['a = 5', 5],
    ['a', true],
    ['a=[[1, 2], [3, 4]]', '[[1, 2], [3, 4]]'],
    ['a="_JSON \\"12\\""', '12'],
    ['"a"=5', 5],
    ['a=1e5x', '1e5x'],
    ['a="Größe Å"', 'Größe Å'],
  ])('%s', async (comment, value) => {
    const [configuration] = await readText(one(comment));
    expect(configuration.info).toEqual({ a: value });
  });

  test.each([
    ['virial="1 2 3 2 5 6 3 6 9"', [1, 2, 3, 2, 5, 6, 3, 6, 9]],
    ['virial="1 5 9 6 3 2"', [1, 2, 3, 2, 5, 6, 3, 6, 9]],
    ['virial=[[1, 2, 3], [2, 5, 6], [3, 6, 9]]', [1, 2, 3, 2, 5, 6, 3, 6, 9]],
    // W = −σV with V = 64 Å³
    ['stress="-1 -2 -3 -2 -5 -6 -3 -6 -9"', [64, 128, 192, 128, 320, 384, 192, 384, 576]],
    ['stress="-1 -5 -9 -6 -3 -2"', [64, 128, 192, 128, 320, 384, 192, 384, 576]],
  ])('%s', async (comment, virial) => {
    const [configuration] = await readText(one(comment));
    expect([...(configuration.virial ?? [])]).toEqual(virial);
    expect(configuration.info).toBeUndefined();
    const [turned] = await readText(one(comment), { virialSign: -1 });
    expect([...(turned.virial ?? [])]).toEqual(virial.map((component) => -component));
  });

  test('the virial is taken where there is a stress as well, and an asymmetric one is reported', async () => {
    const [both] = await readText(one('virial="1 0 0 0 1 0 0 0 1" stress="9 0 0 0 9 0 0 0 9"'));
    expect(both.virial?.[0]).toBe(1);
    expect(both.info).toEqual({ stress: [9, 0, 0, 0, 9, 0, 0, 0, 9] });
    for await (const frame of readFrames(temporaryFile(one('virial="1 2 0 0 1 0 0 0 1"')))) {
      expect(frame.configuration?.virial?.[1]).toBe(1);
      expect(frame.problems).toMatchObject([
        { severity: 'warning', message: expect.stringContaining('symmetric') },
      ]);
    }
  });

  test.each([
    // the cell of these frames: see one()
    ['the same', -1, undefined],
    ['opposite signs', 1, /"virial" and "stress" have opposite signs/],
    ['another unit', -160.2, /"virial" and "stress" are not of the same size/],
  ])('a virial and a stress that are %s', async (_, share, said) => {
    const [bare] = await readText(one(''));
    const stress = (share * 2) / Math.abs(volume(bare.cell));
    const comment = `virial="2 0 0 0 2 0 0 0 2" stress="${stress} 0 0 0 ${stress} 0 0 0 ${stress}"`;
    const [{ configuration, problems }] = await allFrames(temporaryFile(one(comment)));
    expect(configuration?.virial?.[0]).toBe(2);
    expect(problems.map(({ message }) => message)).toEqual(said ? [expect.stringMatching(said)] : []);
    const [named] = await readText(one(comment), { stressKey: 'stress' });
    expect(named.virial?.[0]).toBeCloseTo(-share * 2, 10);
  });

  test.each(['energy', 'Energy', 'free_energy', 'dft_energy', 'DFT_energy', 'REF_energy', 'total_energy'])(
    'the energy under the name %s',
    async (key) => {
      expect((await readText(one(`${key}=-3.5`)))[0]).toMatchObject({ energy: -3.5 });
    },
  );

  test.each(['forces', 'force', 'dft_forces', 'REF_forces', 'DFT_forces'])(
    'the forces under the name %s',
    async (key) => {
      const [configuration] = await readText(one('', `species:S:1:pos:R:3:${key}:R:3`, 'Si 1 2 3 4 5 6'));
      expect([...(configuration.forces ?? [])]).toEqual([4, 5, 6]);
    },
  );

  test('names that the caller gives win, and the others are kept', async () => {
    const text = one(
      'energy=-1 mace_energy=-2',
      'species:S:1:pos:R:3:forces:R:3:mace_forces:R:3',
      'Si 1 2 3 4 5 6 7 8 9',
    );
    const [configuration] = await readText(text, { energyKey: 'mace_energy', forcesKey: 'mace_forces' });
    expect(configuration.energy).toBe(-2);
    expect([...(configuration.forces ?? [])]).toEqual([7, 8, 9]);
    expect(configuration.info).toEqual({ file_energy: -1 });
    expect(configuration.atomColumns).toEqual([
      { name: 'file_forces', columns: 3, kind: 'R', values: Float64Array.of(4, 5, 6) },
    ]);
    const [again] = await rewritten([configuration]);
    expect(again).toEqual(configuration);
  });

  test('velocities (Å/fs), masses, per-atom energies, atomic numbers', async () => {
    const [configuration] = await readText(
      one('', 'Z:I:1:pos:R:3:velo:R:3:masses:R:1:local_energy:R:1', '14 1 2 3 0.1 0.2 0.3 29 -4.5'),
    );
    expect(configuration.symbols).toEqual(['Si']);
    expect([...(configuration.velocities ?? [])]).toEqual([0.1, 0.2, 0.3]);
    expect([...(configuration.masses ?? [])]).toEqual([29]);
    expect([...(configuration.atomEnergies ?? [])]).toEqual([-4.5]);
  });

  test('which axes are periodic', async () => {
    expect((await readText(one('')))[0].periodic).toEqual([true, true, true]);
    expect((await readText(one('pbc="T F F"')))[0].periodic).toEqual([true, false, false]);
    expect((await readText(one('pbc=[True, True, False]')))[0].periodic).toEqual([true, true, false]);
    expect((await readText('1\nProperties=species:S:1:pos:R:3\nSi 0 0 0\n'))[0].periodic).toEqual([
      false,
      false,
      false,
    ]);
  });

  test('plain XYZ: comment kept, further columns kept, numbers are atomic numbers or named types', async () => {
    const [configuration] = await readText('2\n a comment\n8 0 0 0 x 1\n1 1 0 0 y 2\n');
    expect(configuration.symbols).toEqual(['O', 'H']);
    expect(configuration.info).toEqual({ comment: ' a comment' });
    expect(configuration.atomColumns).toEqual([
      { name: 'extra', columns: 2, kind: 'S', values: ['x', '1', 'y', '2'] },
    ]);
    expect((await readText('1\n\n2 0 0 0\n', { species: ['Si', 'Ge'] }))[0].symbols).toEqual(['Ge']);
  });

  test('FILE@k is one frame, and files whose numbers fill more than one buffer are read whole', async () => {
    const path = temporaryFile(EXTENDED_XYZ);
    expect((await readConfigurations(`${path}@1`)).map((c) => c.energy)).toEqual([-10.25]);
    const many = await readText(EXTENDED_XYZ.repeat(6000));
    expect(many).toHaveLength(12_000);
    expect(new Set(many.map((c) => c.energy))).toEqual(new Set([-10.5, -10.25]));
  });

  test('progress reaches the size of the file, and an abort ends the reading', async () => {
    const path = temporaryFile(EXTENDED_XYZ.repeat(6000));
    const seen: [number, number][] = [];
    await readConfigurations(path, { onProgress: (read, total) => seen.push([read, total]) });
    const [read, total] = seen[seen.length - 1];
    expect(read).toBe(total);
    const abort = new AbortController();
    await expect(
      readConfigurations(path, { signal: abort.signal, onProgress: () => abort.abort() }),
    ).rejects.toMatchObject({ name: 'CancelledError' });
  });
});

async function rewritten(
  configurations: readonly Configuration[],
  name = 'out.xyz',
  digits?: number,
): Promise<Configuration[]> {
  const path = temporaryPath(name);
  await writeConfigurations(
    path,
    undefined,
    configurations,
    digits === undefined ? {} : { significantDigits: digits },
  );
  return readConfigurations(path);
}

const real = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
const value: fc.Arbitrary<FrameValue> = fc.oneof(
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.boolean(),
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('T', '12', '1 2 3', '[1]', '{}', '_JSON 1', '', ' ', '\n', '\\', '"', 'a=b'),
  fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 4 }),
  fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
  fc.array(fc.string(), { minLength: 1, maxLength: 4 }),
);
const names = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/).map((name) => `x_${name}`);

const configurationOf = fc
  .record({
    atoms: fc.integer({ min: 1, max: 5 }),
    labels: fc.record({
      energy: fc.boolean(),
      forces: fc.boolean(),
      virial: fc.boolean(),
      velocities: fc.boolean(),
      masses: fc.boolean(),
      atomEnergies: fc.boolean(),
    }),
    periodic: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    info: fc.dictionary(names, value, { maxKeys: 4, noNullPrototype: true }),
    columns: fc.uniqueArray(
      fc.record({
        name: names,
        columns: fc.integer({ min: 1, max: 3 }),
        kind: fc.constantFrom('R' as const, 'I' as const, 'S' as const, 'L' as const),
      }),
      {
        selector: (column) => column.name,
        maxLength: 3,
      },
    ),
    reals: fc.array(real, { minLength: 80, maxLength: 80 }),
    words: fc.array(fc.stringMatching(/^\S{1,6}$/), { minLength: 15, maxLength: 15 }),
  })
  .map(({ atoms, labels, periodic, info, columns, reals, words }): Configuration => {
    const array = (length: number, from: number) =>
      Float64Array.from({ length }, (_, k) => reals[(from + k) % reals.length]);
    const v = array(6, 50);
    const atomColumns = columns.map(({ name, columns: width, kind }): AtomColumn => {
      const count = atoms * width;
      if (kind === 'R') return { name, columns: width, kind, values: array(count, 7) };
      if (kind === 'I')
        return {
          name,
          columns: width,
          kind,
          values: Int32Array.from({ length: count }, (_, k) => Math.trunc(reals[k])),
        };
      if (kind === 'L')
        return {
          name,
          columns: width,
          kind,
          values: Uint8Array.from({ length: count }, (_, k) => Number(reals[k] > 0)),
        };
      return { name, columns: width, kind, values: Array.from({ length: count }, (_, k) => words[k]) };
    });
    return {
      ...kindsFromSymbols(Array.from({ length: atoms }, (_, k) => ['Si', 'O', 'type3'][k % 3])),
      // far from one another whatever the numbers are
      positions: Float64Array.from(
        { length: 3 * atoms },
        (_, k) => (k % 3 === 0 ? 10 * Math.floor(k / 3) : 0) + (reals[k] % 1),
      ),
      cell: Float64Array.of(60, 0, 0, reals[0] % 5, 61, 0, reals[1] % 5, reals[2] % 5, 62),
      periodic,
      ...(labels.energy ? { energy: reals[3] } : {}),
      ...(labels.forces ? { forces: array(3 * atoms, 11) } : {}),
      ...(labels.virial
        ? { virial: Float64Array.of(v[0], v[3], v[4], v[3], v[1], v[5], v[4], v[5], v[2]) }
        : {}),
      ...(labels.velocities ? { velocities: array(3 * atoms, 19) } : {}),
      ...(labels.masses ? { masses: array(atoms, 29).map((mass) => Math.abs(mass) || 1) } : {}),
      ...(labels.atomEnergies ? { atomEnergies: array(atoms, 31) } : {}),
      ...(atomColumns.length > 0 ? { atomColumns } : {}),
      ...(Object.keys(info).length > 0 ? { info } : {}),
    };
  });

describe('writing', () => {
  test('a round trip gives the same configurations to the bit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(configurationOf, { minLength: 1, maxLength: 3 }), async (configurations) => {
        expect(await rewritten(configurations)).toEqual(configurations);
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  test('compressed by extension, readable by any gunzip, and complete or not there at all', async () => {
    const configurations = await readText(EXTENDED_XYZ);
    const path = temporaryPath('out.xyz.gz');
    await writeConfigurations(path, undefined, configurations);
    expect(gunzipSync(readFileSync(path)).toString()).toMatch(/^2\nLattice="4 0 0 0 4/);
    expect(await readConfigurations(path)).toEqual(configurations);
    const broken = temporaryPath('broken.xyz');
    async function* failing() {
      yield configurations[0];
      throw new Error('the source fails');
    }
    await expect(writeConfigurations(broken, undefined, failing())).rejects.toThrow('the source fails');
    expect(() => readFileSync(broken)).toThrow();
  });

  test('15 significant digits where they are asked for', async () => {
    const [configuration] = await readText(one('energy=-1.2345678901234567'));
    const path = temporaryPath('digits.xyz');
    await writeConfigurations(path, undefined, [configuration], { significantDigits: 15 });
    expect(readFileSync(path, 'utf8')).toMatch(/energy=-1\.23456789012346\n/);
  });

  test.skipIf(!hasShared())('the bundled kind of dataset survives unchanged', async () => {
    const configurations = await readConfigurations(sharedPath('data', 'Si_test.xyz'));
    expect(configurations).toHaveLength(25);
    expect(await rewritten(configurations)).toEqual(configurations);
  });
});

test('formats are told by name where the content does not say, and say what they assume', async () => {
  expect((await detectFormat(temporaryFile('1\n', 'cut.xyz'))).name).toBe('extxyz');
  expect(conventionNotes('extxyz').join(' ')).toMatch(/virial.*W = −∂E\/∂ε.*stress.*σ/s);
  expect(conventionNotes('extxyz', { virialSign: -1 }).at(-1)).toMatch(/sign .* turned/);
});

describe('a file that was cut off inside its last number', () => {
  const frame = '2\nLattice="9 0 0 0 9 0 0 0 9" energy=-1\nSi 0.0000 0.0000 0.0000\nSi 1.3572 1.3572 1.3572';

  test('warns where nothing proves it, as the number is one all the same', async () => {
    const uneven = frame.replace('0.0000 0.0000 0.0000', '0.00 0.0000 0.0000');
    const [{ configuration, problems }] = await allFrames(temporaryFile(uneven.slice(0, -3)));
    expect(configuration?.positions[5]).toBe(1.3);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/cut off inside its last/),
    ]);
  });

  test.each([frame, `${frame}\n`, `${frame.slice(0, -3)}\n`])(
    'no warning of a whole last line',
    async (text) => {
      const [{ problems }] = await allFrames(temporaryFile(text));
      expect(problems).toEqual([]);
    },
  );
});
