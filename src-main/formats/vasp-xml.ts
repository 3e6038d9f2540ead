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
import { firstElementOf } from './recognise.ts';
import { elementOfVasp } from './species.ts';
import type { TextInput } from './text-input.ts';
import { momentsOf, ProjectedMoments } from './vasp-projections.ts';
import { XmlSource, type XmlElement, type XmlHandler } from './xml-source.ts';

/** One <calculation> while it is read. */
interface Step {
  readonly line: number;
  /** First number of this step that could not be read; thrown when the step's frame is asked for. */
  failure?: FrameFailure;
  basis: number[];
  positions: number[];
  velocities: number[];
  forces: number[];
  stress: number[];
  readonly energies: Map<string, number>;
  /** Free energies of the electronic iterations. */
  readonly electronic: number[];
  /** Difference of the energy for zero smearing from the free energy in the last iteration. */
  smearing?: number;
  electronicSteps: number;
  /** e·Å: of the last electronic iteration, or of the step. */
  dipole?: number[];
  /** μB by component: sums of the projections of the occupied states. */
  moments?: Float64Array[];
}

export const UNCONVERGED =
  'Expected a converged electronic loop; this step reached the largest number of iterations first, so its energy and forces are not reliable.';

class VasprunHandler implements XmlHandler {
  readonly done: Step[] = [];
  readonly symbols: string[] = [];
  maximumIterations = 60;
  tolerance = 1e-4;
  /** Whether a machine-learnt force field takes part: steps without electronic iterations are its own. */
  learnt = false;
  private step: Step | undefined;
  private readonly projections = new ProjectedMoments();
  private readonly line: () => number;

  constructor(line: () => number) {
    this.line = line;
  }

  open(element: XmlElement, path: readonly XmlElement[]): void {
    this.projections.open(element, path);
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
    this.projections.close(element, text, path, this.symbols.length);
    if (element.name === 'calculation' && this.step !== undefined) {
      this.step.moments = this.projections.take();
      this.done.push(this.step);
      this.step = undefined;
    } else if (element.name === 'v' && parent?.name === 'dipole' && element.attributes.name === 'dipole') {
      const values = text.trim().split(/\s+/).map(parseReal);
      if (this.step !== undefined && values.every((value) => typeof value === 'number'))
        this.step.dipole = values;
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
    if (this.cellOfRow === 0) this.symbols.push(elementOfVasp(text) ?? text.trim());
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
      // velocities are no label: a step is good without them
      if (target === step.velocities && error instanceof FrameFailure) target.push(NaN, NaN, NaN);
      else this.keep(step, error);
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
    if (name === 'ML_LMLFF') this.learnt = /^\s*\.?T/i.test(text);
    if (this.step === undefined || parent?.name !== 'energy' || name === undefined) return;
    if (path[path.length - 3]?.name === 'calculation') {
      if (!['e_fr_energy', 'e_wo_entrp', 'e_0_energy'].includes(name)) return;
      try {
        this.step.energies.set(name, realOf(text.trim(), `the energy ${name} of the ionic step`));
      } catch (error) {
        this.keep(this.step, error);
      }
    } else if (name === 'e_fr_energy' || name === 'e_0_energy') {
      const energy = parseReal(text.trim());
      const { electronic } = this.step;
      if (typeof energy !== 'number') return;
      if (name === 'e_fr_energy') electronic.push(energy);
      else this.step.smearing = energy - electronic[electronic.length - 1];
    }
  }

  private keep(step: Step, error: unknown): void {
    if (!(error instanceof FrameFailure)) throw error;
    step.failure ??= new FrameFailure(error.message, this.line());
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
  /** Steps of a machine-learnt force field, left out. */
  private learnt = 0;
  private learntNoted = false;

  constructor(input: TextInput, context: ReadContext) {
    this.context = context;
    this.handler = new VasprunHandler(() => this.source.line);
    this.source = new XmlSource(input, this.handler);
  }

  async next(): Promise<ParsedFrame | undefined> {
    let step = await this.nextStep();
    while (step !== undefined && this.handler.learnt && step.electronicSteps === 0) {
      this.learnt++;
      step = await this.nextStep();
    }
    if (step === undefined) {
      if (this.pending !== undefined) {
        const error = this.pending;
        this.pending = undefined;
        throw error;
      }
      if (this.frames > 0) return undefined;
      throw new FrameFailure(
        this.learnt > 0
          ? `Expected steps of a first-principles calculation, but the ${this.learnt} steps of this vasprun.xml are those of a machine-learnt force field.`
          : 'Expected at least one <calculation> (an ionic step) in the vasprun.xml, found none.',
        1,
      );
    }
    this.frames++;
    this.frameLine = step.line;
    if (step.failure !== undefined) throw step.failure;
    return this.frameOf(step);
  }

  private async nextStep(): Promise<Step | undefined> {
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
    return handler.done.shift();
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
    const warnings: FrameWarning[] = [];
    const { energy, sigmaToZero, assumed } = energiesOf(step);
    if (assumed !== undefined) warnings.push({ message: assumed, line: step.line });
    const cell = Float64Array.from(step.basis);
    const positions = Float64Array.from(step.positions);
    toCartesian(positions, cell);
    const converged = this.isConverged(step);
    if (!converged) warnings.push({ message: UNCONVERGED, line: step.line });
    const virial = virialOf(step, cell);
    const info: Record<string, FrameValue> = { converged };
    if (this.learnt > 0 && !this.learntNoted) {
      this.learntNoted = true;
      warnings.push({
        message:
          'Expected steps of a first-principles calculation; those of the machine-learnt force field in between are left out.',
        line: step.line,
      });
    }
    if (sigmaToZero !== undefined) info.energy_sigma_to_zero = sigmaToZero;
    const velocities = velocitiesOf(step, atoms, warnings);
    const configuration: Configuration = {
      ...kindsFromSymbols(handler.symbols),
      positions,
      cell,
      periodic: [true, true, true],
      ...(energy === undefined ? {} : { energy }),
      ...(step.forces.length === 0 ? {} : { forces: Float64Array.from(step.forces) }),
      ...(virial === undefined ? {} : { virial: withSign(virial, this.context.options.virialSign) }),
      ...(velocities === undefined ? {} : { velocities }),
      // in charges of the electron, as in OUTCAR (vasp-outcar.ts)
      ...(step.dipole === undefined ? {} : { dipole: Float64Array.from(step.dipole, (value) => 0 - value) }),
      ...(step.moments === undefined ? {} : { magneticMoments: momentsOf(step.moments) }),
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

/**
 * Free energy, and energy for zero smearing. Up to VASP 5.4 the <energy> of the ionic step has a wrong e_0_energy
 * (the entropy term alone); the last electronic iteration has the right difference from the free energy.
 */
function energiesOf(step: Step): { energy?: number; sigmaToZero?: number; assumed?: string } {
  const free = step.energies.get('e_fr_energy');
  const zero = step.energies.get('e_0_energy');
  if (free === undefined) {
    return zero === undefined
      ? {}
      : {
          energy: zero,
          sigmaToZero: zero,
          assumed:
            'Expected the free energy (e_fr_energy), whose derivative the forces are; there is only the one for zero smearing, which was taken.',
        };
  }
  const whole = step.energies.get('e_wo_entrp') ?? free;
  // an extrapolation lies between the free energy and the one without entropy
  if (zero !== undefined && zero >= Math.min(free, whole) - 1e-6 && zero <= Math.max(free, whole) + 1e-6)
    return { energy: free, sigmaToZero: zero };
  return step.smearing !== undefined && Number.isFinite(step.smearing)
    ? { energy: free, sigmaToZero: Number((free + step.smearing).toFixed(10)) }
    : { energy: free };
}

/** Å/fs; left out with a warning where numbers are missing or not finite. */
function velocitiesOf(step: Step, atoms: number, warnings: FrameWarning[]): Float64Array | undefined {
  if (step.velocities.length === 0) return undefined;
  if (step.velocities.length === 3 * atoms && step.velocities.every(Number.isFinite))
    return Float64Array.from(step.velocities);
  warnings.push({
    message: 'Expected finite velocities for all atoms; they were left out.',
    line: step.line,
  });
  return undefined;
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
  recognise: (head) => firstElementOf(head) === 'modeling',
  conventions: [
    'vasprun.xml: the energy is the free energy (e_fr_energy, TOTEN) in eV, whose derivative the forces (eV/Å) are; the energy for zero smearing is kept as energy_sigma_to_zero.',
    'The stress in kB is positive when compressed; converted by W = σV (1 eV/Å³ = 1602.18 kB).',
    'Steps whose electronic loop did not converge are flagged (converged=F).',
    'The dipole (e·Å, from minus to plus) is minus what VASP prints, which counts in charges of the electron (ASE takes it as printed). Magnetic moments (μB) are the sums of the projections of the occupied states on the spheres, where the file has them (LORBIT 10 and above).',
  ],
  open: (input, context) => new VasprunParser(input, context),
};
