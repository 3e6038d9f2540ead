/**
 * VASP XDATCAR: the positions of a trajectory, without energies and forces. A header as in a POSCAR, then a line
 * "Direct configuration= k" (VASP 5.2: a blank line) before the positions of each step; where the cell changes, the
 * header is repeated. Layout: VASP wiki, "XDATCAR".
 */
import {
  FrameFailure,
  type FrameParser,
  type ParsedFrame,
  type ReadContext,
  type StructureFormat,
} from './format.ts';
import { endsBefore, realsOf, requiredLine, shorten, toCartesian } from './lines.ts';
import { poscarBeginning, readPoscarHeader, type PoscarHeader } from './poscar/header.ts';
import { linesOf } from './recognise.ts';
import type { TextInput } from './text-input.ts';

/** "Direct configuration=     1", "Konfig=    1" */
const STEP = /^\s*(?:(?:Direct|Cartesian)\s+configuration\s*=|Konfig\s*=)/i;

class XdatcarParser implements FrameParser {
  frameLine = 1;
  private readonly input: TextInput;
  private readonly context: ReadContext;
  private header: PoscarHeader | undefined;
  private frames = 0;

  constructor(input: TextInput, context: ReadContext) {
    this.input = input;
    this.context = context;
  }

  async next(): Promise<ParsedFrame | undefined> {
    const { input } = this;
    let line = '';
    do {
      if (!(await input.nextLine())) {
        if (this.frames === 0) throw endsBefore('the first step of the trajectory');
        return undefined;
      }
      line = input.text();
      // the comment of a header may be blank, the line between two steps as well
    } while (this.header !== undefined && line.trim() === '' && (await this.atEnd()));
    if (this.header === undefined || !(STEP.test(line) || line.trim() === '')) {
      this.header = await readPoscarHeader(input, line.trim(), this.context.options.species);
      line = await requiredLine(input, '"Direct configuration="');
      if (!STEP.test(line) && line.trim() !== '')
        throw new FrameFailure(
          `Expected "Direct configuration=" before the positions of a step, found "${shorten(line)}".`,
        );
    }
    this.frameLine = input.line;
    this.frames++;
    return { configuration: await this.readStep(this.header, /^\s*C/i.test(line)), line: this.frameLine };
  }

  /** Whether nothing but blank lines follows. */
  private async atEnd(): Promise<boolean> {
    const { input } = this;
    if (!(await input.nextLine())) return true;
    const blank = input.isBlank();
    input.hold();
    return blank;
  }

  private async readStep(header: PoscarHeader, cartesian: boolean) {
    const { input } = this;
    const { cell, scale, symbols, kinds, comment } = header;
    const positions = new Float64Array(3 * kinds.length);
    for (let atom = 0; atom < kinds.length; atom++) {
      if (!(await input.nextLine()))
        throw endsBefore(`all ${kinds.length} positions of a step (${atom} are there)`);
      const text = input.text();
      positions.set(realsOf(text, 3, 'a position'), 3 * atom);
    }
    if (cartesian) for (let k = 0; k < positions.length; k++) positions[k] *= scale[k % 3];
    else toCartesian(positions, cell);
    return {
      symbols,
      kinds,
      positions,
      cell: cell.slice(),
      periodic: [true, true, true] as const,
      ...(comment === '' ? {} : { info: { comment } }),
    };
  }

  async recover(): Promise<boolean> {
    const { input } = this;
    if (this.header === undefined) return false;
    while (await input.nextLine()) {
      if (!STEP.test(input.text())) continue;
      input.hold();
      return true;
    }
    return false;
  }
}

export const vaspXdatcar: StructureFormat = {
  name: 'xdatcar',
  title: 'VASP XDATCAR',
  extensions: [],
  fileNames: /^XDATCAR/,
  recognise: (head) => {
    const [mode, first] = poscarBeginning(linesOf(head, 24))?.follows ?? [];
    return mode !== undefined && first !== undefined && (STEP.test(mode) || mode.trim() === '');
  },
  conventions: [
    'XDATCAR: positions of a trajectory, lengths in Å, periodic along all axes; the file has no energies, forces or velocities.',
  ],
  open: (input, context) => new XdatcarParser(input, context),
};
