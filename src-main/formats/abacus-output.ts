/** Output of ABACUS (running_scf.log, running_relax.log, …). Layout: outputs of ABACUS 2 to 3.9. */
import { BOHR_IN_A, EV_PER_A3_IN_KBAR } from '../../src-compute/units.ts';
import type { StructureFormat } from './format.ts';
import { realOf, wordsOf } from './lines.ts';
import { elementOfEspressoLabel } from './species.ts';
import { columnsOf, StepParser, tensorOf } from './step-output.ts';

const numeric = (word: string | undefined) => /^[-+.\d]/.test(word ?? '');

/** What ABACUS says of its electronic loop. */
export const CONVERGED = /charge density convergence is achieved|#SCF IS CONVERGED#/i;
export const NOT_CONVERGED = /convergence has not been achieved|SCF IS NOT CONVERGED/i;

class AbacusParser extends StepParser {
  protected readonly program = {
    name: 'ABACUS',
    nextStep:
      /^\s*(?:(?:DIRECT|CARTESIAN) COORDINATES\b|STEP OF|RELAX (?:IONS|CELL)|ION=|MD STEP|-+\s*RELAX|final etot is)/i,
    finished: /^\s*(?:Finish Time\s*:|Total\s+Time\s*:)/i,
    energyLine: 'final etot is',
    elsewhere: 'Give the MD_dump of the run.',
  };
  /** Lattice constant, Å. */
  private unit = BOHR_IN_A;

  protected async read(line: string): Promise<void> {
    const energy = /(?:final etot is|#TOTAL ENERGY#)\s+(\S+)\s+eV/i.exec(line)?.[1];
    if (energy !== undefined) {
      this.setEnergy(realOf(energy, 'the final total energy (eV)'));
    } else if (/^\s*lattice constant \(Bohr\) =/i.test(line)) {
      this.unit = BOHR_IN_A * realOf(wordsOf(line).at(-1), 'the lattice constant (bohr)');
    } else if (/^\s*Lattice vectors: \(Cartesian coordinate: in unit of a_?0\)/i.test(line)) {
      const rows = await this.table((words) => words.length === 3 && words.every(numeric), 1);
      if (rows.length >= 3) this.cell = columnsOf(rows.slice(0, 3), 0, 'a lattice vector', this.unit);
    } else if (/^\s*(?:DIRECT|CARTESIAN) COORDINATES\b/i.test(line)) {
      await this.readCoordinates(line);
    } else if (/^\s*#?TOTAL-FORCE \(eV\/Angstrom\)/i.test(line)) {
      const rows = await this.table(
        (words) => words.length === 4 && numeric(words[1]) && !numeric(words[0]),
        8,
      );
      this.labels.forces = columnsOf(rows, 1, 'a force (eV/Å)');
    } else if (/^\s*#?TOTAL-STRESS \(KBAR\)/i.test(line)) {
      const rows = await this.table((words) => words.length === 3 && words.every(numeric), 8);
      this.labels.pressure = tensorOf(rows, 0, 1 / EV_PER_A3_IN_KBAR);
    } else if (CONVERGED.test(line)) {
      this.labels.converged = true;
    } else if (NOT_CONVERGED.test(line)) {
      this.labels.converged = false;
    }
  }

  /** Rows "tauc_Si1 x y z …" (lattice constants) or "taud_Si1 …" (fractions). */
  private async readCoordinates(line: string): Promise<void> {
    const direct = /^\s*DIRECT/i.test(line);
    const rows = await this.table((words) => words.length >= 4 && !numeric(words[0]) && numeric(words[1]), 3);
    if (rows.length === 0) return;
    const symbols = rows.map(([label]) => {
      const name = label.replace(/^tau[cd]_/, '');
      return elementOfEspressoLabel(name) ?? name;
    });
    this.setGeometry(symbols, columnsOf(rows, 1, 'a position', direct ? 1 : this.unit), direct);
  }
}

export const abacusOutput: StructureFormat = {
  name: 'abacus',
  title: 'ABACUS output',
  extensions: [],
  fileNames: /^running_.*\.log$/,
  recognise: (head) =>
    head.includes('Atomic-orbital Based Ab-initio Computation') || head.includes('WELCOME TO ABACUS'),
  conventions: [
    'ABACUS output: positions in lattice constants or fractions, "final etot" in eV, forces in eV/Å.',
    'The stress is in kbar and positive when compressed; converted by W = σV.',
    'Steps whose electronic loop did not converge are flagged (converged=F).',
  ],
  open: (input, context) => new AbacusParser(input, context),
};
