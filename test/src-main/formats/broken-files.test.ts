/** Bad input: for every importer a table of broken files, each with the sentence that the user gets. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { detectFormat, readConfigurations } from '../../../src-main/formats/index.ts';
import { GOOD } from './samples.ts';
import { allFrames, formatErrorOf, readText, temporaryFile } from './support.ts';

/** What is done to the good file, the sentence, and optionally frame and line. */
type Case = readonly [
  what: string,
  change: (good: string) => string,
  sentence: RegExp,
  frame?: number,
  line?: number,
];

const replace = (from: string | RegExp, to: string) => (good: string) => {
  const changed = good.replace(from, to);
  if (changed === good) throw new Error(`The sample has no ${String(from)}.`);
  return changed;
};
const upTo = (mark: string) => (good: string) => {
  const at = good.lastIndexOf(mark);
  if (at < 0) throw new Error(`The sample has no ${mark}.`);
  return good.slice(0, at);
};

const CASES: Record<string, readonly Case[]> = {
  extxyz: [
    ['cut off between atoms', upTo('O 2.0 2.1'), /The file ends after 1 of 2 atoms\./, 1],
    ['cut off inside a number', upTo(' -0.2 -0.3 8 F'), /the line ends before the column "forces"/, 1, 8],
    ['no comment line', () => '2\n', /The file ends after the number of atoms/, 0, 1],
    [
      'count too small',
      replace('2\nLattice', '1\nLattice'),
      /Expected the number of atoms at the beginning of a frame, found "O 2\.0/,
      1,
      4,
    ],
    ['count too large', replace('2\nLattice', '3\nLattice'), /the line ends before the column "pos"/, 0, 5],
    [
      'count missing',
      replace('2\nLattice', 'two\nLattice'),
      /Expected the number of atoms at the beginning of a frame, found "two"/,
      0,
      1,
    ],
    ['no atoms', replace('2\nLattice', '0\nLattice'), /Expected at least one atom, found 0/, 0, 1],
    [
      'NaN in a position',
      replace('Si 0.0 0.0', 'Si nan 0.0'),
      /Expected a finite number for the column "pos", found "nan"/,
      0,
      3,
    ],
    [
      'infinite force',
      replace('0.1 0.2 0.3 7', 'inf 0.2 0.3 7'),
      /Expected a finite number for the column "forces", found "inf"/,
      0,
      3,
    ],
    [
      'Fortran stars',
      replace('2.0 2.0 2.0', '2.0 ******** 2.0'),
      /printed stars because the number did not fit/,
      0,
      4,
    ],
    [
      'text for a number',
      replace('2.0 2.0 2.0', '2.0 two 2.0'),
      /Expected a number for the column "pos", found "two"/,
      0,
      4,
    ],
    [
      'comma as decimal sign',
      replace('2.0 2.0 2.0', '2,0 2.0 2.0'),
      /Expected a number for the column "pos", found "2,0"/,
      0,
      4,
    ],
    [
      'real for an integer',
      replace('0.3 7 T', '0.3 7.5 T'),
      /Expected a whole number in the column "tag", found "7.5"/,
      0,
      3,
    ],
    ['no logical', replace('7 T', '7 maybe'), /Expected T or F in the column "fixed", found "maybe"/, 0, 3],
    ['too many columns', replace('8 F', '8 F 1.0'), /Expected 9 columns in each atom line, found more/, 0, 4],
    ['no positions', replace('pos:R:3', 'place:R:3'), /Expected the column pos:R:3/, 0, 2],
    ['no species', replace('species:S:1', 'name:S:1'), /Expected the column species:S:1/, 0, 2],
    [
      'unknown kind of column',
      replace('forces:R:3', 'forces:Q:3'),
      /Expected the kind R, I, S or L for the column "forces"/,
      0,
      2,
    ],
    [
      'Properties not in triples',
      replace('fixed:L:1', 'fixed:L'),
      /Expected Properties as name:kind:count triples/,
      0,
      2,
    ],
    ['column twice', replace('tag:I:1', 'forces:I:1'), /found "forces" twice/, 0, 2],
    ['Lattice of 8', replace('0 0 0 4"', '0 0 4"'), /Expected Lattice with 9 numbers/, 0, 2],
    ['NaN in Lattice', replace('"4 0 0', '"nan 0 0'), /Expected finite numbers in Lattice/, 0, 2],
    [
      'periodic without Lattice',
      replace(/Lattice="[^"]*" /, ''),
      /pbc says periodic, but there is no cell/,
      0,
      2,
    ],
    ['pbc of two', replace('"T T T"', '"T T"'), /Expected pbc="T T T"/, 0, 2],
    ['quote not closed', replace('config_type=bulk', 'config_type="bulk'), /Expected a closing "/, 0, 2],
    [
      'energy NaN',
      replace('energy=-10.5', 'energy=nan'),
      /Expected a finite number \(eV\) for "energy", found "NaN"/,
      0,
      2,
    ],
    [
      'energy is text',
      replace('energy=-10.5', 'energy=unknown'),
      /Expected a finite number \(eV\) for "energy", found "unknown"/,
      0,
      2,
    ],
    [
      'virial of five',
      replace('"1 0 0 0 2 0 0 0 3"', '"1 0 0 2 0"'),
      /Expected 9 or 6 finite numbers for "virial"/,
      0,
      2,
    ],
    [
      'unknown element',
      replace('O 2.0 2.0', 'Qq 2.0 2.0'),
      /Expected an element symbol such as Si, found "Qq"/,
      0,
    ],
    ['cell without volume', replace('0 0 0 4"', '0 4 0 0"'), /three lattice vectors lie in one plane/, 0],
    ['lattice vector of zero', replace('0 0 0 4"', '0 0 0 0"'), /found one of length zero/, 0],
    [
      'atoms on top of each other',
      replace('O 2.0 2.0 2.0', 'O 0.1 0.0 0.0'),
      /atoms 1 and 2 are 0\.100 Å apart/,
      0,
    ],
    [
      'atoms on top of periodic images',
      replace('O 2.0 2.0 2.0', 'O 3.9 3.9 0.0'),
      /atoms 1 and 2 are 0\.141 Å apart/,
      0,
    ],
  ],
  xyz: [
    ['cut off', upTo('H -0.24'), /The file ends after 2 of 3 atoms/, 0],
    ['count too large', replace('3\n', '4\n'), /The file ends after 3 of 4 atoms/, 0],
    ['NaN', replace('0.96', 'NaN'), /Expected a finite number for the column "pos", found "NaN"/, 0, 4],
    ['Fortran stars', replace('0.96', '****'), /printed stars/, 0, 4],
    [
      'missing coordinate',
      replace('O 0.0 0.0 0.0', 'O 0.0 0.0'),
      /the line ends before the column "pos"/,
      0,
      3,
    ],
  ],
  mlip: [
    ['cut off', upTo('END_CFG'), /The file ends before END_CFG/, 1],
    ['Size too large', replace('    2\n', '    3\n'), /Expected 3 atoms as Size says, found 2/, 0],
    [
      'Size too small',
      replace('    2\n', '    1\n'),
      /Expected Size, Supercell, AtomData, .* found "2 1 2\.0/,
      0,
    ],
    [
      'Size is text',
      replace('    2\n', '    many\n'),
      /Expected the number of atoms after Size as a whole number/,
      0,
      3,
    ],
    [
      'NaN',
      replace('2.0 2.0 2.0', '2.0 nan 2.0'),
      /Expected a finite number for the column "cartes_y", found "nan"/,
      0,
    ],
    ['Fortran stars', replace('-10.5', '*******'), /printed stars/, 0],
    [
      'wrong column name',
      replace('cartes_x', 'carts_x'),
      /Expected columns of AtomData such as id, type, cartes_x or fx, found "carts_x"/,
      0,
      8,
    ],
    [
      'positions missing',
      replace('cartes_x cartes_y cartes_z fx fy fz', 'fx fy fz magmom_x magmom_y magmom_z'),
      /Expected the columns cartes_x cartes_y cartes_z or direct_x/,
      0,
    ],
    [
      'one force column missing',
      replace(' fx fy fz', ' fx fy charge'),
      /Expected all of the columns fx, fy, fz/,
      0,
    ],
    [
      'stress component missing',
      replace('yz xz xy', 'yz xz xz'),
      /Expected six components xx yy zz yz xz xy/,
      0,
    ],
    [
      'broken lattice vector',
      replace('0.0 4.0 0.0', '0.0 4.0'),
      /Expected a lattice vector of three numbers/,
      0,
      6,
    ],
    [
      'negative type',
      replace('2 1 2.0', '2 -1 2.0'),
      /Expected a type from 0 upwards for each atom, found -1/,
      0,
    ],
    [
      'no BEGIN_CFG',
      replace('BEGIN_CFG\n Size\n    1', ' Size\n    1'),
      /Expected BEGIN_CFG at the beginning/,
      1,
    ],
  ],
  poscar: [
    ['cut off', upTo('0.0 0.32'), /The file ends before all 3 positions \(2 are there\)/, 0],
    ['count too large', replace('1 2\n', '1 3\n'), /Expected a number for a position/, 0],
    [
      'count too small',
      replace('1 2\n', '1 1\n'),
      /Expected the end of the file, or velocities, after 2 positions/,
      0,
      12,
    ],
    [
      'counts and symbols differ',
      replace('1 2\n', '1 2 3\n'),
      /Expected one count for each of the 2 species, found 3/,
      0,
      7,
    ],
    [
      'count is text',
      replace('1 2\n', '1 two\n'),
      /Expected the count of each species as a whole number/,
      0,
      7,
    ],
    [
      'NaN',
      replace('0.4 0.0 0.0 T', 'nan 0.0 0.0 T'),
      /Expected a finite number for a position, found "nan"/,
      0,
      11,
    ],
    ['Fortran stars', replace('4.0 0.0 0.0', '**** 0.0 0.0'), /printed stars/, 0, 3],
    [
      'scale of zero',
      replace('1.0\n4.0', '0.0\n4.0'),
      /Expected a positive scale, or the negative volume/,
      0,
    ],
    ['scale missing', replace('1.0\n4.0', '\n4.0'), /Expected a number for the scale of the lattice/, 0],
    ['no mode', replace('Direct', 'Nowhere'), /Expected "Direct" or "Cartesian", found "Nowhere"/, 0],
    ['flags missing', replace('T F T', 'T F'), /Expected T or F for each coordinate/, 0, 11],
    [
      'velocity missing',
      replace('0.0 0.0 0.003\n', ''),
      /Expected a velocity for each of 3 atoms, found 2/,
      0,
    ],
    ['cell without volume', replace('0.5 0.0 6.0', '8.0 0.0 0.0'), /lie in one plane/, 0],
    ['unknown element', replace('Si O', 'Si Qq'), /Expected an element symbol such as Si, found "Qq"/, 0],
  ],
  outcar: [
    [
      'no ionic step',
      (good) => good.slice(0, good.indexOf('-------- Iteration')),
      /Expected at least one ionic step/,
      0,
    ],
    [
      'cut off between steps',
      upTo(' POSITION '),
      /The file ends before the energy of its last ionic step/,
      1,
    ],
    [
      'cut off in the table',
      upTo('      1.59000'),
      /The file ends before the positions and forces of all 3 atoms \(1 are there\)/,
      1,
    ],
    [
      'cut off before the energy',
      upTo('  free  energy   TOTEN'),
      /The file ends before the energy of its last ionic step/,
      1,
    ],
    [
      'NaN',
      replace('-20.25000000 eV\n\n  energy  without', 'NaN eV\n\n  energy  without'),
      /Expected a finite number for the free energy TOTEN/,
      0,
    ],
    ['Fortran stars', replace('-0.400000', '*********'), /printed stars/, 0],
    [
      'counts disagree',
      replace('   1   2\n', '   1   3\n'),
      /Expected positions and forces of 4 atoms as "ions per type" says, found 3/,
      0,
    ],
    [
      'no counts',
      replace('ions per type', 'ions per kind'),
      /Expected "ions per type" before the first ionic step/,
      0,
    ],
  ],
  vasprun: [
    ['cut off in the second step', upTo('<varray name="stress"'), /The file ends inside <calculation>/, 1],
    [
      'no ionic step',
      (good) => `${good.slice(0, good.indexOf(' <calculation>'))}</modeling>`,
      /Expected at least one <calculation>/,
      0,
    ],
    [
      'NaN',
      replace('-20.25000000 </i>\n   <i name="e_wo', 'NaN </i>\n   <i name="e_wo'),
      /Expected a finite number for the energy e_fr_energy/,
      0,
    ],
    ['Fortran stars', replace(' -0.40000000', ' ***********'), /printed stars/, 0],
    [
      'a force missing',
      replace(/ {3}<v> +-0\.40000000.*\n/, ''),
      /Expected 9 numbers for the forces of the ionic step, found 6/,
      0,
    ],
    [
      'an atom missing',
      replace('<rc><c>O </c><c>   2</c></rc>', ''),
      /Expected 6 numbers for the positions of the ionic step, found 9/,
      0,
    ],
    ['tags do not match', replace('</calculation>', '</calculations>'), /Expected well-formed XML/],
  ],
  'lammps-data': [
    ['cut off', upTo('3 2 -0.6'), /Expected 3 atoms as the header says, found 2/, 0],
    ['no Atoms', upTo('Atoms #'), /The file ends before the section Atoms/, 0],
    ['count too small', replace('3 atoms', '2 atoms'), /Expected 2 atoms as the header says, found more/, 0],
    [
      'NaN',
      replace('2.6 0.0 0.0', '2.6 nan 0.0'),
      /Expected a finite number for an atom line, found "nan"/,
      0,
    ],
    ['Fortran stars', replace('2.6 0.0 0.0', '2.6 **** 0.0'), /printed stars/, 0],
    ['bounds missing', replace('0.0 5.0 ylo yhi\n', ''), /Expected the bounds ylo yhi/, 0],
    [
      'bounds upside down',
      replace('0.0 5.0 ylo yhi', '5.0 0.0 ylo yhi'),
      /upper end lies above the lower end/,
      0,
    ],
    [
      'unknown style',
      replace('# charge', '# sphere'),
      /Expected the atom style atomic, charge, molecular, bond, angle or full, found "sphere"/,
      0,
    ],
    [
      'wrong columns for the style',
      replace('# charge', '# full'),
      /Expected 7 columns \(id mol type q x y z\) for the atom style full/,
      0,
    ],
    [
      'type beyond the header',
      replace('2 atom types', '1 atom types'),
      /Expected an atom type from 1 to 1, found "2"/,
      0,
    ],
    ['id twice', replace('3 2 -0.6 1.0', '2 2 -0.6 1.0'), /Expected each atom id once/, 0],
    ['velocity missing', replace('3 -1.0 -2.0 -3.0\n', ''), /Expected a velocity for the atom 3/, 0],
    [
      'other units',
      replace('units = metal', 'units = si'),
      /Expected units metal or real in the first line, found "si"/,
      0,
    ],
    [
      'nonsense in the header',
      replace('3 atoms', 'atoms: three'),
      /Expected a header line such as "64 atoms"/,
      0,
    ],
  ],
  'lammps-dump': [
    ['cut off', upTo('2 2 O 0.5'), /The file ends before all 2 atoms \(1 are there\)/, 1],
    [
      'count too large',
      replace('ATOMS\n2', 'ATOMS\n3'),
      /Expected 3 atoms as NUMBER OF ATOMS says, found 2/,
      0,
    ],
    [
      'count too small',
      replace('ATOMS\n2', 'ATOMS\n1'),
      /Expected ITEM: TIMESTEP, NUMBER OF ATOMS, BOX BOUNDS or ATOMS, found "1 1 Si/,
      1,
    ],
    [
      'NaN',
      replace('xs ys zs vx vy vz fx fy fz\n2 2 O 0.5', 'xs ys zs vx vy vz fx fy fz\n2 2 O nan'),
      /Expected a finite number for the column "xs"/,
      0,
      10,
    ],
    ['Fortran stars', replace('2 2 O 0.5', '2 2 O ***'), /printed stars/, 0, 10],
    [
      'no positions',
      replace('xs ys zs', 'a b c'),
      /Expected positions \(x y z, xs ys zs, xu yu zu or xsu ysu zsu\)/,
      0,
      9,
    ],
    ['no type', replace('id type element', 'id kind name'), /Expected the column type or element/, 0, 9],
    [
      'bounds missing',
      replace('0.0 6.0\nITEM: ATOMS', 'ITEM: ATOMS'),
      /Expected a number for the box bounds/,
      0,
    ],
    ['bounds upside down', replace('0.0 6.0', '6.0 0.0'), /upper end lies above the lower end/, 0],
    ['other units', (good) => `ITEM: UNITS\nlj\n${good}`, /Expected units metal or real, found "lj"/, 0],
    ['id twice', replace('1 1 Si 0.0', '2 1 Si 0.0'), /Expected each atom id once/, 0],
  ],
  'espresso-output': [
    [
      'cut off in the forces',
      upTo('     atom    2 type  1'),
      /The file ends before the forces on all 2 atoms/,
      4,
    ],
    ['no energy', replace(/!.*total energy/g, ' total energy'), /Expected at least one total energy/, 0],
    ['Fortran stars', replace('-0.00394860', '***********'), /printed stars/, 0],
    [
      'NaN energy',
      replace(
        '!    total energy              =     -15.79331739 Ry',
        '!    total energy              =     NaN Ry',
      ),
      /Expected a finite number for the total energy \(Ry\)/,
      0,
    ],
    [
      'positions missing',
      replace('         2           Si  tau(   2)', '         2           Si  t(   2)'),
      /Expected a line "1 {2}Si {2}tau\(1\) = \( x y z \)"/,
      0,
    ],
  ],
  'espresso-xml': [
    ['cut off', upTo('<output>'), /The file ends inside <qes:espresso>|The file ends inside/, 5],
    [
      'a force missing',
      replace(/-1\.9742990186689\d+e-3 /, ''),
      /Expected 6 numbers for the forces, found 5/,
      0,
    ],
    [
      'NaN',
      replace(/<etot>-7\.89665869\d+e0/, '<etot>NaN'),
      /Expected a finite number for the total energy \(hartree\)/,
      0,
    ],
    [
      'a lattice vector missing',
      (good) => good.replace(/(<step n_step="1">[\s\S]*?)<a2>.*<\/a2>/, '$1'),
      /Expected the lattice vectors a1, a2 and a3/,
      0,
    ],
  ],
  cif: [
    ['cut off', upTo('0.125 1.0'), /its last row is not full/, 0],
    [
      'no cell',
      replace('_cell_length_a', '_cell_width_a'),
      /Expected a number for _cell_length_a, found ""/,
      0,
    ],
    [
      'unknown coordinate',
      replace('0.125 0.125 0.125', '? ? ?'),
      /Expected a number for the coordinate x of the site Si1, found "\?"/,
      0,
    ],
    [
      'partly occupied',
      replace('0.125 1.0', '0.125 0.5'),
      /Expected sites that are fully occupied, but the site Si1 is occupied by 0.5/,
      0,
    ],
    [
      'unknown space group',
      replace('F d -3 m :2', 'F q -3 m'),
      /Expected symmetry operations, or a space group of the International Tables, found "F q -3 m"/,
      0,
    ],
    ['no atoms', upTo('loop_'), /Expected a data block with atom sites/, 0],
    [
      'impossible angles',
      replace('_cell_angle_alpha   90', '_cell_angle_alpha   250'),
      /Expected angles that span a cell/,
      0,
    ],
    ['quote not closed', replace(":2'", ':2'), /Expected a closing '/, 0],
    ['unknown element', replace('Si1 Si', 'Qq1 Qq'), /Expected an element symbol for the site Qq1/, 0],
    ['tag twice', replace('_cell_length_b', '_cell_length_a'), /Expected _cell_length_a once/, 0],
  ],
  pymatgen: [
    ['cut off', upTo('"group"'), /The file ends inside a record/, 1],
    ['no closing bracket', upTo(']'), /The file ends before the closing bracket of its list/, 2],
    [
      'a force missing',
      replace(/\[\s*0\.1,\s*0,\s*0\s*\],/, ''),
      /Expected 2 forces, one for each site, found 1/,
      0,
    ],
    ['NaN', replace('"energy": -10.5', '"energy": NaN'), /Expected valid JSON/, 0],
    ['energy is text', replace('"energy": -10.5', '"energy": "low"'), /at "outputs.energy"/, 0],
    ['stress of five', replace(/,\s*6\s*\]/, ']'), /at "outputs.virial_stress"/, 0],
    ['partly occupied', replace('"occu": 1', '"occu": 0.5'), /Expected one element on every site/, 0],
    ['no structure', replace('"structure"', '"molecule"'), /Expected a pymatgen structure or a record/, 0],
  ],
};

describe.each(Object.keys(CASES))('%s', (name) => {
  test.each(CASES[name].map((row) => [row[0], row] as const))(
    '%s',
    async (_, [, change, sentence, frame, line]) => {
      const path = temporaryFile(change(GOOD[name]));
      const error = await formatErrorOf(readConfigurations(path, { format: name }));
      expect(error.message).toMatch(sentence);
      expect(error.message.startsWith(`${path}, frame `)).toBe(true);
      expect(error.message).toMatch(/\.$/);
      expect(error.remedy).not.toBe('');
      if (frame !== undefined) expect(error.frame).toBe(frame);
      if (line !== undefined) expect(error.line).toBe(line);
      // with --skip-bad the same frame is reported and has no configuration
      const bad = (await allFrames(path, { format: name })).find((read) => read.configuration === undefined);
      expect(bad?.frame).toBe(error.frame);
      expect(bad?.problems[0].message).toMatch(sentence);
    },
  );

  test('the good file reads, and reads the same with CRLF, a byte order mark, or gzip', async () => {
    const good = await readText(GOOD[name]);
    expect(good.length).toBeGreaterThan(0);
    expect(await readText(GOOD[name].replaceAll('\n', '\r\n'))).toEqual(good);
    expect(await readText(`\ufeff${GOOD[name]}`)).toEqual(good);
    expect(await readText(GOOD[name].trimEnd())).toEqual(good);
    expect(await readText(gzipSync(GOOD[name]))).toEqual(good);
  });

  test('is detected by content', async () => {
    expect((await detectFormat(temporaryFile(GOOD[name], 'no-extension'))).name).toBe(name);
    expect((await detectFormat(temporaryFile(GOOD[name], 'wrong.xyz'))).name).toBe(name);
  });
});

describe('skipping bad frames', () => {
  test('the frames around a bad one are read', async () => {
    const good = GOOD.extxyz;
    const path = temporaryFile(
      good + good.replace('Si 0.0', 'Si nan') + good.replace('2\nLattice', '3\nLattice') + good,
    );
    const frames = await allFrames(path);
    expect(frames.map((frame) => frame.configuration !== undefined)).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
      true,
      true,
    ]);
    expect(frames[2].problems[0]).toMatchObject({ severity: 'error', frame: 2, line: 11, file: path });
    expect(await readConfigurations(path, { skipBad: true })).toHaveLength(6);
  });

  test.each(['mlip', 'lammps-dump'])('%s goes on with the next frame', async (name) => {
    const frames = await allFrames(temporaryFile(GOOD[name].replace(/2\.0|0\.5/, 'nan') + GOOD[name]));
    expect(frames.map((frame) => frame.configuration !== undefined)).toEqual([false, true, true, true]);
  });
});

describe('files that are no structure files', () => {
  test.each([
    ['empty', '', /is empty/],
    ['blank', '\n \n', /is empty/],
    ['binary', '\x7fELF\0\0\0', /is a binary file/],
    ['prose', 'Dear colleagues,\nplease find attached\n', /is not known/],
    ['UTF-16', Buffer.from('\ufeff2\ncomment\n', 'utf16le'), /is written in UTF-16/],
  ] as const)('%s', async (_, content, sentence) => {
    expect((await formatErrorOf(readText(content))).message).toMatch(sentence);
  });

  test('a missing file, a folder, an unknown format, a frame that is not there', async () => {
    expect((await formatErrorOf(readConfigurations('/nowhere/at.all'))).message).toBe(
      '/nowhere/at.all does not exist.',
    );
    expect((await formatErrorOf(readConfigurations('/'))).message).toMatch(/is a folder/);
    expect((await formatErrorOf(readText(GOOD.xyz, { format: 'docx' }))).message).toMatch(
      /There is no format "docx"/,
    );
    const path = temporaryFile(GOOD.extxyz);
    expect((await formatErrorOf(readConfigurations(`${path}@2`))).message).toMatch(
      /has no frame 2: it has 2 frames/,
    );
  });

  test('compressed data that ends early', async () => {
    const packed = gzipSync(GOOD.extxyz.repeat(1000));
    const error = await formatErrorOf(readText(packed.subarray(0, packed.length - 20)));
    expect(error.message).toMatch(/the compressed data is damaged or cut off/);
  });
});
