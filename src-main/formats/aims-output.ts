/**
 * Output of FHI-aims: single points, relaxations and molecular dynamics. Layout: FHI-aims manual, and outputs of
 * versions from 2015 on.
 */
import type { StructureFormat } from './format.ts';
import { realOf, wordsOf } from './lines.ts';
import { columnsOf, StepParser, tensorOf } from './step-output.ts';

const ENERGY = /^\s*\| Total energy (uncorrected|corrected)\s*:/;

class AimsParser extends StepParser {
  protected readonly program = {
    name: 'FHI-aims',
    nextStep: /^\s*(?:Begin self-consistency loop|Updated atomic structure:|Final atomic structure:)/,
    finished: /^\s*Have a nice day\./,
    energyLine: '| Total energy corrected',
    elsewhere: 'Give an output that prints them.',
  };

  protected async read(line: string): Promise<void> {
    const energy = ENERGY.exec(line);
    if (energy !== null) {
      // the extrapolation to zero smearing makes sense for periodic systems only
      if ((energy[1] === 'corrected') === (this.cell !== undefined))
        this.setEnergy(realOf(wordsOf(line.slice(line.indexOf(':') + 1))[0], 'the total energy (eV)'));
    } else if (/^\s*\| Unit cell:/.test(line)) {
      this.cell = columnsOf(
        (await this.barred((words) => words.length === 3, 0)).slice(0, 3),
        0,
        'a lattice vector',
      );
    } else if (/^\s*\| Atomic structure:/.test(line)) {
      const rows = await this.barred((words) => words[1] === 'Species', 1);
      this.setGeometry(
        rows.map((words) => words[2] ?? ''),
        columnsOf(rows, 3, 'a position'),
      );
    } else if (
      /^\s*(?:Updated atomic structure:|Atomic structure \(and velocities\) as used in the preceding)/.test(
        line,
      )
    ) {
      await this.readStructure();
    } else if (/^\s*Total atomic forces \(/.test(line)) {
      const rows = await this.barred((words) => /^\d+:?$/.test(words[0] ?? ''), 1);
      this.labels.forces = columnsOf(rows, 1, 'a force (eV/Å)');
    } else if (/^\s*\|\s*(?:Analytical|Numerical) stress tensor - Symmetrized/.test(line)) {
      const rows = await this.barred((words) => /^[xyz]$/.test(words[0] ?? '') && words.length === 4, 6);
      this.labels.pressure = tensorOf(rows, 1, -1);
    } else if (/^\s*\|\s*Total dipole moment \[eAng\]/.test(line)) {
      this.labels.dipole = columnsOf([wordsOf(line.split(':')[1])], 0, 'the dipole (e·Å)');
    } else if (/^\s*\|\s*Hirshfeld charge\s*:/.test(line)) {
      // one line for each atom, in order
      const charge = realOf(wordsOf(line.split(':')[1])[0], 'a charge (e)');
      this.labels.charges = Float64Array.of(...(this.labels.charges ?? []), charge);
    } else if (/^\s*Performing Hirshfeld analysis/.test(line)) {
      this.labels.charges = undefined;
    } else if (/^\s*Self-consistency cycle converged\./.test(line)) {
      this.labels.converged = true;
    } else if (/SELF-CONSISTENCY CYCLE DID NOT CONVERGE/i.test(line)) {
      this.labels.converged = false;
    }
  }

  private barred(isRow: (words: readonly string[]) => boolean, skip: number): Promise<string[][]> {
    return this.table(isRow, skip, (line) => line.replaceAll('|', ' '));
  }

  /** Lines of "lattice_vector", "atom" and "velocity" (Å/ps) in any order. */
  private async readStructure(): Promise<void> {
    const rows = await this.table(
      (words) => ['lattice_vector', 'atom', 'velocity'].includes(words[0]) || words.length === 0,
      1,
    );
    const of = (name: string) => rows.filter((words) => words[0] === name);
    const [vectors, atoms, velocities] = [of('lattice_vector'), of('atom'), of('velocity')];
    if (vectors.length === 3) this.cell = columnsOf(vectors, 1, 'a lattice vector');
    if (atoms.length > 0)
      this.setGeometry(
        atoms.map((words) => words[4] ?? ''),
        columnsOf(atoms, 1, 'a position'),
      );
    if (velocities.length === atoms.length && velocities.length > 0)
      this.labels.velocities = columnsOf(velocities, 1, 'a velocity', 1e-3);
  }
}

export const aimsOutput: StructureFormat = {
  name: 'aims',
  title: 'FHI-aims output',
  extensions: [],
  fileNames: /^aims\.out$/,
  recognise: (head) => head.includes('Invoking FHI-aims'),
  conventions: [
    'FHI-aims output: Å, eV, eV/Å; the energy is "Total energy corrected" (smearing extrapolated to zero) of periodic systems and "Total energy uncorrected" of clusters; velocities in Å/ps.',
    'The stress is in eV/Å³ and positive under tension; converted by W = −σV.',
    'Steps whose electronic loop did not converge are flagged (converged=F).',
    'The dipole is "Total dipole moment" (e·Å); charges (e) are those of the Hirshfeld analysis.',
  ],
  open: (input, context) => new AimsParser(input, context),
};
