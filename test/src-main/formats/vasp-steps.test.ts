/** VASP's files as its versions print them: which energy, which step, converged or not, which element. */
import { describe, expect, test } from 'vitest';
import { EV_PER_A3_IN_KBAR } from '../../../src-compute/units.ts';
import { detectFormat, readConfigurations } from '../../../src-main/formats/index.ts';
import { allFrames, formatErrorOf, readText, temporaryFile } from './support.ts';

interface Settings {
  version?: string;
  nelm?: number;
  species?: string;
  counts?: string;
}

const START = ({
  version = '5.4.4.18Apr17-6-g9f103f2a35',
  nelm = 40,
  species = ' VRHFIN =Ge: s2p2\n   TITEL  = PAW_PBE Ge 05Jan2001\n',
  counts = '2',
}: Settings = {}) => ` vasp.${version} (build) complex
 INCAR:
${species}   ions per type =               ${counts}
   NELM   =    ${nelm};   NELMIN=  2; NELMDL= -5     # of ELM steps
   EDIFF  = 0.1E-04   stopping-criterion for ELM
      direct lattice vectors                 reciprocal lattice vectors
     5.000000000  0.000000000  0.000000000     0.200000000  0.000000000  0.000000000
     0.000000000  5.000000000  0.000000000     0.000000000  0.200000000  0.000000000
     0.000000000  0.000000000  5.000000000     0.000000000  0.000000000  0.200000000

`;
const iteration = (
  ionic: number,
  k: number,
  change = '-0.5E-06  (-0.4E-06)',
) => `--------------------------------------- Iteration ${String(ionic).padStart(6)}(${String(k).padStart(4)})  ---------------------------------------
 total energy-change (2. order) :${change}
  free energy    TOTEN  =        -1.00000000 eV
  energy without entropy =       -1.00000000  energy(sigma->0) =       -1.00000000
`;
const REACHED =
  '------------------------ aborting loop because EDIFF is reached ----------------------------------------\n';
const STRESS = `  FORCE on cell =-STRESS in cart. coord.  units (eV):
  Direction    XX          YY          ZZ          XY          YZ          ZX
  Total       1.50000     2.50000     3.50000     0.25000     0.35000     0.45000
  in kB      19.22612    32.04353    44.86095     3.20435     4.48609     5.76784
`;
const RULE = ' -----------------------------------------------------------------------------------\n';
const table = (
  force: string,
  head = '',
  more = '',
) => ` POSITION                                       TOTAL-FORCE (eV/Angst)${head}
${RULE}      0.00000      0.00000      0.00000         ${force}      0.000000      0.000000${more}
      2.50000      2.50000      2.50000        -${force}      0.000000      0.000000${more}
${RULE}`;
const total = (energy: number, zero = energy) => `  FREE ENERGIE OF THE ION-ELECTRON SYSTEM (eV)
  free  energy   TOTEN  =       ${energy.toFixed(8)} eV

  energy  without entropy=      ${energy.toFixed(8)}  energy(sigma->0) =      ${zero.toFixed(8)}
`;
const LEARNT = `  ML FORCE on cell =-STRESS in cart. coord. units (eV/cell)
  Total       9.00000     9.00000     9.00000     0.00000     0.00000     0.00000
  in kB       9.00000     9.00000     9.00000     0.00000     0.00000     0.00000
${table('0.900000', ' (ML)')}  free  energy ML TOTEN  =        -9.00000000 eV

  ML energy  without entropy=      -9.00000000  ML energy(sigma->0) =      -9.00000000
`;
const END = ' General timing and accounting informations for this job:\n';
const loop = (ionic: number) => iteration(ionic, 1, '0.1E+02  (0.1E+02)') + iteration(ionic, 2) + REACHED;

describe('OUTCAR', () => {
  test.each([
    ['forces, then energy', (e: number) => table('0.300000') + total(e, e + 0.01)],
    ['energy, then forces', (e: number) => total(e, e + 0.01) + table('0.300000')],
  ])('energy and forces of one step, whatever order: %s', async (_, body) => {
    const text = START() + loop(1) + STRESS + body(-8.5) + loop(2) + STRESS + body(-8.75) + END;
    const frames = await readText(text);
    expect(frames.map((frame) => frame.energy)).toEqual([-8.5, -8.75]);
    expect(frames.map((frame) => frame.info)).toEqual([
      { converged: true, energy_sigma_to_zero: -8.49 },
      { converged: true, energy_sigma_to_zero: -8.74 },
    ]);
    expect([...(frames[1].virial ?? [])]).toEqual([1.5, 0.25, 0.45, 0.25, 2.5, 0.35, 0.45, 0.35, 3.5]);
  });

  test.each([
    ['up to 5.4.4: "reached" though NELM ran out', 2, '0.3E-01  (-0.2E-06)', REACHED, false],
    ['the band energy still changes', 2, '-0.3E-07  (-0.2E-02)', REACHED, false],
    ['reached in the very last iteration', 2, '-0.3E-05  (-0.2E-05)', REACHED, true],
    ['before NELM', 40, '-0.3E-05  (-0.2E-05)', REACHED, true],
    [
      'since 6: said so',
      40,
      '-0.3E-05  (-0.2E-05)',
      '------------------------ aborting loop EDIFF was not reached (unconverged)  ------\n',
      false,
    ],
  ])('converged means converged: %s', async (_, nelm, change, says, converged) => {
    const text =
      START({ nelm }) + iteration(1, 1) + iteration(1, 2, change) + says + table('0.300000') + total(-8.5);
    const [frame] = await allFrames(temporaryFile(text + END));
    expect(frame.configuration?.info?.converged).toBe(converged);
    expect(frame.problems.length).toBe(converged ? 0 : 1);
  });

  test('steps of a machine-learnt force field are no steps of this file', async () => {
    const own = (k: number, e: number) => loop(k) + STRESS + table('0.300000') + total(e);
    const text = START({ version: '6.4.2' }) + LEARNT + own(1, -8.5) + LEARNT + own(2, -8.75) + LEARNT;
    for (const end of ['', END, iteration(3, 1) + LEARNT]) {
      const frames = await allFrames(temporaryFile(text + end));
      expect(frames.map(({ configuration }) => configuration?.energy)).toEqual([-8.5, -8.75]);
      expect(frames.map(({ configuration }) => configuration?.virial?.[0])).toEqual([1.5, 1.5]);
      expect(frames.map(({ configuration }) => configuration?.forces?.[0])).toEqual([0.3, 0.3]);
      expect(frames.flatMap(({ problems }) => problems.map(({ message }) => message))).toEqual([
        expect.stringMatching(/those of the machine-learnt force field in between are left out/),
      ]);
    }
    const only = START({ version: '6.4.2' }) + LEARNT + LEARNT + END;
    expect((await formatErrorOf(readText(only))).message).toMatch(
      /the 2 steps of this OUTCAR are those of a machine/,
    );
  });

  test.each([
    [
      'linear response',
      ' Linear response reoptimize wavefunctions to high precision\n' + loop(2) + loop(3) + END,
    ],
    ['linear response of a run that was stopped', ' Linear response to external field\n' + iteration(2, 1)],
    [
      'energies of the response',
      ' Linear response to external field\n' + loop(2) + total(-1) + loop(3) + END,
    ],
    ['hyperfine parameters', '\n Total hyperfine coupling parameters after diagonalization (MHz)\n' + END],
    ['a table with a total', '\n Total magnetic moment     1.0 2.0 x y\n' + END],
    ['iterations of another kind before the end', loop(2) + END],
  ])('what follows the ionic step: %s', async (_, after) => {
    const text = START() + loop(1) + STRESS + table('0.300000') + total(-8.5) + after;
    const frames = await allFrames(temporaryFile(text));
    expect(frames.map((frame) => frame.configuration?.energy)).toEqual([-8.5]);
    expect(frames[0].configuration?.virial?.[0]).toBe(1.5);
  });

  test('a run that was stopped in its electronic loop is still named', async () => {
    const text = START() + loop(1) + STRESS + table('0.300000') + total(-8.5) + iteration(2, 1);
    const frames = await allFrames(temporaryFile(text));
    expect(frames.map((frame) => frame.configuration?.energy)).toEqual([-8.5, undefined]);
    expect(frames[1].problems[0].message).toMatch(/ends before the energy of its last ionic step/);
  });

  test('columns of van der Waals corrections, numbers that run together, steps without positions', async () => {
    const vdw = table(
      '0.300000',
      ',                                   FORCE-w/o vdW (eV/Angst)',
      '  0.1 0.2 0.3',
    );
    const [frame] = await readText(START() + loop(1) + vdw + total(-8.5) + END);
    expect(frame.forces?.[0]).toBe(0.3);
    const full = table('0.300000').replace('0.300000      0.000000', '1234.300000-1000.250000');
    const [merged] = await readText(START() + loop(1) + full + total(-8.5) + END);
    expect([...(merged.forces ?? [])].slice(0, 2)).toEqual([1234.3, -1000.25]);
    const sparse = START() + loop(1) + table('0.300000') + total(-8.5) + loop(2) + total(-8.6);
    const rest = loop(3) + total(-8.7) + loop(4) + table('0.400000') + total(-8.75) + END;
    const frames = await allFrames(temporaryFile(sparse + rest));
    expect(frames.map(({ configuration: c }) => [c?.energy, c?.forces?.[0]])).toEqual([
      [-8.5, 0.3],
      [-8.75, 0.4],
    ]);
    expect(frames[1].problems[0].message).toMatch(/NWRITE = 0/);
  });

  test.each([
    [
      'a list of POTCARs, twice',
      ' POTCAR:    PAW_PBE Zr_sv 04Jan2005\n POTCAR:    PAW_PBE O 08Apr2002\n'.repeat(2),
      ['Zr', 'O'],
    ],
    ['r and X', ' VRHFIN =r: 4s4p5s4d\n VRHFIN =X: s2p6\n', ['Zr', 'Xe']],
    [
      'TITEL alone',
      '   TITEL  = PAW_PBE Fe_pv 02Aug2007\n   TITEL  = PAW_PBE H1.25 07Sep2000\n',
      ['Fe', 'H'],
    ],
  ])('elements: %s', async (_, species, expected) => {
    const text = START({ species, counts: '1   1' }) + loop(1) + table('0.300000') + total(-8.5) + END;
    expect((await readText(text))[0].symbols).toEqual(expected);
  });

  test('counts over several lines, and two runs in one file', async () => {
    const species = Array.from({ length: 12 }, (_, k) => ` VRHFIN =${k % 2 === 0 ? 'Ga' : 'As'}: x\n`).join(
      '',
    );
    const counts = `1   0   0   0   0   0   0   0   0   0\n                                  0   1`;
    const text = START({ species, counts }) + loop(1) + table('0.300000') + total(-8.5) + END;
    expect((await readText(text))[0].symbols).toEqual(['Ga', 'As']);
    const both = text + START() + loop(1) + table('0.300000') + total(-9.5) + END;
    expect((await readText(both)).map((c) => [c.symbols.join(''), c.energy])).toEqual([
      ['GaAs', -8.5],
      ['Ge', -9.5],
    ]);
  });
});

describe('vasprun.xml', () => {
  const begin = (extra = '') => `<?xml version="1.0" encoding="ISO-8859-1"?>
<!-- written by VASP --><!-- and copied -->
<modeling>
 <incar>${extra}</incar>
 <parameters><i type="int" name="NELM">40</i><i name="EDIFF">0.00001</i></parameters>
 <atominfo><array name="atoms"><set><rc><c>r </c><c>1</c></rc><rc><c>X </c><c>2</c></rc></set></array></atominfo>
`;
  const energies = (free: string, whole: string, zero: string) =>
    `<energy><i name="e_fr_energy"> ${free} </i><i name="e_wo_entrp"> ${whole} </i><i name="e_0_energy"> ${zero} </i></energy>`;
  const calculation = (last: string, scf: string, x = '0.5', extra = '') => `<calculation>
 ${scf}
 <structure><crystal><varray name="basis"><v>4 0 0</v><v>0 4 0</v><v>0 0 4</v></varray></crystal>
 <varray name="positions"><v>0 0 0</v><v>${x} 0 0</v></varray>${extra}</structure>
 <varray name="forces"><v>0 0 0</v><v>0 0 0</v></varray><varray name="stress"><v>10 0 0</v><v>0 20 0</v><v>0 0 30</v></varray>
 ${last}
</calculation>
`;
  const step = (e: string) => `<scstep>${e}</scstep>`;

  test('the energy for zero smearing of old versions comes from the last iteration', async () => {
    const text =
      begin() +
      calculation(
        energies('-7.25', '-7.15', '-0.1'),
        step(energies('-7', '-6.9', '-6.95')) + step(energies('-7.25', '-7.15', '-7.20')),
      ) +
      calculation(energies('-7.5', '-7.4', '0.0'), '') +
      calculation(energies('-7.75', '-7.65', '-7.70'), step(energies('-7.75', '-7.65', '-7.70'))) +
      '</modeling>';
    const frames = await readText(text);
    expect(frames.map((frame) => frame.energy)).toEqual([-7.25, -7.5, -7.75]);
    expect(frames.map((frame) => frame.info?.energy_sigma_to_zero)).toEqual([-7.2, undefined, -7.7]);
    expect(frames[0].symbols).toEqual(['Zr', 'Xe']);
    expect(frames[0].virial?.[8]).toBeCloseTo((30 * 64) / EV_PER_A3_IN_KBAR, 12);
  });

  test('a number that cannot be read leaves out its own step, and no other', async () => {
    const one = (k: number) =>
      calculation(energies(String(-k), String(-k), String(-k)), '', k === 2 || k === 5 ? '****' : `0.${k}`);
    const frames = await allFrames(
      temporaryFile(begin() + [1, 2, 3, 4, 5, 6].map(one).join('') + '</modeling>'),
    );
    expect(
      frames.map(({ configuration: c }) => (c === undefined ? 'bad' : [c.energy, c.positions[3]])),
    ).toEqual([
      [-1, expect.closeTo(0.4, 9)],
      'bad',
      [-3, expect.closeTo(1.2, 9)],
      [-4, expect.closeTo(1.6, 9)],
      'bad',
      [-6, expect.closeTo(2.4, 9)],
    ]);
    expect(frames[4].line).toBeGreaterThan(frames[3].line);
  });

  test('velocities that are not finite are left out, the step is not', async () => {
    const velocities = '<varray name="velocities"><v>NaN NaN NaN</v><v>0 0 0</v></varray>';
    const text = begin() + calculation(energies('-7', '-7', '-7'), '', '0.5', velocities) + '</modeling>';
    const [frame] = await allFrames(temporaryFile(text));
    expect(frame.configuration?.energy).toBe(-7);
    expect(frame.configuration?.velocities).toBeUndefined();
    expect(frame.problems.map(({ severity }) => severity)).toEqual(['warning']);
  });

  test('steps of a machine-learnt force field are left out', async () => {
    const learnt = calculation(energies('-9', '-9', '-9'), '');
    const own = calculation(energies('-7', '-7', '-7'), step(energies('-7', '-7', '-7')));
    const text = begin('<i type="logical" name="ML_LMLFF"> T </i>') + learnt + own + learnt + '</modeling>';
    expect((await readText(text)).map((frame) => frame.energy)).toEqual([-7]);
  });
});

const STRUCTURE = 'Ge2\n1.0\n5 0 0\n0 5 0\n0 0 5\nGe\n2\n';
const SITES = 'Direct\n 0.0 0.0 0.0\n 0.5 0.5 0.5\n';

describe('files that begin like a POSCAR', () => {
  test.each([
    ['numbers of a grid, five a line', '\n   3   4   5\n 0.11 0.22 0.33 0.44 0.55\n 0.66 0.77 0.88\n'],
    ['numbers of a grid, ten a line', '\n   3   4   5\n 1 2 3 4 5 6 7 8 9 10\n'],
  ])('a CHGCAR has no velocities: %s', async (_, grid) => {
    const [frame] = await allFrames(temporaryFile(STRUCTURE + SITES + grid));
    expect(frame.configuration?.velocities).toBeUndefined();
    expect(frame.problems[0]).toMatchObject({ severity: 'warning' });
    expect(frame.problems[0].message).toMatch(/a grid of densities or potentials follows/);
  });

  test('velocities: whole numbers are velocities, NaN are none', async () => {
    const read = async (rows: string) => (await allFrames(temporaryFile(STRUCTURE + SITES + rows)))[0];
    expect([...((await read('\n 1 2 3\n 4 5 6\n')).configuration?.velocities ?? [])]).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    const bad = await read('\n 0.1 0.2 0.3\n NaN 0.1 0.1\n');
    expect(bad.configuration?.kinds.length).toBe(2);
    expect(bad.configuration?.velocities).toBeUndefined();
    expect(bad.problems.map(({ severity }) => severity)).toEqual(['warning']);
  });

  test('symbols and counts over several lines', async () => {
    const names = Array.from({ length: 22 }, (_, k) => (k % 2 === 0 ? 'Ga' : 'As'));
    const rows = names.map((_, k) => `0.0 0.0 ${(k / 22).toFixed(6)}`).join('\n');
    const head = `many\n1.0\n5 0 0\n0 5 0\n0 0 90\n`;
    const text = `${head}${names.slice(0, 20).join(' ')}\n${names.slice(20).join(' ')}\n${'1 '.repeat(20)}\n1 1\nDirect\n${rows}\n`;
    const [configuration] = await readText(text);
    expect(configuration.symbols).toEqual(['Ga', 'As']);
    expect(configuration.kinds.length).toBe(22);
  });

  const step = (mark: string, x: number) => `${mark}\n 0.0 0.0 ${x}\n 0.5 0.5 0.5\n`;
  test.each([
    [
      'VASP 5 and 6',
      [1, 2, 3].map((k) => step(`Direct configuration=     ${k}`, k / 100)).join(''),
      STRUCTURE,
    ],
    ['5.2, parted by blank lines', [1, 2, 3].map((k) => step('', k / 100)).join('') + '\n', STRUCTURE],
    ['Konfig', [1, 2, 3].map((k) => step(`Konfig=    ${k}`, k / 100)).join(''), STRUCTURE],
  ])('XDATCAR: frames without labels (%s)', async (_, steps, head) => {
    const path = temporaryFile(head + steps);
    expect((await detectFormat(path)).name).toBe('xdatcar');
    const frames = await readConfigurations(path);
    expect(frames.map((frame) => frame.positions[2])).toEqual(
      [0.05, 0.1, 0.15].map((z) => expect.closeTo(z, 12)),
    );
    expect(frames.every((frame) => frame.energy === undefined && frame.velocities === undefined)).toBe(true);
  });

  test('XDATCAR of a cell that changes, one that is cut off, one of VASP 4', async () => {
    const larger = STRUCTURE.replace('1.0\n', '1.1\n');
    const text =
      STRUCTURE +
      step('Direct configuration=     1', 0.1) +
      larger +
      step('Direct configuration=     2', 0.1);
    expect((await readText(text)).map((frame) => frame.cell[0])).toEqual([5, expect.closeTo(5.5, 12)]);
    const frames = await allFrames(
      temporaryFile(
        STRUCTURE + step('Direct configuration=     1', 0.1) + 'Direct configuration=     2\n 0 0 0\n',
      ),
    );
    expect(frames.map((frame) => frame.configuration !== undefined)).toEqual([true, false]);
    const old =
      '   2    2    40\n  0.1E+02  0.5E-09  0.5E-09  0.5E-09  0.1E-14\n   300.0\n  CAR\n name\n\n 0 0 0\n 0.5 0.5 0.5\n';
    expect((await formatErrorOf(readText(old))).message).toMatch(/XDATCAR of VASP 4, which has no lattice/);
  });
});
