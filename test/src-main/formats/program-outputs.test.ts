/** Outputs of programs besides VASP and Quantum ESPRESSO: the right labels with the right positions, in our units. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BOHR_IN_A, EV_PER_A3_IN_GPA, EV_PER_A3_IN_KBAR, HARTREE_IN_EV } from '../../../src-compute/units.ts';
import { detectFormat, readConfigurations } from '../../../src-main/formats/index.ts';
import {
  ABACUS, ABACUS_DUMP, AIMS, CASTEP, CP2K, cp2kXyz, GAUSSIAN, OPENMX, ORCA, STEPS,
} from './program-outputs.ts'; // prettier-ignore
import { allFrames, formatErrorOf, readText, temporaryFile, temporaryPath } from './support.ts';

const ATOMIC = HARTREE_IN_EV / BOHR_IN_A;
const VOLUME = 120;
const TWO_BOHR = 2 * BOHR_IN_A;

interface Sample {
  readonly text: string;
  readonly steps?: number;
  readonly energy?: number;
  readonly force?: number;
  readonly length?: number;
  /** Length of the cell's unit, Å. */
  readonly cell?: number;
  /** W_xx for the component 1 of the file; W of a stress under tension is negative. */
  readonly virial?: number;
  readonly precision?: number;
}

const SAMPLES: Readonly<Record<string, Sample>> = {
  aims: { text: AIMS, cell: 1, virial: -VOLUME },
  orca: { text: ORCA, energy: HARTREE_IN_EV, force: ATOMIC },
  gaussian: { text: GAUSSIAN, energy: HARTREE_IN_EV, force: ATOMIC },
  castep: { text: CASTEP, cell: 1, virial: -VOLUME / EV_PER_A3_IN_GPA, precision: 8 },
  abacus: {
    text: ABACUS, length: TWO_BOHR, cell: TWO_BOHR, virial: (VOLUME * TWO_BOHR ** 3) / EV_PER_A3_IN_KBAR,
  },
  'abacus-md': { text: ABACUS_DUMP, energy: NaN, cell: 2, virial: (VOLUME * 8) / EV_PER_A3_IN_KBAR },
  cp2k: { text: CP2K, steps: 1, energy: HARTREE_IN_EV, force: ATOMIC, cell: 1, virial: VOLUME / EV_PER_A3_IN_GPA },
  'openmx-md': { text: OPENMX, energy: HARTREE_IN_EV, force: ATOMIC, cell: 1 },
}; // prettier-ignore

describe.each(Object.entries(SAMPLES))('%s', (name, sample) => {
  const { text, steps = 2, energy = 1, force = 1, length = 1, cell, virial, precision = 9 } = sample;

  test('labels, positions and cell of each step, in eV and Å', async () => {
    const path = temporaryFile(text);
    expect((await detectFormat(path)).name).toBe(name);
    const frames = await readConfigurations(path);
    expect(frames.length).toBe(steps);
    frames.forEach((frame, k) => {
      const step = STEPS[k];
      expect(Array.from(frame.kinds, (kind) => frame.symbols[kind])).toEqual(['Ge', 'O']);
      if (Number.isNaN(energy)) expect(frame.energy).toBeUndefined();
      else expect(frame.energy).toBeCloseTo(step.energy * energy, 9);
      step.x.forEach((x, axis) => expect(frame.positions[3 + axis]).toBeCloseTo(x * length, precision));
      step.force.forEach((f, axis) => {
        expect(frame.forces?.[axis]).toBeCloseTo(f * force, 8);
        expect(frame.forces?.[3 + axis]).toBeCloseTo(-f * force, 8);
      });
      expect(frame.periodic[0]).toBe(cell !== undefined);
      const expected = cell === undefined ? Array<number>(9).fill(0) : [4, 0, 0, 0.5, 5, 0, 0, 0.25, 6];
      expected.forEach((component, n) => expect(frame.cell[n]).toBeCloseTo(component * (cell ?? 1), 9));
      if (virial === undefined) expect(frame.virial).toBeUndefined();
      else
        [1, 0.25, 0.5, 0.25, 2, 0.75, 0.5, 0.75, 3].forEach((t, n) =>
          expect(frame.virial?.[n]).toBeCloseTo(t * virial, 8),
        );
      if (frame.info !== undefined) expect(frame.info.converged).toBe(true);
    });
  });

  test('cut off anywhere, it ends in sentences and never in wrong labels', async () => {
    const whole = await readConfigurations(temporaryFile(text));
    const lines = text.split('\n');
    for (let kept = 3; kept < lines.length - 1; kept += 2) {
      const path = temporaryFile(`${lines.slice(0, kept).join('\n')}\n`);
      const frames = await allFrames(path, { format: name }).catch(() => []);
      for (const { configuration, problems, frame } of frames) {
        if (configuration === undefined) expect(problems[0].message).toMatch(/^[A-Z].*\.$/);
        else if (configuration.energy !== undefined) {
          expect(configuration.energy).toBeOneOf([
            whole[frame].energy,
            (whole[frame].energy ?? 0) + 0.5, // CASTEP: before the extrapolation is printed
          ]);
          expect(configuration.positions).toEqual(whole[frame].positions);
          if (configuration.forces !== undefined) expect(configuration.forces).toEqual(whole[frame].forces);
        }
      }
    }
  });

  test('stars in the place of a force are named with their line', async () => {
    const stars = text.replaceAll(/0\.12500000\d?/g, '**********');
    expect(stars).not.toBe(text);
    const error = await formatErrorOf(readText(stars));
    expect(error.message).toMatch(
      /, frame 0, line \d+: Expected a number for .*Fortran program printed stars/,
    );
    expect(error.line).toBeGreaterThan(1);
  });
});

describe('which energy, and whether it converged', () => {
  test('FHI-aims: the uncorrected one for clusters', async () => {
    const cluster = AIMS.replace(/ {2}\| Unit cell:\n(?: .*\n){3}/, '').replaceAll(
      / {2}lattice_vector.*\n/g,
      '',
    );
    const [first] = await readText(cluster);
    expect(first).toMatchObject({ energy: -8, periodic: [false, false, false] });
    expect(first.virial).toBeUndefined();
  });

  test('Gaussian: MP2 behind the mean field; forces need the input orientation', async () => {
    const mp2 = GAUSSIAN.replaceAll(/( SCF Done.*\n)/g, '$1 E2 =    -0.2D+00 EUMP2 =    -0.85D+01\n');
    expect((await readText(mp2))[0].energy).toBeCloseTo(-8.5 * HARTREE_IN_EV, 9);
    // the energy is that of all atoms that NAtoms counts
    const [{ kinds }] = await readText(GAUSSIAN);
    const counted = (atoms: number) =>
      GAUSSIAN.replace(' SCF Done', ` NAtoms= ${atoms} NActive= 9\n SCF Done`);
    expect(await readText(counted(kinds.length))).toHaveLength(STEPS.length);
    expect((await formatErrorOf(readText(counted(kinds.length + 1)))).message).toContain('that NAtoms says');
    const standard = GAUSSIAN.replaceAll('Input orientation', 'Other orientation');
    const frames = await allFrames(temporaryFile(standard));
    expect(frames[0].configuration?.forces).toBeUndefined();
    expect(frames[0].problems[0].message).toMatch(/only the standard one: the forces were left aside/);
  });

  test.each([
    [
      'orca',
      ORCA.replace(
        'FINAL SINGLE POINT ENERGY ',
        'FINAL SINGLE POINT ENERGY (Wavefunction not fully converged!) ',
      ),
    ],
    ['cp2k', CP2K.replace('SCF run converged in', 'SCF run NOT converged in')],
    [
      'abacus',
      ABACUS.replace('convergence is achieved', 'convergence has not been achieved').replace(
        'charge density convergence has',
        'convergence has',
      ),
    ],
    ['openmx', OPENMX.replace('(Hartree)', '(Hartree) scf_conv=0')],
    [
      'castep',
      CASTEP.replace(
        'Final energy, E',
        '*Warning* max. SCF cycles performed but system has not reached the groundstate.\nFinal energy, E',
      ),
    ],
    [
      'aims',
      AIMS.replace('Self-consistency cycle converged.', 'WARNING! SELF-CONSISTENCY CYCLE DID NOT CONVERGE'),
    ],
  ])('%s: a step that did not converge is flagged', async (_, text) => {
    const frames = await allFrames(temporaryFile(text));
    expect(frames[0].configuration?.info?.converged).toBe(false);
    expect(frames[0].problems[0].message).toMatch(/Expected a converged electronic loop/);
  });

  test('an energy without positions of its own is refused', async () => {
    const again = CP2K.replace(/( ENERGY\|.*\n)/, `$1\n$1`).replace('PROGRAM ENDED', 'PROGRAM ENDED');
    const frames = await allFrames(temporaryFile(again));
    expect(frames.at(-1)?.problems[0].message).toMatch(/found an energy without any/);
    const error = await formatErrorOf(readText(again));
    expect(error.remedy).toMatch(/Give the -pos-1\.xyz/);
  });
});

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = temporaryPath('run');
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

describe('trajectories of CP2K', () => {
  const CELLS =
    '# Step Time [fs] Ax [Angstrom] …\n 0 0.0 4 0 0 0.5 5 0 0 0.25 6 120\n 1 0.5 4 0 0 0.5 5 0 0 0.25 7 140\n';

  test('positions, forces and cells from three files, by either of two', async () => {
    const folder = folderOf({
      'ge-pos-1.xyz': cp2kXyz('x'),
      'ge-frc-1.xyz': cp2kXyz('force'),
      'ge-1.cell': CELLS,
    });
    const frames = await readConfigurations(join(folder, 'ge-pos-1.xyz'));
    expect(await readConfigurations(join(folder, 'ge-frc-1.xyz'))).toEqual(frames);
    expect(frames.map(({ energy }) => energy)).toEqual(STEPS.map(({ energy }) => energy * HARTREE_IN_EV));
    expect([...frames[1].positions.slice(3)]).toEqual([...STEPS[1].x]);
    expect(frames[1].forces?.[1]).toBeCloseTo(0.75 * ATOMIC, 9);
    expect(frames.map(({ cell }) => cell[8])).toEqual([6, 7]);
    expect(frames[1].periodic).toEqual([true, true, true]);
  });

  test('the cell from an input, by lengths and angles; forces of fewer steps', async () => {
    const [, second] = cp2kXyz('force').split(/(?<=\n)(?= {7}2\n)/);
    const folder = folderOf({
      'ge-pos-1.xyz': cp2kXyz('x'),
      'ge-frc-1.xyz': second,
      'ge.inp': '&SUBSYS\n &CELL\n  ABC 4.0 5.0 6.0 # Å\n  ALPHA_BETA_GAMMA 90 90 60\n &END CELL\n',
    });
    const frames = await allFrames(join(folder, 'ge-pos-1.xyz'));
    expect(frames[0].problems[0].message).toMatch(/forces of the step 0 on 2 atoms/);
    const cell = frames[1].configuration?.cell ?? [];
    [4, 0, 0, 2.5, 5 * Math.sin(Math.PI / 3), 0, 0, 0, 6].forEach((x, k) =>
      expect(cell[k]).toBeCloseTo(x, 9),
    );
  });

  test('what is missing is said', async () => {
    const alone = await allFrames(join(folderOf({ 'ge-pos-1.xyz': cp2kXyz('x') }), 'ge-pos-1.xyz'));
    expect(alone.map(({ problems }) => problems.length)).toEqual([2, 0]);
    const stressed = folderOf({
      'ge-pos-1.xyz': cp2kXyz('x'),
      'ge-frc-1.xyz': cp2kXyz('force'),
      'ge-1.cell': CELLS,
      // virial%pv_total of CP2K: with the kinetic part
      'ge-1.stress': '#   Step   Time [fs]            xx [bar]\n 0 0.0 1 2 3 4 5 6 7 8 9\n',
    });
    const [first] = await allFrames(join(stressed, 'ge-frc-1.xyz'));
    expect(first.problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/stresses in ge-1\.stress are not taken/),
    ]);
    expect(first.configuration?.virial).toBeUndefined();
    const forces = join(folderOf({ 'ge-frc-1.xyz': cp2kXyz('force') }), 'ge-frc-1.xyz');
    expect((await formatErrorOf(readConfigurations(forces))).message).toMatch(
      /positions in ge-pos-1\.xyz beside the forces/,
    );
    const cut = folderOf({ 'ge-pos-1.xyz': cp2kXyz('x').slice(0, -40) });
    expect((await formatErrorOf(readConfigurations(join(cut, 'ge-pos-1.xyz')))).message).toMatch(
      /frame 1, line 8: The file ends before all 2 atoms|numbers for each/,
    );
  });
});

describe('MD_dump of ABACUS', () => {
  test.each([
    [
      '2, behind the calculation',
      ' final etot is -7.5 eV\n STEP OF MOLECULAR DYNAMICS : 0\n final etot is -7.75 eV\n STEP OF MOLECULAR DYNAMICS : 1\n',
    ],
    [
      '3, before it',
      ' STEP OF MOLECULAR DYNAMICS : 0\n final etot is -7.5 eV\n STEP OF MOLECULAR DYNAMICS : 1\n final etot is -7.75 eV\n',
    ],
  ])('energies of the log, where version %s names the step', async (_, log) => {
    const folder = folderOf({ MD_dump: ABACUS_DUMP, 'running_md.log': log });
    const frames = await readConfigurations(join(folder, 'MD_dump'));
    expect(frames.map(({ energy }) => energy)).toEqual([-7.5, -7.75]);
    expect(frames[1].velocities?.[5]).toBe(0.006);
  });

  test('a step that the log calls unconverged is flagged, and has no energy', async () => {
    const log = `STEP OF MOLECULAR DYNAMICS : 0
 charge density convergence is achieved
 final etot is -7.5 eV
 STEP OF MOLECULAR DYNAMICS : 1
 !! convergence has not been achieved @_@
`;
    const folder = folderOf({ MD_dump: ABACUS_DUMP, 'running_md.log': log });
    const frames = await allFrames(join(folder, 'MD_dump'));
    expect(frames.map(({ configuration }) => configuration?.energy)).toEqual([-7.5, undefined]);
    expect(frames.map(({ configuration }) => configuration?.info?.converged)).toEqual([true, false]);
    expect(frames[1].problems.map(({ message }) => message).join()).toContain('converged electronic loop');
  });
});

describe('CASTEP', () => {
  test('a relaxation of the cell alone prints the cell of each step and no positions again', async () => {
    const [, before] = await readText(CASTEP);
    const rows = [0, 3, 6].map((k) =>
      before.cell
        .slice(k, k + 3)
        .map((x) => 1.5 * x)
        .join(' '),
    );
    const third = `
                                      Unit Cell
                           -------------------------------
        Real Lattice(A)              Reciprocal Lattice(1/A)
${rows.map((row) => `     ${row}     1.0 0.0 0.0`).join('\n')}

Final energy, E             =  -9.0     eV
Total time          =     12.61 s
`;
    const frames = await readText(CASTEP.replace(/^Total time.*\n/m, '') + third);
    expect(frames.map(({ energy }) => energy)).toEqual([...STEPS.map(({ energy }) => energy), -9]);
    frames[2].positions.forEach((x, k) => expect(x).toBeCloseTo(1.5 * before.positions[k], 9));
  });

  test('the energy of pair potentials, with its unit right behind it', async () => {
    const [frame] = await readText(
      CASTEP.replace(/^(?:Final free|NB est).*\n/gm, '').replaceAll(
        /^Final energy, E +=.*$/gm,
        'Final energy = -0.9151337939619E-005eV',
      ),
    );
    expect(frame.energy).toBe(-0.9151337939619e-5);
  });
});
