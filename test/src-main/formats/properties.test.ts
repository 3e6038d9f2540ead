/**
 * Dipoles, magnetic moments, charges and polarisabilities: read from the formats that carry them, with units and signs,
 * kept as they were, and written so that others read them.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { kindsFromSymbols, type Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  componentsOf,
  fieldOf,
  OPTIONAL,
  TABLE,
  unitFactor,
  valuesOf,
} from '../../../src-compute/structure/properties.ts';
import { DEBYE_IN_E_A } from '../../../src-compute/units.ts';
import { readConfigurations, readFrames, writeConfigurations } from '../../../src-main/formats/index.ts';
import { npyOf } from '../../../src-main/formats/numpy/npy.ts';
import { zipSync } from 'fflate';
import { allFrames, readText, sample, temporaryFile, temporaryPath } from './support.ts';

const water: Configuration = {
  ...kindsFromSymbols(['O', 'H', 'H']),
  positions: Float64Array.of(0, 0, 0.119, 0, 0.763, -0.477, 0, -0.763, -0.477),
  cell: Float64Array.of(9, 0, 0, 0, 9, 0, 0, 0, 9),
  periodic: [true, true, true],
  energy: -14.25,
  forces: Float64Array.from({ length: 9 }, (_, k) => 0.01 * k),
};

/** Every shape of every property that files may or may not have. */
const carrying = OPTIONAL.flatMap((row) =>
  row.components.map((count) => {
    const length = count * (row.per === 'atom' ? 3 : 1);
    const values = Float64Array.from({ length }, (_, k) => Math.sin(1 + k));
    // a polarisability is symmetric
    if (count === 9) for (const [a, b] of [[3, 1], [6, 2], [7, 5]]) values[a] = values[b]; // prettier-ignore
    return { row, key: row.key, count, configuration: { ...water, ...fieldOf(row, values) } };
  }),
);

const frame = (comment: string, columns = 'species:S:1:pos:R:3', rows = ['O 0 0 0', 'H 1 0 0']) =>
  `${rows.length}\nLattice="9 0 0 0 9 0 0 0 9" Properties=${columns} ${comment}\n${rows.join('\n')}\n`;

describe('extended XYZ', () => {
  it.each(carrying)('gives back $key with $count to the bit', async ({ row, configuration }) => {
    const path = temporaryPath('round.xyz');
    await writeConfigurations(path, 'extxyz', [configuration]);
    const [back] = await readConfigurations(path);
    expect(valuesOf(back, row.key)).toEqual(valuesOf(configuration, row.key));
    expect(back.atomColumns).toBeUndefined();
    expect(back.info).toBeUndefined();
  });

  it('takes what has the prefix of the labels, and no prediction', async () => {
    const text = frame(
      'REF_energy=-1 REF_dipole="0 0 1" dipole_mace="9 9 9"',
      'species:S:1:pos:R:3:REF_forces:R:3:mace_charges:R:1:REF_charges:R:1',
      ['O 0 0 0 0 0 0 5 0.5', 'H 1 0 0 0 0 0 5 -0.5'],
    );
    const [{ configuration, labels }] = await allFrames(temporaryFile(text, 'a.xyz'));
    expect(configuration?.dipole).toEqual(Float64Array.of(0, 0, 1));
    expect(configuration?.charges).toEqual(Float64Array.of(0.5, -0.5));
    expect(configuration?.atomColumns?.map(({ name }) => name)).toEqual(['mace_charges']);
    expect(configuration?.info).toEqual({ dipole_mace: [9, 9, 9] });
    expect(labels?.taken).toMatchObject({ dipole: 'REF_dipole', charges: 'REF_charges' });
  });

  it('takes whole numbers and zeros as moments, and tells the components from the column', async () => {
    const [collinear] = await readText(
      frame('', 'species:S:1:pos:R:3:magmoms:I:1', ['O 0 0 0 0', 'H 1 0 0 0']),
    );
    expect(collinear.magneticMoments).toEqual(new Float64Array(2));
    const [vectors] = await readText(
      frame('', 'species:S:1:pos:R:3:magmoms:R:3', ['O 0 0 0 0 0 1', 'H 1 0 0 0 1 0']),
    );
    expect(vectors.magneticMoments).toEqual(Float64Array.of(0, 0, 1, 0, 1, 0));
  });

  it.each([
    ['dipole="0 0 1" dipole_unit=Debye', DEBYE_IN_E_A],
    ['dipole="0 0 1" dipole-unit=e*Bohr', 0.529177210903],
    ['dipole="0 0 1"', 1],
  ])('converts %s', async (comment, expected) => {
    const [{ dipole, info }] = await readText(frame(comment));
    expect(dipole?.[2]).toBeCloseTo(expected, 12);
    expect(info).toBeUndefined();
  });

  it('makes six numbers of a polarisability the tensor', async () => {
    const [{ polarisability }] = await readText(frame('polarizability="1 2 3 4 5 6"'));
    expect(polarisability).toEqual(Float64Array.of(1, 6, 5, 6, 2, 4, 5, 4, 3));
  });

  it.each([
    ['dipole="0 0 1 2"', undefined, /Expected 3 numbers \(e·Å\) for "dipole", found 4/],
    ['dipole="0 0 nan"', undefined, /Expected finite numbers for the dipole, found NaN: it was left out/],
    ['dipole="0 0 1" dipole_unit=parsec', undefined, /Expected a unit of the dipole, such as e·Å.*"parsec"/],
    ['key=1', 'species:S:1:pos:R:3:magmoms:R:1', /Expected finite numbers for magnetic moments, found NaN/],
  ])('leaves out %s %s with a sentence, and keeps the frame', async (comment, columns, sentence) => {
    const rows = columns === undefined ? undefined : ['O 0 0 0 nan', 'H 1 0 0 1'];
    const text = frame(`energy=-3 ${comment}`, columns, rows);
    const [{ configuration, problems }] = await allFrames(temporaryFile(text, 'bad.xyz'));
    expect(configuration?.energy).toBe(-3);
    for (const { key } of OPTIONAL) expect(configuration?.[key]).toBeUndefined();
    expect(problems.map(({ message }) => message).join()).toMatch(sentence);
    expect(problems.every(({ severity }) => severity === 'warning')).toBe(true);
  });

  it('is refused where the user names a unit that is none', async () => {
    const text = frame('dipole="0 0 1"');
    await expect(readText(text, { propertyUnits: { dipole: 'K' } })).rejects.toThrow(/unit of the dipole/);
    const [{ dipole }] = await readText(text, { propertyUnits: { dipole: 'D' } });
    expect(dipole?.[2]).toBeCloseTo(DEBYE_IN_E_A, 12);
  });

  it('is read by ASE, and reads what ASE writes', async ({ skip }) => {
    const ase = (script: string, ...args: string[]) =>
      spawnSync('/usr/bin/python3', ['-c', script, ...args], { encoding: 'utf8' });
    if (ase('import ase').status !== 0) {
      if (process.env.CI) throw new Error('CI needs ASE: apt-get install python3-ase');
      skip('ASE is not installed: apt-get install python3-ase');
    }
    const [ours, theirs] = [temporaryPath('ours.xyz'), temporaryPath('theirs.xyz')];
    const traj = temporaryPath('theirs.traj');
    const full = carrying.map(({ configuration }) => configuration);
    const all: Configuration = Object.assign({}, ...full) as Configuration;
    await writeConfigurations(ours, 'extxyz', [all]);
    const run = ase(
      `import sys, json
from ase.io import read, write
from ase.calculators.singlepoint import SinglePointCalculator
a = read(sys.argv[1])
r = a.calc.results
# a column of charges is to this version of ASE what the atoms begin with
charges = a.get_initial_charges()
print(json.dumps({'dipole': r['dipole'].tolist(), 'magmoms': r['magmoms'].tolist(), 'charges': charges.tolist()}))
a.set_initial_charges(None)
a.calc = SinglePointCalculator(a, energy=r['energy'], dipole=r['dipole'], magmoms=r['magmoms'], charges=charges)
write(sys.argv[2], a)
write(sys.argv[3], a)`,
      ours,
      theirs,
      traj,
    );
    expect(run.status, run.stderr).toBe(0);
    const read = JSON.parse(run.stdout) as Record<string, number[] | number[][]>;
    expect(read.dipole).toEqual([...all.dipole!]);
    expect(read.magmoms.flat()).toEqual([...all.magneticMoments!]);
    expect(read.charges).toEqual([...all.charges!]);
    for (const path of [theirs, traj]) {
      const [back] = await readConfigurations(path);
      for (const row of [row1('dipole'), row1('magneticMoments'), row1('charges')])
        valuesOf(back, row.key)!.forEach((value, k) =>
          expect(value, `${path} ${row.key}`).toBeCloseTo(valuesOf(all, row.key)![k], 7),
        );
    }
  });
});

function row1(key: string) {
  return TABLE.find((row) => row.key === key)!;
}

describe('other formats that we write', () => {
  it.each(carrying.filter(({ row }) => row.files.deepmd !== undefined))(
    'a DeePMD system gives back $key with $count',
    async ({ row, count, configuration }) => {
      const path = temporaryPath('system');
      await writeConfigurations(path, 'deepmd', [configuration]);
      const [back] = await readConfigurations(join(path, 'O1H2'));
      const [written, read] = [valuesOf(configuration, row.key)!, valuesOf(back, row.key)!];
      // collinear moments become vectors along z
      const expected =
        row.components.length > 1 && count === 1
          ? Float64Array.from({ length: 9 }, (_, k) => (k % 3 === 2 ? written[(k - 2) / 3] : 0))
          : written;
      expect(read).toEqual(expected);
    },
  );

  it.each(carrying.filter(({ row, count }) => row.files.mlip?.[count] !== undefined))(
    'an MLIP .cfg gives back $key with $count',
    async ({ row, configuration }) => {
      const path = temporaryPath('round.cfg');
      await writeConfigurations(path, 'mlip', [configuration]);
      const [back] = await readConfigurations(path);
      expect(valuesOf(back, row.key)).toEqual(valuesOf(configuration, row.key));
      expect(back.atomColumns).toBeUndefined();
    },
  );

  it('say what they have no place for', async () => {
    const notes: string[] = [];
    const all = Object.assign({}, ...carrying.map(({ configuration }) => configuration)) as Configuration;
    await writeConfigurations(temporaryPath('a.cfg'), 'mlip', [all], { onNote: (note) => notes.push(note) });
    expect(notes).toContain('MLIP .cfg has no place for the dipole; it was left out.');
  });
});

describe('units of the rows', () => {
  test.each([
    ['dipole', 'Debye', 0.20819433],
    ['dipole', 'e Å', 1],
    ['dipole', 'a.u.', 0.529177],
    ['charges', '|e|', 1],
    ['charges', 'electrons', -1],
    ['magneticMoments', 'mu_B', 1],
    ['polarisability', 'bohr^3', 0.1481847],
  ])('%s in %s', (key, unit, factor) => {
    expect(unitFactor(row1(key), unit)).toBeCloseTo(factor, 6);
  });
  test('and none of another kind', () => expect(unitFactor(row1('dipole'), 'GPa')).toBeUndefined());
});

const table = (axis: string, totals: readonly number[]) =>
  ` magnetization (${axis})\n \n# of ion       s       p       d       tot\n------------------------------------------\n${totals
    .map((total, k) => `    ${k + 1}       -0.010  -0.012   2.000   ${total.toFixed(3)}\n`)
    .join(
      '',
    )}--------------------------------------------------\ntot          0.000   0.000   0.000   0.000\n\n`;

describe('VASP', () => {
  const outcar = readFileSync(sample('vasp', 'OUTCAR'), 'utf8');
  const xml = readFileSync(sample('vasp', 'vasprun.xml'), 'utf8');

  async function first(text: string, name: string) {
    return await readConfigurations(temporaryFile(text, name));
  }

  it('OUTCAR: moments before the forces are those of the step, collinear or vectors', async () => {
    const plain = await first(outcar, 'OUTCAR');
    const atoms = plain[0].kinds.length;
    const totals = Array.from({ length: atoms }, (_, k) => 2.5 - k);
    const before = (tables: string) => outcar.replaceAll(/^( POSITION\s)/gm, `${tables}$1`);
    const collinear = await first(before(table('x', totals)), 'OUTCAR');
    expect(collinear).toHaveLength(plain.length);
    for (const { magneticMoments } of collinear) expect(magneticMoments).toEqual(Float64Array.from(totals));
    const zeros = totals.map(() => 0);
    const vectors = await first(before(table('x', zeros) + table('y', totals) + table('z', zeros)), 'OUTCAR');
    expect(vectors[0].magneticMoments).toEqual(
      Float64Array.from({ length: 3 * atoms }, (_, k) => (k % 3 === 1 ? totals[(k - 1) / 3] : 0)),
    );
    expect(vectors.map(({ energy }) => energy)).toEqual(plain.map(({ energy }) => energy));
  });

  it('OUTCAR: moments behind the energy belong to that step and not to the next', async () => {
    const plain = await first(outcar, 'OUTCAR');
    let step = 0;
    const after = outcar.replaceAll(/^.*energy\s+without entropy.*sigma->0.*$/gm, (line, at: number) => {
      // the electronic iterations print such a line, too: only the one behind the forces ends a step
      const since = outcar.slice(0, at);
      if (since.lastIndexOf('POSITION') < since.lastIndexOf('- Iteration')) return line;
      const totals = Array.from({ length: plain[0].kinds.length }, () => step);
      step++;
      return `${line}\n\n${table('x', totals)}`;
    });
    expect(step).toBe(plain.length);
    const found = await first(after, 'OUTCAR');
    expect(found.map(({ magneticMoments }) => magneticMoments?.[0])).toEqual(plain.map((_, k) => k));
  });

  it('OUTCAR: a table that is too short leaves the moments out, and says so', async () => {
    const cut = outcar.replace(/^( POSITION\s)/m, `${table('x', [1])}$1`);
    const [frame1] = await allFrames(temporaryFile(cut, 'OUTCAR'));
    expect(frame1.configuration?.magneticMoments).toBeUndefined();
    expect(frame1.problems.map(({ message }) => message).join()).toMatch(/numbers for magnetic moments of/);
  });

  it('OUTCAR and vasprun.xml: the dipole of the last iteration, from minus to plus', async () => {
    // printed in charges of the electron: LiF with F above Li prints a positive number, and points down
    const line = ' dipolmoment           0.010000    -0.250000     1.500000 electrons x Angstroem\n';
    const earlier = line.replace('1.500000', '9.000000');
    const text = outcar.replaceAll(/^( POSITION\s)/gm, `${earlier}${line}$1`);
    const dipole = Float64Array.of(-0.01, 0.25, -1.5);
    for (const configuration of await first(text, 'OUTCAR')) expect(configuration.dipole).toEqual(dipole);
    const block = '<dipole><v name="dipole"> 0.01 -0.25 1.5 </v></dipole>';
    const inSteps = xml.replaceAll('</scstep>', `${block.replace('1.5', '9')}</scstep>`);
    for (const configuration of await first(
      inSteps.replaceAll('</calculation>', `${block}</calculation>`),
      'vasprun.xml',
    ))
      expect(configuration.dipole).toEqual(dipole);
    for (const configuration of await first(inSteps, 'vasprun.xml'))
      expect(configuration.dipole?.[2]).toBe(-9);
  });

  it('vasprun.xml: moments are the occupied projections, spin by spin', async () => {
    const plain = await first(xml, 'vasprun.xml');
    const atoms = plain[0].kinds.length;
    const weights = [0.25, 0.75];
    const occupied = [
      [[1, 0.5], [1, 0]],
      [[1, 0], [0.25, 0]],
    ]; // prettier-ignore
    const projection = (spin: number, kpoint: number, band: number, ion: number, orbital: number) =>
      0.01 * (1 + spin + 2 * kpoint + 3 * band + 5 * ion + 7 * orbital);
    const set = (comment: string, inner: string) => `<set comment="${comment}">${inner}</set>`;
    const all = [0, 1];
    const eigenvalues = all.map((s) =>
      set(`spin ${s + 1}`, all.map((k) => set(`kpoint ${k + 1}`, all.map((b) => `<r> -3.0 ${occupied[s][k][b]} </r>`).join(''))).join('')),
    ); // prettier-ignore
    const ions = Array.from({ length: atoms }, (_, ion) => ion);
    const rows = (s: number, k: number, b: number) =>
      ions
        .map((ion) => `<r> ${all.map((o) => projection(s, k, b, ion, o).toFixed(4)).join(' ')} </r>`)
        .join('');
    const array = all.map((s) =>
      set(`spin${s + 1}`, all.map((k) => set(`kpoint ${k + 1}`, all.map((b) => set(`band ${b + 1}`, rows(s, k, b))).join(''))).join('')),
    ); // prettier-ignore
    const kpoints = `<kpoints><varray name="weights">${weights.map((w) => `<v> ${w} </v>`).join('')}</varray></kpoints>`;
    const projected = `<projected><eigenvalues><array><set>${eigenvalues.join('')}</set></array></eigenvalues><array><set>${array.join('')}</set></array></projected>`;
    const bare = xml.replaceAll(/<kpoints>[\s\S]*?<\/kpoints>/g, '');
    const last = bare.lastIndexOf('</calculation>');
    const text = `${bare.slice(0, last)}${projected}${bare.slice(last)}`.replace(
      '<atominfo>',
      `${kpoints}<atominfo>`,
    );
    const found = await first(text, 'vasprun.xml');
    expect(found.slice(0, -1).every(({ magneticMoments }) => magneticMoments === undefined)).toBe(true);
    ions.forEach((ion) => {
      let expected = 0;
      for (const s of all) for (const k of all) for (const b of all) for (const o of all)
        expected += (s === 0 ? 1 : -1) * weights[k] * occupied[s][k][b] * projection(s, k, b, ion, o); // prettier-ignore
      expect(found.at(-1)?.magneticMoments?.[ion]).toBeCloseTo(expected, 10);
    });
    // three components of the magnetisation behind the density
    const four = projected.replace(/<array><set>(<set comment="spin1">.*)<\/set><\/array><\/projected>$/, (_, sets: string) => `<array><set>${sets}${sets.replace('spin1', 'spin3').replace('spin2', 'spin4')}</set></array></projected>`).replace(/<set comment="spin 2">.*?<\/set><\/set>(?=<\/set><\/array><\/eigenvalues>)/, ''); // prettier-ignore
    const [lastOf] = (await first(`${bare.slice(0, last)}${four}${bare.slice(last)}`.replace('<atominfo>', `${kpoints}<atominfo>`), 'vasprun.xml')).slice(-1); // prettier-ignore
    expect(lastOf.magneticMoments).toHaveLength(3 * atoms);
  });
});

describe('JSON of pymatgen', () => {
  const site = (element: string, x: number, properties = {}) => ({
    species: [{ element, occu: 1 }],
    abc: [x, 0, 0],
    xyz: [4 * x, 0, 0],
    properties,
  });
  const lattice = { matrix: [[4, 0, 0], [0, 4, 0], [0, 0, 4]] }; // prettier-ignore
  const sites = [site('Fe', 0), site('Fe', 0.5)];
  const read = (value: unknown) => readText(JSON.stringify(value), { format: 'pymatgen' });

  it('takes moments beside the labels, of the sites, and of the class Magmom', async () => {
    const structure = { lattice, sites };
    for (const record of [
      { structure, energy: -1, magmoms: [2, -2] },
      { structure, outputs: { energy: -1, magmoms: [2, -2] } },
      { structure: { lattice, sites: [site('Fe', 0, { magmom: 2 }), site('Fe', 0.5, { magmom: -2 })] } },
      {
        structure: { lattice, sites: [2, -2].map((moment, k) => site('Fe', k / 2, { magmom: { moment } })) },
      },
    ])
      expect((await read(record))[0].magneticMoments).toEqual(Float64Array.of(2, -2));
    const [vectors] = await read({ structure, magmoms: [[0, 0, 2], [0, 0, -2]], dipole: [0, 0, 1] }); // prettier-ignore
    expect(vectors.magneticMoments).toEqual(Float64Array.of(0, 0, 2, 0, 0, -2));
    expect(vectors.dipole).toEqual(Float64Array.of(0, 0, 1));
  });

  it('leaves out what is no property of the atoms, with a sentence', async () => {
    const structure = { lattice, sites };
    const path = temporaryFile(JSON.stringify({ structure, energy: -1, magmoms: [1, 2, 3, 4, 5] }), 'a.json');
    const [{ configuration, problems }] = await allFrames(path);
    expect(configuration?.energy).toBe(-1);
    expect(configuration?.magneticMoments).toBeUndefined();
    expect(problems[0].message).toMatch(/Expected 2 or 6 numbers \(μB\) for "magmoms", found 5/);
    // the charge of the whole structure is none of its atoms
    expect((await read({ structure, charge: 1 }))[0].charges).toBeUndefined();
  });
});

describe('NumPy archives', () => {
  const archive = (others: Record<string, Uint8Array>) =>
    temporaryFile(
      zipSync({
        'z.npy': npyOf([2], Float64Array.of(8, 1)),
        'R.npy': npyOf(
          [2, 2, 3],
          Float64Array.from({ length: 12 }, (_, k) => k),
        ),
        'E.npy': npyOf([2], Float64Array.of(1, 2)),
        ...others,
      }),
      'molecules.npz',
    );
  const dipoles = { 'D.npy': npyOf([2, 3], Float64Array.of(0, 0, 1, 0, 0, 2)) };

  it('leave dipoles without a unit out, and take them with one', async () => {
    const [without] = await allFrames(archive(dipoles));
    expect(without.configuration?.dipole).toBeUndefined();
    expect(without.problems.map(({ message }) => message).join()).toMatch(/Expected the unit of "D".*d_unit/);
    const [, second] = await readConfigurations(archive(dipoles), { propertyUnits: { dipole: 'Debye' } });
    expect(second.dipole?.[2]).toBeCloseTo(2 * DEBYE_IN_E_A, 12);
  });

  it('leave out arrays of another shape', async () => {
    const wrong = { 'D.npy': npyOf([2, 2], new Float64Array(4)) };
    const frames = [];
    for await (const one of readFrames(archive(wrong), { propertyUnits: { dipole: 'e*A' } }))
      frames.push(one);
    expect(frames[0].problems.map(({ message }) => message).join()).toMatch(/found the shape \(2, 2\)/);
  });
});

describe('outputs of programs', () => {
  const read = (text: string) => readConfigurations(temporaryFile(text, 'out'));

  it('ORCA: dipole, charges and moments', async () => {
    const [one] = await read(
      [
        '                                 * O   R   C   A *',
        'CARTESIAN COORDINATES (ANGSTROEM)',
        '---------------------------------',
        '  O      0.000000    0.000000    0.000000',
        '  H      0.000000    0.000000    0.970000',
        '',
        'FINAL SINGLE POINT ENERGY       -75.700000000000',
        '',
        'MULLIKEN ATOMIC CHARGES AND SPIN POPULATIONS',
        '--------------------------------------------',
        '   0 O :   -0.300000    1.020000',
        '   1 H :    0.300000   -0.020000',
        'Sum of atomic charges         :   -0.0000000',
        '',
        'Total Dipole Moment    :     -0.00000      -0.00000       0.70000',
        'ORCA TERMINATED NORMALLY',
        '',
      ].join('\n'),
    );
    expect(one.charges).toEqual(Float64Array.of(-0.3, 0.3));
    expect(one.magneticMoments).toEqual(Float64Array.of(1.02, -0.02));
    expect(one.dipole?.[2]).toBeCloseTo(0.7 * 0.529177210903, 10);
  });

  const espresso = (moments: string) =>
    [
      '     Program PWSCF v.6.7MaX starts on  1Dec2026 at  0:13:33 ',
      '     number of atoms/cell      =            2',
      '     celldm(1)=  10.000000  celldm(2)=   0.000000  celldm(3)=   0.000000',
      '     crystal axes: (cart. coord. in units of alat)',
      ...['1 0 0', '0 1 0', '0 0 1'].map((row, k) => `               a(${k + 1}) = ( ${row} )`),
      '     site n.     atom                  positions (alat units)',
      '         1           Fe  tau(   1) = (   0.0000000   0.0000000   0.0000000  )',
      '         2           Fe  tau(   2) = (   0.5000000   0.5000000   0.5000000  )',
      moments.replaceAll('2.2', '9.9'),
      moments,
      '!    total energy              =     -55.50000000 Ry',
      '     convergence has been achieved in   7 iterations',
      '   JOB DONE.',
      '',
    ].join('\n');

  it('pw.x: the last moments of a geometry, collinear as 6.7 and 7.x print them, or vectors', async () => {
    const old =
      '     Magnetic moment per site:\n     atom:    1    charge:    6.4440    magn:    2.2150    constr:    0.0000\n     atom:    2    charge:    6.4440    magn:   -2.2150    constr:    0.0000';
    const later =
      '     Magnetic moment per site  (integrated on atomic sphere of radius R)\n     atom   1 (R=0.357)  charge=  6.4440  magn=  2.2150\n     atom   2 (R=0.357)  charge=  6.4440  magn= -2.2150';
    for (const moments of [old, later])
      expect((await read(espresso(moments)))[0].magneticMoments).toEqual(Float64Array.of(2.215, -2.215));
    const one = (atom: number, m: string) =>
      `     atom number    ${atom} relative position :    0.0000   0.0000   0.0000\n     charge :     6.463\n     magnetization :          ${m}\n     magnetization/charge:    0.2  0.1  0.2`;
    const [vectors] = await read(espresso(`${one(1, '1.0 0.0 2.2')}\n${one(2, '-1.0 0.0 -2.2')}`));
    expect(vectors.magneticMoments).toEqual(Float64Array.of(1, 0, 2.2, -1, 0, -2.2));
    const [none] = await read(espresso('     Magnetic moment per site:'));
    expect(none.magneticMoments).toBeUndefined();
  });

  it('FHI-aims and CP2K: dipoles in e·Å and debye, charges and moments', async () => {
    const [aims] = await read(
      [
        '          Invoking FHI-aims ...',
        '  | Atomic structure:',
        '  |       Atom                x [A]            y [A]            z [A]',
        '  |    1: Species O             0.0   0.0   0.0',
        '  |    2: Species H             0.0   0.0   0.97',
        '          Begin self-consistency loop: Initialization.',
        '  | Total energy uncorrected      :      -2060.0 eV',
        '  Self-consistency cycle converged.',
        '  | Total dipole moment [eAng]          :          0.0  0.0  0.35',
        '  Performing Hirshfeld analysis of fragment charges and moments.',
        '  | Atom     1: O',
        '  |   Hirshfeld charge        :     -0.10',
        '  | Atom     2: H',
        '  |   Hirshfeld charge        :      0.10',
        '          Have a nice day.',
        '',
      ].join('\n'),
    );
    expect(aims.dipole).toEqual(Float64Array.of(0, 0, 0.35));
    expect(aims.charges).toEqual(Float64Array.of(-0.1, 0.1));
    const [cp2k] = await read(
      [
        ' DBCSR| CPU Multiplication driver                                           BLAS',
        ' MODULE QUICKSTEP:  ATOMIC COORDINATES IN angstrom',
        '',
        '  Atom  Kind  Element       X           Y           Z          Z(eff)       Mass',
        '',
        '       1     1 O    8    0.000000    0.000000    0.000000      6.00      15.9994',
        '       2     2 H    1    0.000000    0.000000    0.970000      1.00       1.0079',
        '',
        '  *** SCF run converged in    10 steps ***',
        ' Mulliken Population Analysis',
        '',
        ' #  Atom  Element  Kind  Atomic population (alpha,beta) Net charge  Spin moment',
        '       1     O        1          3.650    2.650    -0.300       1.000',
        '       2     H        2          0.350    0.350     0.300       0.000',
        ' # Total charge and spin          4.0  3.0   0.0  1.0',
        '  Dipole moment [Debye]',
        '    X=   0.00000000 Y=   0.00000000 Z=   1.70000000     Total=      1.70000000',
        ' ENERGY| Total FORCE_EVAL ( QS ) energy [a.u.]:              -16.5',
        ' PROGRAM ENDED AT 2026',
        '',
      ].join('\n'),
    );
    expect(cp2k.charges).toEqual(Float64Array.of(-0.3, 0.3));
    expect(cp2k.magneticMoments).toEqual(Float64Array.of(1, 0));
    expect(cp2k.dipole?.[2]).toBeCloseTo(1.7 * DEBYE_IN_E_A, 10);
  });

  it('Gaussian: a dipole in the axes of the standard orientation is not that of turned positions', async () => {
    const orientation = (name: string) =>
      [
        `                          ${name} orientation:                          `,
        ' ---------------------------------------------------------------------',
        ' Center     Atomic      Atomic             Coordinates (Angstroms)',
        ' Number     Number       Type             X           Y           Z',
        ' ---------------------------------------------------------------------',
        '      1          8           0        0.000000    0.000000    0.000000',
        '      2          1           0        0.000000    0.000000    0.970000',
        ' ---------------------------------------------------------------------',
      ].join('\n');
    const rest = [
      ' SCF Done:  E(UB3LYP) =  -75.7     A.U. after   10 cycles',
      ' Mulliken charges and spin densities:',
      '               1          2',
      '     1  O   -0.300000   1.020000',
      '     2  H    0.300000  -0.020000',
      ' Dipole moment (field-independent basis, Debye):',
      '    X=              0.0000    Y=              0.0000    Z=              1.7000  Tot=              1.7000',
      ' Normal termination of Gaussian 16',
      '',
    ].join('\n');
    const head = ' Entering Gaussian System, Link 0=g16\n';
    const [input] = await read(`${head}${orientation('Input')}\n${rest}`);
    expect(input.dipole?.[2]).toBeCloseTo(1.7 * DEBYE_IN_E_A, 10);
    expect(input.magneticMoments).toEqual(Float64Array.of(1.02, -0.02));
    const turned = `${head}${orientation('Input')}\n${orientation('Standard')}\n${rest}`;
    const [{ configuration, problems }] = await allFrames(temporaryFile(turned, 'out'));
    expect(configuration?.dipole).toBeUndefined();
    expect(configuration?.charges).toEqual(Float64Array.of(-0.3, 0.3));
    expect(problems.map(({ message }) => message).join()).toMatch(/axes of the positions/);
  });
});

test('no row is left without a name in extended XYZ, and none has a shape that could be two', () => {
  for (const row of TABLE) {
    expect(row.files.xyz.length).toBeGreaterThan(0);
    for (const atoms of [1, 2, 3, 9])
      expect(componentsOf(row, row.components[0] * (row.per === 'atom' ? atoms : 1), atoms)).toBe(
        row.components[0],
      );
  }
});
