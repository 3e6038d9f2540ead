/**
 * Quantum ESPRESSO pw.x XML (data-file-schema.xml, prefix.xml): every step of a relaxation or of molecular dynamics,
 * and the final calculation. Hartree atomic units throughout; the stress is positive when compressed.
 * Schema: quantum-espresso.org/ns/qes.
 *
 * <output> repeats the labels of the last step, but after molecular dynamics its positions are those of the step
 * that was not computed any more. So when its energy is the last step's, only its stress is taken; when it is another
 * one (the final calculation of vc-relax, or a plain scf run), it is a frame of its own.
 */
import { volume } from '../../src-compute/structure/cell.ts';
import { kindsFromSymbols, type Configuration } from '../../src-compute/structure/configuration.ts';
import { BOHR_IN_A, HARTREE_IN_EV } from '../../src-compute/units.ts';
import {
  FrameFailure,
  type FrameParser,
  type ParsedFrame,
  type ReadContext,
  type StructureFormat,
} from './format.ts';
import { symmetrise, withSign } from './labels.ts';
import { realOf, realsOf, wordsOf } from './lines.ts';
import { parseReal } from './numbers.ts';
import { firstElementOf } from './recognise.ts';
import { elementOfEspressoLabel } from './species.ts';
import type { TextInput } from './text-input.ts';
import { UNCONVERGED } from './vasp-xml.ts';
import { XmlSource, type XmlElement, type XmlHandler } from './xml-source.ts';

/** A <step> or <output> while it is read; Hartree atomic units. */
interface Step {
  readonly line: number;
  /** First number of this step that could not be read; thrown when the step's frame is asked for. */
  failure?: FrameFailure;
  readonly final: boolean;
  readonly symbols: string[];
  readonly positions: number[];
  readonly cell: number[];
  energy?: number;
  forces: number[];
  stress: number[];
  converged?: boolean;
}

class EspressoHandler implements XmlHandler {
  readonly done: Step[] = [];
  /** Masses by label, amu, and the label whose entry is being read. */
  private readonly masses = new Map<string, number>();
  private label = '';
  private step: Step | undefined;
  private readonly line: () => number;

  constructor(line: () => number) {
    this.line = line;
  }

  open(element: XmlElement): void {
    if (element.name === 'species') this.label = element.attributes.name ?? '';
    if (element.name === 'step' || element.name === 'output') {
      this.step = {
        line: this.line(),
        final: element.name === 'output',
        symbols: [],
        positions: [],
        cell: [],
        forces: [],
        stress: [],
      };
    }
  }

  close(element: XmlElement, text: string, path: readonly XmlElement[]): void {
    const { step } = this;
    if (element.name === 'mass') {
      const mass = parseReal(text.trim());
      if (typeof mass === 'number') this.masses.set(this.label, mass);
    }
    if (step === undefined) return;
    try {
      this.read(step, element, text, path);
    } catch (error) {
      if (!(error instanceof FrameFailure)) throw error;
      step.failure ??= new FrameFailure(error.message, this.line());
    }
  }

  private read(step: Step, element: XmlElement, text: string, path: readonly XmlElement[]): void {
    const within = (name: string) => path.some((open) => open.name === name);
    switch (element.name) {
      case 'step':
      case 'output':
        this.done.push(step);
        this.step = undefined;
        return;
      case 'atom': {
        if (!within('atomic_positions')) return;
        const name = element.attributes.name ?? '';
        step.symbols.push(elementOfEspressoLabel(name, this.masses.get(name)) ?? name);
        step.positions.push(...realsOf(text, 3, 'a position (bohr)'));
        return;
      }
      case 'a1':
      case 'a2':
      case 'a3':
        if (within('atomic_structure')) step.cell.push(...realsOf(text, 3, 'a lattice vector (bohr)'));
        return;
      case 'etot':
        if (within('total_energy')) step.energy = realOf(text.trim(), 'the total energy (hartree)');
        return;
      case 'forces':
        step.forces = wordsOf(text).map((word) => realOf(word, 'the forces (hartree/bohr)'));
        return;
      case 'stress':
        step.stress = wordsOf(text).map((word) => realOf(word, 'the stress (hartree/bohr³)'));
        return;
      case 'convergence_achieved':
        if (within('scf_conv')) step.converged = text.trim() !== 'false';
        return;
      default:
        return;
    }
  }
}

class EspressoXmlParser implements FrameParser {
  frameLine = 1;
  private readonly source: XmlSource;
  private readonly handler: EspressoHandler;
  private readonly context: ReadContext;
  private ended = false;
  private frames = 0;
  private pending: unknown;

  constructor(input: TextInput, context: ReadContext) {
    this.context = context;
    this.handler = new EspressoHandler(() => this.source.line);
    this.source = new XmlSource(input, this.handler);
  }

  async next(): Promise<ParsedFrame | undefined> {
    const { handler } = this;
    // the last step waits for <output>, which may hold its stress
    while (handler.done.length < 2 && !this.ended) {
      try {
        this.ended = !(await this.source.advance());
      } catch (error) {
        this.ended = true;
        this.pending = error;
      }
    }
    const [step, following] = handler.done.splice(0, 1).concat(handler.done.slice(0, 1));
    if (step === undefined) {
      if (this.pending !== undefined) {
        const error = this.pending;
        this.pending = undefined;
        throw error;
      }
      if (this.frames === 0)
        throw new FrameFailure('Expected a <step> or an <output> in the XML of pw.x, found none.', 1);
      return undefined;
    }
    this.frames++;
    this.frameLine = step.line;
    if (following?.final === true && following.energy === step.energy && step.energy !== undefined) {
      // what is wrong with its repetition in <output> is wrong with this step
      if (following.failure === undefined) step.stress = following.stress;
      else step.failure ??= following.failure;
      handler.done.shift();
    }
    if (step.failure !== undefined) throw step.failure;
    return this.frameOf(step);
  }

  recover(): Promise<boolean> {
    return Promise.resolve(!this.ended || this.handler.done.length > 0);
  }

  private frameOf(step: Step): ParsedFrame {
    const atoms = step.symbols.length;
    const { line, energy } = step;
    if (atoms === 0) throw new FrameFailure('Expected <atomic_positions> with atoms in the step.', line);
    if (step.cell.length !== 9)
      throw new FrameFailure('Expected the lattice vectors a1, a2 and a3 in the step.', line);
    if (step.forces.length > 0 && step.forces.length !== 3 * atoms) {
      throw new FrameFailure(
        `Expected ${3 * atoms} numbers for the forces, found ${step.forces.length}.`,
        line,
      );
    }
    if (step.stress.length > 0 && step.stress.length !== 9) {
      throw new FrameFailure(`Expected 9 numbers for the stress, found ${step.stress.length}.`, line);
    }
    const cell = Float64Array.from(step.cell, (x) => x * BOHR_IN_A);
    const converged = step.converged ?? true;
    const configuration: Configuration = {
      ...kindsFromSymbols(step.symbols),
      positions: Float64Array.from(step.positions, (x) => x * BOHR_IN_A),
      cell,
      periodic: [true, true, true],
      ...(energy === undefined ? {} : { energy: energy * HARTREE_IN_EV }),
      ...(step.forces.length === 0
        ? {}
        : { forces: Float64Array.from(step.forces, (f) => f * (HARTREE_IN_EV / BOHR_IN_A)) }),
      ...(step.stress.length === 0
        ? {}
        : {
            virial: withSign(
              espressoVirial(step.stress, cell, HARTREE_IN_EV),
              this.context.options.virialSign,
            ),
          }),
      info: { converged },
    };
    return { configuration, line, warnings: converged ? [] : [{ message: UNCONVERGED, line }] };
  }
}

/** W = σ_QE·V: pw.x prints the stress positive when compressed. `energyUnit` is eV in the unit of energy. */
export function espressoVirial(
  stress: readonly number[],
  cell: Float64Array,
  energyUnit: number,
): Float64Array {
  const factor = (volume(cell) * energyUnit) / BOHR_IN_A ** 3;
  const virial = Float64Array.from(stress, (component) => component * factor);
  symmetrise(virial);
  return virial;
}

export const espressoXml: StructureFormat = {
  name: 'espresso-xml',
  title: 'Quantum ESPRESSO XML',
  extensions: [],
  fileNames: /^data-file-schema\.xml$/,
  recognise: (head) => /^(?:qes:)?espresso$/.test(firstElementOf(head) ?? ''),
  conventions: [
    'Quantum ESPRESSO XML: hartree atomic units, converted to eV and Å (CODATA 2018).',
    'The stress is positive when compressed; converted by W = σV. Only the last step of a run has one.',
    'Steps whose electronic loop did not converge are flagged (converged=F).',
  ],
  open: (input, context) => new EspressoXmlParser(input, context),
};
