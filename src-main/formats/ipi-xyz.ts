/**
 * Trajectories of i-PI as XYZ: the comment holds the cell and says what the columns are and in which unit, as in
 * `# CELL(abcABC): 23.4 23.4 23.4 90 90 90 Step: 0 Bead: 0 positions{angstrom} cell{atomic_unit}`; without a unit it is
 * the atomic one, bohr. Layout: i-PI manual, "Input files" and "Output files".
 */
import { kindsFromSymbols } from '../../src-compute/structure/configuration.ts';
import { BOHR_IN_A } from '../../src-compute/units.ts';
import { nextAtomFrame, toNextCount, type AtomFrame } from './atom-trajectory.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type StructureFormat,
} from './format.ts';
import { realOf, shorten, wordsOf } from './lines.ts';
import { elementOfEspressoLabel } from './species.ts';
import { columnsOf } from './step-output.ts';
import type { TextInput } from './text-input.ts';

const CELL = /CELL[([{](abcABC|H|GENH)[)\]}]:/;
/** What stands in the columns, with its unit; the unit of the cell looks alike. */
const QUANTITY = /(?:^|\s)(?!cell\{)([A-Za-z]\w*)\{([A-Za-z_]*)\}/;
const CELL_UNIT = /(?:^|\s)cell\{([A-Za-z_]*)\}/;
/** Quantities that are positions; a frame of any other has none. */
const POSITIONS = new Set(['positions', 'x_centroid', 'unwrapped_positions']);
/** In Å, by i-PI's names. */
const LENGTHS: Readonly<Record<string, number>> = {
  '': BOHR_IN_A,
  automatic: BOHR_IN_A,
  atomic_unit: BOHR_IN_A,
  angstrom: 1,
  ase: 1,
  nanometer: 10,
};

class IpiXyzParser implements FrameParser {
  frameLine = 1;
  private readonly input: TextInput;
  private said = false;

  constructor(input: TextInput) {
    this.input = input;
  }

  async next(): Promise<ParsedFrame | undefined> {
    const frame = await nextAtomFrame(this.input, 4);
    if (frame === undefined) return undefined;
    this.frameLine = frame.line;
    const { comment } = frame;
    const line = frame.line + 1;
    const [, quantity, unit] = QUANTITY.exec(comment) ?? [undefined, 'positions', ''];
    if (!POSITIONS.has(quantity))
      throw new FrameFailure(
        `Expected positions in the trajectory of i-PI, but its comment says that the columns are "${shorten(quantity)}".`,
        line,
        'Give the trajectory of the positions (in the output of i-PI the one named …pos_0.xyz).',
      );
    const warnings: FrameWarning[] = [];
    if (!this.said && unit === '') {
      this.said = true;
      warnings.push({
        message:
          'Expected a unit behind "positions" in the comment; without one i-PI means bohr, as was taken.',
        line,
      });
    }
    const length = lengthOf(unit, line);
    const cell = cellOf(frame, line);
    const positions = columnsOf(frame.rows, 1, 'a position', length);
    return {
      configuration: {
        ...kindsFromSymbols(frame.rows.map(([label]) => elementOfEspressoLabel(label) ?? label)),
        positions,
        cell: cell ?? new Float64Array(9),
        periodic: cell === undefined ? [false, false, false] : [true, true, true],
      },
      line: frame.line,
      warnings,
    };
  }

  recover(): Promise<boolean> {
    return toNextCount(this.input);
  }
}

function lengthOf(unit: string, line: number): number {
  if (Object.hasOwn(LENGTHS, unit)) return LENGTHS[unit];
  throw new FrameFailure(
    `Expected a unit of length of i-PI (angstrom, atomic_unit, nanometer), found "${shorten(unit)}".`,
    line,
  );
}

/** Rows are the lattice vectors, Å; undefined without a cell. */
function cellOf({ comment }: AtomFrame, line: number): Float64Array | undefined {
  const match = CELL.exec(comment);
  if (match === null) return undefined;
  const unit = lengthOf(CELL_UNIT.exec(comment)?.[1] ?? '', line);
  const words = wordsOf(comment.slice(match.index + match[0].length));
  const count = match[1] === 'abcABC' ? 6 : 9;
  const numbers = words.slice(0, count).map((word) => realOf(word, 'the cell'));
  if (numbers.length < count)
    throw new FrameFailure(`Expected ${count} numbers behind ${match[0]}, found ${numbers.length}.`, line);
  // the matrix of i-PI has the vectors as columns
  if (count === 9)
    return Float64Array.from(numbers, (_, k) => unit * numbers[3 * (k % 3) + Math.floor(k / 3)]);
  const [a, b, c] = numbers.map((value) => value * unit);
  const [alpha, beta, gamma] = numbers.slice(3).map((angle) => (angle * Math.PI) / 180);
  const [cosA, cosB, cosC] = [alpha, beta, gamma].map((angle) => roundedCosine(angle));
  const sinC = Math.sin(gamma);
  const across = (cosA - cosB * cosC) / sinC;
  const rest = 1 - cosB * cosB - across * across;
  if (!(rest > 0)) throw new FrameFailure('Expected angles of a cell with a volume.', line);
  return Float64Array.of(a, 0, 0, b * cosC, b * sinC, 0, c * cosB, c * across, c * Math.sqrt(rest));
}

/** Without the round-off of a right angle. */
function roundedCosine(angle: number): number {
  const cosine = Math.cos(angle);
  return Math.abs(cosine) < 1e-15 ? 0 : cosine;
}

export const ipiXyz: StructureFormat = {
  name: 'ipi-xyz',
  title: 'trajectory of i-PI',
  extensions: [],
  recognise: (head) => {
    const [count, comment] = head.replace(/^\s+/, '').split(/\r?\n/, 2);
    return /^\s*\d+\s*$/.test(count ?? '') && CELL.test(comment ?? '');
  },
  conventions: [
    'Trajectory of i-PI: cell and positions in the units that the comment names, else bohr; converted to Å. It holds no energies or forces.',
  ],
  open: (input) => new IpiXyzParser(input),
};
