/** Reader of VASP POSCAR and CONTCAR files: one structure. */
import { basename } from 'node:path';
import type { AtomColumn, Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type ReadContext,
} from '../format.ts';
import { EvenDecimals } from '../cut-number.ts';
import { GrowingReals } from '../growing.ts';
import { endsBefore, realsOf, requiredLine, shorten, toCartesian, wordsOf } from '../lines.ts';
import { parseReal } from '../numbers.ts';
import type { TextInput } from '../text-input.ts';
import { readPoscarHeader } from './header.ts';
import { SELECTIVE_COLUMN } from './writer.ts';

export class PoscarParser implements FrameParser {
  frameLine = 1;
  private readonly input: TextInput;
  private readonly context: ReadContext;
  private done = false;

  constructor(input: TextInput, context: ReadContext) {
    this.input = input;
    this.context = context;
  }

  recover(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async next(): Promise<ParsedFrame | undefined> {
    if (this.done) return undefined;
    this.done = true;
    const { input } = this;
    const comment = (await requiredLine(input, 'the comment line')).trim();
    const { cell, scale, symbols, kinds } = await readPoscarHeader(
      input,
      comment,
      this.context.options.species,
    );
    let mode = (await requiredLine(input, '"Direct" or "Cartesian"')).trim();
    const selective = /^s/i.test(mode);
    if (selective) mode = (await requiredLine(input, '"Direct" or "Cartesian"')).trim();
    if (!/^[dcks]/i.test(mode))
      throw new FrameFailure(`Expected "Direct" or "Cartesian", found "${shorten(mode)}".`);
    const atoms = kinds.length;
    const { positions, moving } = await this.readPositions(atoms, selective);
    if (/^[ck]/i.test(mode)) for (let k = 0; k < positions.length; k++) positions[k] *= scale[k % 3];
    else toCartesian(positions, cell);
    const warnings: FrameWarning[] = [];
    const velocities = await this.readVelocities(atoms, warnings);
    const atomColumns: AtomColumn[] = selective
      ? [{ name: SELECTIVE_COLUMN, columns: 3, kind: 'L', values: moving }]
      : [];
    const configuration: Configuration = {
      symbols,
      kinds,
      positions,
      cell,
      periodic: [true, true, true],
      ...(velocities === undefined ? {} : { velocities }),
      ...(atomColumns.length === 0 ? {} : { atomColumns }),
      ...(comment === '' ? {} : { info: { comment } }),
    };
    return { configuration, line: 1, warnings };
  }

  private async readPositions(
    atoms: number,
    selective: boolean,
  ): Promise<{ positions: Float64Array; moving: Uint8Array }> {
    const { input } = this;
    const positions = new GrowingReals(3 * atoms);
    const moving: number[] = [];
    const decimals = new EvenDecimals();
    for (let atom = 0; atom < atoms; atom++) {
      if (!(await input.nextLine())) throw endsBefore(`all ${atoms} positions (${atom} are there)`);
      const line = input.text();
      for (const value of realsOf(line, 3, 'a position')) positions.push(value);
      if (!selective) {
        const words = wordsOf(line);
        if (words.length === 3) decimals.check(input, words);
        continue;
      }
      const flags = wordsOf(line).slice(3, 6);
      if (flags.length !== 3 || !flags.every((flag) => /^\.?[tf]/i.test(flag))) {
        throw new FrameFailure(
          `Expected T or F for each coordinate (selective dynamics), found "${shorten(line)}".`,
        );
      }
      for (const flag of flags) moving.push(/^\.?t/i.test(flag) ? 1 : 0);
    }
    return { positions: positions.finish(), moving: Uint8Array.from(moving) };
  }

  private withoutVelocities(warnings: FrameWarning[], message: string): undefined {
    warnings.push({ message, line: this.input.line });
    return undefined;
  }

  /**
   * Whether a line holds the sizes of a grid, three whole numbers above 0, and not a velocity: numbers of a grid
   * stand five or ten on a line. The line after it is looked at without being taken.
   */
  private async isGrid(line: string): Promise<boolean> {
    const words = wordsOf(line);
    if (words.length !== 3 || !words.every((word) => /^[1-9]\d*$/.test(word))) return false;
    if (/^(?:\d+-)?(?:CHG|AECCAR|LOCPOT|PARCHG|ELFCAR|POT)/i.test(basename(this.context.file))) return true;
    const { input } = this;
    if (!(await input.nextLine())) return false;
    input.hold();
    return wordsOf(input.text()).length !== 3;
  }

  /** Velocities in Å/fs after the positions; what VASP appends after them (predictor-corrector data) is not read. */
  private async readVelocities(atoms: number, warnings: FrameWarning[]): Promise<Float64Array | undefined> {
    const { input } = this;
    if (!(await input.nextLine())) return undefined;
    let head = input.text().trim();
    if (/^lattice velocities/i.test(head)) {
      for (let line = 0; line < 8 && (await input.nextLine()); line++);
      head = input.text().trim();
    }
    if (/^d/i.test(head)) return this.withoutVelocities(warnings, DIRECT);
    if (await this.isGrid(head)) return this.withoutVelocities(warnings, GRID);
    if (head !== '' && !/^[ck]/i.test(head)) {
      throw new FrameFailure(
        `Expected the end of the file, or velocities, after ${atoms} positions, found "${shorten(head)}".`,
      );
    }
    const velocities = new GrowingReals(3 * atoms);
    const decimals = new EvenDecimals();
    for (let atom = 0; atom < atoms; atom++) {
      if (!(await input.nextLine()) || input.isBlank()) {
        if (atom === 0) return undefined;
        throw new FrameFailure(`Expected a velocity for each of ${atoms} atoms, found ${atom}.`);
      }
      const line = input.text();
      if (atom === 0 && (await this.isGrid(line))) return this.withoutVelocities(warnings, GRID);
      // velocities are no label: where they are not finite, the structure is good without them
      if (wordsOf(line).some((word) => parseReal(word) === 'not finite'))
        return this.withoutVelocities(warnings, NOT_FINITE);
      for (const value of realsOf(line, 3, 'a velocity')) velocities.push(value);
      decimals.check(input, wordsOf(line).slice(0, 3));
    }
    return velocities.finish();
  }
}

const DIRECT =
  'Expected velocities in Å/fs; direct velocities need the time step of the run and were left out.';
const NOT_FINITE = 'Expected finite velocities (Å/fs); they were left out.';
const GRID =
  'Expected a POSCAR, but a grid of densities or potentials follows (CHGCAR, AECCAR, LOCPOT, ELFCAR): only the structure was read.';
