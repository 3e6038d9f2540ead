/** What a LAMMPS data file holds beside the positions, and the draft it is collected in. */
import type { AtomColumn } from '../../../src-compute/structure/configuration.ts';
import { ATOMIC_WEIGHTS, ELEMENT_SYMBOLS } from '../../../src-compute/structure/elements.ts';
import { FrameFailure, type FrameWarning } from '../format.ts';
import { realOf } from '../lines.ts';

/** How far a mass may lie from the standard weight of its element to be that weight, amu. */
const MASS_TOLERANCE = 0.2;

/** A data file while it is read. */
export interface Draft {
  atoms?: number;
  types?: number;
  bonded: boolean;
  units?: string;
  low: number[];
  high: number[];
  tilts: number[];
  vectors: number[][];
  origin?: number[];
  style?: string;
  rows: string[][];
  velocities: Map<string, number[]>;
  masses: Map<number, number>;
  /** First word behind the # of a mass, by type. */
  comments: Map<number, string>;
  labels: Map<string, number>;
  atomsLine: number;
  readonly warnings: FrameWarning[];
}

/** Masses by atom where they are not the standard weights of the symbols. */
export function massesOf(
  draft: Draft,
  types: readonly number[],
  kinds: Uint16Array,
  symbols: readonly string[],
): Float64Array | undefined {
  if (draft.masses.size === 0) return undefined;
  const standard = (symbol: string) => ATOMIC_WEIGHTS[ELEMENT_SYMBOLS.indexOf(symbol)] ?? NaN;
  const masses = Float64Array.from(types, (type) => draft.masses.get(type) ?? NaN);
  const unusual = masses.some(
    (mass, atom) => !(Math.abs(mass - standard(symbols[kinds[atom]])) < MASS_TOLERANCE),
  );
  if (!unusual) return undefined;
  const missing = masses.findIndex((mass) => !Number.isFinite(mass));
  if (missing >= 0)
    throw new FrameFailure(`Expected a mass for the atom type ${types[missing]} in the section Masses.`);
  return masses;
}

export function otherColumns(
  draft: Draft,
  columns: readonly string[],
  order: readonly number[],
): AtomColumn[] {
  const { rows } = draft;
  const kept: AtomColumn[] = [];
  const column = (name: string) => {
    const place = columns.indexOf(name);
    return place < 0 ? undefined : order.map((row) => realOf(rows[row][place], `the column ${name}`));
  };
  const charge = column('q');
  if (charge !== undefined)
    kept.push({ name: 'charge', columns: 1, kind: 'R', values: Float64Array.from(charge) });
  const molecule = column('mol');
  if (molecule !== undefined)
    kept.push({ name: 'molecule', columns: 1, kind: 'I', values: Int32Array.from(molecule) });
  const images = ['ix', 'iy', 'iz'].map(column);
  const [ix, iy, iz] = images;
  if (
    ix !== undefined &&
    iy !== undefined &&
    iz !== undefined &&
    images.some((image) => image?.some((n) => n !== 0) === true)
  ) {
    kept.push({
      name: 'image',
      columns: 3,
      kind: 'I',
      values: Int32Array.from(ix.flatMap((n, k) => [n, iy[k], iz[k]])),
    });
  }
  const ids = order.map((row) => Number(rows[row][0]));
  if (ids.some((id, k) => id !== k + 1))
    kept.push({ name: 'id', columns: 1, kind: 'I', values: Int32Array.from(ids) });
  return kept;
}
