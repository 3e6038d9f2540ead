/**
 * VASP OUTCAR: every ionic step. The energy label is the free energy (TOTEN), whose derivative the forces are; the one
 * extrapolated to zero smearing is kept beside it. The virial is the row "Total" of "FORCE on cell =-STRESS" (eV),
 * which is W itself; where there is none, "in kB" (positive when compressed). Layout: VASP 5 and 6 as printed.
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
import { countOf, endsBefore, realOf, realsOf, requiredLine, RowScanner, wordsOf } from './lines.ts';
import { elementOfLabel } from './species.ts';
import type { TextInput } from './text-input.ts';
import { UNCONVERGED } from './vasp-xml.ts';

interface Step {
  line: number;
  virial?: number[];
  kilobar?: number[];
  positions?: Float64Array;
  forces?: Float64Array;
  energy?: number;
  iterations: number;
  reached: boolean;
}

class OutcarParser implements FrameParser {
  frameLine = 1;
  private readonly input: TextInput;
  private readonly context: ReadContext;
  /** One label per POTCAR, as VRHFIN or else TITEL names it. */
  private readonly elements: string[] = [];
  private readonly titles: string[] = [];
  private counts: number[] = [];
  private cell: Float64Array | undefined;
  private step: Step = { line: 1, iterations: 0, reached: false };
  private frames = 0;
  private ended = false;

  constructor(input: TextInput, context: ReadContext) {
    this.input = input;
    this.context = context;
  }

  async next(): Promise<ParsedFrame | undefined> {
    const { input } = this;
    while (!this.ended && (await input.nextLine())) {
      const frame = await this.readLine(input.text());
      if (frame !== undefined) return frame;
    }
    if (this.ended) return undefined;
    this.ended = true;
    if (this.step.positions !== undefined || this.step.iterations > 0)
      throw endsBefore('the energy of its last ionic step');
    if (this.frames === 0)
      throw new FrameFailure(
        'Expected at least one ionic step (POSITION … TOTAL-FORCE) in the OUTCAR, found none.',
      );
    return undefined;
  }

  recover(): Promise<boolean> {
    this.step = { line: this.input.line + 1, iterations: 0, reached: false };
    return Promise.resolve(!this.ended);
  }

  private async readLine(line: string): Promise<ParsedFrame | undefined> {
    const { step, input } = this;
    if (line.includes('VRHFIN')) {
      const label = /VRHFIN\s*=\s*([A-Za-z]+)/.exec(line)?.[1];
      if (label !== undefined) this.elements.push(elementOfLabel(label === 'r' ? 'Zr' : label) ?? label);
    } else if (/^\s*TITEL\s+=/.test(line)) {
      const label = wordsOf(line.split('=')[1])[1] ?? '';
      this.titles.push(elementOfLabel(label) ?? label);
    } else if (/^\s*ions per type\s*=/.test(line)) {
      this.counts = wordsOf(line.split('=')[1]).map((word) =>
        countOf(word, 'the number of ions of each type', 0),
      );
    } else if (/^\s*direct lattice vectors\s/.test(line)) {
      await this.readLattice();
    } else if (/^-+ Iteration\s+\d+\(\s*\d+\)/.test(line)) {
      if (step.iterations === 0) step.line = input.line;
      step.iterations++;
      step.reached = false;
    } else if (/aborting loop because EDIFF is reached/.test(line)) {
      step.reached = true;
    } else if (/^\s*Total(?:\s+\S+){6}\s*$/.test(line)) {
      step.virial = realsOf(line.trim().slice('Total'.length), 6, 'the stress (eV)');
    } else if (/^\s*in kB\s/.test(line)) {
      step.kilobar = realsOf(line.trim().slice('in kB'.length), 6, 'the stress (kB)');
    } else if (/^\s*POSITION\s+TOTAL-FORCE/.test(line)) {
      if (step.iterations === 0) step.line = input.line;
      await this.readTable();
    } else if (/^\s*free  energy(?: ML)?\s+TOTEN\s*=/.test(line)) {
      step.energy = realOf(wordsOf(line.split('=')[1])[0], 'the free energy TOTEN (eV)');
    } else if (/^\s*energy\s+(?:ML\s+)?without entropy\s*=/.test(line) && step.energy !== undefined) {
      return this.takeFrame(line);
    }
    return undefined;
  }

  private async readLattice(): Promise<void> {
    this.cell = undefined;
    const rows: number[] = [];
    for (let axis = 0; axis < 3; axis++) {
      // columns may run together where a number fills its width
      const line = (await requiredLine(this.input, 'the lattice vectors')).replace(/(\d)-/g, '$1 -');
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
    const rows = new RowScanner(['x', 'y', 'z', 'force x', 'force y', 'force z']);
    const values: number[] = [];
    await requiredLine(input, 'the positions and forces');
    for (let atom = 0; atom < atoms; atom++) {
      if (!(await input.nextLine()))
        throw endsBefore(`the positions and forces of all ${atoms} atoms (${atom} are there)`);
      if (/^\s*-{10,}\s*$/.test(input.text()))
        throw new FrameFailure(
          `Expected positions and forces of ${atoms} atoms as "ions per type" says, found ${atom}.`,
        );
      rows.read(input);
      values.push(...rows.values);
    }
    const pick = (first: number) =>
      Float64Array.from({ length: 3 * atoms }, (_, k) => values[6 * Math.floor(k / 3) + first + (k % 3)]);
    this.step.positions = pick(0);
    this.step.forces = pick(3);
  }

  private takeFrame(line: string): ParsedFrame {
    const { step, cell } = this;
    this.step = { line: this.input.line + 1, iterations: 0, reached: false };
    this.frameLine = step.line;
    if (cell === undefined)
      throw new FrameFailure('Expected the direct lattice vectors before the energy of the ionic step.');
    if (step.positions === undefined)
      throw new FrameFailure('Expected the positions and forces before the energy of the ionic step.');
    const converged = step.iterations === 0 || step.reached;
    const warnings: FrameWarning[] = converged ? [] : [{ message: UNCONVERGED, line: step.line }];
    const info: Record<string, FrameValue> = { converged };
    const sigmaToZero = /energy\(sigma->0\)\s*=\s*(\S+)/.exec(line)?.[1];
    if (sigmaToZero !== undefined)
      info.energy_sigma_to_zero = realOf(sigmaToZero, 'the energy for zero smearing (eV)');
    const virial = virialOf(step, cell);
    const configuration: Configuration = {
      ...kindsFromSymbols(this.symbols()),
      positions: step.positions,
      cell: cell.slice(),
      periodic: [true, true, true],
      ...(step.energy === undefined ? {} : { energy: step.energy }),
      ...(step.forces === undefined ? {} : { forces: step.forces }),
      ...(virial === undefined ? {} : { virial: withSign(virial, this.context.options.virialSign) }),
      info,
    };
    this.frames++;
    return { configuration, line: step.line, warnings };
  }

  private symbols(): string[] {
    const names = this.elements.length >= this.counts.length ? this.elements : this.titles;
    if (names.length < this.counts.length) {
      throw new FrameFailure(
        `Expected the elements (VRHFIN or TITEL) of ${this.counts.length} types, found ${names.length}.`,
      );
    }
    return this.counts.flatMap((count, type) => new Array<string>(count).fill(names[type]));
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
    /^\s*vasp\.\d/m.test(head.slice(0, 4096)) ||
    (/\bINCAR:/.test(head) && /\bPOTCAR:/.test(head)) ||
    /^\s*VRHFIN\s*=/m.test(head),
  conventions: [
    'OUTCAR: the energy is the free energy (TOTEN) in eV, whose derivative the forces (eV/Å) are; the energy for zero smearing is kept as energy_sigma_to_zero.',
    'The virial W is the row "Total" of "FORCE on cell =-STRESS" (eV), or "in kB" (positive when compressed) times the volume.',
    'Steps whose electronic loop did not reach EDIFF are flagged (converged=F).',
  ],
  open: (input, context) => new OutcarParser(input, context),
};
