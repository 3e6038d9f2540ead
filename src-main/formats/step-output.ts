/**
 * What readers of the text outputs of programs share: geometries and labels come in turn, and a step ends where the
 * next geometry begins or the file ends. A step is a frame once it has an energy, with the geometry printed for it;
 * an energy without a geometry of its own is refused, for it would go with the positions of another step.
 */
import { volume } from '../../src-compute/structure/cell.ts';
import { kindsFromSymbols, type Configuration } from '../../src-compute/structure/configuration.ts';
import type { PropertyFields, PropertyKey } from '../../src-compute/structure/properties.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type ReadContext,
} from './format.ts';
import { symmetrise, withSign } from './labels.ts';
import { endsBefore, realOf, toCartesian, wordsOf } from './lines.ts';
import type { TextInput } from './text-input.ts';
import { UNCONVERGED } from './vasp-xml.ts';

/** What a program prints. */
export interface ProgramOutput {
  readonly name: string;
  /** Lines with which the next step begins, once a step has its energy. */
  readonly nextStep: RegExp;
  /** Line that a run prints at its end. */
  readonly finished: RegExp;
  /** The line of the energy in words, for the sentence when there is none. */
  readonly energyLine: string;
  /** Where positions are that the output lacks, a sentence. */
  readonly elsewhere: string;
}

/** Labels of the step that is being read. */
export type StepLabels = {
  -readonly [Key in Exclude<PropertyKey, 'virial'>]?: PropertyFields[Key];
} & {
  /** Nine components in eV/Å³, positive when compressed: W = pressure · V. */
  pressure?: Float64Array;
  converged?: boolean;
};

export abstract class StepParser implements FrameParser {
  frameLine = 1;
  protected readonly input: TextInput;
  protected readonly labels: StepLabels = {};
  /** Lattice vectors, Å; undefined for a free cluster. */
  protected cell: Float64Array | undefined;
  protected periodic: readonly [boolean, boolean, boolean] = [true, true, true];
  protected symbols: readonly string[] = [];
  protected abstract readonly program: ProgramOutput;
  private readonly context: ReadContext;
  private coordinates: Float64Array | undefined;
  private fractional = false;
  /** Whether a geometry was printed since the last frame. */
  private fresh = false;
  private warnings: FrameWarning[] = [];
  private energyLine = 1;
  private frames = 0;
  private hadForces = false;
  private finished = false;
  private ended = false;

  constructor(input: TextInput, context: ReadContext) {
    this.input = input;
    this.context = context;
  }

  /** Reads what the line, which is the current one of the input, begins. */
  protected abstract read(line: string): Promise<void> | void;

  async next(): Promise<ParsedFrame | undefined> {
    const { input, program } = this;
    while (!this.ended && (await input.nextLine())) {
      const line = input.text();
      if (this.labels.energy !== undefined && program.nextStep.test(line)) {
        input.hold();
        return this.takeFrame();
      }
      if (program.finished.test(line)) this.finished = true;
      await this.read(line);
    }
    if (this.ended) return undefined;
    this.ended = true;
    if (this.labels.energy !== undefined) return this.takeFrame();
    if (this.frames === 0)
      throw new FrameFailure(
        `Expected an energy ("${program.energyLine}") in the output of ${program.name}, found none.`,
      );
    return undefined;
  }

  recover(): Promise<boolean> {
    this.forget();
    return Promise.resolve(!this.ended);
  }

  /** The energy of this geometry, eV; it takes the place of one that was printed before. */
  protected setEnergy(energy: number): void {
    this.labels.energy = energy;
    this.energyLine = this.input.line;
  }

  /** Positions in Å, or in units of the lattice vectors that hold when the step ends. */
  protected setGeometry(symbols: readonly string[], coordinates: Float64Array, fractional = false): void {
    this.symbols = symbols;
    this.coordinates = coordinates;
    this.fractional = fractional;
    this.fresh = true;
  }

  /** A new cell; positions in units of the old one are those of the new step, too, unless new ones follow. */
  protected setCell(cell: Float64Array): void {
    this.cell = cell;
    if (this.fractional && this.coordinates !== undefined) this.fresh = true;
  }

  protected warn(message: string): void {
    this.warnings.push({ message, line: this.input.line });
  }

  /**
   * Words of the lines of a table: lines before its first row are passed over, the first line behind its last is
   * left to be read.
   * @param isRow whether words are those of a row
   * @param skip most lines before the first row
   */
  protected async table(
    isRow: (words: readonly string[]) => boolean,
    skip: number,
    clean: (line: string) => string = (line) => line,
  ): Promise<string[][]> {
    const rows: string[][] = [];
    for (let passed = 0; await this.input.nextLine();) {
      const words = wordsOf(clean(this.input.text()));
      if (isRow(words)) rows.push(words);
      else if (rows.length > 0 || ++passed > skip) {
        this.input.hold();
        break;
      }
    }
    return rows;
  }

  private forget(): void {
    for (const key of Object.keys(this.labels)) Reflect.deleteProperty(this.labels, key);
    this.fresh = false;
    this.warnings = [];
  }

  private takeFrame(): ParsedFrame {
    const { cell, program, energyLine: line, warnings } = this;
    const { pressure, converged: said, ...labels } = this.labels;
    const geometry = this.fresh ? this.coordinates : undefined;
    this.frameLine = line;
    this.forget();
    if (geometry === undefined)
      throw new FrameFailure(
        `Expected the positions of every step in the output of ${program.name}, found an energy without any.`,
        line,
        program.elsewhere,
      );
    if (this.ended && !this.finished && labels.forces === undefined && this.hadForces)
      throw endsBefore('the forces of its last step');
    const positions = geometry.slice();
    if (this.fractional) {
      if (cell === undefined)
        throw new FrameFailure('Expected lattice vectors for positions in their units, found none.', line);
      toCartesian(positions, cell);
    }
    this.hadForces ||= labels.forces !== undefined;
    this.frames++;
    const stopped = this.ended && !this.finished;
    const converged = said ?? !stopped;
    if (!converged) warnings.push({ message: UNCONVERGED, line });
    if (stopped)
      warnings.push({
        message: `Expected the last words of ${program.name} at the end: the run was stopped or is still going on.`,
        line,
      });
    const configuration: Configuration = {
      ...kindsFromSymbols(this.symbols),
      positions,
      cell: cell?.slice() ?? new Float64Array(9),
      periodic: cell === undefined ? [false, false, false] : this.periodic,
      ...labels,
      ...this.virial(pressure),
      info: { converged },
    };
    return { configuration, line, warnings };
  }

  private virial(pressure: Float64Array | undefined): { virial?: Float64Array } {
    const { cell, periodic } = this;
    if (pressure === undefined || cell === undefined || !periodic.every(Boolean)) return {};
    const size = volume(cell);
    const virial = pressure.map((component) => component * size + 0); // no negative zeros
    symmetrise(virial);
    return { virial: withSign(virial, this.context.options.virialSign) };
  }
}

/**
 * Numbers of some columns of a table, row after row.
 * @throws FrameFailure when a word is no number
 */
export function columnsOf(
  rows: readonly (readonly string[])[],
  first: number,
  what: string,
  factor = 1,
): Float64Array {
  return Float64Array.from(
    rows.flatMap((words) => [0, 1, 2].map((k) => factor * realOf(words[first + k], what))),
  );
}

/** Numbers of one column of a table. */
export function columnOf(rows: readonly (readonly string[])[], column: number, what: string): Float64Array {
  return Float64Array.from(rows, (words) => realOf(words.at(column), what));
}

/** A 3 × 3 tensor from three rows, or undefined when there are fewer. */
export function tensorOf(
  rows: readonly (readonly string[])[],
  first: number,
  factor: number,
): Float64Array | undefined {
  return rows.length < 3 ? undefined : columnsOf(rows.slice(0, 3), first, 'the stress', factor);
}
