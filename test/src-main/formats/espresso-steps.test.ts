/**
 * Output of pw.x as its versions print it (PW/src/electrons.f90, forces.f90): one geometry is one frame, with the last
 * energy that was printed for it.
 */
import { describe, expect, test } from 'vitest';
import { BOHR_IN_A, RYDBERG_IN_EV } from '../../../src-compute/units.ts';
import { readConfigurations } from '../../../src-main/formats/index.ts';
import { allFrames, formatErrorOf, readText, temporaryFile } from './support.ts';

const head = (units = 'alat') => `     Program PWSCF v.6.8 starts on  3Feb2022 at 10:11:12

     bravais-lattice index     =            0
     lattice parameter (${units})  =       9.4000  a.u.
     number of atoms/cell      =            2
     celldm(1)=   9.400000  celldm(2)=   0.000000  celldm(3)=   0.000000
     crystal axes: (cart. coord. in units of ${units})
               a(1) = (   1.000000   0.000000   0.000000 )
               a(2) = (   0.000000   1.100000   0.000000 )
               a(3) = (   0.000000   0.000000   1.200000 )

     atomic species   valence    mass     pseudopotential
        NiA           18.00    58.69300     Ni( 1.00)
        Hw             1.00     1.00800     H ( 1.00)

     site n.     atom                  positions (${units === 'alat' ? 'alat' : 'a_0'} units)
         1           NiA tau(   1) = (   0.0000000   0.0000000   0.0000000  )
         2           Hw  tau(   2) = (   0.3000000   0.0000000   0.0000000  )
`;
const SCF = '\n     Self-consistent Calculation\n';
const ACHIEVED = '\n     convergence has been achieved in   5 iterations\n';
const energy = (value: number, mark = '!   ') =>
  `\n${mark} total energy              =${value.toFixed(8).padStart(17)} Ry\n     estimated scf accuracy    <       0.00000012 Ry\n`;
const forces = (x: number, between = '') => `
     Forces acting on atoms (cartesian axes, Ry/au):

${between}     atom    1 type  1   force =  ${x.toFixed(8).padStart(12)}    0.00000000    0.00000000
${between}     atom    2 type  2   force =  ${(-x).toFixed(8).padStart(12)}    0.00000000    0.00000000

     Total force =     0.100000     Total SCF correction =     0.000000
`;
const MOVED = `
ATOMIC_POSITIONS (alat)
NiA              0.0000000000        0.0000000000        0.0000000000
Hw               0.3100000000        0.0000000000        0.0000000000

`;
const REFINE = '\n     EXX: now go back to refine exchange calculation\n';
const REACHED = '\n     EXX self-consistency reached\n';
const DONE = '\n   JOB DONE.\n';

const inEv = (rydberg: number) => rydberg * RYDBERG_IN_EV;
const energiesOf = async (text: string) =>
  (await readText(text)).map((c) => Number(((c.energy ?? NaN) / RYDBERG_IN_EV).toFixed(8)));

describe('one geometry is one frame', () => {
  const pass = (value: number) => SCF + energy(value) + ACHIEVED;
  const hybrid = (last: number) =>
    pass(last + 0.4) +
    REFINE +
    pass(last + 0.02) +
    REFINE +
    pass(last + 0.001) +
    energy(last, '!!  ') +
    REACHED;

  test('a hybrid functional: the energy behind "!!", with the forces that follow', async () => {
    const [frame, ...more] = await readText(head() + hybrid(-88.25) + forces(0.02) + DONE);
    expect(more).toEqual([]);
    expect(frame.energy).toBeCloseTo(inEv(-88.25), 9);
    expect(frame.forces?.[0]).toBeCloseTo((0.02 * RYDBERG_IN_EV) / BOHR_IN_A, 9);
    expect(frame.info).toEqual({ converged: true });
  });

  test('a relaxation with a hybrid functional: a frame for each geometry', async () => {
    const text =
      head() + hybrid(-88.25) + forces(0.02) + MOVED + hybrid(-88.375) + forces(0.01) + MOVED + DONE;
    expect(await energiesOf(text)).toEqual([-88.25, -88.375]);
  });

  test('a hybrid functional without forces, and one whose passes ended too early', async () => {
    expect(await energiesOf(head() + hybrid(-88.25) + DONE)).toEqual([-88.25]);
    for (const [name, end] of Object.entries({
      'cut off': '',
      'stopped by max_seconds': DONE,
      'NOT achieved': '     EXX convergence NOT achieved after   2 iterations: stopping\n' + DONE,
    })) {
      const text = head() + pass(-87.5) + REFINE + pass(-87.75) + REFINE + end;
      const [frame, ...more] = await allFrames(temporaryFile(text));
      expect(more, name).toEqual([]);
      expect(frame.configuration?.info, name).toEqual({ converged: false });
      expect(frame.configuration?.energy, name).toBeCloseTo(inEv(-87.75), 9);
    }
  });

  test('"!" in every iteration (iprint of old versions)', async () => {
    const iterations = (last: number) =>
      SCF + energy(last + 1) + energy(last + 0.1) + energy(last) + ACHIEVED;
    const text = head() + iterations(-88.25) + forces(0.02) + MOVED + iterations(-88.5) + forces(0.01);
    expect(await energiesOf(text + DONE)).toEqual([-88.25, -88.5]);
    // ended in the middle of the loop: not converged
    const [, stopped] = await allFrames(temporaryFile(head() + pass(-88) + MOVED + SCF + energy(-88.5)));
    expect(stopped.configuration?.info).toEqual({ converged: false });
  });

  test('iterations that print "!" and never converge', async () => {
    const text = `${head()}${SCF}${energy(-88)}${energy(-88.5, '    ')}
     convergence NOT achieved after   2 iterations: stopping
${DONE}`;
    const [frame] = await allFrames(temporaryFile(text));
    expect(frame.configuration?.info).toEqual({ converged: false });
    expect(frame.configuration?.energy).toBeCloseTo(inEv(-88.5), 9);
  });

  test('two calculations of one geometry, the first with forces, are two frames', async () => {
    const text = head() + pass(-88) + forces(0.02) + pass(-89) + forces(0.01) + DONE;
    expect(await energiesOf(text)).toEqual([-88, -89]);
  });
});

describe('lines in the middle', () => {
  test('negative rho between the forces, columns that run together', async () => {
    const between = '     negative rho (up, down):  1.000E-03 0.000E+00\n\n';
    const [frame] = await readText(head() + SCF + energy(-88) + forces(0.02, between) + DONE);
    expect(frame.forces?.[3]).toBeCloseTo((-0.02 * RYDBERG_IN_EV) / BOHR_IN_A, 9);
    const merged = forces(0.02).replace(/force =.*\n/, 'force =  12345.12345678-2345.00000000-0.50000000\n');
    const [joined] = await readText(head() + SCF + energy(-88) + merged + DONE);
    expect([...(joined.forces ?? [])].slice(0, 3).map((f) => (f * BOHR_IN_A) / RYDBERG_IN_EV)).toEqual([
      expect.closeTo(12345.12345678, 6),
      expect.closeTo(-2345, 6),
      expect.closeTo(-0.5, 6),
    ]);
  });

  test('a force that is missing is named', async () => {
    const text = head() + SCF + energy(-88) + forces(0.02).replace(/ {5}atom {4}2.*\n/, '') + DONE;
    expect((await formatErrorOf(readText(text))).message).toMatch(
      /Expected the force on each of 2 atoms, found "Total force/,
    );
  });
});

test('the units of pw.x 4, and letters behind symbols', async () => {
  const [frame] = await readText(head('a_0') + SCF + energy(-88) + forces(0.02) + DONE);
  expect(frame.cell[4]).toBeCloseTo(1.1 * 9.4 * BOHR_IN_A, 9);
  expect(frame.positions[3]).toBeCloseTo(0.3 * 9.4 * BOHR_IN_A, 9);
  expect(frame.symbols).toEqual(['Ni', 'H']);
  // without the table of species the label itself has to do
  const bare = head().replace(/ {5}atomic species[\s\S]*?\n\n/, '');
  expect((await readText(bare + SCF + energy(-88) + DONE))[0].symbols).toEqual(['Ni', 'H']);
});

test('in the XML, masses say what the labels are', async () => {
  const text = `<?xml version="1.0"?>
<!-- a comment, and another one -->
<!-- -->
<qes:espresso xmlns:qes="http://www.quantum-espresso.org/ns/qes/qes-1.0">
<input><atomic_species><species name="CA"><mass>12.011</mass></species><species name="HA"><mass>1.008</mass></species></atomic_species></input>
<output><atomic_structure nat="2"><atomic_positions><atom name="CA">0 0 0</atom><atom name="HA">2 0 0</atom></atomic_positions>
<cell><a1>9 0 0</a1><a2>0 9 0</a2><a3>0 0 9</a3></cell></atomic_structure><total_energy><etot>-3.5</etot></total_energy></output></qes:espresso>`;
  const [frame] = await readText(text);
  expect(frame.symbols).toEqual(['C', 'H']);
});

test('a step of the XML that cannot be read is the one that is left out', async () => {
  const step = (
    x: string,
    e: number,
  ) => `<step><atomic_structure><atomic_positions><atom name="Si">${x} 0 0</atom>
</atomic_positions><cell><a1>9 0 0</a1><a2>0 9 0</a2><a3>0 0 9</a3></cell></atomic_structure>
<total_energy><etot>${e}</etot></total_energy><forces>0 0 0</forces></step>`;
  const steps = [1, 2, 3, 4, 5].map((k) => step(k === 3 ? 'NaN' : `0.${k}`, -k)).join('\n');
  const frames = await allFrames(temporaryFile(`<espresso>${steps}</espresso>`));
  expect(frames.map((frame) => frame.configuration === undefined)).toEqual([
    false,
    false,
    true,
    false,
    false,
  ]);
  const good = frames.flatMap(({ configuration }) => configuration ?? []);
  good.forEach((c) =>
    expect(c.positions[0]).toBeCloseTo(0.1 * BOHR_IN_A * ((c.energy ?? 0) / -27.211386245988), 9),
  );
});

test('output of all_currents.x is no output of pw.x', async () => {
  for (const text of [
    head().replace('PWSCF', 'QEHeat'),
    head().replace('\n', '\n After first step from input file, I will read from the CPV trajectory run/x\n'),
  ]) {
    const error = await formatErrorOf(readConfigurations(temporaryFile(text + SCF + energy(-88) + DONE)));
    expect(error.message).toMatch(/all_currents\.x/);
  }
  const late = head() + SCF + energy(-88) + SCF + energy(-88.1) + ' IONIC CURRENT CALCULATED\n' + DONE;
  expect((await formatErrorOf(readText(late, { format: 'espresso-output' }))).message).toMatch(
    /all_currents/,
  );
});
