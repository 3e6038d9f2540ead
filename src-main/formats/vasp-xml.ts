/**
 * VASP vasprun.xml: every ionic step with its cell, positions, forces, stress and energies.
 * The energy label is the free energy (e_fr_energy, TOTEN), whose derivative the forces are; the one extrapolated to
 * zero smearing is kept beside it. A step is unconverged when its electronic loop ran NELM times without reaching
 * EDIFF. Layout: VASP wiki, "vasprun.xml".
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
import { symmetrise, withSign } from './labels.ts';
import { realOf, realsOf, toCartesian } from './lines.ts';
import { parseCount, parseReal } from './numbers.ts';
import { elementSpelling } from './species.ts';
import type { TextInput } from './text-input.ts';
import { XmlSource, type XmlElement, type XmlHandler } from './xml-source.ts';

/** One <calculation> while it is read. */
interface Step {
  readonly line: number;
  basis: number[];
  positions: number[];
  velocities: number[];
  forces: number[];
  stress: number[];
  readonly energies: Map<string, number>;
  /** Free energies at the end of the electronic iterations. */
  readonly electronic: number[];
  electronicSteps: number;
}

export const UNCONVERGED =
  'Expected a converged electronic loop; this step reached the largest number of iterations first, so its energy and forces are not reliable.';

class VasprunHandler implements XmlHandler {
  readonly done: Step[] = [];
  readonly symbols: string[] = [];
  maximumIterations = 60;
  tolerance = 1e-4;
  /** First number that could not be read, kept until the step's frame is asked for. */
  failure: FrameFailure | undefined;
  private step: Step | undefined;
  private readonly line: () => number;

  constructor(line: () => number) {
    this.line = line;
  }

  open(element: XmlElement): void {
    if (element.name === 'calculation') {
      this.step = {
        line: this.line(),
        basis: [],
        positions: [],
        velocities: [],
        forces: [],
        stress: [],
        energies: new Map(),
        electronic: [],
        electronicSteps: 0,
      };
    }
    if (element.name === 'scstep' && this.step !== undefined) this.step.electronicSteps++;
  }

  close(element: XmlElement, text: string, path: readonly XmlElement[]): void {
    const parent = path[path.length - 2];
    if (element.name === 'calculation' && this.step !== undefined) {
      this.done.push(this.step);
      this.step = undefined;
    } else if (element.name === 'v' && this.step !== undefined) {
      this.readVector(this.step, parent, text, path);
    } else if (element.name === 'i') {
      this.readItem(element.attributes.name, parent, text, path);
    } else if (
      element.name === 'c' &&
      parent?.name === 'rc' &&
      isAtomsArray(path) &&
      path[path.length - 3]?.name === 'set'
    ) {
      this.readAtomCell(text);
    } else if (element.name === 'rc' && isAtomsArray(path)) {
      this.cellOfRow = 0;
    }
  }

  private cellOfRow = 0;

  /** Rows of the array "atoms": element, number of its type. */
  private readAtomCell(text: string): void {
    if (this.cellOfRow === 0) this.symbols.push(elementSpelling(text.trim() === 'r' ? 'Zr' : text.trim()));
    this.cellOfRow++;
  }

  private readVector(
    step: Step,
    parent: XmlElement | undefined,
    text: string,
    path: readonly XmlElement[],
  ): void {
    if (parent?.name !== 'varray') return;
    const inStructure = path.some((element) => element.name === 'structure');
    const target = {
      basis: inStructure ? step.basis : undefined,
      positions: inStructure ? step.positions : undefined,
      velocities: inStructure ? step.velocities : undefined,
      forces: inStructure ? undefined : step.forces,
      stress: inStructure ? undefined : step.stress,
    }[parent.attributes.name ?? ''];
    if (target === undefined) return;
    try {
      target.push(...realsOf(text, 3, `the ${parent.attributes.name} of the ionic step`));
    } catch (error) {
      this.keep(error);
    }
  }

  private readItem(
    name: string | undefined,
    parent: XmlElement | undefined,
    text: string,
    path: readonly XmlElement[],
  ): void {
    if (name === 'NELM') this.maximumIterations = parseCount(text) ?? this.maximumIterations;
    if (name === 'EDIFF') {
      const tolerance = parseReal(text.trim());
      if (typeof tolerance === 'number') this.tolerance = tolerance;
    }
    if (this.step === undefined || parent?.name !== 'energy' || name === undefined) return;
    if (path[path.length - 3]?.name === 'calculation') {
      if (!['e_fr_energy', 'e_wo_entrp', 'e_0_energy'].includes(name)) return;
      try {
        this.step.energies.set(name, realOf(text.trim(), `the energy ${name} of the ionic step`));
      } catch (error) {
        this.keep(error);
      }
    } else if (name === 'e_fr_energy') {
      const energy = parseReal(text.trim());
      if (typeof energy === 'number') this.step.electronic.push(energy);
    }
  }

  private keep(error: unknown): void {
    if (!(error instanceof FrameFailure)) throw error;
    this.failure ??= new FrameFailure(error.message, this.line());
  }
}

function isAtomsArray(path: readonly XmlElement[]): boolean {
  return path.some((element) => element.name === 'array' && element.attributes.name === 'atoms');
}

class VasprunParser implements FrameParser {
  frameLine = 1;
  private readonly source: XmlSource;
  private readonly handler: VasprunHandler;
  private readonly context: ReadContext;
  private ended = false;
  private frames = 0;

  constructor(input: TextInput, context: ReadContext) {
    this.context = context;
    this.handler = new VasprunHandler(() => this.source.line);
    this.source = new XmlSource(input, this.handler);
  }

  async next(): Promise<ParsedFrame | undefined> {
    const { handler } = this;
    while (handler.done.length === 0 && !this.ended) {
      try {
        this.ended = !(await this.source.advance());
      } catch (error) {
        this.ended = true;
        if (handler.done.length === 0) throw error;
        this.pending = error;
      }
    }
    const step = handler.done.shift();
    if (step === undefined) {
      if (this.pending !== undefined) {
        const error = this.pending;
        this.pending = undefined;
        throw error;
      }
      if (this.frames === 0)
        throw new FrameFailure(
          'Expected at least one <calculation> (an ionic step) in the vasprun.xml, found none.',
          1,
        );
      return undefined;
    }
    this.frames++;
    this.frameLine = step.line;
    if (handler.failure !== undefined) {
      const { failure } = handler;
      handler.failure = undefined;
      throw failure;
    }
    return this.frameOf(step);
  }

  private pending: unknown;

  recover(): Promise<boolean> {
    return Promise.resolve(!this.ended || this.handler.done.length > 0);
  }

  private frameOf(step: Step): ParsedFrame {
    const { handler } = this;
    const atoms = handler.symbols.length;
    const expect = (values: readonly number[], count: number, what: string) => {
      if (values.length !== count)
        throw new FrameFailure(
          `Expected ${count} numbers for ${what} of the ionic step, found ${values.length}.`,
          step.line,
        );
    };
    if (atoms === 0)
      throw new FrameFailure(
        'Expected the array "atoms" in <atominfo> before the first ionic step.',
        step.line,
      );
    expect(step.basis, 9, 'the lattice vectors');
    expect(step.positions, 3 * atoms, 'the positions');
    if (step.forces.length > 0) expect(step.forces, 3 * atoms, 'the forces');
    if (step.stress.length > 0) expect(step.stress, 9, 'the stress');
    const energy = step.energies.get('e_fr_energy') ?? step.energies.get('e_0_energy');
    const warnings: FrameWarning[] = [];
    const cell = Float64Array.from(step.basis);
    const positions = Float64Array.from(step.positions);
    toCartesian(positions, cell);
    const converged = this.isConverged(step);
    if (!converged) warnings.push({ message: UNCONVERGED, line: step.line });
    const virial = virialOf(step, cell);
    const info: Record<string, FrameValue> = { converged };
    const sigmaToZero = step.energies.get('e_0_energy');
    if (sigmaToZero !== undefined) info.energy_sigma_to_zero = sigmaToZero;
    const configuration: Configuration = {
      ...kindsFromSymbols(handler.symbols),
      positions,
      cell,
      periodic: [true, true, true],
      ...(energy === undefined ? {} : { energy }),
      ...(step.forces.length === 0 ? {} : { forces: Float64Array.from(step.forces) }),
      ...(virial === undefined ? {} : { virial: withSign(virial, this.context.options.virialSign) }),
      ...(step.velocities.length === 3 * atoms ? { velocities: Float64Array.from(step.velocities) } : {}),
      info,
    };
    return { configuration, line: step.line, warnings };
  }

  private isConverged(step: Step): boolean {
    const { maximumIterations, tolerance } = this.handler;
    if (step.electronicSteps === 0 || step.electronicSteps < maximumIterations) return true;
    const { electronic } = step;
    const last = electronic.length - 1;
    return last >= 1 && Math.abs(electronic[last] - electronic[last - 1]) <= tolerance;
  }
}

/** VASP's stress in kB is positive when compressed: W = σ_VASP·V. */
function virialOf(step: Step, cell: Float64Array): Float64Array | undefined {
  if (step.stress.length !== 9) return undefined;
  const factor = volume(cell) / EV_PER_A3_IN_KBAR;
  const virial = Float64Array.from(step.stress, (component) => component * factor);
  symmetrise(virial);
  return virial;
}

export const vaspXml: StructureFormat = {
  name: 'vasprun',
  title: 'VASP vasprun.xml',
  extensions: [],
  fileNames: /^vasprun.*\.xml$/i,
  recognise: (head) => /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<modeling\b/.test(head),
  conventions: [
    'vasprun.xml: the energy is the free energy (e_fr_energy, TOTEN) in eV, whose derivative the forces (eV/Å) are; the energy for zero smearing is kept as energy_sigma_to_zero.',
    'The stress in kB is positive when compressed; converted by W = σV (1 eV/Å³ = 1602.18 kB).',
    'Steps whose electronic loop did not converge are flagged (converged=F).',
  ],
  open: (input, context) => new VasprunParser(input, context),
};
