/**
 * Quantum ESPRESSO pw.x text output: scf, relax, vc-relax and md, every step. Rydberg atomic units; lengths in alat,
 * bohr, Å or crystal coordinates as the file says. Layout: pw.x 4.x to 7.x as printed (PW/src/electrons.f90,
 * summary.f90, output_tau.f90).
 *
 * One geometry is one frame, with the last energy printed for it: hybrid functionals print a converged energy ("!")
 * for every pass of the exchange operator and the final one behind "!!", and older versions print "!" in every
 * iteration that iprint names. So an energy replaces the one before until forces, stress or a new geometry come.
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
  parted,
  requiredLine,
  requiredRows,
  shorten,
  toCartesian,
  wordsOf,
} from './lines.ts';
import { parseReal } from './numbers.ts';
import { elementOfEspressoLabel, elementOfLabel } from './species.ts';
import type { TextInput } from './text-input.ts';
import { UNCONVERGED } from './vasp-xml.ts';

interface Labels {
  readonly line: number;
  readonly energy: number;
  /** Undefined where the output does not say. */
  converged: boolean | undefined;
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
  /** Elements by label, from the table of species: the pseudopotential and the mass say what "FeA" or "CA" is. */
  private readonly elements = new Map<string, string>();
  private labels: Labels | undefined;
  /** Magnetic moments that were printed last for this geometry, μB. */
  private moments: number[] = [];
  private components = 1;
  private iterationEnergy: number | undefined;
  /** The exchange operator is being refined: the energies so far are not those of the hybrid functional. */
  private refining = false;
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
      const ready = this.endsStep(line) ? this.takeFrame() : undefined;
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
    this.refining = false;
    return Promise.resolve(!this.ended);
  }

  private async readLine(line: string): Promise<void> {
    if (/^\s*number of atoms\/cell\s*=/.test(line)) {
      this.atoms = countOf(line.split('=')[1].trim(), 'the number of atoms');
    } else if (/^\s*celldm\(1\)=/.test(line)) {
      const value = realOf(wordsOf(line.slice(line.indexOf('=') + 1))[0], 'the lattice parameter celldm(1)');
      if (value > 0) this.alat = value * BOHR_IN_A;
    } else if (/^\s*atomic species\s+valence\s+mass/.test(line)) {
      await this.readSpecies();
    } else if (/^\s*crystal axes:.*(?:alat|a_0)/.test(line)) {
      await this.readCrystalAxes();
    } else if (/^\s*site n\.\s+atom\s+positions \((?:alat units|a_0 units)\)/.test(line)) {
      await this.readSites();
    } else if (/^\s*CELL_PARAMETERS/.test(line)) {
      await this.readCellParameters(line);
    } else if (/^\s*ATOMIC_POSITIONS/.test(line)) {
      await this.readPositions(line);
    } else if (/^\s*Forces acting on atoms/.test(line)) {
      if (this.labels !== undefined) this.labels.forces = await this.readForces();
    } else if (/^\s*total\s+stress\s+\(Ry\/bohr\*\*3\)/.test(line)) {
      const rows = await this.readStress();
      if (this.labels !== undefined) this.labels.stress = rows;
    } else if (/^ ?(?:ZERO|IONIC|HARTREE|KOHN) CURRENT CALCULATED/.test(line)) {
      throw new FrameFailure(
        'Expected the output of pw.x, but this one is of all_currents.x: it moves the atoms without printing where.',
      );
    } else if (/^\s*atom:?\s+\d+\s+(?:\(R=\s*[\d.]+\)\s*)?charge[:=].*\bmagn[:=]/.test(line)) {
      this.addMoment(line, /\bmagn[:=]\s*(\S+)/, 1);
    } else if (/^\s*magnetization\s*:/.test(line)) {
      this.addMoment(line, /^\s*magnetization\s*:\s*(\S+)\s+(\S+)\s+(\S+)/, 3);
    } else if (/^\s*Magnetic moment per site|^\s*atom number\s+1 relative position/.test(line)) {
      this.moments = [];
    } else if (/^\s*JOB DONE/.test(line)) {
      this.finished = true;
    } else {
      this.readEnergy(line);
    }
  }

  /** One atom's moment, μB, in the order of the atoms: along the axis, or a vector. */
  private addMoment(line: string, pattern: RegExp, components: 1 | 3): void {
    const words = pattern.exec(line)?.slice(1) ?? [];
    this.components = components;
    this.moments.push(
      ...Array.from({ length: components }, (_, k) => realOf(words[k], 'a magnetic moment (μB)')),
    );
  }

  private readEnergy(line: string): void {
    if (/^!!?\s+total energy\s+=/.test(line)) {
      if (line.startsWith('!!')) this.refining = false;
      this.begin(realOf(wordsOf(line.split('=')[1])[0], 'the total energy (Ry)'), undefined);
    } else if (/^\s+total energy\s+=/.test(line)) {
      this.iterationEnergy = realOf(wordsOf(line.split('=')[1])[0], 'the total energy (Ry)');
    } else if (/^\s*(?:EXX )?convergence NOT achieved/.test(line)) {
      if (this.iterationEnergy !== undefined) this.begin(this.iterationEnergy, false);
      else if (this.labels !== undefined) this.labels.converged = false;
    } else if (/^\s*convergence has been achieved/.test(line)) {
      if (this.labels !== undefined) this.labels.converged = true;
    } else if (/^\s*EXX: now go back to refine/.test(line)) {
      this.refining = true;
    } else if (/^\s*EXX self-consistency reached/.test(line)) {
      this.refining = false;
    }
  }

  /** The energy of this geometry, in place of one that was printed before. */
  private begin(energy: number, converged: boolean | undefined): void {
    // "!!" comes after the sentence that the last pass has converged
    const before = converged ?? (this.labels?.forces === undefined ? this.labels?.converged : undefined);
    this.labels = { line: this.input.line, energy, converged: before };
    this.iterationEnergy = undefined;
  }

  /**
   * Whether nothing more belongs to the step before: another geometry begins, or, once forces or stress are there,
   * another calculation of the same one.
   */
  private endsStep(line: string): boolean {
    if (this.labels === undefined) return false;
    if (GEOMETRY.test(line)) return true;
    const complete = this.labels.forces !== undefined || this.labels.stress !== undefined;
    return complete && /^\s*Self-consistent Calculation|^!!?\s+total energy/.test(line);
  }

  /** Rows such as "Fe1  16.00  55.84700  Fe( 1.00)": label, valence, mass, pseudopotential. */
  private async readSpecies(): Promise<void> {
    const { input } = this;
    while (await input.nextLine()) {
      const [label, valence, mass, pseudopotential] = wordsOf(input.text());
      if (typeof parseReal(valence ?? '') !== 'number') return input.hold();
      const weight = parseReal(mass ?? '');
      const element =
        elementOfLabel(pseudopotential?.split('(', 1)[0] ?? '') ??
        elementOfEspressoLabel(label, typeof weight === 'number' ? weight : undefined);
      if (element !== undefined) this.elements.set(label, element);
    }
  }

  private elementOf(label: string): string {
    return this.elements.get(label) ?? elementOfEspressoLabel(label) ?? label;
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
      symbols.push(this.elementOf(match[1]));
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
      symbols.push(this.elementOf(words[0] ?? ''));
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
      const match = /^\s*atom\s+[\d*]+\s+type\s+\d+\s+force\s*=(.*)$/.exec(line);
      if (match === null) {
        // "negative rho (up, down)" and the like may stand between
        if (!endsForces(line)) continue;
        throw new FrameFailure(
          `Expected the force on each of ${this.symbols.length} atoms, found "${shorten(line)}".`,
        );
      }
      forces.set(
        realsOf(parted(match[1]), 3, 'a force (Ry/bohr)').map((f) => f * (RYDBERG_IN_EV / BOHR_IN_A)),
        3 * atom,
      );
      atom++;
    }
    return forces;
  }

  /** Ry/bohr³, positive when compressed; the right half of the rows repeats it in kbar. */
  private async readStress(): Promise<number[]> {
    const values: number[] = [];
    for (let skipped = 0; values.length < 9;) {
      const line = parted(await requiredLine(this.input, 'the stress'));
      const words = wordsOf(line);
      if (words.length !== 6 && /^(?:|negative rho.*)$/.test(line.trim()) && skipped++ < 20) continue;
      values.push(...realsOf(line, 6, 'the stress').slice(0, 3));
    }
    return values;
  }

  private takeFrame(): ParsedFrame | undefined {
    const { labels, cell, positions, symbols, refining, moments } = this;
    if (labels === undefined) return undefined;
    this.labels = undefined;
    this.moments = [];
    this.refining = false;
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
    const stopped = this.ended && !this.finished;
    const converged = !refining && (labels.converged ?? !stopped);
    if (!converged) warnings.push({ message: UNCONVERGED, line: labels.line });
    if (stopped) {
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
      ...(moments.length === 0 || moments.length !== this.components * symbols.length
        ? {}
        : { magneticMoments: Float64Array.from(moments) }),
      info: { converged },
    };
    return { configuration, line: labels.line, warnings };
  }
}

/** Lines with which another geometry begins. */
const GEOMETRY =
  /^\s*(?:CELL_PARAMETERS|ATOMIC_POSITIONS|Entering Dynamics|JOB DONE|bravais-lattice index|site n\.\s+atom|crystal axes:)/;

/** Lines that cannot stand among the forces. */
function endsForces(line: string): boolean {
  return /^\s*(?:Total force|The .*contrib|SCF correction|Computing stress|total\s+stress|atom\s|!|JOB DONE|Self-consistent)/.test(
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
  recognise: (head) => /^[ \t]*Program PWSCF\b/m.test(head),
  conventions: [
    'pw.x output: rydberg atomic units (Ry, Ry/bohr, Ry/bohr³) converted to eV and Å (CODATA 2018); positions of the first step have the few digits that pw.x prints.',
    'The stress is positive when compressed; converted by W = σV.',
    'Steps whose electronic loop did not converge are flagged (converged=F).',
    'Magnetic moments (μB) are those integrated on the spheres of the atoms.',
  ],
  open: (input, context) => new EspressoOutputParser(input, context),
};
