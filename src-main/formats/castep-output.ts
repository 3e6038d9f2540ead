/** Output of CASTEP (.castep): single points, relaxations and molecular dynamics. Layout: outputs of CASTEP 8 to 24. */
import { EV_PER_A3_IN_GPA } from '../../src-compute/units.ts';
import type { StructureFormat } from './format.ts';
import { realOf, wordsOf } from './lines.ts';
import { elementOfEspressoLabel } from './species.ts';
import { columnsOf, StepParser, tensorOf } from './step-output.ts';

const UNITS: Readonly<Record<string, number>> = {
  gpa: 1 / EV_PER_A3_IN_GPA,
  mpa: 1e-3 / EV_PER_A3_IN_GPA,
  kbar: 0.1 / EV_PER_A3_IN_GPA,
};
/** Energies in order of preference: the extrapolation to zero smearing comes last, the correction of dispersion after it. */
const ENERGIES: readonly RegExp[] = [
  /^\s*Final energy(?:, E)?\s+=/,
  /^\s*NB est\. 0K energy \(E-0\.5TS\)\s+=/,
  /^\s*Dispersion corrected final energy\*?(?:, E\S*)?\s+=/,
  /^\s*NB dispersion corrected est\. 0K energy\*?(?: \(\S+)?\s+=/,
];

class CastepParser extends StepParser {
  protected readonly program = {
    name: 'CASTEP',
    nextStep: /^\s*(?:Unit Cell|Cell Contents)\s*$|^\s*Starting (?:MD|\w+ iteration)\b/,
    finished: /^\s*Total time\s+=/,
    energyLine: 'Final energy, E =',
    elsewhere: 'Give the .md or .geom file converted to extended XYZ.',
  };
  private rank = -1;

  protected async read(line: string): Promise<void> {
    const rank = line.includes('=') ? ENERGIES.findIndex((pattern) => pattern.test(line)) : -1;
    if (rank >= 0) {
      if (this.labels.energy === undefined || rank >= this.rank) {
        // pair potentials print the unit right behind the number
        const [word] = wordsOf(line.slice(line.indexOf('=') + 1).replace(/eV\s*$/, ' '));
        this.setEnergy(realOf(word, 'the final energy (eV)'));
        this.rank = rank;
        this.labels.converged ??= true;
      }
    } else if (/^\s*Real Lattice\s*\(A\)/.test(line)) {
      const rows = await this.table((words) => words.length >= 6, 0);
      // a relaxation of the cell alone prints no positions again
      this.setCell(columnsOf(rows.slice(0, 3), 0, 'a lattice vector'));
    } else if (/^\s*x\s+Element\s+Atom\s+Fractional coordinates of atoms/.test(line)) {
      const rows = await this.boxed((words) => words.length >= 5 && /^\d+$/.test(words[1]), 3);
      const symbols = rows.map(([label]) => elementOfEspressoLabel(label) ?? label);
      this.setGeometry(symbols, columnsOf(rows, 2, 'a position (fraction)'), true);
    } else if (/^\s*\*+ (?:[\w ]{1,20} )?Forces \*+\s*$/.test(line)) {
      const rows = await this.boxed((words) => words.length >= 5 && /^\d+$/.test(words[1]), 6);
      this.labels.forces = columnsOf(rows, 2, 'a force (eV/Å)');
    } else if (/^\s*\*+ (?:[\w ]{1,20} )?Stress Tensor \*+\s*$/.test(line)) {
      await this.readStress();
    } else if (/max\. SCF cycles performed but system has not reached the groundstate/.test(line)) {
      this.labels.converged = false;
    }
  }

  private async readStress(): Promise<void> {
    let unit = UNITS.gpa;
    const rows = await this.boxed(
      (words) => /^[xyz]$/.test(words[0] ?? '') && words.length === 4 && words[1] !== 'y',
      6,
      (line) => {
        const named = /components \((\w{1,8})\)/.exec(line)?.[1].toLowerCase();
        if (named !== undefined) unit = UNITS[named] ?? unit;
      },
    );
    this.labels.pressure = tensorOf(rows, 1, -unit);
  }

  /** Rows inside a frame of stars or x. */
  private boxed(
    isRow: (words: readonly string[]) => boolean,
    skip: number,
    look?: (line: string) => void,
  ): Promise<string[][]> {
    return this.table(isRow, skip, (line) => {
      look?.(line);
      return line.trim().slice(1, -1);
    });
  }
}

export const castepOutput: StructureFormat = {
  name: 'castep',
  title: 'CASTEP output',
  extensions: ['.castep'],
  recognise: (head) => head.includes('| CCC   AA    SSS  TTTTT  EEEEE  PPPP'),
  conventions: [
    'CASTEP output: Å, eV, eV/Å; the energy is "NB est. 0K energy" (smearing extrapolated to zero) where printed, else the final energy, with its correction of dispersion.',
    'The stress is positive under tension; converted by W = −σV.',
    'Steps whose electronic loop did not converge are flagged (converged=F).',
  ],
  open: (input, context) => new CastepParser(input, context),
};
