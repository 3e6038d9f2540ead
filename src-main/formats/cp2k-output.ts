/**
 * Output of CP2K with Quickstep. It prints the positions of the first step only; those of trajectories are in
 * -pos-1.xyz (cp2k-xyz.ts). Layout: outputs of CP2K 6 to 2025.
 */
import { BOHR_IN_A, DEBYE_IN_E_A, HARTREE_IN_EV } from '../../src-compute/units.ts';
import type { StructureFormat } from './format.ts';
import { realOf, wordsOf } from './lines.ts';
import { columnOf, columnsOf, StepParser, tensorOf } from './step-output.ts';
import { unitOf } from './units.ts';

class Cp2kParser extends StepParser {
  protected readonly program = {
    name: 'CP2K',
    nextStep: /^\s*(?:MODULE \w+:\s+ATOMIC COORDINATES IN|ENERGY\| Total FORCE_EVAL)/,
    finished: /\bPROGRAM ENDED AT\b/,
    energyLine: 'ENERGY| Total FORCE_EVAL',
    elsewhere: 'Give the -pos-1.xyz of the run, with its -frc-1.xyz beside it.',
  };
  private readonly vectors = new Float64Array(9);

  protected async read(line: string): Promise<void> {
    const vector = /^\s*CELL\| Vector ([abc]) \[angstrom\]:?(.*)$/.exec(line);
    if (vector !== null) {
      const axis = 'abc'.indexOf(vector[1]);
      const words = wordsOf(vector[2]);
      for (let k = 0; k < 3; k++) this.vectors[3 * axis + k] = realOf(words[k], 'a lattice vector');
      this.cell = this.vectors;
    } else if (/^\s*POISSON\| Periodicity/.test(line)) {
      const axes = wordsOf(line).at(-1)?.toUpperCase() ?? 'XYZ';
      this.periodic = [axes.includes('X'), axes.includes('Y'), axes.includes('Z')];
    } else if (/^\s*MODULE \w+:\s+ATOMIC COORDINATES IN/.test(line)) {
      const rows = await this.table((words) => words.length >= 8 && /^\d+$/.test(words[0]), 4);
      const factor = /angstrom/i.test(line) ? 1 : BOHR_IN_A;
      this.setGeometry(
        rows.map((words) => words[2]),
        columnsOf(rows, 4, 'a position', factor),
      );
    } else if (/^\s*ENERGY\| Total FORCE_EVAL/.test(line)) {
      this.setEnergy(HARTREE_IN_EV * realOf(wordsOf(line).at(-1), 'the energy (hartree)'));
    } else if (/^\s*ATOMIC FORCES in \[a\.u\.\]/.test(line)) {
      const rows = await this.table((words) => words.length === 6 && /^\d+$/.test(words[0]), 3);
      this.labels.forces = columnsOf(rows, 3, 'a force (hartree/bohr)', HARTREE_IN_EV / BOHR_IN_A);
    } else if (/^\s*FORCES\| Atomic forces/.test(line)) {
      const rows = await this.table((words) => words[0] === 'FORCES|' && /^\d+$/.test(words[1] ?? ''), 3);
      this.labels.forces = columnsOf(rows, 2, 'a force (hartree/bohr)', HARTREE_IN_EV / BOHR_IN_A);
    } else if (
      /^\s*(?:STRESS\| (?:Analytical|Numerical) stress tensor|(?:NUMERICAL )?STRESS TENSOR) \[/.test(line)
    ) {
      await this.readStress(line);
    } else if (/^\s*Dipole moment \[Debye\]/.test(line)) {
      const rows = await this.table((words) => words[0] === 'X=', 1);
      const [words] = rows;
      if (rows.length > 0)
        this.labels.dipole = columnsOf(
          [[words[1], words[3], words[5]]],
          0,
          'the dipole (debye)',
          DEBYE_IN_E_A,
        );
    } else if (/^\s*Mulliken Population Analysis/.test(line)) {
      const rows = await this.table((words) => /^\d+$/.test(words[0] ?? '') && words.length >= 5, 3);
      // number, element, kind, populations of one spin or two, charge and, with two, the moment
      const spins = rows.every((words) => words.length === 7);
      this.labels.charges = columnOf(rows, spins ? 5 : 4, 'a charge (e)');
      if (spins) this.labels.magneticMoments = columnOf(rows, 6, 'a magnetic moment (μB)');
    } else if (/SCF run converged in/.test(line)) {
      this.labels.converged = true;
    } else if (/SCF run NOT converged/.test(line)) {
      this.labels.converged = false;
    }
  }

  private async readStress(line: string): Promise<void> {
    const { factor } = unitOf(/\[([^\]]{1,20})\]/.exec(line)?.[1] ?? 'GPa', 'pressure');
    const rows = await this.table(
      (words) => /^[xyz]$/i.test(words[0] ?? '') && words.length === 4,
      3,
      (text) => text.replace('STRESS|', ' '),
    );
    this.labels.pressure = tensorOf(rows, 1, factor);
  }
}

export const cp2kOutput: StructureFormat = {
  name: 'cp2k',
  title: 'CP2K output',
  extensions: [],
  recognise: (head) => head.includes('DBCSR|') || head.includes('CP2K|'),
  conventions: [
    'CP2K output: positions in Å, energy of the force evaluation in hartree, forces in hartree/bohr; of trajectories give the -pos-1.xyz.',
    'The stress is positive when compressed; converted by W = σV.',
    'Steps whose electronic loop did not converge are flagged (converged=F).',
    'The dipole is in debye (1 D = 0.208194 e·Å); charges (e) and magnetic moments (μB) are those of the Mulliken analysis.',
  ],
  open: (input, context) => new Cp2kParser(input, context),
};
