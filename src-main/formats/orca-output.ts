/** Output of ORCA: single points, gradients, optimisations. Layout: outputs of ORCA 4 to 6. */
import { BOHR_IN_A, HARTREE_IN_EV } from '../../src-compute/units.ts';
import type { StructureFormat } from './format.ts';
import { realOf, wordsOf } from './lines.ts';
import { elementSpelling } from './species.ts';
import { columnOf, columnsOf, StepParser, tensorOf } from './step-output.ts';

class OrcaParser extends StepParser {
  protected readonly program = {
    name: 'ORCA',
    nextStep: /^CARTESIAN COORDINATES \(ANGSTROEM\)/,
    finished: /ORCA TERMINATED NORMALLY/,
    energyLine: 'FINAL SINGLE POINT ENERGY',
    elsewhere: 'Give the .xyz or .engrad files of the run.',
  };

  protected async read(line: string): Promise<void> {
    if (/^CARTESIAN COORDINATES \(ANGSTROEM\)/.test(line)) {
      const rows = await this.table((words) => words.length === 4 && /^[A-Z][a-z]?$/i.test(words[0]), 1);
      this.setGeometry(
        rows.map(([symbol]) => elementSpelling(symbol)),
        columnsOf(rows, 1, 'a position'),
      );
    } else if (/^FINAL SINGLE POINT ENERGY/.test(line)) {
      if (line.includes('not fully converged')) this.labels.converged = false;
      this.setEnergy(HARTREE_IN_EV * realOf(wordsOf(line).at(-1), 'the energy (hartree)'));
    } else if (/^CARTESIAN GRADIENT(?: \(NUMERICAL\))?\s*$/.test(line)) {
      const rows = await this.table((words) => words.length === 6 && words[2] === ':', 3);
      this.labels.forces = columnsOf(rows, 3, 'a gradient (hartree/bohr)', -HARTREE_IN_EV / BOHR_IN_A);
    } else if (/^The final MP2 gradient/.test(line)) {
      const rows = await this.table((words) => words.length === 4 && /^\d+:$/.test(words[0]), 2);
      this.labels.forces = columnsOf(rows, 1, 'a gradient (hartree/bohr)', -HARTREE_IN_EV / BOHR_IN_A);
    } else if (/^Total Dipole Moment\s*:/.test(line)) {
      this.labels.dipole = columnsOf([wordsOf(line.split(':')[1])], 0, 'the dipole (e·bohr)', BOHR_IN_A);
    } else if (/^MULLIKEN ATOMIC CHARGES(?: AND SPIN (?:POPULATIONS|DENSITIES))?\s*$/.test(line)) {
      await this.readPopulations();
    } else if (/^The raw cartesian tensor \(atomic units\):/.test(line)) {
      const rows = await this.table(
        (words) => words.length === 3 && words.every((w) => /^[-+.\d]/.test(w)),
        1,
      );
      this.labels.polarisability = tensorOf(rows, 0, BOHR_IN_A ** 3);
    } else if (/\bSCF CONVERGED AFTER\b/.test(line)) {
      this.labels.converged = true;
    } else if (/\bSCF NOT CONVERGED AFTER\b/.test(line)) {
      this.labels.converged = false;
    }
  }

  /** Rows "0 O :   -0.66" or, with two spins, "0 O :   -0.66    1.02". */
  private async readPopulations(): Promise<void> {
    const rows = (
      await this.table(
        (words) => /^\d+$/.test(words[0] ?? '') && words.length >= 3,
        1,
        (text) => text.replace(':', ' '),
      )
    ).map((words) => words.slice(2));
    this.labels.charges = columnOf(rows, 0, 'a charge (e)');
    if (rows.every((words) => words.length === 2))
      this.labels.magneticMoments = columnOf(rows, 1, 'a magnetic moment (μB)');
  }
}

export const orcaOutput: StructureFormat = {
  name: 'orca',
  title: 'ORCA output',
  extensions: [],
  recognise: (head) => head.includes('* O   R   C   A *'),
  conventions: [
    'ORCA output: free clusters; positions in Å, "FINAL SINGLE POINT ENERGY" in hartree, gradients in hartree/bohr, whose negatives are the forces.',
    'Steps whose electronic loop did not converge are flagged (converged=F).',
    'The dipole is in e·bohr, the polarisability in bohr³; charges (e) and magnetic moments (unpaired electrons, μB) are those of the Mulliken analysis.',
  ],
  open: (input, context) => new OrcaParser(input, context),
};
