/** The .out of OpenMX: energy, positions and forces of the last step, with the cell of the input in front. */
import { describe, expect, test } from 'vitest';
import { BOHR_IN_A, HARTREE_IN_EV } from '../../../src-compute/units.ts';
import { detectFormat } from '../../../src-main/formats/index.ts';
import { allFrames, formatErrorOf, readText, temporaryFile } from './support.ts';

const STARS = '***********************************************************\n';
const input = (lines = '') => `${STARS}
  This calculation was performed by OpenMX Ver. 3.9.2
  on Fri Jan  5 11:00:00 2024

scf.EigenvalueSolver       band
scf.maxIter                 40
scf.criterion             1.0e-9
${lines}
Atoms.UnitVectors.Unit  Ang
<Atoms.UnitVectors
  4.0  0.0  0.0
  0.5  5.0  0.0
  0.0  0.0  6.0
Atoms.UnitVectors>
`;
const step = (md: number, energy: number, iterations = 3) => `
${STARS}                  SCF history at MD=${md}
${STARS}
${Array.from({ length: iterations }, (_, k) => `   SCF= ${String(k + 1).padStart(3)}  NormRD=  0.${k + 1}00000000000  Uele= ${(-3 - 10 ** -k).toFixed(12)}`).join('\n')}

${STARS}        Total energy (Hartree) at MD = ${md}
${STARS}
  Uele.         -3.000000000000
  Ukin.          1.000000000000
  UvdW.          0.000000000000
  Utot.        ${energy.toFixed(12)}

  Note:
  Utot = Ukin+UH0+UH1+Una+Unl+Uxc0+Uxc1+Ucore+Uhub+Ucs+Uzs+Uzo+Uef+UvdW
`;
const END = `
  Total energy (Hartree) = -8.250000000000
<coordinates.forces
  2
    1     Ge     0.00000   0.00000   0.25000   0.500000000000 0.000000000000 -0.125000000000
    2     O      1.50000   1.25000   2.00000  -0.500000000000 0.000000000000  0.125000000000
coordinates.forces>
`;

describe('the output of OpenMX', () => {
  test('has the last step, in eV and Å', async () => {
    const text = input() + step(1, -8) + step(2, -8.25) + END;
    expect((await detectFormat(temporaryFile(text))).name).toBe('openmx');
    const [frame, ...others] = await readText(text);
    expect(others).toEqual([]);
    expect(frame.symbols).toEqual(['Ge', 'O']);
    expect(frame.energy).toBeCloseTo(-8.25 * HARTREE_IN_EV, 9);
    expect(Array.from(frame.positions)).toEqual([0, 0, 0.25, 1.5, 1.25, 2]);
    expect(Array.from(frame.cell)).toEqual([4, 0, 0, 0.5, 5, 0, 0, 0, 6]);
    expect(frame.forces?.[5]).toBeCloseTo((0.125 * HARTREE_IN_EV) / BOHR_IN_A, 9);
    expect(frame.periodic).toEqual([true, true, true]);
    expect(frame.info?.converged).toBe(true);
  });

  test('unit vectors in bohr; clusters have no cell', async () => {
    const text = input() + step(1, -8) + END;
    const [bohr] = await readText(text.replace('Unit  Ang', 'Unit  AU'));
    expect(bohr.cell[0]).toBeCloseTo(4 * BOHR_IN_A, 12);
    const [cluster] = await readText(text.replace('Solver       band', 'Solver   cluster'));
    expect([cluster.periodic[0], cluster.cell[0]]).toEqual([false, 0]);
  });

  test('flags an electronic loop that ran out of iterations', async () => {
    const [{ configuration, problems }] = await allFrames(
      temporaryFile(input().replace('maxIter                 40', 'maxIter 3') + step(1, -8) + END),
    );
    expect(configuration?.info?.converged).toBe(false);
    expect(problems[0].severity).toBe('warning');
  });

  test.each([
    ['a cell that moves', input('MD.Type  RFC5') + step(1, -8) + END, /MD\.Type is RFC5/],
    ['no energy', input() + END, /total energy \("Utot\."\) before the forces/],
    ['no forces yet', input() + step(1, -8), /positions and forces of the last step/],
    ['stars', input() + step(1, -8) + END.replace('0.125000000000\n', '********\n'), /stars|found "\*/],
    ['an end in the middle', (input() + step(1, -8) + END).slice(0, -110), /all 2 atoms|ends before/],
  ])('with %s is refused in a sentence', async (_, text, words) => {
    const error = await formatErrorOf(readText(text));
    expect(error.message).toMatch(words);
  });
});
