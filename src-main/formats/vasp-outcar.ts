/**
 * VASP OUTCAR: every ionic step. The energy label is the free energy (TOTEN), whose derivative the forces are; the one
 * extrapolated to zero smearing is kept beside it. The virial is the row "Total" of "FORCE on cell =-STRESS" (eV),
 * which is W itself; where there is none, "in kB" (positive when compressed). Layout: VASP 4.6, 5 and 6 as printed.
 */
import { volume } from '../../src-compute/structure/cell.ts';
import {
  kindsFromSymbols,
  type Configuration,
  type FrameValue,
} from '../../src-compute/structure/configuration.ts';
import { EV_PER_A3_IN_KBAR } from '../../src-compute/units.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type ReadContext,
  type StructureFormat,
} from './format.ts';
import { withSign } from './labels.ts';
import { countOf, endsBefore, parted, realOf, realsOf, requiredLine, RowScanner, wordsOf } from './lines.ts';
import { parseCount, parseReal } from './numbers.ts';
import { elementOfVasp } from './species.ts';
import type { TextInput } from './text-input.ts';
import { momentsOf } from './vasp-projections.ts';
import { UNCONVERGED } from './vasp-xml.ts';

interface Step {
  line: number;
  virial?: number[];
  kilobar?: number[];
  positions?: Float64Array;
  forces?: Float64Array;
  energy?: number;
  sigmaToZero?: number;
  /** e·Å, of the last electronic iteration. */
  dipole?: Float64Array;
  /** Totals of the tables "magnetization (x)", "(y)" and "(z)", μB; the first alone in collinear calculations. */
  moments: Float64Array[];
  /** Number of the ionic step, and of its last electronic iteration. */
  ionic?: string;
  iterations: number;
  /** Changes of the energy and of the band energy in the last iteration, eV. */
  changes?: readonly [number, number];
  /** What VASP says about EDIFF; up to 5.4.4 it says "reached" when NELM ran out, too. */
  reached?: boolean;
}

class OutcarParser implements FrameParser {
  frameLine = 1;
  private readonly input: TextInput;
  private readonly context: ReadContext;
  /** One label per POTCAR, as VRHFIN, TITEL or the list of POTCARs at the beginning names it. */
  private elements: string[] = [];
  private titles: string[] = [];
  private potcars: string[] = [];
  private counts: number[] = [];
  private cell: Float64Array | undefined;
  private step: Step = { line: 1, iterations: 0, moments: [] };
  /** Whether the stress that is printed now is the one of the first-principles calculation. */
  private ownStress = true;
  private maximumIterations: number | undefined;
  private tolerance = 1e-4;
  private frames = 0;
  /** Steps of a machine-learnt force field, and steps without positions (NWRITE = 0): both left out. */
  private learnt = 0;
  private withoutPositions = 0;
  private leftOutNoted = false;
  /** Iterations of linear response follow the ionic step and make none. */
  private responding = false;
  private finished = false;
  private ended = false;
  /** The step that was read, which tables of moments may follow, and what went wrong behind it. */
  private pending: { readonly frame: ParsedFrame; readonly moments: Float64Array[] } | undefined;
  private failure: unknown;

  constructor(input: TextInput, context: ReadContext) {
    this.input = input;
    this.context = context;
  }

  async next(): Promise<ParsedFrame | undefined> {
    const { input } = this;
    if (this.failure !== undefined) {
      const { failure } = this;
      this.failure = undefined;
      throw failure;
    }
    while (!this.ended && (await input.nextLine())) {
      try {
        const frame = await this.readLine(input.text());
        const ready = frame !== undefined || this.step.iterations > 0 ? this.released() : undefined;
        if (frame !== undefined) this.pending = { frame, moments: [] };
        if (ready !== undefined) return ready;
      } catch (error) {
        const ready = this.released();
        if (ready === undefined) throw error;
        this.failure = error;
        return ready;
      }
    }
    const last = this.released();
    if (last !== undefined) return last;
    if (this.ended) return undefined;
    this.ended = true;
    const { step } = this;
    const iterating = step.iterations > 0 && step.energy === undefined && !this.finished && !this.responding;
    if (step.positions !== undefined || iterating) throw endsBefore('the energy of its last ionic step');
    if (this.frames === 0) throw new FrameFailure(this.nothingFound());
    return undefined;
  }

  /** The step that waited, with the moments that were printed behind it where there were none before. */
  private released(): ParsedFrame | undefined {
    const { pending } = this;
    if (pending === undefined) return undefined;
    this.pending = undefined;
    const magneticMoments = momentsOf(pending.moments);
    if (magneticMoments === undefined) return pending.frame;
    const configuration = { magneticMoments, ...pending.frame.configuration };
    return { ...pending.frame, configuration };
  }

  private nothingFound(): string {
    if (this.learnt > 0)
      return `Expected steps of a first-principles calculation, but the ${this.learnt} steps of this OUTCAR are those of a machine-learnt force field.`;
    if (this.withoutPositions > 0)
      return `Expected positions and forces, but the ${this.withoutPositions} ionic steps of this OUTCAR were printed without them (NWRITE = 0).`;
    return 'Expected at least one ionic step (POSITION … TOTAL-FORCE) in the OUTCAR, found none.';
  }

  recover(): Promise<boolean> {
    this.reset();
    return Promise.resolve(!this.ended);
  }

  private reset(): void {
    this.step = { line: this.input.line + 1, iterations: 0, moments: [] };
  }

  private async readLine(line: string): Promise<ParsedFrame | undefined> {
    const { step, input } = this;
    if (/^-+ Iteration\s/.test(line)) {
      this.beginIteration(line);
    } else if (/aborting loop/.test(line)) {
      step.reached = !/EDIFF was not reached/.test(line);
    } else if (/^\s*total energy-change \(2\. order\)/.test(line)) {
      const [energy, bands] = (line.split(':')[1] ?? '')
        .split('(')
        .map((text) => parseReal(text.replace(')', '').trim()));
      step.changes =
        typeof energy === 'number' && typeof bands === 'number'
          ? [Math.abs(energy), Math.abs(bands)]
          : undefined;
    } else if (/^\s*(?:ML )?FORCE on cell\s*=/.test(line)) {
      this.ownStress = !line.includes('ML ');
    } else if (this.ownStress && /^\s*Total(?:\s+[-+\d.*]\S*){6}\s*$/.test(line)) {
      step.virial = realsOf(parted(line).trim().slice('Total'.length), 6, 'the stress (eV)');
    } else if (this.ownStress && /^\s*in kB\s/.test(line)) {
      step.kilobar = realsOf(parted(line).trim().slice('in kB'.length), 6, 'the stress (kB)');
    } else if (/^\s*dipolmoment\s/.test(line)) {
      const values = wordsOf(parted(line)).slice(1, 4).map(parseReal);
      // "electrons x Angstroem": in units of the electron's charge, which is negative. LiF with Li at z = 6.718 and F at 8.282 Å
      // has μ_z = −1.28 e·Å and prints +1.278; the same unit of LCALCPOL became "|e| Angst" with the other sign in VASP 6.3
      // (https://github.com/materialsproject/pymatgen/issues/2485)
      const unit = line.includes('|e|') ? 1 : -1;
      // a dipole that cannot be read is none: the step is good without
      step.dipole = values.every((value) => typeof value === 'number')
        ? Float64Array.from(values, (value) => 0 + unit * value)
        : undefined;
    } else if (/^\s*magnetization \([xyz]\)\s*$/.test(line)) {
      await this.readMoments('xyz'.indexOf(/\(([xyz])\)/.exec(line)?.[1] ?? 'x'));
    } else if (/^\s*POSITION\s+TOTAL-FORCE/.test(line)) {
      if (line.includes('(ML)')) return undefined;
      if (step.iterations === 0) step.line = input.line;
      await this.readTable();
      return step.sigmaToZero === undefined ? undefined : this.takeFrame();
    } else if (/^\s*free {2}energy\s+TOTEN\s*=/.test(line)) {
      step.energy = realOf(wordsOf(line.split('=')[1])[0], 'the free energy TOTEN (eV)');
    } else if (/^\s*ML energy\s+without entropy\s*=/.test(line)) {
      this.learnt++;
      if (step.positions === undefined) this.reset();
    } else if (/^\s*energy\s+without entropy\s*=/.test(line) && step.energy !== undefined) {
      const sigmaToZero = /energy\(sigma->0\)\s*=\s*(\S+)/.exec(line)?.[1];
      step.sigmaToZero =
        sigmaToZero === undefined ? NaN : realOf(sigmaToZero, 'the energy for zero smearing (eV)');
      // the table of forces stands before the energy or, in some versions, behind it
      return step.positions === undefined ? undefined : this.takeFrame();
    } else {
      await this.readSettings(line);
    }
    return undefined;
  }

  /** What is printed once: species, cell, when the electronic loop ends. */
  private async readSettings(line: string): Promise<void> {
    if (line.includes('VRHFIN')) {
      const label = /VRHFIN\s*=\s*([A-Za-z]+)/.exec(line)?.[1];
      if (label !== undefined) this.elements.push(elementOfVasp(label) ?? label);
    } else if (/^\s*TITEL\s+=/.test(line)) {
      const label = wordsOf(line.split('=')[1])[1] ?? '';
      this.titles.push(elementOfVasp(label) ?? label);
    } else if (/^\s*POTCAR:/.test(line)) {
      const label = wordsOf(line)[2] ?? '';
      this.potcars.push(elementOfVasp(label) ?? label);
    } else if (/^\s*ions per type\s*=/.test(line)) {
      await this.readCounts(line);
    } else if (/^\s*direct lattice vectors\s/.test(line)) {
      await this.readLattice();
    } else if (/^\s*NELM\s*=/.test(line)) {
      this.maximumIterations = parseCount(/=\s*(\d+)/.exec(line)?.[1] ?? '') ?? this.maximumIterations;
    } else if (/^\s*EDIFF\s*=/.test(line)) {
      const tolerance = parseReal(/=\s*([^\s;]+)/.exec(line)?.[1] ?? '');
      if (typeof tolerance === 'number') this.tolerance = Math.abs(tolerance);
    } else if (/^\s*Linear response|^\s*MACROSCOPIC STATIC DIELECTRIC|^\s*Degree of freedom:/i.test(line)) {
      this.responding = true;
    } else if (/^\s*General timing and accounting/.test(line)) {
      this.finished = true;
    } else if (/^\s*vasp\.\d/.test(line) && this.counts.length > 0) {
      // the output of another run follows in the same file
      this.elements = [];
      this.titles = [];
      this.potcars = [];
      this.counts = [];
      this.cell = undefined;
      this.finished = false;
      this.reset();
    }
  }

  private beginIteration(line: string): void {
    const [, ionic, iteration] = /Iteration\s+([\d*]+)\(\s*([\d*]+)\)/.exec(line) ?? [];
    let { step } = this;
    if (step.ionic !== undefined && step.ionic !== ionic) {
      if (step.energy !== undefined && !this.responding) this.withoutPositions++;
      this.reset();
      step = this.step;
    }
    if (step.iterations === 0) step.line = this.input.line;
    step.ionic = ionic;
    step.iterations = parseCount(iteration ?? '') ?? step.iterations + 1;
    step.changes = undefined;
    step.reached = undefined;
  }

  /** Counts of the types; more than a line holds go on in the next ones. */
  private async readCounts(line: string): Promise<void> {
    const { input } = this;
    const count = (word: string) => countOf(word, 'the number of ions of each type', 0);
    this.counts = wordsOf(line.split('=')[1]).map(count);
    while (await input.nextLine()) {
      const words = wordsOf(input.text());
      if (words.length === 0 || !words.every((word) => parseCount(word) !== undefined)) return input.hold();
      this.counts.push(...words.map(count));
    }
  }

  private async readLattice(): Promise<void> {
    this.cell = undefined;
    const rows: number[] = [];
    for (let axis = 0; axis < 3; axis++) {
      // columns may run together where a number fills its width
      const line = parted(await requiredLine(this.input, 'the lattice vectors'));
      rows.push(...realsOf(line, 3, 'a lattice vector (Å)'));
    }
    this.cell = Float64Array.from(rows);
  }

  private atoms(): number {
    const atoms = this.counts.reduce((sum, count) => sum + count, 0);
    if (atoms === 0) throw new FrameFailure('Expected "ions per type" before the first ionic step.');
    return atoms;
  }

  private async readTable(): Promise<void> {
    const { input } = this;
    const atoms = this.atoms();
    // van der Waals corrections print the forces without them in more columns
    const rows = new RowScanner(['x', 'y', 'z', 'force x', 'force y', 'force z'], new Set(), true);
    const values: number[] = [];
    await requiredLine(input, 'the positions and forces');
    for (let atom = 0; atom < atoms; atom++) {
      if (!(await input.nextLine()))
        throw endsBefore(`the positions and forces of all ${atoms} atoms (${atom} are there)`);
      if (/^\s*-{10,}\s*$/.test(input.text()))
        throw new FrameFailure(
          `Expected positions and forces of ${atoms} atoms as "ions per type" says, found ${atom}.`,
        );
      values.push(...readRow(rows, input));
    }
    const pick = (first: number) =>
      Float64Array.from({ length: 3 * atoms }, (_, k) => values[6 * Math.floor(k / 3) + first + (k % 3)]);
    this.step.positions = pick(0);
    this.step.forces = pick(3);
  }

  /**
   * The table of one component: "# of ion  s  p  d  tot", a rule, and a row for each ion. Tables behind the energy of a
   * step and before the next one's iterations belong to the step before.
   */
  private async readMoments(axis: number): Promise<void> {
    const { input, pending, step } = this;
    const moments = pending !== undefined && step.iterations === 0 ? pending.moments : step.moments;
    const totals: number[] = [];
    for (let skipped = 0; await input.nextLine();) {
      const words = wordsOf(parted(input.text()));
      const total = parseReal(words.at(-1) ?? '');
      if (/^\d+$/.test(words[0] ?? '') && words.length > 1 && typeof total === 'number') totals.push(total);
      else if (totals.length > 0 || ++skipped > 4) {
        input.hold();
        break;
      }
    }
    if (axis === 0) moments.length = 0;
    if (moments.length === axis) moments.push(Float64Array.from(totals));
  }

  private takeFrame(): ParsedFrame {
    const { step, cell } = this;
    this.reset();
    this.frameLine = step.line;
    if (cell === undefined)
      throw new FrameFailure('Expected the direct lattice vectors before the energy of the ionic step.');
    if (step.positions === undefined)
      throw new FrameFailure('Expected the positions and forces before the energy of the ionic step.');
    const converged = this.isConverged(step);
    const warnings: FrameWarning[] = converged ? [] : [{ message: UNCONVERGED, line: step.line }];
    if (!this.leftOutNoted && this.learnt + this.withoutPositions > 0) {
      this.leftOutNoted = true;
      warnings.push({
        message:
          this.learnt > 0
            ? 'Expected steps of a first-principles calculation; those of the machine-learnt force field in between are left out.'
            : 'Expected positions and forces with every ionic step; the steps that were printed without (NWRITE = 0) are left out.',
        line: step.line,
      });
    }
    const info: Record<string, FrameValue> = { converged };
    if (step.sigmaToZero !== undefined && !Number.isNaN(step.sigmaToZero))
      info.energy_sigma_to_zero = step.sigmaToZero;
    const virial = virialOf(step, cell);
    const magneticMoments = momentsOf(step.moments);
    const configuration: Configuration = {
      ...kindsFromSymbols(this.symbols()),
      positions: step.positions,
      cell: cell.slice(),
      periodic: [true, true, true],
      ...(step.energy === undefined ? {} : { energy: step.energy }),
      ...(step.forces === undefined ? {} : { forces: step.forces }),
      ...(virial === undefined ? {} : { virial: withSign(virial, this.context.options.virialSign) }),
      ...(step.dipole === undefined ? {} : { dipole: step.dipole }),
      ...(magneticMoments === undefined ? {} : { magneticMoments }),
      info,
    };
    this.frames++;
    return { configuration, line: step.line, warnings };
  }

  /**
   * VASP up to 5.4.4 prints "EDIFF is reached" when NELM ran out, too: then the changes of the last iteration tell.
   */
  private isConverged(step: Step): boolean {
    const { maximumIterations, tolerance } = this;
    if (step.iterations === 0) return true;
    if (step.reached === false) return false;
    if (maximumIterations === undefined || step.iterations < maximumIterations)
      return step.reached ?? maximumIterations !== undefined;
    return step.changes === undefined
      ? step.reached === true
      : step.changes.every((change) => change <= tolerance);
  }

  private symbols(): string[] {
    // the list at the beginning stands there twice
    const names =
      [this.elements, this.titles].find((list) => list.length >= this.counts.length) ??
      this.potcars.slice(0, this.counts.length);
    if (names.length < this.counts.length) {
      throw new FrameFailure(
        `Expected the elements (VRHFIN or TITEL) of ${this.counts.length} types, found ${names.length}.`,
      );
    }
    return this.counts.flatMap((count, type) => new Array<string>(count).fill(names[type]));
  }
}

/** Six numbers; where they run together, the line is taken apart. */
function readRow(rows: RowScanner, input: TextInput): ArrayLike<number> & Iterable<number> {
  try {
    rows.read(input);
    return rows.values;
  } catch (error) {
    const text = input.text();
    const apart = parted(text);
    if (!(error instanceof FrameFailure) || apart === text) throw error;
    return realsOf(apart, 6, 'a position and a force');
  }
}

/** Components in VASP's order xx yy zz xy yz zx. */
function virialOf(step: Step, cell: Float64Array): Float64Array | undefined {
  const components =
    step.virial ?? step.kilobar?.map((component) => (component * volume(cell)) / EV_PER_A3_IN_KBAR);
  if (components === undefined) return undefined;
  const [xx, yy, zz, xy, yz, zx] = components;
  return Float64Array.of(xx, xy, zx, xy, yy, yz, zx, yz, zz);
}

export const vaspOutcar: StructureFormat = {
  name: 'outcar',
  title: 'VASP OUTCAR',
  extensions: ['.outcar'],
  fileNames: /^OUTCAR/,
  recognise: (head) =>
    /^[ \t]*vasp\.\d/m.test(head.slice(0, 4096)) ||
    (/\bINCAR:/.test(head) && /\bPOTCAR:/.test(head)) ||
    /^[ \t]*VRHFIN\s*=/m.test(head),
  conventions: [
    'OUTCAR: the energy is the free energy (TOTEN) in eV, whose derivative the forces (eV/Å) are; the energy for zero smearing is kept as energy_sigma_to_zero.',
    'The virial W is the row "Total" of "FORCE on cell =-STRESS" (eV), or "in kB" (positive when compressed) times the volume.',
    'Steps whose electronic loop did not reach EDIFF are flagged (converged=F); up to VASP 5.4.4 the last iteration tells.',
    'Steps of a machine-learnt force field (ML_LMLFF) are left out.',
    'Magnetic moments (μB) are the totals of the tables "magnetization (x)", (y), (z) within the spheres; the dipole (e·Å, from minus to plus) is minus "dipolmoment", which counts in charges of the electron (ASE takes it as printed).',
  ],
  open: (input, context) => new OutcarParser(input, context),
};
