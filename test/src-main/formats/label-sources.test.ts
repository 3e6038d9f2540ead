/** Labels of one source, in the units that the file or the user says; dialects of extended XYZ and of JSON. */
import { describe, expect, test } from 'vitest';
import { BOHR_IN_A, EV_PER_A3_IN_GPA, EV_PER_A3_IN_KBAR, HARTREE_IN_EV } from '../../../src-compute/units.ts';
import { checkConfiguration } from '../../../src-main/formats/index.ts';
import { unitOf } from '../../../src-main/formats/units.ts';
import { allFrames, formatErrorOf, readText, temporaryFile } from './support.ts';

const frame = (keys: string, columns = '', values = '') =>
  `1\nLattice="6 0 0 0 6 0 0 0 6" Properties=species:S:1:pos:R:3${columns} ${keys} pbc="T T T"\nGe 0 0 0${values}\n`;
const F = (...names: string[]) => names.map((name) => `:${name}:R:3`).join('');
const VOLUME = 216;

describe('labels of one source', () => {
  test.each([
    [
      'REF_ has both',
      'energy=-1 REF_energy=-2 REF_stress="1 0 0 0 1 0 0 0 1"',
      ['REF_forces'],
      -2,
      0.1,
      -VOLUME,
    ],
    [
      'the bare names have both',
      'energy=-1 REF_energy=-2 stress="1 0 0 0 1 0 0 0 1"',
      ['forces'],
      -1,
      0.1,
      -VOLUME,
    ],
    ['both have both', 'dft_energy=-2 energy=-1', ['dft_forces', 'forces'], -1, 0.2, undefined],
    [
      'predictions beside them',
      'mace_energy=-9 REF_energy=-2',
      ['mace_forces', 'REF_forces'],
      -2,
      0.2,
      undefined,
    ],
    ['suffixes', 'energy_dft=-2 mace_energy=-9 virial_dft="7 0 0 0 7 0 0 0 7"', ['forces_dft'], -2, 0.1, 7],
    [
      'a stress of another source',
      'energy=-1 dft_stress="1 0 0 0 1 0 0 0 1"',
      ['forces'],
      -1,
      0.1,
      undefined,
    ],
    ['only predictions', 'mace_energy=-9', ['mace_forces'], undefined, undefined, undefined],
    ['one of each, under different names', 'energy=-1', ['dft_forces'], -1, 0.1, undefined],
  ])('%s', async (_, keys, columns, energy, force, virial) => {
    const values = columns.map((__, k) => ` ${(k + 1) / 10} 0 0`).join('');
    const [read] = await readText(frame(keys, F(...columns), values));
    expect(read.energy).toBe(energy);
    expect(read.forces?.[0]).toBe(force);
    if (virial === undefined) expect(read.virial).toBeUndefined();
    else expect(read.virial?.[0]).toBeCloseTo(virial, 9);
  });

  test('a key that the user names brings its source along', async () => {
    const keys =
      'energy=-1 mace_energy=-9 stress="1 0 0 0 1 0 0 0 1" mace_stress="2 0 0 0 2 0 0 0 2" s="3 3 3 0 0 0"';
    const text = frame(keys, F('forces', 'mace_forces'), ' 0.1 0 0 0.2 0 0');
    const [mace] = await readText(text, { energyKey: 'mace_energy' });
    expect([mace.energy, mace.forces?.[0], mace.virial?.[0]]).toEqual([-9, 0.2, -2 * VOLUME]);
    expect(mace.info?.file_energy).toBe(-1);
    const [mapped] = await readText(text, { stressKey: 's', forcesKey: 'mace_forces', energyKey: 'energy' });
    expect([mapped.energy, mapped.forces?.[0], mapped.virial?.[0]]).toEqual([-1, 0.2, -3 * VOLUME]);
    expect((await readText(text, { virialKey: 's' }))[0].virial?.[0]).toBe(3);
  });

  test('what was chosen and what was left is said once in a file', async () => {
    const text = frame('energy=-1 REF_energy=-2 free_energy=-1.1', F('forces', 'REF_forces'), ' 0 0 0 0 0 0');
    const frames = await allFrames(temporaryFile(text + text));
    const said = frames.map(({ problems }) => problems.map(({ message }) => message));
    expect(said[0]).toEqual([
      expect.stringMatching(/taken from "energy", "forces"; there are also "REF_energy", "REF_forces"/),
      expect.stringMatching(/"energy" and "free_energy" differ/),
    ]);
    expect(said[1]).toEqual([]);
  });
});

describe('tensors', () => {
  const tensor = [-2.16, -4.32, -6.48, -8.64, -10.8, -12.96];
  test.each([
    '_JSON [[0.01, 0.02, 0.03], [0.02, 0.04, 0.05], [0.03, 0.05, 0.06]]',
    '0.01 0.02 0.03 0.02 0.04 0.05 0.03 0.05 0.06',
    '_JSON [0.01, 0.04, 0.06, 0.05, 0.03, 0.02]',
    '0.01 0.04 0.06 0.05 0.03 0.02',
  ])('%s', async (value) => {
    for (const key of ['stress', 'REF_stress', 'dft_stress']) {
      const [{ virial: w }] = await readText(
        frame(`${key}="${value}" ${key.replace('stress', 'energy')}=-1`),
      );
      [w?.[0], w?.[1], w?.[2], w?.[4], w?.[5], w?.[8]].forEach((x, k) =>
        expect(x).toBeCloseTo(tensor[k], 10),
      );
    }
  });

  test('a stress without a cell is no virial', async () => {
    const text = '1\nProperties=species:S:1:pos:R:3 energy=-1 stress="1 0 0 0 1 0 0 0 1"\nGe 0 0 0\n';
    const [read] = await allFrames(temporaryFile(text));
    expect(read.configuration?.virial).toBeUndefined();
    expect(read.configuration?.energy).toBe(-1);
    expect(read.problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/without a volume it is no virial/),
    ]);
  });
});

describe('units', () => {
  const HA = HARTREE_IN_EV;
  test.each([
    [
      'energy-unit=hartree force-unit=Ha/bohr stress-unit=GPa',
      -2 * HA,
      HA / BOHR_IN_A,
      -VOLUME / EV_PER_A3_IN_GPA,
    ],
    [
      'energy_unit=Ry forces_unit=Ry/bohr stress_units=kbar',
      -HA,
      HA / 2 / BOHR_IN_A,
      -VOLUME / EV_PER_A3_IN_KBAR,
    ],
    [
      'energy-unit=au force-unit=a.u. stress-unit=au/bohr^3',
      -2 * HA,
      HA / BOHR_IN_A,
      (-VOLUME * HA) / BOHR_IN_A ** 3,
    ],
    ['energy-unit=kcal/mol force-unit=kcal/mol/angstrom', -0.0867282306, 0.0433641153, -VOLUME],
    ['energy-unit=meV energy-unit=meV force-unit="eV/Å" stress-unit=eV/A^3', -0.002, 1, -VOLUME],
  ])('keys of the file: %s', async (units, energy, force, virial) => {
    const keys = `energy=-2 ${units} stress="1 0 0 0 1 0 0 0 1"`;
    const [read] = await readText(frame(keys, F('forces'), ' 1 0 0'));
    expect(read.energy).toBeCloseTo(energy, 8);
    expect(read.forces?.[0]).toBeCloseTo(force, 8);
    expect(read.virial?.[0]).toBeCloseTo(virial, 8);
    expect(Object.keys(read.info ?? {})).toEqual([]);
  });

  test('per atom, bohr, a virial in hartree, and units that the user names', async () => {
    const two = frame('energy=-2 energy-unit=eV/atom').replace(/^1/, '2') + 'Ge 3 3 3\n';
    expect((await readText(two))[0].energy).toBe(-4);
    const [bohr] = await readText(frame('energy=-2 pos-unit=bohr stress="1 0 0 0 1 0 0 0 1"'));
    expect(bohr.cell[0]).toBeCloseTo(6 * BOHR_IN_A, 12);
    expect(bohr.virial?.[0]).toBeCloseTo(-VOLUME * BOHR_IN_A ** 3, 9);
    const [w] = await readText(frame('energy=-2 energy-unit=hartree virial="1 0 0 0 1 0 0 0 1"'));
    expect(w.virial?.[0]).toBeCloseTo(HARTREE_IN_EV, 9);
    const plain = frame('energy=-2 stress="1 0 0 0 1 0 0 0 1"', F('forces'), ' 1 0 0');
    const [asked] = await readText(plain, { energyUnit: 'Ha', forceUnit: 'Ha/bohr', virialUnit: 'GPa' });
    expect(asked.energy).toBeCloseTo(-2 * HARTREE_IN_EV, 9);
    expect(asked.forces?.[0]).toBeCloseTo(HARTREE_IN_EV / BOHR_IN_A, 9);
    expect(asked.virial?.[0]).toBeCloseTo(-VOLUME / EV_PER_A3_IN_GPA, 9);
  });

  test('what is no unit, or not of the quantity, is named', async () => {
    for (const units of ['energy-unit=furlong', 'energy-unit=GPa', 'energy-unit=kcal', 'energy-unit=eV/bohr'])
      expect((await formatErrorOf(readText(frame(`energy=-2 ${units}`)))).message).toMatch(
        /Expected a unit of energy/,
      );
    expect(unitOf('kJ/(mol*Å)', 'force').factor).toBeCloseTo(0.01036427, 7);
    const poscar = 'Ge\n1.0\n5 0 0\n0 5 0\n0 0 5\nGe\n1\nDirect\n0 0 0\n';
    expect((await formatErrorOf(readText(poscar, { energyUnit: 'Ha' }))).message).toMatch(
      /fixed by the format/,
    );
  });
});

describe('plain XYZ', () => {
  const xyz = (comment: string) => `2\n${comment}\nH 0 0 0\nH 0.74 0 0\n`;
  test('a comment of keys has labels, prose has none', async () => {
    const [labelled] = await readText(xyz('energy=-31.7 pbc="F F F" config_type=dimer'));
    expect(labelled).toMatchObject({
      energy: -31.7,
      info: { config_type: 'dimer' },
      periodic: [false, false, false],
    });
    expect((await readText(xyz('energy = -1.5 Hartree')))[0].energy).toBeCloseTo(-1.5 * HARTREE_IN_EV, 9);
    for (const prose of ['the energy = -1 was found by hand', 'frame 7, time = 3.5, E = -17.1', 'energy="-1'])
      expect((await readText(xyz(prose)))[0]).toMatchObject({ info: { comment: prose } });
  });

  test('a lattice of zeros is no cell; deuterium is hydrogen', async () => {
    const text =
      '2\nLattice="0 0 0 0 0 0 0 0 0" Properties=species:S:1:pos:R:3 energy=-1\nD 0 0 0\nO 0.97 0 0\n';
    const [read] = await readText(text);
    expect(read.periodic).toEqual([false, false, false]);
    expect(read.symbols).toEqual(['H', 'O']);
    expect([...(read.masses ?? [])]).toEqual([2.014, 15.999]);
  });
});

describe('JSON', () => {
  const structure = {
    lattice: { matrix: [[6, 0, 0], [0, 6, 0], [0, 0, 6]] },
    sites: [{ species: [{ element: 'Ge', occu: 1 }], abc: [0, 0, 0], xyz: [0, 0, 0] }],
  }; // prettier-ignore
  const K = VOLUME / EV_PER_A3_IN_KBAR;
  test.each([
    ['an entry', { energy: -4.5, correction: -0.1 }, -4.5, undefined, undefined],
    [
      'MatPES',
      { energy: -4.5, forces: [[0.1, 0, 0]], stress: [1, 2, 3, 4, 5, 6] },
      -4.5,
      0.1,
      [1, 6, 5, 2, 4, 3],
    ],
    [
      'three by three',
      {
        outputs: {
          energy: -4.5,
          forces: [[0.1, 0, 0]],
          stress: [
            [1, 6, 5],
            [6, 2, 4],
            [5, 4, 3],
          ],
        },
      },
      -4.5,
      0.1,
      [1, 6, 5, 2, 4, 3],
    ],
    [
      'MPtrj',
      {
        uncorrected_total_energy: -4.5,
        force: [[0.1, 0, 0]],
        stress: [
          [1, 6, 5],
          [6, 2, 4],
          [5, 4, 3],
        ],
      },
      -4.5,
      0.1,
      [1, 6, 5, 2, 4, 3],
    ],
  ] as const)('%s', async (_, labels, energy, force, stress) => {
    const [read] = await readText(JSON.stringify([{ structure, ...labels }]));
    expect(read.energy).toBe(energy);
    expect(read.forces?.[0]).toBe(force);
    const w = read.virial;
    const found = w && [w[0], w[1], w[2], w[4], w[5], w[8]].map((x) => x / K);
    if (stress === undefined) expect(found).toBeUndefined();
    else stress.forEach((x, k) => expect(found?.[k]).toBeCloseTo(x, 9));
  });

  test('keys that the user names', async () => {
    const text = JSON.stringify([{ structure, energy: -4.5, r2scan: -5.5 }]);
    expect((await readText(text, { energyKey: 'r2scan' }))[0].energy).toBe(-5.5);
  });
});

test('frames that cannot be used are named, whatever made them', async () => {
  const [good] = await readText(frame('energy=-1', F('forces'), ' 0 0 0'));
  const messages = (change: object) =>
    checkConfiguration({ ...good, ...change }).map(({ message }) => message);
  expect(messages({})).toEqual([]);
  expect(messages({ kinds: new Uint16Array(0), positions: new Float64Array(0) })).toEqual([
    'Expected at least one atom, found none.',
  ]);
  expect(messages({ forces: new Float64Array(2) })).toEqual([
    'Expected 3 components of the forces for 1 atoms, found 2.',
  ]);
  expect(messages({ positions: new Float64Array(6) })[0]).toMatch(/Expected 3 coordinates/);
  expect(messages({ masses: Float64Array.of(0) })[0]).toMatch(/Expected masses above 0 amu/);
  expect(messages({ masses: Float64Array.of(-3) })[0]).toMatch(/Expected masses above 0 amu/);
  expect(messages({ cell: Float64Array.of(1e308, 0, 0, 0, 1e308, 0, 0, 0, 1e308) }).length).toBe(1);
  expect(messages({ forces: Float64Array.of(1e200, 1e200, 0) })[0]).toMatch(/at most 1e\+100 for forces/);
  const close = { ...good, kinds: new Uint16Array(2), forces: undefined };
  const pair = (x: number) => checkConfiguration({ ...close, positions: Float64Array.of(0, 0, 0, x, 0, 0) });
  expect(pair(0.27).map(({ severity }) => severity)).toEqual(['warning']);
  expect(pair(0.01).map(({ severity }) => severity)).toEqual(['error']);
});
