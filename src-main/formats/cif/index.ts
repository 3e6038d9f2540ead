/**
 * CIF: each data block with a cell and atom sites is a configuration; the sites are multiplied by the symmetry.
 * a lies along x and b in the xy plane. Sites that are not fully occupied are refused.
 */
import { kindsFromSymbols, type Configuration } from '../../../src-compute/structure/configuration.ts';
import {
  FrameFailure,
  type FrameParser,
  type FrameWarning,
  type ParsedFrame,
  type StructureFormat,
} from '../format.ts';
import { shorten, toCartesian } from '../lines.ts';
import { parseReal } from '../numbers.ts';
import { linesOf, withoutComment } from '../recognise.ts';
import { elementOfLabel } from '../species.ts';
import type { TextInput } from '../text-input.ts';
import { cifBlocks, type CifBlock } from './blocks.ts';
import type { SymmetryOperation } from '../../../src-compute/structure/symmetry.ts';
import { operationsOf } from './symmetry.ts';

/** Copies of one site closer than this, Å, are the same atom: coordinates such as 0.3333 are rounded. */
const SAME_ATOM = 0.05;
const MOST_COPIES = 20_000_000;

class CifParser implements FrameParser {
  frameLine = 1;
  private readonly blocks: AsyncGenerator<CifBlock>;
  private ended = false;
  private frames = 0;

  constructor(input: TextInput) {
    this.blocks = cifBlocks(input);
  }

  async next(): Promise<ParsedFrame | undefined> {
    for (;;) {
      const block = await this.nextBlock();
      if (block === undefined) {
        this.ended = true;
        if (this.frames === 0)
          throw new FrameFailure(
            'Expected a data block with atom sites (_atom_site_fract_x), found none.',
            1,
          );
        return undefined;
      }
      this.frameLine = block.line;
      if (![...block.columns.keys()].some((tag) => tag.startsWith('_atom_site_'))) continue;
      this.frames++;
      const warnings: FrameWarning[] = [];
      return { configuration: configurationOf(block, warnings), line: block.line, warnings };
    }
  }

  private async nextBlock(): Promise<CifBlock | undefined> {
    try {
      const { value, done } = await this.blocks.next();
      return done === true ? undefined : value;
    } catch (error) {
      this.ended = true;
      throw error;
    }
  }

  recover(): Promise<boolean> {
    return Promise.resolve(!this.ended);
  }
}

function configurationOf(block: CifBlock, warnings: FrameWarning[]): Configuration {
  const cell = cellOf(block);
  const sites = sitesOf(block);
  const { operations, assumed } = operationsOf(block);
  if (assumed !== undefined) warnings.push({ message: assumed, line: block.line });
  if (sites.length * operations.length > MOST_COPIES)
    throw new FrameFailure('Expected fewer atoms than 20 million.', block.line);
  const symbols: string[] = [];
  const fractional: number[] = [];
  for (const site of sites) {
    for (const copy of copiesOf(site.fractional, operations, cell)) {
      symbols.push(site.symbol);
      fractional.push(...copy);
    }
  }
  const positions = Float64Array.from(fractional);
  toCartesian(positions, cell);
  return {
    ...kindsFromSymbols(symbols),
    positions,
    cell,
    periodic: [true, true, true],
    ...(block.name === '' ? {} : { info: { name: block.name } }),
  };
}

/** A number, with the standard uncertainty in parentheses left out; undefined for '?' and '.'. */
function numberOf(text: string | undefined, what: string, line: number): number {
  const value = parseReal((text ?? '').replace(/\(\d*\)$/, ''));
  if (typeof value !== 'number')
    throw new FrameFailure(`Expected a number for ${what}, found "${shorten(text ?? '')}".`, line);
  return value;
}

function cellOf(block: CifBlock): Float64Array {
  const number = (tag: string) => numberOf(block.columns.get(tag)?.[0], tag, block.line);
  const [a, b, c] = ['a', 'b', 'c'].map((axis) => number(`_cell_length_${axis}`));
  const angles = ['alpha', 'beta', 'gamma'].map((angle) => number(`_cell_angle_${angle}`));
  if (!(a > 0 && b > 0 && c > 0))
    throw new FrameFailure('Expected positive lengths of the cell (Å).', block.line);
  // exact for the angles that most cells have
  const [cosAlpha, cosBeta, cosGamma] = angles.map((angle) =>
    angle === 90 ? 0 : angle === 60 ? 0.5 : angle === 120 ? -0.5 : Math.cos((angle * Math.PI) / 180),
  );
  const sinGamma = Math.sqrt(1 - cosGamma * cosGamma);
  const cx = c * cosBeta;
  const cy = (c * (cosAlpha - cosBeta * cosGamma)) / sinGamma;
  const cz = Math.sqrt(c * c - cx * cx - cy * cy);
  if (!(sinGamma > 1e-6 && cz > 1e-6 * c && angles.every((angle) => angle > 0 && angle < 180))) {
    throw new FrameFailure(
      `Expected angles that span a cell, found ${angles.join(', ')} degrees.`,
      block.line,
    );
  }
  return Float64Array.of(a, 0, 0, b * cosGamma, b * sinGamma, 0, cx, cy, cz);
}

interface Site {
  readonly symbol: string;
  readonly fractional: readonly [number, number, number];
}

function sitesOf(block: CifBlock): Site[] {
  const { columns, line } = block;
  const axes = ['x', 'y', 'z'].map((axis) => columns.get(`_atom_site_fract_${axis}`));
  const [x, y, z] = axes;
  if (x === undefined || y === undefined || z === undefined) {
    throw new FrameFailure(
      'Expected fractional coordinates (_atom_site_fract_x, _y, _z) of the atom sites.',
      line,
    );
  }
  const types = columns.get('_atom_site_type_symbol');
  const labels = columns.get('_atom_site_label') ?? types;
  if (labels === undefined)
    throw new FrameFailure('Expected _atom_site_type_symbol or _atom_site_label for the atom sites.', line);
  const occupancies = columns.get('_atom_site_occupancy');
  return x.map((_, k): Site => {
    const label = labels[k] ?? '';
    const occupancy = occupancies?.[k];
    if (occupancy !== undefined && occupancy !== '?' && occupancy !== '.') {
      const value = numberOf(occupancy, `the occupancy of the site ${label}`, line);
      if (Math.abs(value - 1) > 1e-3) {
        throw new FrameFailure(
          `Expected sites that are fully occupied, but the site ${label} is occupied by ${value}.`,
          line,
          'Make an ordered structure (a supercell with whole atoms) first.',
        );
      }
    }
    const symbol = elementOfLabel(types?.[k] ?? label) ?? elementOfLabel(label);
    if (symbol === undefined)
      throw new FrameFailure(
        `Expected an element symbol for the site ${label}, found "${shorten(types?.[k] ?? label)}".`,
        line,
      );
    const coordinate = (column: readonly string[], axis: string) =>
      numberOf(column[k], `the coordinate ${axis} of the site ${label}`, line);
    return { symbol, fractional: [coordinate(x, 'x'), coordinate(y, 'y'), coordinate(z, 'z')] };
  });
}

/** Images of a site under all operations, each once, inside the cell. */
function copiesOf(
  site: readonly [number, number, number],
  operations: readonly SymmetryOperation[],
  cell: Float64Array,
): number[][] {
  const copies: number[][] = [];
  for (const { rotation, translation } of operations) {
    const copy = [0, 1, 2].map((row) => {
      const s =
        rotation[3 * row] * site[0] +
        rotation[3 * row + 1] * site[1] +
        rotation[3 * row + 2] * site[2] +
        translation[row];
      const folded = s - Math.floor(s);
      return folded > 1 - 1e-12 ? 0 : folded;
    });
    if (!copies.some((other) => distance(copy, other, cell) < SAME_ATOM)) copies.push(copy);
  }
  return copies;
}

function distance(first: readonly number[], second: readonly number[], cell: Float64Array): number {
  const d = first.map((s, axis) => {
    const difference = s - second[axis];
    return difference - Math.round(difference);
  });
  return Math.hypot(
    ...[0, 1, 2].map((axis) => d[0] * cell[axis] + d[1] * cell[3 + axis] + d[2] * cell[6 + axis]),
  );
}

export const cif: StructureFormat = {
  name: 'cif',
  title: 'CIF',
  extensions: ['.cif'],
  recognise: (head) => {
    const lines = linesOf(head).filter((line) => withoutComment(line) !== '');
    return /^\s*data_/i.test(lines[0] ?? '') && lines.some((line) => /^\s*(?:loop_|_\w)/i.test(line));
  },
  conventions: [
    'CIF: lengths in Å, angles in degrees; a lies along x and b in the xy plane; the sites are multiplied by the symmetry operations of the file, or of the space group that it names.',
  ],
  open: (input) => new CifParser(input),
};
