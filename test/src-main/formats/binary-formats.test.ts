/** Arrays of NumPy (DeePMD systems, .npz of molecules) and trajectories of ASE. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kindsFromSymbols, type Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  detectFormat,
  readConfigurations,
  readFrames,
  writeConfigurations,
} from '../../../src-main/formats/index.ts';
import { KCAL_PER_MOL_IN_EV } from '../../../src-main/formats/units.ts';
import { requireProgram } from '../../support/real-part.ts';
import { npy, npyText, npzOf, ulm } from './numpy-files.ts';
import { allFrames, formatErrorOf, readText, temporaryFile, temporaryPath } from './support.ts';

/** A folder with files. */
function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = temporaryPath('system');
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

const BOX = [6, 0.5, 0, 0, 7, 0.25, 0, 0, 8];
const COORD = [
  [0, 0, 0, 1.5, 1.25, 2],
  [0.125, 0, 0, 1.5, 1.5, 2],
  [0, 0.25, 0, 1.75, 1.25, 2],
];
const FORCE = COORD.map((_, k) => [0.5 + k, -0.25, 0, -0.5 - k, 0.25, 0]);
const VIRIAL = [3, 0.5, 0.25, 0.5, 2, -0.75, 0.25, -0.75, 1];

const SYSTEM = {
  'type.raw': '1\n0\n',
  'type_map.raw': 'O\nGe\n',
  'set.000/coord.npy': npy([2, 6], COORD.slice(0, 2).flat()),
  'set.000/box.npy': npy([2, 9], [...BOX, ...BOX]),
  'set.000/energy.npy': npy([2], [-7.5, -7.25]),
  'set.000/force.npy': npy([2, 6], FORCE.slice(0, 2).flat(), { type: '<f4' }),
  'set.000/virial.npy': npy([2, 9], [...VIRIAL, ...VIRIAL]),
  'set.001/coord.npy': npy([1, 6], COORD[2]),
  'set.001/box.npy': npy([1, 9], BOX),
  'set.001/energy.npy': npy([1, 1], [-7]),
};

describe('DeePMD systems', () => {
  test('the sets of a folder, one after another, by the folder or its type.raw', async () => {
    const folder = folderOf(SYSTEM);
    expect((await detectFormat(folder)).name).toBe('deepmd');
    const frames = await readConfigurations(folder);
    expect(await readConfigurations(join(folder, 'type.raw'))).toEqual(frames);
    expect(frames.map(({ energy }) => energy)).toEqual([-7.5, -7.25, -7]);
    const [, second, third] = frames;
    expect(Array.from(second.kinds, (kind) => second.symbols[kind])).toEqual(['Ge', 'O']);
    expect([...second.positions]).toEqual(COORD[1]);
    expect([...second.cell]).toEqual(BOX);
    expect([...(second.forces ?? [])]).toEqual(FORCE[1]);
    expect([...(second.virial ?? [])]).toEqual(VIRIAL);
    expect(second.periodic).toEqual([true, true, true]);
    expect(third.forces).toBeUndefined();
    const turned = await readConfigurations(folder, { virialSign: -1 });
    expect(turned[0].virial?.[0]).toBe(-3);
  });

  test('raw tables, free clusters, mixed types, arrays in other orders and bytes', async () => {
    const raw = folderOf({
      'type.raw': '0 1',
      'type_map.raw': 'Si C',
      nopbc: '',
      'coord.raw': COORD.map((row) => row.join(' ')).join('\n'),
      'energy.raw': '-1\n-2\n-3\n',
      'force.raw': FORCE.map((row) => row.join(' ')).join('\n'),
    });
    const [, cluster] = await readConfigurations(raw);
    expect(cluster.energy).toBe(-2);
    expect(cluster.periodic).toEqual([false, false, false]);
    expect([...(cluster.forces ?? [])]).toEqual(FORCE[1]);
    const columns = [0, 1, 2, 3, 4, 5].flatMap((k) => [COORD[0][k], COORD[1][k]]);
    const mixed = folderOf({
      ...SYSTEM,
      'type.raw': '0\n0\n',
      'set.000/coord.npy': npy([2, 6], columns, { fortran: true }),
      'set.000/energy.npy': npy([2], [-7.5, -7.25], { type: '>f8' }),
      'set.000/real_atom_types.npy': npy([2, 2], [1, 0, 0, 1], { type: '|u1' }),
    });
    const [, second] = await readConfigurations(mixed);
    expect(Array.from(second.kinds, (kind) => second.symbols[kind])).toEqual(['O', 'Ge']);
    expect([...second.positions]).toEqual(COORD[1]);
    expect(second.energy).toBe(-7.25);
  });

  test('what is wrong is named, and the frames before it are kept', async () => {
    const cut = folderOf({ ...SYSTEM, 'set.000/force.npy': SYSTEM['set.000/force.npy'].slice(0, -5) });
    const error = await formatErrorOf(readConfigurations(cut));
    expect(error.message).toMatch(/frame 1, byte 152: force\.npy ends before its numbers do/);
    expect((await allFrames(cut)).map((frame) => frame.configuration?.energy)).toEqual([-7.5, undefined, -7]);
    const short = folderOf({ ...SYSTEM, 'set.000/coord.npy': SYSTEM['set.000/coord.npy'].slice(0, -5) });
    expect((await allFrames(short)).map((frame) => frame.configuration?.energy)).toEqual([
      -7.5,
      undefined,
      -7,
    ]);
    const bad = folderOf({
      'type.raw': '0',
      nopbc: '',
      'coord.raw': '0 0 0\n0 0 q\n1 1 1\n',
      'energy.raw': '1\n2\n3\n',
    });
    expect((await allFrames(bad)).map((frame) => frame.configuration?.energy)).toEqual([1, undefined, 3]);
    const cases: [Record<string, string | Uint8Array>, RegExp][] = [
      [{ ...SYSTEM, 'type.raw': '1 x' }, /types of the atoms, whole numbers from 0, in type\.raw, found "x"/],
      [{ ...SYSTEM, 'type.raw': '1 0 0' }, /Expected 9 numbers for "coord" of 3 atoms, found 6/],
      [{ ...SYSTEM, 'type_map.raw': 'O' }, /the type 1 has none/],
      [
        { ...SYSTEM, 'set.000/energy.npy': npy([3], [1, 2, 3]) },
        /as many frames in energy\.npy as in coord \(2\), found 3/,
      ],
      [{ ...SYSTEM, 'set.000/energy.npy': 'text' }, /an array of NumPy in energy\.npy, found something else/],
      [{ ...SYSTEM, 'set.000/energy.npy': npy([2], [NaN, 1]) }, /finite numbers for the energy, found NaN/],
      [{ 'type.raw': '0' }, /folders set\.000, … or a table coord\.raw/],
      [{ 'type.raw': '0', 'coord.raw': '0 0 0' }, /the box of every frame/],
      [{ 'type.raw': '0', nopbc: '', 'coord.raw': '0 0 q' }, /Line 1 of coord\.raw: Expected a number/],
    ];
    for (const [files, sentence] of cases)
      expect((await formatErrorOf(readConfigurations(folderOf(files)))).message).toMatch(sentence);
    expect((await formatErrorOf(readConfigurations(join(folderOf(SYSTEM), 'set.000')))).remedy).toMatch(
      /Give the folder of the system/,
    );
    expect((await formatErrorOf(readConfigurations(dirname(cut)))).message).toMatch(
      /is a folder; expected a file/,
    );
  });
});

describe('a head that speaks of more frames than there are', () => {
  const many = 1e12;
  const md17 = { nuclear_charges: npy([2], [8, 1], { type: '|u1' }) };
  const sets = (coord: Uint8Array, box: Uint8Array) => ({
    ...{ 'type.raw': '0\n1\n', 'type_map.raw': 'Ge O\n' },
    ...{ 'set.000/coord.npy': coord, 'set.000/box.npy': box },
  });
  /** Frames that are read of a file whose head was changed, and places where something is wrong. */
  const trajectory = () => {
    const bytes = Buffer.from(ulm('ASE-Trajectory', [FIRST, SECOND]));
    bytes.writeBigInt64LE(BigInt(many), 32);
    return temporaryFile(bytes, 'many.traj');
  };
  test.each([
    ['a DeePMD system', () => folderOf(sets(npy([many, 6], COORD[0]), npy([many, 9], BOX))), 1, 1],
    ['one of no width', () => folderOf(sets(npy([many, 0], []), npy([many, 9], []))), 0, 2],
    ['one of no frame at all', () => folderOf(sets(npy([1, many], COORD[0]), npy([1, 9], BOX))), 0, 2],
    [
      'one beyond all numbers',
      () =>
        folderOf(
          sets(
            npy(
              Array.from({ length: 31 }, () => many),
              [],
            ),
            npy([many, 9], []),
          ),
        ),
      0,
      2,
    ],
    [
      'an archive',
      () => temporaryFile(npzOf({ ...md17, coords: npy([many, 2, 3], COORD[0]) }), 'many.npz'),
      1,
      1,
    ],
    ['a trajectory of ASE', trajectory, 2, 1],
  ])('is left at the first that is missing: %s', async (_, write, good, bad) => {
    const found = { good: 0, bad: 0 };
    for await (const { configuration } of readFrames(write(), { skipBad: true })) {
      found[configuration === undefined ? 'bad' : 'good']++;
      // without an end the test would have none either
      if (found.bad > 10) break;
    }
    expect(found).toEqual({ good, bad });
  });
});

describe('npz', () => {
  const R = [0, 0, 0, 0.75, 0.5, 0, 0.25, 0, 0, 0.75, 0.75, 0];
  const F = R.map((x) => 10 - x);
  const md17 = {
    nuclear_charges: npy([2], [8, 1], { type: '|u1' }),
    coords: npy([2, 2, 3], R),
    energies: npy([2], [-100, -90]),
    forces: npy([2, 2, 3], F, { type: '<f4' }),
  };

  test('rMD17: kcal/mol', async () => {
    const path = temporaryFile(npzOf(md17), 'water.npz');
    expect((await detectFormat(path)).name).toBe('npz');
    const frames = await allFrames(path);
    const second = frames[1].configuration;
    expect(second?.symbols).toEqual(['O', 'H']);
    expect(second?.energy).toBeCloseTo(-90 * KCAL_PER_MOL_IN_EV, 10);
    expect([...(second?.positions ?? [])]).toEqual(R.slice(6));
    expect(second?.forces?.[3]).toBeCloseTo(9.25 * KCAL_PER_MOL_IN_EV, 10);
    expect(second?.periodic).toEqual([false, false, false]);
    expect(frames[0].problems[0].message).toMatch(/taken as kcal\/mol/);
  });

  test('sGDML says its units; the user may say others', async () => {
    const sgdml = {
      z: md17.nuclear_charges, R: md17.coords, E: npy([2, 1], [-2, -1]), F: md17.forces, e_unit: npyText('eV'), r_unit: npyText('bohr'),
    }; // prettier-ignore
    const frames = await allFrames(temporaryFile(npzOf(sgdml)));
    expect(frames[1].configuration?.energy).toBe(-1);
    expect(frames[1].configuration?.positions[3]).toBeCloseTo(0.75 * 0.529177210903, 10);
    expect(frames[1].configuration?.forces?.[3]).toBeCloseTo(9.25 / 0.529177210903, 8);
    expect(frames[0].problems).toEqual([]);
    const [first] = await readText(npzOf(md17), { energyUnit: 'eV' });
    expect([first.energy, first.forces?.[0]]).toEqual([-100, 10]);
  });

  test('what is wrong is named', async () => {
    const whole = npzOf(md17);
    const cases: [Uint8Array, RegExp][] = [
      [whole.slice(0, -30), /damaged or cut off/],
      [npzOf({ a: npy([1], [1]), coords: md17.coords }), /atomic numbers .* found a, coords/],
      [npzOf({ ...md17, coords: npy([4, 3], R) }), /shape \(frames, atoms, 3\), found \(4, 3\)/],
      [npzOf({ ...md17, energies: npy([1], [3]) }), /Expected 2 × 1 numbers in "energies"/],
      [
        npzOf({ ...md17, nuclear_charges: npy([2], [8, 200], { type: '|u1' }) }),
        /atomic numbers from 1 to 118, found 200/,
      ],
      [
        npzOf({ ...md17, nuclear_charges: npy([3], [8, 1, 1]) }),
        /atomic number for each of 2 atoms, found 3/,
      ],
    ];
    for (const [bytes, sentence] of cases)
      expect((await formatErrorOf(readText(bytes))).message).toMatch(sentence);
  });
});

const reals = (values: readonly number[], shape = [values.length / 3, 3]) => ({
  shape,
  type: 'float64',
  values,
});
const FIRST = {
  version: 1,
  pbc: [true, true, true],
  'numbers.': { shape: [2], type: 'int64', values: [32, 8] },
  'positions.': reals(COORD[0]),
  cell: [BOX.slice(0, 3), BOX.slice(3, 6), BOX.slice(6)],
  'calculator.': { name: 'unknown', energy: -3.5, 'forces.': reals(FORCE[0]), 'stress.': reals([0.01, 0.02, 0.03, 0.004, 0.005, 0.006], [6]) },
}; // prettier-ignore
const SECOND = {
  version: 1,
  'positions.': reals(COORD[1]),
  'momenta.': reals([1, 2, 3, 4, 5, 6]),
  cell: FIRST.cell,
  info: { origin: 'second', step: 4 },
  'calculator.': { name: 'unknown', energy: -3.25 },
};

describe('trajectories of ASE', () => {
  test('two energies that differ are told of once, and both are kept', async () => {
    const smeared = (energy: number) => ({
      ...FIRST,
      'calculator.': { ...FIRST['calculator.'], energy, free_energy: -3.75 },
    });
    const frames = await allFrames(
      temporaryFile(ulm('ASE-Trajectory', [smeared(-3.5), smeared(-3.25), smeared(-3.75)]), 'run.traj'),
    );
    expect(frames.map(({ configuration: c }) => [c?.energy, c?.info?.free_energy])).toEqual([
      [-3.5, -3.75],
      [-3.25, -3.75],
      [-3.75, undefined],
    ]);
    const said = frames.flatMap(({ problems }) => problems.map(({ message }) => message));
    expect(said.filter((sentence) => sentence.includes('"free_energy" differ'))).toHaveLength(1);
  });

  test('frames take from the first what does not change', async () => {
    const path = temporaryFile(ulm('ASE-Trajectory', [FIRST, SECOND]), 'run.traj');
    expect((await detectFormat(path)).name).toBe('traj');
    const [first, second] = await readConfigurations(path);
    expect([...first.cell]).toEqual(BOX);
    expect([...(first.forces ?? [])]).toEqual(FORCE[0]);
    // W = −σV with V = 6·7·8
    expect(first.virial?.[0]).toBeCloseTo(-0.01 * 336, 10);
    expect(first.virial?.[1]).toBeCloseTo(-0.006 * 336, 10);
    expect(first.virial?.[5]).toBeCloseTo(-0.004 * 336, 10);
    expect(Array.from(second.kinds, (kind) => second.symbols[kind])).toEqual(['Ge', 'O']);
    expect(second).toMatchObject({
      energy: -3.25,
      periodic: [true, true, true],
      info: { origin: 'second', step: 4 },
    });
    expect(second.virial).toBeUndefined();
    // p/m in Å/(10.1805 fs)
    expect(second.velocities?.[3]).toBeCloseTo(4 / 15.999 / 10.180505, 5);
  });

  test('what is wrong is named', async () => {
    const whole = ulm('ASE-Trajectory', [FIRST, SECOND]);
    const cases: [Uint8Array, RegExp][] = [
      [whole.slice(0, -6), /frame 1, byte \d+: The trajectory ends before the frame does/],
      [whole.slice(0, 40), /frame 0, byte 40: The trajectory ends/],
      [ulm('GPAW', [FIRST]), /found a file of the kind "GPAW"/],
      [ulm('ASE-Trajectory', []), /at least one frame/],
      [ulm('ASE-Trajectory', [SECOND]), /atomic numbers and positions in the first frame/],
      [ulm('ASE-Trajectory', [{ ...FIRST, pbc: [true] }]), /at "pbc"/],
      [
        ulm('ASE-Trajectory', [{ ...FIRST, 'positions.': reals([0, 0, 0]) }]),
        /Expected 6 coordinates for 2 atoms, found 3/,
      ],
    ];
    for (const [bytes, sentence] of cases)
      expect((await formatErrorOf(readText(bytes))).message).toMatch(sentence);
  });
});

const python = requireProgram('python3', 'apt-get install python3-ase');
const interpreter = ['/usr/bin/python3', 'python3'].find(
  (name) => python && spawnSync(name, ['-c', 'import ase, numpy']).status === 0,
);

test.skipIf(interpreter === undefined)('what ASE and NumPy themselves write is read the same', async () => {
  const folder = folderOf({
    'make.py': `
import numpy as np
from ase import Atoms
from ase.io import Trajectory, write
from ase.calculators.singlepoint import SinglePointCalculator
rng = np.random.default_rng(7)
frames = []
with Trajectory('run.traj', 'w') as trajectory:
    for k in range(3):
        atoms = Atoms('GaAs2', positions=rng.normal(size=(3, 3)) * 3, cell=[[9, .1, 0], [0, 8, .3], [.2, 0, 7]], pbc=True)
        atoms.calc = SinglePointCalculator(atoms, energy=-k - 1.5, forces=rng.normal(size=(3, 3)), stress=rng.normal(size=6))
        trajectory.write(atoms)
        frames.append(atoms)
write('run.extxyz', frames)
np.savez_compressed('run.npz', nuclear_charges=frames[0].numbers, coords=np.array([a.positions for a in frames]),
    energies=np.array([a.get_potential_energy() for a in frames]), forces=np.array([a.get_forces() for a in frames]))
`,
  });
  const made = spawnSync(interpreter ?? '', ['make.py'], { cwd: folder, encoding: 'utf8' });
  expect(made.stderr).toBe('');
  const expected = await readConfigurations(join(folder, 'run.extxyz'));
  const trajectory = await readConfigurations(join(folder, 'run.traj'));
  const archive = await readConfigurations(join(folder, 'run.npz'), { energyUnit: 'eV' });
  expected.forEach((frame, k) => {
    for (const read of [trajectory[k], archive[k]]) {
      expect(read.energy).toBeCloseTo(frame.energy ?? NaN, 7);
      for (const part of ['positions', 'forces'] as const)
        frame[part]?.forEach((value, n) => expect(read[part]?.[n]).toBeCloseTo(value, 7));
    }
    frame.virial?.forEach((value, n) => expect(trajectory[k].virial?.[n]).toBeCloseTo(value, 5));
    expect(trajectory[k].cell).toEqual(frame.cell);
  });
});

describe('DeePMD systems that are written', () => {
  const atoms = (
    symbols: string[],
    positions: number[],
    rest: Partial<Configuration> = {},
  ): Configuration => ({
    ...kindsFromSymbols(symbols),
    positions: Float64Array.from(positions),
    cell: Float64Array.from(BOX),
    periodic: [true, true, true],
    ...rest,
  });
  const labels = (k: number) => ({
    energy: -7.5 + 0.125 * k,
    forces: Float64Array.from(FORCE[k]),
    virial: Float64Array.from(VIRIAL),
  });

  test('hold what was read, one folder for each kind of atoms, order and labels', async () => {
    const frames = [
      atoms(['Ge', 'O'], COORD[0], labels(0)),
      atoms(['O', 'Ge'], COORD[1], labels(1)),
      atoms(['Ge', 'O'], COORD[2], labels(2)),
      atoms(['Ge', 'O'], COORD[1], { energy: -3 }),
      atoms(['O'], [0, 0, 0], { energy: -1, cell: new Float64Array(9), periodic: [false, false, false] }),
    ];
    const folder = temporaryPath('systems');
    await writeConfigurations(folder, 'deepmd', frames);
    expect(readdirSync(folder).sort()).toEqual(['Ge1O1', 'Ge1O1-2', 'O1', 'O1Ge1']);
    expect(readFileSync(join(folder, 'O1Ge1', 'type.raw'), 'utf8')).toBe('1\n0\n');
    expect(readFileSync(join(folder, 'O1', 'type_map.raw'), 'utf8')).toBe('Ge\nO\n');
    const both = await readConfigurations(join(folder, 'Ge1O1'));
    expect(both.map(({ energy }) => energy)).toEqual([-7.5, -7.25]);
    expect(Array.from(both[1].positions)).toEqual(COORD[2]);
    expect(Array.from(both[1].forces ?? [])).toEqual(FORCE[2]);
    expect(Array.from(both[1].virial ?? [])).toEqual(VIRIAL);
    expect(Array.from(both[1].cell)).toEqual(BOX);
    const [bare] = await readConfigurations(join(folder, 'Ge1O1-2'));
    expect([bare.energy, bare.forces, bare.virial]).toEqual([-3, undefined, undefined]);
    const [free] = await readConfigurations(join(folder, 'O1'));
    expect([free.symbols, free.periodic, free.energy]).toEqual([['O'], [false, false, false], -1]);
  });

  test('appear whole or not at all, and replace nothing', async () => {
    const folder = temporaryPath('systems');
    const failing = function* (): Generator<Configuration> {
      yield atoms(['Ge', 'O'], COORD[0], labels(0));
      throw new Error('stopped');
    };
    await expect(writeConfigurations(folder, 'deepmd', failing())).rejects.toThrow('stopped');
    expect(existsSync(folder)).toBe(false);
    expect(readdirSync(dirname(folder)).some((name) => name.startsWith(basename(folder)))).toBe(false);
    const there = folderOf({ 'mine.txt': 'keep' });
    await expect(writeConfigurations(there, 'deepmd', [atoms(['O', 'O'], COORD[0])])).rejects.toThrow(
      /no empty folder/,
    );
    expect(readFileSync(join(there, 'mine.txt'), 'utf8')).toBe('keep');
  });
});
