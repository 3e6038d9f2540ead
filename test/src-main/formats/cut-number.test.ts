/** Files that end inside their last number: what is left is a number, and another one. */
import { expect, test } from 'vitest';
import { readConfigurations } from '../../../src-main/formats/index.ts';
import { formatErrorOf, readText, temporaryFile } from './support.ts';

const HEAD = 'cut\n1.0\n 5.43 0.0 0.0\n 0.0 5.43 0.0\n 0.0 0.0 5.43\n Si\n 2\n';
const ROWS = ' 0.0000000 0.0000000 0.0000000\n 0.2500000 0.2500000 0.2512345';
const VELOCITIES =
  '\n\n 0.10000000E-01 0.00000000E+00 0.00000000E+00\n 0.00000000E+00 0.00000000E+00 0.30000000E-02';

const texts = {
  POSCAR: `${HEAD}Direct\n${ROWS}`,
  velocities: `${HEAD}Direct\n${ROWS}${VELOCITIES}`,
  XDATCAR: `${HEAD}Direct configuration=     1\n${ROWS}`,
};

test.each(Object.entries(texts))('%s: every cut within the last number is refused', async (_, text) => {
  const whole = await readText(text);
  expect(whole).toHaveLength(1);
  expect(whole[0].positions[5]).toBeCloseTo(0.2512345 * 5.43, 12);
  const start = text.lastIndexOf(' ') + 1;
  for (let end = start + 1; end < text.length; end++) {
    const part = text.slice(start, end);
    // the sign and the letter of an exponent alone are no number
    const { message } = await formatErrorOf(readText(text.slice(0, end)));
    expect(message).toMatch(/line end behind the last number|Expected a number/);
    expect(message).toContain(part);
  }
});

test('numbers that are written by hand need no line end', async () => {
  const rows = [
    ' 0.0 0.0 0.0\n 0.25 0.25 0.5',
    ' 0.0 0.0 0.0\n 0.125 0.125 0.5',
    ' 0 0 0\n 0.33333 0.33333 0.5',
  ];
  for (const text of rows) {
    const [crystal] = await readText(`${HEAD}Direct\n${text}`);
    expect(crystal.positions[5]).toBeCloseTo(0.5 * 5.43, 12);
    // with a line end a short number is what it is
  }
  const [ended] = await readText(`${HEAD}Direct\n${ROWS.slice(0, -3)}\n`);
  expect(ended.positions[5]).toBeCloseTo(0.2512 * 5.43, 12);
});

/** The same atoms in formats of lines that programs write; each ends in the number 1.2512345. */
const atoms = (columns: (k: number) => string) =>
  `${columns(1)} 0.0000000 0.0000000 0.5000000\n${columns(2)} 0.2500000 0.2500000 1.2512345`;
const files: Readonly<Record<string, readonly [name: string, text: string]>> = {
  'extended XYZ': [
    'a.xyz',
    `2\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3\n${atoms(() => 'Si')}`,
  ],
  'plain XYZ': ['a.xyz', `2\n\n${atoms(() => 'Si')}`],
  'LAMMPS data': [
    'a.data',
    `cut\n\n2 atoms\n1 atom types\n0 9 xlo xhi\n0 9 ylo yhi\n0 9 zlo zhi\n\nMasses\n\n1 28.085\n\nAtoms # atomic\n\n${atoms((k) => `${k} 1`)}`,
  ],
  'LAMMPS dump': [
    'a.dump',
    `ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS pp pp pp\n0 9\n0 9\n0 9\nITEM: ATOMS id element x y z\n${atoms((k) => `${k} Si`)}`,
  ],
  'i-PI': [
    'a.xyz',
    `2\n# CELL(abcABC): 9.00000 9.00000 9.00000 90.00000 90.00000 90.00000 Step: 0 Bead: 0 positions{angstrom} cell{angstrom}\n${atoms(() => 'Si')}`,
  ],
  'OpenMX .md': [
    'a.md',
    `2\n time= 0.000 (fs) Energy= -10.50000 (Hartree) Temperature= 300.000 (K) Cell_Vectors= 9.00000 0.00000 0.00000 0.00000 9.00000 0.00000 0.00000 0.00000 9.00000\n${atoms((k) => `Si ${k}.0000000 0.0000000 0.0000000`)}`,
  ],
};

test.each(Object.entries(files))(
  '%s: a file that ends inside its last number is refused',
  async (_, [name, text]) => {
    expect(await readConfigurations(temporaryFile(text, name))).toHaveLength(1);
    const part = text.slice(0, -3);
    await expect(readConfigurations(temporaryFile(part, name))).rejects.toThrow(
      /line end behind the last number/,
    );
    // a line end says that the number is meant so
    expect(await readConfigurations(temporaryFile(`${part}\n`, name))).toHaveLength(1);
  },
);

test.each([-40, -28, -27, -26, -3, 0, 1])(
  'the line before is known where the buffer of 1 MiB ends %i bytes from the end of the file',
  async (from) => {
    const rows = ' Si 1.0000000 1.0000000 1.0000000\n Si 2.0000000 2.0000000 2.2';
    const frame = (note: number) =>
      `2\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3 note="${'x'.repeat(note)}"\n${rows}`;
    const text = frame((1 << 20) + from - frame(0).length);
    await expect(readConfigurations(temporaryFile(text, 'a.xyz'))).rejects.toThrow(/line end behind/);
  },
);
