/**
 * Output of Gaussian (03 to 16): single points, forces, optimisations. Forces are printed in the axes of the input
 * orientation; positions of the standard orientation alone do not go with them. Layout: outputs of Gaussian 09 and 16;
 * an atom of the number −2 is a translation vector.
 */
import { BOHR_IN_A, DEBYE_IN_E_A, HARTREE_IN_EV } from '../../src-compute/units.ts';
import { FrameFailure, type StructureFormat } from './format.ts';
import { parted } from './lines.ts';
import { parseReal } from './numbers.ts';
import { symbolOfNumber } from './species.ts';
import { columnOf, columnsOf, StepParser } from './step-output.ts';

/** Energies beyond the mean field take the place of it: MP2, double hybrids, coupled clusters, excited states. */
const CORRELATED =
  /(?:EUMP2|\bE\((?:B2PLYP|mPW2PLYP|DSD)[^)\s]{0,12}\)|\bE\(CORR\)|\bCCSD\(T\)|\bE\(TD-HF\/TD-DFT\))\s*=\s*(\S+)/i;

class GaussianParser extends StepParser {
  protected readonly program = {
    name: 'Gaussian',
    nextStep: /^\s*(?:Input|Z-Matrix|Standard) orientation:/,
    finished: /^\s*Normal termination of Gaussian/,
    energyLine: 'SCF Done:',
    elsewhere: 'Run it with #P, which prints the orientation at every step.',
  };
  private standardOnly = false;

  protected async read(line: string): Promise<void> {
    const orientation = /^\s*(Input|Z-Matrix|Standard) orientation:/.exec(line);
    if (orientation !== null) {
      const standard = orientation[1] === 'Standard';
      // the standard orientation follows the input orientation of the same step
      this.turned = standard && this.hasInput;
      if (this.turned) return;
      this.standardOnly = standard;
      await this.readOrientation();
      this.hasInput = !standard;
    } else if (/^\s*NAtoms=/.test(line)) {
      this.requireAtoms(Number(/=\s*(\d+)/.exec(line)?.[1]));
    } else if (/^\s*SCF Done:/.test(line)) {
      this.hasInput = false;
      this.labels.converged = true;
      this.setEnergy(hartree(/=\s*(\S+)/.exec(line)?.[1]));
    } else if (CORRELATED.test(line)) {
      if (this.labels.energy !== undefined) this.setEnergy(hartree(CORRELATED.exec(line)?.[1]));
    } else if (/Forces \(Hartrees\/Bohr\)/.test(line)) {
      const rows = await this.table((words) => words.length === 5 && /^\d+$/.test(words[0]), 2, parted);
      const atoms = rows.filter((words) => Number(words[1]) > 0);
      if (this.standardOnly)
        this.warn(
          'Expected the input orientation, in whose axes the forces are printed, found only the standard one: the forces were left aside.',
        );
      else this.labels.forces = columnsOf(atoms, 2, 'a force (hartree/bohr)', HARTREE_IN_EV / BOHR_IN_A);
    } else if (/^\s*Dipole moment \(field-independent basis, Debye\)/.test(line)) {
      await this.readDipole();
    } else if (/^\s*Mulliken (?:atomic )?charges(?: and spin densities)?:\s*$/.test(line)) {
      const rows = await this.table((words) => /^\d+$/.test(words[0] ?? '') && words.length >= 3, 1);
      this.labels.charges = columnOf(rows, 2, 'a charge (e)');
      if (rows.every((words) => words.length === 4))
        this.labels.magneticMoments = columnOf(rows, 3, 'a magnetic moment (μB)');
    } else if (/^\s*(?:Convergence failure -- run terminated|SCF has not converged)/.test(line)) {
      this.labels.converged = false;
    }
  }

  private hasInput = false;
  /** Atoms of the orientation, translation vectors and ghosts included. */
  private centers = 0;

  /** The energy is that of all atoms: a table that lost some of its rows does not go with it. */
  private requireAtoms(all: number): void {
    if (this.centers === 0 || all === this.centers) return;
    const found = this.centers;
    this.centers = 0;
    throw new FrameFailure(
      `Expected the ${all} atoms that NAtoms says in the table of the orientation, found ${found}.`,
    );
  }

  /** The step has a standard orientation besides the one that its positions are taken from. */
  private turned = false;
  private turnedSaid = false;

  /** "X=  0.0  Y=  0.0  Z=  -1.85  Tot=  1.85", in the axes of the standard orientation where there is one. */
  private async readDipole(): Promise<void> {
    const rows = await this.table((words) => words[0] === 'X=', 0);
    if (rows.length === 0) return;
    if (this.turned) {
      if (!this.turnedSaid)
        this.warn(
          'Expected the dipole in the axes of the positions, found it in those of the standard orientation: dipoles were left aside (run with NoSymm).',
        );
      this.turnedSaid = true;
      return;
    }
    const [, x, , y, , z] = rows[0];
    this.labels.dipole = columnsOf([[x, y, z]], 0, 'the dipole (debye)', DEBYE_IN_E_A);
  }

  private async readOrientation(): Promise<void> {
    const rows = await this.table((words) => words.length === 6 && /^\d+$/.test(words[0]), 4);
    this.centers = rows.filter((words) => words[1] !== '-2').length;
    const atoms = rows.filter((words) => words[1] !== '-2' && words[1] !== '-1' && words[1] !== '0');
    const vectors = rows.filter((words) => words[1] === '-2');
    const symbols = atoms.map((words) => {
      const symbol = symbolOfNumber(Number(words[1]));
      if (symbol === undefined)
        throw new FrameFailure(`Expected an atomic number from 1 to 118, found "${words[1]}".`);
      return symbol;
    });
    if (vectors.length > 0) {
      const cell = new Float64Array(9);
      cell.set(columnsOf(vectors.slice(0, 3), 3, 'a translation vector'));
      this.cell = cell;
      this.periodic = [true, vectors.length > 1, vectors.length > 2];
    }
    this.setGeometry(symbols, columnsOf(atoms, 3, 'a position'));
  }
}

/** A number of Gaussian (with Fortran's D) in eV. */
function hartree(word: string | undefined): number {
  const value = parseReal(word ?? '');
  if (typeof value !== 'number')
    throw new FrameFailure(`Expected an energy (hartree), found "${(word ?? '').slice(0, 40)}".`);
  return value * HARTREE_IN_EV;
}

export const gaussianOutput: StructureFormat = {
  name: 'gaussian',
  title: 'Gaussian output',
  extensions: [],
  recognise: (head) => head.includes('Entering Gaussian System'),
  conventions: [
    'Gaussian output: positions of the input orientation in Å, energy in hartree (SCF Done, or MP2, double hybrid, coupled cluster or TD-DFT where printed behind it), forces in hartree/bohr in the same axes.',
    'Steps whose electronic loop did not converge are flagged (converged=F).',
    'The dipole is in debye (1 D = 0.208194 e·Å) and taken where it has the axes of the positions; charges (e) and magnetic moments (unpaired electrons, μB) are those of the Mulliken analysis.',
  ],
  open: (input, context) => new GaussianParser(input, context),
};
