/** Trajectories of i-PI: units and cell as the comment says; what is no position is refused. */
import { describe, expect, test } from 'vitest';
import { BOHR_IN_A } from '../../../src-compute/units.ts';
import { detectFormat } from '../../../src-main/formats/index.ts';
import { allFrames, formatErrorOf, readText, temporaryFile } from './support.ts';

const ATOMS = `       O  0.00000e+00  0.00000e+00  1.00000e+00
       H  1.50000e+00  0.00000e+00  1.00000e+00
`;
const frame = (comment: string, atoms = ATOMS) => `2\n${comment}\n${atoms}`;
const cubic = '# CELL(abcABC):   20.00000    21.00000    22.00000    90.00000    90.00000    90.00000 ';

describe('a trajectory of i-PI', () => {
  test('in bohr has positions and cell in Å', async () => {
    const text = frame(`${cubic} Step:           0  Bead:       0 positions{atomic_unit}  cell{atomic_unit}`);
    expect((await detectFormat(temporaryFile(text))).name).toBe('ipi-xyz');
    const [{ positions, cell, periodic, symbols }] = await readText(text);
    expect(symbols).toEqual(['O', 'H']);
    expect(periodic).toEqual([true, true, true]);
    expect(Array.from(positions)).toEqual([0, 0, BOHR_IN_A, 1.5 * BOHR_IN_A, 0, BOHR_IN_A]);
    [20, 0, 0, 0, 21, 0, 0, 0, 22].forEach((x, k) => expect(cell[k]).toBeCloseTo(x * BOHR_IN_A, 12));
  });

  test.each([
    ['positions{angstrom}  cell{atomic_unit}', 1, BOHR_IN_A],
    ['cell{angstrom} Traj: positions{angstrom}', 1, 1],
    ['x_centroid{angstrom}  cell{angstrom}', 1, 1],
    ['positions{nanometer} cell{nanometer}', 10, 10],
    ['', BOHR_IN_A, BOHR_IN_A],
  ])('"%s" is read in its units', async (title, length, edge) => {
    const [{ positions, cell }] = await readText(frame(`${cubic} ${title}`));
    expect(positions[3]).toBeCloseTo(1.5 * length, 12);
    expect(cell[0]).toBeCloseTo(20 * edge, 12);
  });

  test('without a unit says that bohr was taken, once', async () => {
    const frames = await allFrames(temporaryFile(frame(cubic) + frame(cubic)));
    expect(frames.map(({ problems }) => problems.length)).toEqual([1, 0]);
    expect(frames[0].problems[0].message).toMatch(/i-PI means bohr/);
  });

  test('with oblique cells has their lengths and angles, and matrices with vectors as columns', async () => {
    const oblique = frame('# CELL(abcABC): 4 5 6 80 95 110 positions{angstrom} cell{angstrom}');
    const [{ cell }] = await readText(oblique);
    const dot = (i: number, j: number) =>
      [0, 1, 2].reduce((sum, k) => sum + cell[3 * i + k] * cell[3 * j + k], 0);
    expect([0, 1, 2].map((i) => Math.sqrt(dot(i, i)))).toEqual([4, 5, 6].map((x) => expect.closeTo(x, 12)));
    const angle = (i: number, j: number, lengths: number) => (Math.acos(dot(i, j) / lengths) * 180) / Math.PI;
    expect([angle(1, 2, 30), angle(0, 2, 24), angle(0, 1, 20)]).toEqual(
      [80, 95, 110].map((x) => expect.closeTo(x, 10)),
    );
    const [matrix] = await readText(
      frame('CELL[H]: 8 1 2 0 9 3 0 0 7 positions{angstrom} cell{angstrom} Step: 3'),
    );
    expect(Array.from(matrix.cell)).toEqual([8, 0, 0, 1, 9, 0, 2, 3, 7]);
  });

  test.each(['forces', 'velocities', 'momenta', 'f_centroid', 'becx'])(
    'of %s is no structure',
    async (what) => {
      const text = frame(`${cubic} Step: 0 Bead: 0 ${what}{atomic_unit}  cell{atomic_unit}`);
      const error = await formatErrorOf(readText(text));
      expect(error.message).toContain(`the columns are "${what}"`);
      expect(error.remedy).toContain('pos_0.xyz');
    },
  );

  test('goes on behind a bad frame', async () => {
    const good = frame(`${cubic} positions{angstrom} cell{angstrom}`);
    const bad = frame(`${cubic} positions{furlong} cell{angstrom}`);
    const frames = await allFrames(
      temporaryFile(good + bad + good + good.replace('1.50000e+00', '********')),
    );
    expect(frames.map(({ configuration }) => configuration !== undefined)).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(frames[1].problems[0].message).toMatch(/found "furlong"/);
  });
});
