/**
 * Quantum ESPRESSO pw.x text output: scf, relax, vc-relax and md, every step. Rydberg atomic units; lengths in alat,
 * bohr, Å or crystal coordinates as the file says. Layout: pw.x 6.x and 7.x as printed.
 */
import { kindsFromSymbols, type Configuration } from '../../src-compute/structure/configuration.ts';
import { BOHR_IN_A, RYDBERG_IN_EV } from '../../src-compute/units.ts';
import { espressoVirial } from './espresso-xml.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type ReadContext,
  type StructureFormat,
} from './format.ts';
import { withSign } from './labels.ts';
import {
  countOf,
  endsBefore,
  realOf,
  realsOf,
  requiredLine,
  requiredRows,
  shorten,
  toCartesian,
  wordsOf,
} from './lines.ts';
import { elementOfLabel } from './species.ts';
import type { TextInput } from './text-input.ts';
import { UNCONVERGED } from './vasp-xml.ts';

interface Labels {
  readonly line: number;
  readonly energy: number;
  readonly converged: boolean;
  forces?: Float64Array;
  stress?: number[];
}

class EspressoOutputParser implements FrameParser {
  frameLine = 1;
  private readonly input: TextInput;
  private readonly context: ReadContext;
  private atoms = 0;
  /** Lattice parameter, Å. */
  private alat = 0;
  private cell: Float64Array | undefined;
  private symbols: string[] = [];
  private positions: Float64Array | undefined;
  private labels: Labels | undefined;
  private iterationEnergy: number | undefined;
  private finished = false;
  private frames = 0;
  private hadForces = false;
  private ended = false;

  constructor(input: TextInput, context: ReadContext) {
    this.input = input;
    this.context = context;
  }

  async next(): Promise<ParsedFrame | undefined> {
    const { input } = this;
    while (!this.ended && (await input.nextLine())) {
      const line = input.text();
      const ready = endsStep(line) ? this.takeFrame() : undefined;
      if (ready !== undefined) {
        input.hold();
        return ready;
      }
      await this.readLine(line);
    }
    if (this.ended) return undefined;
    this.ended = true;
    const last = this.takeFrame();
    if (last !== undefined) return last;
    if (this.frames === 0)
      throw new FrameFailure(
        'Expected at least one total energy ("!    total energy") in the output of pw.x, found none.',
      );
    return undefined;
  }

  recover(): Promise<boolean> {
    this.labels = undefined;
    return Promise.resolve(!this.ended);
  }

  private async readLine(line: string): Promise<void> {
    const { input } = this;
    if (/^\s*number of atoms\/cell\s*=/.test(line)) {
      this.atoms = countOf(line.split('=')[1].trim(), 'the number of atoms');
    } else if (/^\s*celldm\(1\)=/.test(line)) {
      const value = realOf(wordsOf(line.slice(line.indexOf('=') + 1))[0], 'the lattice parameter celldm(1)');
      if (value > 0) this.alat = value * BOHR_IN_A;
    } else if (/^\s*crystal axes:.*alat/.test(line)) {
      await this.readCrystalAxes();
    } else if (/^\s*site n\.\s+atom\s+positions \((?:alat units|a_0 units)\)/.test(line)) {
      await this.readSites();
    } else if (/^\s*CELL_PARAMETERS/.test(line)) {
      await this.readCellParameters(line);
    } else if (/^\s*ATOMIC_POSITIONS/.test(line)) {
      await this.readPositions(line);
    } else if (/^!\s+total energy\s+=/.test(line)) {
      this.begin(realOf(wordsOf(line.split('=')[1])[0], 'the total energy (Ry)'), true);
    } else if (/^\s+total energy\s+=/.test(line)) {
      this.iterationEnergy = realOf(wordsOf(line.split('=')[1])[0], 'the total energy (Ry)');
    } else if (/^\s*convergence NOT achieved/.test(line)) {
      if (this.iterationEnergy !== undefined) this.begin(this.iterationEnergy, false);
    } else if (/^\s*Forces acting on atoms/.test(line)) {
      if (this.labels !== undefined) this.labels.forces = await this.readForces();
    } else if (/^\s*total\s+stress\s+\(Ry\/bohr\*\*3\)/.test(line)) {
      const rows = await requiredRows(input, 3, 6, 'the stress');
      if (this.labels !== undefined) this.labels.stress = [0, 1, 2, 6, 7, 8, 12, 13, 14].map((k) => rows[k]);
    } else if (/^\s*JOB DONE/.test(line)) {
      this.finished = true;
    }
  }

  private begin(energy: number, converged: boolean): void {
    this.labels = { line: this.input.line, energy, converged };
    this.iterationEnergy = undefined;
  }

  private async readCrystalAxes(): Promise<void> {
    const values: number[] = [];
    for (let axis = 0; axis < 3; axis++) {
      const line = await requiredLine(this.input, 'the crystal axes');
      values.push(
        ...realsOf(line.slice(line.indexOf('=') + 1).replace(/[()]/g, ' '), 3, 'a crystal axis (alat)'),
      );
    }
    // the header prints six decimals: what CELL_PARAMETERS said before is better where they agree
    this.cell = closest(
      this.cell,
      Float64Array.from(values, (x) => x * this.alat),
      6e-7 * this.alat,
    );
  }

  private async readSites(): Promise<void> {
    const { input } = this;
    const before = this.positions;
    this.positions = undefined;
    const symbols: string[] = [];
    const values: number[] = [];
    for (let atom = 0; atom < this.atoms; atom++) {
      const line = await requiredLine(input, `all ${this.atoms} positions`);
      const match = /^\s*\d+\s+(\S+)\s+tau\(\s*[\d*]+\s*\)\s*=\s*\((.*)\)/.exec(line);
      if (match === null)
        throw new FrameFailure(
          `Expected a line "1  Si  tau(1) = ( x y z )" for each of ${this.atoms} atoms, found "${shorten(line)}".`,
        );
      symbols.push(elementOfLabel(match[1]) ?? match[1]);
      values.push(...realsOf(match[2], 3, 'a position (alat)'));
    }
    this.symbols = symbols;
    this.positions = closest(
      before,
      Float64Array.from(values, (x) => x * this.alat),
      6e-8 * this.alat,
    );
  }

  private async readCellParameters(line: string): Promise<void> {
    this.cell = undefined;
    const alat = /alat\s*=\s*([\d.]+)/.exec(line);
    const unit =
      alat !== null
        ? Number(alat[1]) * BOHR_IN_A
        : /bohr/i.test(line)
          ? BOHR_IN_A
          : /angstrom/i.test(line)
            ? 1
            : this.alat;
    const rows = await requiredRows(this.input, 3, 3, 'the lattice vectors after CELL_PARAMETERS');
    this.cell = Float64Array.from(rows, (x) => x * unit);
  }

  private async readPositions(line: string): Promise<void> {
    this.positions = undefined;
    const symbols: string[] = [];
    const values: number[] = [];
    for (let atom = 0; atom < this.atoms; atom++) {
      const words = wordsOf(await requiredLine(this.input, `all ${this.atoms} positions`));
      symbols.push(elementOfLabel(words[0] ?? '') ?? words[0] ?? '');
      for (let axis = 1; axis <= 3; axis++) values.push(realOf(words[axis], 'a position'));
    }
    const positions = Float64Array.from(values);
    if (/crystal/i.test(line)) {
      if (this.cell === undefined)
        throw new FrameFailure('Expected the crystal axes before positions in crystal coordinates.');
      toCartesian(positions, this.cell);
    } else {
      const unit = /bohr/i.test(line) ? BOHR_IN_A : /angstrom/i.test(line) ? 1 : this.alat;
      for (let k = 0; k < positions.length; k++) positions[k] *= unit;
    }
    this.symbols = symbols;
    this.positions = positions;
  }

  /** Ry/bohr to eV/Å. */
  private async readForces(): Promise<Float64Array> {
    const { input } = this;
    const forces = new Float64Array(3 * this.symbols.length);
    for (let atom = 0; atom < this.symbols.length;) {
      const line = await requiredLine(input, `the forces on all ${this.symbols.length} atoms`);
      if (line.trim() === '') continue;
      const match = /^\s*atom\s+[\d*]+\s+type\s+\d+\s+force\s*=(.*)$/.exec(line);
      if (match === null)
        throw new FrameFailure(
          `Expected the force on each of ${this.symbols.length} atoms, found "${shorten(line)}".`,
        );
      forces.set(
        realsOf(match[1], 3, 'a force (Ry/bohr)').map((f) => f * (RYDBERG_IN_EV / BOHR_IN_A)),
        3 * atom,
      );
      atom++;
    }
    return forces;
  }

  private takeFrame(): ParsedFrame | undefined {
    const { labels, cell, positions, symbols } = this;
    if (labels === undefined) return undefined;
    this.labels = undefined;
    this.frameLine = labels.line;
    if (cell === undefined || positions === undefined) {
      throw new FrameFailure(
        'Expected the crystal axes and the positions before the total energy.',
        labels.line,
      );
    }
    if (this.ended && labels.forces === undefined && this.hadForces)
      throw endsBefore('the forces of its last step');
    this.hadForces ||= labels.forces !== undefined;
    this.frames++;
    const warnings: FrameWarning[] = [];
    if (!labels.converged) warnings.push({ message: UNCONVERGED, line: labels.line });
    if (this.ended && !this.finished) {
      warnings.push({
        message: 'Expected "JOB DONE" at the end: the run of pw.x was stopped or is still going on.',
        line: this.input.line,
      });
    }
    const virial =
      labels.stress === undefined ? undefined : espressoVirial(labels.stress, cell, RYDBERG_IN_EV);
    const configuration: Configuration = {
      ...kindsFromSymbols(symbols),
      positions: positions.slice(),
      cell: cell.slice(),
      periodic: [true, true, true],
      energy: labels.energy * RYDBERG_IN_EV,
      ...(labels.forces === undefined ? {} : { forces: labels.forces }),
      ...(virial === undefined ? {} : { virial: withSign(virial, this.context.options.virialSign) }),
      info: { converged: labels.converged },
    };
    return { configuration, line: labels.line, warnings };
  }
}

/** Lines after which nothing more belongs to the step before. */
function endsStep(line: string): boolean {
  return /^\s*(?:CELL_PARAMETERS|ATOMIC_POSITIONS|Self-consistent Calculation|Entering Dynamics|JOB DONE|bravais-lattice index)|^!\s+total energy/.test(
    line,
  );
}

/** The earlier numbers when the new ones are the same but for rounding, else the new ones. */
function closest(before: Float64Array | undefined, now: Float64Array, rounding: number): Float64Array {
  const same = before?.length === now.length && before.every((x, k) => Math.abs(x - now[k]) <= rounding);
  return same ? before : now;
}

export const espressoOutput: StructureFormat = {
  name: 'espresso-output',
  title: 'Quantum ESPRESSO output',
  extensions: ['.pwo'],
  recognise: (head) => /^\s*Program PWSCF\b/m.test(head.slice(0, 16384)),
  conventions: [
    'pw.x output: rydberg atomic units (Ry, Ry/bohr, Ry/bohr³) converted to eV and Å (CODATA 2018); positions of the first step have the few digits that pw.x prints.',
    'The stress is positive when compressed; converted by W = σV.',
    'Steps whose electronic loop did not converge are flagged (converged=F).',
  ],
  open: (input, context) => new EspressoOutputParser(input, context),
};
