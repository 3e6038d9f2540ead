/** Importers of first-principles codes: genuine pw.x runs, and VASP's layouts with numbers that can be checked. */
import { describe, expect, test } from 'vitest';
import { volume } from '../../../src-compute/structure/cell.ts';
import type { Configuration } from '../../../src-compute/structure/configuration.ts';
import { EV_PER_A3_IN_KBAR, RYDBERG_IN_EV } from '../../../src-compute/units.ts';
import { checkDataset, readConfigurations } from '../../../src-main/formats/index.ts';
import { allFrames, readText, sample } from './support.ts';

function expectClose(
  first: ArrayLike<number> | undefined,
  second: ArrayLike<number> | undefined,
  tolerance: number,
): void {
  expect(first?.length).toBe(second?.length);
  for (let k = 0; k < (first?.length ?? 0); k++)
    expect(Math.abs((first?.[k] ?? NaN) - (second?.[k] ?? NaN))).toBeLessThan(tolerance);
}

describe('Quantum ESPRESSO', () => {
  // runs of pw.x 6.7 on two silicon atoms (inputs beside them), so both files describe the same calculations
  test.each([
    ['scf', 1],
    ['relax', 4],
    ['md', 5],
    ['vc-relax', 9],
  ])('%s: every step, and the text output agrees with the XML to its printed digits', async (run, steps) => {
    const text = await readConfigurations(sample('espresso', `${run}.out`));
    const xml = await readConfigurations(sample('espresso', `${run}.xml`));
    expect(text).toHaveLength(steps);
    expect(xml).toHaveLength(steps);
    for (let k = 0; k < steps; k++) {
      expect(text[k].symbols).toEqual(['Si']);
      expect(text[k].info).toEqual({ converged: true });
      expect(Math.abs((text[k].energy ?? 0) - (xml[k].energy ?? 0))).toBeLessThan(1e-8 * RYDBERG_IN_EV);
      expectClose(text[k].cell, xml[k].cell, 6e-6);
      expectClose(text[k].positions, xml[k].positions, 6e-6);
      expectClose(text[k].forces, xml[k].forces, 1e-6);
      expect(text[k].virial).toBeDefined();
    }
    // only the last step has a stress in the XML of this version
    const [lastText, lastXml] = [text[steps - 1], xml[steps - 1]];
    expectClose(lastText.virial, lastXml.virial, 1e-4);
  });

  test('numbers of the output by hand: Ry, Ry/bohr, kbar', async () => {
    const [step] = await readConfigurations(sample('espresso', 'md.out'));
    expect(step.energy).toBeCloseTo(-15.79331739 * 13.605693122994, 8);
    expect(step.forces?.[0]).toBeCloseTo((-0.0039486 * 13.605693122994) / 0.529177210903, 10);
    // P= -30.01 kbar on the same line, positive when compressed
    const pressure =
      (((step.virial?.[0] ?? 0) + (step.virial?.[4] ?? 0) + (step.virial?.[8] ?? 0)) /
        (3 * volume(step.cell))) *
      EV_PER_A3_IN_KBAR;
    expect(pressure).toBeCloseTo(-30.01, 1);
  });

  test('forces and energies belong to the positions of their own step: work along the trajectory', async () => {
    const steps = await readConfigurations(sample('espresso', 'md.xml'));
    let largest = 0;
    for (let k = 1; k < steps.length; k++) {
      const [from, to] = [steps[k - 1], steps[k]];
      let work = 0;
      for (let i = 0; i < 6; i++)
        work -=
          0.5 * ((from.forces?.[i] ?? 0) + (to.forces?.[i] ?? 0)) * (to.positions[i] - from.positions[i]);
      const change = (to.energy ?? 0) - (from.energy ?? 0);
      largest = Math.max(largest, Math.abs(change));
      expect(Math.abs(change - work)).toBeLessThan(1e-4);
    }
    expect(largest).toBeGreaterThan(2e-3);
    expect(checkDataset(steps)).toEqual([]);
  });

  test('an electronic loop that did not converge is flagged', async () => {
    const [frame] = await allFrames(sample('espresso', 'unconverged.out'));
    expect(frame.configuration?.info).toEqual({ converged: false });
    expect(frame.configuration?.energy).toBeCloseTo(-15.7919827 * RYDBERG_IN_EV, 6);
    expect(frame.problems.map((problem) => problem.severity)).toEqual(['warning']);
    expect(frame.problems[0].message).toMatch(/Expected a converged electronic loop/);
  });
});

describe('VASP', () => {
  test('OUTCAR and vasprun.xml of the same run agree, and hold what was put in', async () => {
    const outcar = await readConfigurations(sample('vasp', 'OUTCAR'));
    const xml = await readConfigurations(sample('vasp', 'vasprun.xml'));
    expect(outcar).toHaveLength(2);
    for (let k = 0; k < 2; k++) {
      expect(xml[k].symbols).toEqual(['Si', 'O']);
      expect([...xml[k].kinds]).toEqual([0, 1, 1]);
      expect(xml[k].energy).toBe(outcar[k].energy);
      expect(xml[k].info).toEqual(outcar[k].info);
      expectClose(xml[k].positions, outcar[k].positions, 1e-6);
      expectClose(xml[k].forces, outcar[k].forces, 1e-12);
      expectClose(xml[k].virial, outcar[k].virial, 1e-6);
    }
    expect(xml[0]).toMatchObject({
      energy: -20.25,
      info: { converged: true, energy_sigma_to_zero: -20.225 },
    });
    expect([...(outcar[0].virial ?? [])]).toEqual([1.1, 0.12, 0.31, 0.12, 2.2, 0.23, 0.31, 0.23, 3.3]);
  });

  test.each(['OUTCAR', 'vasprun.xml'])('%s: the step whose loop reached NELM is flagged', async (name) => {
    const frames = await allFrames(sample('vasp', name));
    expect(frames.map((frame) => frame.configuration?.info?.converged)).toEqual([true, false]);
    expect(frames.map((frame) => frame.problems.length)).toEqual([0, 1]);
    expect(frames[1].problems[0]).toMatchObject({ severity: 'warning', frame: 1 });
  });

  const cell = '4 0 0\n0 5 0\n0 0 6\n';
  const poscar = (head: string, tail: string) => readText(`Si O\n${head}${tail}`, { format: 'poscar' });

  test.each([
    ['a factor', '2.0\n2 0 0\n0 2.5 0\n0 0 3\n'],
    ['the volume', '-120\n2 0 0\n0 2.5 0\n0 0 3\n'],
    ['three factors', '2 1 0.5\n2 0 0\n0 5 0\n0 0 12\n'],
  ])('POSCAR: the scale is %s', async (_, head) => {
    const [direct] = await poscar(head, 'Si O\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n');
    expectClose(direct.cell, [4, 0, 0, 0, 5, 0, 0, 0, 6], 1e-12);
    expectClose(direct.positions, [0, 0, 0, 2, 2.5, 3], 1e-12);
  });

  test('POSCAR: Cartesian positions are scaled, species come from the file, the comment or the caller', async () => {
    const names = (configurations: Configuration[]) => configurations[0].symbols;
    const [cartesian] = await poscar(
      '2.0\n2 0 0\n0 2.5 0\n0 0 3\n',
      'Si_pv O_s\n1 1\nCartesian\n0 0 0\n1 1 1\n',
    );
    expect([...cartesian.positions]).toEqual([0, 0, 0, 2, 2, 2]);
    expect(cartesian.symbols).toEqual(['Si', 'O']);
    const old = `1.0\n${cell}1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n`;
    expect(names(await poscar(old, ''))).toEqual(['Si', 'O']);
    expect(names(await readText(`no names\n${old}`, { format: 'poscar' }))).toEqual(['type1', 'type2']);
    expect(names(await readText(`Si O\n${old}`, { format: 'poscar', species: ['Ge', 'N'] }))).toEqual([
      'Ge',
      'N',
    ]);
  });
});
