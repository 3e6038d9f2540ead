/**
 * A configuration: atoms in a cell, with labels where they are known. Numbers are typed arrays, one row per atom;
 * there are no per-atom objects. Conventions of docs/physics.md: Å, eV, eV/Å, virial W = −∂E/∂ε in eV (positive wants
 * to expand); cell rows are the lattice vectors.
 */
import type { PropertyFields } from './properties.ts';

/** Per-atom column that no field below names, kept so that round trips lose nothing. Rows × columns, row-major. */
export interface AtomColumn {
  readonly name: string;
  readonly columns: number;
  readonly values: Float64Array | Int32Array | readonly string[] | Uint8Array;
  /** extended-XYZ letter: real, integer, string, logical (Uint8Array of 0 and 1) */
  readonly kind: 'R' | 'I' | 'S' | 'L';
}

/** Value of a per-frame key: a number, text, a truth value, or an array of one of them. */
export type FrameValue =
  number | string | boolean | readonly number[] | readonly string[] | readonly boolean[];

/**
 * Atoms in a cell, and of the table of properties (properties.ts) what is known: `energy` (eV), `forces` (eV/Å, 3N),
 * `virial` (eV, 9, row-major, symmetric), `atomEnergies` (eV, N), `velocities` (Å/fs, 3N), `masses` (amu, N; standard
 * atomic weights of the symbols where absent), and every other row by its key.
 */
export interface Configuration extends PropertyFields {
  /** Names of the kinds of atoms present, element symbols where known ('Si'), else 'type1', 'type2', … */
  readonly symbols: readonly string[];
  /** Index into `symbols` for each atom; length N. */
  readonly kinds: Uint16Array;
  /** Cartesian positions, Å; 3N, atom-major. */
  readonly positions: Float64Array;
  /** Lattice vectors as rows, Å; 9. All zero for a free cluster without a cell. */
  readonly cell: Float64Array;
  /** Periodic along a, b, c. */
  readonly periodic: readonly [boolean, boolean, boolean];
  /** Other per-atom columns of the file. */
  readonly atomColumns?: readonly AtomColumn[];
  /** Other per-frame keys of the file (config_type, description, …). */
  readonly info?: Readonly<Record<string, FrameValue>>;
}

/** Number of atoms. */
export function atomCount(configuration: Configuration): number {
  return configuration.kinds.length;
}

/** Element symbol (or type name) of one atom. */
export function symbolOf(configuration: Configuration, atom: number): string {
  return configuration.symbols[configuration.kinds[atom]];
}

/** Makes `symbols` and `kinds` from one symbol per atom, in order of first appearance. */
export function kindsFromSymbols(perAtom: readonly string[]): { symbols: string[]; kinds: Uint16Array } {
  const symbols: string[] = [];
  const indexOf = new Map<string, number>();
  const kinds = new Uint16Array(perAtom.length);
  for (let atom = 0; atom < perAtom.length; atom++) {
    let kind = indexOf.get(perAtom[atom]);
    if (kind === undefined) {
      kind = symbols.length;
      indexOf.set(perAtom[atom], kind);
      symbols.push(perAtom[atom]);
    }
    kinds[atom] = kind;
  }
  return { symbols, kinds };
}

/** Chemical formula in order of `symbols`, such as Si64 or Ga32As32. */
export function formula(configuration: Configuration): string {
  const counts = new Array<number>(configuration.symbols.length).fill(0);
  for (const kind of configuration.kinds) counts[kind]++;
  return configuration.symbols.map((symbol, kind) => (counts[kind] ? symbol + counts[kind] : '')).join('');
}
